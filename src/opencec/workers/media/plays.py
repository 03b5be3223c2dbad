"""The commands about plays: starting (when the sounds are read), stopping, pausing, resuming, seeking."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from opencec.workers.media.leg import Leg
from opencec.workers.media.play import EndedPlay, Track
from opencec.workers.media.sound import BadSource, Sound
from opencec.workers.play_protocol import PlayOrder
from opencec.workers.protocol import Command, PausePlay, Play, PlayState, Reply, ResumePlay, SeekPlay, StopPlay

if TYPE_CHECKING:
    from opencec.workers.media.engine import Engine

__all__ = ["Plays", "refused"]

Respond = Callable[[Reply], None]


def refused(command: Command, code: str, detail: str) -> Reply:
    """The reply to a command that is not carried out."""
    return Reply(id=command.id, ok=False, error=code, detail=detail)


@dataclass(slots=True)
class _Loading:
    """A play whose sounds are being read, and the orders that came meanwhile."""

    respond: Respond
    is_stopped: bool = False
    later: list[tuple[PausePlay | ResumePlay | SeekPlay, Respond]] = field(default_factory=list)


class Plays:
    """Runs on the audio thread, between phases."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._loading: dict[tuple[str, str], _Loading] = {}

    def loading(self, leg_id: str) -> tuple[str, ...]:
        """Plays of a leg that will begin in a moment."""
        return tuple(play for leg, play in self._loading if leg == leg_id)

    def execute(self, command: PlayOrder, respond: Respond) -> None:
        """Carry out a command; it is answered now, or when the sounds of its play are read."""
        leg = self._engine.registry.legs.get(command.leg)
        loading = self._loading.get((command.leg, command.play))
        if isinstance(command, StopPlay):
            if loading is not None:
                loading.is_stopped = True
            elif leg is not None:
                self._engine.stop_play(leg, command.play, "stopped")
            respond(Reply(id=command.id))
        elif leg is None:
            respond(refused(command, "unknown_leg", command.leg))
        elif isinstance(command, Play):
            self._play(leg, command, respond)
        elif loading is not None:
            loading.later.append((command, respond))
        else:
            respond(self._change(leg, command))

    def _play(self, leg: Leg, command: Play, respond: Respond) -> None:
        track = leg.player.find(command.play)
        if track is not None or command.play in self.loading(leg.id):
            respond(Reply(id=command.id, result=_state(track) if track is not None else None))
            return
        self._loading[command.leg, command.play] = _Loading(respond)
        self._engine.loader.load(command)

    def _change(self, leg: Leg, command: PausePlay | ResumePlay | SeekPlay) -> Reply:
        track = leg.player.find(command.play)
        if track is None:
            return refused(command, "unknown_play", command.play)
        if isinstance(command, SeekPlay):
            track.seek(command.position_ms, relative=command.relative)
        else:
            track.is_paused = isinstance(command, PausePlay)
        return Reply(id=command.id, result=_state(track))

    def loaded(self, command: Play, sounds: tuple[Sound, ...] | BadSource) -> None:
        """The sounds of a play are there, or cannot be."""
        loading = self._loading.pop((command.leg, command.play))
        leg = self._engine.registry.legs.get(command.leg)
        reply = Reply(id=command.id)
        if isinstance(sounds, BadSource):
            reply = refused(command, "bad_source", str(sounds))
        elif leg is None:
            reply = refused(command, "unknown_leg", command.leg)
        elif not loading.is_stopped:
            reply = Reply(id=command.id, result=_state(self._start(leg, command, sounds)))
        loading.respond(reply)
        if leg is not None and not isinstance(reply.result, PlayState):
            reason = "error" if isinstance(sounds, BadSource) else "stopped"
            self._engine.play_ended(leg, EndedPlay(command.play, "error" if reason == "error" else "stopped", 0))
        for order, respond in loading.later:
            respond(self._change(leg, order) if leg is not None else refused(order, "unknown_leg", order.leg))

    def _start(self, leg: Leg, command: Play, sounds: tuple[Sound, ...]) -> Track:
        track = Track(command.play, sounds, loop=command.loop, start_ms=command.start_ms)
        replaced = leg.player.start(track, command.layer)
        leg.phase.playing[leg.row] = leg
        if replaced is not None:
            self._engine.play_ended(leg, replaced)
        return track


def _state(track: Track) -> PlayState:
    return PlayState(
        play=track.play, position_ms=track.position_ms, duration_ms=track.duration_ms, paused=track.is_paused
    )
