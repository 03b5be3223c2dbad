"""A phone call reaches an agent: audio both ways by tones, events, CDR and recording agree."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import numpy as np
import pytest

from fakes.running_system import DemoAgent, RunningSystem, phone_line, strength
from opencec.app.demo.softphone import PhoneLine

pytestmark = pytest.mark.interop

CUSTOMER, AGENT = 1000.0, 600.0


@pytest.fixture
async def line(system: RunningSystem) -> AsyncIterator[PhoneLine]:
    opened = await phone_line(system)
    yield opened
    await opened.close()


@pytest.fixture
async def agent(system: RunningSystem, line: PhoneLine) -> AsyncIterator[DemoAgent]:
    one = DemoAgent(system, line, workno=101, frequency=AGENT)
    line.frequency_of = lambda _: AGENT
    line.on_call = one.calls.append
    yield await one.sign_in()
    await one.close()


def channels(path: Path) -> tuple[bytes, bytes]:
    """Left and right of a dual-channel mu-law WAV."""
    data = path.read_bytes()
    start = data.index(b"data") + 8
    assert data[20:22] == b"\x07\x00"
    assert data[22:24] == b"\x02\x00"
    both = np.frombuffer(data[start : start + (len(data) - start) // 2 * 2], np.uint8).reshape(-1, 2)
    return both[:, 0].tobytes(), both[:, 1].tobytes()


async def talk(line: PhoneLine, agent: DemoAgent, number: str = "1001") -> tuple[object, str]:
    before = len(agent.events)
    call = await line.call(number, frequency=CUSTOMER)
    ringing = await agent.event("AgentEvent_Ringing", after=before)
    assert (await agent.do("PUT", "voicecall", "answer"))["retcode"] == "0"
    await agent.event("AgentEvent_Talking", after=before)
    return call, ringing["content"]["callid"]


async def test_caller_and_agent_hear_each_other_and_leave_one_record(
    system: RunningSystem, line: PhoneLine, agent: DemoAgent
) -> None:
    call, callid = await talk(line, agent)
    await asyncio.sleep(2.5)
    phone = agent.calls[-1]
    assert strength(call.heard, AGENT) > 0.9
    assert strength(call.heard, CUSTOMER) < 0.05
    assert strength(phone.heard, CUSTOMER) > 0.9
    assert strength(phone.heard, AGENT) < 0.05
    call.hang_up()
    await agent.event("AgentState_Ready", after=agent.kinds().index("AgentEvent_Talking"))
    row = await system.cdr(callid)
    assert (row["disposition"], row["agent"], row["queue"], row["called"]) == ("answered", "101", 1, "1001")
    left, right = channels(await asyncio.to_thread(system.recording, callid))
    assert strength(left, CUSTOMER) > 0.9
    assert strength(left, AGENT) < 0.05
    assert strength(right, AGENT) > 0.9
    assert strength(right, CUSTOMER) < 0.05


async def test_events_come_in_the_order_that_clients_need(
    system: RunningSystem, line: PhoneLine, agent: DemoAgent
) -> None:
    call, callid = await talk(line, agent)
    call.hang_up()
    await agent.event("AgentState_Ready", after=agent.kinds().index("AgentEvent_Talking"))
    shown = [kind for kind in agent.kinds() if kind not in ("AgentOther_InService",)]
    start = shown.index("AgentOther_PhoneAlerting")
    assert shown[start:] == [
        "AgentOther_PhoneAlerting",
        "AgentOther_PhoneOffhook",
        "AgentState_Busy",
        "AgentEvent_Ringing",
        "AgentEvent_Talking",
        "AgentMediaEvent_Record",
        "AgentEvent_Customer_Release",
        "AgentEvent_Call_Release",
        "AgentMediaEvent_StopRecordDone",
        "AgentOther_PhoneRelease",
        "AgentState_Ready",
    ]
    await system.cdr(callid)


async def test_a_key_in_the_welcome_flow_chooses_the_queue(
    system: RunningSystem, line: PhoneLine, agent: DemoAgent
) -> None:
    call = await line.call("1000", frequency=CUSTOMER)
    await asyncio.wait_for(call.answered.wait(), 5)
    call.press("2")
    ringing = await agent.event("AgentEvent_Ringing", wait_s=15)
    call.hang_up()
    row = await system.cdr(ringing["content"]["callid"])
    assert (row["queue"], row["disposition"]) == (2, "abandoned")


async def test_hold_gives_the_customer_music_and_retrieve_gives_the_agent_back(
    system: RunningSystem, line: PhoneLine, agent: DemoAgent
) -> None:
    call, callid = await talk(line, agent)
    await asyncio.sleep(1.5)
    assert (await agent.do("POST", "voicecall", "hold"))["retcode"] == "0"
    assert (await agent.event("AgentEvent_Hold"))["content"] == callid
    await asyncio.sleep(1.5)
    assert strength(call.heard, AGENT) < 0.1
    assert max(call.heard[-4000:]) != min(call.heard[-4000:]), "music is not silence"
    position = len(agent.events)
    assert (await agent.do("POST", "voicecall", f"gethold?callid={callid}"))["retcode"] == "0"
    await agent.event("AgentEvent_Talking", after=position)
    await asyncio.sleep(1.5)
    assert strength(call.heard, AGENT) > 0.9
    assert (await agent.do("DELETE", "voicecall", "release"))["retcode"] == "0"
    await asyncio.wait_for(call.ended.wait(), 5)
    row = await system.cdr(callid)
    assert row["hold_ms"] > 1000


async def test_the_echo_number_gives_the_callers_own_voice(system: RunningSystem, line: PhoneLine) -> None:
    call = await line.call("1004", frequency=CUSTOMER)
    await asyncio.wait_for(call.answered.wait(), 5)
    await asyncio.sleep(1.5)
    assert strength(call.heard, CUSTOMER) > 0.9
    call.hang_up()


async def test_an_unknown_number_is_not_found(system: RunningSystem, line: PhoneLine) -> None:
    call = await line.call("1999")
    await asyncio.wait_for(call.ended.wait(), 5)
    assert call.status == 404
