"""Calls that an agent asks for: another's ringing call, a certain waiting one, a preview; and the phone put on hook."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from opencec.core.agent import Agent, AgentState
from opencec.core.commands import Command, OfferPreview, PickUp, ReleasePhone, RequestContact, WithdrawPreview
from opencec.core.contact import ContactState
from opencec.core.errors import CoreError
from opencec.core.events import PreviewEnded, PreviewOffered
from opencec.core.handlers.lookup import check_data, check_number, find_contact, signed_in
from opencec.core.handlers.offer import leave_offer
from opencec.core.ids import AgentId
from opencec.core.phones import hang_up_parked
from opencec.core.routing.router import offer
from opencec.core.turn import Turn

__all__ = ["WANTED_HANDLERS"]

_QUEUED = ContactState.QUEUED
_WITHOUT_CALL = (AgentState.IDLE, AgentState.BUSY, AgentState.WRAP_UP)

_LONGEST_PREVIEW_S = 3_600


def _without_call(turn: Turn, agent_id: AgentId) -> Agent:
    agent = signed_in(turn.state, agent_id)
    if agent.contacts:
        raise CoreError("in_call", f"agent {agent.id} has a call")
    if agent.state not in _WITHOUT_CALL:
        raise CoreError("wrong_state", f"agent {agent.id} takes no call while {agent.state}")
    return agent


def _pick_up(turn: Turn, command: PickUp) -> None:
    """The call goes on ringing here; the agent need not answer it."""
    agent = _without_call(turn, command.agent)
    if not turn.state.may_pick_up(agent.id):
        raise CoreError("not_permitted", f"agent {agent.id} may not take calls of others")
    other = turn.state.agents.get(command.other)
    contact = turn.state.contacts.get(other.active) if other is not None and other.active is not None else None
    ringing = contact.offer if contact is not None else None
    if contact is None or ringing is None or ringing.agent != command.other:
        raise CoreError("no_call", f"nothing rings at agent {command.other}")
    if agent.id in contact.agents:
        raise CoreError("wrong_call_state", f"agent {agent.id} makes this call")
    leave_offer(turn, contact, "picked_up")
    offer(turn, contact, agent, ringing.queue, is_wanted=True)


def _request(turn: Turn, command: RequestContact) -> None:
    agent = _without_call(turn, command.agent)
    contact = find_contact(turn.state, command.contact)
    if contact.state is not _QUEUED or contact.private_agent not in (None, agent.id):
        raise CoreError("wrong_call_state", f"contact {contact.id} does not wait for an agent")
    if command.queue is not None and contact.queue != command.queue:
        raise CoreError("unknown_queue", f"contact {contact.id} does not wait in queue {command.queue}")
    offer(turn, contact, agent, contact.queue if contact.private_agent is None else None)


def _release_phone(turn: Turn, command: ReleasePhone) -> None:
    agent = signed_in(turn.state, command.agent)
    if agent.contacts:
        raise CoreError("in_call", f"agent {agent.id} is in a call")
    if agent.parked is None:
        raise CoreError("wrong_state", f"the phone of agent {agent.id} is on hook")
    hang_up_parked(turn, agent)


def _offer_preview(turn: Turn, command: OfferPreview) -> None:
    state = turn.state
    agent = signed_in(state, command.agent)
    if agent.preview is not None and agent.preview.control == command.control:
        return
    _without_call(turn, command.agent)
    check_number(command.called)
    if command.caller:
        check_number(command.caller)
    check_data(command.data)
    if command.queue is not None and command.queue not in state.queues:
        raise CoreError("unknown_queue", f"queue {command.queue} is not configured")
    if not command.control or not 1 <= command.seconds <= _LONGEST_PREVIEW_S:
        raise CoreError("invalid_value", "a preview has a control id and lasts 1-3600 s")
    if agent.preview is not None:
        raise CoreError("wrong_state", f"agent {agent.id} has a preview")
    turn.emit(
        PreviewOffered(
            at=turn.now,
            agent=agent.id,
            control=command.control,
            called=command.called,
            caller=command.caller,
            queue=command.queue,
            data=command.data,
            until=turn.now + command.seconds * 1_000,
        )
    )


def _withdraw_preview(turn: Turn, command: WithdrawPreview) -> None:
    agent = signed_in(turn.state, command.agent)
    if agent.preview is not None and agent.preview.control == command.control:
        turn.emit(PreviewEnded(at=turn.now, agent=agent.id, control=command.control, reason="withdrawn"))


WANTED_HANDLERS: dict[type[Command], Callable[[Turn, Any], None]] = {
    PickUp: _pick_up,
    RequestContact: _request,
    ReleasePhone: _release_phone,
    OfferPreview: _offer_preview,
    WithdrawPreview: _withdraw_preview,
}
