"""Folds of talking: dialled, answered, held, transferred, left, recorded."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from opencec.core.agent import Agent
from opencec.core.call import Leg
from opencec.core.contact import Contact, ContactState, Device
from opencec.core.events import (
    ContactAnswered,
    ContactDialled,
    ContactHeld,
    ContactLeftAgent,
    ContactMuted,
    ContactRetrieved,
    ContactTransferred,
    ContactUnmuted,
    CustomerLeft,
    DialFailed,
    DigitsPressed,
    Event,
    RecordingFailed,
    RecordingStarted,
    RecordingStopped,
    WorkNumberReported,
)
from opencec.core.folds.legs import DIAL_REASON, update_leg_due
from opencec.core.folds.parties import take_legs
from opencec.core.folds.places import leave_contact, leave_queue, touch
from opencec.core.state import TenantState

__all__ = ["CALL_FOLDS", "INTERNAL_FEATURES"]

INTERNAL_FEATURES = (6, 51, 52)
"""Calls between agents (cc-gateway.md 8.1)."""

_LEAVE_REASON = {"agent_hangup": 16, "customer_hangup": 15, "transferred": 17, "failed": 25, "lost": 16}
"""ivr-flows.md 10."""


def _own_legs(state: TenantState, agent: Agent, event: ContactDialled) -> list[Leg]:
    """The leg by which the agent takes part in its new call; none in a consult beside which it talks on."""
    if not event.leg:
        return []
    if not event.is_lifted:
        until = event.at + state.profile.setup_ms
        return [Leg(id=event.leg, role="agent", agent=agent.id, address=agent.phone, until=until)]
    if agent.parked is not None and agent.parked.id == event.leg:
        parked = agent.parked
        agent.parked = agent.served = None
        return [parked]
    former = state.contact_of(event.leg)
    if former is None:
        return []
    former.seq += 1
    return take_legs(state, former, event.leg)


def _dialled(state: TenantState, event: ContactDialled) -> None:
    agent = state.agents[event.agent]
    before = (agent.state, agent.reason, agent.until, agent.is_requested)
    agent.move(event)
    if not agent.contacts:
        agent.before = before
    state.leave_idle(agent)
    state.schedule_agent(agent)
    agent.contacts = (*agent.contacts, event.contact)
    if event.leg:
        agent.active = event.contact
    contact = Contact(
        id=event.contact,
        since=event.at,
        seq=1,
        direction="internal" if event.feature in INTERNAL_FEATURES else "outbound",
        feature=event.feature,
        medium=event.medium,
        pictures=event.pictures,
        caller=event.caller,
        called=event.called,
        queue=event.queue,
        data=event.data,
        began_at=event.at,
        call_until=event.at + state.profile.call_ms,
        legs={},
        leg_count=1,
        agents=(agent.id,),
        last_agent=agent.id,
        principal=event.principal,
    )
    contact.move(event)
    contact.open_stay("agent", str(agent.id), event.at)
    state.contacts[event.contact] = contact
    state.give_legs(contact, _own_legs(state, agent, event))
    update_leg_due(state, contact)


def _answered(state: TenantState, event: ContactAnswered) -> None:
    contact = touch(state, event.contact)
    agent = state.agents[event.agent]
    contact.move(event)
    agent.move(event)
    if agent.before is not None:
        agent.before = None
        state.free_for_chats(agent)
    offer = contact.offer
    if offer is not None and offer.agent == agent.id:
        if contact.direction != "internal":
            contact.close_stay(0, event.at)
            contact.open_stay("agent", str(agent.id), offer.began_at)
        contact.offer = None
        contact.refusals = {}
        contact.agents = (*contact.agents, agent.id)
        if contact.direction != "internal":
            contact.last_agent = agent.id
    contact.answered_at = contact.answered_at or event.at
    if contact.stay is not None and not contact.stay.answered_at:
        contact.stay.answered_at = event.at
    state.schedule(contact)


def _held(state: TenantState, event: ContactHeld) -> None:
    touch(state, event.contact).move(event)
    state.agents[event.agent].active = None


def _retrieved(state: TenantState, event: ContactRetrieved) -> None:
    touch(state, event.contact).move(event)
    state.agents[event.agent].active = event.contact


def _muted(state: TenantState, event: ContactMuted) -> None:
    contact = touch(state, event.contact)
    contact.is_muted = True
    contact.muted_agent = event.agent


def _unmuted(state: TenantState, event: ContactUnmuted) -> None:
    touch(state, event.contact).is_muted = False


def _counted(state: TenantState, event: DigitsPressed | WorkNumberReported | ContactTransferred | CustomerLeft) -> None:
    """A fact that changes nothing here."""
    touch(state, event.contact)


def _part(contact: Contact, agent: Agent) -> None:
    leave_contact(agent, contact.id)
    contact.agents = tuple(other for other in contact.agents if other != agent.id) if len(contact.agents) > 1 else ()
    if contact.muted_agent in (None, agent.id):
        contact.is_muted = False
    contact.is_video_muted = False


def _left_agent(state: TenantState, event: ContactLeftAgent) -> None:
    contact = touch(state, event.contact)
    if not event.then:
        leave_queue(state, contact)
    contact.move(event, (ContactLeftAgent, event.then) if event.then else None)
    _part(contact, state.agents[event.agent])
    if event.then != "same":
        contact.close_stay(_LEAVE_REASON[event.reason], event.at)
    if event.then == "talking":
        contact.last_agent = contact.agents[0]
        _talk_on(contact, "agent", str(contact.agents[0]), event.at)
    elif event.then == "forwarded" and contact.external is not None:
        _talk_on(contact, "number", contact.legs[contact.external].address, event.at)
    if event.reason == "transferred":
        contact.refusals[event.agent] = event.at  # or its own queue would give it back at once
        if contact.state is ContactState.QUEUED:
            state.schedule_retry(contact, after=event.at)


def _talk_on(contact: Contact, device: Device, address: str, at: int) -> None:
    contact.open_stay(device, address, at)
    if contact.stay is not None:
        contact.stay.answered_at = at


def _dial_failed(state: TenantState, event: DialFailed) -> None:
    contact = touch(state, event.contact)
    contact.move(event)
    _part(contact, state.agents[event.agent])
    contact.close_stay(DIAL_REASON.get(event.cause, 25), event.at)


def _recording_started(state: TenantState, event: RecordingStarted) -> None:
    contact = touch(state, event.contact)
    contact.recording_since = contact.recording_since or event.at
    contact.recording_agent = event.agent
    contact.is_recorded = True


def _recording_stopped(state: TenantState, event: RecordingStopped | RecordingFailed) -> None:
    contact = touch(state, event.contact)
    contact.recording_since = 0
    contact.recording_agent = None
    contact.is_record_paused = False


CALL_FOLDS: dict[type[Event], Callable[[TenantState, Any], None]] = {
    ContactDialled: _dialled,
    ContactAnswered: _answered,
    ContactHeld: _held,
    ContactRetrieved: _retrieved,
    ContactMuted: _muted,
    ContactUnmuted: _unmuted,
    DigitsPressed: _counted,
    WorkNumberReported: _counted,
    ContactTransferred: _counted,
    CustomerLeft: _counted,
    ContactLeftAgent: _left_agent,
    DialFailed: _dial_failed,
    RecordingStarted: _recording_started,
    RecordingStopped: _recording_stopped,
    RecordingFailed: _recording_stopped,
}
