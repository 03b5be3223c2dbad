"""Wall time that never goes back: read once, then carried on by the monotonic clock."""

from __future__ import annotations

import time

__all__ = ["SystemClock"]

_RESYNC_S = 1.0
_STEP_MS = 5


class SystemClock:
    """Implements `Clock`. Follows the machine's wall clock: forward at once, backward by waiting.

    When the wall clock was set back, `now` goes on from where it was (a millisecond for each 2 passed) until they meet.
    """

    def __init__(self) -> None:
        self._anchor_ms = time.time_ns() // 1_000_000
        self._anchor = time.monotonic()
        self._checked = self._anchor
        self._rate = 1.0

    def now(self) -> int:
        """Milliseconds since 1970 UTC."""
        here = time.monotonic()
        if here - self._checked >= _RESYNC_S:
            self._follow_wall(here)
        return self._at(here)

    def monotonic(self) -> float:
        """Seconds; only differences mean anything."""
        return time.monotonic()

    def advance_to(self, at_ms: int) -> None:
        """`now` returns at least `at_ms` from here on."""
        here = time.monotonic()
        self._anchor_ms, self._anchor = max(self._at(here), at_ms), here
        self._follow_wall(here)

    def _at(self, monotonic: float) -> int:
        return self._anchor_ms + int((monotonic - self._anchor) * 1000 * self._rate)

    def _follow_wall(self, here: float) -> None:
        """Re-anchor to the wall clock: NTP steps it, suspends stop the monotonic one."""
        ours, wall = self._at(here), time.time_ns() // 1_000_000
        self._checked = here
        self._rate = 0.5 if ours > wall + _STEP_MS else 1.0
        self._anchor_ms, self._anchor = max(ours, wall), here
