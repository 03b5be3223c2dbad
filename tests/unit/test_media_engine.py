"""The media engine over real loopback sockets on a clock turned by hand: who hears whom, plays, digits, recordings."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from fakes.media_phone import EngineRig, Phone, presence
from opencec.workers.media import g711, tones
from opencec.workers.media.prompts import read_wav
from opencec.workers.protocol import (
    CloseLeg,
    ClosePort,
    Collect,
    Collected,
    Digit,
    DigitPressed,
    FirstPacket,
    LegOpened,
    MediaTimeout,
    OpenLeg,
    Play,
    Played,
    PromptSource,
    Quality,
    Record,
    RecordingClosed,
    Recover,
    SendDigits,
    SilenceSource,
    Stats,
    StopCollect,
    StopPlay,
    StopRecord,
    ToneSource,
    UpdateLeg,
    WorkerStatus,
)
from opencec.workers.rtp.packet import Packet, build

pytestmark = pytest.mark.unit


@pytest.fixture
def rig() -> Iterator[EngineRig]:
    with EngineRig.running((31_000, 31_399)) as running:
        yield running


@pytest.fixture
def prompt(tmp_path: Path) -> str:
    """A second of 1,500 Hz as 16-bit PCM."""
    samples = (np.sin(2 * np.pi * 1500 * np.arange(8000) / 8000) * 12000).astype("<i2").tobytes()
    path = tmp_path / "prompt.wav"
    head = b"fmt " + struct.pack("<IHHIIHH", 16, 1, 1, 8000, 16000, 2, 16) + b"data" + struct.pack("<I", len(samples))
    path.write_bytes(b"RIFF" + struct.pack("<I", 4 + len(head) + len(samples)) + b"WAVE" + head + samples)
    return str(path)


def pair(rig: EngineRig, *, codecs: tuple[g711.Codec, g711.Codec] = ("PCMU", "PCMU")) -> tuple[Phone, Phone]:
    a, b = Phone(hertz=400, codec=codecs[0], ssrc=1), Phone(hertz=700, codec=codecs[1], ssrc=2)
    rig.open("a", a)
    rig.open("b", b)
    rig.join_all("m", "a", "b")
    return a, b


# --- mixing -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("codecs", [("PCMU", "PCMU"), ("PCMA", "PCMA"), ("PCMU", "PCMA")], ids=["mu-mu", "a-a", "mu-a"])
def test_two_parties_hear_each_other_and_not_themselves(rig: EngineRig, codecs: tuple[g711.Codec, g711.Codec]) -> None:
    a, b = pair(rig, codecs=codecs)
    rig.run(60)
    assert presence(a.samples(), 700) > 0.98
    assert presence(a.samples(), 400) < 0.001
    assert presence(b.samples(), 400) > 0.98
    assert presence(b.samples(), 700) < 0.001
    assert len(a.heard) == 60
    sequences = [p.sequence for p in a.heard]
    assert sequences == list(range(sequences[0], sequences[0] + 60))
    assert {(y.timestamp - x.timestamp) & 0xFFFFFFFF for x, y in zip(a.heard, a.heard[1:], strict=False)} == {160}
    assert [p.marker for p in a.heard] == [True] + [False] * 59


def test_three_parties_hear_both_others(rig: EngineRig) -> None:
    phones = [Phone(hertz=hertz, ssrc=hertz) for hertz in (400, 700, 1100)]
    for name, phone in zip("abc", phones, strict=True):
        rig.open(name, phone)
    rig.join_all("m", "a", "b", "c")
    rig.run(60)
    for phone, own in zip(phones, (400, 700, 1100), strict=True):
        for hertz in (400, 700, 1100):
            share = presence(phone.samples(), hertz)
            assert share < 0.001 if hertz == own else 0.45 < share < 0.55


def test_listener_is_not_heard_and_gain_zero_is_silence(rig: EngineRig) -> None:
    phones = [Phone(hertz=hertz, ssrc=hertz) for hertz in (400, 700, 1100)]
    for name, phone in zip("abc", phones, strict=True):
        rig.open(name, phone)
    rig.join("m", {"a": {"b": 1.0}, "b": {"a": 0.0}, "c": {"a": 1.0, "b": 0.5}})
    rig.run(60)
    assert presence(phones[0].samples(), 700) > 0.98
    assert not phones[1].samples().any()
    assert presence(phones[2].samples(), 400) == pytest.approx(0.8, abs=0.02)  # powers 1 : 0.25


def test_newest_revision_of_a_mix_wins(rig: EngineRig) -> None:
    a, _ = pair(rig)
    rig.join("m", {}, revision=5)
    rig.join_all("m", "a", "b", revision=4)
    rig.run(60)
    assert not a.samples().any()


def test_mix_described_before_its_legs_applies_when_they_come(rig: EngineRig) -> None:
    rig.join_all("m", "a", "b")
    a, b = Phone(hertz=400, ssrc=1), Phone(hertz=700, ssrc=2)
    rig.open("a", a)
    rig.open("b", b)
    rig.run(60)
    assert presence(a.samples(), 700) > 0.98


def test_leg_moves_to_another_mix_and_leaves_the_former(rig: EngineRig) -> None:
    a, b = pair(rig)
    c, d = Phone(hertz=1100, ssrc=3), Phone(hertz=1900, ssrc=4)
    rig.open("c", c, mix="other")
    rig.open("d", d, mix="other")
    rig.run(30)
    rig.join_all("other", "b", "c")
    rig.run(60)
    assert presence(b.samples(), 1100) > 0.98
    assert presence(c.samples(), 700) > 0.98
    assert not a.samples().any()
    assert not d.samples().any()


def test_calls_do_not_hear_each_other_with_many_legs_and_growth(rig: EngineRig) -> None:
    phones = []
    for k in range(150):
        phone = Phone(hertz=400 + 20 * k, ssrc=k + 1)
        phones.append(phone)
        rig.open(f"leg{k}", phone, mix=f"m{k // 2}", rtcp_mux=True)
    for k in range(0, 150, 2):
        rig.join_all(f"m{k // 2}", f"leg{k}", f"leg{k + 1}")
    rig.run(40)
    for k, phone in enumerate(phones):
        assert presence(phone.samples(), 400 + 20 * (k ^ 1)) > 0.9


def test_held_far_end_is_silent_and_gets_nothing(rig: EngineRig) -> None:
    a, b = pair(rig)
    rig.run(30)
    update = UpdateLeg(id="u", leg="a", revision=1, remote=a.address, direction="inactive")
    assert rig.do(update).ok
    a.listen()
    a.heard.clear()
    rig.run(30)
    assert a.heard == []
    assert not b.samples(last=20).any()
    assert rig.do(UpdateLeg(id="u2", leg="a", revision=2, remote=a.address)).ok
    rig.run(40)
    assert presence(a.samples(last=20), 700) > 0.98
    assert presence(b.samples(last=20), 400) > 0.98
    assert a.heard[0].marker


def test_other_packet_times_are_received_and_sent(rig: EngineRig) -> None:
    a, b = Phone(hertz=400, ssrc=1), Phone(hertz=700, ssrc=2)
    rig.open("a", a, ptime=30)
    rig.open("b", b)
    rig.join_all("m", "a", "b")
    stock = b""

    def send(turn: int) -> None:
        nonlocal stock
        b.send()
        stock += a.next_payload()
        while len(stock) >= 240:
            a.send(a.packet(stock[:240]))
            stock = stock[240:]

    rig.run(90, send)
    assert presence(b.samples(last=30), 400) > 0.98
    assert {len(p.payload) for p in a.heard} == {240}
    assert len(a.heard) == 60
    assert presence(a.samples(last=20), 700) > 0.98


# --- plays ------------------------------------------------------------------------------------------------------------


def test_prompt_plays_to_one_leg_and_silences_its_background(rig: EngineRig, prompt: str) -> None:
    a, b = pair(rig)
    rig.run(5)
    music = Play(id="1", leg="a", play="music", sources=(ToneSource(name="ringback"),), layer="background", loop=True)
    assert rig.do(music).ok
    assert rig.do(Play(id="2", leg="a", play="welcome", sources=(PromptSource(path=prompt),))).ok
    rig.join("m", {"b": {"a": 1.0}}, revision=2)
    rig.run(45)
    assert presence(a.samples(), 1500) > 0.98
    assert presence(b.samples(), 1500) < 0.001
    rig.run(50)
    assert presence(a.samples(), 440) == pytest.approx(0.5, abs=0.02)
    (played,) = rig.events(Played)
    assert (played.play, played.reason, played.played_ms) == ("welcome", "end", 1000)
    assert rig.do(StopPlay(id="3", leg="a", play="music")).ok
    assert rig.events(Played)[1].reason == "stopped"


def test_play_is_added_to_what_the_mix_gives(rig: EngineRig, prompt: str) -> None:
    a, _ = pair(rig)
    rig.run(10)
    rig.do(Play(id="1", leg="a", play="p", sources=(PromptSource(path=prompt),)))
    rig.run(40)
    assert presence(a.samples(), 700) > 0.3
    assert presence(a.samples(), 1500) > 0.3


def test_sources_follow_each_other_and_start_ms_skips(rig: EngineRig, prompt: str) -> None:
    pair(rig)
    sources = (PromptSource(path=prompt), SilenceSource(duration_ms=200), ToneSource(name="beep"))
    rig.do(Play(id="1", leg="a", play="p", sources=sources, start_ms=500))
    rig.run(80)
    (played,) = rig.events(Played)
    assert played.played_ms == 500 + 200 + 200


def test_new_play_replaces_the_old_one_and_a_running_one_is_not_started_again(rig: EngineRig, prompt: str) -> None:
    pair(rig)
    rig.do(Play(id="1", leg="a", play="p", sources=(PromptSource(path=prompt),)))
    rig.run(10)
    rig.do(Play(id="2", leg="a", play="p", sources=(PromptSource(path=prompt),)))
    rig.do(Play(id="3", leg="a", play="q", sources=(PromptSource(path=prompt),)))
    rig.run(60)
    assert [(e.play, e.reason, e.played_ms) for e in rig.events(Played)] == [
        ("p", "replaced", 200),
        ("q", "end", 1000),
    ]


def test_missing_sound_is_a_bad_source(rig: EngineRig, tmp_path: Path) -> None:
    pair(rig)
    reply = rig.do(Play(id="1", leg="a", play="p", sources=(PromptSource(path=str(tmp_path / "no.wav")),)))
    assert (reply.ok, reply.error) == (False, "bad_source")
    assert rig.events(Played)[0].reason == "error"


def test_stop_overtaking_the_loading_of_a_play_stops_it(rig: EngineRig, prompt: str) -> None:
    a, _ = pair(rig)
    rig.engine.commands.execute(
        Play(id="1", leg="a", play="p", sources=(PromptSource(path=prompt),)), rig.replies.append
    )
    assert rig.do(StopPlay(id="2", leg="a", play="p")).ok
    played = rig.wait_for(Played)
    assert (played.reason, played.played_ms) == ("stopped", 0)
    rig.join("m", {}, revision=9)
    rig.run(20)
    assert not a.samples(last=10).any()


# --- digits -----------------------------------------------------------------------------------------------------------


def press(rig: EngineRig, phone: Phone, code: int, *, frames: int = 5, lose: frozenset[int] = frozenset()) -> None:
    """A phone presses a key: RFC 4733 packets in place of audio, three end packets at the end."""
    start = phone.timestamp

    def send(turn: int) -> None:
        for other in rig.phones:
            if other is not phone:
                other.send()
        is_end = turn == frames - 1
        body = bytes((code, 0x8A if is_end else 0x0A)) + (160 * (turn + 1)).to_bytes(2, "big")
        for copy in range(3 if is_end else 1):
            data = phone.packet(body, payload_type=101, timestamp=start)
            if turn + copy not in lose:
                phone.send(data)
        phone.timestamp = start + 160 * (turn + 1)

    rig.run(frames, send)


def test_telephone_event_is_one_digit_and_silence_for_the_others(rig: EngineRig) -> None:
    a, b = pair(rig)
    rig.run(30)
    press(rig, a, 5)
    rig.run(10)
    (digit,) = rig.events(DigitPressed)
    assert (digit.leg, digit.digit, digit.duration_ms, digit.method) == ("a", "5", 100, "rfc4733")
    rig.run(30)
    assert presence(b.samples(last=20), 400) > 0.98
    quality = rig.do(Stats(id="q", leg="a")).result
    assert isinstance(quality, Quality)
    assert quality.packets_lost == 0


def test_digit_whose_end_packets_were_lost_is_still_one_digit(rig: EngineRig) -> None:
    a, _ = pair(rig)
    rig.run(30)
    press(rig, a, 11, lose=frozenset({4, 5, 6}))
    rig.run(20)
    assert [e.digit for e in rig.events(DigitPressed)] == ["#"]


def test_inband_digit_is_found_on_a_leg_without_telephone_event(rig: EngineRig) -> None:
    a = Phone(hertz=400, ssrc=1)
    rig.open("a", a, dtmf_payload_type=None)
    rig.run(20)
    frames = g711.encode(tones.dtmf("8", duration_ms=100), "PCMU")
    rig.run(5, lambda turn: a.send(a.packet(frames[turn].tobytes())))
    rig.run(10)
    assert [(e.digit, e.method) for e in rig.events(DigitPressed)] == [("8", "inband")]


def test_first_digit_barges_in_and_the_collection_completes(rig: EngineRig, prompt: str) -> None:
    a, _ = pair(rig)
    rig.run(20)
    rig.do(Play(id="1", leg="a", play="menu", sources=(PromptSource(path=prompt),)))
    rig.do(Collect(id="2", leg="a", collect="c", barge_play="menu", max_digits=2))
    press(rig, a, 1)
    rig.run(10)
    assert rig.events(Played)[0].reason == "barged"
    press(rig, a, 2)
    rig.run(10)
    (collected,) = rig.events(Collected)
    assert (collected.digits, collected.reason) == ("12", "complete")


def test_prompt_falls_silent_when_the_key_goes_down(rig: EngineRig, prompt: str) -> None:
    a, _ = pair(rig)
    rig.run(20)
    rig.do(Play(id="1", leg="a", play="menu", sources=(PromptSource(path=prompt),)))
    rig.do(Collect(id="2", leg="a", collect="c", barge_play="menu"))
    press(rig, a, 1, frames=40)  # still held down when the prompt must be gone
    assert rig.events(Played)[0].played_ms < 200


def test_digits_pressed_before_the_collection_count(rig: EngineRig) -> None:
    pair(rig)
    for digit in "123":
        rig.do(Digit(id="", leg="a", digit=digit, duration_ms=90))
    rig.do(Collect(id="2", leg="a", collect="c", max_digits=2))
    rig.do(Collect(id="3", leg="a", collect="d", max_digits=1))
    assert [(e.collect, e.digits) for e in rig.events(Collected)] == [("c", "12"), ("d", "3")]
    rig.do(Digit(id="", leg="a", digit="9"))
    rig.do(Collect(id="4", leg="a", collect="e", max_digits=1, use_buffered=False))
    assert len(rig.events(Collected)) == 2


def test_end_key_ends_and_is_no_digit(rig: EngineRig) -> None:
    pair(rig)
    rig.do(Collect(id="2", leg="a", collect="c", max_digits=8, end_keys="#"))
    for digit in "42#":
        rig.do(Digit(id="", leg="a", digit=digit))
    (collected,) = rig.events(Collected)
    assert (collected.digits, collected.reason, collected.end_key) == ("42", "end_key", "#")


def test_times_of_a_collection(rig: EngineRig, prompt: str) -> None:
    pair(rig)
    rig.do(Play(id="1", leg="a", play="menu", sources=(PromptSource(path=prompt),)))
    rig.do(Collect(id="2", leg="a", collect="c", barge_play="menu", first_digit_ms=500))
    rig.run(70)  # the prompt takes 1,000 ms; the timer starts only then
    assert rig.events(Collected) == []
    rig.run(10)
    assert [(e.collect, e.reason) for e in rig.events(Collected)] == [("c", "no_input")]
    rig.do(Collect(id="3", leg="a", collect="d", max_digits=4, min_digits=3, inter_digit_ms=200))
    rig.do(Digit(id="", leg="a", digit="1"))
    rig.run(11)
    assert [(e.reason, e.digits) for e in rig.events(Collected)][1:] == [("inter_digit", "1")]
    rig.do(Collect(id="4", leg="a", collect="e", max_digits=4, min_digits=1, inter_digit_ms=200))
    rig.do(Digit(id="", leg="a", digit="1"))
    rig.run(11)
    assert [(e.reason, e.digits) for e in rig.events(Collected)][2:] == [("complete", "1")]


def test_collection_is_stopped_by_command_and_by_closing(rig: EngineRig) -> None:
    pair(rig)
    rig.do(Collect(id="1", leg="a", collect="c"))
    rig.do(StopCollect(id="2", leg="a", collect="c"))
    rig.do(Collect(id="3", leg="a", collect="d"))
    rig.do(CloseLeg(id="4", leg="a"))
    assert [(e.collect, e.reason) for e in rig.events(Collected)] == [("c", "stopped"), ("d", "closed")]


def test_digits_are_sent_as_events_with_three_ends(rig: EngineRig) -> None:
    a, _ = pair(rig)
    rig.run(10)
    assert rig.do(SendDigits(id="1", leg="a", digits="5#", duration_ms=100, gap_ms=60)).ok
    a.heard.clear()
    rig.run(30)
    events = [p for p in a.heard if p.payload_type == 101]
    assert [p.payload[0] for p in events] == [5] * 7 + [11] * 7
    assert [bool(p.payload[1] & 0x80) for p in events[:7]] == [False] * 4 + [True] * 3
    assert len({p.timestamp for p in events}) == 2
    assert [p.sequence for p in a.heard] == list(range(a.heard[0].sequence, a.heard[0].sequence + len(a.heard)))
    assert rig.do(SendDigits(id="2", leg="a", digits="xyz")).error == "bad_request"


def test_digits_are_sent_as_tones_to_a_peer_without_events(rig: EngineRig) -> None:
    a = Phone(ssrc=1)
    rig.open("a", a, dtmf_payload_type=None)
    rig.do(SendDigits(id="1", leg="a", digits="7", duration_ms=200))
    rig.run(9)
    assert presence(a.samples(last=6), 852) > 0.3
    assert presence(a.samples(last=6), 1209) > 0.5


# --- recordings -------------------------------------------------------------------------------------------------------


def channels(path: str | Path) -> tuple[np.ndarray[tuple[int], np.dtype[np.int16]], ...]:
    data = Path(path).read_bytes()
    assert data[:4] == b"RIFF"
    assert struct.unpack_from("<HHI", data, 20) == (7, 2, 8000)
    assert int.from_bytes(data[4:8], "little") == len(data) - 8
    assert int.from_bytes(data[54:58], "little") == len(data) - 58
    both = np.frombuffer(data[58:], np.uint8).reshape(-1, 2)
    return tuple(g711.decode(both[:, side].copy(), "PCMU") for side in (0, 1))


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


# --- latching, spoofing, time-outs, statistics ------------------------------------------------------------------------


def test_strangers_wrong_ssrc_replays_and_garbage_never_reach_a_listener(rig: EngineRig) -> None:
    a, b = pair(rig)
    rig.run(30)
    stranger = Phone(hertz=1900, ssrc=1)
    stranger.target = a.target
    replay = [build(Packet(0, False, a.sequence - k, a.timestamp, 1, stranger.next_payload())) for k in range(2, 8)]

    def send(turn: int) -> None:
        a.send()
        b.send()
        stranger.sequence = a.sequence
        stranger.send()
        a.send(stranger.packet(ssrc=777))
        a.send(replay[turn % 6])
        a.send(b"\x80\x00garbage")
        a.send(bytes(172))
        a.send(stranger.packet(payload_type=96))

    rig.run(60, send)
    assert presence(b.samples(last=50), 1900) < 0.001
    assert presence(b.samples(last=50), 400) > 0.98
    quality = rig.do(Stats(id="q", leg="a")).result
    assert isinstance(quality, Quality)
    assert quality.packets_discarded >= 180
    stranger.close()


def test_strangers_before_the_first_packet_are_not_heard(rig: EngineRig) -> None:
    a, b = Phone(hertz=400, ssrc=1), Phone(hertz=700, ssrc=2)
    rig.open("a", a, signalling_host="192.0.2.1")
    rig.open("b", b)
    rig.join_all("m", "a", "b")
    stranger = Phone(hertz=1900, ssrc=9)
    stranger.target = a.target

    def send(turn: int) -> None:
        b.send()
        stranger.send()
        if turn >= 30:
            a.send()

    rig.run(80, send)
    assert stranger.listen() == []
    assert all(presence(b.samples(last=n), 1900) < 0.001 for n in (40, 80))
    assert presence(b.samples(last=40), 400) > 0.98
    stranger.close()


def test_phone_behind_nat_is_found_and_its_audio_returns_to_it(rig: EngineRig) -> None:
    a, b = Phone(hertz=400, ssrc=1), Phone(hertz=700, ssrc=2)
    private = Phone(ssrc=9)
    rig.open("a", a, remote=private.address)
    rig.open("b", b)
    rig.join_all("m", "a", "b")
    rig.run(40)
    assert presence(a.samples(last=20), 700) > 0.98
    assert presence(b.samples(last=20), 400) > 0.98
    rig.run(130)  # past the three seconds: final
    leg = rig.engine.registry.legs["a"]
    assert leg.is_connected
    assert leg.latch.fixed == a.address
    private.close()


def test_stream_that_restarts_with_another_ssrc_is_followed_after_the_old_one_fell_silent(rig: EngineRig) -> None:
    a, b = pair(rig)
    rig.run(30)
    a.ssrc, a.sequence, a.timestamp = 4242, 7, 99
    rig.run(60)
    assert presence(b.samples(last=20), 400) > 0.98


def test_re_invite_lets_a_new_address_in(rig: EngineRig) -> None:
    a, b = pair(rig)
    rig.run(30)
    moved = Phone(hertz=1100, ssrc=55)
    moved.target = a.target
    rig.phones[0] = moved
    rig.do(UpdateLeg(id="u", leg="a", revision=1, remote=moved.address, signalling_host="127.0.0.1"))
    rig.run(50)
    assert presence(b.samples(last=20), 1100) > 0.98
    assert presence(moved.samples(last=20), 700) > 0.98
    a.close()


def test_media_time_out_is_told_once_and_again_after_packets_came_back(rig: EngineRig) -> None:
    a = Phone(ssrc=1)
    rig.open("a", a, media_timeout_ms=2_000)
    quiet = (lambda turn: None,)
    rig.run(20)
    rig.run(200, *quiet)
    rig.run(50)
    rig.run(200, *quiet)
    assert len(rig.events(MediaTimeout)) == 2
    assert 2_000 <= rig.events(MediaTimeout)[0].silent_ms <= 2_600
    assert len(rig.events(FirstPacket)) == 1


def test_rtcp_is_sent_every_five_seconds_and_read(rig: EngineRig) -> None:
    from opencec.workers.rtp import rtcp

    a = Phone(ssrc=77)
    opened = rig.open("a", a, rtcp_mux=True)
    assert opened.rtcp_port == opened.port
    reports = []

    def send(turn: int) -> None:
        a.send()
        if turn % 100 == 50:
            a.send(rtcp.build_report(ssrc=77, cname="x@y", sender=rtcp.SenderInfo(1 << 40, 0, 1, 160), block=None))

    for _ in range(6):
        rig.run(100, send)
        reports += [p for p in a.heard if p.payload_type == 72]  # 200 without its marker bit
        a.heard.clear()
    assert len(reports) >= 2
    block = rtcp.ReportBlock(opened.ssrc, 0, 4, 0, 16, 0, 0)
    a.send(rtcp.build_report(ssrc=77, cname="x@y", sender=None, block=block))
    rig.run(3)
    quality = rig.do(Stats(id="q", leg="a")).result
    assert isinstance(quality, Quality)
    assert (quality.remote_lost, quality.remote_jitter_ms) == (4, 2.0)
    assert quality.packets_discarded == 0


# --- commands ---------------------------------------------------------------------------------------------------------


def test_repeated_command_is_answered_and_not_executed_again(rig: EngineRig) -> None:
    a = Phone(ssrc=1)
    command = OpenLeg(id="same", leg="a", mix="m", remote=a.address)
    first, second = rig.do(command), rig.do(command)
    assert first == second
    again = rig.do(OpenLeg(id="other", leg="a", mix="m", remote=a.address))
    assert again.result == first.result
    assert len(rig.engine.registry.legs) == 1
    a.close()


def test_unknown_legs(rig: EngineRig) -> None:
    assert rig.do(CloseLeg(id="1", leg="none")).ok
    assert rig.do(Stats(id="2", leg="none")).error == "unknown_leg"
    assert rig.do(SendDigits(id="3", leg="none", digits="1")).error == "unknown_leg"


def test_closing_gives_quality_and_ports_back_and_ends_plays(rig: EngineRig, prompt: str) -> None:
    free = rig.engine.registry._ports.free
    pair(rig)
    rig.run(20)
    rig.do(Play(id="1", leg="a", play="p", sources=(PromptSource(path=prompt),)))
    reply = rig.do(CloseLeg(id="2", leg="a"))
    assert isinstance(reply.result, Quality)
    assert reply.result.packets_received == 19  # one waits in the kernel: the buffer's depth
    rig.do(CloseLeg(id="3", leg="b"))
    assert rig.events(Played)[0].reason == "closed"
    assert rig.engine.registry._ports.free == free
    assert not rig.engine.registry.mixes


def test_no_port_and_wrong_address_are_refused() -> None:
    with EngineRig.running((31_990, 31_993)) as rig:
        for k in range(2):
            assert rig.do(OpenLeg(id=f"o{k}", leg=f"l{k}", mix="m")).ok
        assert rig.do(OpenLeg(id="o3", leg="l3", mix="m")).error == "no_port"
        rig.do(CloseLeg(id="c", leg="l0"))
        assert rig.do(OpenLeg(id="o4", leg="l4", mix="m", local_host="192.0.2.1")).error == "no_port"
        assert isinstance(rig.do(OpenLeg(id="o5", leg="l5", mix="m")).result, LegOpened)


def test_busy_or_draining_worker_refuses_new_legs(rig: EngineRig) -> None:
    pair(rig)
    for _ in range(200):
        rig.engine.load.feed(late_ms=1.0, busy_ms=4.6)
    status = rig.do(Stats(id="s")).result
    assert isinstance(status, WorkerStatus)
    assert (status.legs, status.accepts, status.load) == (2, False, pytest.approx(0.92))
    assert rig.do(OpenLeg(id="o", leg="c", mix="m")).error == "overloaded"
    for _ in range(200):
        rig.engine.load.feed(late_ms=1.0, busy_ms=1.0)
    assert rig.do(OpenLeg(id="o2", leg="c", mix="m")).ok
    rig.do(ClosePort(id="d"))
    assert rig.do(OpenLeg(id="o3", leg="d", mix="m")).error == "overloaded"


def test_wav_reader_refuses_two_channels(tmp_path: Path, rig: EngineRig) -> None:
    pair(rig)
    rig.do(Record(id="1", recording="r", path=str(tmp_path / "1.wav"), left="a", right="b"))
    rig.run(10)
    rig.do(StopRecord(id="2", recording="r"))
    rig.wait_for(RecordingClosed)
    with pytest.raises(ValueError, match="mono"):
        read_wav((tmp_path / "1.wav").read_bytes())
