"""Calls that agents make: own phone first, then a number or another agent (cc-gateway.md 5.2 callout, callinner)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from opencec.core.agent import Agent, AgentState
from opencec.core.cdr import Disposition
from opencec.core.commands import CallInner, CallOut, Command
from opencec.core.contact import Contact
from opencec.core.effects import DialNumber
from opencec.core.ending import after_attempt, end_contact, release_phone
from opencec.core.errors import CoreError
from opencec.core.events import (
    ContactDialled,
    ContactLeftAgent,
    CustomerAlerting,
    DialFailed,
    LegChanged,
    PhoneAlerting,
    PhoneOffHook,
)
from opencec.core.handlers.lookup import check_data, check_number, signed_in
from opencec.core.handlers.offer import withdraw_offer
from opencec.core.ids import AgentId, ContactId, LegId, QueueId
from opencec.core.routing.router import offer
from opencec.core.turn import Turn

__all__ = [
    "OUTBOUND_HANDLERS",
    "far_end_alerts",
    "far_end_answered",
    "far_end_failed",
    "give_up",
    "own_phone_alerts",
    "own_phone_failed",
    "own_phone_lifted",
]

_AGENT_BUSY = AgentState.BUSY
_AGENT_IDLE = AgentState.IDLE
_AGENT_TALKING = AgentState.TALKING
_AGENT_WRAP_UP = AgentState.WRAP_UP

_INTERNAL, _OUTBOUND = 6, 7
"""cc-gateway.md 8.1."""


def _is_known(turn: Turn, contact: ContactId) -> bool:
    """The same command came again."""
    return contact in turn.state.contacts or contact in turn.state.ended


def _check_free(agent: Agent) -> None:
    """Calls are made from idle, busy, wrap-up, or beside held calls (agent-workbench.md 3)."""
    if agent.active is not None:
        raise CoreError("in_call", f"agent {agent.id} has an active call")
    if agent.state in (_AGENT_IDLE, _AGENT_BUSY, _AGENT_WRAP_UP, _AGENT_TALKING):
        return
    raise CoreError("wrong_state", f"agent {agent.id} cannot call while {agent.state}")


def _call_out(turn: Turn, command: CallOut) -> None:
    profile = turn.state.profile
    agent = signed_in(turn.state, command.agent)
    if _is_known(turn, command.contact):
        return
    check_number(command.called)
    check_data(command.data)
    caller = command.caller or profile.default_caller
    if not caller:
        raise CoreError("no_caller_number", "neither the call nor the tenant names a caller number")
    check_number(caller)
    queue = command.queue or profile.default_queue or None
    if queue is not None and queue not in turn.state.queues:
        raise CoreError("unknown_queue", f"queue {queue} is not configured")
    _check_free(agent)
    _dial(turn, agent, command, caller=caller, called=command.called, queue=queue)


def _call_inner(turn: Turn, command: CallInner) -> None:
    agent = signed_in(turn.state, command.agent)
    if _is_known(turn, command.contact):
        return
    check_data(command.data)
    called = turn.state.agents.get(command.called)
    if called is None:
        raise CoreError("unknown_agent", f"agent {command.called} is not configured")
    _check_free(agent)
    if called.state is not _AGENT_IDLE or called is agent:
        raise CoreError("agent_not_available", f"agent {called.id} is {called.state}")
    _dial(turn, agent, command, caller=str(agent.id), called=str(called.id), queue=None)


def _dial(
    turn: Turn, agent: Agent, command: CallOut | CallInner, *, caller: str, called: str, queue: QueueId | None
) -> None:
    leg = LegId(f"{command.contact}/1")
    turn.emit(
        ContactDialled(
            at=turn.now,
            contact=command.contact,
            agent=agent.id,
            feature=_OUTBOUND if isinstance(command, CallOut) else _INTERNAL,
            caller=caller,
            called=called,
            queue=queue,
            leg=leg,
            data=command.data,
        )
    )
    turn.ring(turn.state.contacts[command.contact], leg, agent=agent.id, caller=called)


# --- the agent's own phone ----------------------------------------------------------------------------------------


def own_phone_alerts(turn: Turn, contact: Contact, leg: LegId) -> None:
    """The phone of the agent that dials rings."""
    if contact.legs[leg].state == "new":
        turn.emit(PhoneAlerting(at=turn.now, agent=contact.agents[0], contact=contact.id, leg=leg))


def own_phone_lifted(turn: Turn, contact: Contact, leg: LegId) -> None:
    """The agent has lifted the phone: now the other party is called."""
    turn.emit(PhoneOffHook(at=turn.now, agent=contact.agents[0], contact=contact.id, leg=leg))
    if contact.feature == _INTERNAL:
        called = turn.state.agents.get(AgentId(int(contact.called)))
        if called is None or called.state is not _AGENT_IDLE:
            far_end_failed(turn, contact, "busy")
            return
        offer(turn, contact, called, None)
        return
    customer = LegId(f"{contact.id}/{contact.leg_count + 1}")
    turn.emit(
        LegChanged(at=turn.now, contact=contact.id, leg=customer, role="customer", state="new", address=contact.called)
    )
    turn.order(
        DialNumber(
            key=turn.key(contact),
            leg=customer,
            contact=contact.id,
            number=contact.called,
            caller=contact.caller,
        )
    )
    turn.arrange(contact)


def own_phone_failed(turn: Turn, contact: Contact, cause: str) -> None:
    """The agent did not lift, or the phone cannot be reached."""
    _attempt_failed(turn, contact, cause, is_own_phone=True)


# --- the party that is dialled --------------------------------------------------------------------------------------


def far_end_alerts(turn: Turn, contact: Contact, leg: LegId, *, early_media: bool) -> None:
    """The number rings; with early media the agent hears it instead of our ringback."""
    called = contact.legs[leg]
    was_new = called.state == "new"
    if early_media and not called.has_early_media:
        turn.emit(
            LegChanged(at=turn.now, contact=contact.id, leg=leg, role="customer", state="alerting", cause="early_media")
        )
        turn.arrange(contact)
    if was_new:
        turn.emit(CustomerAlerting(at=turn.now, contact=contact.id, agent=contact.agents[0], number=contact.called))


def far_end_answered(turn: Turn, contact: Contact, leg: LegId) -> None:
    """The number has answered: agent and customer talk."""
    turn.emit(LegChanged(at=turn.now, contact=contact.id, leg=leg, role="customer", state="up"))
    turn.join(contact, contact.agents[0])


def far_end_failed(turn: Turn, contact: Contact, cause: str) -> None:
    """Busy, no answer, unreachable: the agent is told and goes back to where it was."""
    _attempt_failed(turn, contact, cause, is_own_phone=False)


def _attempt_failed(turn: Turn, contact: Contact, cause: str, *, is_own_phone: bool) -> None:
    agent = turn.state.agents[contact.agents[0]]
    turn.emit(
        DialFailed(
            at=turn.now,
            contact=contact.id,
            agent=agent.id,
            where="own_phone" if is_own_phone else "far_end",
            cause=cause,
            feature=contact.feature,
        )
    )
    release_phone(turn, contact, agent, by_agent=False)
    after_attempt(turn, agent)
    disposition: Disposition = "rejected" if cause == "rejected" and not is_own_phone else "failed"
    end_contact(turn, contact, cause=cause, disposition=disposition, release_by="system")


def give_up(turn: Turn, contact: Contact, agent: Agent, *, next_state: bool = True) -> None:
    """The agent leaves a call that it was dialling. `next_state` False: its state is for the caller to decide."""
    if contact.offer is not None:
        withdraw_offer(turn, contact)
    turn.emit(ContactLeftAgent(at=turn.now, contact=contact.id, agent=agent.id, reason="agent_hangup"))
    release_phone(turn, contact, agent, by_agent=True)
    if next_state:
        after_attempt(turn, agent)
    end_contact(turn, contact, cause="normal", disposition="abandoned", release_by="agent")


OUTBOUND_HANDLERS: dict[type[Command], Callable[[Turn, Any], None]] = {CallOut: _call_out, CallInner: _call_inner}
