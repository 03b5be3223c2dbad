"""Agent states on request (cc-gateway.md 4.2 and 5.1.4, agent-workbench.md 3 and 3.1)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from opencec.core.agent import Agent, AgentState
from opencec.core.commands import CancelBusy, CancelRest, CancelWork, Command, Rest, SayBusy, SayFree, Work
from opencec.core.ending import IdleCause, apply_preset
from opencec.core.errors import CoreError
from opencec.core.events import (
    AgentBecameBusy,
    AgentBecameIdle,
    AgentEnteredWrapUp,
    AgentPresetChanged,
    AgentRested,
)
from opencec.core.handlers.lookup import signed_in
from opencec.core.turn import Turn

__all__ = ["AGENT_HANDLERS", "check_rest"]

_AGENT_ALERTING = AgentState.ALERTING
_AGENT_BUSY = AgentState.BUSY
_AGENT_IDLE = AgentState.IDLE
_AGENT_REST = AgentState.REST
_AGENT_TALKING = AgentState.TALKING
_AGENT_WRAP_UP = AgentState.WRAP_UP

_PRESETTING = (_AGENT_ALERTING, _AGENT_TALKING, _AGENT_WRAP_UP)
"""States in which busy and rest are only noted, for what comes after."""
_LONGEST_REST_S = 86_399


def _refuse(agent: Agent, what: str) -> CoreError:
    return CoreError("wrong_state", f"agent {agent.id} cannot {what} while {agent.state}")


def _idle(turn: Turn, agent: Agent, cause: IdleCause) -> None:
    turn.emit(AgentBecameIdle(at=turn.now, agent=agent.id, cause=cause))


def _withdraw(turn: Turn, agent: Agent) -> None:
    turn.emit(AgentPresetChanged(at=turn.now, agent=agent.id, preset="none"))


def check_rest(seconds: int, cause: int) -> None:
    """Raises CoreError invalid_value."""
    if not (1 <= seconds <= _LONGEST_REST_S and 0 <= cause <= 255):
        raise CoreError("invalid_value", "a rest lasts 1-86399 s and has a cause 0-255")


def _say_busy(turn: Turn, command: SayBusy) -> None:
    agent = signed_in(turn.state, command.agent)
    reason = command.reason
    if reason != 0 and not 200 <= reason <= 250:
        raise CoreError("invalid_reason", "a busy reason is 0 or 200-250")
    if agent.state in _PRESETTING:
        if (agent.preset, agent.preset_reason) != ("busy", reason):
            turn.emit(AgentPresetChanged(at=turn.now, agent=agent.id, preset="busy", reason=reason))
        return
    if agent.state is _AGENT_REST or (agent.state is _AGENT_BUSY and not (command.prolong and reason)):
        raise _refuse(agent, "become busy")
    turn.emit(AgentBecameBusy(at=turn.now, agent=agent.id, reason=reason))


def _say_free(turn: Turn, command: SayFree) -> None:
    agent = signed_in(turn.state, command.agent)
    if agent.state is _AGENT_REST:
        raise _refuse(agent, "become idle other than by ending the rest")
    if agent.state in (_AGENT_BUSY, _AGENT_WRAP_UP):
        _idle(turn, agent, "ready")
    elif agent.preset in ("busy", "rest"):
        _withdraw(turn, agent)


def _cancel_busy(turn: Turn, command: CancelBusy) -> None:
    agent = signed_in(turn.state, command.agent)
    if agent.state is _AGENT_BUSY:
        _idle(turn, agent, "cancel_busy")
    elif agent.preset == "busy":
        _withdraw(turn, agent)
    else:
        raise _refuse(agent, "stop being busy")


def _rest(turn: Turn, command: Rest) -> None:
    agent = signed_in(turn.state, command.agent)
    check_rest(command.seconds, command.cause)
    if agent.state in _PRESETTING:
        if (agent.preset, agent.preset_reason, agent.preset_seconds) != ("rest", command.cause, command.seconds):
            turn.emit(
                AgentPresetChanged(
                    at=turn.now, agent=agent.id, preset="rest", reason=command.cause, seconds=command.seconds
                )
            )
    elif agent.state is _AGENT_IDLE:
        turn.emit(AgentRested(at=turn.now, agent=agent.id, seconds=command.seconds, cause=command.cause))
    else:
        raise _refuse(agent, "rest")


def _cancel_rest(turn: Turn, command: CancelRest) -> None:
    agent = signed_in(turn.state, command.agent)
    if agent.state is _AGENT_REST:
        _idle(turn, agent, "cancel_rest")
    elif agent.preset == "rest":
        _withdraw(turn, agent)
    else:
        raise _refuse(agent, "end a rest")


def _work(turn: Turn, command: Work) -> None:
    agent = signed_in(turn.state, command.agent)
    if agent.state not in (_AGENT_IDLE, _AGENT_BUSY):
        raise _refuse(agent, "enter wrap-up")
    turn.emit(AgentEnteredWrapUp(at=turn.now, agent=agent.id, is_requested=True, until=0))


def _cancel_work(turn: Turn, command: CancelWork) -> None:
    agent = signed_in(turn.state, command.agent)
    if agent.state is not _AGENT_WRAP_UP:
        raise _refuse(agent, "leave wrap-up")
    if not apply_preset(turn, agent):
        _idle(turn, agent, "cancel_work")


AGENT_HANDLERS: dict[type[Command], Callable[[Turn, Any], None]] = {
    SayBusy: _say_busy,
    SayFree: _say_free,
    CancelBusy: _cancel_busy,
    Rest: _rest,
    CancelRest: _cancel_rest,
    Work: _work,
    CancelWork: _cancel_work,
}
