"""The relay's engine: carries out control's commands, forwards, reports. No loop and no clock of its own here."""

from __future__ import annotations

import select
import time
from collections import OrderedDict, deque
from collections.abc import Callable

from opencec.workers.control_server import Respond
from opencec.workers.event_log import EventLog, wall_ms
from opencec.workers.protocol import (
    CloseLeg,
    ClosePort,
    FirstPacket,
    Hello,
    IceState,
    LegFailed,
    LegState,
    MediaTimeout,
    RecordingClosed,
    Reply,
    Stats,
    StopRecord,
    WorkerStatus,
)
from opencec.workers.relay.forwarding import Forwarding
from opencec.workers.relay.leg import VideoLeg
from opencec.workers.relay.recorder import ClosedVideo, VideoRecorder
from opencec.workers.relay.registry import VideoRegistry
from opencec.workers.relay.reports import PictureReports, video_quality
from opencec.workers.relay_protocol import (
    Forward,
    OpenVideo,
    RecordVideo,
    RelayCommand,
    RequestKeyframe,
    UpdateVideo,
)
from opencec.workers.rtp.sockets import NoPort, PortPool
from opencec.workers.rtp.transport import TransportFactory, TransportState, webrtc_transport

__all__ = ["RelayEngine"]

_REPLIES_KEPT = 10_000
_REPORT_S = 1.0
_MOST_LOAD = 0.85
"""Busy share of the last second above which no leg is opened: the ones that are there must not stutter."""


class RelayEngine:
    """All legs of the process. `turn` is called every few milliseconds, `readable` for every socket that is ready."""

    def __init__(
        self,
        *,
        name: str,
        ports: PortPool,
        poller: select.epoll,
        legs_limit: int = 400,
        wake: Callable[[], None] = lambda: None,
        webrtc: Callable[[], TransportFactory] = webrtc_transport,
    ) -> None:
        self.name = name
        self.events = EventLog()
        self.reports = PictureReports()
        self.recorder = VideoRecorder(closed=lambda closed: self.post(lambda: self._file_closed(closed)))
        self.path = Forwarding(
            on_rtcp=self.reports.receive,
            on_first=self._first_packet,
            ask_picture=self.reports.ask_picture,
            record=self.recorder.packet,
        )
        self.reports.path = self.path
        self.registry = VideoRegistry(
            ports,
            poller,
            webrtc=webrtc,
            transport_changed=lambda leg, state, why: self.post(lambda: self._transport_changed(leg, state, why)),
            ask_picture=self.reports.ask_picture,
        )
        self.is_draining = False
        self.load = 0.0
        """Busy share of the last second; the loop measures it."""
        self._legs_limit = legs_limit
        self._started_ms = wall_ms()
        self._wake = wake
        self._posted: deque[Callable[[], None]] = deque()
        self._replies: OrderedDict[str, Reply] = OrderedDict()
        self._next_report = 0.0

    # --- the loop's calls ---------------------------------------------------------------------------------------------

    def readable(self, descriptor: int) -> bool:
        """A socket is ready; False when it is none of a leg."""
        found = self.registry.sockets.get(descriptor)
        if found is None:
            return False
        leg, is_rtcp = found
        if is_rtcp:
            self.path.read_rtcp(leg)
        else:
            self.path.read(leg)
        return True

    def turn(self, now_s: float) -> None:
        """What time brings: requests to send again, reports, time-outs."""
        self.run_posted()
        for leg in self.registry.legs.values():
            self.reports.ask_again(leg)
        if now_s >= self._next_report:
            self._next_report = now_s + _REPORT_S
            now_ns = time.time_ns()
            for leg in self.registry.legs.values():
                self.reports.report(leg)
                self._check_silence(leg, now_ns)

    def post(self, call: Callable[[], None]) -> None:
        """Have something done on the loop's thread; from any thread."""
        self._posted.append(call)
        self._wake()

    def run_posted(self) -> None:
        """Do what other threads have posted."""
        while self._posted:
            self._posted.popleft()()

    def stop(self) -> None:
        """Close every leg and recording."""
        for leg in list(self.registry.legs.values()):
            self.registry.close(leg)
        self.recorder.end()
        self.run_posted()

    # --- commands -----------------------------------------------------------------------------------------------------

    def execute(self, command: RelayCommand, respond: Respond) -> None:
        """Carry out one command; a repeated id is answered from memory."""
        known = self._replies.get(command.id) if command.id else None
        if known is None:
            known = self._answer(command)
            if command.id:
                self._replies[command.id] = known
                if len(self._replies) > _REPLIES_KEPT:
                    self._replies.popitem(last=False)
        respond(known)

    def _answer(self, command: RelayCommand) -> Reply:
        try:
            return self._do(command)
        except NoPort as error:
            return _refused(command, "no_port", str(error))
        except (ValueError, OSError) as error:
            return _refused(command, "bad_request", str(error))

    def _do(self, command: RelayCommand) -> Reply:
        match command:
            case OpenVideo():
                return self._open(command)
            case Forward():
                self.registry.forward(command)
            case RecordVideo():
                self.recorder.start(command)
                for name in (command.left, command.right):
                    if (leg := self.registry.legs.get(name)) is not None:
                        self.reports.ask_picture(leg)  # a film can begin with a whole picture only
            case StopRecord():
                self.recorder.stop(command.recording)
            case ClosePort():
                self.is_draining = True
            case Stats(leg=""):
                return Reply(id=command.id, result=self.status)
            case _:
                return self._do_for_leg(command)
        return Reply(id=command.id)

    def _open(self, command: OpenVideo) -> Reply:
        if command.leg not in self.registry.legs and not self.status.accepts:
            return _refused(command, "overloaded", f"{len(self.registry.legs)} legs, load {self.load:.2f}")
        return Reply(id=command.id, result=self.registry.open(command, now_ns=time.time_ns()).opened)

    def _do_for_leg(self, command: UpdateVideo | CloseLeg | RequestKeyframe | Stats) -> Reply:
        leg = self.registry.legs.get(command.leg)
        if leg is None:
            return Reply(id=command.id) if isinstance(command, CloseLeg) else _refused(command, "unknown_leg", "")
        match command:
            case UpdateVideo():
                self.registry.update(leg, command, now_ns=time.time_ns())
            case RequestKeyframe():
                self.reports.ask_picture(leg)
            case CloseLeg():
                quality = video_quality(leg)
                self.registry.close(leg)
                return Reply(id=command.id, result=quality)
            case Stats():
                return Reply(id=command.id, result=video_quality(leg))
        return Reply(id=command.id)

    # --- what happens -------------------------------------------------------------------------------------------------

    def _first_packet(self, leg: VideoLeg) -> None:
        leg.has_told_first = True
        self.events.emit(FirstPacket, leg=leg.id)

    def _transport_changed(self, leg: VideoLeg, state: TransportState, reason: str) -> None:
        if self.registry.legs.get(leg.id) is not leg or state == "connecting":
            return
        if state == "connected":
            self.registry.connected(leg, now_ns=time.time_ns())
            self.events.emit(IceState, leg=leg.id, state="connected")
            return
        self.registry.close(leg)
        self.events.emit(LegFailed, leg=leg.id, reason=reason)

    def _check_silence(self, leg: VideoLeg, now_ns: int) -> None:
        silent_ms = (now_ns - leg.since_ns) // 1_000_000
        is_silent = leg.receives and 0 < leg.media_timeout_ms <= silent_ms
        if is_silent and not leg.timeout_told:
            self.events.emit(MediaTimeout, leg=leg.id, silent_ms=silent_ms)
        leg.timeout_told = is_silent

    def _file_closed(self, closed: ClosedVideo) -> None:
        self.events.emit(
            RecordingClosed,
            recording=closed.recording,
            path=closed.path,
            duration_ms=closed.duration_ms,
            bytes=closed.bytes,
            reason=closed.reason,
        )

    @property
    def status(self) -> WorkerStatus:
        """Load of the process."""
        legs = len(self.registry.legs)
        accepts = not self.is_draining and legs < self._legs_limit and self.load < _MOST_LOAD
        return WorkerStatus(legs=legs, lag_ms=0.0, load=round(self.load, 4), accepts=accepts)

    def hello(self, *, pid: int) -> Hello:
        """What a new connection of control is told first."""
        return Hello(
            worker=self.name,
            pid=pid,
            started_ms=self._started_ms,
            legs=tuple(
                LegState(
                    leg=leg.id,
                    mix=leg.mix,
                    mix_revision=self.registry.mixes[leg.mix].revision,
                    revision=leg.revision,
                    opened=leg.opened,
                )
                for leg in self.registry.legs.values()
            ),
            recordings=self.recorder.states,
            next_event=self.events.next_number,
        )


def _refused(command: RelayCommand, error: str, detail: str) -> Reply:
    return Reply(id=command.id, ok=False, error=error, detail=detail)
