"""Recordings: what two legs said, second by second, as dual-channel mu-law WAV; written by a thread of its own.

A file is `path + ".part"` until it is closed: then its header gets the true sizes and it is renamed. A killed worker
leaves a `.part` whose samples are whole; `recover` gives it a header and its name.
"""

from __future__ import annotations

import os
import queue
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from opencec.workers.media import g711
from opencec.workers.media.g711 import FRAME, SILENCE
from opencec.workers.media.priority import step_back
from opencec.workers.media.rows import HISTORY
from opencec.workers.media.wav import WAV_HEADER_BYTES, recover, wav_header

if TYPE_CHECKING:
    from opencec.workers.media.leg import Leg

__all__ = [
    "Closed",
    "Recording",
    "RecordingWriter",
]

_BYTES_PER_MS = 16
_LONGEST_SILENCE_TICKS = 6 * 3600 * 50

CloseReason = Literal["stopped", "leg_closed", "disk", "recovered"]


class Closed(NamedTuple):
    """A recording's file is complete on disk (or failed)."""

    recording: str
    path: str
    duration_ms: int
    bytes: int
    reason: CloseReason


@dataclass(slots=True, eq=False)
class Recording:
    """A running recording. `next_tick` is the first frame that has not been handed to the writer."""

    id: str
    path: str
    left: str
    right: str
    next_tick: int
    legs: tuple[Leg | None, Leg | None] = field(default=(None, None))
    is_paused: bool = False
    """Silence stands for what is said, so that the file keeps the call's time."""

    def flush(self, writer: RecordingWriter, *, until: int) -> None:
        """Hand over the frames before tick `until`; ticks that nobody played (an overload) are silence."""
        count = until - self.next_tick
        if count <= 0:
            return
        lost = min(max(0, count - HISTORY), _LONGEST_SILENCE_TICKS)
        if lost:
            writer.write(self.path, bytes((SILENCE["PCMU"],)) * (2 * FRAME * lost))
        first = max(self.next_tick, until - HISTORY)
        left, right = (None, None) if self.is_paused else self.legs
        both = np.empty(((until - first) * FRAME, 2), np.uint8)
        _copy_said(left, first, until, both[:, 0])
        _copy_said(right, first, until, both[:, 1])
        writer.write(self.path, both.data.cast("B"))
        self.next_tick = until


def _copy_said(leg: Leg | None, first: int, until: int, target: NDArray[np.uint8]) -> None:
    """Put the mu-law codes of what a leg said in these ticks into a channel; at most `HISTORY` ticks."""
    if leg is None:
        target[:] = SILENCE["PCMU"]
        return
    history, row = leg.phase.rows.history, leg.row
    frames = target.reshape(-1, FRAME)
    start, end = first % HISTORY, first % HISTORY + until - first
    parts = ((start, min(end, HISTORY), 0), (0, max(0, end - HISTORY), HISTORY - start))
    for begin, stop, at in parts:
        said = history[begin:stop, row]
        frames[at : at + len(said)] = g711.A_TO_MU[said] if leg.codec == "PCMA" else said


class _Job(NamedTuple):
    what: Literal["open", "write", "close", "recover", "end"]
    path: str
    data: bytes | memoryview = b""
    recording: str = ""
    reason: CloseReason = "stopped"


class RecordingWriter:
    """One thread that opens, appends, closes and renames, in the order of the calls. Files stay open by path.

    `closed` is called on that thread once for every recording, also when the disk refuses it in the middle.
    """

    def __init__(self, *, closed: Callable[[Closed], None]) -> None:
        self._closed = closed
        self._jobs: queue.SimpleQueue[list[_Job]] = queue.SimpleQueue()
        self._waiting: list[_Job] = []
        self._files: dict[str, int] = {}
        self._sizes: dict[str, int] = {}
        self._names: dict[str, str] = {}
        self._thread = threading.Thread(target=self._run, name="recordings", daemon=True)

    def start(self) -> None:
        """Begin; before it calls only queue."""
        self._thread.start()

    def open(self, path: str, recording: str) -> None:
        """Begin a file (an existing `.part` of the same path is appended to: the recording goes on)."""
        self._waiting.append(_Job("open", path, recording=recording))
        self.hand_over()

    def write(self, path: str, data: bytes | memoryview) -> None:
        """Append interleaved mu-law bytes, with the next `hand_over`."""
        self._waiting.append(_Job("write", path, data))

    def hand_over(self) -> None:
        """Let the thread do what has gathered: each time that it wakes it takes the interpreter from the audio."""
        if self._waiting:
            self._jobs.put(self._waiting)
            self._waiting = []

    def close(self, path: str, recording: str, reason: CloseReason) -> None:
        """Finish a file; `closed` tells when it has its name."""
        self._waiting.append(_Job("close", path, recording=recording, reason=reason))
        self.hand_over()

    def recover(self, path: str, recording: str) -> None:
        """Finish what a killed worker left of a recording; `closed` tells what it is."""
        self._waiting.append(_Job("recover", path, recording=recording))
        self.hand_over()

    def stop(self, timeout_s: float = 10.0) -> None:
        """Do what is queued and end."""
        self._waiting.append(_Job("end", ""))
        self.hand_over()
        self._thread.join(timeout_s)

    def _run(self) -> None:
        step_back()
        while True:
            for job in self._jobs.get():
                if job.what == "end":
                    return
                try:
                    self._do(job)
                except OSError:
                    self._give_up(job)

    def _do(self, job: _Job) -> None:
        if job.what == "open":
            self._open(job.path, job.recording)
        elif job.what == "write":
            if job.path in self._files:
                _write_all(self._files[job.path], job.data)
                self._sizes[job.path] += len(job.data)
        elif job.what == "recover":
            size = recover(job.path)
            self._closed(Closed(job.recording, job.path, size // _BYTES_PER_MS, WAV_HEADER_BYTES + size, "recovered"))
        else:
            self._close(job)

    def _open(self, path: str, recording: str) -> None:
        self._names[path] = recording
        os.makedirs(os.path.dirname(path) or ".", exist_ok=True)
        file = os.open(path + ".part", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o640)
        about = os.fstat(file)
        self._files[path] = file
        self._sizes[path] = max(0, about.st_size - WAV_HEADER_BYTES) // 2 * 2
        if about.st_size < WAV_HEADER_BYTES:
            os.pwrite(file, wav_header(0), 0)
        os.lseek(file, WAV_HEADER_BYTES + self._sizes[path], os.SEEK_SET)
        if self._sizes[path]:  # a killed worker's: the time between is silence
            missing_ms = min(int(1000 * max(0.0, time.time() - about.st_mtime)), _LONGEST_SILENCE_TICKS * 20)
            self._do(_Job("write", path, bytes((SILENCE["PCMU"],)) * (missing_ms * _BYTES_PER_MS)))

    def _close(self, job: _Job) -> None:
        file, size = self._files.pop(job.path, None), self._sizes.pop(job.path, 0)
        if file is None:
            return  # the disk refused it before; that was told
        self._names.pop(job.path, None)
        try:
            os.pwrite(file, wav_header(size), 0)
            os.fsync(file)
        finally:
            os.close(file)
        os.rename(job.path + ".part", job.path)
        self._closed(Closed(job.recording, job.path, size // _BYTES_PER_MS, WAV_HEADER_BYTES + size, job.reason))

    def _give_up(self, job: _Job) -> None:
        """The disk refused: the samples so far stay in the `.part`, which can be recovered."""
        file = self._files.pop(job.path, None)
        size = self._sizes.pop(job.path, 0)
        if file is not None:
            os.close(file)
        recording = job.recording or self._names.get(job.path, "")
        self._names.pop(job.path, None)
        self._closed(Closed(recording, job.path, size // _BYTES_PER_MS, WAV_HEADER_BYTES + size, "disk"))


def _write_all(file: int, data: bytes | memoryview) -> None:
    view = memoryview(data)
    while view:
        view = view[os.write(file, view) :]
