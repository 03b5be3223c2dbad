"""The running recordings: who is recorded into which file, and the second-by-second hand-over to the writer."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping

from opencec.workers.media.leg import Leg
from opencec.workers.media.recording import Closed, Recording, RecordingWriter
from opencec.workers.protocol import Record, RecordingState

__all__ = ["FLUSH_TURNS", "Recorder"]

FLUSH_TURNS = 200
"""A recording is flushed once in so many phase turns of 5 ms: a killed worker loses no more than the last second."""
_HAND_OVER_TURNS = 10
"""What has been flushed reaches the writing thread every 50 ms, in one piece."""


class Recorder:
    """All recordings of a worker. `legs` is the engine's own table, so a leg that is replaced is found by its id."""

    def __init__(self, legs: Mapping[str, Leg], writer: RecordingWriter, *, tick: Callable[[], int]) -> None:
        self._legs = legs
        self._writer = writer
        self._tick = tick
        self._running: dict[str, Recording] = {}
        self._turns: list[set[str]] = [set() for _ in range(FLUSH_TURNS)]
        self._next_turn = 0
        self._turn_of: dict[str, int] = {}

    @property
    def is_recording(self) -> bool:
        """Whether any recording runs, with or without its legs."""
        return bool(self._running)

    @property
    def states(self) -> tuple[RecordingState, ...]:
        """What `Hello` tells."""
        return tuple(
            RecordingState(recording=r.id, path=r.path, left=r.left, right=r.right, paused=r.is_paused)
            for r in self._running.values()
        )

    def start(self, command: Record) -> None:
        """Begin a recording, or change the legs of a running one.

        Raises:
            ValueError: another recording writes that file, or has written it.
        """
        running = self._running.get(command.recording)
        if running is not None:
            self._flush(running)
            running.left, running.right = command.left, command.right
            running.is_paused = running.is_paused if command.paused is None else command.paused
            self._resolve(running)
            return
        if not os.path.isabs(command.path):
            raise ValueError("the path of a recording must be absolute")
        if any(r.path == command.path for r in self._running.values()) or os.path.exists(command.path):
            raise ValueError("the file exists")
        recording = Recording(command.recording, command.path, command.left, command.right, self._tick())
        recording.is_paused = bool(command.paused)
        self._resolve(recording)
        recording.next_tick = self._until(recording)
        self._running[recording.id] = recording
        turn = self._next_turn = (self._next_turn + 37) % FLUSH_TURNS  # coprime with the turns: spread evenly
        self._turns[turn].add(recording.id)
        self._turn_of[recording.id] = turn
        self._writer.open(recording.path, recording.id)

    def pause(self, recording_id: str, *, is_paused: bool) -> bool:
        """Let silence stand for what is said from now on, or no longer; False when it does not run."""
        recording = self._running.get(recording_id)
        if recording is None:
            return False
        self._flush(recording)
        recording.is_paused = is_paused
        return True

    def stop(self, recording_id: str, reason: str = "stopped") -> None:
        """End a recording; one that does not run is fine."""
        recording = self._running.get(recording_id)
        if recording is None:
            return
        self._flush(recording)
        self._forget(recording_id)
        self._writer.close(recording.path, recording.id, "leg_closed" if reason == "leg_closed" else "stopped")

    def stop_all(self) -> None:
        """The worker ends."""
        for recording_id in list(self._running):
            self.stop(recording_id)

    def turn(self, number: int) -> None:
        """Hand over the last second of the recordings whose turn it is (`number` counts phases)."""
        for recording_id in self._turns[number % FLUSH_TURNS]:
            recording = self._running[recording_id]
            self._resolve(recording)
            self._flush(recording)
        if number % _HAND_OVER_TURNS == 0:
            self._writer.hand_over()

    def flush_all(self) -> None:
        """Hand over everything that was said so far."""
        for recording in self._running.values():
            self._resolve(recording)
            self._flush(recording)

    def leg_opened(self, leg: Leg) -> None:
        """A leg that a recording names may just have come."""
        for recording in self._of(leg.id):
            self._flush(recording)
            self._resolve(recording)

    def before_change(self, leg: Leg) -> None:
        """The leg's history is about to go (it closes, or changes its law): take what it said."""
        for recording in self._of(leg.id):
            self._flush(recording)

    def leg_closed(self, leg: Leg) -> None:
        """A recording whose legs have all gone is closed."""
        for recording in self._of(leg.id):
            self._resolve(recording)
            if recording.legs == (None, None):
                self.stop(recording.id, "leg_closed")

    def file_closed(self, closed: Closed) -> None:
        """The writer is done with a file, perhaps because the disk refused it."""
        if closed.recording in self._running:
            self._forget(closed.recording)

    def _of(self, leg_id: str) -> list[Recording]:
        return [r for r in self._running.values() if leg_id in (r.left, r.right)]

    def _forget(self, recording_id: str) -> None:
        del self._running[recording_id]
        self._turns[self._turn_of.pop(recording_id)].discard(recording_id)

    def _resolve(self, recording: Recording) -> None:
        recording.legs = (self._legs.get(recording.left), self._legs.get(recording.right))

    def _until(self, recording: Recording) -> int:
        """First tick that not every channel has played yet (phases are up to 15 ms apart)."""
        ticks = [leg.phase.tick for leg in recording.legs if leg is not None]
        return min(ticks, default=self._tick()) + 1

    def _flush(self, recording: Recording) -> None:
        recording.flush(self._writer, until=self._until(recording))
