"""The worker's events: numbered, and kept until control has journaled them."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable

from opencec.workers.protocol import (
    AnswerClass,
    Collected,
    DigitPressed,
    Event,
    FirstPacket,
    IceState,
    LegFailed,
    MediaTimeout,
    Played,
    RecordingClosed,
    TapClosed,
    Voice,
)

__all__ = ["EventLog", "wall_ms"]

_EventType = (
    type[FirstPacket]
    | type[IceState]
    | type[LegFailed]
    | type[MediaTimeout]
    | type[DigitPressed]
    | type[Played]
    | type[Collected]
    | type[RecordingClosed]
    | type[Voice]
    | type[AnswerClass]
    | type[TapClosed]
)


def wall_ms() -> int:
    """Wall-clock milliseconds UTC."""
    return time.time_ns() // 1_000_000


class EventLog:
    """Events in order. `on_event` is told each new one (the server sends it if control is connected)."""

    def __init__(self, *, now_ms: Callable[[], int] = wall_ms) -> None:
        self._now_ms = now_ms
        self._kept: deque[Event] = deque()
        self.next_number = 1
        self.on_event: Callable[[Event], None] = lambda event: None

    def emit(self, kind: _EventType, /, **fields: object) -> None:
        """Make and keep an event; `fields` are those of `kind` without number and time."""
        event = kind(number=self.next_number, at_ms=self._now_ms(), **fields)  # type: ignore[arg-type]
        self.next_number += 1
        self._kept.append(event)
        self.on_event(event)

    def acknowledge(self, number: int) -> None:
        """Forget events up to and including `number`."""
        while self._kept and self._kept[0].number <= number:
            self._kept.popleft()

    @property
    def unacknowledged(self) -> tuple[Event, ...]:
        """What a new connection of control gets first."""
        return tuple(self._kept)
