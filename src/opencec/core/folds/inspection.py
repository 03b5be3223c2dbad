"""Folds of an agent's phone that serves no call: inspections; and of what inspectors order and are told."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from msgspec import structs

from opencec.core.agent import Agent
from opencec.core.call import Leg
from opencec.core.contact import Contact
from opencec.core.events import (
    AgentForced,
    BulletinPosted,
    CallIntercepted,
    ContactForced,
    Event,
    InspectionAttached,
    InspectionDetached,
    InspectionStarted,
    InspectionStopped,
    InspectionSwitched,
    MonitoredAgentChanged,
    MonitoringChanged,
    NoteSent,
    PhoneAttended,
    PhoneCalled,
)
from opencec.core.folds.legs import update_leg_due
from opencec.core.folds.places import touch
from opencec.core.ids import ContactId
from opencec.core.inspection import Guest, Inspection
from opencec.core.state import TenantState

__all__ = ["INSPECTION_FOLDS"]


def _phone_called(state: TenantState, event: PhoneCalled) -> None:
    agent = state.agents[event.agent]
    before = (agent.state, agent.reason, agent.until, agent.is_requested)
    agent.move(event)
    agent.before = before
    state.leave_idle(agent)
    state.schedule_agent(agent)
    agent.contacts = (*agent.contacts, event.contact)
    agent.active = event.contact
    contact = Contact(
        id=event.contact,
        since=event.at,
        seq=1,
        direction="service",
        caller=str(agent.id),
        called=str(agent.id),
        began_at=event.at,
        call_until=event.at + state.profile.call_ms,
        legs={},
        leg_count=1,
        agents=(agent.id,),
        last_agent=agent.id,
    )
    contact.move(event)
    state.contacts[event.contact] = contact
    state.give_legs(contact, [_own_leg(state, agent, event)])
    update_leg_due(state, contact)


def _own_leg(state: TenantState, agent: Agent, event: PhoneCalled) -> Leg:
    parked = agent.parked
    if event.is_lifted and parked is not None:
        agent.parked = agent.served = None
        return parked
    return Leg(id=event.leg, role="agent", agent=agent.id, address=agent.phone, until=event.at + state.profile.setup_ms)


def _phone_attended(state: TenantState, event: PhoneAttended) -> None:
    contact = touch(state, event.contact)
    contact.move(event)
    state.agents[event.agent].move(event)
    state.schedule(contact)


def _started(state: TenantState, event: InspectionStarted) -> None:
    contact = touch(state, event.contact)
    contact.called = str(event.agent)
    contact.inspection = Inspection(agent=event.agent, mode=event.mode, began_as=event.mode)
    state.inspections[contact.id] = None


def _without(call: Contact, inspection: ContactId) -> tuple[Guest, ...]:
    return tuple(guest for guest in call.guests if guest.inspection != inspection)


def _attached(state: TenantState, event: InspectionAttached) -> None:
    contact = touch(state, event.contact)
    if contact.inspection is not None:
        contact.inspection.call = event.call
    call = touch(state, event.call)
    guest = Guest(inspection=contact.id, leg=event.leg, agent=event.agent, mode=event.mode)
    call.guests = (*_without(call, contact.id), guest)


def _detached(state: TenantState, event: InspectionDetached) -> None:
    contact = touch(state, event.contact)
    if contact.inspection is not None:
        contact.inspection.call = None
    if event.call in state.contacts:
        call = touch(state, event.call)
        call.guests = _without(call, contact.id)


def _switched(state: TenantState, event: InspectionSwitched) -> None:
    contact = touch(state, event.contact)
    inspection = contact.inspection
    if inspection is None:
        return
    inspection.mode = event.mode
    if inspection.call is not None:
        call = touch(state, inspection.call)
        call.guests = tuple(
            structs.replace(guest, mode=event.mode) if guest.inspection == contact.id else guest
            for guest in call.guests
        )


def _stopped(state: TenantState, event: InspectionStopped) -> None:
    contact = touch(state, event.contact)
    contact.inspection = None
    state.inspections.pop(contact.id, None)


def _intercepted(state: TenantState, event: CallIntercepted) -> None:
    call = touch(state, event.contact)
    call.move(event)
    inspector = state.agents[event.inspector]
    inspector.contacts = (*inspector.contacts, call.id)
    inspector.active = call.id
    inspector.before = None
    call.agents = (inspector.id,)
    call.last_agent = inspector.id
    call.close_stay(17, event.at)
    call.open_stay("agent", str(inspector.id), event.at)
    if call.stay is not None:
        call.stay.answered_at = event.at
    state.schedule(call)


def _contact_forced(state: TenantState, event: ContactForced) -> None:
    touch(state, event.contact)


def _noted(state: TenantState, event: AgentForced | MonitoredAgentChanged | NoteSent | BulletinPosted) -> None:
    """Said in the journal; nothing else changes."""


def _monitoring_changed(state: TenantState, event: MonitoringChanged) -> None:
    agent = state.agents[event.inspector]
    agent.monitors = event.agents
    agent.hears_all = event.hears_all
    if agent.monitors or agent.hears_all:
        state.watchers.add(agent.id)
    else:
        state.watchers.discard(agent.id)


INSPECTION_FOLDS: dict[type[Event], Callable[[TenantState, Any], None]] = {
    PhoneCalled: _phone_called,
    PhoneAttended: _phone_attended,
    InspectionStarted: _started,
    InspectionAttached: _attached,
    InspectionDetached: _detached,
    InspectionSwitched: _switched,
    InspectionStopped: _stopped,
    CallIntercepted: _intercepted,
    AgentForced: _noted,
    ContactForced: _contact_forced,
    MonitoringChanged: _monitoring_changed,
    MonitoredAgentChanged: _noted,
    NoteSent: _noted,
    BulletinPosted: _noted,
}
