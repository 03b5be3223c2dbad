"""Legs that come and go leave nothing behind, although the worker collects no garbage while it works."""

from __future__ import annotations

import gc
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from fakes.media_phone import EngineRig, Phone
from fakes.webrtc_peer import WebRtcPeer
from opencec.workers.media.leg import Leg
from opencec.workers.media.receive import Reception
from opencec.workers.protocol import (
    CloseLeg,
    Collect,
    Collected,
    IceState,
    LegOpened,
    OpenLeg,
    Play,
    Played,
    Record,
    RecordingClosed,
    ToneSource,
)
from opencec.workers.rtp.webrtc.dtls import DtlsHandshake
from opencec.workers.rtp.webrtc.session import WebRtcTransport

pytestmark = pytest.mark.unit

PORTS = (34_000, 34_399)
PER_ROUND = 20
MEGABYTE = 1024 * 1024


@pytest.fixture
def rig() -> Iterator[EngineRig]:
    with EngineRig.running(PORTS) as running:
        yield running


@pytest.fixture
def no_collection() -> Iterator[None]:
    """As the worker runs: only reference counts free memory."""
    gc.collect()
    gc.disable()
    yield
    gc.enable()


def alive(*kinds: type) -> list[object]:
    """Objects of these kinds, reachable or not."""
    return [one for one in gc.get_objects() if type(one) in kinds]


def left_behind(before: list[object], *kinds: type) -> list[object]:
    """Objects of these kinds that were not there before (what earlier tests still hold may go meanwhile)."""
    known = {id(one) for one in before}
    return [one for one in alive(*kinds) if id(one) not in known]


def descriptors() -> int:
    return len(os.listdir("/proc/self/fd"))


def resident() -> int:
    """Bytes of memory that the process occupies."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def talk_and_close(rig: EngineRig, phones: list[Phone], number: int, folder: Path) -> None:
    """Twenty legs in ten calls, one of them recorded, plays that end or loop, collections; then all of them close."""
    legs = [f"{number}-{k}" for k in range(PER_ROUND)]
    for k, leg in enumerate(legs):
        rig.open(leg, phones[k], mix=f"{number}-{k // 2}")
        rig.do(Collect(id=f"k{leg}", leg=leg, collect=leg, barge_play=leg))
    for k in range(0, PER_ROUND, 2):
        rig.join_all(f"{number}-{k // 2}", legs[k], legs[k + 1])
    path = str(folder / f"{number}.wav")
    rig.do(Record(id=f"r{number}", recording=path, path=path, left=legs[0], right=legs[1]))
    before = len(rig.replies)
    for k, leg in enumerate(legs):
        play = Play(id=f"p{leg}", leg=leg, play=leg, sources=(ToneSource(name="beep"),), loop=k % 2 == 0)
        rig.engine.commands.execute(play, rig.replies.append)
    rig.wait_until(lambda: len(rig.replies) == before + PER_ROUND)
    rig.run(4)
    for leg in legs:
        rig.do(CloseLeg(id=f"c{leg}", leg=leg))
    rig.wait_for(RecordingClosed)
    assert len(rig.events(Played)) == len(rig.events(Collected)) == PER_ROUND
    rig.acknowledge_all()
    rig.replies.clear()
    for phone in phones:
        phone.heard.clear()


@pytest.mark.usefixtures("no_collection")
def test_two_thousand_legs_leave_no_object_and_no_descriptor_behind(rig: EngineRig, tmp_path: Path) -> None:
    phones = [Phone(ssrc=1 + k) for k in range(PER_ROUND)]
    others = alive(Leg, Reception)
    sizes = []
    for number in range(100):
        talk_and_close(rig, phones, number, tmp_path)
        if number == 20:
            open_files, sizes = descriptors(), [resident()]
    sizes.append(resident())
    # Threads beside the audio may hold the last legs for a moment.
    rig.wait_until(lambda: not left_behind(others, Leg, Reception))
    assert descriptors() == open_files
    # What may grow: the last 10,000 replies, that a repeated command is answered from.
    assert sizes[1] - sizes[0] < 12 * MEGABYTE


@pytest.mark.usefixtures("no_collection")
def test_browser_legs_leave_nothing_behind_whether_they_connected_or_not(rig: EngineRig) -> None:
    open_files = 0
    others = alive(Leg, Reception, WebRtcTransport, DtlsHandshake)
    for number in range(40):
        peer = WebRtcPeer()
        leg = f"w{number}"
        opened = rig.do(OpenLeg(id=f"o{leg}", leg=leg, mix=leg, **peer.description)).result  # type: ignore[arg-type]
        assert isinstance(opened, LegOpened)
        peer.meet(opened)
        if number % 4:
            peer.check()
            peer.shake_hands()
            rig.wait_for(IceState)
            rig.run(2)
        rig.do(CloseLeg(id=f"c{leg}", leg=leg))
        rig.acknowledge_all()
        peer.close()
        del peer
        if number == 3:
            open_files = descriptors()
    assert descriptors() == open_files
    assert left_behind(others, Leg, Reception, WebRtcTransport, DtlsHandshake) == []
