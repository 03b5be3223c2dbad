"""In a call: hold, mute, digits, transfer; calls that agents make; devices that come back."""

from __future__ import annotations

from typing import Any

import pytest

from fakes.core_desk import AGENT, Desk, audio, effects, names
from opencec.core import commands as c
from opencec.core.agent import AgentState
from opencec.core.contact import ContactState
from opencec.core.effects import (
    ArrangeAudio,
    DialNumber,
    EndLeg,
    PressDigits,
    RingPhone,
    SayWorkNumber,
    StartFlow,
    StartRecording,
    StopRecording,
)
from opencec.core.errors import CoreError

pytestmark = pytest.mark.unit

TALK = {"c1/1": ("c1/2",), "c1/2": ("c1/1",)}


def talking(**options: Any) -> Desk:
    desk = Desk()
    desk.sign_in(AGENT, **options)
    desk.talk()
    return desk


def refused(code: str) -> Any:
    return pytest.raises(CoreError, check=lambda error: error.code == code)


def transfer(kind: Any, address: str, **options: Any) -> c.Transfer:
    return c.Transfer(agent=AGENT, target=c.TransferTarget(kind, address), **options)


# --- hold, mute, digits -------------------------------------------------------------------------------------------


def test_hold_and_retrieve() -> None:
    desk = talking()
    assert audio(desk.do(c.Hold(agent=AGENT))) == ({}, {"c1/1": "music"})
    for command, code in (
        (c.Hold(agent=AGENT), "no_call"),
        (c.Release(agent=AGENT), "no_call"),
        (c.Retrieve(agent=AGENT, contact="other"), "no_held_call"),
    ):
        with refused(code):
            desk.do(command)
    assert audio(desk.do(c.Retrieve(agent=AGENT), after_ms=5_000)) == (TALK, {})
    with refused("no_held_call"):
        desk.do(c.Retrieve(agent=AGENT))
    desk.do(c.Hold(agent=AGENT))
    desk.do(c.DropCall(agent=AGENT, contact="c1"))
    assert desk.cdr().hold_ms == 9_000
    assert desk.state() is AgentState.IDLE


def test_mute_silences_the_agent_only() -> None:
    desk = talking()
    assert audio(desk.do(c.Mute(agent=AGENT))) == ({"c1/1": (), "c1/2": ("c1/1",)}, {})
    for command in (c.Mute(agent=AGENT), c.Hold(agent=AGENT), transfer("queue", "1")):
        with refused("wrong_call_state"):
            desk.do(command)
    assert audio(desk.do(c.Unmute(agent=AGENT))) == (TALK, {})
    with refused("wrong_call_state"):
        desk.do(c.Unmute(agent=AGENT))


def test_digits_go_to_the_customer() -> None:
    desk = talking()
    outcome = desk.do(c.SendDigits(agent=AGENT, digits="12#"))
    assert [(effect.leg, effect.digits) for effect in effects(outcome, PressDigits)] == [("c1/1", "12#")]
    assert outcome.events[0].count == 3
    with refused("invalid_value"):
        desk.do(c.SendDigits(agent=AGENT, digits="x"))


def test_second_call_beside_a_held_one() -> None:
    desk = talking()
    desk.do(c.Hold(agent=AGENT))
    desk.dial()
    with refused("wrong_call_state"):
        desk.do(c.Retrieve(agent=AGENT))
    with refused("in_call"):
        desk.do(c.CallOut(agent=AGENT, contact="o2", called="15550101"))
    outcome = desk.do(c.Release(agent=AGENT))
    assert "AgentBecameIdle" not in names(outcome), "the held call is still there"
    assert [contact.id for contact in desk.live.held_contacts(AGENT)] == ["c1"]
    desk.do(c.Retrieve(agent=AGENT, contact="c1"))
    assert desk.live.active_contact(AGENT).id == "c1"  # type: ignore[union-attr]


# --- transfer -----------------------------------------------------------------------------------------------------


def test_transfer_to_an_agent_continues_the_recording() -> None:
    desk = talking()
    desk.sign_in(102, auto_answer=False)
    outcome = desk.do(transfer("agent", "102", data="note"))
    assert names(outcome) == [
        "CallDataSet",
        "ContactTransferred",
        "ContactLeftAgent",
        "RecordingStopped",
        "PhoneReleased",
        "AgentBecameIdle",
        "ContactOffered",
    ]
    assert audio(outcome) == ({}, {"c1/1": "ringback"})
    assert not effects(outcome, StopRecording)
    desk.do(c.Answer(agent=102))
    answered = desk.do(c.LegAnswered(leg="c1/3"))
    assert answered.events[-1].is_continued
    desk.do(c.Release(agent=102))
    cdr = desk.cdr()
    assert [(one.device, one.address, one.leave_reason) for one in cdr.segments] == [
        ("queue", "1", 0),
        ("agent", "101", 17),
        ("agent", "102", 16),
    ]
    assert (cdr.agent, cdr.data) == (102, "note")


def test_transfer_to_the_own_queue_goes_to_somebody_else() -> None:
    desk = talking()
    desk.do(transfer("queue", "1"))
    assert desk.state() is AgentState.IDLE, "not at once back to who gave it away"
    desk.sign_in(103)
    assert desk.state(103) is AgentState.ALERTING


@pytest.mark.parametrize(
    ("kind", "address", "code"),
    [
        ("agent", "102", "agent_not_available"),
        ("agent", "101", "agent_not_available"),
        ("agent", "999", "unknown_agent"),
        ("queue", "99", "unknown_queue"),
        ("queue", "2", "agent_not_available"),
        ("flow", "", "unknown_flow"),
        ("access_code", "77", "unknown_route"),
        ("number", "not a number", "invalid_number"),
    ],
)
def test_refused_transfers_change_nothing(kind: str, address: str, code: str) -> None:
    desk = talking()
    desk.do(c.ResetSkills(agent=AGENT, queues=(1,)))
    with refused(code):
        desk.do(transfer(kind, address))
    assert desk.state() is AgentState.TALKING


def test_transfer_whose_agent_does_not_answer_goes_back_to_the_queue() -> None:
    desk = talking()
    desk.sign_in(104)
    desk.do(c.ResetSkills(agent=104, queues=(3,)))
    desk.do(transfer("agent", "104"))
    outcome = desk.do(c.Reject(agent=104))
    assert "ContactQueued" in names(outcome)


def test_transfer_to_a_flow_and_to_an_access_code() -> None:
    desk = talking()
    (start,) = effects(desk.do(transfer("flow", "survey")), StartFlow)
    assert (start.flow, start.run, start.is_answered) == ("survey", "c1@1", True)
    desk.do(c.EndFlow(contact="c1", run="c1@1"))
    assert desk.cdr().disposition == "answered"
    desk.talk("c2")
    assert effects(desk.do(transfer("access_code", "1000")), StartFlow)
    desk.talk("c3")
    assert audio(desk.do(transfer("access_code", "1004")))[1] == {"c3/1": "echo"}


def test_transfer_to_a_number() -> None:
    desk = talking()
    outcome = desk.do(transfer("number", "15550101"))
    (dial,) = effects(outcome, DialNumber)
    assert (dial.leg, dial.number, dial.caller) == ("c1/3", "15550101", "15550199")
    assert audio(outcome) == ({}, {"c1/1": "ringback"})
    assert audio(desk.do(c.LegAlerting(leg="c1/3", has_early_media=True))) == ({"c1/1": ("c1/3",)}, {})
    up = desk.do(c.LegAnswered(leg="c1/3"))
    assert names(up) == ["LegChanged", "RecordingStarted"]
    assert (up.events[1].agent, up.events[1].right, up.events[1].is_continued) == (None, "c1/3", True)
    ended = desk.do(c.LegEnded(leg="c1/3"), after_ms=9_000)
    assert names(ended) == ["RecordingStopped", "ContactEnded"]
    assert desk.cdr().segments[-1].device == "number"
    assert desk.cdr().talk_ms == 1_000 + 9_000


def test_transfer_to_a_number_that_fails_goes_back_to_the_queue_or_ends() -> None:
    desk = talking()
    desk.do(transfer("number", "15550101"))
    assert names(desk.do(c.LegFailed(leg="c1/3", cause="busy"))) == ["LegChanged", "ContactQueued"]
    desk.do(c.LegEnded(leg="c1/1"))
    desk.dial("o1")
    desk.do(transfer("number", "15550102"))
    (outcome,) = desk.advance(60_000)
    assert names(outcome) == ["LegChanged", "ContactEnded"]
    assert {"o1/3", "o1/2"} == {effect.leg for effect in effects(outcome, EndLeg)}
    assert desk.cdr("o1").segments[-1].leave_reason == 26


# --- calls that agents make -----------------------------------------------------------------------------------------


def test_call_out() -> None:
    desk = Desk()
    desk.sign_in(AGENT)
    assert names(desk.do(c.CallOut(agent=AGENT, contact="o1", called="15550101"))) == ["ContactDialled"]
    assert names(desk.do(c.LegAlerting(leg="o1/1"))) == ["PhoneAlerting"]
    lifted = desk.do(c.LegAnswered(leg="o1/1"))
    assert names(lifted) == ["PhoneOffHook", "LegChanged"]
    (dial,) = effects(lifted, DialNumber)
    assert (dial.leg, dial.number, dial.caller) == ("o1/2", "15550101", "15550100")
    assert audio(lifted) == ({}, {"o1/1": "ringback"})
    assert names(desk.do(c.LegAlerting(leg="o1/2"))) == ["CustomerAlerting"]
    assert audio(desk.do(c.LegAlerting(leg="o1/2", has_early_media=True))) == ({"o1/1": ("o1/2",)}, {})
    assert names(desk.do(c.LegAnswered(leg="o1/2"))) == ["LegChanged", "ContactAnswered", "RecordingStarted"]
    desk.do(c.LegEnded(leg="o1/2"))
    cdr = desk.cdr("o1")
    assert (cdr.direction, cdr.feature, cdr.disposition, cdr.agent) == ("outbound", 7, "answered", AGENT)


@pytest.mark.parametrize(("cause", "disposition", "reason"), [("busy", "failed", 20), ("rejected", "rejected", 27)])
def test_call_out_that_fails(cause: str, disposition: str, reason: int) -> None:
    desk = Desk()
    desk.sign_in(AGENT)
    desk.do(c.SayBusy(agent=AGENT, reason=204))
    desk.do(c.CallOut(agent=AGENT, contact="o1", called="15550101"))
    desk.do(c.LegAnswered(leg="o1/1"))
    outcome = desk.do(c.LegFailed(leg="o1/2", cause=cause))
    assert names(outcome) == ["DialFailed", "PhoneReleased", "AgentBecameBusy", "ContactEnded"]
    assert outcome.events[2].reason == 204, "back to where the agent was"
    assert (desk.cdr("o1").disposition, desk.cdr("o1").leave_reason) == (disposition, reason)


def test_call_out_own_phone_not_lifted() -> None:
    desk = Desk()
    desk.sign_in(AGENT)
    desk.do(c.CallOut(agent=AGENT, contact="o1", called="15550101"))
    (outcome,) = desk.advance(60_000)
    assert names(outcome) == ["DialFailed", "PhoneReleased", "AgentBecameIdle", "ContactEnded"]
    assert outcome.events[0].where == "own_phone"


def test_call_out_refusals() -> None:
    desk = Desk(default_caller="")
    desk.sign_in(AGENT)
    for command, code in (
        (c.CallOut(agent=AGENT, contact="o1", called="15550101"), "no_caller_number"),
        (c.CallOut(agent=AGENT, contact="o1", called="x", caller="1"), "invalid_number"),
        (c.CallOut(agent=AGENT, contact="o1", called="1", caller="1", queue=99), "unknown_queue"),
        (c.CallOut(agent=AGENT, contact="o1", called="1", caller="1", data="x" * 16_385), "data_too_long"),
        (c.CallInner(agent=AGENT, contact="o1", called=102), "agent_not_available"),
        (c.CallInner(agent=AGENT, contact="o1", called=AGENT), "agent_not_available"),
        (c.CallInner(agent=AGENT, contact="o1", called=999), "unknown_agent"),
    ):
        with refused(code):
            desk.do(command)
    desk.do(c.Rest(agent=AGENT, seconds=60))
    with refused("wrong_state"):
        desk.do(c.CallOut(agent=AGENT, contact="o1", called="1", caller="1"))


def test_internal_call() -> None:
    desk = Desk()
    desk.sign_in(AGENT)
    desk.sign_in(102, auto_answer=False)
    desk.do(c.CallInner(agent=AGENT, contact="i1", called=102))
    offered = desk.do(c.LegAnswered(leg="i1/1"))
    assert names(offered) == ["PhoneOffHook", "ContactOffered"]
    assert audio(offered) == ({}, {"i1/1": "ringback"})
    assert names(desk.do(c.LegAlerting(leg="i1/2"))) == ["PhoneAlerting", "CustomerAlerting"]
    desk.do(c.LegAnswered(leg="i1/2"))
    answered = desk.do(c.Answer(agent=102))
    assert names(answered) == ["OfferAccepted", "ContactAnswered", "ContactAnswered"]
    assert {event.agent for event in answered.events} == {AGENT, 102}
    assert not effects(answered, StartRecording)
    for command in (c.Hold(agent=102), c.Mute(agent=AGENT), transfer("queue", "1")):
        with refused("wrong_call_state"):
            desk.do(command)
    ended = desk.do(c.Release(agent=102))
    assert names(ended).count("ContactLeftAgent") == 2
    assert (desk.state(), desk.state(102)) == (AgentState.IDLE, AgentState.IDLE)
    cdr = desk.cdr("i1")
    assert (cdr.direction, cdr.feature, cdr.agent, cdr.wait_ms) == ("internal", 6, AGENT, 0)


@pytest.mark.parametrize("ending", ["reject", "give_up"])
def test_internal_call_that_is_not_answered(ending: str) -> None:
    desk = Desk()
    desk.sign_in(AGENT, 102)
    desk.do(c.CallInner(agent=AGENT, contact="i1", called=102))
    desk.do(c.LegAnswered(leg="i1/1"))
    outcome = desk.do(c.Reject(agent=102) if ending == "reject" else c.Release(agent=AGENT))
    assert desk.state() is AgentState.IDLE
    assert desk.state(102) is (AgentState.BUSY if ending == "reject" else AgentState.IDLE)
    assert ("DialFailed" in names(outcome)) == (ending == "reject")
    assert desk.cdr("i1").disposition == ("rejected" if ending == "reject" else "abandoned")


# --- devices that come back -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(("old", "agent"), [("c1/2", AGENT), ("c1/1", 0)])
def test_page_reload_in_mid_call(old: str, agent: int) -> None:
    desk = talking()
    lost = desk.do(c.LegEnded(leg=old, cause="lost"))
    assert names(lost) == ["LegChanged"]
    assert desk.state() is AgentState.TALKING
    outcome = desk.do(c.LegResumed(leg=old))
    (ring,) = effects(outcome, RingPhone)
    assert (ring.leg, ring.replaces, ring.answer_at_once, ring.agent) == ("c1/3", old, True, agent)
    up = desk.do(c.LegAnswered(leg="c1/3"))
    assert names(up) == ["LegChanged", "RecordingStarted"]
    assert up.events[1].is_continued
    assert [effect.leg for effect in effects(up, EndLeg)] == [old]
    other = "c1/1" if old == "c1/2" else "c1/2"
    assert audio(up)[0] == {other: ("c1/3",), "c1/3": (other,)}
    desk.do(c.LegEnded(leg="c1/3"))
    assert desk.cdr().release_by == ("agent" if agent else "customer")


def test_lost_leg_counts_as_hang_up_after_its_time() -> None:
    desk = talking()
    desk.do(c.LegEnded(leg="c1/2", cause="lost"))
    desk.advance(29_999)
    assert desk.live.contact("c1")
    (outcome,) = desk.advance(1)
    assert outcome.events[0].reason == "lost"
    assert desk.cdr().release_by == "agent"


def test_reload_while_the_phone_rings() -> None:
    desk = Desk()
    desk.sign_in(AGENT, auto_answer=False)
    desk.arrive()
    desk.do(c.LegAlerting(leg="c1/2"))
    (ring,) = effects(desk.do(c.LegResumed(leg="c1/2")), RingPhone)
    assert not ring.answer_at_once
    assert names(desk.do(c.LegAnswered(leg="c1/3"))) == ["PhoneOffHook"]
    assert names(desk.do(c.Answer(agent=AGENT)))[1] == "ContactAnswered"


def test_what_rang_at_the_page_before_does_not_end_the_ring_at_the_page_after() -> None:
    desk = Desk()
    desk.sign_in(AGENT, auto_answer=False)
    desk.arrive()
    desk.do(c.LegResumed(leg="c1/2"))
    assert not desk.do(c.LegFailed(leg="c1/2", cause="unreachable")).events
    desk.do(c.LegAnswered(leg="c1/3"))
    desk.do(c.Answer(agent=AGENT))
    assert desk.state() is AgentState.TALKING


def test_a_ring_refused_at_the_page_after_a_reload_is_refused() -> None:
    desk = Desk()
    desk.sign_in(AGENT, auto_answer=False)
    desk.arrive()
    desk.do(c.LegResumed(leg="c1/2"))
    assert "OfferEnded" in names(desk.do(c.LegFailed(leg="c1/3", cause="rejected")))
    assert desk.state() is AgentState.BUSY


def test_two_reloads_in_a_row() -> None:
    desk = talking()
    desk.do(c.LegResumed(leg="c1/2"))
    again = desk.do(c.LegResumed(leg="c1/3"))
    assert [effect.leg for effect in effects(again, EndLeg)] == ["c1/3"]
    assert not desk.do(c.LegAnswered(leg="c1/3")).events
    desk.do(c.LegAnswered(leg="c1/4"))
    contact = desk.live.contact("c1")
    assert contact is not None
    assert list(contact.legs) == ["c1/1", "c1/4"]
    assert contact.state is ContactState.TALKING


def test_reload_that_does_not_come_back_leaves_the_call_alone() -> None:
    desk = talking()
    desk.do(c.LegResumed(leg="c1/2"))
    outcome = desk.do(c.LegFailed(leg="c1/3", cause="unreachable"))
    assert names(outcome) == ["LegChanged"]
    assert not effects(outcome, ArrangeAudio)
    assert desk.state() is AgentState.TALKING
    with refused("unknown_leg"):
        desk.do(c.LegResumed(leg="c1/9"))


def test_everybody_hears_the_work_number() -> None:
    desk = Desk()
    desk.sign_in(AGENT)
    with pytest.raises(CoreError):
        desk.do(c.ReportWorkNumber(agent=AGENT))
    desk.talk()
    said = desk.do(c.ReportWorkNumber(agent=AGENT))
    assert names(said) == ["WorkNumberReported"]
    (order,) = effects(said, SayWorkNumber)
    assert (order.legs, order.agent) == (("c1/1", "c1/2"), AGENT)
