"""Transfers (cc-gateway.md 5.2, 8.2): the agent leaves at once, or waits for the outcome and keeps what fails."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from opencec.core.agent import Agent
from opencec.core.commands import CancelTransfer, Command, Transfer
from opencec.core.contact import Contact, ContactState
from opencec.core.ending import leave_agent, party_gone
from opencec.core.errors import CoreError
from opencec.core.events import CallDataSet, ContactTransferred, TransferEnded, TransferStarted
from opencec.core.handlers.hang_up import stop_target
from opencec.core.handlers.lookup import active_call, check_data, check_number, signed_in, two_party_call
from opencec.core.ids import AgentId
from opencec.core.routing.answer import take_back
from opencec.core.routing.destination import Destination, find_destination, send
from opencec.core.routing.router import reserve
from opencec.core.turn import Turn

__all__ = ["TRANSFER_HANDLERS"]

_ANNOUNCING = ContactState.ANNOUNCING
_TALKING = ContactState.TALKING

_KINDS: dict[str, tuple[str, ...]] = {
    "release": ("queue", "agent", "flow", "access_code", "number"),
    "success": ("queue", "agent", "access_code", "number"),
    "designated": ("agent",),
    "talk": ("number",),
    "conference": ("number",),
    "suspend": ("flow",),
}
"""Targets of each mode."""


def _transfer(turn: Turn, command: Transfer) -> None:
    """Everything is looked up first: a refused transfer leaves the call as it is."""
    target, mode = command.target, command.mode
    agent = signed_in(turn.state, command.agent)
    contact = two_party_call(turn.state, agent)
    check_data(command.data)
    if target.kind not in _KINDS[mode]:
        raise CoreError("invalid_value", f"no {mode} transfer goes to a {target.kind}")
    if target.kind == "number":
        check_number(target.address, is_external=True)
        if mode == "release" and contact.shows_video:
            raise CoreError("wrong_call_state", "a call with pictures is not released to an external number")
    if mode == "designated":
        private, destination = _find_private(turn, agent, target.address), Destination()
    else:
        private, destination = None, find_destination(turn.state, target)
    if command.data is not None and command.data != contact.data:
        turn.emit(CallDataSet(at=turn.now, contact=contact.id, data=command.data))
    if mode in ("release", "designated") or not _can_fail(destination, mode):
        _release(turn, contact, agent, command)
    else:
        _start(turn, contact, agent, command)
    if private is not None:
        reserve(turn, contact, private)
        return
    customer = contact.party or (contact.called if contact.direction == "outbound" else contact.caller)
    has_video = command.medium == "video" and contact.has_video
    send(turn, contact, destination, caller=command.caller or customer, has_video=has_video)


def _find_private(turn: Turn, agent: Agent, address: str) -> Agent:
    other = turn.state.agents.get(AgentId(int(address))) if address.isdecimal() else None
    if other is None:
        raise CoreError("unknown_agent", f"agent {address!r} is not configured")
    if not other.is_signed_in or other is agent:
        raise CoreError("agent_not_available", f"agent {other.id} is {other.state}")
    return other


def _can_fail(destination: Destination, mode: str) -> bool:
    """A flow or an echo test takes the contact at once: nobody waits for the outcome."""
    placement = destination.placement
    is_queued = placement is not None and placement.queue is not None
    return mode == "suspend" or is_queued or destination.agent is not None or bool(destination.number)


def _release(turn: Turn, contact: Contact, agent: Agent, command: Transfer) -> None:
    target = command.target
    turn.emit(
        ContactTransferred(at=turn.now, contact=contact.id, agent=agent.id, kind=target.kind, address=target.address)
    )
    if command.mode == "success":
        turn.emit(TransferEnded(at=turn.now, contact=contact.id, agent=agent.id, result="done"))
    leave_agent(turn, contact, agent, reason="transferred", number=None)


def _start(turn: Turn, contact: Contact, agent: Agent, command: Transfer) -> None:
    target, mode = command.target, command.mode
    if mode == "release" or mode == "designated":
        raise LookupError(f"nobody waits for a {mode} transfer")
    turn.emit(
        TransferStarted(
            at=turn.now,
            contact=contact.id,
            agent=agent.id,
            mode=mode,
            kind=target.kind,
            address=target.address,
            until=turn.now + _longest_ms(turn, command),
            holds=command.holds or mode != "conference",
        )
    )


def _longest_ms(turn: Turn, command: Transfer) -> int:
    """How long the agent waits: as long as a number or phone may ring, a queue may keep, a flow may last."""
    profile, kind = turn.state.profile, command.target.kind
    if kind in ("number", "agent"):
        return profile.setup_ms
    if kind == "flow":
        return profile.flow_ms
    return max(queue.max_wait_ms for queue in profile.queues)


def _cancel(turn: Turn, command: CancelTransfer) -> None:
    """Before the answer the target is given up, after it the third party is dropped."""
    agent = signed_in(turn.state, command.agent)
    contact = active_call(turn.state, agent)
    if contact.handover is not None and contact.handover.agent == agent.id:
        stop_target(turn, contact, "cancelled")
        take_back(turn, contact, result="cancelled", cause="cancelled")
    elif contact.state in (_ANNOUNCING, _TALKING) and contact.external is not None and contact.customer is not None:
        leg = contact.external
        party_gone(turn, contact, leg)
        turn.end_legs(contact, [leg])
    else:
        raise CoreError("wrong_call_state", f"no transfer of contact {contact.id} is under way")


TRANSFER_HANDLERS: dict[type[Command], Callable[[Turn, Any], None]] = {Transfer: _transfer, CancelTransfer: _cancel}
