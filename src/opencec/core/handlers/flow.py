"""Calls that arrive, and what their flows order (ivr-flows.md 9, 10)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from opencec.core.commands import CallArrived, Command, EndFlow, FlowAnswer, FlowProgress, RouteContact
from opencec.core.config import CalledRoute
from opencec.core.contact import Contact, ContactState
from opencec.core.effects import ProgressLeg
from opencec.core.ending import end_contact
from opencec.core.errors import CoreError
from opencec.core.events import CallDataSet, ContactArrived, LegChanged, LegVideoChanged
from opencec.core.handlers.lookup import check_data, check_number, find_contact
from opencec.core.ids import ContactId, FlowRunId, QueueId
from opencec.core.routing.answer import take_back
from opencec.core.routing.destination import find_destination, send, start_echo
from opencec.core.routing.overflow import place
from opencec.core.routing.router import carry_out
from opencec.core.turn import Turn

__all__ = ["FLOW_HANDLERS"]

_FLOW = ContactState.FLOW


def _call_arrived(turn: Turn, command: CallArrived) -> None:
    state = turn.state
    if command.contact in state.contacts or command.contact in state.ended:
        return
    check_data(command.data)
    route = state.route(command.called)
    turn.emit(
        ContactArrived(
            at=turn.now,
            contact=command.contact,
            caller=command.caller,
            called=command.called,
            access_code=route.code if route is not None else "",
            source=command.source,
            medium=route.medium if route is not None else "voice",
        )
    )
    if command.data:
        turn.emit(CallDataSet(at=turn.now, contact=command.contact, data=command.data))
    if command.has_video and route is not None and route.medium == "video":
        leg = state.contacts[command.contact].customer
        if leg is not None:
            turn.emit(LegVideoChanged(at=turn.now, contact=command.contact, leg=leg, has_video=True))
    _follow(turn, state.contacts[command.contact], route)


def _follow(turn: Turn, contact: Contact, route: CalledRoute | None) -> None:
    if route is not None and route.device == "echo":
        start_echo(turn, contact)
        return
    if route is not None and route.device == "flow" and route.target:
        turn.enter_flow(contact, route.target)
        return
    if route is not None and route.device == "queue" and route.target.isdecimal():
        queue = QueueId(int(route.target))
        if queue in turn.state.queues:
            carry_out(turn, contact, place(turn.state, queue))
            return
    end_contact(turn, contact, cause="no_route", disposition="no_route", release_by="system")


def _in_flow(turn: Turn, contact_id: ContactId, run: FlowRunId) -> Contact:
    contact = find_contact(turn.state, contact_id)
    if contact.state is not _FLOW or contact.run != run:
        raise CoreError("not_in_flow", f"contact {contact_id} is not in run {run}")
    return contact


def _flow_progress(turn: Turn, command: FlowProgress) -> None:
    contact = _in_flow(turn, command.contact, command.run)
    leg = contact.legs.get(contact.customer) if contact.customer is not None else None
    if leg is None or leg.state not in ("new", "alerting"):
        return
    if leg.state == "alerting" and (leg.has_early_media or not command.early_media):
        return
    turn.emit(
        LegChanged(
            at=turn.now,
            contact=contact.id,
            leg=leg.id,
            role="customer",
            state="alerting",
            cause="early_media" if command.early_media else "",
        )
    )
    turn.order(ProgressLeg(key=turn.key(contact), leg=leg.id, early_media=command.early_media))


def _flow_answer(turn: Turn, command: FlowAnswer) -> None:
    turn.accept_caller(_in_flow(turn, command.contact, command.run))


def _route_contact(turn: Turn, command: RouteContact) -> None:
    contact = _in_flow(turn, command.contact, command.run)
    if contact.handover is not None:
        raise CoreError("wrong_call_state", f"contact {contact.id} goes back to agent {contact.handover.agent}")
    check_data(command.data)
    if command.target.kind == "number":
        check_number(command.target.address, is_external=True)
    destination = find_destination(turn.state, command.target)
    if command.data is not None and command.data != contact.data:
        turn.emit(CallDataSet(at=turn.now, contact=contact.id, data=command.data))
    caller = command.caller or contact.access_code or turn.state.profile.default_caller
    send(turn, contact, destination, caller=caller, priority=command.priority)


def _end_flow(turn: Turn, command: EndFlow) -> None:
    contact = _in_flow(turn, command.contact, command.run)
    turn.leave_flow(contact, "ended")
    if contact.handover is not None:
        take_back(turn, contact, result="returned", cause=command.cause)
        return
    end_contact(turn, contact, cause=command.cause, disposition="flow_only", release_by="system")


FLOW_HANDLERS: dict[type[Command], Callable[[Turn, Any], None]] = {
    CallArrived: _call_arrived,
    FlowProgress: _flow_progress,
    FlowAnswer: _flow_answer,
    RouteContact: _route_contact,
    EndFlow: _end_flow,
}
