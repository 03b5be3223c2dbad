"""The engine: four phases of legs, the commands of control, and what the phases report. No clock and no loop here."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable
from typing import Any

from opencec.workers.control_server import Respond
from opencec.workers.event_log import EventLog, wall_ms
from opencec.workers.media.admission import LoadWatch
from opencec.workers.media.commands import Commands
from opencec.workers.media.digits import Keypad
from opencec.workers.media.dtmf import PressedDigit
from opencec.workers.media.leg import Leg
from opencec.workers.media.legs import LegRegistry
from opencec.workers.media.loader import SoundLoader
from opencec.workers.media.phase import Phase
from opencec.workers.media.play import EndedPlay
from opencec.workers.media.recorder import Recorder
from opencec.workers.media.recording import Closed, RecordingWriter
from opencec.workers.media.reports import Reports
from opencec.workers.media.sound import BadSource, Sound
from opencec.workers.protocol import (
    Command,
    FirstPacket,
    Hello,
    IceState,
    LegFailed,
    LegState,
    MediaTimeout,
    Play,
    Played,
    RecordingClosed,
    WorkerStatus,
)
from opencec.workers.rtp.packet import Packet
from opencec.workers.rtp.sockets import PortPool
from opencec.workers.rtp.transport import TransportFactory, TransportState, webrtc_transport

__all__ = ["PHASES", "PHASE_MS", "TICK_MS", "Engine"]

PHASES = 4
PHASE_MS = 5
TICK_MS = 20
_TIMEOUT_TICKS = 25
"""Media time-outs are looked for twice a second."""


class Engine:
    """One worker's media. `run_phase` is called every 5 ms with the phase that is due; all else happens between.

    Other threads (sounds, recordings, transports) report through `post`, which queues a call and wakes the loop.
    """

    def __init__(
        self,
        *,
        name: str,
        ports: PortPool,
        now_ms: Callable[[], int] = wall_ms,
        legs_limit: int = 4_000,
        wake: Callable[[], None] = lambda: None,
        webrtc: Callable[[], TransportFactory] = webrtc_transport,
    ) -> None:
        self.name = name
        self.tick = 0
        self.now_ms = now_ms
        self.started_ms = now_ms()
        self.events = EventLog(now_ms=now_ms)
        self.load = LoadWatch(legs_limit=legs_limit)
        self.phases = tuple(Phase(self) for _ in range(PHASES))
        self.keypad = Keypad(self.events, barge=self._barge)
        self.registry = LegRegistry(
            self.phases,
            ports,
            listener=self,
            now_ms=now_ms,
            transport_changed=lambda leg, state, why: self.post(lambda: self._transport_changed(leg, state, why)),
            webrtc=webrtc,
        )
        self.writer = RecordingWriter(closed=lambda closed: self.post(lambda: self._file_closed(closed)))
        self.recorder = Recorder(self.registry.legs, self.writer, tick=lambda: self.tick)
        self.loader = SoundLoader(lambda play, sounds: self.post(lambda: self._loaded(play, sounds)))
        self.reports = Reports()
        self.commands = Commands(self)
        self.is_draining = False
        self._wake = wake
        self._posted: deque[Callable[[], None]] = deque()
        self._silent: dict[Leg, None] = {}

    # --- life ---------------------------------------------------------------------------------------------------------

    def start(self) -> None:
        """Start the threads beside the audio."""
        self.writer.start()
        self.loader.start()

    def stop(self) -> None:
        """Close every leg and recording; the files have their names when this returns."""
        self.recorder.stop_all()
        for leg in list(self.registry.legs.values()):
            self.close_leg(leg)
        self.loader.stop()
        self.writer.stop()
        self.run_posted()

    def post(self, call: Callable[[], None]) -> None:
        """Have something done on the audio thread; from any thread."""
        self._posted.append(call)
        self._wake()

    def run_posted(self) -> None:
        """Do what other threads have posted."""
        while self._posted:
            self._posted.popleft()()

    # --- the clock's call ---------------------------------------------------------------------------------------------

    def run_phase(self, index: int, tick: int) -> None:
        """Serve the legs of one phase for the frame `tick` (counted from the start, 20 ms each)."""
        if tick > self.tick + 1:  # an overload: what was said before it must be saved before the hole is filled
            self.recorder.flush_all()
        self.tick = tick
        phase = self.phases[index]
        phase.run(tick)
        if index == 0:
            self.keypad.expire(tick)
        self.reports.turn(phase, tick)
        self.recorder.turn(tick * PHASES + index)
        if tick % _TIMEOUT_TICKS == index:
            self._check_timeouts(phase)

    @property
    def is_idle(self) -> bool:
        """Nothing needs the clock: no leg is open, no recording waits for one."""
        return not self.registry.legs and not self.recorder.is_recording

    def rest(self, number: int) -> None:
        """Time has passed in which the worker was idle: phase turn `number` (counted from the start) is the next.

        What is opened from now on begins in this tick, not in the one in which the worker fell asleep.
        """
        self.tick = (number - 1) // PHASES
        for index, phase in enumerate(self.phases):
            phase.tick = (number - 1 - index) // PHASES
        self.load.rest()

    def _check_timeouts(self, phase: Phase) -> None:
        for leg in phase.silent_legs():
            if not leg.timeout_told:
                leg.timeout_told = True
                self._silent[leg] = None
                silent_ms = (phase.tick - int(phase.rows.heard_at[leg.row])) * TICK_MS
                self.events.emit(MediaTimeout, leg=leg.id, silent_ms=silent_ms)
        for leg in [leg for leg in self._silent if leg.phase is phase and not phase.is_silent(leg)]:
            leg.timeout_told = False
            del self._silent[leg]

    # --- what the phases report ---------------------------------------------------------------------------------------

    def first_packet(self, leg: Leg) -> None:
        """A stream has begun; told once a leg."""
        if not leg.has_told_first:
            leg.has_told_first = True
            self.events.emit(FirstPacket, leg=leg.id)

    def latched(self, leg: Leg) -> None:
        """The far end's address is known or has changed."""
        leg.phase.configure(leg)

    def event_packet(self, leg: Leg, packet: Packet) -> None:
        """A telephone-event packet."""
        self.keypad.event_packet(leg, packet, tick=self.tick)

    def inband_digit(self, leg: Leg, pressed: PressedDigit) -> None:
        """A tone pair has ended."""
        self.keypad.press(leg, pressed.digit, duration_ms=pressed.duration_ms, method="inband", tick=self.tick)

    def tell(self, kind: Any, /, **fields: object) -> None:
        """Make an event."""
        self.events.emit(kind, **fields)

    def rtcp(self, leg: Leg, data: bytes, host: str | None) -> None:
        """RTCP on the RTP port."""
        self.reports.receive(leg, data, arrival=time.time_ns())

    def play_ended(self, leg: Leg, ended: EndedPlay) -> None:
        """A play is over, however."""
        self.events.emit(
            Played,
            leg=leg.id,
            play=ended.play,
            reason=ended.reason,
            played_ms=ended.played_ms,
            position_ms=ended.position_ms,
            duration_ms=ended.duration_ms,
        )
        self.keypad.play_ended(leg, ended, tick=self.tick)

    def leg_broken(self, leg: Leg) -> None:
        """Serving a leg raised: it is given up after this pass, the others go on."""
        self.post(lambda: self.fail_leg(leg, "internal error") if self.registry.legs.get(leg.id) is leg else None)

    def _barge(self, leg: Leg, play: str) -> None:
        self.stop_play(leg, play, "barged")

    def stop_play(self, leg: Leg, play: str, reason: str) -> bool:
        """Stop a play of a leg; False when it does not run."""
        ended = leg.player.stop(play, "barged" if reason == "barged" else "stopped")
        if ended is None:
            return False
        if not leg.player.is_active:
            leg.phase.playing.pop(leg.row, None)
        self.play_ended(leg, ended)
        return True

    # --- what other threads report ------------------------------------------------------------------------------------

    def _transport_changed(self, leg: Leg, state: TransportState, reason: str) -> None:
        if self.registry.legs.get(leg.id) is not leg:
            return
        if state == "connected":
            try:
                self.registry.connected(leg)
            except OSError as error:
                self.fail_leg(leg, f"socket: {error.strerror}")
                return
            self.events.emit(IceState, leg=leg.id, state="connected")
        elif state == "connecting":
            self.registry.reconnecting(leg)
        else:
            self.fail_leg(leg, reason)

    def _loaded(self, command: Play, sounds: tuple[Sound, ...] | BadSource) -> None:
        self.commands.plays.loaded(command, sounds)

    def _file_closed(self, closed: Closed) -> None:
        self.recorder.file_closed(closed)
        self.events.emit(
            RecordingClosed,
            recording=closed.recording,
            path=closed.path,
            duration_ms=closed.duration_ms,
            bytes=closed.bytes,
            reason=closed.reason,
        )

    # --- legs ---------------------------------------------------------------------------------------------------------

    def close_leg(self, leg: Leg) -> None:
        """End everything of a leg and the leg."""
        self.recorder.before_change(leg)
        self.keypad.forget(leg)
        for tap in list(leg.ear.taps):
            leg.ear.stop_tap(leg.id, tap, "closed", self.tell)
        for ended in leg.player.stop_all("closed"):
            self.play_ended(leg, ended)
        self._silent.pop(leg, None)
        self.registry.close(leg)
        self.recorder.leg_closed(leg)

    def fail_leg(self, leg: Leg, reason: str) -> None:
        """Give a leg up and say so."""
        self.close_leg(leg)
        self.events.emit(LegFailed, leg=leg.id, reason=reason)

    @property
    def status(self) -> WorkerStatus:
        """Load of the worker."""
        legs = len(self.registry.legs)
        accepts = not self.is_draining and self.load.accepts(legs=legs)
        return WorkerStatus(
            legs=legs, lag_ms=round(self.load.lag_ms, 3), load=round(self.load.load, 4), accepts=accepts
        )

    def execute(self, command: Command, respond: Respond) -> None:
        """Carry out one command of control."""
        self.commands.execute(command, respond)

    def hello(self, *, pid: int) -> Hello:
        """What a new connection of control is told first."""
        legs = tuple(
            LegState(
                leg=leg.id,
                mix=leg.mix,
                mix_revision=self.registry.mixes[leg.mix].revision,
                revision=leg.revision,
                opened=leg.opened,
                plays=leg.player.plays + self.commands.plays.loading(leg.id),
                paused_plays=leg.player.paused_plays,
                collect=leg.collection.command.collect if leg.collection is not None else "",
                detects=tuple(leg.ear.detections),
                taps=tuple(leg.ear.taps),
                tie=leg.tie,
            )
            for leg in self.registry.legs.values()
        )
        return Hello(
            worker=self.name,
            pid=pid,
            started_ms=self.started_ms,
            legs=legs,
            recordings=self.recorder.states,
            next_event=self.events.next_number,
        )
