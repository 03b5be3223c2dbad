"""Everybody's events for those who watch: a copy beside the agents' own queues, which stay as they are.

Live only: a subscription begins with the first call and ends when its watcher stays away or falls too far behind.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field

from opencec.core.ids import SessionId
from opencec.ports.clock import Clock
from opencec.services.wait_line import WaitLine

__all__ = ["FeedMonitor"]

_AWAY_S = 60.0
_CAPACITY = 2_000
_MOST_AT_ONCE = 200


@dataclass(slots=True)
class _Watcher:
    seen: float
    events: deque[bytes] = field(default_factory=deque)
    waiter: asyncio.Future[bool] | None = None


class FeedMonitor:
    """The watchers of one tenant's feed."""

    def __init__(self, *, clock: Clock, wait_ms: int) -> None:
        self._clock = clock
        self._line = WaitLine(wait_ms / 1000)
        self._watchers: dict[SessionId, _Watcher] = {}

    def publish(self, event: bytes) -> None:
        """An agent is told this."""
        for session, watcher in list(self._watchers.items()):
            if len(watcher.events) >= _CAPACITY or (
                watcher.waiter is None and self._clock.monotonic() - watcher.seen > _AWAY_S
            ):
                del self._watchers[session]
                continue
            watcher.events.append(event)
            if watcher.waiter is not None and not watcher.waiter.done():
                watcher.waiter.set_result(True)

    async def take(self, session: SessionId, *, has_gone: Callable[[], bool] = lambda: False) -> list[bytes]:
        """Events since the last call of this watcher, oldest first; waits for one; [] when none came in time.

        Args:
            session: Who watches.
            has_gone: Tells whether the client hung up meanwhile; then the events stay.
        """
        watcher = self._watchers.setdefault(session, _Watcher(self._clock.monotonic()))
        if watcher.waiter is not None and not watcher.waiter.done():
            watcher.waiter.set_result(False)
        if not watcher.events:
            watcher.waiter = waiter = self._line.join()
            await waiter
            if watcher.waiter is not waiter:
                return []  # a newer call took over
            watcher.waiter = None
        watcher.seen = self._clock.monotonic()
        if has_gone():
            return []
        return [watcher.events.popleft() for _ in range(min(_MOST_AT_ONCE, len(watcher.events)))]
