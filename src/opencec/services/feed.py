"""The event feed of signed-in agents: one ordered queue for each sign-in, read one event at a time by long polling.

A queue is a fold of the tenant's journal: the core's events, put into a view's words by a `Translator`, fill it;
`FeedAcknowledged` facts empty it. So after a restart it holds exactly what its client has not confirmed, in the same
bytes. An event stays at the head until the next poll of the same session says that it arrived (design.md 4).
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict, deque
from collections.abc import Callable, Iterable, Sequence
from typing import Protocol

import msgspec

from opencec.core.commands import SignOut
from opencec.core.errors import CoreError, OpenCecError
from opencec.core.events import AgentSignedIn, AgentSignedOut, Event
from opencec.core.ids import AgentId, SessionId
from opencec.ports.clock import Clock
from opencec.services.agent_port import TenantOverloaded, TenantPort
from opencec.services.feed_monitor import FeedMonitor
from opencec.services.feed_queue import FeedQueue
from opencec.services.wait_line import WaitLine

__all__ = ["FeedAcknowledged", "FeedEnded", "FeedLimits", "TenantFeed", "Translator"]

_SWEEP_S = 1.0


class Translator(Protocol):
    """Puts core events into the words of one view. Deterministic: the same journal gives the same bytes."""

    def translate(self, event: Event) -> Iterable[tuple[AgentId, bytes]]:
        """What which agent is told of an event, in order: answers ready for the socket."""
        ...

    def snapshot(self) -> bytes:
        """What the translator remembers of earlier events."""
        ...

    def restore(self, blob: bytes) -> None:
        """Become what `snapshot` saw."""
        ...


class FeedEnded(OpenCecError):
    """The session of this queue is over (signed out, taken over, or its client was too slow): sign in again."""

    def __init__(self, message: str = "agent not login") -> None:
        super().__init__("feed_ended", message)


class FeedAcknowledged(msgspec.Struct, frozen=True, array_like=True):
    """The client of a session has everything up to `seq`."""

    session: SessionId
    seq: int


class FeedLimits(msgspec.Struct, frozen=True):
    """Settings of a feed."""

    wait_ms: int = 10_000
    """How long a poll waits for an event (cc-gateway.md 3.1)."""
    silence_ms: int = 120_000
    """An agent that neither polls nor sends a heartbeat for so long is signed out."""
    unwatched_ms: int = 43_200_000
    """The same for a session that asked not to be watched: every session ends some day."""
    capacity: int = 500
    """Events that wait for one agent; a slower client is dropped."""
    closed_kept: int = 2_000
    """Queues of ended sessions that still hold their last event."""


class _SavedQueue(msgspec.Struct, frozen=True, array_like=True):
    session: SessionId
    agent: AgentId
    next_seq: int
    is_closed: bool
    is_dropped: bool
    events: tuple[tuple[int, bytes], ...]


class _Saved(msgspec.Struct, frozen=True):
    queues: tuple[_SavedQueue, ...]
    translator: bytes


class TenantFeed:
    """All queues of one tenant: participant of its journal and observer of its events."""

    name = "feed"

    def __init__(self, translator: Translator, *, clock: Clock, limits: FeedLimits | None = None) -> None:
        self.limits = limits or FeedLimits()
        self._translator = translator
        self._clock = clock
        self._queues: OrderedDict[SessionId, FeedQueue] = OrderedDict()
        """Living sessions, the one that polled longest ago first."""
        self._closed: OrderedDict[SessionId, FeedQueue] = OrderedDict()
        self._current: dict[AgentId, SessionId] = {}
        self._line = WaitLine(self.limits.wait_ms / 1000)
        self.monitor = FeedMonitor(clock=clock, wait_ms=self.limits.wait_ms)
        self.polls = 0
        """Since the start of this process."""

    # --- filling ----------------------------------------------------------------------------------------------------

    def on_outcome(self, seq: int, at: int, events: Sequence[Event]) -> None:
        """Fold committed events of the core; polls that wait for them are answered."""
        for event in events:
            if isinstance(event, AgentSignedIn):
                self._open(event.session, event.agent)
            told = self._translator.translate(event)
            if isinstance(event, AgentSignedOut):
                self._close(event.session, [body for _, body in told])
                continue
            for agent, body in told:
                self._publish(agent, body)

    def _open(self, session: SessionId, agent: AgentId) -> None:
        self._queues[session] = FeedQueue(agent, self._clock.monotonic())
        self._current[agent] = session

    def _publish(self, agent: AgentId, body: bytes) -> None:
        self.monitor.publish(body)
        session = self._current.get(agent)
        if session is None:
            return
        queue = self._queues[session]
        if queue.is_dropped:
            return
        if len(queue.events) >= self.limits.capacity:
            self._drop(session, queue)
            return
        queue.push(body)
        queue.wake(True)

    def _drop(self, session: SessionId, queue: FeedQueue) -> None:
        """Too slow: nothing more is kept, and the next sweep signs the agent out."""
        queue.is_dropped = True
        queue.events.clear()
        queue.seen = float("-inf")
        self._queues.move_to_end(session, last=False)

    def _close(self, session: SessionId, last: Sequence[bytes]) -> None:
        """The session is over. What was not sent is void but for the last words."""
        queue = self._queues.pop(session, None)
        if queue is None:
            return
        if self._current.get(queue.agent) == session:
            del self._current[queue.agent]
        queue.is_closed = True
        while len(queue.events) > 1:  # the head may be on its way to the client
            queue.events.pop()
        for body in last:
            self.monitor.publish(body)
        if not queue.is_dropped:
            for body in last:
                queue.push(body)
        if queue.events:
            self._closed[session] = queue
            while len(self._closed) > self.limits.closed_kept:
                self._closed.popitem(last=False)
        queue.wake(True)

    # --- reading ----------------------------------------------------------------------------------------------------

    async def poll(
        self, port: TenantPort, session: SessionId, *, has_gone: Callable[[], bool] = lambda: False
    ) -> bytes | None:
        """The next event of a session, or None when none came in time or a newer poll took over.

        Args:
            port: Where the receipt of the event before is journaled.
            session: Whose queue.
            has_gone: Tells whether the client hung up meanwhile; then the event stays for its next poll.

        Raises:
            FeedEnded: no such session any more.
            TenantOverloaded: the receipt could not be journaled; poll again.
        """
        self.polls += 1
        queue = self._find(session)
        queue.turn += 1
        turn = queue.turn
        queue.wake(False)
        self._saw(session, queue)
        await self._take_receipt(port, session, queue)
        if turn != queue.turn:
            return None
        if not queue.events:
            if not await self._wait(queue):
                self._saw(session, queue)
                return None
            self._saw(session, queue)
        return self._give(session, queue, has_gone)

    def _find(self, session: SessionId) -> FeedQueue:
        queue = self._queues.get(session) or self._closed.get(session)
        if queue is None or queue.is_dropped:
            raise FeedEnded
        return queue

    async def _wait(self, queue: FeedQueue) -> bool:
        """True: an event came, or the queue was closed."""
        if queue.is_closed:
            return True
        queue.waiter = waiter = self._line.join()
        return await waiter

    def _give(self, session: SessionId, queue: FeedQueue, has_gone: Callable[[], bool]) -> bytes | None:
        if not queue.events:
            self._closed.pop(session, None)
            raise FeedEnded
        if has_gone():
            return None
        queue.given = True
        return queue.events[0][1]

    async def _take_receipt(self, port: TenantPort, session: SessionId, queue: FeedQueue) -> None:
        """This poll proves that the head arrived: journal it before the next event is given."""
        if queue.acking is not None:
            await asyncio.shield(queue.acking)
            return
        if not queue.given:
            return
        seq = queue.events[0][0]
        fact = msgspec.msgpack.encode(FeedAcknowledged(session, seq))
        if len(queue.events) == 1:
            # Nothing is to be given yet, and what comes is committed later: so the receipt needs no waiting.
            port.record_nowait(self.name, fact)
            queue.acknowledge(seq)
            return
        queue.acking = asyncio.get_running_loop().create_future()
        try:
            await port.record(self.name, fact, committed=lambda: queue.acknowledge(seq))
        finally:
            queue.acking.set_result(None)
            queue.acking = None

    # --- pushing ----------------------------------------------------------------------------------------------------

    def attach(self, session: SessionId, ring: Callable[[], None]) -> bool:
        """Ring for each event of a session from now on, and at once when one waits; False: there is no such queue."""
        queue = self._queues.get(session) or self._closed.get(session)
        if queue is None or queue.is_dropped:
            return False
        queue.ring = ring
        if queue.events:
            ring()
        return True

    def pending(self, session: SessionId, most: int) -> list[tuple[int, bytes]]:
        """The oldest events that were not acknowledged, at most so many; [] also when the queue is gone."""
        queue = self._queues.get(session) or self._closed.get(session)
        if queue is None:
            return []
        return [queue.events[index] for index in range(min(most, len(queue.events)))]

    def is_open(self, session: SessionId) -> bool:
        """Whether the session goes on."""
        return session in self._queues

    async def acknowledge(self, port: TenantPort, session: SessionId, seq: int) -> None:
        """The receiver has everything up to `seq`.

        Raises:
            TenantOverloaded: not journaled; the events are kept.
        """
        queue = self._queues.get(session) or self._closed.get(session)
        if queue is None:
            return

        def taken() -> None:
            queue.acknowledge(seq)
            if queue.is_closed and not queue.events:
                self._closed.pop(session, None)

        fact = msgspec.msgpack.encode(FeedAcknowledged(session, seq))
        if queue.events and queue.events[-1][0] <= seq:
            # Nothing more is to go out, and what comes is committed later: as with polls, no need to wait.
            port.record_nowait(self.name, fact)
            taken()
        else:
            await port.record(self.name, fact, committed=taken)

    def forget(self, session: SessionId) -> None:
        """Nobody will take the last events of this closed session."""
        self._closed.pop(session, None)

    # --- presence ---------------------------------------------------------------------------------------------------

    def _saw(self, session: SessionId, queue: FeedQueue) -> None:
        queue.seen = self._clock.monotonic()
        if session in self._queues:
            self._queues.move_to_end(session)

    def watch(self, session: SessionId, is_watched: bool) -> None:
        """Whether a short silence of this session signs its agent out."""
        if queue := self._queues.get(session):
            queue.is_watched = is_watched

    def seen(self, session: SessionId) -> None:
        """A sign of life other than a poll (heartbeats)."""
        if queue := self._queues.get(session):
            self._saw(session, queue)

    def silent_agents(self) -> list[AgentId]:
        """Agents to sign out now: silent too long, or dropped as too slow. Each is named once per silence time."""
        now = self._clock.monotonic()
        since, long_since = now - self.limits.silence_ms / 1000, now - self.limits.unwatched_ms / 1000
        found: list[SessionId] = []
        for session, queue in self._queues.items():
            if queue.seen > since:
                break
            if queue.is_watched or queue.seen <= long_since:
                found.append(session)
        for session in found:
            self._queues[session].seen = now
            self._queues.move_to_end(session)
        return [self._queues[session].agent for session in found]

    async def supervise(self, port: TenantPort) -> None:
        """Sign silent agents out, until cancelled. Start it when the tenant is served: the clocks start then."""
        self.restart_clocks()
        while True:
            await asyncio.sleep(_SWEEP_S)
            for agent in self.silent_agents():
                try:
                    await port.execute(SignOut(agent=agent, reason="silent"))
                except (CoreError, TenantOverloaded):
                    continue

    def restart_clocks(self) -> None:
        """Count everybody's silence from now: an outage of ours is not their silence (design.md 3)."""
        now = self._clock.monotonic()
        for queue in self._queues.values():
            queue.seen = now

    def waiting_polls(self) -> int:
        """Polls that wait for an event at this moment."""
        return sum(1 for queue in self._queues.values() if queue.waiter is not None)

    def end_polls(self) -> None:
        """Answer every waiting poll with "nothing": the server is about to stop."""
        for queue in self._queues.values():
            queue.wake(False)

    # --- journal ----------------------------------------------------------------------------------------------------

    def replay(self, body: bytes) -> None:
        """Take a receipt in again after a restart."""
        fact = msgspec.msgpack.decode(body, type=FeedAcknowledged)
        if queue := self._queues.get(fact.session) or self._closed.get(fact.session):
            queue.acknowledge(fact.seq)

    def snapshot(self) -> bytes:
        """Every queue with what its client has not confirmed."""
        queues = tuple(
            _SavedQueue(session, q.agent, q.next_seq, q.is_closed, q.is_dropped, tuple(q.events))
            for book in (self._queues, self._closed)
            for session, q in book.items()
        )
        return msgspec.msgpack.encode(_Saved(queues, self._translator.snapshot()))

    def restore(self, blob: bytes) -> None:
        """Become what `snapshot` saw; clocks start again."""
        saved = msgspec.msgpack.decode(blob, type=_Saved)
        self._translator.restore(saved.translator)
        self._queues.clear()
        self._closed.clear()
        self._current.clear()
        now = self._clock.monotonic()
        for row in saved.queues:
            queue = FeedQueue(row.agent, now)
            queue.events = deque(row.events)
            queue.next_seq, queue.is_closed, queue.is_dropped = row.next_seq, row.is_closed, row.is_dropped
            if row.is_closed:
                self._closed[row.session] = queue
            else:
                self._queues[row.session] = queue
                self._current[row.agent] = row.session
