"""Inspections on the running system, two media workers: who hears whom, proved by the tones on every leg."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass

import numpy as np
import pytest

from fakes.running_system import DemoAgent, RunningSystem, phone_line, strength
from opencec.app.demo.softphone import PhoneCall, PhoneLine

pytestmark = pytest.mark.interop

CUSTOMER, AGENT, INSPECTOR = 1000.0, 600.0, 1700.0


@dataclass
class Scene:
    """A customer talks to agent 101; inspector 120 is idle."""

    system: RunningSystem
    line: PhoneLine
    agent: DemoAgent
    inspector: DemoAgent
    customer: PhoneCall
    callid: str

    async def order(self, method: str, operation: str) -> None:
        answer = await self.inspector.do(method, "qualitycontrol", operation)
        assert answer["retcode"] == "0", answer

    async def heard(self) -> dict[str, set[str]]:
        """Whose voices each party hears, after a second and a half of it."""
        await asyncio.sleep(1.8)
        voices = {"customer": CUSTOMER, "agent": AGENT, "inspector": INSPECTOR}
        ears = {
            "customer": self.customer.heard,
            "agent": self.agent.calls[-1].heard,
            "inspector": self.inspector.calls[-1].heard,
        }
        found: dict[str, set[str]] = {}
        for party, sound in ears.items():
            strengths = {voice: strength(sound, tone) for voice, tone in voices.items()}
            assert all(value > 0.8 or value < 0.05 for value in strengths.values()), (party, strengths)
            found[party] = {voice for voice, value in strengths.items() if value > 0.8}
        return found


@pytest.fixture
async def scene(system: RunningSystem) -> AsyncIterator[Scene]:
    lines = [await phone_line(system) for _ in range(3)]
    agent, inspector = DemoAgent(system, lines[1], workno=101), DemoAgent(system, lines[2], workno=120)
    for one, tone in ((agent, AGENT), (inspector, INSPECTOR)):
        one.line.frequency_of = lambda _, tone=tone: tone
        one.line.on_call = one.calls.append
        await one.sign_in()
    customer = await lines[0].call("1001", frequency=CUSTOMER)
    ringing = await agent.event("AgentEvent_Ringing")
    assert (await agent.do("PUT", "voicecall", "answer"))["retcode"] == "0"
    await agent.event("AgentEvent_Talking")
    yield Scene(system, lines[0], agent, inspector, customer, ringing["content"]["callid"])
    for one in (agent, inspector):
        await one.close()
    for line in lines:
        await line.close()


async def test_a_whisper_is_heard_by_the_agent_and_never_by_the_customer(scene: Scene) -> None:
    await scene.order("PUT", "addsupervise/101")
    await scene.agent.event("AgentOther_BeQcStart")
    both = {"customer": {"agent"}, "agent": {"customer"}, "inspector": {"customer", "agent"}}
    assert await scene.heard() == both
    await scene.order("POST", "requestswitchinsertwhisperagent?whisperagentid=101&switchtype=2")
    assert await scene.heard() == {**both, "agent": {"customer", "inspector"}}
    await scene.order("POST", "requestswitchinsertwhisperagent?whisperagentid=101&switchtype=1")
    assert await scene.heard() == {**both, "agent": {"customer", "inspector"}, "customer": {"agent", "inspector"}}
    await scene.order("DELETE", "101")
    await scene.inspector.event("AgentState_Ready", after=2)
    assert scene.inspector.calls[-1].ended.is_set() or await asyncio.wait_for(scene.inspector.calls[-1].ended.wait(), 5)
    scene.customer.hang_up()
    await scene.system.cdr(scene.callid)
    data = (await asyncio.to_thread(scene.system.recording, scene.callid)).read_bytes()
    start = data.index(b"data") + 8
    sides = np.frombuffer(data[start : start + (len(data) - start) // 2 * 2], np.uint8).reshape(-1, 2)
    for side, own, other in ((0, CUSTOMER, AGENT), (1, AGENT, CUSTOMER)):
        sound = sides[:, side].tobytes()
        assert strength(sound, own, last_s=4.0) > 0.8
        assert strength(sound, other, last_s=4.0) < 0.05
        assert strength(sound, INSPECTOR, last_s=4.0) < 0.05, "the inspector is in no channel"


async def test_an_intercepted_call_goes_on_with_the_inspector(scene: Scene) -> None:
    await scene.order("PUT", "addinsert/101")
    await scene.agent.event("AgentOther_BeQcStart")
    await scene.order("PUT", "intercept/101")
    talking = await scene.inspector.event("AgentEvent_Talking")
    assert talking["content"]["callid"] == scene.callid
    await asyncio.wait_for(scene.agent.calls[-1].ended.wait(), 5)
    await asyncio.sleep(1.8)
    assert strength(scene.customer.heard, INSPECTOR) > 0.8
    assert strength(scene.customer.heard, AGENT) < 0.05
    assert strength(scene.inspector.calls[-1].heard, CUSTOMER) > 0.8
    assert (await scene.inspector.do("DELETE", "voicecall", "release"))["retcode"] == "0"
    row = await scene.system.cdr(scene.callid)
    assert (row["agent"], row["disposition"]) == ("120", "answered")


async def test_a_recording_plays_to_the_inspectors_phone_and_stops(scene: Scene) -> None:
    await asyncio.sleep(2.0)
    scene.customer.hang_up()
    await scene.system.cdr(scene.callid)
    await asyncio.to_thread(scene.system.recording, scene.callid)
    body = {"voicepath": f"Y:/1/0/20260101/101/{scene.callid}.wav"}
    answer = await scene.inspector.do("PUT", "recordplay", "play", body)
    assert answer["retcode"] == "0", answer
    await scene.inspector.event("AgentMediaEvent_Play")
    await asyncio.sleep(1.2)
    assert strength(scene.inspector.calls[-1].heard, CUSTOMER, last_s=0.6) > 0.2
    assert (await scene.inspector.do("POST", "recordplay", "backfast/30"))["retcode"] == "0"
    assert (await scene.inspector.do("POST", "recordplay", "pauseplay"))["retcode"] == "0"
    await asyncio.sleep(1.0)
    assert strength(scene.inspector.calls[-1].heard, CUSTOMER, last_s=0.4) < 0.05
    assert (await scene.inspector.do("POST", "recordplay", "resumeplay"))["retcode"] == "0"
    await scene.inspector.event("AgentMediaEvent_Play_Succ")
    await asyncio.wait_for(scene.inspector.calls[-1].ended.wait(), 5)
