"""Consults, three parties and announced transfers on the running system: who hears whom, proven by tones."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest

from fakes.running_system import DemoAgent, RunningSystem, phone_line, strength
from opencec.app.demo.softphone import PhoneCall, PhoneLine
from opencec.workers.media.g711 import decode, to_16_bit

pytestmark = pytest.mark.interop

CUSTOMER, FIRST, SECOND, OUTSIDE = 1000.0, 600.0, 1700.0, 2300.0
TONES = (CUSTOMER, FIRST, SECOND, OUTSIDE)
LOUD, SILENT = 0.9, 0.06


@dataclass
class Floor:
    """Two agents, a caller's line and the far end of the trunk."""

    system: RunningSystem
    caller: PhoneLine
    first: DemoAgent
    second: DemoAgent
    outside: list[PhoneCall]

    async def answered(self) -> tuple[PhoneCall, str]:
        """A customer's call that the first agent talks in; the second agent is idle afterwards."""
        assert (await self.second.do("POST", "onlineagent", "saybusy?reason=200"))["retcode"] == "0"
        before = len(self.first.events)
        call = await self.caller.call("1001", frequency=CUSTOMER)
        ringing = await self.first.event("AgentEvent_Ringing", after=before)
        assert (await self.first.do("PUT", "voicecall", "answer"))["retcode"] == "0"
        await self.first.event("AgentEvent_Talking", after=before)
        assert (await self.second.do("POST", "onlineagent", "sayfree"))["retcode"] == "0"
        return call, ringing["content"]["callid"]

    async def ok(self, operation: str, body: dict[str, Any] | None = None, *, method: str = "POST") -> Any:
        """An operation of the first agent that succeeds; its result."""
        answer = await self.first.do(method, "voicecall", operation, body)
        assert answer["retcode"] == "0", (operation, answer)
        return answer["result"]

    async def helper_answers(self) -> None:
        """The second agent takes what rings."""
        before = max(0, len(self.second.events) - 1)
        await self.second.event("AgentEvent_Ringing", after=before)
        assert (await self.second.do("PUT", "voicecall", "answer"))["retcode"] == "0"
        await self.second.event("AgentEvent_Talking", after=before)


@pytest.fixture
async def floor(system: RunningSystem, trunk_port: int) -> AsyncIterator[Floor]:
    lines = [await phone_line(system) for _ in range(3)]
    trunk = PhoneLine(system.sip, port=trunk_port)
    outside: list[PhoneCall] = []
    trunk.frequency_of = lambda _: OUTSIDE
    trunk.on_call = outside.append
    await trunk.open()
    agents = (DemoAgent(system, lines[1], workno=105), DemoAgent(system, lines[2], workno=106))
    for agent, frequency in zip(agents, (FIRST, SECOND), strict=True):
        agent.line.frequency_of = lambda _, frequency=frequency: frequency
        agent.line.on_call = agent.calls.append
        await agent.sign_in()
    yield Floor(system, lines[0], agents[0], agents[1], outside)
    for agent in agents:
        await agent.close()
    for line in (*lines, trunk):
        await line.close()


def tones(call: PhoneCall) -> set[float]:
    """Which parties are heard loud and clear; one in between fails."""
    found = {frequency: strength(call.heard, frequency, last_s=0.6) for frequency in TONES}
    assert all(value > LOUD or value < SILENT for value in found.values()), found
    return {frequency for frequency, value in found.items() if value > LOUD}


async def hears(expected: Callable[[], list[tuple[PhoneCall, set[float]]]], *, wait_s: float = 6.0) -> None:
    """Until every call hears just these tones; what it hears at last when that does not happen."""
    until = asyncio.get_running_loop().time() + wait_s
    while True:
        await asyncio.sleep(0.3)
        pairs = expected()
        try:
            found = [(tones(call), wanted) for call, wanted in pairs]
        except AssertionError:
            if asyncio.get_running_loop().time() > until:
                raise
            continue
        if all(heard == wanted for heard, wanted in found):
            return
        assert asyncio.get_running_loop().time() < until, found


async def test_consult_then_three_parties_then_the_agent_leaves(floor: Floor) -> None:
    call, callid = await floor.answered()
    dialog = call.line.user_agent.snapshot(call.leg)
    assert dialog is not None
    assert (await floor.first.do("GET", "calldata", f"getNetCallId/{callid}"))["result"] == dialog.call_id
    consult = await floor.ok("innerhelp", {"dstaddress": "106", "devicetype": "2", "mode": "1"})
    await floor.helper_answers()
    own, helper = floor.first.calls[-1], floor.second.calls[-1]
    await hears(lambda: [(own, {SECOND}), (helper, {FIRST}), (call, set())])
    await floor.ok("confjoin", {"callid": callid})
    await floor.first.event("AgentEvent_Conference")
    await hears(lambda: [(own, {SECOND, CUSTOMER}), (helper, {FIRST, CUSTOMER}), (call, {FIRST, SECOND})])
    before = len(floor.first.events)
    await floor.ok("release", method="DELETE")
    await floor.first.event("AgentState_Ready", after=before)
    await hears(lambda: [(helper, {CUSTOMER}), (call, {SECOND})])
    call.hang_up()
    row = await floor.system.cdr(callid)
    assert (row["agent"], row["disposition"]) == ("106", "answered")
    assert (await floor.system.cdr(consult))["disposition"] == "joined"


async def test_a_consult_is_dropped_and_the_customer_is_back(floor: Floor) -> None:
    call, callid = await floor.answered()
    consult = await floor.ok("innerhelp", {"dstaddress": "106"})
    await floor.helper_answers()
    own = floor.first.calls[-1]
    await hears(lambda: [(own, {SECOND}), (call, set())])
    await floor.ok(f"dropcall/{consult}")
    await hears(lambda: [(own, {CUSTOMER}), (call, {FIRST})])
    assert len(floor.first.calls) == 1, "one phone call of the agent served both"
    call.hang_up()
    await floor.system.cdr(callid)


async def test_announced_transfer_to_a_number(floor: Floor) -> None:
    call, callid = await floor.answered()
    await floor.ok("transfer", {"devicetype": 5, "mode": 3, "address": "15550101"})
    await floor.first.event("AgentEvent_Conference")
    own = floor.first.calls[-1]
    await hears(lambda: [(own, {OUTSIDE}), (floor.outside[-1], {FIRST}), (call, set())])
    await floor.ok("release", method="DELETE")
    await hears(lambda: [(floor.outside[-1], {CUSTOMER}), (call, {OUTSIDE})])
    call.hang_up()
    row = await floor.system.cdr(callid)
    assert [segment["device"] for segment in row["segments"]][-1] == "number"


async def test_three_party_transfer_is_taken_back(floor: Floor) -> None:
    call, callid = await floor.answered()
    await floor.ok("transfer", {"devicetype": 5, "mode": 4, "address": "15550101"})
    await floor.first.event("AgentEvent_Conference")
    own = floor.first.calls[-1]
    await hears(lambda: [(own, {OUTSIDE, CUSTOMER}), (floor.outside[-1], {FIRST, CUSTOMER}), (call, {OUTSIDE, FIRST})])
    await floor.ok("canceltransfer")
    await hears(lambda: [(own, {CUSTOMER}), (call, {FIRST})])
    call.hang_up()
    await floor.system.cdr(callid)


async def test_released_transfer_to_a_number_and_success_transfer_to_an_agent(floor: Floor) -> None:
    call, callid = await floor.answered()
    await floor.ok("transfer", {"devicetype": 5, "mode": 1, "address": "15550101"})
    await hears(lambda: [(one, {CUSTOMER}) for one in floor.outside[-1:]] + [(call, {OUTSIDE})])
    call.hang_up()
    await floor.system.cdr(callid)
    call, callid = await floor.answered()
    await floor.ok("transfer", {"devicetype": 2, "mode": 2, "address": "106"})
    await floor.helper_answers()
    result = await floor.first.event("AgentEvent_SuccTransResult")
    assert result["content"] == {"callId": callid, "result": 0}
    await hears(lambda: [(floor.second.calls[-1], {CUSTOMER}), (call, {SECOND})])
    call.hang_up()
    await floor.system.cdr(callid)


async def test_held_and_second_customer_are_connected(floor: Floor) -> None:
    call, callid = await floor.answered()
    await floor.ok("hold")
    second = await floor.ok("callout", {"called": "15550101"}, method="PUT")
    await hears(lambda: [(floor.first.calls[-1], {OUTSIDE})] if floor.outside else [(call, {OUTSIDE})])
    await floor.ok(f"connecthold/{callid}")
    await floor.first.event("AgentState_Ready", after=len(floor.first.events) - 2)
    await hears(lambda: [(floor.outside[-1], {CUSTOMER}), (call, {OUTSIDE})])
    call.hang_up()
    await floor.system.cdr(callid)
    assert (await floor.system.cdr(second))["disposition"] == "joined"


async def test_a_phone_that_stays_off_hook_serves_one_call_after_another(floor: Floor) -> None:
    """The second caller's leg is as likely as not at the other media worker."""
    agent = floor.first
    agent.release_phone, agent.has_own_phone = False, True  # its phone is registered already
    await agent.close()
    agent.calls.clear()
    await agent.sign_in()
    lines = [await phone_line(floor.system) for _ in range(2)]
    for line in lines:
        assert (await floor.second.do("POST", "onlineagent", "saybusy?reason=200"))["retcode"] in ("0", "100-009")
        before = len(agent.events)
        call = await line.call("1001", frequency=CUSTOMER)
        ringing = await agent.event("AgentEvent_Ringing", after=before)
        assert (await agent.do("PUT", "voicecall", "answer"))["retcode"] == "0"
        await hears(lambda call=call: [(agent.calls[-1], {CUSTOMER}), (call, {FIRST})])  # type: ignore[misc]
        call.hang_up()
        await agent.event("AgentState_Ready", after=before)
        await floor.system.cdr(ringing["content"]["callid"])
    assert len(agent.calls) == 1, "the phone was called once"
    before = len(agent.events)
    await floor.ok("releasephone", method="DELETE")
    await agent.event("AgentOther_PhoneRelease", after=before)
    for line in lines:
        await line.close()


async def test_both_sides_hear_the_work_number(floor: Floor) -> None:
    call, callid = await floor.answered()
    own = floor.first.calls[-1]
    await hears(lambda: [(own, {CUSTOMER}), (call, {FIRST})])
    assert max(rest(own, CUSTOMER), rest(call, FIRST)) < 0.05
    await floor.ok("reportsound")
    async with asyncio.timeout(10):
        while min(rest(own, CUSTOMER), rest(call, FIRST)) < 0.2:
            await asyncio.sleep(0.1)
    call.hang_up()
    await floor.system.cdr(callid)


def rest(call: PhoneCall, frequency: float) -> float:
    """How much of the last half second is something else than this tone: 0 = nothing."""
    sound = to_16_bit(decode(np.frombuffer(bytes(call.heard[-4000:]), np.uint8), "PCMU")).astype(float)
    turns = np.exp(-2j * np.pi * frequency * np.arange(len(sound)) / 8000)
    tone = 2 * abs((sound * turns).mean())
    return float(np.sqrt(max(0.0, (sound**2).mean() - tone**2 / 2)) / 8000)
