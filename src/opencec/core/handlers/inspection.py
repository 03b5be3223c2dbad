"""Inspections: listen, insert, whisper, switch, intercept, stop (cc-gateway.md 5.7, agent-workbench.md 8)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from opencec.core.agent import Agent, AgentState
from opencec.core.attendance import call_of, call_phone, end_attendance, leave_attendance, ring_phone
from opencec.core.commands import Command, Inspect, InspectionMode, Intercept, StopInspection, SwitchInspection
from opencec.core.contact import Contact, ContactState
from opencec.core.ending import apply_preset, end_contact, leave_agent
from opencec.core.errors import CoreError
from opencec.core.events import (
    AgentBecameIdle,
    CallIntercepted,
    ContactLeftAgent,
    ContactTransferred,
    InspectionStarted,
    InspectionSwitched,
)
from opencec.core.handlers.lookup import inspected_agent, inspector_of
from opencec.core.ids import AgentId
from opencec.core.phones import release_phone
from opencec.core.turn import Turn

__all__ = ["INSPECTION_HANDLERS", "find_inspection"]

_AGENT_IDLE = AgentState.IDLE
_ATTENDING = ContactState.ATTENDING
_HELD = ContactState.HELD
_TALKING = ContactState.TALKING


def _inspect(turn: Turn, command: Inspect) -> None:
    state = turn.state
    inspector = inspector_of(state, command.inspector)
    agent = inspected_agent(state, inspector, command.agent)
    if command.contact in state.contacts or command.contact in state.ended:
        return
    if not agent.is_signed_in:
        raise CoreError("wrong_state", f"agent {agent.id} is not signed in")
    if inspector.state is not _AGENT_IDLE:
        raise CoreError("wrong_state", f"inspector {inspector.id} is {inspector.state}, not idle")
    contact = call_phone(turn, inspector, command.contact, "inspection")
    turn.emit(
        InspectionStarted(at=turn.now, contact=contact.id, inspector=inspector.id, agent=agent.id, mode=command.mode)
    )
    ring_phone(turn, contact, caller=str(agent.id))


def find_inspection(turn: Turn, inspector: Agent, agent: AgentId) -> Contact:
    """The contact in which `inspector` inspects `agent`.

    Raises:
        CoreError: not_inspecting.
    """
    contact = turn.state.contacts.get(inspector.active) if inspector.active is not None else None
    if contact is None or contact.inspection is None or contact.inspection.agent != agent:
        raise CoreError("not_inspecting", f"inspector {inspector.id} does not inspect agent {agent}")
    return contact


def _switch(turn: Turn, command: SwitchInspection) -> None:
    inspector = inspector_of(turn.state, command.inspector)
    inspected_agent(turn.state, inspector, command.agent)
    contact = find_inspection(turn, inspector, command.agent)
    inspection = contact.inspection
    if inspection is None:
        return
    mode = command.mode
    if mode is None:
        if inspection.mode == "whisper":
            raise CoreError("wrong_state", "a whisper is not switched between listen and insert")
        mode = "insert" if inspection.mode == "listen" else "listen"
    _change_mode(turn, contact, inspector, mode)


def _change_mode(turn: Turn, contact: Contact, inspector: Agent, mode: InspectionMode) -> None:
    inspection = contact.inspection
    if inspection is None or inspection.mode == mode:
        return
    turn.emit(
        InspectionSwitched(
            at=turn.now,
            contact=contact.id,
            inspector=inspector.id,
            agent=inspection.agent,
            mode=mode,
            is_joined=contact.state is _ATTENDING,
        )
    )
    call = turn.state.contacts.get(inspection.call) if inspection.call is not None else None
    if call is not None:
        turn.arrange(call)


def _stop(turn: Turn, command: StopInspection) -> None:
    inspector = inspector_of(turn.state, command.inspector)
    contact = find_inspection(turn, inspector, command.agent)
    inspection = contact.inspection
    if inspection is None:
        return
    if command.whisper_only:
        if inspection.mode != "whisper":
            raise CoreError("wrong_state", f"inspector {inspector.id} does not whisper")
        if inspection.began_as != "whisper":
            _change_mode(turn, contact, inspector, "listen")
            return
    end_attendance(turn, contact, "stopped")


def _intercept(turn: Turn, command: Intercept) -> None:
    """The inspector's phone takes the place of the agent's in the call."""
    inspector = inspector_of(turn.state, command.inspector)
    agent = inspected_agent(turn.state, inspector, command.agent)
    contact = find_inspection(turn, inspector, agent.id)
    call = call_of(turn.state, agent)
    if call is None or call.state not in (_TALKING, _HELD) or call.is_internal or call.party_count != 2:
        raise CoreError("wrong_state", f"agent {agent.id} talks to no customer")
    if contact.state is not _ATTENDING or inspector.preset != "none" or command.contact not in (None, call.id):
        raise CoreError("wrong_state", f"inspector {inspector.id} cannot take {call.id} over now")
    leave_attendance(turn, contact, "intercepted")
    turn.emit(ContactTransferred(at=turn.now, contact=call.id, agent=agent.id, kind="agent", address=str(inspector.id)))
    leave_agent(turn, call, agent, reason="transferred", number=None, next_state=False)
    if not agent.contacts and not apply_preset(turn, agent):
        turn.emit(AgentBecameIdle(at=turn.now, agent=agent.id, cause="call_over"))
    turn.emit(CallIntercepted(at=turn.now, contact=call.id, inspector=inspector.id, agent=agent.id))
    turn.emit(ContactLeftAgent(at=turn.now, contact=contact.id, agent=inspector.id, reason="agent_hangup"))
    release_phone(turn, contact, inspector, by_agent=False)
    turn.record(call, inspector.id, is_wanted=call.is_recorded)
    turn.arrange(call)
    end_contact(turn, contact, cause="normal", disposition="abandoned", release_by="agent")


INSPECTION_HANDLERS: dict[type[Command], Callable[[Turn, Any], None]] = {
    Inspect: _inspect,
    SwitchInspection: _switch,
    StopInspection: _stop,
    Intercept: _intercept,
}
