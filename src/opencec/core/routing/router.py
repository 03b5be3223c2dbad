"""The router: carries out placements, offers contacts to agents, leaves nobody waiting while a fit agent is idle."""

from __future__ import annotations

from opencec.core.agent import Agent, AgentState
from opencec.core.cdr import Disposition
from opencec.core.config import Overflow
from opencec.core.contact import Contact, ContactState
from opencec.core.effects import ResumeFlow
from opencec.core.ending import end_contact, fail_attempt
from opencec.core.events import (
    ContactOffered,
    ContactQueued,
    ContactReserved,
    CustomerAlerting,
    FlowResumed,
    QueueOverflowed,
    ReservationEnded,
)
from opencec.core.ids import LegId, OfferId, QueueId
from opencec.core.reachability import review_phone
from opencec.core.routing.answer import take_back, talk
from opencec.core.routing.overflow import Placement, Rule, place, rule_now
from opencec.core.routing.selection import choose_agent, choose_contact
from opencec.core.turn import Turn

__all__ = [
    "carry_out",
    "give_back",
    "offer",
    "queue_timed_out",
    "remove_from_queue",
    "reserve",
    "resume_flow",
    "retry",
    "settle",
    "unreserve",
]

_QUEUED = ContactState.QUEUED
_AGENT_IDLE = AgentState.IDLE

_DISPOSITIONS: dict[Rule, Disposition] = {
    "no_agent": "no_agent",
    "full": "queue_full",
    "timeout": "queue_timeout",
    "removed": "no_route",
}


def offer(turn: Turn, contact: Contact, agent: Agent, queue: QueueId | None, *, is_wanted: bool = False) -> None:
    """Reserve an agent for a contact and ring its phone, unless that is off hook.

    Args:
        queue: None: straight to the agent.
        is_wanted: The agent has asked for this one: it need not answer.
    """
    now = turn.now
    parked = agent.parked
    leg = parked.id if parked is not None else LegId(f"{contact.id}/{contact.leg_count + 1}")
    turn.emit(
        ContactOffered(
            at=now,
            contact=contact.id,
            offer=OfferId(f"{contact.id}#{contact.offer_count + 1}"),
            agent=agent.id,
            leg=leg,
            queue=queue,
            auto_answer=agent.auto_answer or is_wanted,
            is_lifted=parked is not None,
        )
    )
    if queue is None:
        turn.arrange(contact)
    if parked is None:
        turn.ring(contact, leg, agent=agent.id, caller=contact.caller)
        return
    if contact.agents:
        turn.emit(CustomerAlerting(at=now, contact=contact.id, agent=contact.agents[0], number=str(agent.id)))
    if contact.offer is not None and contact.offer.auto_answer:
        talk(turn, contact, contact.offer)


def reserve(turn: Turn, contact: Contact, agent: Agent) -> None:
    """The contact waits for this agent alone, as long as the agent's calls may wait anywhere."""
    if agent.state is _AGENT_IDLE and agent.takes_calls:
        offer(turn, contact, agent, None)
        return
    until = turn.now + turn.state.queue_profile(contact.queue).max_wait_ms
    turn.emit(ContactReserved(at=turn.now, contact=contact.id, agent=agent.id, until=until))
    turn.arrange(contact)


def carry_out(turn: Turn, contact: Contact, placement: Placement, *, priority: int | None = None) -> None:
    """Put a contact where the rules say. A release takes it back to the agent or flow that sent it, else ends it.

    A call between agents goes into no flow.
    """
    now = turn.now
    for step in placement.steps:
        turn.emit(
            QueueOverflowed(
                at=now, contact=contact.id, queue=step.queue, rule=step.rule, action=step.action, target=step.target
            )
        )
    if placement.queue is not None:
        turn.accept_caller(contact)
        turn.emit(
            ContactQueued(
                at=now,
                contact=contact.id,
                queue=placement.queue,
                priority=contact.priority if priority is None else priority,
                since=contact.queued_since or now,
            )
        )
        turn.arrange(contact)
    elif contact.is_internal or contact.handover is not None:
        cause = _DISPOSITIONS[placement.released_by or "no_agent"]
        if contact.is_internal:
            fail_attempt(turn, contact, cause)
        else:
            take_back(turn, contact, cause=cause)
    elif placement.flow is not None:
        turn.enter_flow(contact, placement.flow)
    elif placement.released_by is not None:
        disposition = _DISPOSITIONS[placement.released_by]
        if contact.run is not None:
            resume_flow(turn, contact, disposition)
        else:
            end_contact(turn, contact, cause=disposition, disposition=disposition, release_by="system")


def resume_flow(turn: Turn, contact: Contact, cause: str) -> None:
    """What the contact's flow ordered has failed: the flow goes on at its failure exit."""
    run = contact.run
    if run is None:
        raise LookupError(f"contact {contact.id} is in no flow")
    turn.emit(FlowResumed(at=turn.now, contact=contact.id, run=run, cause=cause))
    turn.order(ResumeFlow(key=turn.key(contact), contact=contact.id, run=run, cause=cause))
    turn.arrange(contact)


def give_back(turn: Turn, contact: Contact, *, was_direct: bool, cause: str) -> None:
    """An offer or a dialled number came to nothing: back to the flow that ordered it, to its queue, or to the end."""
    if was_direct and contact.handover is not None:
        take_back(turn, contact, cause=cause)
    elif was_direct and contact.is_internal:
        fail_attempt(turn, contact, cause)
    elif was_direct and contact.run is not None:
        resume_flow(turn, contact, cause)
    elif contact.queue is not None:
        carry_out(turn, contact, place(turn.state, contact.queue, is_new=False))
    else:
        end_contact(turn, contact, cause=cause, disposition="failed", release_by="system")


def queue_timed_out(turn: Turn, contact: Contact) -> None:
    """The longest wait of the contact's queue is over."""
    if contact.private_agent is not None:
        unreserve(turn, contact)
        return
    if contact.queue is None:
        return
    profile = turn.state.queue_profile(contact.queue)
    if profile.on_timeout.action == "wait":
        turn.emit(QueueOverflowed(at=turn.now, contact=contact.id, queue=contact.queue, rule="timeout", action="wait"))
    else:
        carry_out(turn, contact, place(turn.state, contact.queue, fired=("timeout", profile.on_timeout)))


def remove_from_queue(turn: Turn, contact: Contact) -> None:
    """The contact's queue is no longer configured."""
    if contact.queue is not None:
        carry_out(turn, contact, place(turn.state, contact.queue, fired=("removed", Overflow("release"))))


def retry(turn: Turn, contact: Contact) -> None:
    """Agents that did not take the contact may be asked again, when nobody else is idle."""
    queue = turn.state.queues.get(contact.queue) if contact.queue is not None else None
    if queue is None or contact.state is not _QUEUED:
        return
    agent = choose_agent(queue, contact, now=turn.now)
    if agent is not None:
        offer(turn, contact, agent, queue.id)


def settle(turn: Turn) -> None:
    """Look at every agent that became idle, contact that was queued and queue that lost its last agent in this turn."""
    state = turn.state
    while state.arrivals or state.freed or state.deserted or state.absent:
        while state.freed:
            agent = state.agents.get(state.freed.pop(0))
            if agent is not None and agent.state is _AGENT_IDLE:
                _serve(turn, agent)
        while state.arrivals:
            waiting = state.contacts.get(state.arrivals.pop(0))
            if waiting is not None:
                retry(turn, waiting)
        while state.deserted:
            _desert(turn, state.deserted.pop(0))
        while state.absent:
            for contact in list(state.private.get(state.absent.pop(0), ())):
                unreserve(turn, state.contacts[contact])


def _serve(turn: Turn, agent: Agent) -> None:
    """An agent is free: what waits for it alone comes first."""
    if agent.is_cut_off:
        review_phone(turn, agent)
        return
    if not agent.takes_calls:
        return
    private = turn.state.private.get(agent.id)
    if private:
        offer(turn, turn.state.contacts[private[0]], agent, None)
        return
    contact = choose_contact(turn.state, agent, now=turn.now)
    if contact is not None:
        offer(turn, contact, agent, contact.queue)


def unreserve(turn: Turn, contact: Contact) -> None:
    """The one agent that a contact waits for does not come."""
    if contact.private_agent is not None:
        turn.emit(ReservationEnded(at=turn.now, contact=contact.id, agent=contact.private_agent))
        give_back(turn, contact, was_direct=True, cause="no_answer")


def _desert(turn: Turn, queue_id: QueueId) -> None:
    """The last agent left a queue: its rule for "no agent on duty" holds for those that wait already."""
    queue = turn.state.queues.get(queue_id)
    if queue is None or queue.on_duty or not queue.waiting:
        return
    rule = rule_now(turn.state, queue_id, is_new=False)
    if rule is None:
        return
    for key in list(queue.waiting):
        contact = turn.state.contacts[key[3]]
        if contact.state is _QUEUED and contact.queue == queue_id:
            carry_out(turn, contact, place(turn.state, queue_id, is_new=False, fired=rule))
