"""Folds of where a contact is: arrival, flow, queue, offer, end."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from opencec.core.agent import MOVES as AGENT_MOVES
from opencec.core.agent import Agent, AgentState
from opencec.core.call import Leg
from opencec.core.contact import Contact, ContactState, Offer
from opencec.core.events import (
    CallDataSet,
    ContactArrived,
    ContactEnded,
    ContactOffered,
    ContactQueued,
    ContactReserved,
    EchoStarted,
    Event,
    FlowEntered,
    FlowLeft,
    FlowResumed,
    OfferAccepted,
    OfferEnded,
    QueueOverflowed,
    RecordingFinished,
    ReservationEnded,
)
from opencec.core.ids import AgentId, ContactId, LegId
from opencec.core.state import TenantState

__all__ = ["PLACE_FOLDS", "leave_contact", "leave_queue", "touch"]

_QUEUED = ContactState.QUEUED
_AGENT_IDLE = AgentState.IDLE

_OVERFLOW_REASON = {"full": 1, "timeout": 2, "no_agent": 3, "removed": 4}
"""ivr-flows.md 10: overflow, timeout, no agent, queue cancelled."""
_OFFER_REASON = {
    "rejected": 27,
    "no_answer": 5,
    "phone_unavailable": 25,
    "caller_gone": 15,
    "agent_gone": 4,
    "picked_up": 17,
}


def touch(state: TenantState, contact: ContactId) -> Contact:
    """The contact of an event; counts the event."""
    found = state.contacts[contact]
    found.seq += 1
    return found


def leave_contact(agent: Agent, contact: ContactId) -> None:
    """The agent has no part in the contact any more."""
    if len(agent.contacts) == 1:
        agent.contacts = ()
    else:
        agent.contacts = tuple(other for other in agent.contacts if other != contact)
    if agent.active == contact:
        agent.active = None


def _arrived(state: TenantState, event: ContactArrived) -> None:
    leg = LegId(f"{event.contact}/1")
    state.contacts[event.contact] = Contact(
        id=event.contact,
        since=event.at,
        seq=1,
        medium=event.medium,
        caller=event.caller,
        called=event.called,
        access_code=event.access_code,
        source=event.source,
        began_at=event.at,
        call_until=event.at + state.profile.call_ms,
        legs={leg: Leg(id=leg, role="customer", address=event.source)},
        leg_count=1,
        customer=leg,
    )


def _data_set(state: TenantState, event: CallDataSet) -> None:
    contact = touch(state, event.contact)
    if event.is_business:
        contact.business_data = event.data
    else:
        contact.data = event.data


def leave_queue(state: TenantState, contact: Contact) -> None:
    """The contact waits no longer, wherever it did."""
    if contact.private_agent is not None:
        state.leave_private(contact)
    elif contact.state is _QUEUED and contact.queue is not None:
        queue = state.queues.get(contact.queue)
        if queue is not None:
            queue.leave(contact)
        state.retry_due.drop(contact.id)


def _flow_entered(state: TenantState, event: FlowEntered) -> None:
    contact = touch(state, event.contact)
    contact.move(event)
    contact.run = event.run
    contact.flow = event.flow
    contact.run_count += 1
    contact.since = event.at
    contact.close_stay(17, event.at)
    contact.open_stay("flow", event.flow, event.at)
    state.schedule(contact)


def _flow_left(state: TenantState, event: FlowLeft) -> None:
    contact = touch(state, event.contact)
    contact.run = None
    contact.flow = ""


def _flow_resumed(state: TenantState, event: FlowResumed) -> None:
    contact = touch(state, event.contact)
    contact.move(event)
    contact.close_stay(4, event.at)
    contact.open_stay("flow", contact.flow, event.at)
    state.schedule(contact)


def _echo_started(state: TenantState, event: EchoStarted) -> None:
    contact = touch(state, event.contact)
    contact.move(event)
    contact.close_stay(17, event.at)
    contact.open_stay("flow", "echo", event.at)
    state.schedule(contact)


def _queued(state: TenantState, event: ContactQueued) -> None:
    contact = touch(state, event.contact)
    contact.move(event)
    address = str(event.queue)
    stay = contact.stay
    if stay is None or stay.device != "queue" or stay.address != address:
        contact.close_stay(28, event.at)
        contact.open_stay("queue", address, event.at)
        profile = state.queue_profile(event.queue)
        contact.queue_until = event.at + profile.max_wait_ms
    if not contact.queue_order:
        state.rank += 1
        contact.queue_order = state.rank
    contact.queue = event.queue
    contact.priority = event.priority
    contact.queued_since = event.since
    state.queues[event.queue].enter(contact)
    state.schedule(contact)
    if contact.refusals:
        state.schedule_retry(contact, after=event.at)
    state.arrivals.append(contact.id)


def _reserved(state: TenantState, event: ContactReserved) -> None:
    contact = touch(state, event.contact)
    contact.move(event)
    contact.close_stay(28, event.at)
    contact.open_stay("agent", str(event.agent), event.at)
    contact.queue_until = event.until
    if not contact.queue_order:
        state.rank += 1
        contact.queue_order = state.rank
    state.enter_private(contact, event.agent)
    state.schedule(contact)


def _reservation_ended(state: TenantState, event: ReservationEnded) -> None:
    contact = touch(state, event.contact)
    leave_queue(state, contact)
    contact.move(event)
    contact.queue_until = 0
    contact.close_stay(2, event.at)


def _overflowed(state: TenantState, event: QueueOverflowed) -> None:
    contact = touch(state, event.contact)
    if event.action == "wait":
        contact.move(event, (QueueOverflowed, "wait"))
        contact.queue_until = 0
        state.schedule(contact)
        return
    leave_queue(state, contact)
    contact.move(event)
    contact.queue = event.queue
    contact.close_stay(_OVERFLOW_REASON[event.rule], event.at)


def _offered(state: TenantState, event: ContactOffered) -> None:
    contact = touch(state, event.contact)
    agent = state.agents[event.agent]
    if (agent.state, ContactOffered) not in AGENT_MOVES:
        agent.move(event)  # raises: only agents without a call are offered a contact
    if agent.state is not _AGENT_IDLE:
        agent.before = (agent.state, agent.reason, agent.until, agent.is_requested)
    leave_queue(state, contact)
    contact.move(event)
    agent.move(event)
    state.leave_idle(agent)
    state.schedule_agent(agent)
    agent.contacts = (*agent.contacts, contact.id)
    agent.active = contact.id
    contact.offer_count += 1
    if event.is_lifted and agent.parked is not None:
        state.give_legs(contact, [agent.parked])
        agent.parked = agent.served = None
    else:
        contact.leg_count += 1
        contact.legs[event.leg] = Leg(id=event.leg, role="agent", agent=agent.id, address=agent.phone)
    contact.offer = Offer(
        id=event.offer,
        agent=agent.id,
        leg=event.leg,
        queue=event.queue,
        auto_answer=event.auto_answer,
        began_at=event.at,
        until=event.at + state.queue_profile(event.queue or contact.queue).ring_timeout_ms,
        is_off_hook=event.is_lifted,
    )
    if event.queue is None and contact.stay is not None and contact.stay.device == "flow":
        contact.close_stay(17, event.at)
    state.schedule(contact)


def _accepted(state: TenantState, event: OfferAccepted) -> None:
    contact = touch(state, event.contact)
    if contact.offer is not None:
        contact.offer.is_accepted = True


def _offer_ended(state: TenantState, event: OfferEnded) -> None:
    contact = touch(state, event.contact)
    offer = contact.offer
    contact.move(event)
    contact.offer = None
    if offer is not None:
        leave_contact(state.agents[offer.agent], contact.id)
        if offer.leg in contact.legs:
            state.drop_leg(contact, offer.leg)
        _note_offer(contact, offer.agent, began_at=offer.began_at, reason=event.reason, at=event.at)
    if event.reason not in ("caller_gone", "picked_up"):
        contact.refusals[event.agent] = event.at


def _note_offer(contact: Contact, agent: AgentId, *, began_at: int, reason: str, at: int) -> None:
    """An unanswered offer is a segment of its own, inside the wait."""
    stay = contact.stay
    contact.open_stay("agent", str(agent), began_at)
    contact.close_stay(_OFFER_REASON[reason], at)
    contact.stay = stay


def _finished(state: TenantState, event: RecordingFinished) -> None:
    if event.contact in state.ended:
        state.ended[event.contact] = False
    elif event.contact in state.contacts:
        touch(state, event.contact)


def _ended(state: TenantState, event: ContactEnded) -> None:
    contact = touch(state, event.contact)
    leave_queue(state, contact)
    contact.move(event)
    del state.contacts[contact.id]
    state.inspections.pop(contact.id, None)
    state.contact_due.drop(contact.id)
    for leg in contact.legs:
        state.moved.pop(leg, None)
    state.remember(contact.id, contact.is_recorded)


PLACE_FOLDS: dict[type[Event], Callable[[TenantState, Any], None]] = {
    ContactArrived: _arrived,
    CallDataSet: _data_set,
    FlowEntered: _flow_entered,
    FlowLeft: _flow_left,
    FlowResumed: _flow_resumed,
    EchoStarted: _echo_started,
    ContactQueued: _queued,
    ContactReserved: _reserved,
    ReservationEnded: _reservation_ended,
    QueueOverflowed: _overflowed,
    ContactOffered: _offered,
    OfferAccepted: _accepted,
    OfferEnded: _offer_ended,
    RecordingFinished: _finished,
    ContactEnded: _ended,
}
