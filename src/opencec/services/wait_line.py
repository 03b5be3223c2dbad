"""Many waiters with one and the same time limit, and a single timer for all of them.

With a constant limit waiters expire in the order in which they came, so a deque does instead of ten thousand timers.
"""

from __future__ import annotations

import asyncio
from collections import deque

__all__ = ["WaitLine"]

_SLACK_S = 0.02
"""Waiters that are due within this time expire together."""


class WaitLine:
    """Futures that become False after a fixed time unless someone resolves them first."""

    def __init__(self, limit_s: float) -> None:
        self._limit_s = limit_s
        self._line: deque[tuple[float, asyncio.Future[bool]]] = deque()
        self._timer: asyncio.TimerHandle | None = None

    def join(self) -> asyncio.Future[bool]:
        """A new waiter at the end of the line."""
        loop = asyncio.get_running_loop()
        waiter: asyncio.Future[bool] = loop.create_future()
        deadline = loop.time() + self._limit_s
        self._line.append((deadline, waiter))
        if self._timer is None:
            self._timer = loop.call_at(deadline, self._expire)
        return waiter

    def _expire(self) -> None:
        loop = asyncio.get_running_loop()
        self._timer = None
        due = loop.time() + _SLACK_S
        while self._line:
            deadline, waiter = self._line[0]
            if deadline > due and not waiter.done():
                self._timer = loop.call_at(deadline, self._expire)
                return
            self._line.popleft()
            if not waiter.done():
                waiter.set_result(False)
