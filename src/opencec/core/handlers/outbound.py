"""Calls that agents make: own phone first, then a number or another agent (cc-gateway.md 5.2 callout, callinner)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal

import msgspec

from opencec.core.agent import Agent, AgentState
from opencec.core.attendance import attend, leave_attendance
from opencec.core.call import Pictures
from opencec.core.commands import CallInner, CallOut, Command
from opencec.core.conferring import open_conference
from opencec.core.contact import Contact
from opencec.core.effects import DialNumber
from opencec.core.ending import after_attempt, end_contact, fail_attempt
from opencec.core.errors import CoreError
from opencec.core.events import (
    ContactDialled,
    ContactLeftAgent,
    CustomerAlerting,
    LegChanged,
    PhoneAlerting,
    PhoneOffHook,
    PreviewEnded,
)
from opencec.core.handlers.lookup import check_data, check_number, off_hook, signed_in
from opencec.core.handlers.offer import withdraw_offer
from opencec.core.ids import AgentId, ContactId, LegId, QueueId
from opencec.core.phones import release_phone
from opencec.core.routing.overflow import place
from opencec.core.routing.router import carry_out, offer
from opencec.core.turn import Turn

__all__ = [
    "OUTBOUND_HANDLERS",
    "Dial",
    "far_end_alerts",
    "far_end_answered",
    "far_end_failed",
    "find_colleague",
    "give_up",
    "is_known",
    "own_phone_alerts",
    "own_phone_failed",
    "own_phone_lifted",
    "start_call",
]

_AGENT_BUSY = AgentState.BUSY
_AGENT_IDLE = AgentState.IDLE
_AGENT_TALKING = AgentState.TALKING
_AGENT_WRAP_UP = AgentState.WRAP_UP

_INTERNAL, _OUTBOUND, _PREVIEWED = 6, 7, 44
"""cc-gateway.md 8.1."""


class Dial(msgspec.Struct, frozen=True, gc=False):
    """A call that an agent makes."""

    contact: ContactId
    feature: int
    caller: str
    called: str
    queue: QueueId | None
    data: str
    medium: Literal["voice", "video"] = "voice"
    pictures: Pictures = "both"
    principal: ContactId | None = None
    """Consult: the call for whose sake it is made."""
    is_beside: bool = False
    """The agent's phone goes on serving the principal call."""


def is_known(turn: Turn, contact: ContactId) -> bool:
    """The same command came again."""
    return contact in turn.state.contacts or contact in turn.state.ended


def _check_free(turn: Turn, agent: Agent) -> None:
    """Calls are made from idle, busy, wrap-up, or beside held calls (agent-workbench.md 3)."""
    if agent.active is not None:
        raise CoreError("in_call", f"agent {agent.id} has an active call")
    if agent.contacts and off_hook(turn.state, agent) is None:
        raise CoreError("wrong_state", f"the phone of agent {agent.id} is not off hook")
    if agent.state in (_AGENT_IDLE, _AGENT_BUSY, _AGENT_WRAP_UP, _AGENT_TALKING):
        return
    raise CoreError("wrong_state", f"agent {agent.id} cannot call while {agent.state}")


def _call_out(turn: Turn, command: CallOut) -> None:
    profile = turn.state.profile
    agent = signed_in(turn.state, command.agent)
    if is_known(turn, command.contact):
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
    _check_free(turn, agent)
    feature = _OUTBOUND
    if command.preview:
        if agent.preview is None or agent.preview.control != command.preview:
            raise CoreError("invalid_value", f"preview {command.preview} is not offered to agent {agent.id}")
        turn.emit(PreviewEnded(at=turn.now, agent=agent.id, control=command.preview, reason="called"))
        feature = _PREVIEWED
    dial = Dial(command.contact, feature, caller, command.called, queue, command.data, command.medium, command.pictures)
    start_call(turn, agent, dial)


def _call_inner(turn: Turn, command: CallInner) -> None:
    agent = signed_in(turn.state, command.agent)
    if is_known(turn, command.contact):
        return
    check_data(command.data)
    called = find_colleague(turn, agent, called=command.called, queue=command.queue)
    _check_free(turn, agent)
    dial = Dial(command.contact, _INTERNAL, str(agent.id), called, command.queue, command.data, command.medium)
    start_call(turn, agent, dial)


def find_colleague(turn: Turn, agent: Agent, *, called: AgentId | None, queue: QueueId | None) -> str:
    """Whom an agent calls, as the call will name it: a free agent's work number, or the id of a queue that is served.

    Raises:
        CoreError: unknown_agent, agent_not_available, unknown_queue, queue_full.
    """
    state = turn.state
    if queue is not None:
        if queue not in state.queues:
            raise CoreError("unknown_queue", f"queue {queue} is not configured")
        placement = place(state, queue)
        if placement.released_by == "full":
            raise CoreError("queue_full", f"queue {queue} is full")
        if placement.queue is None:
            raise CoreError("agent_not_available", f"no agent serves queue {queue}")
        return str(queue)
    other = state.agents.get(called) if called is not None else None
    if other is None:
        raise CoreError("unknown_agent", f"agent {called} is not configured")
    if other.state is not _AGENT_IDLE or not other.takes_calls or other is agent:
        raise CoreError("agent_not_available", f"agent {other.id} is {other.state}")
    return str(other.id)


def start_call(turn: Turn, agent: Agent, dial: Dial) -> None:
    """Make the contact; a phone that is off hook already dials at once, another one is rung first."""
    state = turn.state
    own = None if dial.is_beside else off_hook(state, agent)
    source = state.contact_of(own.id) if own is not None else None
    leg = LegId("") if dial.is_beside else own.id if own is not None else LegId(f"{dial.contact}/1")
    turn.emit(
        ContactDialled(
            at=turn.now,
            contact=dial.contact,
            agent=agent.id,
            feature=dial.feature,
            caller=dial.caller,
            called=dial.called,
            queue=dial.queue,
            leg=leg,
            data=dial.data,
            is_lifted=own is not None,
            principal=dial.principal,
            medium=dial.medium,
            pictures=dial.pictures,
        )
    )
    if source is not None:
        turn.record_other_side(source)
    contact = state.contacts[dial.contact]
    if own is None and not dial.is_beside:
        turn.ring(contact, leg, agent=agent.id, caller=dial.called)
    else:
        _call_far_end(turn, contact)


# --- the agent's own phone ----------------------------------------------------------------------------------------


def own_phone_alerts(turn: Turn, contact: Contact, leg: LegId) -> None:
    """The phone of the agent that dials rings."""
    if contact.legs[leg].state == "new":
        turn.emit(PhoneAlerting(at=turn.now, agent=contact.agents[0], contact=contact.id, leg=leg))


def own_phone_lifted(turn: Turn, contact: Contact, leg: LegId) -> None:
    """The agent has lifted the phone: now the other party is called."""
    if contact.direction == "service":
        attend(turn, contact, leg)
        return
    turn.emit(PhoneOffHook(at=turn.now, agent=contact.agents[0], contact=contact.id, leg=leg))
    if contact.conference is not None:
        open_conference(turn, contact, leg)
        return
    _call_far_end(turn, contact)


def _call_far_end(turn: Turn, contact: Contact) -> None:
    if contact.is_internal:
        _call_colleague(turn, contact)
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
            near=turn.near(contact),
            has_video=contact.medium == "video" and contact.has_video,
        )
    )
    turn.arrange(contact)


def _call_colleague(turn: Turn, contact: Contact) -> None:
    if contact.queue is not None:
        carry_out(turn, contact, place(turn.state, contact.queue))
        return
    called = turn.state.agents.get(AgentId(int(contact.called)))
    if called is None or called.state is not _AGENT_IDLE:
        far_end_failed(turn, contact, "busy")
    else:
        offer(turn, contact, called, None)


def own_phone_failed(turn: Turn, contact: Contact, cause: str) -> None:
    """The agent did not lift, or the phone cannot be reached."""
    leave_attendance(turn, contact, "phone")
    fail_attempt(turn, contact, cause, is_own_phone=True)


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
    fail_attempt(turn, contact, cause)


def give_up(turn: Turn, contact: Contact, agent: Agent, *, next_state: bool = True) -> None:
    """The agent leaves a call that it was dialling. `next_state` False: its state is for the caller to decide."""
    leave_attendance(turn, contact, "inspector_gone")
    if contact.offer is not None:
        withdraw_offer(turn, contact)
    turn.emit(ContactLeftAgent(at=turn.now, contact=contact.id, agent=agent.id, reason="agent_hangup"))
    release_phone(turn, contact, agent, by_agent=True)
    if next_state:
        after_attempt(turn, agent, contact)
    end_contact(turn, contact, cause="normal", disposition="abandoned", release_by="agent")


OUTBOUND_HANDLERS: dict[type[Command], Callable[[Turn, Any], None]] = {CallOut: _call_out, CallInner: _call_inner}
