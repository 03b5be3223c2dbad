"""Pictures in calls: legs that gain or lose them, the switch between voice and video, the agent's own picture
(cc-gateway.md 5.2, 6.2)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from opencec.core.agent import VIDEO_TYPES
from opencec.core.call import Leg
from opencec.core.commands import Command, LegVideo, MuteVideo, SwitchMedia, UnmuteVideo
from opencec.core.contact import Contact, ContactState
from opencec.core.effects import SetVideo
from opencec.core.errors import CoreError
from opencec.core.events import LegVideoChanged, MediaSwitchAsked, MediaSwitched, VideoMuted, VideoUnmuted
from opencec.core.handlers.lookup import leg_of, signed_in, talking_call
from opencec.core.turn import Turn

__all__ = ["VIDEO_HANDLERS"]

_TALKING = ContactState.TALKING


def _mute(turn: Turn, command: MuteVideo) -> None:
    agent = signed_in(turn.state, command.agent)
    contact = talking_call(turn.state, agent)
    if not contact.shows_video or contact.is_video_muted:
        raise CoreError("wrong_call_state", "the agent's picture is not seen")
    turn.emit(VideoMuted(at=turn.now, contact=contact.id, agent=agent.id))
    turn.arrange(contact)


def _unmute(turn: Turn, command: UnmuteVideo) -> None:
    agent = signed_in(turn.state, command.agent)
    contact = talking_call(turn.state, agent)
    if not contact.is_video_muted:
        raise CoreError("wrong_call_state", "the agent's picture is not muted")
    turn.emit(VideoUnmuted(at=turn.now, contact=contact.id, agent=agent.id))
    turn.arrange(contact)


def _switch(turn: Turn, command: SwitchMedia) -> None:
    """Ask the other party first: only when it agrees is the agent's own phone asked."""
    agent = signed_in(turn.state, command.agent)
    contact = talking_call(turn.state, agent)
    is_on = command.medium == "video"
    if is_on == contact.shows_video:
        raise CoreError("wrong_call_state", f"the call is one of {command.medium} already")
    if is_on and agent.agent_type not in VIDEO_TYPES:
        raise CoreError("wrong_call_state", "agents of this type have no video")
    turn.emit(MediaSwitchAsked(at=turn.now, contact=contact.id, agent=agent.id, medium=command.medium))
    own = contact.agent_leg(agent.id)
    others = [leg for leg in _up(contact) if leg.has_video != is_on and leg is not own]
    for leg in others or [leg for leg in _up(contact) if leg.has_video != is_on]:
        _set(turn, contact, leg, is_on=is_on)


def _video(turn: Turn, command: LegVideo) -> None:
    """A leg says what it carries. While two talk, the other leg is brought to the same."""
    contact = leg_of(turn.state, command.leg)
    if contact is None:
        return
    leg = contact.legs[command.leg]
    has_changed = leg.has_video != command.has_video
    showed = contact.shows_video
    if has_changed:
        turn.emit(LegVideoChanged(at=turn.now, contact=contact.id, leg=leg.id, has_video=command.has_video))
        turn.arrange(contact)
    if contact.state is not _TALKING or leg.state != "up" or not (has_changed or command.is_refused):
        return
    if command.is_refused:
        turn.emit(MediaSwitched(at=turn.now, contact=contact.id, medium="video", is_refused=True))
    elif contact.shows_video != showed:
        turn.emit(MediaSwitched(at=turn.now, contact=contact.id, medium="video" if contact.shows_video else "voice"))
    for other in _up(contact):
        if other is not leg and other.has_video != leg.has_video:
            _set(turn, contact, other, is_on=leg.has_video)
    if contact.shows_video and contact.recording_since:
        turn.record(contact, contact.agents[0] if contact.agents else None)


def _up(contact: Contact) -> list[Leg]:
    return [leg for leg in contact.legs.values() if leg.state == "up" and leg.replaces is None]


def _set(turn: Turn, contact: Contact, leg: Leg, *, is_on: bool) -> None:
    if is_on and leg.agent is not None and turn.state.agents[leg.agent].agent_type not in VIDEO_TYPES:
        turn.emit(MediaSwitched(at=turn.now, contact=contact.id, medium="video", is_refused=True))
        for other in _up(contact):
            if other.has_video:
                turn.order(SetVideo(key=turn.key(contact), leg=other.id, contact=contact.id, is_on=False))
        return
    turn.order(SetVideo(key=turn.key(contact), leg=leg.id, contact=contact.id, is_on=is_on))


VIDEO_HANDLERS: dict[type[Command], Callable[[Turn, Any], None]] = {
    MuteVideo: _mute,
    UnmuteVideo: _unmute,
    SwitchMedia: _switch,
    LegVideo: _video,
}
