"""Recordings of the media engine: a voice in each channel, replaced legs, overloads, disks, recovery."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from fakes.media_phone import EngineRig, Phone, channels, pair, presence, tone, write_prompt
from opencec.workers.media import g711
from opencec.workers.protocol import (
    CloseLeg,
    PauseRecord,
    Play,
    PromptSource,
    Record,
    RecordingClosed,
    Recover,
    ResumeRecord,
    StopRecord,
)

pytestmark = pytest.mark.unit


@pytest.fixture
def rig() -> Iterator[EngineRig]:
    with EngineRig.running((31_600, 31_699)) as running:
        yield running


@pytest.fixture
def prompt(tmp_path: Path) -> str:
    """A second of 1,500 Hz as 16-bit PCM."""
    return write_prompt(tmp_path / "prompt.wav")


def test_recording_holds_each_voice_in_its_channel_and_no_prompt(rig: EngineRig, prompt: str, tmp_path: Path) -> None:
    pair(rig, codecs=("PCMU", "PCMA"))
    rig.run(30)
    path = str(tmp_path / "r" / "1.wav")
    assert rig.do(Record(id="1", recording="r1", path=path, left="a", right="b")).ok
    rig.do(Play(id="2", leg="a", play="p", sources=(PromptSource(path=prompt),)))
    rig.run(130)
    assert rig.do(StopRecord(id="3", recording="r1")).ok
    closed = rig.wait_for(RecordingClosed)
    assert (closed.path, closed.duration_ms, closed.reason) == (path, 2600, "stopped")
    assert closed.bytes == Path(path).stat().st_size
    left, right = channels(path)
    assert len(left) == 130 * 160
    assert presence(left, 400) > 0.98
    assert presence(right, 700) > 0.98
    assert not Path(path + ".part").exists()


def test_recording_goes_on_when_a_leg_is_replaced_and_a_gap_is_silence(rig: EngineRig, tmp_path: Path) -> None:
    a, b = pair(rig)
    rig.run(20)
    path = str(tmp_path / "1.wav")
    rig.do(Record(id="1", recording="r1", path=path, left="a", right="b"))
    rig.run(60)
    rig.do(CloseLeg(id="2", leg="b"))
    rig.phones.remove(b)
    rig.run(40)
    c = Phone(hertz=1100, ssrc=3)
    rig.open("c", c)
    rig.do(Record(id="3", recording="r1", path=path, left="a", right="c"))
    rig.run(60)
    rig.do(CloseLeg(id="4", leg="a"))
    rig.phones.remove(a)
    rig.do(CloseLeg(id="5", leg="c"))
    closed = rig.wait_for(RecordingClosed)
    assert closed.reason == "leg_closed"
    assert closed.duration_ms == 160 * 20
    left, right = channels(path)
    assert presence(left, 400) > 0.98
    assert presence(right[: 60 * 160], 700) > 0.98
    assert not right[60 * 160 : 100 * 160].any()
    assert presence(right[110 * 160 :], 1100) > 0.98
    b.close()
    a.close()


def test_recording_without_its_right_leg_yet(rig: EngineRig, tmp_path: Path) -> None:
    a = Phone(hertz=400, ssrc=1)
    rig.open("a", a)
    rig.run(20)
    rig.do(Record(id="1", recording="r", path=str(tmp_path / "1.wav"), left="a"))
    rig.run(20)
    rig.do(StopRecord(id="2", recording="r"))
    rig.wait_for(RecordingClosed)
    left, right = channels(tmp_path / "1.wav")
    assert presence(left, 400) > 0.98
    assert not right.any()


def test_ticks_that_an_overload_skipped_are_silence_in_the_recording(rig: EngineRig, tmp_path: Path) -> None:
    pair(rig)
    rig.run(20)
    rig.do(Record(id="1", recording="r", path=str(tmp_path / "1.wav"), left="a", right="b"))
    rig.run(20)
    rig.tick += 100
    rig.run(20)
    rig.do(StopRecord(id="2", recording="r"))
    closed = rig.wait_for(RecordingClosed)
    assert closed.duration_ms == 140 * 20
    left, _ = channels(tmp_path / "1.wav")
    assert presence(left[: 20 * 160], 400) > 0.98
    assert not left[25 * 160 : 115 * 160].any()
    assert presence(left[-15 * 160 :], 400) > 0.98


def test_recording_never_overwrites_a_file(rig: EngineRig, tmp_path: Path) -> None:
    pair(rig)
    (tmp_path / "1.wav").write_bytes(b"precious")
    reply = rig.do(Record(id="1", recording="r", path=str(tmp_path / "1.wav"), left="a", right="b"))
    assert (reply.ok, reply.error) == (False, "bad_request")


def test_disk_that_refuses_ends_the_recording_with_its_reason(rig: EngineRig, tmp_path: Path) -> None:
    pair(rig)
    (tmp_path / "file").write_bytes(b"")
    rig.do(Record(id="1", recording="r", path=str(tmp_path / "file" / "1.wav"), left="a", right="b"))
    closed = rig.wait_for(RecordingClosed)
    assert (closed.recording, closed.reason) == ("r", "disk")
    assert rig.engine.recorder.states == ()
    rig.run(60)


def test_part_of_a_killed_worker_is_recovered(rig: EngineRig, tmp_path: Path) -> None:
    path = tmp_path / "1.wav"
    (tmp_path / "1.wav.part").write_bytes(bytes(58) + b"\xff" * 32_001)
    rig.do(Recover(id="1", recording="r", path=str(path)))
    closed = rig.wait_for(RecordingClosed)
    assert (closed.reason, closed.duration_ms, closed.bytes) == ("recovered", 2000, 32_058)
    channels(path)


def test_paused_recording_holds_silence_of_the_same_length(rig: EngineRig, tmp_path: Path) -> None:
    pair(rig)
    rig.run(30)
    path = str(tmp_path / "1.wav")
    rig.do(Record(id="1", recording="r1", path=path, left="a", right="b"))
    rig.run(40)
    assert rig.do(PauseRecord(id="2", recording="r1")).ok
    assert rig.do(PauseRecord(id="2b", recording="r1")).ok
    rig.run(30)
    assert rig.engine.hello(pid=1).recordings[0].paused
    rig.do(Record(id="3", recording="r1", path=path, left="a", right="b"))  # repeated: it stays paused
    rig.run(30)
    assert rig.do(ResumeRecord(id="4", recording="r1")).ok
    rig.run(40)
    rig.do(StopRecord(id="5", recording="r1"))
    closed = rig.wait_for(RecordingClosed)
    assert closed.duration_ms == 140 * 20
    left, right = channels(path)
    assert not left[40 * 160 : 100 * 160].any()
    assert not right[40 * 160 : 100 * 160].any()
    for part in (slice(0, 40 * 160), slice(100 * 160, None)):
        assert presence(left[part], 400) > 0.98
        assert presence(right[part], 700) > 0.98
    assert rig.do(ResumeRecord(id="6", recording="r1")).error == "unknown_recording"


def test_recording_that_goes_on_at_another_worker_stays_paused_and_keeps_its_time(
    rig: EngineRig, tmp_path: Path
) -> None:
    path = tmp_path / "1.wav"
    said = g711.encode(tone(400, seconds=1.0), "PCMU").reshape(-1)
    (tmp_path / "1.wav.part").write_bytes(bytes(58) + np.stack([said, said], axis=1).tobytes())
    pair(rig)
    rig.run(30)
    rig.do(Record(id="1", recording="r1", path=str(path), left="a", right="b", paused=True))
    rig.run(50)
    rig.do(Record(id="2", recording="r1", path=str(path), left="a", right="b", paused=False))
    rig.run(50)
    rig.do(StopRecord(id="3", recording="r1"))
    closed = rig.wait_for(RecordingClosed)
    left, right = channels(path)
    assert closed.duration_ms == len(left) // 8
    assert presence(left[: 50 * 160], 400) > 0.98
    assert not left[50 * 160 : -50 * 160].any()  # the outage and the pause
    assert len(left) >= 150 * 160
    assert presence(left[-50 * 160 :], 400) > 0.98
    assert presence(right[-50 * 160 :], 700) > 0.98
