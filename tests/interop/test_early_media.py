"""Early media of a flow (Ring before Answer): a caller of sipp hears prompts in a 183, and leaves in every way."""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import AsyncIterator
from importlib import resources
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from fakes.running_system import RunningSystem
from fakes.sipp import HAS_SIPP, Sipp, cdr_of_caller, new_caller
from fakes.tenant_flows import chain, media_legs, put_flow
from opencec.workers.media.g711 import decode

pytestmark = [
    pytest.mark.interop,
    pytest.mark.skipif(not HAS_SIPP, reason="sipp is not installed (Debian package sip-tester)"),
]

LONG, SHORT = "1801", "1802"
"""Access codes: a Ring of half a minute; a Ring of one prompt, then Answer and another prompt."""


class Ear(asyncio.DatagramProtocol):
    """Keeps the mu-law of the RTP packets that come, in their order."""

    def __init__(self) -> None:
        self._packets: dict[int, bytes] = {}

    def datagram_received(self, data: bytes, address: tuple[str, int]) -> None:
        if data[1] & 0x7F == 0:
            self._packets[int.from_bytes(data[2:4], "big")] = data[12:]

    @property
    def heard(self) -> bytes:
        """All of it. (The calls here are too short for the numbers to go round more than once.)"""
        numbers = sorted(self._packets)
        if numbers and numbers[-1] - numbers[0] > 0x8000:
            numbers.sort(key=lambda number: (number + 0x8000) & 0xFFFF)
        return b"".join(self._packets[number] for number in numbers)


@pytest.fixture
async def ear() -> AsyncIterator[tuple[Ear, str]]:
    """What hears the caller's audio, and its port."""
    transport, protocol = await asyncio.get_running_loop().create_datagram_endpoint(Ear, local_addr=("127.0.0.1", 0))
    yield protocol, str(transport.get_extra_info("sockname")[1])
    transport.close()


@pytest.fixture
async def flows(system: RunningSystem) -> None:
    """Both flows, in the demo tenant."""
    greeting = {"prompts": [voice("welcome"), *[voice("menu")] * 8]}
    await put_flow(system, LONG, chain(("ring", greeting)))
    short, after = {"prompts": [voice("connecting")]}, {"prompts": [voice("goodbye"), voice("menu")]}
    await put_flow(system, SHORT, chain(("ring", short), ("answer", {}), ("playback", after)))


def voice(name: str) -> dict[str, Any]:
    return {"type": "voice", "name": name}


def likeness(heard: bytes, prompt: str, *, seconds: float = 1.0) -> float:
    """The best correlation of the first second of a prompt with any part of what was heard: 1 = the very samples."""
    sound = resources.files("opencec.app.demo").joinpath("prompts", "en_US", f"{prompt}.wav").read_bytes()
    body = sound[sound.index(b"data") + 8 :]
    wanted, got = _samples(body[: int(8000 * seconds)]), _samples(heard)
    if len(got) < len(wanted):
        return 0.0
    size = len(got) + len(wanted)
    products = np.fft.irfft(np.fft.rfft(got, size) * np.conj(np.fft.rfft(wanted, size)), size)
    products = products[: len(got) - len(wanted) + 1]
    energy = np.concatenate(([0.0], np.cumsum(got**2)))
    energy = energy[len(wanted) :] - energy[: -len(wanted)]
    return float((products / np.sqrt(np.maximum(energy, 1.0) * (wanted**2).sum())).max())


def _samples(mu_law: bytes) -> np.ndarray:
    codes = np.frombuffer(mu_law[: len(mu_law) // 2 * 2], np.uint8)
    return decode(codes, "PCMU").astype(float)


async def settled(system: RunningSystem, legs: int) -> None:
    """Wait until no call and no leg more than `legs` is left."""
    until = time.monotonic() + 5
    while True:
        left = await asyncio.to_thread(media_legs, system), (await asyncio.to_thread(system.status))["live_calls"]
        if left == (legs, 0):
            return
        assert time.monotonic() < until, f"(media legs, calls) that are left: {left}"
        await asyncio.sleep(0.1)


@pytest.mark.parametrize(("leaving", "seconds"), [("cancelled", 2.0), ("bye", 1.0), ("expires", 1.5)])
async def test_a_caller_leaves_in_early_media(
    system: RunningSystem, tmp_path: Path, ear: tuple[Ear, str], flows: None, leaving: str, seconds: float
) -> None:
    caller, legs = new_caller(), await asyncio.to_thread(media_legs, system)
    sipp = await Sipp(system, tmp_path).start(
        f"early_media_{leaving}", "-key", "heard_at", ear[1], service=LONG, caller=caller
    )
    messages = await sipp.finish()
    assert "SIP/2.0 200 OK" not in messages.partition("INVITE sip:")[2].partition("SIP/2.0 183")[0]
    assert len(ear[0].heard) > 8000 * seconds
    assert likeness(ear[0].heard, "welcome") > 0.95
    assert likeness(ear[0].heard, "goodbye") < 0.5
    row = await cdr_of_caller(system, caller)
    assert (row["called"], row["disposition"], row["answer"], row["recording"]) == (LONG, "flow_only", None, None)
    await settled(system, legs)


async def test_early_media_goes_over_into_the_answered_call(
    system: RunningSystem, tmp_path: Path, ear: tuple[Ear, str], flows: None
) -> None:
    caller, legs = new_caller(), await asyncio.to_thread(media_legs, system)
    sipp = await Sipp(system, tmp_path).start(
        "early_media_answered", "-key", "heard_at", ear[1], service=SHORT, caller=caller
    )
    messages = await sipp.finish()
    finals = [part for part in messages.split("SIP/2.0 ") if part.startswith(("183", "200")) and "1 INVITE" in part]
    tags = {found[1] for part in finals if (found := re.search(r"^To:.*tag=(\S+)", part, re.M))}
    ports = {found[1] for part in finals if (found := re.search(r"^m=audio (\d+)", part, re.M))}
    assert (len(finals) >= 2, len(tags), len(ports)) == (True, 1, 1), "not one dialog with one description"
    heard = ear[0].heard
    assert likeness(heard, "connecting") > 0.95
    assert likeness(heard, "goodbye") > 0.95
    row = await cdr_of_caller(system, caller)
    assert (row["called"], row["disposition"]) == (SHORT, "flow_only")
    await settled(system, legs)
