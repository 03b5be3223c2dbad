"""Deadlines that are due: each acts by itself, in the order of their times."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from opencec.core.agent import AgentState
from opencec.core.call import Leg
from opencec.core.commands import Command, Tick
from opencec.core.conferring import conference_due, conference_of, leave
from opencec.core.contact import Contact, ContactState
from opencec.core.ending import apply_preset, end_call, end_contact
from opencec.core.events import AgentBecameIdle, AgentRestOverdue, PreviewEnded
from opencec.core.handlers.chat_clock import chat_due
from opencec.core.handlers.hang_up import leave_call, stop_target
from opencec.core.handlers.legs import external_failed, leg_gone
from opencec.core.handlers.offer import decline, withdraw_offer
from opencec.core.handlers.outbound import far_end_failed, own_phone_failed
from opencec.core.ids import AgentId, ContactId
from opencec.core.reachability import review_phone
from opencec.core.routing.answer import take_back
from opencec.core.routing.chats import settle_chats
from opencec.core.routing.router import queue_timed_out, retry, settle
from opencec.core.turn import Turn

__all__ = ["CLOCK_HANDLERS"]

_ANNOUNCING = ContactState.ANNOUNCING
_CONFERRING = ContactState.CONFERRING
_DIALLING = ContactState.DIALLING
_ECHO = ContactState.ECHO
_FLOW = ContactState.FLOW
_FORWARDING = ContactState.FORWARDING
_HELD = ContactState.HELD
_LIFTING = ContactState.LIFTING
_QUEUED = ContactState.QUEUED
_TALKING = ContactState.TALKING
_AGENT_IDLE = AgentState.IDLE
_AGENT_REST = AgentState.REST


def _tick(turn: Turn, command: Tick) -> None:
    state, now = turn.state, turn.now
    while True:
        contact_at, contact = state.contact_due.first() or (now + 1, None)
        agent_at, agent = state.agent_due.first() or (now + 1, None)
        retry_at, waiting = state.retry_due.first() or (now + 1, None)
        chat_at, chat = state.chat_book.due.first() or (now + 1, None)
        at = min(contact_at, agent_at, retry_at, chat_at)
        if at > now:
            return
        if contact is not None and contact_at == at:
            _contact_due(turn, contact)
        elif agent is not None and agent_at == at:
            _agent_due(turn, agent)
        elif waiting is not None and retry_at == at:
            state.schedule_retry(state.contacts[waiting], after=now)
            retry(turn, state.contacts[waiting])
        elif chat is not None:
            chat_due(turn, chat)
        settle(turn)
        settle_chats(turn)


def _agent_due(turn: Turn, agent_id: AgentId) -> None:
    agent = turn.state.agents[agent_id]
    turn.state.agent_due.drop(agent_id)
    if agent.preview is not None and agent.preview.until <= turn.now:
        turn.emit(PreviewEnded(at=turn.now, agent=agent.id, control=agent.preview.control, reason="timeout"))
    elif agent.state is _AGENT_REST:
        turn.emit(AgentRestOverdue(at=turn.now, agent=agent.id))
    elif agent.state is _AGENT_IDLE:
        review_phone(turn, agent)
    elif not apply_preset(turn, agent):
        turn.emit(AgentBecameIdle(at=turn.now, agent=agent.id, cause="wrap_up_over"))


def _contact_due(turn: Turn, contact_id: ContactId) -> None:
    """What the contact waited for did not come."""
    now = turn.now
    contact = turn.state.contacts[contact_id]
    turn.state.contact_due.drop(contact_id)
    late = next((leg for leg in contact.legs.values() if leg.until and leg.until <= now), None)
    if late is not None:
        _leg_due(turn, contact, late)
    elif contact.state is _CONFERRING:
        conference_due(turn, contact)
    elif contact.offer is not None and contact.offer.until <= now:
        decline(turn, contact, "no_answer")
    elif contact.call_until <= now:
        _too_long(turn, contact)
    elif contact.handover is not None and contact.handover.until <= now:
        stop_target(turn, contact, "no_answer")
        take_back(turn, contact, cause="no_answer")
    elif contact.state is _QUEUED:
        queue_timed_out(turn, contact)
    elif contact.state is _FLOW:
        end_contact(turn, contact, cause="flow_timeout", disposition="flow_only", release_by="system")
    else:
        turn.state.schedule(contact)


def _leg_due(turn: Turn, contact: Contact, leg: Leg) -> None:
    if leg.replaces is not None:
        leg_gone(turn, contact, leg, "no_answer")
        turn.end_legs(contact, [leg.id], "cancelled")
    elif leg.state == "lost":
        leg_gone(turn, contact, leg, "lost")
    elif contact.state is _CONFERRING:
        _no_answer(turn, contact, leg)
    elif contact.state is _LIFTING:
        own_phone_failed(turn, contact, "no_answer")
    elif contact.state is _DIALLING:
        far_end_failed(turn, contact, "no_answer")
    elif contact.state is _FORWARDING:
        external_failed(turn, contact, leg, "no_answer", is_over=False)


def _no_answer(turn: Turn, contact: Contact, leg: Leg) -> None:
    """An invitation to a conference."""
    member = conference_of(contact).of_leg(leg.id)
    if member is not None:
        leave(turn, contact, member, "other", cause="no_answer")


def _too_long(turn: Turn, contact: Contact) -> None:
    """The longest call is over, whatever it is doing."""
    if contact.handover is not None:
        stop_target(turn, contact, "call_too_long")
        take_back(turn, contact, cause="call_too_long")
    if contact.offer is not None and not contact.is_internal:
        withdraw_offer(turn, contact)
    elif contact.state in (_TALKING, _HELD, _ANNOUNCING):
        end_call(turn, contact, by="system")
        return
    elif contact.agents:
        leave_call(turn, contact, turn.state.agents[contact.agents[0]])
        return
    is_flow = contact.state in (_FLOW, _ECHO)
    end_contact(
        turn,
        contact,
        cause="call_too_long",
        disposition="flow_only" if is_flow else "failed",
        release_by="system",
    )


CLOCK_HANDLERS: dict[type[Command], Callable[[Turn, Any], None]] = {Tick: _tick}
