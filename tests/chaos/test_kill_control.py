"""`kill -9` of control at every stage of a call: the audio goes on, nobody is signed out, nothing is lost or twice."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator
from itertools import pairwise

import pytest

from fakes.kill_kit import (
    AGENT,
    CUSTOMER,
    Ear,
    at_work,
    await_cdr,
    await_next,
    facts_of_flows,
    first_answer,
    heard,
    heard_other,
    kill,
    kill_control,
    lift,
    loudness,
    newest_call,
    settled,
    talk,
    talk_at_once,
)
from fakes.recordings import channels, share
from fakes.running_system import DemoAgent, RunningSystem
from opencec.services.flow_facts import TreatmentSaved

pytestmark = pytest.mark.chaos

_KILLS = 8

CALL_EVENTS = [
    "AgentOther_PhoneAlerting",
    "AgentOther_PhoneOffhook",
    "AgentState_Busy",
    "AgentEvent_Ringing",
    "AgentEvent_Talking",
    "AgentMediaEvent_Record",
]
END_EVENTS = ["AgentOther_PhoneRelease", "AgentState_Ready"]


@pytest.fixture
async def agent(system: RunningSystem) -> AsyncIterator[DemoAgent]:
    async with at_work(system) as one:
        yield one
    await settled(system)


def told(agent: DemoAgent, start: str = "AgentOther_PhoneAlerting") -> list[str]:
    """Kinds of events from the first of `start` on; one that came again unchanged counts once."""
    kept = agent.events[:1] + [b for a, b in pairwise(agent.events) if a != b]
    kinds = [event["eventType"] for event in kept]
    return kinds[kinds.index(start) :]


def announcements(system: RunningSystem, callid: str) -> list[int]:
    """Counters of the treatment of a waiting caller: one more for each announcement."""
    saved = [fact for fact in facts_of_flows(system) if isinstance(fact, TreatmentSaved)]
    return [fact.treatment.session.counter for fact in saved if fact.treatment.contact == callid]


async def test_in_mid_call_the_audio_goes_on_and_the_agent_can_do_everything_afterwards(
    system: RunningSystem, agent: DemoAgent, capsys: pytest.CaptureFixture[str]
) -> None:
    call, callid = await talk(agent.line, agent)
    ears = Ear(call, agent.calls[-1]), Ear(agent.calls[-1], call)
    await asyncio.sleep(0.5)
    old = await asyncio.to_thread(kill, system, "control")
    guid_s = await first_answer(agent)
    await await_next(system, "control", old)
    await asyncio.sleep(1.0)
    for ear, tone in zip(ears, (AGENT, CUSTOMER), strict=True):
        ear.assert_whole(tone)
    gaps = [round(ear.longest_gap_s() * 1000) for ear in ears]
    with capsys.disabled():
        print(f"\ncontrol killed: the same GUID works after {guid_s:.2f} s; longest gaps {gaps} ms as seen here")
    assert guid_s < 15, "2 s on a quiet machine"

    assert (await agent.do("POST", "voicecall", "hold"))["retcode"] == "0"
    await agent.event("AgentEvent_Hold")
    await heard_other(call, AGENT)
    at = len(agent.events)
    assert (await agent.do("POST", "voicecall", f"gethold?callid={callid}"))["retcode"] == "0"
    await agent.event("AgentEvent_Talking", after=at)
    await heard(call, AGENT)
    await heard(agent.calls[-1], CUSTOMER)
    assert (await agent.do("DELETE", "voicecall", "release"))["retcode"] == "0"
    await asyncio.wait_for(call.ended.wait(), 5)
    await agent.event("AgentState_Ready", after=at)
    row = await await_cdr(system, callid)
    assert (row["disposition"], row["agent"], row["queue"]) == ("answered", "101", 1)
    assert told(agent) == [
        *CALL_EVENTS,
        "AgentEvent_Hold",
        "AgentEvent_Talking",
        "AgentEvent_Call_Release",
        "AgentEvent_Customer_Release",
        "AgentMediaEvent_StopRecordDone",
        *END_EVENTS,
    ]
    left, right = channels(await asyncio.to_thread(system.recording, callid))
    assert len(left) / 8 == pytest.approx(row["talk_ms"] + row["hold_ms"], abs=400)
    assert min(share(left, CUSTOMER), share(right, AGENT)) > 0.95
    assert max(share(left, AGENT), share(right, CUSTOMER)) == 0


async def test_a_call_that_control_died_in_can_be_passed_to_a_queue(system: RunningSystem, agent: DemoAgent) -> None:
    async with at_work(system, 102) as other:
        assert (await other.do("POST", "onlineagent", "saybusy"))["retcode"] == "0"
        call, callid = await talk(agent.line, agent)
        await kill_control(system)
        await first_answer(agent)
        assert (await other.do("POST", "onlineagent", "cancelbusy"))["retcode"] == "0"
        body = {"devicetype": 1, "address": "2", "mode": 0}
        assert (await agent.do("POST", "voicecall", "transfer", body))["retcode"] == "0"
        await asyncio.wait_for(agent.calls[-1].ended.wait(), 10)
        taker = other
        ringing = await taker.event("AgentEvent_Ringing")
        assert ringing["content"]["callid"] == callid
        assert (await taker.do("PUT", "voicecall", "answer"))["retcode"] == "0"
        await heard(taker.calls[-1], CUSTOMER)
        call.hang_up()
        row = await await_cdr(system, callid)
    assert (row["disposition"], row["queue"], row["agent"]) == ("answered", 2, "102")


async def test_in_the_menu_the_prompt_plays_on_and_a_key_still_chooses(system: RunningSystem, agent: DemoAgent) -> None:
    call = await agent.line.call("1000", frequency=CUSTOMER)
    await asyncio.wait_for(call.answered.wait(), 5)
    await asyncio.sleep(0.3)
    ear = Ear(call, call)
    await kill_control(system)
    ear_lost = ear.lost_frames()
    call.press("2")
    ringing = await agent.event("AgentEvent_Ringing", wait_s=15)
    assert ear_lost == 0
    call.hang_up()
    row = await await_cdr(system, ringing["content"]["callid"])
    assert (row["queue"], row["disposition"]) == (2, "abandoned")


async def test_a_key_pressed_while_control_is_dead_chooses(system: RunningSystem, agent: DemoAgent) -> None:
    call = await agent.line.call("1000", frequency=CUSTOMER)
    await asyncio.wait_for(call.answered.wait(), 5)
    await asyncio.sleep(0.3)
    old = await asyncio.to_thread(kill, system, "control")
    call.press("2")
    await await_next(system, "control", old)
    ringing = await agent.event("AgentEvent_Ringing", wait_s=15)
    call.hang_up()
    row = await await_cdr(system, ringing["content"]["callid"])
    assert (row["queue"], row["disposition"]) == (2, "abandoned")


async def test_a_caller_in_the_queue_hears_on_and_gets_the_agent_who_comes_later(system: RunningSystem) -> None:
    async with at_work(system) as agent:
        line = agent.line
        assert (await agent.do("POST", "onlineagent", "saybusy"))["retcode"] == "0"
        call = await line.call("1001", frequency=CUSTOMER)
        await asyncio.wait_for(call.answered.wait(), 5)
        await asyncio.sleep(1.0)
        ear = Ear(call, call)
        await kill_control(system)
        await first_answer(agent)
        await asyncio.sleep(1.0)
        assert ear.lost_frames() == 0
        assert all(loudness(ear.sound[at : at + 8000], last_s=1.0) > 0.02 for at in range(0, len(ear.sound), 8000))
        async with at_work(system, 102) as later:
            ringing = await later.event("AgentEvent_Ringing")
            assert (await later.do("PUT", "voicecall", "answer"))["retcode"] == "0"
            await heard(call, AGENT)
            await heard(later.calls[-1], CUSTOMER)
            call.hang_up()
            row = await await_cdr(system, ringing["content"]["callid"])
    assert (row["disposition"], row["agent"]) == ("answered", "102")
    await settled(system)


async def test_position_announcements_go_on_after_a_takeover(system: RunningSystem) -> None:
    async with at_work(system) as agent:
        assert (await agent.do("POST", "onlineagent", "saybusy"))["retcode"] == "0"
        call = await agent.line.call("1001", frequency=CUSTOMER)
        await asyncio.wait_for(call.answered.wait(), 5)
        callid = await newest_call(system)
        before = len(await asyncio.to_thread(announcements, system, callid))
        await kill_control(system)
        async with asyncio.timeout(60):
            while len(found := await asyncio.to_thread(announcements, system, callid)) <= before:
                await asyncio.sleep(0.5)
        assert len(set(found)) == len(found), "ids of orders never repeat"
        call.hang_up()
        await await_cdr(system, callid)
    await settled(system)


async def test_a_phone_that_rings_is_answered_after_a_takeover(system: RunningSystem, agent: DemoAgent) -> None:
    agent.line.answers = lambda _: False
    call = await agent.line.call("1001", frequency=CUSTOMER)
    await agent.event("AgentOther_PhoneAlerting")
    await kill_control(system)
    await first_answer(agent)
    assert agent.calls[-1].state == "ringing"
    assert len(agent.calls) == 1, "rung once"
    lift(agent.calls[-1])
    ringing = await agent.event("AgentEvent_Ringing")
    assert (await agent.do("PUT", "voicecall", "answer"))["retcode"] == "0"
    await heard(call, AGENT)
    await heard(agent.calls[-1], CUSTOMER)
    call.hang_up()
    await agent.event("AgentState_Ready", after=agent.kinds().index("AgentEvent_Talking"))
    row = await await_cdr(system, ringing["content"]["callid"])
    assert (row["disposition"], row["agent"]) == ("answered", "101")
    assert told(agent)[: len(CALL_EVENTS)] == CALL_EVENTS


async def test_a_phone_lifted_while_control_is_dead_is_noticed(system: RunningSystem, agent: DemoAgent) -> None:
    agent.line.answers = lambda _: False
    call = await agent.line.call("1001", frequency=CUSTOMER)
    await agent.event("AgentOther_PhoneAlerting")
    old = await asyncio.to_thread(kill, system, "control")
    lift(agent.calls[-1])
    await await_next(system, "control", old)
    ringing = await agent.event("AgentEvent_Ringing")
    assert (await agent.do("PUT", "voicecall", "answer"))["retcode"] == "0"
    await heard(call, AGENT)
    await heard(agent.calls[-1], CUSTOMER)
    call.hang_up()
    await await_cdr(system, ringing["content"]["callid"])


async def test_between_the_phone_and_the_click_nothing_is_lost(system: RunningSystem, agent: DemoAgent) -> None:
    call = await agent.line.call("1001", frequency=CUSTOMER)
    ringing = await agent.event("AgentEvent_Ringing")
    await kill_control(system)
    await first_answer(agent)
    assert (await agent.do("PUT", "voicecall", "answer"))["retcode"] == "0"
    await agent.event("AgentEvent_Talking")
    await heard(call, AGENT)
    await heard(agent.calls[-1], CUSTOMER)
    call.hang_up()
    await agent.event("AgentState_Ready", after=agent.kinds().index("AgentEvent_Talking"))
    await await_cdr(system, ringing["content"]["callid"])
    assert told(agent) == [
        *CALL_EVENTS,
        "AgentEvent_Customer_Release",
        "AgentEvent_Call_Release",
        "AgentMediaEvent_StopRecordDone",
        *END_EVENTS,
    ]


@pytest.mark.parametrize("who", ["customer", "agent"])
async def test_a_hang_up_while_control_is_dead_ends_the_call(system: RunningSystem, agent: DemoAgent, who: str) -> None:
    call, callid = await talk(agent.line, agent)
    old = await asyncio.to_thread(kill, system, "control")
    (call if who == "customer" else agent.calls[-1]).hang_up()
    await await_next(system, "control", old)
    row = await system.cdr(callid, wait_s=15)
    assert row["disposition"] == "answered"
    await asyncio.wait_for(asyncio.gather(call.ended.wait(), agent.calls[-1].ended.wait()), 5)


async def test_a_caller_who_gives_up_while_control_is_dead_leaves_an_abandoned_call(
    system: RunningSystem, agent: DemoAgent
) -> None:
    agent.line.answers = lambda _: False
    call = await agent.line.call("1001", frequency=CUSTOMER)
    await agent.event("AgentOther_PhoneAlerting")
    callid = await newest_call(system)
    old = await asyncio.to_thread(kill, system, "control")
    call.hang_up()
    await await_next(system, "control", old)
    row = await system.cdr(callid, wait_s=15)
    assert row["disposition"] == "abandoned"
    await asyncio.wait_for(agent.calls[-1].ended.wait(), 5)
    await agent.event("AgentState_Ready", after=agent.kinds().index("AgentOther_PhoneAlerting"))


async def test_a_call_that_comes_while_control_is_dead_is_served(system: RunningSystem, agent: DemoAgent) -> None:
    old = await asyncio.to_thread(kill, system, "control")
    call = await agent.line.call("1001", frequency=CUSTOMER)
    await await_next(system, "control", old)
    ringing = await agent.event("AgentEvent_Ringing", wait_s=15)
    call.hang_up()
    await await_cdr(system, ringing["content"]["callid"])


async def test_kills_at_random_moments_leave_no_orphan_no_stuck_agent_and_one_record_a_call(
    system: RunningSystem,
) -> None:
    chance = random.Random(20)
    known = {row["callid"] for row in await asyncio.to_thread(system.cdrs)}
    async with at_work(system, auto_answer=True) as agent:
        for _ in range(_KILLS):
            calls = [await agent.line.call(code, frequency=CUSTOMER) for code in ("1001", "1000", "1004")]
            await asyncio.sleep(chance.uniform(0.0, 1.2))
            old = await asyncio.to_thread(kill, system, "control")
            await asyncio.sleep(chance.uniform(0.0, 0.5))
            for call in calls[: chance.randrange(4)]:
                call.hang_up()
            await await_next(system, "control", old)
            await first_answer(agent)
            await asyncio.sleep(chance.uniform(0.0, 1.0))
            for call in calls:
                call.hang_up()
            for call in calls:
                await asyncio.wait_for(call.ended.wait(), 40)
        await settled(system)
        status = await agent.do("GET", "onlineagent", "agentstatus")
        assert status["result"]["agentState"] == 4, status
        call, _ = await talk_at_once(agent)
        call.hang_up()
        await settled(system)
    rows = [row for row in await asyncio.to_thread(system.cdrs) if row["callid"] not in known]
    assert len({row["callid"] for row in rows}) == len(rows)
    assert _KILLS <= len(rows) <= 3 * _KILLS + 1
