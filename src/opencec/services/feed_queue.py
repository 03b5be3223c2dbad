"""The events of one signed-in agent that its client has not confirmed."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable

from opencec.core.ids import AgentId

__all__ = ["FeedQueue"]


class FeedQueue:
    """Events of one session. `given`: the head was sent and waits for the next poll as its receipt.

    A queue with a `ring` is not polled: the ring is called for each new event, and somebody pushes them.
    """

    __slots__ = (
        "acking",
        "agent",
        "events",
        "given",
        "is_closed",
        "is_dropped",
        "is_watched",
        "next_seq",
        "ring",
        "seen",
        "turn",
        "waiter",
    )

    def __init__(self, agent: AgentId, seen: float) -> None:
        self.agent = agent
        self.events: deque[tuple[int, bytes]] = deque()
        self.next_seq = 1
        """Sequence number of the next event; it counts what was queued, so that replays number alike."""
        self.given = False
        self.is_closed = False
        self.is_dropped = False
        self.turn = 0
        self.waiter: asyncio.Future[bool] | None = None
        self.acking: asyncio.Future[None] | None = None
        self.seen = seen
        self.ring: Callable[[], None] | None = None
        self.is_watched = True
        """Silence signs the agent out."""

    def push(self, event: bytes) -> None:
        self.events.append((self.next_seq, event))
        self.next_seq += 1

    def wake(self, has_event: bool) -> None:
        """End the waiting poll, or ring whoever pushes."""
        if has_event and self.ring is not None:
            self.ring()
        if self.waiter is not None and not self.waiter.done():
            self.waiter.set_result(has_event)
        self.waiter = None

    def acknowledge(self, seq: int) -> None:
        while self.events and self.events[0][0] <= seq:
            self.events.popleft()
            self.given = False
