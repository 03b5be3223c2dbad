"""What signalling tells of legs: they ring, answer, fail, end. Words about legs that are gone are not heard."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from opencec.core.call import Leg
from opencec.core.commands import Command, LegAlerting, LegAnswered, LegEnded, LegFailed, LegResumed
from opencec.core.conferring import leg_over, lifted, member_alerts
from opencec.core.contact import Contact, ContactState
from opencec.core.ending import LeaveReason, end_call, end_contact, party_gone
from opencec.core.events import ContactTransferred, CustomerAlerting, LegChanged, TransferEnded
from opencec.core.handlers.hang_up import leave_call, stop_target
from opencec.core.handlers.lookup import leg_of
from opencec.core.handlers.offer import OfferEnd, decline, phone_alerts, phone_lifted, withdraw_offer
from opencec.core.handlers.outbound import (
    far_end_alerts,
    far_end_answered,
    far_end_failed,
    own_phone_alerts,
    own_phone_failed,
    own_phone_lifted,
)
from opencec.core.handlers.resumption import resume, resume_answered
from opencec.core.ids import LegId
from opencec.core.phones import hang_up_parked
from opencec.core.reachability import note_unregistered
from opencec.core.routing.answer import hand_over, take_back
from opencec.core.routing.router import give_back
from opencec.core.turn import Turn

__all__ = ["LEG_HANDLERS", "external_failed", "leg_gone"]

_ANNOUNCING = ContactState.ANNOUNCING
_CONFERRING = ContactState.CONFERRING
_DIALLING = ContactState.DIALLING
_ECHO = ContactState.ECHO
_FLOW = ContactState.FLOW
_FORWARDING = ContactState.FORWARDING
_HELD = ContactState.HELD
_LIFTING = ContactState.LIFTING
_OFFERED = ContactState.OFFERED
_TALKING = ContactState.TALKING

_REFUSALS: dict[str, OfferEnd] = {
    "busy": "rejected",
    "rejected": "rejected",
    "hangup": "rejected",
    "cancelled": "rejected",
    "no_answer": "no_answer",
}
"""What a failed leg says of an offer; every other cause is the phone's, not the agent's."""


def _is_offered(contact: Contact, leg: Leg) -> bool:
    return contact.offer is not None and contact.offer.leg == leg.id


def _alerting(turn: Turn, command: LegAlerting) -> None:
    contact = leg_of(turn.state, command.leg)
    if contact is None:
        return
    leg = contact.legs[command.leg]
    if leg.replaces is not None:
        return
    if contact.offer is not None and contact.offer.leg == leg.id:
        phone_alerts(turn, contact, contact.offer)
    elif contact.state is _CONFERRING:
        member_alerts(turn, contact, leg.id)
    elif leg.role == "agent" and contact.state is _LIFTING:
        own_phone_alerts(turn, contact, leg.id)
    elif leg.role == "customer" and contact.state is _DIALLING:
        far_end_alerts(turn, contact, leg.id, early_media=command.has_early_media)
    elif leg.role == "external" and contact.state is _FORWARDING:
        _external_alerts(turn, contact, leg, early_media=command.has_early_media)


def _external_alerts(turn: Turn, contact: Contact, leg: Leg, *, early_media: bool) -> None:
    was_new = leg.state == "new"
    if leg.state == "alerting" and (leg.has_early_media or not early_media):
        return
    turn.emit(
        LegChanged(
            at=turn.now,
            contact=contact.id,
            leg=leg.id,
            role="external",
            state="alerting",
            cause="early_media" if early_media else "",
        )
    )
    handover = contact.handover
    if leg.state == "alerting" and handover is not None and was_new:
        turn.emit(CustomerAlerting(at=turn.now, contact=contact.id, agent=handover.agent, number=leg.address))
    turn.arrange(contact)


def _answered(turn: Turn, command: LegAnswered) -> None:
    contact = leg_of(turn.state, command.leg)
    if contact is None:
        return
    leg = contact.legs[command.leg]
    if leg.replaces is not None:
        resume_answered(turn, contact, leg)
    elif contact.offer is not None and contact.offer.leg == leg.id:
        phone_lifted(turn, contact, contact.offer)
    elif contact.state is _CONFERRING:
        lifted(turn, contact, leg.id)
    elif leg.role == "agent" and contact.state is _LIFTING:
        own_phone_lifted(turn, contact, leg.id)
    elif leg.role == "customer" and contact.state is _DIALLING:
        far_end_answered(turn, contact, leg.id)
    elif leg.role == "external" and contact.state is _FORWARDING:
        _external_answered(turn, contact, leg)


def _external_answered(turn: Turn, contact: Contact, leg: Leg) -> None:
    """Caller and number talk, in some transfers first with the agent. A flow that ordered it has done its work."""
    handover = contact.handover
    if handover is not None and handover.mode == "success":
        hand_over(turn, contact)
    turn.emit(LegChanged(at=turn.now, contact=contact.id, leg=leg.id, role="external", state="up"))
    if contact.handover is not None:
        turn.emit(TransferEnded(at=turn.now, contact=contact.id, agent=contact.handover.agent, result="done"))
        turn.arrange(contact)
        return
    if contact.run is not None:
        turn.emit(ContactTransferred(at=turn.now, contact=contact.id, agent=None, kind="number", address=leg.address))
        turn.leave_flow(contact, "transferred")
    turn.arrange(contact)
    turn.record(contact, None)


def external_failed(turn: Turn, contact: Contact, leg: Leg, cause: str, *, is_over: bool) -> None:
    """The number did not answer. `is_over`: its leg is closed already."""
    turn.emit(LegChanged(at=turn.now, contact=contact.id, leg=leg.id, role="external", state="ended", cause=cause))
    if not is_over:
        turn.end_legs(contact, [leg.id], "cancelled")
    give_back(turn, contact, was_direct=True, cause=cause)


def _failed(turn: Turn, command: LegFailed) -> None:
    contact = leg_of(turn.state, command.leg)
    if contact is not None:
        leg_gone(turn, contact, contact.legs[command.leg], command.cause)


def _ended(turn: Turn, command: LegEnded) -> None:
    contact = leg_of(turn.state, command.leg)
    if contact is None:
        _parked_ended(turn, command.leg)
        return
    leg = contact.legs[command.leg]
    keeps_place = leg.replaces is None and leg.state in ("up", "lost") and not _is_offered(contact, leg)
    if command.cause == "lost" and keeps_place:
        _lose(turn, contact, leg)
    else:
        leg_gone(turn, contact, leg, command.cause)


def _parked_ended(turn: Turn, leg: LegId) -> None:
    """The phone that stayed off hook between calls was hung up, or is gone."""
    agent = next((one for one in turn.state.agents.values() if one.parked is not None and one.parked.id == leg), None)
    if agent is not None:
        hang_up_parked(turn, agent, by_agent=True)


def _lose(turn: Turn, contact: Contact, leg: Leg) -> None:
    """The device vanished without a word; its place is kept for `resume_ms`."""
    if leg.state == "lost":
        return
    turn.emit(
        LegChanged(
            at=turn.now, contact=contact.id, leg=leg.id, role=leg.role, state="lost", agent=leg.agent, cause="lost"
        )
    )
    turn.arrange(contact)


def leg_gone(turn: Turn, contact: Contact, leg: Leg, cause: str) -> None:
    """A leg is over for good."""
    if leg.replaces is not None and _rings_again(contact, leg) and cause in _REFUSALS:
        decline(turn, contact, _REFUSALS[cause])
    elif leg.replaces is not None:
        turn.emit(
            LegChanged(
                at=turn.now,
                contact=contact.id,
                leg=leg.id,
                role=leg.role,
                state="ended",
                agent=leg.agent,
                cause=cause,
            )
        )
    elif contact.state is _CONFERRING:
        leg_over(turn, contact, leg.id, cause)
    elif leg.role == "agent":
        _agent_gone(turn, contact, leg, cause)
    elif leg.role == "customer":
        _customer_gone(turn, contact, cause)
    elif contact.state is _FORWARDING:
        external_failed(turn, contact, leg, cause, is_over=True)
    elif contact.agents:
        party_gone(turn, contact, leg.id)
    else:
        end_contact(turn, contact, cause="normal", disposition="answered", release_by="agent")


def _rings_again(contact: Contact, leg: Leg) -> bool:
    """A page was loaded again while its phone rang: this leg rings there, in place of the one that is offered."""
    return contact.offer is not None and contact.offer.leg == leg.replaces and not contact.offer.is_off_hook


def _agent_gone(turn: Turn, contact: Contact, leg: Leg, cause: str) -> None:
    if _is_offered(contact, leg) and len(contact.with_replacements(leg.id)) > 1:
        return  # the page that it rang at is gone; it rings at the one that came after it
    note_unregistered(turn, leg, cause)
    if _is_offered(contact, leg):
        decline(turn, contact, _REFUSALS.get(cause, "phone_unavailable"))
        return
    if contact.state is _LIFTING:
        own_phone_failed(turn, contact, cause)
        return
    if leg.agent is None:
        return
    agent = turn.state.agents[leg.agent]
    reason: LeaveReason = "agent_hangup" if cause in ("hangup", "cancelled") else "lost"
    turn.gone = leg.id
    for one in (contact.id, *reversed([other for other in agent.contacts if other != contact.id])):
        served = turn.state.contacts[one]
        if agent.id in served.agents and (served is contact or served.agent_leg(agent.id) is None):
            leave_call(turn, served, agent, reason=reason)


def _customer_gone(turn: Turn, contact: Contact, cause: str) -> None:
    state = contact.state
    if state is _DIALLING:
        far_end_failed(turn, contact, "rejected" if cause == "hangup" else cause)
    elif contact.handover is not None:
        stop_target(turn, contact, "caller_gone")
        take_back(turn, contact, cause="caller_gone")
        end_call(turn, contact, by="customer")
    elif state in (_TALKING, _HELD, _ANNOUNCING):
        end_call(turn, contact, by="customer")
    else:
        if state is _OFFERED:
            withdraw_offer(turn, contact)
        is_flow = state in (_FLOW, _ECHO)
        end_contact(
            turn,
            contact,
            cause="caller_gone",
            disposition="flow_only" if is_flow else "abandoned",
            release_by="customer",
        )


def _resumed(turn: Turn, command: LegResumed) -> None:
    resume(turn, command.leg)


LEG_HANDLERS: dict[type[Command], Callable[[Turn, Any], None]] = {
    LegAlerting: _alerting,
    LegAnswered: _answered,
    LegFailed: _failed,
    LegEnded: _ended,
    LegResumed: _resumed,
}
