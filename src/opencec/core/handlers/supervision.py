"""What an inspector orders for others: states, sign-out, skills, the end of a call; and what it is told of them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal

from opencec.core.agent import Agent, AgentState
from opencec.core.attendance import end_attendance
from opencec.core.commands import (
    Command,
    ForceBusy,
    ForceDrop,
    ForceIdle,
    ForceRest,
    ForceSignOut,
    ForceSkills,
    Monitor,
    ResetSkills,
    SignOut,
)
from opencec.core.conferring import end_conference
from opencec.core.contact import ContactState
from opencec.core.ending import end_call, end_contact
from opencec.core.errors import CoreError
from opencec.core.events import (
    AgentBecameBusy,
    AgentBecameIdle,
    AgentForced,
    AgentPresetChanged,
    AgentRested,
    ContactForced,
    MonitoringChanged,
)
from opencec.core.handlers.agent import check_rest
from opencec.core.handlers.lookup import find_contact, inspected_agent, inspector_of
from opencec.core.handlers.offer import withdraw_offer
from opencec.core.handlers.outbound import give_up
from opencec.core.handlers.session import reset_skills, sign_out_agent
from opencec.core.turn import Turn

__all__ = ["SUPERVISION_HANDLERS"]

_AGENT_ALERTING = AgentState.ALERTING
_AGENT_BUSY = AgentState.BUSY
_AGENT_IDLE = AgentState.IDLE
_AGENT_TALKING = AgentState.TALKING
_CONFERRING = ContactState.CONFERRING
_HELD = ContactState.HELD
_TALKING = ContactState.TALKING

_IN_CALL = (_AGENT_ALERTING, _AGENT_TALKING)
_FORCED = 3
"""Busy reason (cc-gateway.md 4.2)."""
_MOST_MONITORED = 1_000

Action = Literal["idle", "busy", "rest", "sign_out", "skills", "record"]
Forcing = ForceIdle | ForceBusy | ForceRest | ForceSignOut | ForceSkills


def _target(turn: Turn, command: Forcing) -> Agent:
    """Who is meant: signed in, and not the inspector itself."""
    inspector = inspector_of(turn.state, command.inspector)
    agent = inspected_agent(turn.state, inspector, command.agent)
    if not agent.is_signed_in:
        raise CoreError("wrong_state", f"agent {agent.id} is not signed in")
    return agent


def _note(turn: Turn, command: Forcing, action: Action) -> None:
    turn.emit(AgentForced(at=turn.now, inspector=command.inspector, agent=command.agent, action=action))


def _force_idle(turn: Turn, command: ForceIdle) -> None:
    agent = _target(turn, command)
    if agent.state in _IN_CALL:
        if agent.preset in ("busy", "rest"):
            _note(turn, command, "idle")
            turn.emit(AgentPresetChanged(at=turn.now, agent=agent.id, preset="none"))
    elif agent.state is not _AGENT_IDLE:
        _note(turn, command, "idle")
        turn.emit(AgentBecameIdle(at=turn.now, agent=agent.id, cause="force"))


def _force_busy(turn: Turn, command: ForceBusy) -> None:
    agent = _target(turn, command)
    if agent.state in _IN_CALL:
        if (agent.preset, agent.preset_reason) != ("busy", _FORCED):
            _note(turn, command, "busy")
            turn.emit(AgentPresetChanged(at=turn.now, agent=agent.id, preset="busy", reason=_FORCED))
    elif agent.state is not _AGENT_BUSY or agent.reason != _FORCED:
        _note(turn, command, "busy")
        turn.emit(AgentBecameBusy(at=turn.now, agent=agent.id, reason=_FORCED))


def _force_rest(turn: Turn, command: ForceRest) -> None:
    agent = _target(turn, command)
    check_rest(command.seconds, command.cause)
    _note(turn, command, "rest")
    if agent.state in _IN_CALL:
        turn.emit(
            AgentPresetChanged(
                at=turn.now, agent=agent.id, preset="rest", reason=command.cause, seconds=command.seconds
            )
        )
    else:
        turn.emit(AgentRested(at=turn.now, agent=agent.id, seconds=command.seconds, cause=command.cause))


def _force_sign_out(turn: Turn, command: ForceSignOut) -> None:
    agent = _target(turn, command)
    _note(turn, command, "sign_out")
    sign_out_agent(turn, SignOut(agent=agent.id, reason="inspector", force=True))


def _force_skills(turn: Turn, command: ForceSkills) -> None:
    agent = _target(turn, command)
    _note(turn, command, "skills")
    reset_skills(turn, ResetSkills(agent=agent.id, queues=command.queues))


def _force_drop(turn: Turn, command: ForceDrop) -> None:
    inspector_of(turn.state, command.inspector)
    contact = find_contact(turn.state, command.contact)
    turn.emit(ContactForced(at=turn.now, inspector=command.inspector, contact=contact.id))
    if contact.direction == "service":
        end_attendance(turn, contact, "stopped")
    elif contact.state is _CONFERRING:
        end_conference(turn, contact, by="system")
    elif contact.state in (_TALKING, _HELD):
        end_call(turn, contact, by="system")
    elif contact.agents:
        give_up(turn, contact, turn.state.agents[contact.agents[0]])
    else:
        if contact.offer is not None:
            withdraw_offer(turn, contact)
        end_contact(turn, contact, cause="normal", disposition="failed", release_by="system")


def _monitor(turn: Turn, command: Monitor) -> None:
    inspector = inspector_of(turn.state, command.inspector)
    for agent in command.agents:
        inspected_agent(turn.state, inspector, agent)
    named = set(command.agents)
    kept = tuple(agent for agent in inspector.monitors if agent not in named)
    agents = (*kept, *dict.fromkeys(command.agents)) if command.is_on else kept
    if len(agents) > _MOST_MONITORED:
        raise CoreError("invalid_value", f"at most {_MOST_MONITORED} agents are monitored")
    if agents != inspector.monitors:
        turn.emit(MonitoringChanged(at=turn.now, inspector=inspector.id, agents=agents, hears_all=inspector.hears_all))


SUPERVISION_HANDLERS: dict[type[Command], Callable[[Turn, Any], None]] = {
    ForceIdle: _force_idle,
    ForceBusy: _force_busy,
    ForceRest: _force_rest,
    ForceSignOut: _force_sign_out,
    ForceSkills: _force_skills,
    ForceDrop: _force_drop,
    Monitor: _monitor,
}
