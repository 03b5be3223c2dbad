"""Conferences on the running system, with real RTP phones: five parties hear each other, proven by tones."""

from __future__ import annotations

import asyncio
import wave
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from fakes.running_system import DemoAgent, RunningSystem, phone_line, strength
from opencec.app.demo.softphone import PhoneCall, PhoneLine
from opencec.app.demo.tenant import DEMO_VDN

pytestmark = pytest.mark.interop

TONES = {105: 600.0, 106: 1000.0, 107: 1700.0, 108: 2300.0}
OUTSIDE, VOICE = 3000.0, 400.0
EVERYBODY = {*TONES.values(), OUTSIDE}
CLEAR, SILENT = 0.6, 0.08
NUMBER = {"addressType": "6", "address": "15550101"}


@dataclass
class Floor:
    """Four agents and the far end of the trunk."""

    system: RunningSystem
    agents: dict[int, DemoAgent]
    outside: list[PhoneCall]

    @property
    def chair(self) -> DemoAgent:
        return self.agents[105]

    async def ok(self, method: str, operation: str, body: dict[str, Any] | None = None, *, by: int = 105) -> Any:
        answer = await self.agents[by].do(method, "agentconf", operation, body)
        assert answer["retcode"] == "0", (operation, answer)
        return answer["result"]

    async def confer(self) -> None:
        """All five are in a conference of the first agent."""
        await self.ok("POST", "requestagentconf", {"memberNum": 5, "time": 10})
        await self.chair.event("AgentConf_RequestSuccess")
        others = [{"addressType": "9", "address": str(number)} for number in list(TONES)[1:]]
        await self.ok("POST", "batchaddparticipant", {"addresses": [*others, NUMBER]})
        for number in list(TONES)[1:]:
            await self.agents[number].event("AgentConf_Ringing")
            await self.ok("PUT", "answeragentconf", by=number)
            await self.agents[number].event("AgentConf_SelfJoinResult")

    def calls(self) -> dict[float, PhoneCall]:
        """Everybody's phone call by the tone it sends."""
        found = {TONES[number]: agent.calls[-1] for number, agent in self.agents.items()}
        return {**found, OUTSIDE: self.outside[-1]}


@pytest.fixture
async def floor(system: RunningSystem, trunk_port: int) -> AsyncIterator[Floor]:
    lines = [await phone_line(system) for _ in TONES]
    trunk = PhoneLine(system.sip, port=trunk_port)
    outside: list[PhoneCall] = []
    trunk.frequency_of = lambda _: OUTSIDE
    trunk.on_call = outside.append
    await trunk.open()
    agents = {number: DemoAgent(system, line, workno=number) for number, line in zip(TONES, lines, strict=True)}
    for number, agent in agents.items():
        agent.line.frequency_of = lambda _, frequency=TONES[number]: frequency
        agent.line.on_call = agent.calls.append
        await agent.sign_in()
    yield Floor(system, agents, outside)
    for agent in agents.values():
        await agent.close()
    for line in (*lines, trunk):
        await line.close()


def tones(call: PhoneCall) -> set[float]:
    """Which tones are clearly in what a call hears; one in between fails."""
    found = {frequency: strength(call.heard, frequency, last_s=0.6) for frequency in (*EVERYBODY, VOICE)}
    assert all(value > CLEAR or value < SILENT for value in found.values()), found
    return {frequency for frequency, value in found.items() if value > CLEAR}


async def hear(expected: Callable[[], dict[PhoneCall, set[float]]], *, wait_s: float = 10.0) -> None:
    """Until every call hears just these tones."""
    until = asyncio.get_running_loop().time() + wait_s
    while True:
        await asyncio.sleep(0.3)
        wanted = expected()
        try:
            found = {call: tones(call) for call in wanted}
        except AssertionError:
            if asyncio.get_running_loop().time() > until:
                raise
            continue
        if found == wanted:
            return
        assert asyncio.get_running_loop().time() < until, [sorted(heard) for heard in found.values()]


def write_notice(path: Path) -> None:
    """Two seconds of a tone."""
    path.parent.mkdir(parents=True, exist_ok=True)
    samples = (np.sin(2 * np.pi * VOICE * np.arange(16_000) / 8000) * 8000).astype("<i2")
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(8000)
        file.writeframes(samples.tobytes())


async def test_five_hear_each_other_and_a_muted_one_is_heard_by_nobody(floor: Floor) -> None:
    await floor.confer()
    await hear(lambda: {call: EVERYBODY - {own} for own, call in floor.calls().items()})

    await floor.ok("POST", "changeparticipantmode", {"attribute": 1, **NUMBER})
    await hear(lambda: {call: EVERYBODY - {own, OUTSIDE} for own, call in floor.calls().items()})
    await floor.ok("POST", "changeparticipantmode", {"attribute": 3, **NUMBER})
    await hear(lambda: {call: EVERYBODY - {own} for own, call in floor.calls().items()})

    own = floor.agents[108]
    await floor.ok("DELETE", "requestleaveagentconf", by=108)
    await own.event("AgentState_Ready", after=own.kinds().index("AgentConf_SelfJoinResult"))
    gone = TONES[108]
    await hear(lambda: {call: EVERYBODY - {one, gone} for one, call in floor.calls().items() if one != gone})

    floor.outside[-1].hang_up()
    await floor.ok("DELETE", "releaseagentconf")
    for number in (105, 106, 107):
        agent = floor.agents[number]
        await agent.event("AgentState_Ready", after=agent.kinds().index("AgentConf_SelfJoinResult"))
        await asyncio.wait_for(agent.calls[-1].ended.wait(), 5)


async def test_a_voice_is_heard_by_all(floor: Floor) -> None:
    write_notice(Path(floor.system.environment["OPENCEC_DATA_DIR"]) / f"recordings/conf/{DEMO_VDN}/notice.wav")
    await floor.confer()
    await floor.ok("PUT", "playvoicetoconf", {"voicePath": f"y:/conf/{DEMO_VDN}/notice.V3"})
    heard: dict[float, float] = {}
    for _ in range(20):
        await asyncio.sleep(0.1)
        for own, call in floor.calls().items():
            heard[own] = max(heard.get(own, 0.0), strength(call.heard, VOICE, last_s=0.6))
    assert min(heard.values()) > CLEAR, heard
    stopped = await floor.chair.event("AgentConf_StopVoice")
    assert stopped["content"] == {"result": 0}
    await floor.ok("DELETE", "releaseagentconf")
