"""Recordings on demand and their playback to an agent's phone (cc-gateway.md 5.6, 6.4)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from opencec.core.agent import Agent, AgentState
from opencec.core.attendance import begin_playback, call_phone, end_attendance, ring_phone, stop_play
from opencec.core.commands import (
    BeginRecord,
    Command,
    MovePlayback,
    PausePlayback,
    PauseRecord,
    PlaybackOver,
    PlayRecording,
    ResumePlayback,
    ResumeRecord,
    StopPlayback,
    StopRecord,
)
from opencec.core.conferring import voice_over
from opencec.core.contact import Contact, ContactState
from opencec.core.effects import ControlPlayback, PauseRecording, StartRecording
from opencec.core.errors import CoreError
from opencec.core.events import (
    PlaybackEnded,
    PlaybackMoved,
    PlaybackOrdered,
    PlaybackPaused,
    PlaybackResumed,
    RecordingPaused,
    RecordingResumed,
    RecordingStopped,
)
from opencec.core.handlers.lookup import signed_in
from opencec.core.inspection import Playback
from opencec.core.turn import Turn

__all__ = ["RECORDING_HANDLERS"]

_HELD = ContactState.HELD
_TALKING = ContactState.TALKING
_WITHOUT_CALL = (AgentState.IDLE, AgentState.BUSY, AgentState.WRAP_UP)


# --- recordings -----------------------------------------------------------------------------------------------------


def _own_call(turn: Turn, agent: Agent) -> Contact:
    """The call that the agent talks in, else the one held last."""
    chosen = agent.active or (agent.contacts[-1] if agent.contacts else None)
    contact = turn.state.contacts.get(chosen) if chosen is not None else None
    if contact is None or contact.state not in (_TALKING, _HELD) or agent.id not in contact.agents:
        raise CoreError("wrong_record_state", f"agent {agent.id} talks in no call")
    return contact


def _recorded_call(turn: Turn, agent: Agent, *, is_paused: bool | None) -> Contact:
    contact = _own_call(turn, agent)
    if not contact.recording_since or is_paused not in (None, contact.is_record_paused):
        raise CoreError("wrong_record_state", f"the recording of {contact.id} is in another state")
    return contact


def _begin(turn: Turn, command: BeginRecord) -> None:
    agent = signed_in(turn.state, command.agent)
    contact = _own_call(turn, agent)
    if contact.state is not _TALKING or contact.recording_since:
        raise CoreError("wrong_record_state", f"{contact.id} is {contact.state} or recorded already")
    if not turn.record(contact, agent.id, is_wanted=True):
        raise CoreError("wrong_record_state", f"{contact.id} has no customer to record")


def _pause(turn: Turn, command: PauseRecord) -> None:
    agent = signed_in(turn.state, command.agent)
    contact = _recorded_call(turn, agent, is_paused=False)
    turn.emit(RecordingPaused(at=turn.now, contact=contact.id, agent=agent.id))
    turn.order(PauseRecording(key=turn.key(contact), contact=contact.id))


def _resume(turn: Turn, command: ResumeRecord) -> None:
    agent = signed_in(turn.state, command.agent)
    contact = _recorded_call(turn, agent, is_paused=True)
    own = contact.agent_leg(agent.id)
    if contact.customer is None or own is None:
        raise CoreError("wrong_record_state", f"{contact.id} has lost a party")
    turn.emit(RecordingResumed(at=turn.now, contact=contact.id, agent=agent.id))
    turn.order(StartRecording(key=turn.key(contact), contact=contact.id, left=contact.customer, right=own.id))


def _stop(turn: Turn, command: StopRecord) -> None:
    """The file stays open, silent: a later recording of the same contact must not write over it."""
    agent = signed_in(turn.state, command.agent)
    contact = _recorded_call(turn, agent, is_paused=None)
    turn.emit(RecordingStopped(at=turn.now, contact=contact.id, agent=agent.id, began_at=contact.recording_since))
    turn.order(PauseRecording(key=turn.key(contact), contact=contact.id))


# --- playback -------------------------------------------------------------------------------------------------------


def _playing(turn: Turn, agent: Agent) -> tuple[Contact, Playback]:
    for name in agent.contacts:
        contact = turn.state.contacts[name]
        playback = contact.playback
        if playback is not None and playback.agent == agent.id and playback.is_begun:
            return contact, playback
    raise CoreError("wrong_play_state", f"nothing plays for agent {agent.id}")


def _play(turn: Turn, command: PlayRecording) -> None:
    state = turn.state
    agent = signed_in(state, command.agent)
    if command.contact in state.contacts or command.contact in state.ended:
        return
    contact = state.contacts.get(agent.active) if agent.active is not None else None
    if contact is not None:
        leg = contact.agent_leg(agent.id)
        hears = agent.id in contact.agents and contact.state is _TALKING
        if contact.playback is not None or leg is None or leg.state != "up" or not hears:
            raise CoreError("wrong_play_state", f"nothing can be played to agent {agent.id} now")
        _order(turn, contact, command)
        begin_playback(turn, contact)
        return
    if agent.contacts or agent.state not in _WITHOUT_CALL:
        raise CoreError("wrong_play_state", f"agent {agent.id} is {agent.state}")
    contact = call_phone(turn, agent, command.contact, "playback")
    _order(turn, contact, command)
    ring_phone(turn, contact, caller=str(agent.id))


def _order(turn: Turn, contact: Contact, command: PlayRecording) -> None:
    turn.emit(
        PlaybackOrdered(
            at=turn.now,
            contact=contact.id,
            agent=command.agent,
            path=command.path,
            start_ms=command.start_ms,
            times=command.times,
        )
    )


def _pause_play(turn: Turn, command: PausePlayback) -> None:
    contact, playback = _playing(turn, signed_in(turn.state, command.agent))
    if playback.is_paused:
        raise CoreError("wrong_play_state", "the playback is paused")
    turn.emit(PlaybackPaused(at=turn.now, contact=contact.id, agent=playback.agent, play=playback.play))
    turn.order(
        ControlPlayback(key=turn.key(contact), contact=contact.id, leg=playback.leg, play=playback.play, action="pause")
    )


def _resume_play(turn: Turn, command: ResumePlayback) -> None:
    contact, playback = _playing(turn, signed_in(turn.state, command.agent))
    if not playback.is_paused:
        raise CoreError("wrong_play_state", "the playback is not paused")
    turn.emit(PlaybackResumed(at=turn.now, contact=contact.id, agent=playback.agent, play=playback.play))
    turn.order(
        ControlPlayback(
            key=turn.key(contact), contact=contact.id, leg=playback.leg, play=playback.play, action="resume"
        )
    )


def _move_play(turn: Turn, command: MovePlayback) -> None:
    contact, playback = _playing(turn, signed_in(turn.state, command.agent))
    turn.emit(
        PlaybackMoved(
            at=turn.now,
            contact=contact.id,
            agent=playback.agent,
            play=playback.play,
            by_ms=command.by_ms,
            to_ms=command.to_ms,
        )
    )
    turn.order(
        ControlPlayback(
            key=turn.key(contact),
            contact=contact.id,
            leg=playback.leg,
            play=playback.play,
            action="move",
            by_ms=command.by_ms,
            to_ms=command.to_ms,
        )
    )


def _stop_play(turn: Turn, command: StopPlayback) -> None:
    contact, playback = _playing(turn, signed_in(turn.state, command.agent))
    leg, play = playback.leg, playback.play
    turn.emit(PlaybackEnded(at=turn.now, contact=contact.id, agent=playback.agent, play=play, reason="stopped"))
    stop_play(turn, contact, leg=leg, play=play)
    _after_play(turn, contact)


def _play_over(turn: Turn, command: PlaybackOver) -> None:
    contact = turn.state.contacts.get(command.contact)
    if contact is not None and contact.conference is not None:
        voice_over(turn, contact, command.play, is_complete=command.reason == "end")
        return
    playback = contact.playback if contact is not None else None
    if contact is None or playback is None or playback.play != command.play:
        return
    turn.emit(
        PlaybackEnded(at=turn.now, contact=contact.id, agent=playback.agent, play=playback.play, reason=command.reason)
    )
    _after_play(turn, contact)


def _after_play(turn: Turn, contact: Contact) -> None:
    """A phone that was called for the playback alone is released."""
    if contact.direction == "service" and contact.inspection is None:
        end_attendance(turn, contact, "stopped")


RECORDING_HANDLERS: dict[type[Command], Callable[[Turn, Any], None]] = {
    BeginRecord: _begin,
    PauseRecord: _pause,
    ResumeRecord: _resume,
    StopRecord: _stop,
    PlayRecording: _play,
    PausePlayback: _pause_play,
    ResumePlayback: _resume_play,
    MovePlayback: _move_play,
    StopPlayback: _stop_play,
    PlaybackOver: _play_over,
}
