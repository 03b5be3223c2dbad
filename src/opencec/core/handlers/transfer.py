"""Transfer in release mode (cc-gateway.md 5.2, 8.2): the agent leaves at once, the contact goes on."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from opencec.core.commands import Command, Transfer
from opencec.core.ending import leave_agent
from opencec.core.errors import CoreError
from opencec.core.events import CallDataSet, ContactTransferred
from opencec.core.handlers.lookup import check_data, check_number, signed_in, talking_call
from opencec.core.routing.destination import find_destination, send
from opencec.core.turn import Turn

__all__ = ["TRANSFER_HANDLERS"]


def _transfer(turn: Turn, command: Transfer) -> None:
    """Everything is looked up first: a refused transfer leaves the call as it is."""
    target = command.target
    agent = signed_in(turn.state, command.agent)
    contact = talking_call(turn.state, agent, is_external=True)
    if contact.is_muted:
        raise CoreError("wrong_call_state", "a muted call is not transferred")
    check_data(command.data)
    if target.kind == "number":
        check_number(target.address, is_external=True)
    destination = find_destination(turn.state, target)
    if command.data is not None and command.data != contact.data:
        turn.emit(CallDataSet(at=turn.now, contact=contact.id, data=command.data))
    turn.emit(
        ContactTransferred(at=turn.now, contact=contact.id, agent=agent.id, kind=target.kind, address=target.address)
    )
    leave_agent(turn, contact, agent, reason="transferred", number=None)
    customer = contact.called if contact.direction == "outbound" else contact.caller
    send(turn, contact, destination, caller=command.caller or customer)


TRANSFER_HANDLERS: dict[type[Command], Callable[[Turn, Any], None]] = {Transfer: _transfer}
