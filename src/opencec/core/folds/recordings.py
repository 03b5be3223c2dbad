"""Folds of recordings on demand, of playbacks, and of how calls come to an agent."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from opencec.core.agent import AgentState
from opencec.core.events import (
    AgentOptionsChanged,
    AgentPhoneBound,
    Event,
    PlaybackEnded,
    PlaybackMoved,
    PlaybackOrdered,
    PlaybackPaused,
    PlaybackResumed,
    PlaybackStarted,
    RecordingPaused,
    RecordingResumed,
)
from opencec.core.folds.places import touch
from opencec.core.ids import ContactId, LegId
from opencec.core.inspection import Playback
from opencec.core.state import TenantState

__all__ = ["RECORDING_FOLDS"]

_AGENT_IDLE = AgentState.IDLE


def _recording_paused(state: TenantState, event: RecordingPaused) -> None:
    touch(state, event.contact).is_record_paused = True


def _recording_resumed(state: TenantState, event: RecordingResumed) -> None:
    touch(state, event.contact).is_record_paused = False


def _ordered(state: TenantState, event: PlaybackOrdered) -> None:
    contact = touch(state, event.contact)
    contact.play_count += 1
    contact.playback = Playback(
        play=f"{contact.id}:recording{contact.play_count}",
        agent=event.agent,
        leg=LegId(""),
        path=event.path,
        start_ms=event.start_ms,
        times=event.times,
    )


def _started(state: TenantState, event: PlaybackStarted) -> None:
    playback = touch(state, event.contact).playback
    if playback is not None:
        playback.leg = event.leg
        playback.is_begun = True


def _set_paused(state: TenantState, contact: ContactId, *, is_paused: bool) -> None:
    playback = touch(state, contact).playback
    if playback is not None:
        playback.is_paused = is_paused


def _paused(state: TenantState, event: PlaybackPaused) -> None:
    _set_paused(state, event.contact, is_paused=True)


def _resumed(state: TenantState, event: PlaybackResumed) -> None:
    _set_paused(state, event.contact, is_paused=False)


def _moved(state: TenantState, event: PlaybackMoved) -> None:
    touch(state, event.contact)


def _ended(state: TenantState, event: PlaybackEnded) -> None:
    touch(state, event.contact).playback = None


def _options_changed(state: TenantState, event: AgentOptionsChanged) -> None:
    agent = state.agents[event.agent]
    agent.is_self_recorded = event.is_self_recorded
    agent.forward = event.forward
    if agent.is_away:
        state.reach(agent)
    if agent.takes_calls == event.takes_calls:
        return
    agent.takes_calls = event.takes_calls
    if agent.state is not _AGENT_IDLE:
        return
    if event.takes_calls:
        state.enter_idle(agent)
    else:
        state.leave_idle(agent)


def _phone_bound(state: TenantState, event: AgentPhoneBound) -> None:
    agent = state.agents[event.agent]
    state.phones.pop(agent.phone, None)
    agent.phone = event.phone
    state.phones[event.phone] = agent.id
    state.reach(agent)


RECORDING_FOLDS: dict[type[Event], Callable[[TenantState, Any], None]] = {
    RecordingPaused: _recording_paused,
    RecordingResumed: _recording_resumed,
    PlaybackOrdered: _ordered,
    PlaybackStarted: _started,
    PlaybackPaused: _paused,
    PlaybackResumed: _resumed,
    PlaybackMoved: _moved,
    PlaybackEnded: _ended,
    AgentOptionsChanged: _options_changed,
    AgentPhoneBound: _phone_bound,
}
