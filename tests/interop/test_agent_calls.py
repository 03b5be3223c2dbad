"""What agents do with calls on the running system: transfer, internal call, mute, digits, failed outbound call."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest

from fakes.running_system import DemoAgent, RunningSystem, phone_line, strength
from opencec.app.demo.softphone import PhoneCall, PhoneLine

pytestmark = pytest.mark.interop

CUSTOMER, FIRST, SECOND = 1000.0, 600.0, 1700.0


@pytest.fixture
async def lines(system: RunningSystem) -> AsyncIterator[tuple[PhoneLine, PhoneLine, PhoneLine]]:
    opened = [await phone_line(system) for _ in range(3)]
    yield opened[0], opened[1], opened[2]
    for line in opened:
        await line.close()


@pytest.fixture
async def agents(
    system: RunningSystem, lines: tuple[PhoneLine, PhoneLine, PhoneLine]
) -> AsyncIterator[tuple[DemoAgent, DemoAgent]]:
    pair = (DemoAgent(system, lines[1], workno=105), DemoAgent(system, lines[2], workno=106))
    for agent, frequency in zip(pair, (FIRST, SECOND), strict=True):
        agent.line.frequency_of = lambda _, frequency=frequency: frequency
        agent.line.on_call = agent.calls.append
        await agent.sign_in()
    yield pair
    for agent in pair:
        await agent.close()


async def answered(caller: PhoneLine, agent: DemoAgent, other: DemoAgent) -> tuple[PhoneCall, str]:
    """A customer call that `agent` talks in; `other` is busy meanwhile."""
    assert (await other.do("POST", "onlineagent", "saybusy?reason=200"))["retcode"] == "0"
    before = len(agent.events)
    call = await caller.call("1001", frequency=CUSTOMER)
    ringing = await agent.event("AgentEvent_Ringing", after=before)
    assert (await agent.do("PUT", "voicecall", "answer"))["retcode"] == "0"
    await agent.event("AgentEvent_Talking", after=before)
    return call, ringing["content"]["callid"]


async def test_a_released_transfer_to_an_agent_keeps_call_id_and_recording(
    system: RunningSystem, lines: tuple[PhoneLine, PhoneLine, PhoneLine], agents: tuple[DemoAgent, DemoAgent]
) -> None:
    first, second = agents
    call, callid = await answered(lines[0], first, second)
    assert (await second.do("POST", "onlineagent", "sayfree"))["retcode"] == "0"
    before = len(second.events)
    body = {"devicetype": 2, "address": "106", "mode": 0}
    assert (await first.do("POST", "voicecall", "transfer", body))["retcode"] == "0"
    ringing = await second.event("AgentEvent_Ringing", after=before)
    assert ringing["content"]["callid"] == callid
    assert (await second.do("PUT", "voicecall", "answer"))["retcode"] == "0"
    await second.event("AgentEvent_Talking", after=before)
    await asyncio.sleep(1.5)
    assert strength(call.heard, SECOND) > 0.9
    assert strength(call.heard, FIRST) < 0.05
    assert strength(second.calls[-1].heard, CUSTOMER) > 0.9
    await first.event("AgentState_Ready", after=len(first.events) - 3)
    call.hang_up()
    row = await system.cdr(callid)
    assert (row["agent"], row["disposition"]) == ("106", "answered")


async def test_a_transfer_to_a_queue_waits_there_for_the_other_agent(
    system: RunningSystem, lines: tuple[PhoneLine, PhoneLine, PhoneLine], agents: tuple[DemoAgent, DemoAgent]
) -> None:
    first, second = agents
    call, callid = await answered(lines[0], first, second)
    assert (await first.do("POST", "onlineagent", "saybusy?reason=201"))["retcode"] == "0"
    body = {"devicetype": "1", "address": "2", "mode": "0"}
    assert (await first.do("POST", "voicecall", "transfer", body))["retcode"] == "0"
    await first.event("AgentState_SetNotReady_Success")
    before = len(second.events)
    assert (await second.do("POST", "onlineagent", "cancelbusy"))["retcode"] == "0"
    ringing = await second.event("AgentEvent_Ringing", after=before)
    assert ringing["content"]["callid"] == callid
    call.hang_up()
    row = await system.cdr(callid)
    assert row["queue"] == 2


async def test_agents_call_each_other_without_a_recording(
    system: RunningSystem, agents: tuple[DemoAgent, DemoAgent]
) -> None:
    first, second = agents
    before = len(second.events)
    answer = await first.do("PUT", "voicecall", "callinner", {"called": "106"})
    assert answer["retcode"] == "0"
    callid = answer["result"]
    ringing = await second.event("AgentEvent_Ringing", after=before)
    assert (ringing["content"]["callid"], ringing["content"]["feature"]) == (callid, "6")
    assert (await second.do("PUT", "voicecall", "answer"))["retcode"] == "0"
    await first.event("AgentEvent_Talking")
    await asyncio.sleep(1.5)
    assert strength(first.calls[-1].heard, SECOND) > 0.9
    assert strength(second.calls[-1].heard, FIRST) > 0.9
    assert (await first.do("DELETE", "voicecall", "release"))["retcode"] == "0"
    await second.event("AgentState_Ready", after=before)
    row = await system.cdr(callid)
    assert (row["direction"], row["recording"]) == ("internal", None)


async def test_a_muted_agent_is_not_heard(
    system: RunningSystem, lines: tuple[PhoneLine, PhoneLine, PhoneLine], agents: tuple[DemoAgent, DemoAgent]
) -> None:
    first, second = agents
    call, callid = await answered(lines[0], first, second)
    assert (await first.do("POST", "voicecall", "beginmute"))["retcode"] == "0"
    await asyncio.sleep(1.5)
    assert strength(call.heard, FIRST) < 0.05
    assert strength(first.calls[-1].heard, CUSTOMER) > 0.9
    assert (await first.do("POST", "voicecall", "endmute"))["retcode"] == "0"
    await asyncio.sleep(1.5)
    assert strength(call.heard, FIRST) > 0.9
    assert (await first.do("POST", "voicecall", "seconddial/12%23"))["retcode"] == "0"
    call.hang_up()
    await system.cdr(callid)


async def test_an_agent_gives_up_an_outbound_call_to_a_silent_trunk(
    system: RunningSystem, agents: tuple[DemoAgent, DemoAgent], silent_trunk: None
) -> None:
    first, _ = agents
    before = len(first.events)
    answer = await first.do("PUT", "voicecall", "callout", {"called": "15550123"})
    assert answer["retcode"] == "0"
    await first.event("AgentState_Busy", after=before)
    assert (await first.do("DELETE", "voicecall", "release"))["retcode"] == "0"
    await first.event("AgentState_Ready", after=before)
    kinds = first.kinds(before)
    assert kinds[:3] == ["AgentOther_PhoneAlerting", "AgentOther_PhoneOffhook", "AgentState_Busy"]
    row = await system.cdr(answer["result"])
    assert (row["direction"], row["answer"]) == ("outbound", None)


async def test_a_rejected_call_goes_to_the_next_agent_and_the_rejecting_one_is_busy(
    system: RunningSystem, lines: tuple[PhoneLine, PhoneLine, PhoneLine], agents: tuple[DemoAgent, DemoAgent]
) -> None:
    first, second = agents
    call = await lines[0].call("1002", frequency=CUSTOMER)
    async with asyncio.timeout(10):
        while not (ringing := [a for a in agents if "AgentEvent_Ringing" in a.kinds()]):
            await asyncio.sleep(0.05)
    one = ringing[0]
    other = second if one is first else first
    assert (await one.do("POST", "voicecall", "reject"))["retcode"] == "0"
    busy = await one.event("AgentState_SetNotReady_Success")
    assert busy["content"] == {"reason": "7"}
    await other.event("AgentEvent_Ringing")
    call.hang_up()
    await other.event("AgentState_Ready", after=1)
