"""Folds of calls with more than two parties, or with an agent who waits for a transfer; legs that change calls."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from opencec.core.call import Leg
from opencec.core.contact import Contact, ContactState, Handover
from opencec.core.events import (
    ConferenceOver,
    ContactJoined,
    Event,
    LegMoved,
    PartyLeft,
    TransferEnded,
    TransferStarted,
)
from opencec.core.folds.legs import update_leg_due
from opencec.core.folds.places import leave_contact, leave_queue, touch
from opencec.core.ids import LegId
from opencec.core.state import TenantState

__all__ = ["PARTY_FOLDS", "take_legs"]


_HELD = ContactState.HELD


def take_legs(state: TenantState, contact: Contact, leg: LegId) -> list[Leg]:
    """Take a leg out of a contact, with those that are about to take its place."""
    found = [contact.legs[one] for one in contact.with_replacements(leg)]
    for one in found:
        state.drop_leg(contact, one.id)
    update_leg_due(state, contact)
    return found


def _leg_moved(state: TenantState, event: LegMoved) -> None:
    contact, other = touch(state, event.contact), touch(state, event.to)
    legs = take_legs(state, contact, event.leg)
    state.give_legs(other, legs)
    update_leg_due(state, other)
    agent = state.agents[legs[0].agent] if legs and legs[0].agent is not None else None
    if agent is not None and agent.active is None and other.state is not _HELD:
        agent.active = other.id


def _transfer_started(state: TenantState, event: TransferStarted) -> None:
    contact = touch(state, event.contact)
    contact.move(event)
    contact.close_stay(17, event.at)
    contact.handover = Handover(
        agent=event.agent, mode=event.mode, kind=event.kind, address=event.address, until=event.until, holds=event.holds
    )
    contact.refusals[event.agent] = event.at  # or its own queue would give it back at once
    state.schedule(contact)


def _transfer_ended(state: TenantState, event: TransferEnded) -> None:
    contact = touch(state, event.contact)
    contact.handover = None
    if event.result in ("failed", "cancelled", "returned"):
        leave_queue(state, contact)
        contact.move(event, (TransferEnded, "back"))
        contact.close_stay(17 if event.result == "returned" else 25, event.at)
        contact.open_stay("agent", str(event.agent), event.at)
        if contact.stay is not None:
            contact.stay.answered_at = event.at
        contact.queue_until = 0
        contact.refusals = {}
    state.schedule(contact)


def _joined(state: TenantState, event: ContactJoined) -> None:
    contact, other = touch(state, event.contact), touch(state, event.joined)
    contact.move(event)
    other.move(event, (ContactJoined, "joined"))
    other.close_stay(17, event.at)
    for agent_id in other.agents:
        agent = state.agents[agent_id]
        was_active = agent.active == other.id
        leave_contact(agent, other.id)
        if contact.id not in agent.contacts:
            agent.contacts = (*agent.contacts, contact.id)
            contact.agents = (*contact.agents, agent_id)
        if was_active:
            agent.active = contact.id
    for leg in list(other.legs.values()):
        if leg.role != "agent" and leg.replaces is None:
            leg.role = "external"
            contact.external = leg.id
    legs = list(other.legs.values())
    other.agents, other.customer, other.external, other.is_muted = (), None, None, False
    for leg in legs:
        state.drop_leg(other, leg.id)
    state.give_legs(contact, legs)
    update_leg_due(state, contact)
    update_leg_due(state, other)


def _party_left(state: TenantState, event: PartyLeft) -> None:
    contact = touch(state, event.contact)
    contact.move(event)
    for leg in contact.with_replacements(event.leg):
        state.drop_leg(contact, leg)
    if contact.external == event.leg:
        contact.external = None
    if contact.customer == event.leg:
        contact.customer = contact.external
        contact.external = None
        if contact.customer is not None:
            promoted = contact.legs[contact.customer]
            promoted.role = "customer"
            contact.party = promoted.address
    update_leg_due(state, contact)


def _conference_over(state: TenantState, event: ConferenceOver) -> None:
    touch(state, event.contact)


PARTY_FOLDS: dict[type[Event], Callable[[TenantState, Any], None]] = {
    LegMoved: _leg_moved,
    TransferStarted: _transfer_started,
    TransferEnded: _transfer_ended,
    ContactJoined: _joined,
    PartyLeft: _party_left,
    ConferenceOver: _conference_over,
}
