"""sipp as the far end of the demo trunk: answers, refuses, sends early media, never answers, asks for credentials."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from fakes.running_system import DemoAgent, RunningSystem, strength
from fakes.sipp import HAS_SIPP, TONE_HZ, Sipp, cdr_of_caller, new_caller
from opencec.app.demo.softphone import PhoneLine

pytestmark = [
    pytest.mark.interop,
    pytest.mark.skipif(not HAS_SIPP, reason="sipp is not installed (Debian package sip-tester)"),
]

AGENT_HZ, CUSTOMER_HZ = 600.0, 1000.0


@pytest.fixture
async def agent(system: RunningSystem, line: PhoneLine) -> AsyncIterator[DemoAgent]:
    """An agent whose phone answers at once."""
    one = DemoAgent(system, line, workno=103, frequency=AGENT_HZ, auto_answer=True)
    line.frequency_of = lambda _: AGENT_HZ
    line.on_call = one.calls.append
    yield await one.sign_in()
    await one.close()


@pytest.fixture
async def far_end(system: RunningSystem, tmp_path: Path, trunk_port: int) -> AsyncIterator[Sipp]:
    """Not started yet."""
    sipp = Sipp(system, tmp_path, port=trunk_port)
    yield sipp
    await sipp.stop()


async def call_out(agent: DemoAgent, number: str = "15550199") -> str:
    answer = await agent.do("PUT", "voicecall", "callout", {"called": number})
    assert answer["retcode"] == "0", answer
    return str(answer["result"])


async def test_an_access_code_reaches_the_far_end_with_audio_both_ways(
    system: RunningSystem, line: PhoneLine, far_end: Sipp
) -> None:
    await far_end.serve("trunk_answers", "-rtp_echo")
    caller = new_caller()
    call = await line.call("1006", caller=caller, frequency=CUSTOMER_HZ)
    await asyncio.wait_for(call.answered.wait(), 5)
    await asyncio.sleep(3.0)
    assert strength(call.heard, CUSTOMER_HZ) > 0.9
    call.hang_up()
    messages = await far_end.finish()
    assert "INVITE sip:9000@127.0.0.1" in messages
    row = await cdr_of_caller(system, caller)
    assert row["called"] == "1006"
    assert row["recording"]
    assert row["talk_ms"] > 1500


async def test_the_far_end_hangs_up(system: RunningSystem, line: PhoneLine, far_end: Sipp) -> None:
    await far_end.serve("trunk_hangs_up", "-rtp_echo")
    caller = new_caller()
    call = await line.call("1006", caller=caller, frequency=CUSTOMER_HZ)
    await far_end.finish()
    await asyncio.wait_for(call.ended.wait(), 12)
    row = await cdr_of_caller(system, caller)
    assert row["talk_ms"] > 1000


@pytest.mark.parametrize("status", [404, 407, 480, 486, 503, 603])
async def test_a_refused_transfer_tells_the_caller_and_ends(
    system: RunningSystem, line: PhoneLine, far_end: Sipp, status: int
) -> None:
    await far_end.serve(f"trunk_{status}")
    caller = new_caller()
    call = await line.call("1006", caller=caller, frequency=CUSTOMER_HZ)
    await far_end.finish()
    await asyncio.sleep(0.5)
    assert call.state == "up"
    assert len(set(call.heard[-4000:])) > 4, "the announcement is heard"
    call.hang_up()
    assert (await cdr_of_caller(system, caller))["disposition"] == "flow_only"


async def test_a_caller_who_gives_up_while_the_far_end_rings(
    system: RunningSystem, line: PhoneLine, far_end: Sipp
) -> None:
    await far_end.serve("trunk_rings")
    caller = new_caller()
    call = await line.call("1006", caller=caller, frequency=CUSTOMER_HZ)
    await asyncio.wait_for(call.answered.wait(), 5)
    await asyncio.sleep(1.0)
    call.hang_up()
    await far_end.finish()
    assert (await cdr_of_caller(system, caller))["disposition"] == "abandoned"


async def test_an_agent_calls_out(system: RunningSystem, agent: DemoAgent, far_end: Sipp) -> None:
    await far_end.serve("trunk_answers", "-rtp_echo")
    callid = await call_out(agent)
    await agent.event("AgentEvent_Talking")
    assert (await agent.event("AgentEvent_Customer_Alerting"))["content"]["callid"] == callid
    await asyncio.sleep(2.0)
    assert strength(agent.calls[-1].heard, AGENT_HZ) > 0.9
    assert (await agent.do("DELETE", "voicecall", "release"))["retcode"] == "0"
    messages = await far_end.finish()
    assert "INVITE sip:15550199@127.0.0.1" in messages
    row = await system.cdr(callid)
    assert (row["disposition"], row["agent"], row["direction"]) == ("answered", "103", "outbound")


@pytest.mark.parametrize(
    ("status", "disposition"),
    [(404, "failed"), (407, "rejected"), (480, "failed"), (486, "failed"), (503, "failed"), (603, "rejected")],
)
async def test_a_refused_call_out_frees_the_agent(
    system: RunningSystem, agent: DemoAgent, far_end: Sipp, status: int, disposition: str
) -> None:
    await far_end.serve(f"trunk_{status}")
    callid = await call_out(agent)
    assert (await agent.event("AgentEvent_Call_Out_Fail"))["content"] == callid
    await agent.event("AgentState_Ready", after=agent.kinds().index("AgentEvent_Call_Out_Fail"))
    await far_end.finish()
    row = await system.cdr(callid)
    assert (row["disposition"], row["talk_ms"]) == (disposition, 0)


async def test_early_media_is_heard_before_the_answer(system: RunningSystem, agent: DemoAgent, far_end: Sipp) -> None:
    await far_end.serve("trunk_early_media_then_answers")
    callid = await call_out(agent)
    await agent.event("AgentEvent_Customer_Alerting")
    await asyncio.sleep(1.5)
    assert "AgentEvent_Talking" not in agent.kinds()
    assert strength(agent.calls[-1].heard, TONE_HZ, last_s=0.5) > 0.9
    await agent.event("AgentEvent_Talking")
    await asyncio.sleep(1.2)
    assert strength(agent.calls[-1].heard, TONE_HZ) > 0.9
    assert (await agent.do("DELETE", "voicecall", "release"))["retcode"] == "0"
    await far_end.finish()
    assert (await system.cdr(callid))["disposition"] == "answered"


@pytest.mark.parametrize("scenario", ["trunk_rings", "trunk_early_media"])
async def test_a_call_out_that_is_given_up_is_cancelled(
    system: RunningSystem, agent: DemoAgent, far_end: Sipp, scenario: str
) -> None:
    await far_end.serve(scenario)
    callid = await call_out(agent)
    await agent.event("AgentEvent_Customer_Alerting")
    assert (await agent.do("DELETE", "voicecall", "release"))["retcode"] == "0"
    await far_end.finish()
    row = await system.cdr(callid)
    assert (row["disposition"], row["talk_ms"]) == ("abandoned", 0)


async def test_nobody_at_the_far_end(system: RunningSystem, line: PhoneLine) -> None:
    """The port is closed: the call fails at once, the caller is told, and the flow ends the call."""
    caller = new_caller()
    call = await line.call("1006", caller=caller, frequency=CUSTOMER_HZ)
    await asyncio.wait_for(call.answered.wait(), 5)
    await asyncio.wait_for(call.ended.wait(), 12)
    assert len(call.heard) > 3 * 8000, "not the whole of what it is told"
    assert (await cdr_of_caller(system, caller))["disposition"] == "flow_only"


async def test_a_caller_gives_up_while_the_far_end_is_silent(
    system: RunningSystem, line: PhoneLine, silent_trunk: None
) -> None:
    caller = new_caller()
    call = await line.call("1006", caller=caller, frequency=CUSTOMER_HZ)
    await asyncio.wait_for(call.answered.wait(), 5)
    await asyncio.sleep(1.5)
    call.hang_up()
    assert (await cdr_of_caller(system, caller))["disposition"] == "abandoned"
