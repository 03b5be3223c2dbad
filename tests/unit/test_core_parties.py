"""Several calls of one agent, three parties, transfers that an agent waits for: audio, recordings, deadlines."""

from __future__ import annotations

from typing import Any

import pytest

from fakes.core_desk import AGENT, Desk, audio, effects, names
from opencec.core import commands as c
from opencec.core.agent import AgentState
from opencec.core.contact import ContactState
from opencec.core.effects import ArrangeAudio, DialNumber, EndLeg, RingPhone, StartRecording
from opencec.core.errors import CoreError

pytestmark = pytest.mark.unit

HELPER = 102


def talking(*, release_phone: bool = True, **profile: Any) -> Desk:
    """Agent and customer of `c1` talk (legs c1/1 and c1/2); the helper is idle."""
    desk = Desk(**profile)
    desk.sign_in(AGENT, release_phone=release_phone)
    desk.talk()
    desk.sign_in(HELPER)
    return desk


def consulting(**options: Any) -> Desk:
    """The agent talks with the helper in `h1` (leg h1/2), the customer is held."""
    desk = talking()
    desk.do(c.Consult(agent=AGENT, contact="h1", called=HELPER, **options))
    desk.do(c.LegAnswered(leg="h1/2"))
    return desk


def refused(code: str) -> Any:
    return pytest.raises(CoreError, check=lambda error: error.code == code)


def transfer(kind: Any, address: str, mode: Any, **options: Any) -> c.Transfer:
    return c.Transfer(agent=AGENT, target=c.TransferTarget(kind, address), mode=mode, **options)


def sides(outcome: Any) -> list[tuple[str, str, str]]:
    """What is recorded from now on: contact, left, right."""
    return [(one.contact, one.left, one.right) for one in effects(outcome, StartRecording)]


def test_the_one_phone_of_an_agent_serves_both_calls() -> None:
    desk = talking()
    outcome = desk.do(c.Consult(agent=AGENT, contact="h1", called=HELPER))
    (ring,) = effects(outcome, RingPhone)
    assert (ring.leg, ring.agent, ring.near) == ("h1/2", HELPER, "c1/2")
    assert sides(outcome) == [("c1", "c1/1", "")], "what the agent says in the consult is not for this recording"
    sounds = {leg: one.kind for each in effects(outcome, ArrangeAudio) for leg, one in each.sounds.items()}
    assert sounds == {"c1/1": "music", "c1/2": "ringback"}
    outcome = desk.do(c.LegAnswered(leg="h1/2"))
    assert audio(outcome) == ({"c1/2": ("h1/2",), "h1/2": ("c1/2",)}, {})
    outcome = desk.do(c.Release(agent=AGENT))
    assert names(outcome)[:4] == ["ContactLeftAgent", "CustomerLeft", "LegMoved", "RecordingStarted"]
    assert sides(outcome) == [("c1", "c1/1", "c1/2")]
    assert desk.live.active_contact(AGENT).id == "c1"  # type: ignore[union-attr]
    assert "c1/2" not in [one.leg for one in effects(outcome, EndLeg)]
    assert desk.cdr("h1").feature == 51


def test_three_parties_hear_each_other_and_two_go_on() -> None:
    desk = consulting()
    outcome = desk.do(c.JoinHeld(agent=AGENT, contact="c1"))
    assert audio(outcome)[0] == {
        "c1/1": ("c1/2", "h1/2"),
        "c1/2": ("c1/1", "h1/2"),
        "h1/2": ("c1/1", "c1/2"),
    }
    assert desk.cdr("h1").disposition == "joined"
    outcome = desk.do(c.Mute(agent=HELPER))
    assert audio(outcome)[0]["c1/1"] == ("c1/2",), "only the one who muted is silent"
    desk.do(c.Unmute(agent=HELPER))
    outcome = desk.do(c.Release(agent=AGENT))
    assert audio(outcome) == ({"c1/1": ("h1/2",), "h1/2": ("c1/1",)}, {})
    assert sides(outcome) == [("c1", "c1/1", "h1/2")]
    desk.do(c.Hold(agent=HELPER))
    desk.do(c.Retrieve(agent=HELPER))
    desk.do(c.LegEnded(leg="c1/1"))
    assert desk.cdr().agent == HELPER
    assert [one.address for one in desk.cdr().segments if one.device == "agent"] == ["101", "102"]


def test_two_agents_without_the_customer_neither_hold_nor_transfer() -> None:
    desk = consulting()
    desk.do(c.JoinHeld(agent=AGENT, contact="c1"))
    outcome = desk.do(c.LegEnded(leg="c1/1"))
    assert "RecordingStopped" in names(outcome)
    for command in (c.Hold(agent=HELPER), transfer("queue", "1", "success")):
        with refused("wrong_call_state"):
            desk.do(command)
    desk.do(c.LegEnded(leg="h1/2"))
    assert desk.state(AGENT) is AgentState.IDLE


def test_hanging_up_the_phone_ends_every_call_it_serves() -> None:
    desk = consulting()
    desk.do(c.LegEnded(leg="c1/2"))
    assert desk.state(AGENT) is AgentState.IDLE
    assert not list(desk.live.live_contacts())
    assert desk.cdr().disposition == "answered"


def test_a_customer_who_leaves_during_the_consult_leaves_it_alone() -> None:
    desk = consulting()
    desk.do(c.LegEnded(leg="c1/1"))
    assert desk.live.active_contact(AGENT).id == "h1"  # type: ignore[union-attr]
    outcome = desk.do(c.Release(agent=AGENT))
    assert "PhoneReleased" in names(outcome)
    assert desk.state(AGENT) is AgentState.IDLE


def test_a_consult_beside_which_agent_and_customer_talk_on() -> None:
    desk = talking()
    outcome = desk.do(c.Consult(agent=AGENT, contact="h1", called=HELPER, parties=3, holds=False))
    assert names(outcome) == ["ContactDialled", "ContactOffered"]
    with refused("wrong_call_state"):
        desk.do(c.Consult(agent=AGENT, contact="h2", called=103))
    desk.do(c.LegEnded(leg="c1/1"))
    assert desk.live.active_contact(AGENT).id == "h1", "it is an ordinary call now"  # type: ignore[union-attr]
    assert audio(desk.do(c.LegAnswered(leg="h1/2")))[0] == {"h1/2": ("c1/2",), "c1/2": ("h1/2",)}


# --- transfers that an agent waits for --------------------------------------------------------------------------------


def test_success_transfer_hands_over_or_gives_back() -> None:
    desk = talking()
    outcome = desk.do(transfer("agent", "102", "success"))
    assert audio(outcome)[1] == {"c1/1": "ringback", "c1/2": "ringback"}
    assert desk.state(AGENT) is AgentState.TALKING
    for command in (c.Hold(agent=AGENT), transfer("queue", "1", "release"), c.JoinHeld(agent=AGENT, contact="c1")):
        with pytest.raises(CoreError):
            desk.do(command)
    desk.do(c.LegFailed(leg="c1/3", cause="busy"))
    assert desk.live.contact("c1").state is ContactState.TALKING  # type: ignore[union-attr]
    desk.do(c.SayFree(agent=HELPER))
    desk.do(transfer("agent", "102", "success"))
    outcome = desk.do(c.LegAnswered(leg="c1/4"))
    assert names(outcome)[:3] == ["PhoneOffHook", "TransferEnded", "ContactLeftAgent"]
    assert sides(outcome) == [("c1", "c1/1", "c1/4")]
    assert desk.state(AGENT) is AgentState.IDLE


def test_an_agent_who_leaves_first_lets_the_transfer_go_on() -> None:
    desk = talking()
    desk.do(transfer("agent", "102", "success"))
    outcome = desk.do(c.Release(agent=AGENT))
    assert names(outcome)[0] == "TransferEnded"
    desk.do(c.LegAnswered(leg="c1/3"))
    assert desk.live.contact("c1").agents == (HELPER,)  # type: ignore[union-attr]


@pytest.mark.parametrize("kind", ["agent", "number", "queue", "flow"])
def test_nobody_waits_for_a_transfer_for_ever(kind: str) -> None:
    desk = talking(flow_ms=300_000)
    address = {"agent": "102", "number": "15550101", "queue": "3", "flow": "survey"}[kind]
    if kind == "queue":
        desk.sign_in(104, auto_answer=False)
    desk.do(transfer(kind, address, "suspend" if kind == "flow" else "success"))
    desk.advance(650_000)
    contact = desk.live.contact("c1")
    assert contact is not None
    assert (contact.state, contact.handover, contact.agents) == (ContactState.TALKING, None, (AGENT,))


def test_talk_transfer_holds_the_customer_until_the_agent_leaves() -> None:
    desk = talking()
    (dial,) = effects(desk.do(transfer("number", "15550101", "talk")), DialNumber)
    outcome = desk.do(c.LegAnswered(leg=dial.leg))
    assert audio(outcome) == ({"c1/2": ("c1/3",), "c1/3": ("c1/2",)}, {"c1/1": "music"})
    outcome = desk.do(c.Release(agent=AGENT))
    assert audio(outcome) == ({"c1/1": ("c1/3",), "c1/3": ("c1/1",)}, {})
    assert sides(outcome) == [("c1", "c1/1", "c1/3")]
    desk.do(c.LegEnded(leg="c1/3"))
    assert [(one.device, one.leave_reason) for one in desk.cdr().segments][-1][0] == "number"


def test_conference_transfer_without_holding_the_customer() -> None:
    desk = talking()
    outcome = desk.do(transfer("number", "15550101", "conference", holds=False))
    assert audio(outcome)[0] == {"c1/1": ("c1/2",), "c1/2": ("c1/1",)}
    outcome = desk.do(c.LegAnswered(leg="c1/3"))
    assert {leg: set(heard) for leg, heard in audio(outcome)[0].items()} == {
        "c1/1": {"c1/2", "c1/3"},
        "c1/2": {"c1/1", "c1/3"},
        "c1/3": {"c1/1", "c1/2"},
    }
    outcome = desk.do(c.CancelTransfer(agent=AGENT))
    assert audio(outcome)[0] == {"c1/1": ("c1/2",), "c1/2": ("c1/1",)}
    assert [one.leg for one in effects(outcome, EndLeg)] == ["c1/3"]


def test_a_designated_transfer_waits_and_then_goes_where_calls_go_that_nobody_takes() -> None:
    desk = talking()
    desk.do(c.SayBusy(agent=HELPER))
    outcome = desk.do(transfer("agent", "102", "designated"))
    assert audio(outcome)[1] == {"c1/1": "music"}
    assert [one.id for one in desk.live.private_contacts(HELPER)] == ["c1"]
    outcome = desk.do(c.SignOut(agent=HELPER))
    assert names(outcome)[:3] == ["AgentSignedOut", "ReservationEnded", "ContactQueued"]


def test_a_designated_transfer_is_not_offered_to_an_idle_agent_without_the_right_to_talk() -> None:
    desk = talking()
    desk.do(c.SetTalkRight(agent=HELPER, enabled=False))
    outcome = desk.do(transfer("agent", "102", "designated"))
    assert "ContactReserved" in names(outcome)
    assert "ContactOffered" not in names(outcome)
    outcome = desk.do(c.SetTalkRight(agent=HELPER, enabled=True))
    assert "ContactOffered" in names(outcome)


def test_a_suspended_call_is_not_routed_elsewhere_by_its_flow() -> None:
    desk = talking()
    desk.do(transfer("flow", "survey", "suspend"))
    with refused("wrong_call_state"):
        desk.do(c.RouteContact(contact="c1", run="c1@1", target=c.TransferTarget("queue", "1")))
    outcome = desk.do(c.EndFlow(contact="c1", run="c1@1"))
    assert names(outcome) == ["FlowLeft", "TransferEnded"]
    assert audio(outcome)[0] == {"c1/1": ("c1/2",), "c1/2": ("c1/1",)}


# --- phones that stay off hook, previews ------------------------------------------------------------------------------


def test_a_parked_phone_is_hung_up_with_the_session() -> None:
    desk = talking(release_phone=False)
    outcome = desk.do(c.LegEnded(leg="c1/1"))
    assert "PhoneParked" in names(outcome)
    assert not [one for one in effects(outcome, EndLeg) if one.leg == "c1/2"]
    outcome = desk.do(c.SignOut(agent=AGENT))
    assert names(outcome) == ["PhoneReleased", "AgentSignedOut"]
    assert [one.leg for one in effects(outcome, EndLeg)] == ["c1/2"]


def test_a_parked_phone_that_is_hung_up_rings_for_the_next_call() -> None:
    desk = talking(release_phone=False)
    desk.do(c.LegEnded(leg="c1/1"))
    assert names(desk.do(c.LegEnded(leg="c1/2", cause="lost"))) == ["PhoneReleased"]
    desk.do(c.SayBusy(agent=HELPER))
    assert effects(desk.do(c.CallArrived(contact="c2", caller="1", called="1001", source="t")), RingPhone)


def test_a_preview_has_an_end() -> None:
    desk = talking()
    desk.do(c.OfferPreview(agent=HELPER, control="p", called="15550102", seconds=20))
    with refused("wrong_state"):
        desk.do(c.OfferPreview(agent=HELPER, control="q", called="15550102"))
    outcomes = desk.advance(20_000)
    assert [event.reason for one in outcomes for event in one.events] == ["timeout"]
    with refused("invalid_value"):
        desk.do(c.CallOut(agent=HELPER, contact="o1", called="15550102", preview="p"))
