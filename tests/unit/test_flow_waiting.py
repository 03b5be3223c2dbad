"""The waiting treatment: music once, positions in rhythm, restarts."""

from __future__ import annotations

import msgspec
import pytest

from opencec.flow.orders import PlayPrompts, SpokenValue, ValueKind, VoicePrompt
from opencec.flow.waiting import WaitingSession, WaitingTreatment, resume, start

pytestmark = pytest.mark.unit

NOW = 1_000_000


def position(number: int, language: str = "en_US") -> SpokenValue:
    return SpokenValue(kind=ValueKind.POSITION, value=str(number), language=language)


def test_music_loops_under_the_position_announced_at_once() -> None:
    step = start(WaitingTreatment(), contact="c", language="zh_CN", counter=4, position=3, now=NOW)
    assert step.orders == (
        PlayPrompts(order="c:5", prompts=(VoicePrompt(name="music", language="zh_CN"),), loop=True, layer="background"),
        PlayPrompts(order="c:6", prompts=(position(3, "zh_CN"),)),
    )
    assert step.wake_at == NOW + 30_000


def test_the_position_of_the_moment_is_announced_every_interval() -> None:
    step = start(WaitingTreatment(), contact="c", language="en_US", counter=0, position=3, now=NOW)
    early = resume(step.session, position=2, now=NOW + 29_999)
    assert early.orders == ()
    assert early.session == step.session
    step = resume(step.session, position=2, now=NOW + 30_040)
    assert step.orders == (PlayPrompts(order="c:3", prompts=(position(2),)),)
    assert step.wake_at == NOW + 60_000
    step = resume(step.session, position=1, now=NOW + 60_000)
    assert step.orders == (PlayPrompts(order="c:4", prompts=(position(1),)),)


def test_missed_announcements_are_skipped() -> None:
    step = start(WaitingTreatment(), contact="c", language="en_US", counter=0, position=3, now=NOW)
    step = resume(step.session, position=1, now=NOW + 100_000)
    assert len(step.orders) == 1
    assert step.wake_at == NOW + 120_000


def test_a_restored_session_goes_on() -> None:
    step = start(WaitingTreatment(), contact="c", language="en_US", counter=0, position=3, now=NOW)
    restored = msgspec.msgpack.decode(msgspec.msgpack.encode(step.session), type=WaitingSession)
    assert restored.orders == step.orders
    assert resume(restored, position=2, now=NOW + 30_000) == resume(step.session, position=2, now=NOW + 30_000)


def test_music_and_announcements_can_each_be_left_out() -> None:
    quiet = start(WaitingTreatment(music=""), contact="c", language="en_US", counter=0, position=1, now=NOW)
    assert [order.prompts[0] for order in quiet.orders] == [position(1)]  # type: ignore[union-attr]
    music = start(
        WaitingTreatment(announces_position=False), contact="c", language="en_US", counter=0, position=1, now=NOW
    )
    assert len(music.orders) == 1
    assert music.wake_at is None
    assert resume(music.session, position=1, now=NOW + 10**9).orders == ()
