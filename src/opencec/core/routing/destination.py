"""Destinations: where a transfer or a flow sends a contact, looked up before anything changes, then carried out."""

from __future__ import annotations

import msgspec

from opencec.core.agent import Agent, AgentState
from opencec.core.commands import TransferTarget
from opencec.core.contact import Contact
from opencec.core.effects import DialNumber
from opencec.core.errors import CoreError
from opencec.core.events import EchoStarted, LegChanged
from opencec.core.ids import AgentId, LegId, QueueId
from opencec.core.routing.overflow import Placement, place
from opencec.core.routing.router import carry_out, offer
from opencec.core.state import TenantState
from opencec.core.turn import Turn

__all__ = ["Destination", "find_destination", "send", "start_echo"]

_AGENT_IDLE = AgentState.IDLE


class Destination(msgspec.Struct, frozen=True, gc=False):
    """Exactly one of the fields says where; none of them: echo test."""

    placement: Placement | None = None
    agent: Agent | None = None
    flow: str = ""
    number: str = ""


def find_destination(state: TenantState, target: TransferTarget) -> Destination:
    """Look a target up.

    Raises:
        CoreError: unknown_queue, queue_full, agent_not_available, unknown_agent, unknown_flow, unknown_route. Numbers
            are taken as they are.
    """
    kind, address = target.kind, target.address
    if kind == "queue":
        return _find_queue(state, address)
    if kind == "agent":
        return _find_agent(state, address)
    if kind == "flow":
        if not address:
            raise CoreError("unknown_flow", "no flow is named")
        return Destination(flow=address)
    if kind == "number":
        return Destination(number=address)
    route = state.route(address)
    if route is None:
        raise CoreError("unknown_route", f"no called route begins {address!r}")
    if route.device == "queue":
        return _find_queue(state, route.target)
    return Destination(flow=route.target if route.device == "flow" else "")


def _find_queue(state: TenantState, address: str) -> Destination:
    queue = QueueId(int(address)) if address.isdecimal() else None
    if queue is None or queue not in state.queues:
        raise CoreError("unknown_queue", f"queue {address!r} is not configured")
    placement = place(state, queue)
    if placement.released_by == "full":
        raise CoreError("queue_full", f"queue {queue} is full")
    if placement.released_by is not None:
        raise CoreError("agent_not_available", f"no agent serves queue {queue}")
    return Destination(placement=placement)


def _find_agent(state: TenantState, address: str) -> Destination:
    agent = state.agents.get(AgentId(int(address))) if address.isdecimal() else None
    if agent is None:
        raise CoreError("unknown_agent", f"agent {address!r} is not configured")
    if agent.state is not _AGENT_IDLE or not agent.takes_calls:
        raise CoreError("agent_not_available", f"agent {agent.id} is {agent.state}")
    return Destination(agent=agent)


def send(
    turn: Turn,
    contact: Contact,
    destination: Destination,
    *,
    caller: str,
    priority: int | None = None,
    has_video: bool = False,
) -> None:
    """Send a contact on. Agents have left it already.

    Args:
        caller: The number shown to an external number.
        priority: In a skill queue; None: as it has.
        has_video: An external number is offered pictures.
    """
    if destination.placement is not None:
        carry_out(turn, contact, destination.placement, priority=priority)
    elif destination.agent is not None:
        turn.accept_caller(contact)
        offer(turn, contact, destination.agent, None)
    elif destination.flow:
        turn.enter_flow(contact, destination.flow)
    elif destination.number:
        _dial(turn, contact, destination.number, caller, has_video=has_video)
    else:
        start_echo(turn, contact)


def start_echo(turn: Turn, contact: Contact) -> None:
    """The caller hears itself."""
    turn.leave_flow(contact, "transferred")
    turn.accept_caller(contact)
    turn.emit(EchoStarted(at=turn.now, contact=contact.id))
    turn.arrange(contact)


def _dial(turn: Turn, contact: Contact, number: str, caller: str, *, has_video: bool) -> None:
    turn.accept_caller(contact)
    leg = LegId(f"{contact.id}/{contact.leg_count + 1}")
    turn.emit(LegChanged(at=turn.now, contact=contact.id, leg=leg, role="external", state="new", address=number))
    turn.order(
        DialNumber(
            key=turn.key(contact), leg=leg, contact=contact.id, number=number, caller=caller, has_video=has_video
        )
    )
    turn.arrange(contact)
