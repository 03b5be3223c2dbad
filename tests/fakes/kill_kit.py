"""For tests that kill processes of a running system: kills by role, waits for the next one, listens for gaps."""

from __future__ import annotations

import asyncio
import os
import signal
import sqlite3
import struct
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any

import httpx
import msgspec
import numpy as np

from fakes.running_system import DemoAgent, RunningSystem, phone_line, strength
from opencec.app.demo.softphone import PhoneCall, PhoneLine
from opencec.app.supervisor_status import NotRunning, read_status
from opencec.core.events import ContactArrived, ContactEnded
from opencec.services.flow_facts import ContactForgotten, RunEnded, RunSaved, TreatmentEnded, TreatmentSaved
from opencec.services.journal_entries import CoreOutcome, JournalEntry, ServiceFact, decode_entry
from opencec.sip.sdp_negotiation import LocalAudio

CUSTOMER, AGENT = 1000.0, 600.0
PATIENCE_S = 30.0
FRAME_S = 0.02
_flow_fact = msgspec.msgpack.Decoder(RunSaved | RunEnded | TreatmentSaved | TreatmentEnded | ContactForgotten)


def processes(system: RunningSystem, role: str) -> list[dict[str, Any]]:
    """Rows of `opencec status` of one role, without the price of a Python start."""
    found = read_status(Path(system.environment["OPENCEC_DATA_DIR"]))
    return [row for row in found["processes"] if row["role"] == role]


def kill(system: RunningSystem, role: str, *, index: int = 0) -> int:
    """`kill -9` of one process; its id."""
    pid = int(processes(system, role)[index]["pid"])
    os.kill(pid, signal.SIGKILL)
    return pid


async def await_next(system: RunningSystem, role: str, old: int) -> None:
    """Until another process of the role is ready in place of `old`."""
    async with asyncio.timeout(PATIENCE_S):
        while True:
            try:
                rows = await asyncio.to_thread(processes, system, role)
            except NotRunning:
                rows = []
            if rows and all(row["state"] == "ready" and row["pid"] not in (old, None) for row in rows):
                return
            await asyncio.sleep(0.02)


async def kill_control(system: RunningSystem) -> float:
    """Kill control and wait until the next one serves; seconds that took."""
    old = await asyncio.to_thread(kill, system, "control")
    began = time.monotonic()
    await await_next(system, "control", old)
    return time.monotonic() - began


def journal(system: RunningSystem) -> list[JournalEntry]:
    """The journal as it is on disk; the demo tenant is the only one."""
    path = Path(system.environment["OPENCEC_DATA_DIR"]) / "journal.db"
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as connection:
        rows = connection.execute("SELECT body FROM entries ORDER BY key").fetchall()
    return [decode_entry(body) for (body,) in rows]


def facts_of_flows(system: RunningSystem) -> list[object]:
    """What flows and queue treatments have journaled."""
    entries = journal(system)
    bodies = [entry.body for entry in entries if isinstance(entry, ServiceFact) and entry.service == "flows"]
    return [_flow_fact.decode(body) for body in bodies]


async def newest_call(system: RunningSystem) -> str:
    """Call id of the newest contact, once there is one that has not ended."""
    async with asyncio.timeout(10):
        while True:
            entries = await asyncio.to_thread(journal, system)
            events = [event for entry in entries if isinstance(entry, CoreOutcome) for event in entry.events]
            ended = {event.contact for event in events if isinstance(event, ContactEnded)}
            live = [event.contact for event in events if isinstance(event, ContactArrived)]
            if live and live[-1] not in ended:
                return live[-1]
            await asyncio.sleep(0.05)


async def live_figures(system: RunningSystem) -> tuple[int | None, int | None]:
    """Signed-in agents and live calls."""
    found = await asyncio.to_thread(read_status, Path(system.environment["OPENCEC_DATA_DIR"]))
    return found["signed_in_agents"], found["live_calls"]


async def worker_of(system: RunningSystem) -> int:
    """Which media worker (by its place in the status) holds the legs of the only call."""
    found = await asyncio.to_thread(read_status, Path(system.environment["OPENCEC_DATA_DIR"]))
    (name,) = [worker["name"] for worker in found["media"] if worker["legs"]]
    names = [row["name"] for row in found["processes"] if row["role"] == "media"]
    return names.index(name)


async def worker_legs(system: RunningSystem) -> int:
    """Legs that the media workers hold, as control is told by them."""
    found = await asyncio.to_thread(read_status, Path(system.environment["OPENCEC_DATA_DIR"]))
    return sum(worker["legs"] for worker in found.get("media", []))


@dataclass
class Ear:
    """Listens to a call from now on: what came, when, and whether anything is missing."""

    call: PhoneCall
    speaker: PhoneCall
    """Whom it hears: a phone of this process, which sends late itself when the machine is busy."""
    sent: list[float] = field(default_factory=list)
    """When the speaker sent, s."""
    packets: list[tuple[float, int, int]] = field(default_factory=list)
    """When it came (s), sequence number, RTP timestamp."""
    sound: bytearray = field(default_factory=bytearray)

    def __post_init__(self) -> None:
        before, send = self.call.heard_packet, self.speaker._packet

        def sending(kind: int, payload: bytes, **fields: Any) -> None:
            self.sent.append(time.monotonic())
            send(kind, payload, **fields)

        self.speaker._packet = sending  # type: ignore[method-assign]

        def heard(data: bytes) -> None:
            if len(data) >= 12 and data[1] & 0x7F in (0, 8):
                sequence, stamp = struct.unpack_from("!HI", data, 2)
                self.packets.append((time.monotonic(), sequence, stamp))
                self.sound += data[12:]
            before(data)

        self.call.heard_packet = heard  # type: ignore[method-assign]

    def lost_frames(self) -> int:
        """Sequence numbers that never came, but for those of a new stream."""
        numbers = [sequence for _, sequence, _ in self.packets]
        steps = [(b - a) & 0xFFFF for a, b in pairwise(numbers)]
        return sum(step - 1 for step in steps if 1 < step < 1000)

    def longest_gap_s(self) -> float:
        """Between two packets as this process saw them; on a busy machine that is more than what was on the wire."""
        return max((b - a for a, b in pairwise(at for at, _, _ in self.packets)), default=0.0)

    def late_ms(self) -> int:
        """Windows that may be silent because the speaker was late: the worker holds no more than 40 ms of it."""
        gaps = [b - a for a, b in pairwise(self.sent) if b - a > 0.04]
        return sum(200 + int(gap * 1000) for gap in gaps)

    def silent_ms(self, frequency: float) -> int:
        """How much of what was heard, in windows of 100 ms, is without the tone."""
        windows = [bytes(self.sound[at : at + 800]) for at in range(0, len(self.sound) - 799, 800)]
        return 100 * sum(strength(window, frequency, last_s=0.1) < 0.5 for window in windows)

    def assert_whole(self, frequency: float) -> None:
        """Not one frame is missing, none is silent, and they came as fast as time went."""
        assert self.lost_frames() == 0
        assert self.silent_ms(frequency) <= self.late_ms()
        times = [at for at, _, _ in self.packets]
        expected = (times[-1] - times[0]) / FRAME_S
        assert abs(len(times) - expected) < 25, f"{len(times)} packets in {times[-1] - times[0]:.2f} s"


def lift(call: PhoneCall) -> None:
    """Answer a phone that rings (`line.answers` said no)."""
    dialog = call.line.user_agent.snapshot(call.leg)
    assert dialog is not None
    assert dialog.remote_sdp is not None
    assert call._transport is not None
    port = call._transport.get_extra_info("sockname")[1]
    call.line.answer(call, dialog.remote_sdp, LocalAudio(host=call.line.host, port=port, codecs=("PCMU",)))


@asynccontextmanager
async def at_work(system: RunningSystem, workno: int = 101, **settings: Any) -> AsyncIterator[DemoAgent]:
    """A line with one signed-in agent; both end with the block."""
    line = await phone_line(system)
    agent = DemoAgent(system, line, workno=workno, frequency=AGENT, **settings)
    line.frequency_of = lambda _: AGENT
    line.on_call = agent.calls.append
    try:
        yield await agent.sign_in()
    finally:
        await agent.close()
        await sign_off(line, agent.phone)
        await line.close()


async def sign_off(line: PhoneLine, phone: str) -> None:
    """Take the phone's registration back: an account holds a few contacts only."""
    gone = line.registered[phone] = asyncio.get_running_loop().create_future()
    line.user_agent.unregister(phone, now=line.now())
    line.wire.flush()
    await asyncio.wait([gone], timeout=5)


async def talk(line: PhoneLine, agent: DemoAgent, number: str = "1001") -> tuple[PhoneCall, str]:
    """A customer and the agent talk; the customer's call and the call id."""
    before = len(agent.events)
    call = await line.call(number, frequency=CUSTOMER)
    ringing = await agent.event("AgentEvent_Ringing", after=before)
    assert (await agent.do("PUT", "voicecall", "answer"))["retcode"] == "0"
    await agent.event("AgentEvent_Talking", after=before)
    await heard(call, AGENT)
    await heard(agent.calls[-1], CUSTOMER)
    return call, str(ringing["content"]["callid"])


async def heard(call: PhoneCall, frequency: float) -> None:
    """Until the call hears this tone."""
    async with asyncio.timeout(10):
        while strength(call.heard, frequency, last_s=0.2) < 0.8:
            await asyncio.sleep(0.02)


async def heard_other(call: PhoneCall, frequency: float) -> None:
    """Until the call hears something, and it is not this tone."""
    async with asyncio.timeout(10):
        while strength(call.heard, frequency, last_s=0.5) > 0.1 or loudness(call.heard) < 0.001:
            await asyncio.sleep(0.02)


def loudness(mu_law: bytes | bytearray, *, last_s: float = 0.5) -> float:
    """Share of the last sound that is not digital silence."""
    codes = np.frombuffer(bytes(mu_law[-int(8000 * last_s) :]), np.uint8)
    return float(np.mean((codes & 0x7F) < 0x7C)) if len(codes) else 0.0


async def talk_at_once(agent: DemoAgent, number: str = "1001") -> tuple[PhoneCall, str]:
    """As `talk`, with an agent whose calls are answered by themselves."""
    before = len(agent.events)
    call = await agent.line.call(number, frequency=CUSTOMER)
    talking = await agent.event("AgentEvent_Talking", after=before)
    await heard(call, AGENT)
    return call, str(talking["content"]["callid"])


async def first_answer(agent: DemoAgent) -> float:
    """Ask with the GUID until it is honoured; seconds that took."""
    began = time.monotonic()
    async with asyncio.timeout(PATIENCE_S):
        while True:
            try:
                if (await agent.do("GET", "onlineagent", "agentstatus"))["retcode"] == "0":
                    return time.monotonic() - began
            except (httpx.HTTPError, AssertionError):
                await asyncio.sleep(0.02)


async def settled(system: RunningSystem) -> None:
    """Until no call lives and no worker holds a leg."""
    async with asyncio.timeout(PATIENCE_S):
        while True:
            try:
                if (await live_figures(system))[1] == 0 and await worker_legs(system) == 0:
                    return
            except NotRunning:
                pass
            await asyncio.sleep(0.1)


async def await_cdr(system: RunningSystem, callid: str) -> dict[str, Any]:
    """The one CDR of a contact."""
    return await system.cdr(callid, wait_s=PATIENCE_S)
