"""Telephone events: receive digits with lost starts and ends, send them with three end packets (RFC 4733 2.5)."""

from __future__ import annotations

from typing import NamedTuple

from opencec.workers.media.g711 import FRAME

__all__ = ["EVENTS", "EventReceiver", "EventSender", "PressedDigit"]

EVENTS = "0123456789*#ABCD"
"""RFC 4733 3.2: the digit of each event code."""
_LOST_END_TICKS = 6
"""An event whose packets stop for 120 ms has ended though its end packets were lost."""
_MIN_GAP_MS = 20


class PressedDigit(NamedTuple):
    """A digit that was recognised; `duration_ms` is what is known of its length so far or at its end."""

    digit: str
    duration_ms: int


class EventReceiver:
    """Turns the telephone-event packets of one leg into digits.

    A digit is told once: at its end (duration known), or when its packets stop. All packets of one event share their
    RTP timestamp; retransmitted ends repeat it and are recognised so.
    """

    __slots__ = ("_before", "_code", "_done", "_duration", "_seen_at", "_timestamp")

    def __init__(self) -> None:
        self._timestamp: int | None = None
        self._code = -1
        self._before = 0  # samples of earlier segments
        self._duration = 0
        self._seen_at = 0
        self._done = True

    @property
    def is_pressed(self) -> bool:
        """An event is going on."""
        return not self._done

    def feed(self, payload: bytes, *, timestamp: int, tick: int) -> list[PressedDigit]:
        """Account one packet; the digits that it completes (a new event also completes one whose end was lost)."""
        if len(payload) < 4:
            return []
        code, is_end, duration = payload[0], bool(payload[1] & 0x80), int.from_bytes(payload[2:4], "big")
        if code >= len(EVENTS):  # flash and tones beyond DTMF: not ours
            return []
        finished: list[PressedDigit] = []
        if self._continues(code, timestamp):
            self._timestamp, self._before = timestamp, self._before + self._duration
            self._duration = 0
        if timestamp != self._timestamp:
            if self._is_stale(timestamp):
                return []
            finished += self.finish()
            self._timestamp, self._code, self._duration, self._done = timestamp, code, duration, False
            self._before = 0
        elif self._done:
            return []
        self._duration = max(self._duration, duration)
        self._seen_at = tick
        if is_end:
            finished += self.finish()
        return finished

    def _continues(self, code: int, timestamp: int) -> bool:
        """A key held for over 8 s: the event goes on in a new segment (RFC 4733 2.5.1.3)."""
        if self._done or code != self._code or self._timestamp is None or self._duration < 0xFF00:
            return False
        return abs(((timestamp - self._timestamp - self._duration + 0x8000) & 0xFFFFFFFF) - 0x8000) <= 400

    def _is_stale(self, timestamp: int) -> bool:
        """A packet of an earlier event, overtaken by this one's."""
        return self._timestamp is not None and 0 < (self._timestamp - timestamp) & 0xFFFFFFFF < 80_000

    def expire(self, tick: int) -> list[PressedDigit]:
        """The digit whose packets have stopped, if any."""
        if not self._done and tick - self._seen_at >= _LOST_END_TICKS:
            return self.finish()
        return []

    def finish(self) -> list[PressedDigit]:
        """End the event that is going on, if any."""
        if self._done:
            return []
        self._done = True
        return [PressedDigit(EVENTS[self._code], (self._before + self._duration) // 8)]


class EventSender:
    """Sends queued digits: one packet each 20 ms while the key is down, then three end packets (RFC 4733 2.5.1.4)."""

    __slots__ = ("_elapsed", "_gap", "_plan", "_start")

    def __init__(self) -> None:
        self._plan: list[tuple[int, int, int]] = []
        self._elapsed = 0
        self._gap = 0
        self._start = 0

    def queue(self, digits: str, *, duration_ms: int, gap_ms: int) -> None:
        """Append digits.

        Raises:
            ValueError: a character that is no DTMF digit.
        """
        codes = [EVENTS.index(digit) for digit in digits.upper()]
        frames, gap = max(2, -(-duration_ms // 20)), max(1, -(-max(gap_ms, _MIN_GAP_MS) // 20))
        self._plan += [(code, frames, gap) for code in codes]

    @property
    def is_active(self) -> bool:
        """Digits or their gaps are still to be sent."""
        return bool(self._plan) or self._gap > 0

    def step(self, timestamp: int) -> list[tuple[bytes, int, bool]]:
        """The packets of this tick, each (payload, RTP timestamp, marker); empty in a gap: audio goes on.

        Args:
            timestamp: that an audio packet of this tick would carry.
        """
        if self._gap > 0:
            self._gap -= 1
            return []
        if not self._plan:
            return []
        code, frames, gap = self._plan[0]
        if self._elapsed == 0:
            self._start = timestamp
        self._elapsed += 1
        duration = min(self._elapsed * FRAME, 0xFFFF)
        if self._elapsed < frames:
            return [(_payload(code, is_end=False, duration=duration), self._start, self._elapsed == 1)]
        self._plan.pop(0)
        self._elapsed, self._gap = 0, gap
        return [(_payload(code, is_end=True, duration=duration), self._start, False)] * 3


def _payload(code: int, *, is_end: bool, duration: int) -> bytes:
    return bytes((code, (0x80 if is_end else 0) | 10)) + duration.to_bytes(2, "big")
