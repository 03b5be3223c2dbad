"""`kill -9` of control in a running conference: nobody misses a word, and the chair can do everything afterwards."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack
from typing import Any

import pytest

from fakes.kill_kit import CUSTOMER, Ear, at_work, await_cdr, await_next, first_answer, kill, settled
from fakes.running_system import DemoAgent, RunningSystem, strength
from opencec.app.demo.softphone import PhoneCall

pytestmark = pytest.mark.chaos

TONES = {101: 600.0, 102: 1700.0, 103: 2300.0}
EVERYBODY = {CUSTOMER, *TONES.values()}


async def ok(agent: DemoAgent, method: str, operation: str, body: dict[str, Any] | None = None) -> None:
    answer = await agent.do(method, "agentconf", operation, body)
    assert answer["retcode"] == "0", (operation, answer)


async def hear(wanted: dict[float, set[float]], calls: dict[float, PhoneCall]) -> None:
    """Until everybody hears just these tones."""
    async with asyncio.timeout(15):
        while True:
            await asyncio.sleep(0.2)
            found = {
                own: {tone for tone in EVERYBODY if strength(calls[own].heard, tone, last_s=0.5) > 0.5}
                for own in wanted
            }
            if found == wanted:
                return


async def test_in_a_conference_the_audio_goes_on_and_the_chair_still_rules(system: RunningSystem) -> None:
    async with AsyncExitStack() as stack:
        agents = {number: await stack.enter_async_context(at_work(system, number)) for number in TONES}
        for number, agent in agents.items():
            agent.line.frequency_of = lambda _, tone=TONES[number]: tone
        chair = agents[101]
        for number in (102, 103):
            assert (await agents[number].do("POST", "onlineagent", "saybusy"))["retcode"] == "0"
        customer = await chair.line.call("1001", frequency=CUSTOMER)
        callid = (await chair.event("AgentEvent_Ringing"))["content"]["callid"]
        assert (await chair.do("PUT", "voicecall", "answer"))["retcode"] == "0"
        await chair.event("AgentEvent_Talking")
        await ok(chair, "POST", "requestagentconf", {"memberNum": 4})
        await chair.event("AgentConf_RequestSuccess")
        for number in (102, 103):
            assert (await agents[number].do("POST", "onlineagent", "cancelbusy"))["retcode"] == "0"
            await ok(chair, "POST", "batchaddparticipant", {"addresses": [member(number)]})
            await agents[number].event("AgentConf_Ringing")
            await ok(agents[number], "POST", "answeragentconf")
            await agents[number].event("AgentConf_SelfJoinResult")
        calls = {CUSTOMER: customer, **{TONES[number]: agent.calls[-1] for number, agent in agents.items()}}
        await hear({own: EVERYBODY - {own} for own in calls}, calls)

        ears = {own: Ear(call, customer if own != CUSTOMER else agents[101].calls[-1]) for own, call in calls.items()}
        await asyncio.sleep(0.5)
        old = await asyncio.to_thread(kill, system, "control")
        await first_answer(chair)
        await await_next(system, "control", old)
        await asyncio.sleep(1.0)
        for own, ear in ears.items():
            ear.assert_whole(CUSTOMER if own != CUSTOMER else TONES[101])
        await hear({own: EVERYBODY - {own} for own in calls}, calls)

        await ok(chair, "POST", "changeparticipantmode", {"attribute": 1, **member(102)})
        muted = TONES[102]
        await hear({own: EVERYBODY - {own, muted} for own in calls}, calls)
        await ok(chair, "POST", "batchremoveparticipant", {"addresses": [member(103)]})
        await agents[103].event("AgentConf_SelfLeaveResult")
        await asyncio.wait_for(agents[103].calls[-1].ended.wait(), 5)
        await ok(chair, "DELETE", "releaseagentconf")
        for number in (101, 102):
            await agents[number].event("AgentConf_SelfLeaveResult")
            await asyncio.wait_for(agents[number].calls[-1].ended.wait(), 5)
        await asyncio.wait_for(customer.ended.wait(), 5)
        assert (await await_cdr(system, callid))["disposition"] == "joined"
        ended = chair.kinds()
        assert ended.count("AgentConf_SelfLeaveResult") == 1
    await settled(system)


def member(number: int) -> dict[str, str]:
    """An agent as the interface names it."""
    return {"addressType": "9", "address": str(number)}
