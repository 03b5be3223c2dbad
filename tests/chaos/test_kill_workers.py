"""`kill -9` of a media worker, of speech, of jobs: calls go on, records are exact, each is started again."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from fakes.kill_kit import (
    AGENT,
    CUSTOMER,
    Ear,
    at_work,
    await_cdr,
    await_next,
    heard,
    heard_other,
    kill,
    kill_control,
    processes,
    settled,
    talk,
    worker_of,
)
from fakes.recordings import channels, share
from fakes.running_system import DemoAgent, RunningSystem

pytestmark = pytest.mark.chaos


@pytest.fixture
async def agent(system: RunningSystem) -> AsyncIterator[DemoAgent]:
    async with at_work(system) as one:
        yield one
    await settled(system)


async def test_a_call_moves_to_another_worker_and_is_recorded_in_one_file(
    system: RunningSystem, agent: DemoAgent
) -> None:
    call, callid = await talk(agent.line, agent)
    await asyncio.sleep(2.0)
    old = await asyncio.to_thread(kill, system, "media", index=await worker_of(system))
    call.heard.clear()
    agent.calls[-1].heard.clear()
    await heard(call, AGENT)
    await heard(agent.calls[-1], CUSTOMER)
    await asyncio.sleep(2.0)
    assert (await agent.do("POST", "voicecall", "hold"))["retcode"] == "0"
    await heard_other(call, AGENT)
    at = len(agent.events)
    assert (await agent.do("POST", "voicecall", f"gethold?callid={callid}"))["retcode"] == "0"
    await agent.event("AgentEvent_Talking", after=at)
    await heard(call, AGENT)
    call.hang_up()
    await agent.event("AgentState_Ready", after=at)
    row = await await_cdr(system, callid)
    assert (row["disposition"], row["agent"]) == ("answered", "101")
    assert agent.kinds().count("AgentMediaEvent_StopRecordDone") == 1
    left, right = channels(await asyncio.to_thread(system.recording, callid))
    assert len(left) / 8 == pytest.approx(row["talk_ms"] + row["hold_ms"], abs=1500)
    assert min(share(left, CUSTOMER), share(right, AGENT)) > 0.6
    await await_next(system, "media", old)


async def test_a_caller_in_the_queue_gets_music_again_and_the_agent(system: RunningSystem, agent: DemoAgent) -> None:
    assert (await agent.do("POST", "onlineagent", "saybusy"))["retcode"] == "0"
    call = await agent.line.call("1001", frequency=CUSTOMER)
    await asyncio.wait_for(call.answered.wait(), 5)
    await asyncio.sleep(1.0)
    old = await asyncio.to_thread(kill, system, "media", index=await worker_of(system))
    call.heard.clear()
    await heard_other(call, AGENT)
    assert (await agent.do("POST", "onlineagent", "cancelbusy"))["retcode"] == "0"
    ringing = await agent.event("AgentEvent_Ringing")
    assert (await agent.do("PUT", "voicecall", "answer"))["retcode"] == "0"
    await heard(call, AGENT)
    await heard(agent.calls[-1], CUSTOMER)
    call.hang_up()
    await await_cdr(system, ringing["content"]["callid"])
    await await_next(system, "media", old)


async def test_a_caller_in_the_menu_can_still_choose(system: RunningSystem, agent: DemoAgent) -> None:
    call = await agent.line.call("1000", frequency=CUSTOMER)
    await asyncio.wait_for(call.answered.wait(), 5)
    await asyncio.sleep(1.0)
    old = await asyncio.to_thread(kill, system, "media", index=await worker_of(system))
    call.heard.clear()
    await heard_other(call, AGENT)
    call.press("2")
    ringing = await agent.event("AgentEvent_Ringing", wait_s=15)
    call.hang_up()
    row = await await_cdr(system, ringing["content"]["callid"])
    assert (row["queue"], row["disposition"]) == (2, "abandoned")
    await await_next(system, "media", old)


async def test_worker_and_control_may_die_one_after_the_other(system: RunningSystem, agent: DemoAgent) -> None:
    call, callid = await talk(agent.line, agent)
    old = await asyncio.to_thread(kill, system, "media", index=await worker_of(system))
    await kill_control(system)
    call.heard.clear()
    agent.calls[-1].heard.clear()
    await heard(call, AGENT)
    await heard(agent.calls[-1], CUSTOMER)
    call.hang_up()
    row = await await_cdr(system, callid)
    assert row["disposition"] == "answered"
    await await_next(system, "media", old)
    assert await asyncio.to_thread(recording_files, system, callid) == [f"{callid}.wav"]


@pytest.mark.parametrize("role", ["speech", "jobs"])
async def test_nobody_notices_that_speech_or_jobs_died(system: RunningSystem, agent: DemoAgent, role: str) -> None:
    call, callid = await talk(agent.line, agent)
    ears = Ear(call, agent.calls[-1]), Ear(agent.calls[-1], call)
    (before,) = await asyncio.to_thread(processes, system, role)
    old = await asyncio.to_thread(kill, system, role)
    await await_next(system, role, old)
    for ear, tone in zip(ears, (AGENT, CUSTOMER), strict=True):
        ear.assert_whole(tone)
    menu = await agent.line.call("1000", frequency=CUSTOMER)
    await asyncio.wait_for(menu.answered.wait(), 5)
    await heard_other(menu, AGENT)
    menu.hang_up()
    call.hang_up()
    await await_cdr(system, callid)
    told = [line for line in system.log.read_text().splitlines() if f"(process {before['pid']}) died" in line]
    assert len(told) == 1
    assert f"{role} (process {before['pid']}) died: signal SIGKILL; again in " in told[0]


def recording_files(system: RunningSystem, callid: str) -> list[str]:
    """Names of a contact's files, once none is open any more."""
    folder = Path(system.environment["OPENCEC_DATA_DIR"]) / "recordings"
    return sorted(path.name for path in folder.glob(f"*/*/{callid}*"))
