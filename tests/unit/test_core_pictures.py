"""Pictures in the core: what phones are offered, who sees whom, what a transfer outside does with them."""

from __future__ import annotations

from typing import Any

import pytest

from fakes.core_desk import AGENT, Desk, effects
from opencec.core import commands as c
from opencec.core.commands.calls import TransferTarget
from opencec.core.effects import ArrangeAudio, DialNumber, RingPhone
from opencec.core.errors import CoreError
from opencec.core.tenant import Outcome

pytestmark = pytest.mark.unit

OTHER = 102


@pytest.fixture
def desk() -> Desk:
    made = Desk()
    made.sign_in(AGENT, OTHER, agent_type=11)
    return made


def _up(desk: Desk, contact: str, **options: Any) -> Outcome:
    """The agent calls a number with pictures; both phones have them. What the last of both brought about."""
    rung = desk.do(c.CallOut(agent=AGENT, contact=contact, called="15550101", medium="video", **options))
    assert effects(rung, RingPhone)[0].has_video
    desk.do(c.LegVideo(leg=f"{contact}/1", has_video=True))
    dialled = desk.do(c.LegAnswered(leg=f"{contact}/1"))
    assert effects(dialled, DialNumber)[0].has_video
    desk.do(c.LegAnswered(leg=f"{contact}/2"))
    return desk.do(c.LegVideo(leg=f"{contact}/2", has_video=True))


@pytest.mark.parametrize(
    ("pictures", "sees"),
    [
        ("both", {"o1/1": "o1/2", "o1/2": "o1/1"}),
        ("sees", {"o1/2": "o1/1"}),
        ("shows", {"o1/1": "o1/2"}),
    ],
)
def test_the_customer_sees_or_is_seen_as_the_call_was_made(desk: Desk, pictures: Any, sees: dict[str, str]) -> None:
    (arranged,) = effects(_up(desk, "o1", pictures=pictures), ArrangeAudio)
    assert arranged.sees == sees


@pytest.mark.parametrize(("medium", "has_video"), [("voice", False), ("video", True)])
def test_an_outside_number_is_offered_the_pictures_that_the_transfer_asks_for(
    desk: Desk, medium: Any, has_video: bool
) -> None:
    _up(desk, "o1")
    target = TransferTarget("number", "15550177")
    outcome = desk.do(c.Transfer(agent=AGENT, target=target, mode="success", medium=medium))
    assert [dial.has_video for dial in effects(outcome, DialNumber)] == [has_video]


def test_a_call_of_voice_offers_a_number_no_pictures(desk: Desk) -> None:
    desk.dial()
    target = TransferTarget("number", "15550177")
    outcome = desk.do(c.Transfer(agent=AGENT, target=target, mode="talk", medium="video"))
    assert [dial.has_video for dial in effects(outcome, DialNumber)] == [False]


def test_a_call_with_pictures_is_not_released_outside(desk: Desk) -> None:
    _up(desk, "o1")
    with pytest.raises(CoreError, match="not released"):
        desk.do(c.Transfer(agent=AGENT, target=TransferTarget("number", "15550177"), mode="release"))


@pytest.mark.parametrize("has_video", [False, True])
def test_a_colleague_is_offered_what_the_callers_phone_has(desk: Desk, has_video: bool) -> None:
    rung = desk.do(c.CallInner(agent=AGENT, contact="i1", called=OTHER, medium="video"))
    assert effects(rung, RingPhone)[0].has_video
    if has_video:
        desk.do(c.LegVideo(leg="i1/1", has_video=True))
    called = desk.do(c.LegAnswered(leg="i1/1"))
    assert [ring.has_video for ring in effects(called, RingPhone)] == [has_video]
