"""SIP timer figures (RFC 3261 table 4, RFC 6026) and the one heap that holds every deadline of a user agent."""

from __future__ import annotations

import heapq
from collections.abc import Callable, Hashable
from itertools import count

__all__ = ["T1_MS", "T2_MS", "T4_MS", "TIMEOUT_MS", "TimerHeap"]

T1_MS = 500
T2_MS = 4_000
T4_MS = 5_000
TIMEOUT_MS = 64 * T1_MS

TimerAction = Callable[[int], None]


class TimerHeap:
    """Deadlines by key. Setting a key again moves it; cancelling one is O(1) and leaves a tombstone in the heap."""

    def __init__(self) -> None:
        self._heap: list[tuple[int, int, Hashable]] = []
        self._live: dict[Hashable, tuple[int, TimerAction]] = {}
        self._serial = count()

    def __len__(self) -> int:
        return len(self._live)

    def __contains__(self, key: Hashable) -> bool:
        return key in self._live

    def set(self, key: Hashable, at: int, action: TimerAction) -> None:
        """Call `action(now)` once at `at` (ms); replaces an earlier deadline of `key`."""
        serial = next(self._serial)
        self._live[key] = (serial, action)
        heapq.heappush(self._heap, (at, serial, key))
        if len(self._heap) > 64 and len(self._heap) > 4 * len(self._live):
            self._compact()

    def cancel(self, key: Hashable) -> None:
        """Forget `key`; unknown keys are fine."""
        self._live.pop(key, None)

    def next_deadline(self) -> int | None:
        """Earliest live deadline in ms, or None."""
        while self._heap:
            at, serial, key = self._heap[0]
            if self._is_live(key, serial):
                return at
            heapq.heappop(self._heap)
        return None

    def fire(self, now: int) -> None:
        """Run every action due at `now`, earliest first. Actions may set and cancel timers."""
        while self._heap and self._heap[0][0] <= now:
            _, serial, key = heapq.heappop(self._heap)
            if self._is_live(key, serial):
                _, action = self._live.pop(key)
                action(now)

    def _is_live(self, key: Hashable, serial: int) -> bool:
        entry = self._live.get(key)
        return entry is not None and entry[0] == serial

    def _compact(self) -> None:
        self._heap = [entry for entry in self._heap if self._is_live(entry[2], entry[1])]
        heapq.heapify(self._heap)
