"""Folds of configuration and of agent states."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from opencec.core.agent import ENTRIES, Agent, AgentState, Preview
from opencec.core.events import (
    AgentBecameBusy,
    AgentBecameIdle,
    AgentEnteredWrapUp,
    AgentPresetChanged,
    AgentRested,
    AgentRestOverdue,
    AgentSettingsChanged,
    AgentSignedIn,
    AgentSignedOut,
    AgentSkillsReset,
    ConfigurationChanged,
    Event,
    PhoneCameBack,
    PhoneWentAway,
    PreviewEnded,
    PreviewOffered,
)
from opencec.core.state import TenantState

__all__ = ["AGENT_FOLDS"]

_AGENT_IDLE = AgentState.IDLE


def _configuration_changed(state: TenantState, event: ConfigurationChanged) -> None:
    state.configure(event.profile)


def _enter(state: TenantState, agent: Agent, event: Event, *, to: AgentState | None = None) -> None:
    """Make the move and leave behind what belonged to the former state; presets are used up."""
    was_idle = agent.state is _AGENT_IDLE
    agent.move(event, to=to)
    if was_idle:
        state.leave_idle(agent)
    agent.reason = agent.until = 0
    agent.is_requested = agent.is_reminded = False
    agent.preset = "none"
    agent.preset_reason = agent.preset_seconds = 0
    agent.before = None
    if agent.state is _AGENT_IDLE:
        state.enter_idle(agent)


def _signed_in(state: TenantState, event: AgentSignedIn) -> None:
    agent = state.agents[event.agent]
    agent.session = event.session
    agent.signed_in_at = event.at
    agent.phone = event.phone
    agent.auto_answer = event.auto_answer
    agent.auto_enter_idle = event.auto_enter_idle
    agent.release_phone = event.release_phone
    is_other_kind = event.is_takeover and agent.agent_type != event.agent_type
    agent.agent_type = event.agent_type
    state.phones[event.phone] = agent.id
    if is_other_kind:  # queues of video calls are served by some kinds of agents only
        state.serve(agent, agent.queues)
    if not event.is_takeover:
        _enter(state, agent, event, to=ENTRIES[event.initial])
        agent.is_requested = event.initial == "wrap_up"
    state.reach(agent)


def _signed_out(state: TenantState, event: AgentSignedOut) -> None:
    agent = state.agents[event.agent]
    state.phones.pop(agent.phone, None)
    agent.session = None
    if event.reason == "takeover":
        return
    _enter(state, agent, event)
    state.serve(agent, None)
    if agent.id in state.private:
        state.absent.append(agent.id)
    state.agent_due.drop(agent.id)
    agent.phone = ""
    agent.is_away = False
    agent.signed_in_at = 0
    agent.takes_calls = True
    agent.is_self_recorded = False
    agent.forward = ""
    agent.hears_all = False
    agent.monitors = ()
    agent.chat_capacity = 0
    state.watchers.discard(agent.id)
    if agent.id not in state.skills:
        del state.agents[agent.id]
        del state.idle_sets[agent.id]
        state.chat_book.serving.pop(agent.id, None)


def _skills_reset(state: TenantState, event: AgentSkillsReset) -> None:
    state.serve(state.agents[event.agent], event.queues)


def _settings_changed(state: TenantState, event: AgentSettingsChanged) -> None:
    agent = state.agents[event.agent]
    agent.auto_answer = event.auto_answer
    agent.auto_enter_idle = event.auto_enter_idle


def _became_idle(state: TenantState, event: AgentBecameIdle) -> None:
    agent = state.agents[event.agent]
    _enter(state, agent, event)
    state.schedule_agent(agent)


def _became_busy(state: TenantState, event: AgentBecameBusy) -> None:
    agent = state.agents[event.agent]
    _enter(state, agent, event)
    agent.reason = event.reason
    state.schedule_agent(agent)


def _rested(state: TenantState, event: AgentRested) -> None:
    agent = state.agents[event.agent]
    _enter(state, agent, event)
    agent.reason = event.cause
    agent.until = event.at + event.seconds * 1000
    state.schedule_agent(agent)


def _rest_overdue(state: TenantState, event: AgentRestOverdue) -> None:
    agent = state.agents[event.agent]
    agent.is_reminded = True
    state.schedule_agent(agent)


def _entered_wrap_up(state: TenantState, event: AgentEnteredWrapUp) -> None:
    agent = state.agents[event.agent]
    _enter(state, agent, event)
    agent.is_requested = event.is_requested
    agent.until = event.until
    state.schedule_agent(agent)


def _preset_changed(state: TenantState, event: AgentPresetChanged) -> None:
    agent = state.agents[event.agent]
    agent.preset = event.preset
    agent.preset_reason = event.reason
    agent.preset_seconds = event.seconds
    if event.preset == "none":
        state.free_for_chats(agent)


def _phone_went_away(state: TenantState, event: PhoneWentAway) -> None:
    state.away[event.phone] = event.until
    if event.agent is not None:
        state.reach(state.agents[event.agent])


def _phone_came_back(state: TenantState, event: PhoneCameBack) -> None:
    state.away.pop(event.phone, None)
    if event.agent is not None:
        state.reach(state.agents[event.agent])


def _preview_offered(state: TenantState, event: PreviewOffered) -> None:
    agent = state.agents[event.agent]
    agent.preview = Preview(
        control=event.control,
        called=event.called,
        caller=event.caller,
        queue=event.queue,
        data=event.data,
        until=event.until,
    )
    state.schedule_agent(agent)


def _preview_ended(state: TenantState, event: PreviewEnded) -> None:
    agent = state.agents[event.agent]
    agent.preview = None
    state.schedule_agent(agent)


AGENT_FOLDS: dict[type[Event], Callable[[TenantState, Any], None]] = {
    ConfigurationChanged: _configuration_changed,
    AgentSignedIn: _signed_in,
    AgentSignedOut: _signed_out,
    AgentSkillsReset: _skills_reset,
    AgentSettingsChanged: _settings_changed,
    AgentBecameIdle: _became_idle,
    AgentBecameBusy: _became_busy,
    AgentRested: _rested,
    AgentRestOverdue: _rest_overdue,
    AgentEnteredWrapUp: _entered_wrap_up,
    AgentPresetChanged: _preset_changed,
    PhoneWentAway: _phone_went_away,
    PhoneCameBack: _phone_came_back,
    PreviewOffered: _preview_offered,
    PreviewEnded: _preview_ended,
}
