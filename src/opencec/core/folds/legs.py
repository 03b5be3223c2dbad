"""Folds of legs and of the agent's phone."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from opencec.core.call import Leg
from opencec.core.contact import Contact, ContactState
from opencec.core.events import (
    CustomerAlerting,
    Event,
    LegChanged,
    PhoneAlerting,
    PhoneOffHook,
    PhoneParked,
    PhoneReleased,
)
from opencec.core.folds.places import touch
from opencec.core.ids import LegId
from opencec.core.state import TenantState

__all__ = ["DIAL_REASON", "LEG_FOLDS", "update_leg_due"]

_DIALLING = ContactState.DIALLING
_FORWARDING = ContactState.FORWARDING

DIAL_REASON = {"busy": 20, "not_found": 24, "no_answer": 26, "rejected": 27}
"""Leave reasons of a number that failed (ivr-flows.md 10); any other cause is 25, no resource."""


def update_leg_due(state: TenantState, contact: Contact) -> None:
    """The contact's legs are others now: so is its deadline, perhaps."""
    due = 0
    for leg in contact.legs.values():
        if leg.until and (not due or leg.until < due):
            due = leg.until
    if due != contact.leg_due:
        contact.leg_due = due
    state.schedule(contact)


def _new(state: TenantState, contact: Contact, event: LegChanged) -> None:
    is_replacing = event.replaces is not None
    if not is_replacing:
        contact.move(event, (LegChanged, f"{event.role} new"))
        if event.role == "external":
            contact.external = event.leg
            contact.close_stay(17, event.at)
            contact.open_stay("number", event.address, event.at)
        else:
            contact.customer = event.leg
    contact.leg_count += 1
    contact.legs[event.leg] = Leg(
        id=event.leg,
        role=event.role,
        agent=event.agent,
        address=event.address,
        replaces=event.replaces,
        until=event.at + state.profile.setup_ms,
    )


def _up(state: TenantState, contact: Contact, event: LegChanged) -> bool:
    """True: a deadline has changed."""
    leg = contact.legs[event.leg]
    if event.role == "external" and contact.state is _FORWARDING:
        mode = contact.handover.mode if contact.handover is not None else ""
        trigger = f"external up {mode}" if mode in ("talk", "conference") else "external up"
        contact.move(event, (LegChanged, trigger))
        contact.answered_at = contact.answered_at or event.at
        if contact.stay is not None:
            contact.stay.answered_at = event.at
    leg.state = "up"
    had_deadline = bool(leg.until)
    leg.until = 0
    if leg.replaces is not None:
        _take_place(state, contact, old=leg.replaces, new=leg)
    return had_deadline


def _take_place(state: TenantState, contact: Contact, *, old: LegId, new: Leg) -> None:
    new.replaces = None
    state.drop_leg(contact, old)
    if contact.customer == old:
        contact.customer = new.id
    if contact.external == old:
        contact.external = new.id
    if contact.offer is not None and contact.offer.leg == old:
        contact.offer.leg = new.id
    member = contact.conference.of_leg(old) if contact.conference is not None else None
    if member is not None:
        member.leg = new.id


def _ended(state: TenantState, contact: Contact, event: LegChanged) -> None:
    leg = contact.legs.get(event.leg)
    if leg is not None and leg.role == "external" and contact.state is _FORWARDING:
        contact.move(event, (LegChanged, "external ended"))
        contact.close_stay(DIAL_REASON.get(event.cause, 25), event.at)
    state.drop_leg(contact, event.leg)
    if contact.external == event.leg:
        contact.external = None


def _leg_changed(state: TenantState, event: LegChanged) -> None:
    contact = touch(state, event.contact)
    kind = event.state
    if kind == "new":
        _new(state, contact, event)
    elif kind == "up":
        if not _up(state, contact, event):
            return
    elif kind == "ended":
        _ended(state, contact, event)
    elif kind == "alerting":
        leg = contact.legs[event.leg]
        leg.state = "alerting"
        leg.has_early_media = event.cause == "early_media"
    else:
        leg = contact.legs[event.leg]
        leg.state = "lost"
        leg.until = event.at + state.profile.resume_ms
    update_leg_due(state, contact)


def _phone_alerting(state: TenantState, event: PhoneAlerting) -> None:
    contact = touch(state, event.contact)
    contact.legs[event.leg].state = "alerting"
    offer = contact.offer
    if offer is not None and offer.leg == event.leg:
        offer.is_alerting = True


def _phone_off_hook(state: TenantState, event: PhoneOffHook) -> None:
    contact = touch(state, event.contact)
    leg = contact.legs[event.leg]
    leg.state = "up"
    offer = contact.offer
    if leg.replaces is not None:
        _take_place(state, contact, old=leg.replaces, new=leg)
    if offer is not None and offer.leg == event.leg:
        offer.is_off_hook = True
    if leg.until:
        leg.until = 0
        update_leg_due(state, contact)


def _phone_released(state: TenantState, event: PhoneReleased) -> None:
    agent = state.agents.get(event.agent)
    if agent is not None and agent.parked is not None and agent.parked.id == event.leg:
        agent.parked = agent.served = None
        if agent.is_away:
            state.reach(agent)
        return
    contact = touch(state, event.contact)
    replacements = contact.with_replacements(event.leg)[1:] if len(contact.legs) > 1 else []
    leg = state.drop_leg(contact, event.leg)
    for other in replacements:
        state.drop_leg(contact, other)
    if leg is not None and contact.leg_due:
        update_leg_due(state, contact)


def _phone_parked(state: TenantState, event: PhoneParked) -> None:
    contact = touch(state, event.contact)
    agent = state.agents[event.agent]
    leg = state.drop_leg(contact, event.leg)
    if leg is not None:
        agent.parked, agent.served = leg, contact.id
        update_leg_due(state, contact)


def _customer_alerting(state: TenantState, event: CustomerAlerting) -> None:
    contact = touch(state, event.contact)
    if contact.state is _DIALLING and contact.customer is not None and contact.customer in contact.legs:
        contact.legs[contact.customer].state = "alerting"


LEG_FOLDS: dict[type[Event], Callable[[TenantState, Any], None]] = {
    LegChanged: _leg_changed,
    PhoneAlerting: _phone_alerting,
    PhoneOffHook: _phone_off_hook,
    PhoneReleased: _phone_released,
    PhoneParked: _phone_parked,
    CustomerAlerting: _customer_alerting,
}
