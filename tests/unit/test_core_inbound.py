"""Inbound calls: routes, offers, answers, ends; the order of events is that of cc-gateway.md 9."""

from __future__ import annotations

import pytest

from fakes.core_desk import AGENT, Desk, audio, effects, names
from opencec.core import commands as c
from opencec.core.agent import AgentState
from opencec.core.effects import AcceptLeg, EndLeg, RingPhone, StartFlow, StartRecording, StopFlow, StopRecording
from opencec.core.errors import CoreError
from opencec.core.events import PhoneWentAway

pytestmark = pytest.mark.unit


def test_manual_answer_phone_first() -> None:
    desk = Desk()
    desk.sign_in(AGENT, auto_answer=False)
    arrived = desk.arrive()
    assert names(arrived) == ["ContactArrived", "LegChanged", "ContactQueued", "ContactOffered"]
    assert [type(effect) for effect in arrived.effects][:2] == [AcceptLeg, RingPhone]
    assert audio(arrived) == ({}, {"c1/1": "waiting"})
    assert names(desk.do(c.LegAlerting(leg="c1/2"))) == ["PhoneAlerting"]
    assert names(desk.do(c.LegAnswered(leg="c1/2"))) == ["PhoneOffHook"]
    answered = desk.do(c.Answer(agent=AGENT, contact="c1"))
    assert names(answered) == ["OfferAccepted", "ContactAnswered", "RecordingStarted"]
    assert audio(answered) == ({"c1/1": ("c1/2",), "c1/2": ("c1/1",)}, {})
    (recording,) = effects(answered, StartRecording)
    assert (recording.left, recording.right) == ("c1/1", "c1/2")


def test_answer_before_the_phones_200_is_remembered() -> None:
    desk = Desk()
    desk.sign_in(AGENT, auto_answer=False)
    desk.arrive()
    assert names(desk.do(c.Answer(agent=AGENT))) == ["OfferAccepted"]
    assert names(desk.do(c.Answer(agent=AGENT))) == []
    assert names(desk.do(c.LegAnswered(leg="c1/2"))) == ["PhoneOffHook", "ContactAnswered", "RecordingStarted"]


def test_auto_answer_takes_the_phones_200() -> None:
    desk = Desk()
    desk.sign_in(AGENT)
    desk.arrive()
    answered = desk.do(c.LegAnswered(leg="c1/2"))
    assert names(answered) == ["PhoneOffHook", "ContactAnswered", "RecordingStarted"]
    assert answered.events[1].is_auto


def test_customer_hangs_up() -> None:
    desk = Desk()
    desk.sign_in(AGENT)
    desk.talk()
    ended = desk.do(c.LegEnded(leg="c1/1"), after_ms=60_000)
    assert names(ended) == [
        "CustomerLeft",
        "ContactLeftAgent",
        "RecordingStopped",
        "PhoneReleased",
        "AgentBecameIdle",
        "ContactEnded",
    ]
    assert {effect.leg for effect in effects(ended, EndLeg)} == {"c1/1", "c1/2"}
    assert effects(ended, StopRecording)
    cdr = desk.cdr()
    assert (cdr.disposition, cdr.release_by, cdr.leave_reason) == ("answered", "customer", 15)
    assert (cdr.wait_ms, cdr.talk_ms, cdr.hold_ms, cdr.is_recorded) == (2_000, 60_000, 0, True)
    assert [(one.device, one.address, one.leave_reason) for one in cdr.segments] == [
        ("queue", "1", 0),
        ("agent", "101", 15),
    ]


def test_agent_releases_into_wrap_up_that_ends_by_itself() -> None:
    desk = Desk()
    desk.sign_in(102, auto_enter_idle=False)
    desk.talk(code="1002")
    ended = desk.do(c.Release(agent=102))
    assert names(ended) == ["ContactLeftAgent", "CustomerLeft", "PhoneReleased", "AgentEnteredWrapUp", "ContactEnded"]
    assert not effects(ended, StopRecording), "queue 2 is not recorded"
    assert desk.state(102) is AgentState.WRAP_UP
    desk.advance(9_999)
    assert desk.state(102) is AgentState.WRAP_UP
    desk.advance(1)
    assert desk.state(102) is AgentState.IDLE


@pytest.mark.parametrize(
    ("command", "reason", "busy"),
    [
        (c.Reject(agent=AGENT), "rejected", 7),
        (c.Release(agent=AGENT), "rejected", 7),
        (c.LegFailed(leg="c1/2", cause="busy"), "rejected", 7),
        (c.LegFailed(leg="c1/2", cause="rejected"), "rejected", 7),
        (c.LegFailed(leg="c1/2", cause="no_answer"), "no_answer", 2),
        (c.LegFailed(leg="c1/2", cause="not_registered"), "phone_unavailable", 5),
        (c.LegFailed(leg="c1/2", cause="unreachable"), "phone_unavailable", 5),
    ],
)
def test_declined_offers_make_the_agent_busy(command: c.Command, reason: str, busy: int) -> None:
    desk = Desk()
    desk.sign_in(AGENT)
    desk.arrive()
    since = desk.live.contact("c1").queued_since  # type: ignore[union-attr]
    outcome = desk.do(command)
    told = [event for event in outcome.events if not isinstance(event, PhoneWentAway)]
    assert [type(event).__name__ for event in told] == ["OfferEnded", "AgentBecameBusy", "ContactQueued"]
    assert (told[0].reason, told[1].reason) == (reason, busy)
    assert told[2].since == since, "the contact keeps its age"


def test_ring_time_out() -> None:
    desk = Desk()
    desk.sign_in(AGENT)
    desk.arrive()
    desk.do(c.LegAlerting(leg="c1/2"))
    (outcome,) = desk.advance(19_000)
    assert names(outcome) == ["OfferEnded", "PhoneReleased", "AgentBecameBusy", "ContactQueued"]
    assert outcome.events[2].reason == 2
    assert [effect.leg for effect in effects(outcome, EndLeg)] == ["c1/2"]


def test_caller_gone_leaves_the_agent_idle() -> None:
    desk = Desk()
    desk.sign_in(AGENT)
    desk.arrive()
    desk.do(c.LegAlerting(leg="c1/2"))
    outcome = desk.do(c.LegEnded(leg="c1/1", cause="cancelled"))
    assert names(outcome) == ["OfferEnded", "PhoneReleased", "AgentBecameIdle", "ContactEnded"]
    assert outcome.events[2].cause == "withdrawn"
    assert (desk.cdr().disposition, desk.cdr().leave_reason) == ("abandoned", 15)


def test_a_contact_is_not_offered_again_at_once_to_who_rejected_it() -> None:
    desk = Desk()
    desk.sign_in(AGENT)
    desk.arrive()
    desk.do(c.Reject(agent=AGENT))
    desk.do(c.SayFree(agent=AGENT))
    assert desk.state() is AgentState.IDLE
    desk.advance(3_000)
    assert desk.state() is AgentState.IDLE
    desk.advance(1_500)
    assert desk.state() is AgentState.ALERTING, "nobody else came within 5 s"


def test_each_agent_is_spared_for_its_own_five_seconds() -> None:
    desk = Desk()
    desk.sign_in(AGENT, 103)
    desk.arrive()
    desk.do(c.Reject(agent=AGENT))
    desk.do(c.SayFree(agent=AGENT))
    desk.do(c.Reject(agent=103))
    desk.advance(2_999)
    assert desk.state() is AgentState.IDLE
    desk.advance(1)
    assert desk.state() is AgentState.ALERTING, "103 refused later, and is busy"


def test_another_agent_gets_what_was_rejected() -> None:
    desk = Desk()
    desk.sign_in(AGENT, 103)
    desk.arrive()
    outcome = desk.do(c.Reject(agent=AGENT))
    assert names(outcome)[-1] == "ContactOffered"
    assert desk.state(103) is AgentState.ALERTING


def test_echo_and_unknown_route() -> None:
    desk = Desk()
    echo = desk.arrive("c1", "1004")
    assert audio(echo) == ({}, {"c1/1": "echo"})
    desk.do(c.LegEnded(leg="c1/1"))
    assert desk.cdr().disposition == "flow_only"
    unknown = desk.arrive("c2", "5555")
    assert [effect.cause for effect in effects(unknown, EndLeg)] == ["no_route"]
    assert not effects(unknown, AcceptLeg)
    assert desk.cdr("c2").disposition == "no_route"


def test_the_longest_code_wins() -> None:
    desk = Desk()
    desk.sign_in(102)
    assert desk.arrive("c1", "100178").events[0].access_code == "10017"
    assert desk.arrive("c2", "10018").events[0].access_code == "1001"


def test_flow_answers_itself_and_hears_the_hang_up() -> None:
    desk = Desk()
    arrived = desk.arrive("c1", "1000")
    (start,) = effects(arrived, StartFlow)
    assert (start.flow, start.leg, start.is_answered) == ("welcome", "c1/1", False)
    assert not effects(arrived, AcceptLeg)
    assert effects(desk.do(c.FlowAnswer(contact="c1", run="c1@1")), AcceptLeg)
    assert not desk.do(c.FlowAnswer(contact="c1", run="c1@1")).effects
    ended = desk.do(c.LegEnded(leg="c1/1"))
    (stop,) = effects(ended, StopFlow)
    assert stop.is_hangup
    assert desk.cdr().disposition == "flow_only"


def test_repeated_and_late_words_are_not_heard() -> None:
    desk = Desk()
    desk.sign_in(AGENT)
    desk.talk()
    assert not desk.arrive().events
    desk.do(c.LegEnded(leg="c1/1"))
    for command in (
        c.LegEnded(leg="c1/1"),
        c.LegEnded(leg="c1/2"),
        c.LegAnswered(leg="c1/2"),
        c.LegAlerting(leg="nobody/9"),
        c.LegFailed(leg="c1/2", cause="busy"),
    ):
        assert not desk.do(command).events
    assert not desk.arrive().events
    assert names(desk.do(c.RecordingDone(contact="c1", path="a.wav", duration_ms=5))) == ["RecordingFinished"]
    assert not desk.do(c.RecordingDone(contact="c1", path="a.wav", duration_ms=5)).events
    with pytest.raises(CoreError, match="unknown or over"):
        desk.do(c.SetCallData(contact="c1", data="x"))
