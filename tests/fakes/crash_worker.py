"""A media worker without audio: keeps what it is told, remembers replies, numbers events; outlives control."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from fakes.crash_life import Life
from opencec.workers import protocol as p

__all__ = ["CrashWorker"]

_PROMPT_S = 1.0


@dataclass
class _Leg:
    opened: p.LegOpened
    mix: str
    remote: tuple[str, int] | None
    tie: p.TiePart | None = None
    plays: dict[str, tuple[str, bool]] = field(default_factory=dict)
    """Layer -> id of the play, and whether it loops."""
    collect: p.Collect | None = None
    buffered: str = ""
    paused: set[str] = field(default_factory=set)
    """Ids of the plays that are paused."""
    positions: dict[str, int] = field(default_factory=dict)
    """Where a play was sent to last, ms."""


class CrashWorker:
    """One process. `life` is the control that is connected; what a dead one sends is not heard."""

    def __init__(self, name: str, path: Path) -> None:
        self.name = name
        self.path = path
        self.life: Callable[[], Life | None] = lambda: None
        self.legs: dict[str, _Leg] = {}
        self.mixes: dict[str, p.Mix] = {}
        self.recordings: dict[str, p.Record] = {}
        self.paused_recordings: set[str] = set()
        self.closed: list[str] = []
        self._replies: dict[str, p.Reply] = {}
        self._events: list[p.Event] = []
        self._next_event = 1
        self._next_port = 40_000
        self._writer: asyncio.StreamWriter | None = None

    async def start(self) -> None:
        """Listen."""
        self._server = await asyncio.start_unix_server(self._serve, str(self.path))

    def stop(self) -> None:
        """End, orderly."""
        self._server.close()
        if self._writer is not None:
            self._writer.close()

    # --- what the test does ---------------------------------------------------------------------------------------

    def press(self, leg: str, digit: str) -> None:
        """The far end presses a key."""
        found = self.legs[leg]
        found.buffered += digit
        self._collect(leg, found)

    def hears(self, listener: str) -> set[str]:
        """Legs that a leg hears."""
        found = self.legs[listener]
        mix = self.mixes.get(found.mix)
        return {speaker for speaker in (mix.gains.get(listener, {}) if mix else {}) if speaker in self.legs}

    def background(self, leg: str) -> str:
        """What loops on a leg."""
        return self.legs[leg].plays.get("background", ("", False))[0]

    # --- the socket -----------------------------------------------------------------------------------------------

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        life = self.life()
        self._writer = writer
        self._send(self._hello(), writer)
        for event in self._events:
            self._send(event, writer)
        try:
            while life is not None:
                size = int.from_bytes(await reader.readexactly(4), "big")
                message = p.decode(await reader.readexactly(size))
                if isinstance(message, p.Acknowledge):
                    if life.passes("acknowledge"):
                        self._events = [event for event in self._events if event.number > message.number]
                elif life.passes(f"{type(message).__name__} comes"):
                    reply = self.execute(message)
                    if life.passes(f"{type(message).__name__} is done"):
                        self._send(reply, writer)
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()

    def _send(self, message: p.Message, writer: asyncio.StreamWriter | None) -> None:
        life = self.life()
        if writer is not None and not writer.is_closing() and life is not None and life.is_alive:
            writer.write(p.encode(message))

    def _hello(self) -> p.Hello:
        legs = tuple(
            p.LegState(
                leg=name,
                mix=leg.mix,
                mix_revision=self.mixes[leg.mix].revision if leg.mix in self.mixes else 0,
                revision=0,
                opened=leg.opened,
                plays=tuple(play for play, _ in leg.plays.values()),
                paused_plays=tuple(leg.paused),
                collect=leg.collect.collect if leg.collect else "",
                tie=leg.tie,
            )
            for name, leg in self.legs.items()
        )
        recordings = tuple(
            p.RecordingState(
                recording=r.recording,
                path=r.path,
                left=r.left,
                right=r.right,
                paused=r.recording in self.paused_recordings,
            )
            for r in self.recordings.values()
        )
        return p.Hello(worker=self.name, pid=1, started_ms=1, legs=legs, recordings=recordings)

    def _emit(self, kind: type[Any], **fields: Any) -> None:
        event = kind(number=self._next_event, at_ms=0, **fields)
        self._next_event += 1
        self._events.append(event)
        self._send(event, self._writer)

    # --- commands -------------------------------------------------------------------------------------------------

    def execute(self, command: Any) -> p.Reply:
        """Once for each id."""
        if command.id not in self._replies:
            self._replies[command.id] = self._do(command)
        return self._replies[command.id]

    def _do(self, command: Any) -> p.Reply:
        match command:
            case p.OpenLeg():
                return p.Reply(id=command.id, result=self._open(command))
            case p.Mix():
                self._mix(command)
            case p.Record():
                self.recordings[command.recording] = command
                if command.paused is not None:
                    self._pause_recording(command.recording, is_paused=command.paused)
            case p.PauseRecord() | p.ResumeRecord():
                if command.recording not in self.recordings:
                    return p.Reply(id=command.id, ok=False, error="unknown_recording")
                self._pause_recording(command.recording, is_paused=isinstance(command, p.PauseRecord))
            case p.StopRecord():
                self._close_recording(command.recording)
            case p.Recover():
                self._emit(
                    p.RecordingClosed, recording=command.recording, path="", duration_ms=1, bytes=1, reason="recovered"
                )
            case p.Stats():
                return p.Reply(
                    id=command.id, result=p.WorkerStatus(legs=len(self.legs), lag_ms=0, load=0, accepts=True)
                )
            case _:
                return self._do_for_leg(command)
        return p.Reply(id=command.id)

    def _mix(self, command: p.Mix) -> None:
        """Legs named here leave their former mix."""
        known = self.mixes.get(command.mix)
        if known is not None and known.revision >= command.revision:
            return
        self.mixes[command.mix] = command
        for leg in {*command.gains, *(one for row in command.gains.values() for one in row)} & self.legs.keys():
            self.legs[leg].mix = command.mix

    def _open(self, command: p.OpenLeg) -> p.LegOpened:
        if command.leg not in self.legs:
            self._next_port += 2
            opened = p.LegOpened(leg=command.leg, host=command.local_host, port=self._next_port)
            self.legs[command.leg] = _Leg(opened, command.mix, command.remote, command.tie)
        return self.legs[command.leg].opened

    def _do_for_leg(self, command: Any) -> p.Reply:
        leg = self.legs.get(command.leg)
        if leg is None:
            is_fine = isinstance(command, p.CloseLeg | p.StopPlay | p.StopCollect)
            return p.Reply(id=command.id, ok=is_fine, error="" if is_fine else "unknown_leg")
        match command:
            case p.CloseLeg():
                self._close(command.leg)
            case p.UpdateLeg():
                leg.remote = command.remote
            case p.Play():
                self._play(leg, command)
            case p.StopPlay():
                self._stop_play(command.leg, leg, command.play)
            case p.PausePlay() | p.ResumePlay() | p.SeekPlay():
                return self._change_play(leg, command)
            case p.Collect():
                leg.collect = command
                self._collect(command.leg, leg)
            case p.StopCollect():
                leg.collect = None
        return p.Reply(id=command.id)

    def _play(self, leg: _Leg, command: p.Play) -> None:
        if command.play in [play for play, _ in leg.plays.values()]:
            return
        leg.plays[command.layer] = (command.play, command.loop)
        if not command.loop:
            asyncio.get_running_loop().call_later(_PROMPT_S, self._played, command)

    def _played(self, command: p.Play) -> None:
        leg = self.legs.get(command.leg)
        if leg is not None and command.play in leg.paused:
            asyncio.get_running_loop().call_later(_PROMPT_S, self._played, command)
        elif leg is not None and leg.plays.get(command.layer, ("", False))[0] == command.play:
            del leg.plays[command.layer]
            self._emit(p.Played, leg=command.leg, play=command.play, reason="end", played_ms=1000)

    def _stop_play(self, name: str, leg: _Leg, play: str) -> None:
        for layer in [layer for layer, (running, _) in leg.plays.items() if running == play]:
            del leg.plays[layer]
            self._emit(p.Played, leg=name, play=play, reason="stopped", played_ms=0)

    def _change_play(self, leg: _Leg, command: p.PausePlay | p.ResumePlay | p.SeekPlay) -> p.Reply:
        if command.play not in [play for play, _ in leg.plays.values()]:
            return p.Reply(id=command.id, ok=False, error="unknown_play")
        match command:
            case p.PausePlay():
                leg.paused.add(command.play)
            case p.ResumePlay():
                leg.paused.discard(command.play)
            case p.SeekPlay():
                before = leg.positions.get(command.play, 0) if command.relative else 0
                leg.positions[command.play] = max(0, before + command.position_ms)
        state = p.PlayState(
            play=command.play, position_ms=leg.positions.get(command.play, 0), paused=command.play in leg.paused
        )
        return p.Reply(id=command.id, result=state)

    def _pause_recording(self, recording: str, *, is_paused: bool) -> None:
        if is_paused:
            self.paused_recordings.add(recording)
        else:
            self.paused_recordings.discard(recording)

    def _collect(self, name: str, leg: _Leg) -> None:
        if leg.collect is None or not leg.buffered:
            return
        digits, collect = leg.buffered, leg.collect
        leg.buffered, leg.collect = "", None
        leg.plays.pop("prompt", None)
        self._emit(p.Collected, leg=name, collect=collect.collect, digits=digits, reason="complete")

    def _close(self, name: str) -> None:
        del self.legs[name]
        for recording in list(self.recordings.values()):
            if not {recording.left, recording.right} & self.legs.keys():
                self._close_recording(recording.recording)

    def _close_recording(self, recording: str) -> None:
        record = self.recordings.pop(recording, None)
        self.paused_recordings.discard(recording)
        if record is not None:
            self.closed.append(recording)
            self._emit(
                p.RecordingClosed, recording=recording, path=record.path, duration_ms=1, bytes=1, reason="stopped"
            )
