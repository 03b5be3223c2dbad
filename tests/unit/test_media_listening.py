"""Listening to legs at the media engine: taps, voice activity, who answered, loudness."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from fakes.media_phone import EngineRig, Phone, pair, presence, tone
from opencec.workers.media import g711
from opencec.workers.protocol import (
    AnswerClass,
    CloseLeg,
    Detect,
    Quality,
    Stats,
    StopDetect,
    StopTap,
    Tap,
    TapClosed,
    UpdateLeg,
    Voice,
)

pytestmark = pytest.mark.unit


@pytest.fixture
def rig() -> Iterator[EngineRig]:
    with EngineRig.running((31_800, 31_899)) as running:
        yield running


@pytest.fixture
def reader(tmp_path: Path) -> Iterator[socket.socket]:
    """A program that waits for taps on `tap.sock`."""
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    listener.bind(str(tmp_path / "tap.sock"))
    listener.listen(4)
    listener.settimeout(2)
    yield listener
    listener.close()


def speech(seconds: float, *, hertz: float = 140.0) -> NDArray[np.int16]:
    """(frames, 160) int16: a buzz with many harmonics and a gliding pitch, syllables of 180 ms, stops of 60 ms."""
    at = np.arange(int(seconds * 50) * 160) / 8000.0
    pitch = hertz * (1.0 + 0.15 * np.sin(2 * np.pi * 1.3 * at))
    angle = 2 * np.pi * np.cumsum(pitch) / 8000.0
    wave = sum(np.sin(k * angle) / (1 + abs(k - 5)) for k in range(1, 20))
    syllables = (at % 0.24) < 0.18
    return np.rint(900.0 * np.asarray(wave) * syllables).astype(np.int16).reshape(-1, 160)


def hush(seconds: float) -> NDArray[np.int16]:
    """Line noise of about -66 dBov."""
    return np.random.default_rng(1).integers(-6, 7, (int(seconds * 50), 160)).astype(np.int16)


def say(rig: EngineRig, phone: Phone, *parts: NDArray[np.int16]) -> None:
    """The phone sends these samples; the others their tones."""
    frames = g711.encode(np.concatenate(parts), phone.codec)

    def send(turn: int) -> None:
        for other in rig.phones:
            other.send(other.packet(frames[turn].tobytes()) if other is phone else None)

    rig.run(len(frames), send)


# --- taps -------------------------------------------------------------------------------------------------------------


def test_tap_gives_what_the_leg_says_as_linear_samples(rig: EngineRig, reader: socket.socket, tmp_path: Path) -> None:
    pair(rig, codecs=("PCMA", "PCMU"))
    rig.run(20)
    tap = Tap(id="1", leg="a", tap="t", path=str(tmp_path / "tap.sock"))
    assert rig.do(tap).ok
    assert rig.do(Tap(id="2", leg="a", tap="t", path=str(tmp_path / "tap.sock"))).ok  # one connection only
    connection, _ = reader.accept()
    assert rig.engine.hello(pid=1).legs[0].taps == ("t",)
    rig.run(50)
    rig.do(UpdateLeg(id="3", leg="a", revision=1, remote=rig.phones[0].address, codec="PCMA", payload_type=8))
    rig.do(StopTap(id="4", leg="a", tap="t"))
    data = b"".join(iter(lambda: connection.recv(65_536), b""))
    head, _, samples = data.partition(b"\n")
    assert json.loads(head) == {"tap": "t", "leg": "a", "rate": 8000, "at_ms": 1_000_400}
    assert len(samples) == 50 * 320
    wave = np.frombuffer(samples, "<i2")
    assert presence(wave, 400) > 0.98
    assert 11_000 < np.abs(wave).max() < 13_000  # 3,000 of 14 bits
    (closed,) = rig.events(TapClosed)
    assert (closed.reason, closed.sent_ms) == ("stopped", 1000)
    connection.close()


def test_slow_reader_is_dropped_and_never_waited_for(rig: EngineRig, reader: socket.socket, tmp_path: Path) -> None:
    a, b = pair(rig)
    rig.run(20)
    rig.do(Tap(id="1", leg="a", tap="t", path=str(tmp_path / "tap.sock")))
    connection, _ = reader.accept()
    rig.run(1000)
    (closed,) = rig.events(TapClosed)
    assert closed.reason == "slow"
    assert 4_000 < closed.sent_ms < 15_000
    assert presence(b.samples(), 400) > 0.98
    assert presence(a.samples(), 700) > 0.98
    connection.close()


def test_reader_that_leaves_and_leg_that_closes_end_the_tap(
    rig: EngineRig, reader: socket.socket, tmp_path: Path
) -> None:
    pair(rig)
    path = str(tmp_path / "tap.sock")
    for leg in "ab":
        rig.do(Tap(id=f"1{leg}", leg=leg, tap=f"t{leg}", path=path))
    first, _ = reader.accept()
    second, _ = reader.accept()
    first.close()
    rig.run(3)
    rig.do(CloseLeg(id="2", leg="b"))
    assert [(e.tap, e.reason) for e in rig.events(TapClosed)] == [("ta", "gone"), ("tb", "closed")]
    second.close()
    reply = rig.do(Tap(id="3", leg="a", tap="x", path=str(tmp_path / "nobody.sock")))
    assert (reply.ok, reply.error) == (False, "no_reader")


def test_ticks_that_an_overload_skipped_are_silence_in_the_tap(
    rig: EngineRig, reader: socket.socket, tmp_path: Path
) -> None:
    pair(rig)
    rig.run(20)
    rig.do(Tap(id="1", leg="a", tap="t", path=str(tmp_path / "tap.sock")))
    connection, _ = reader.accept()
    rig.run(10)
    rig.tick += 30
    rig.run(10)
    rig.do(StopTap(id="2", leg="a", tap="t"))
    samples = b"".join(iter(lambda: connection.recv(65_536), b"")).partition(b"\n")[2]
    assert len(samples) == 50 * 320
    assert not any(samples[10 * 320 : 40 * 320])
    connection.close()


# --- voice and loudness -----------------------------------------------------------------------------------------------


def test_speech_begins_and_ends_once_each(rig: EngineRig) -> None:
    a, _ = pair(rig)
    say(rig, a, hush(0.4))
    assert rig.do(Detect(id="1", leg="a", detect="d", voice=True)).ok
    say(rig, a, hush(0.6), speech(1.5), hush(1.0), speech(0.8), hush(1.0))
    told = rig.events(Voice)
    assert [e.speaking for e in told] == [True, False, True, False]
    assert 1_300 <= told[1].duration_ms <= 1_560
    assert 600 <= told[3].duration_ms <= 860
    assert -25.0 < told[1].level_dbov < -8.0
    assert rig.engine.hello(pid=1).legs[0].detects == ("d",)
    rig.do(StopDetect(id="2", leg="a", detect="d"))
    say(rig, a, speech(1.0))
    assert len(rig.events(Voice)) == 4
    assert rig.do(Detect(id="3", leg="a", detect="none")).error == "bad_request"


def test_noise_that_goes_on_is_no_speech_for_long(rig: EngineRig) -> None:
    a, _ = pair(rig)
    rig.do(Detect(id="1", leg="a", detect="d", voice=True, limit_ms=20_000))
    noise = np.random.default_rng(2).integers(-120, 120, (900, 160)).astype(np.int16)
    say(rig, a, noise)
    assert [e.speaking for e in rig.events(Voice)][-1:] in ([], [False])
    say(rig, a, hush(3.0))
    assert rig.engine.hello(pid=1).legs[0].detects == ()  # the limit


def test_loudness_is_part_of_the_statistics(rig: EngineRig) -> None:
    pair(rig)
    rig.run(70)
    quality = rig.do(Stats(id="q", leg="a")).result
    assert isinstance(quality, Quality)
    assert quality.level_dbov == pytest.approx(20 * np.log10(3000 / 8031) - 3.01, abs=0.3)


# --- who answered -----------------------------------------------------------------------------------------------------


def answers(rig: EngineRig, *parts: NDArray[np.int16]) -> list[tuple[str, int]]:
    a, _ = pair(rig)
    rig.run(5)
    rig.do(Detect(id="1", leg="a", detect="d", answer=True))
    say(rig, a, *parts)
    return [(e.answer, e.after_ms) for e in rig.events(AnswerClass)]


def test_short_greeting_is_a_person(rig: EngineRig) -> None:
    ((answer, after_ms),) = answers(rig, hush(0.5), speech(0.9), hush(3.0))
    assert answer == "voice"
    assert 2_100 <= after_ms <= 2_600
    assert rig.engine.hello(pid=1).legs[0].detects == ()


def test_long_announcement_is_a_machine_and_its_beep_is_told_when_it_has_ended(rig: EngineRig) -> None:
    beep = tone(1_000, seconds=0.4)
    told = answers(rig, hush(0.3), speech(5.0), hush(0.5), beep, hush(1.0))
    assert [answer for answer, _ in told] == ["machine", "beep"]
    assert 2_400 <= told[0][1] <= 3_000
    assert 6_150 <= told[1][1] <= 6_400


@pytest.mark.parametrize("hertz", [1_100.0, 2_100.0], ids=["CNG", "CED"])
def test_fax_tones(rig: EngineRig, hertz: float) -> None:
    ((answer, after_ms),) = answers(rig, hush(0.8), tone(hertz, seconds=0.5), hush(0.5))
    assert answer == "fax"
    assert after_ms < 1_400


def test_nobody_speaks(rig: EngineRig) -> None:
    assert answers(rig, hush(5.0)) == [("silence", 4_000)]
