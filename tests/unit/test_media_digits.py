"""Digits at the media engine: telephone events, in-band tones and INFO; collections and their times; sending."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from fakes.media_phone import EngineRig, Phone, pair, presence, write_prompt
from opencec.workers.media import g711, tones
from opencec.workers.protocol import (
    CloseLeg,
    Collect,
    Collected,
    Digit,
    DigitPressed,
    Play,
    Played,
    PromptSource,
    Quality,
    SendDigits,
    Stats,
    StopCollect,
)

pytestmark = pytest.mark.unit


@pytest.fixture
def rig() -> Iterator[EngineRig]:
    with EngineRig.running((31_500, 31_599)) as running:
        yield running


@pytest.fixture
def prompt(tmp_path: Path) -> str:
    """A second of 1,500 Hz as 16-bit PCM."""
    return write_prompt(tmp_path / "prompt.wav")


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
