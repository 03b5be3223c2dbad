"""Work in lanes: jobs of one lane run one after another, lanes side by side. A contact is a lane."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable

import structlog

__all__ = ["Job", "Lanes"]

_log = structlog.get_logger()

Job = Callable[[], Awaitable[None]]


class Lanes:
    """Runs jobs in the task group given to `open`. A job that raises is logged and the lane goes on with the next."""

    def __init__(self) -> None:
        self._queues: dict[str, deque[Job]] = {}
        self._group: asyncio.TaskGroup | None = None

    def open(self, group: asyncio.TaskGroup) -> None:
        """Jobs submitted from now on run; those submitted before start now."""
        self._group = group
        for lane in self._queues:
            group.create_task(self._run(lane))

    def submit(self, lane: str, job: Job) -> None:
        """Run `job` after those that wait in its lane."""
        queue = self._queues.get(lane)
        if queue is not None:
            queue.append(job)
            return
        self._queues[lane] = deque((job,))
        if self._group is not None:
            self._group.create_task(self._run(lane))

    def __len__(self) -> int:
        return len(self._queues)

    async def _run(self, lane: str) -> None:
        queue = self._queues[lane]
        while queue:
            job = queue[0]
            try:
                await job()
            except Exception:
                _log.exception("lane.job_failed", lane=lane)
            queue.popleft()
        del self._queues[lane]
