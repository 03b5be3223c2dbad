"""Legs of one call on two media workers: internal pairs, proven by tones, restarts of control and kills."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, suppress
from itertools import count
from pathlib import Path

import pytest

from fakes.media_phone import Phone, channels, presence
from opencec.adapters.media_worker import MediaPool
from opencec.workers.protocol import (
    CloseLeg,
    Event,
    Hello,
    LegOpened,
    Mix,
    OpenLeg,
    Quality,
    Record,
    RecordingClosed,
    Stats,
    StopRecord,
)

pytestmark = pytest.mark.interop

_ids = count(1)


def new_id() -> str:
    return f"t{next(_ids)}"


class Listener:
    """A control's services."""

    def __init__(self) -> None:
        self.events: list[Event] = []
        self.hellos: list[Hello] = []
        self.lost: set[str] = set()

    def on_media_event(self, event: Event) -> None:
        self.events.append(event)

    def on_worker(self, hello: Hello) -> None:
        self.hellos.append(hello)

    def on_lost(self, legs: frozenset[str]) -> None:
        self.lost |= legs


class Workers:
    """Two worker processes, started once for the module's tests; the tests clean up their legs."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.paths = [(f"media-{k}", str(directory / f"{k}.sock")) for k in (0, 1)]
        self.processes: list[asyncio.subprocess.Process] = []

    async def start(self) -> None:
        for k, (name, path) in enumerate(self.paths):
            arguments = (
                "--name",
                name,
                "--listen",
                f"unix:{path}",
                "--rtp-ports",
                f"{35_000 + k * 200}-{35_199 + k * 200}",
            )
            process = await asyncio.create_subprocess_exec(
                sys.executable, "-m", "opencec.workers.media", *arguments, stderr=asyncio.subprocess.DEVNULL
            )
            self.processes.append(process)
        async with asyncio.timeout(20):
            while not all(os.path.exists(path) for _, path in self.paths):  # noqa: ASYNC240 - local, at once
                await asyncio.sleep(0.02)

    async def stop(self) -> None:
        for process in self.processes:
            with suppress(ProcessLookupError):
                process.send_signal(signal.SIGKILL)
            await process.wait()

    @asynccontextmanager
    async def control(self) -> AsyncIterator[tuple[MediaPool, Listener]]:
        """A control process's life."""
        pool, listener = MediaPool(self.paths), Listener()
        pool.listen(listener)
        running = asyncio.create_task(pool.run())
        try:
            assert await pool.wait_connected(10)
            yield pool, listener
        finally:
            running.cancel()
            with suppress(asyncio.CancelledError):
                await running


@pytest.fixture
async def workers(tmp_path: Path) -> AsyncIterator[Workers]:
    both = Workers(tmp_path)
    await both.start()
    yield both
    await both.stop()


@pytest.fixture
def phones() -> Iterator[dict[str, Phone]]:
    """Customer 400 Hz, agent 700 Hz, inspector 1,100 Hz."""
    three = {name: Phone(hertz=hertz, ssrc=hertz) for name, hertz in TONES.items()}
    yield three
    for phone in three.values():
        phone.close()


TONES = {"customer": 400, "agent": 700, "inspector": 1100}


async def open_leg(pool: MediaPool, leg: str, phone: Phone, *, mix: str) -> None:
    reply = await pool.send(
        OpenLeg(id=new_id(), leg=leg, mix=mix, remote=phone.address, signalling_host="127.0.0.1", media_timeout_ms=0)
    )
    assert isinstance(reply.result, LegOpened)
    phone.target = (reply.result.host, reply.result.port)


async def talk(phones: dict[str, Phone], seconds: float) -> None:
    """Send in real time, a packet of each phone every 20 ms, and take what comes."""
    start = time.monotonic()
    for turn in range(int(seconds * 50)):
        for phone in phones.values():
            phone.send()
        await asyncio.sleep(max(0.0, start + (turn + 1) * 0.02 - time.monotonic()))
        for phone in phones.values():
            phone.listen()


def heard(phone: Phone, *, last: int = 20) -> set[str]:
    """Whose tones a phone hears."""
    samples = phone.samples(last=last)
    return {name for name, hertz in TONES.items() if presence(samples, hertz) > 0.2}


async def open_on_two_workers(pool: MediaPool, phones: dict[str, Phone]) -> None:
    """The customer at one worker, agent and inspector (phones that are always off hook) at the other."""
    await open_leg(pool, "customer", phones["customer"], mix="call")
    await open_leg(pool, "agent", phones["agent"], mix="desk")
    await open_leg(pool, "inspector", phones["inspector"], mix="desk")
    await pool.send(Mix(id=new_id(), mix="desk", revision=1, gains={}))


def everybody(*legs: str) -> dict[str, dict[str, float]]:
    return {a: {b: 1.0 for b in legs if b != a} for a in legs}


async def test_legs_of_two_workers_hear_each_other_with_their_gains(workers: Workers, phones: dict[str, Phone]) -> None:
    async with workers.control() as (pool, listener):
        await open_on_two_workers(pool, phones)
        await pool.send(Mix(id=new_id(), mix="call", revision=1, gains=everybody("customer", "agent")))
        await talk(phones, 1.2)
        assert heard(phones["customer"]) == {"agent"}
        assert heard(phones["agent"]) == {"customer"}
        assert not phones["inspector"].samples(last=20).any()
        whisper = {**everybody("customer", "agent"), "inspector": {"customer": 1.0, "agent": 1.0}}
        whisper["agent"] = {"customer": 1.0, "inspector": 1.0}
        await pool.send(Mix(id=new_id(), mix="call", revision=2, gains=whisper))
        await talk(phones, 1.2)
        assert heard(phones["customer"]) == {"agent"}
        assert heard(phones["agent"]) == {"customer", "inspector"}
        assert heard(phones["inspector"]) == {"customer", "agent"}
        quality = (await pool.send(Stats(id=new_id(), leg="agent"))).result
        assert isinstance(quality, Quality)
        assert quality.packets_lost == 0
        await pool.send(Mix(id=new_id(), mix="call", revision=3, gains={"customer": {"agent": 1.0}}))
        await talk(phones, 0.8)
        assert heard(phones["customer"]) == {"agent"}
        assert not phones["agent"].samples(last=10).any()
        assert not phones["inspector"].samples(last=10).any()
        for leg in TONES:
            await pool.send(CloseLeg(id=new_id(), leg=leg))
        async with asyncio.timeout(5):
            while any(status.legs for status in (await pool.status()).values()):
                await asyncio.sleep(0.05)
        assert {getattr(event, "leg", "") for event in listener.events} <= set(TONES)


async def test_recording_hears_a_leg_of_another_worker(
    workers: Workers, phones: dict[str, Phone], tmp_path: Path
) -> None:
    path = tmp_path / "r.wav"
    async with workers.control() as (pool, listener):
        await open_on_two_workers(pool, phones)
        await pool.send(Record(id=new_id(), recording="r", path=str(path), left="customer", right="agent"))
        await pool.send(Mix(id=new_id(), mix="call", revision=1, gains=everybody("customer", "agent")))
        await talk(phones, 1.5)
        await pool.send(StopRecord(id=new_id(), recording="r"))
        async with asyncio.timeout(5):
            while not any(isinstance(event, RecordingClosed) for event in listener.events):
                await asyncio.sleep(0.02)
    left, right = channels(path)
    assert presence(left[-4000:], 400) > 0.95
    assert presence(right[-4000:], 700) > 0.95


async def test_pair_survives_the_restart_of_control(workers: Workers, phones: dict[str, Phone]) -> None:
    async with workers.control() as (pool, _):
        await open_on_two_workers(pool, phones)
        await pool.send(Mix(id=new_id(), mix="call", revision=1, gains=everybody("customer", "agent")))
        await talk(phones, 0.8)
    await talk(phones, 0.4)
    assert heard(phones["customer"]) == {"agent"}
    async with workers.control() as (pool, listener):
        assert {state.leg for hello in listener.hellos for state in hello.legs} == set(TONES)
        await talk(phones, 0.6)
        assert heard(phones["customer"]) == {"agent"}
        assert heard(phones["agent"]) == {"customer"}
        await pool.send(CloseLeg(id=new_id(), leg="agent"))
        async with asyncio.timeout(5):
            while sum(status.legs for status in (await pool.status()).values()) != 2:
                await asyncio.sleep(0.05)


async def test_death_of_the_other_worker_ends_the_pair_and_a_new_leg_is_tied_again(
    workers: Workers, phones: dict[str, Phone]
) -> None:
    async with workers.control() as (pool, listener):
        await open_on_two_workers(pool, phones)
        await pool.send(Mix(id=new_id(), mix="call", revision=1, gains=everybody("customer", "inspector")))
        await talk(phones, 0.8)
        assert heard(phones["customer"]) == {"inspector"}
        workers.processes[1].kill()
        await workers.processes[1].wait()
        async with asyncio.timeout(5):
            while (
                listener.lost != {"agent", "inspector"}
                or sum(status.legs for status in (await pool.status()).values()) != 1
            ):
                await asyncio.sleep(0.05)
        phones["customer"].heard.clear()
        await open_leg(pool, "agent", phones["agent"], mix="call")
        await pool.send(Mix(id=new_id(), mix="call", revision=2, gains=everybody("customer", "agent")))
        await talk({name: phones[name] for name in ("customer", "agent")}, 0.8)
        assert heard(phones["customer"]) == {"agent"}


async def test_two_foreign_legs_go_on_talking_when_the_last_leg_of_their_mix_has_gone(
    workers: Workers, phones: dict[str, Phone]
) -> None:
    async with workers.control() as (pool, _):
        await open_on_two_workers(pool, phones)
        await pool.send(Mix(id=new_id(), mix="call", revision=1, gains=everybody(*TONES)))
        await talk(phones, 0.8)
        assert heard(phones["inspector"]) == {"customer", "agent"}
        await pool.send(Mix(id=new_id(), mix="call", revision=2, gains=everybody("agent", "inspector")))
        await pool.send(CloseLeg(id=new_id(), leg="customer"))
        await talk({name: phones[name] for name in ("agent", "inspector")}, 1.0)
        assert heard(phones["agent"]) == {"inspector"}
        assert heard(phones["inspector"]) == {"agent"}
        statuses = await pool.status()
        assert sorted(status.legs for status in statuses.values()) == [0, 2]
