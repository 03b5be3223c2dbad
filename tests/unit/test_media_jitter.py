"""Loss, reordering, stalls and pauses on the way to the worker, as written patterns; what the listener then hears.

Every frame carries its number in its payload, which passes a two-party call unchanged, so the listener's packets tell
which frame was played when.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest

from fakes.media_phone import EngineRig, Phone, presence
from opencec.workers.media import g711
from opencec.workers.protocol import Quality, Stats

pytestmark = pytest.mark.unit

CODES = [code for code in range(5, 255) if code != 0x7F][:200]
"""Payload byte of frame number k (modulo 200); the two zeros of mu-law are silence."""


@pytest.fixture
def rig() -> Iterator[EngineRig]:
    with EngineRig.running((32_000, 32_099)) as running:
        yield running


class Line:
    """A sends numbered frames to B by a pattern: per tick the numbers of the frames that arrive in it."""

    def __init__(self, rig: EngineRig) -> None:
        self.rig = rig
        self.a, self.b = Phone(ssrc=1), Phone(ssrc=2)
        rig.open("a", self.a)
        rig.open("b", self.b)
        rig.join_all("m", "a", "b")

    def run(self, pattern: list[list[int]]) -> list[int | None]:
        """Play a pattern; which frame was heard in each tick (None: concealed), silence before the first left out."""

        def send(turn: int) -> None:
            for number in pattern[turn]:
                payload = bytes((CODES[number % 200],)) * 160
                self.a.send(self.a.packet(payload, sequence=1000 + number, timestamp=160 * number))

        self.b.heard.clear()
        self.rig.run(len(pattern), send)
        heard = [self._number(p.payload) for p in self.b.heard]
        first = next((k for k, number in enumerate(heard) if number is not None), len(heard))
        return heard[first:]

    @staticmethod
    def _number(payload: bytes) -> int | None:
        return CODES.index(payload[0]) if len(set(payload)) == 1 and payload[0] in CODES else None

    @property
    def quality(self) -> Quality:
        result = self.rig.do(Stats(id=f"q{self.rig.tick}", leg="a")).result
        assert isinstance(result, Quality)
        return result


def steady(first: int, last: int) -> list[list[int]]:
    return [[number] for number in range(first, last)]


def test_steady_stream_is_played_in_order_one_frame_behind(rig: EngineRig) -> None:
    line = Line(rig)
    assert line.run(steady(0, 60)) == list(range(59))
    assert line.quality.concealed_frames == 0


def test_lost_packet_is_concealed_once_and_nothing_shifts(rig: EngineRig) -> None:
    line = Line(rig)
    pattern = steady(0, 60)
    pattern[20] = []
    heard = line.run(pattern)
    assert heard == [None if number == 20 else number for number in range(59)]
    assert (line.quality.packets_lost, line.quality.concealed_frames) == (1, 1)


def test_five_lost_packets_in_a_row_take_five_frames(rig: EngineRig) -> None:
    line = Line(rig)
    pattern = steady(0, 80)
    for number in range(30, 35):
        pattern[number] = []
    heard = line.run(pattern)
    assert heard == [None if 30 <= number < 35 else number for number in range(79)]
    assert line.quality.packets_lost == 5


def test_overtaken_packet_is_put_back_in_order(rig: EngineRig) -> None:
    line = Line(rig)
    pattern = steady(0, 60)
    pattern[20], pattern[21] = [], [21, 20]
    heard = line.run(pattern)
    assert heard == list(range(59))
    assert line.quality.packets_lost == 0


def test_duplicates_are_played_once(rig: EngineRig) -> None:
    line = Line(rig)
    pattern = [[number, number] if number > 10 else [number] for number in range(60)]
    assert line.run(pattern) == list(range(59))
    assert line.quality.packets_late >= 45


def test_late_packet_is_dropped(rig: EngineRig) -> None:
    line = Line(rig)
    pattern = steady(0, 60)
    pattern[20], pattern[30] = [], [20, 30]
    heard = line.run(pattern)
    assert heard == [None if number == 20 else number for number in range(59)]
    assert line.quality.packets_late == 1


def test_sequence_numbers_wrap(rig: EngineRig) -> None:
    line = Line(rig)
    start = 65_536 - 1000 - 20
    heard = line.run([[start + k] for k in range(60)])
    assert heard == [(start + k) % 200 for k in range(59)]


def test_jitter_of_one_frame_is_absorbed(rig: EngineRig) -> None:
    line = Line(rig)
    pattern = steady(0, 100)
    for number in range(20, 90, 7):
        pattern[number], pattern[number + 1] = [], [number, number + 1]
    assert line.run(pattern) == list(range(99))


def test_after_a_stall_of_200_ms_the_old_delay_is_back_at_once(rig: EngineRig) -> None:
    line = Line(rig)
    pattern = steady(0, 100)
    for number in range(40, 50):
        pattern[number] = []
    pattern[50] = list(range(40, 51))
    heard = line.run(pattern)
    assert heard[:40] == list(range(40))
    tail = heard[55:]
    assert tail == list(range(tail[0] or 0, 99 if len(tail) + (tail[0] or 0) > 98 else 98))
    assert 98 - (heard[-1] or 0) <= 1  # at most three frames behind the sender
    assert line.quality.packets_late >= 7


def test_pause_of_the_sender_is_silence_and_then_the_buffer_fills_again(rig: EngineRig) -> None:
    line = Line(rig)
    pattern = steady(0, 40) + [[]] * 60 + steady(40, 80)
    heard = line.run(pattern)
    spoken = [number for number in heard if number is not None]
    assert spoken == list(range(79))
    assert line.quality.packets_lost == 0
    assert line.quality.concealed_frames <= 6


@pytest.mark.parametrize("seed", range(5))
def test_random_loss_and_reordering_never_plays_out_of_order_or_twice(rig: EngineRig, seed: int) -> None:
    rng = np.random.default_rng(seed)
    line = Line(rig)
    pattern: list[list[int]] = [[] for _ in range(200)]
    for number in range(190):
        if rng.random() > 0.1:
            pattern[number + int(rng.integers(0, 4))].append(number)
    spoken = [number for number in line.run(pattern) if number is not None]
    assert spoken == sorted(set(spoken))
    assert len(spoken) > 120


def test_concealment_continues_the_tone_and_fades(rig: EngineRig) -> None:
    a, b = Phone(hertz=400, ssrc=1), Phone(ssrc=2)
    rig.open("a", a)
    rig.open("b", b)
    rig.join_all("m", "a", "b")
    rig.run(40)
    b.heard.clear()
    rig.run(10, lambda turn: None)
    frames = [g711.decode(np.frombuffer(p.payload, np.uint8).copy(), "PCMU") for p in b.heard]
    level = [float(np.sqrt(np.mean(frame.astype(float) ** 2))) for frame in frames]
    assert presence(frames[2], 400) > 0.9
    assert 0.5 * level[0] < level[2] < level[0]
    assert level[3] < level[2]
    assert level[9] == 0.0
