"""The worker's clock and load: sleeping without legs, many streams that begin at once."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from fakes.media_phone import EngineRig, Phone, presence
from opencec.workers.media.engine import PHASES
from opencec.workers.protocol import CloseLeg, MediaTimeout, Record

pytestmark = pytest.mark.unit


@pytest.fixture
def rig() -> Iterator[EngineRig]:
    with EngineRig.running((34_400, 34_799)) as running:
        yield running


def test_a_worker_with_a_leg_or_a_recording_does_not_rest(rig: EngineRig, tmp_path: object) -> None:
    assert rig.engine.is_idle
    rig.open("a", Phone())
    assert not rig.engine.is_idle
    rig.do(Record(id="r", recording="r", path=f"{tmp_path}/r.wav", left="a", right="later"))
    rig.do(CloseLeg(id="c", leg="a"))  # the recording ends with its last leg
    assert rig.engine.is_idle
    rig.do(Record(id="s", recording="s", path=f"{tmp_path}/s.wav", left="x", right="y"))
    assert not rig.engine.is_idle


def test_a_leg_after_an_hour_of_rest_begins_in_the_present(rig: EngineRig) -> None:
    rig.tick = 180_000
    rig.engine.rest(rig.tick * PHASES)
    a, b = Phone(hertz=400, ssrc=1), Phone(hertz=700, ssrc=2)
    rig.open("a", a)
    rig.open("b", b)
    rig.join_all("m", "a", "b")
    rig.run(60)
    assert rig.events(MediaTimeout) == []
    assert presence(b.samples(), 400) > 0.98
    assert rig.engine.status.lag_ms == 0


def test_streams_that_begin_at_once_are_taken_in_turns_and_all_are_heard(rig: EngineRig) -> None:
    phones = [Phone(hertz=440, ssrc=1 + k) for k in range(180)]
    for k, phone in enumerate(phones):
        rig.open(f"{k}", phone, mix=f"m{k // 2}")
    for k in range(0, len(phones), 2):
        rig.join_all(f"m{k // 2}", f"{k}", f"{k + 1}")
    legs = rig.engine.registry.legs.values()
    begun = []
    for _ in range(4):
        rig.run(1)
        begun.append(sum(leg.reception.gate.has_stream for leg in legs))
    assert begun[0] < len(phones)
    assert begun == sorted(begun)
    assert begun[-1] == len(phones)
    rig.run(30)
    assert all(presence(phone.samples(), 440) > 0.98 for phone in phones)
    assert sum(leg.counters.late + leg.counters.lost for leg in legs) == 0
