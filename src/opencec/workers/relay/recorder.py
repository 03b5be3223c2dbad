"""Recordings of video: what the peers of two legs send, packet by packet, in a file that `jobs` makes a film of."""

from __future__ import annotations

import os
import queue
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, NamedTuple

from opencec.workers.protocol import RecordingState
from opencec.workers.relay.leg import VideoLeg
from opencec.workers.relay.video_file import CODEC, RECORD_HEADER
from opencec.workers.relay_protocol import RecordVideo

__all__ = ["ClosedVideo", "VideoRecorder"]

_FLUSH_BYTES = 64 * 1024
_FLUSH_NS = 1_000_000_000
_BACKLOG = 4_096
"""Writes that may wait for a slow disk; what comes beyond is left out."""

CloseReason = Literal["stopped", "leg_closed", "disk", "recovered"]


class ClosedVideo(NamedTuple):
    """A file has got its name, or could not be written."""

    recording: str
    path: str
    duration_ms: int
    bytes: int
    reason: CloseReason


@dataclass(slots=True)
class _Open:
    recording: str
    path: str
    sides: list[str]
    codecs: list[str]
    began_ns: int
    buffer: bytearray
    flushed_ns: int


class _Write(NamedTuple):
    path: str
    data: bytes


class _Close(NamedTuple):
    recording: str
    path: str
    duration_ms: int
    reason: CloseReason


class VideoRecorder:
    """Collects packets on the loop's thread; a thread of its own writes them."""

    def __init__(self, *, closed: Callable[[ClosedVideo], None]) -> None:
        """Args:
        closed: Called on the writer's thread.
        """
        self._closed = closed
        self._open: dict[str, _Open] = {}
        self._by_leg: dict[str, list[tuple[_Open, int]]] = {}
        self._work: queue.Queue[_Write | _Close | None] = queue.Queue(_BACKLOG)
        self._thread = threading.Thread(target=self._run, name="video-writer", daemon=True)

    def begin(self) -> None:
        """Start the thread."""
        self._thread.start()

    @property
    def states(self) -> tuple[RecordingState, ...]:
        """Open recordings, for `Hello`."""
        return tuple(
            RecordingState(recording=one.recording, path=one.path, left=one.sides[0], right=one.sides[1])
            for one in self._open.values()
        )

    def start(self, command: RecordVideo) -> None:
        """Begin a recording, or change the legs of one that runs."""
        known = self._open.get(command.recording)
        if known is None:
            now_ns = time.time_ns()
            known = _Open(command.recording, command.path, ["", ""], ["", ""], now_ns, bytearray(), now_ns)
            self._open[command.recording] = known
        known.sides = [command.left, command.right]
        known.codecs = ["", ""]
        self._index()

    def stop(self, recording: str, reason: CloseReason = "stopped") -> None:
        """Close a recording; an unknown one is fine."""
        known = self._open.pop(recording, None)
        if known is None:
            return
        self._index()
        self._flush(known)
        duration_ms = (time.time_ns() - known.began_ns) // 1_000_000
        self._work.put(_Close(known.recording, known.path, duration_ms, reason))

    def packet(self, leg: VideoLeg, packet: bytes, now_ns: int) -> None:
        """A leg's peer has sent this."""
        for known, side in self._by_leg.get(leg.id, ()):
            if known.codecs[side] != leg.codec:
                known.codecs[side] = leg.codec
                name = leg.codec.encode()
                known.buffer += RECORD_HEADER.pack(CODEC + side, now_ns, len(name)) + name
            known.buffer += RECORD_HEADER.pack(side, now_ns, len(packet)) + packet
            if len(known.buffer) >= _FLUSH_BYTES or now_ns - known.flushed_ns >= _FLUSH_NS:
                self._flush(known)

    def end(self) -> None:
        """Close everything; the files have their names when this returns."""
        for recording in list(self._open):
            self.stop(recording)
        self._work.put(None)
        self._thread.join()

    def _index(self) -> None:
        self._by_leg = {}
        for known in self._open.values():
            for side, leg in enumerate(known.sides):
                if leg:
                    self._by_leg.setdefault(leg, []).append((known, side))

    def _flush(self, known: _Open) -> None:
        known.flushed_ns = time.time_ns()
        data, known.buffer = bytes(known.buffer), bytearray()
        try:
            self._work.put_nowait(_Write(known.path, data))
        except queue.Full:  # the disk is too slow: the film gets a hole, the call goes on
            return

    def _run(self) -> None:
        files: dict[str, int] = {}
        while (job := self._work.get()) is not None:
            if isinstance(job, _Write):
                self._write(files, job)
            else:
                self._finish(files, job)

    @staticmethod
    def _write(files: dict[str, int], job: _Write) -> None:
        try:
            if job.path not in files:
                files[job.path] = os.open(job.path + ".part", os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
            os.write(files[job.path], job.data)
        except OSError:
            return  # told when the file is closed

    def _finish(self, files: dict[str, int], job: _Close) -> None:
        descriptor = files.pop(job.path, None)
        try:
            if descriptor is None:
                raise FileNotFoundError(job.path)
            size = os.fstat(descriptor).st_size
            os.close(descriptor)
            os.rename(job.path + ".part", job.path)
        except OSError:
            self._closed(ClosedVideo(job.recording, job.path, 0, 0, "disk"))
            return
        self._closed(ClosedVideo(job.recording, job.path, job.duration_ms, size, job.reason))
