"""Who does what at this moment, as a stream: a picture of everything first, then what changed, twice a second at most.

One picture is kept for all watchers of a tenant, whatever their number, and only what events concern is looked at
again: a tenant may have ten thousand agents. Nothing is kept while nobody watches.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable, Sequence

import msgspec

from opencec.core.events import ConfigurationChanged, Event
from opencec.core.ids import AgentId, ContactId
from opencec.services.agent_port import AgentView, ContactView, TenantQueries

__all__ = ["BoardFrame", "LiveBoard"]

_EVERY_S = 0.5
_HELD_FRAMES = 4
"""A watcher that is slower gets a whole picture again."""


class AgentRow(msgspec.Struct, frozen=True):
    workno: str
    name: str
    role: str
    state: str
    since: int
    """Milliseconds UTC."""
    busy_reason: int
    queues: tuple[int, ...]
    is_available: bool
    """Would get the next call of its queues: idle, with the right to talk and a phone that can be rung."""


class QueueRow(msgspec.Struct, frozen=True):
    id: int
    name: str
    waiting: int
    idle: int
    """Agents that would get the next call."""
    signed_in: int


class CallRow(msgspec.Struct, frozen=True):
    callid: str
    state: str
    since: int
    direction: str
    caller: str
    called: str
    queue: int | None
    agents: tuple[str, ...]
    began_at: int


class BoardFrame(msgspec.Struct, frozen=True):
    """What changed. `is_whole`: everything; rows that are not in it do not exist."""

    now: int
    is_whole: bool
    agents: tuple[AgentRow, ...] = ()
    queues: tuple[QueueRow, ...] = ()
    """All queues, when any figure changed."""
    calls: tuple[CallRow, ...] = ()
    """For inspectors alone."""
    ended: tuple[str, ...] = ()
    """Calls that are gone."""


class _Watcher:
    def __init__(self, *, sees_calls: bool) -> None:
        self.sees_calls = sees_calls
        self.frames: asyncio.Queue[BoardFrame | None] = asyncio.Queue(_HELD_FRAMES)
        self.needs_whole = True


class LiveBoard:
    """One tenant's board: an observer of its outcomes."""

    def __init__(self, queries: TenantQueries, *, now: Callable[[], int]) -> None:
        self._queries = queries
        self._now = now
        self._watchers: set[_Watcher] = set()
        self._agents: set[AgentId] = set()
        self._contacts: set[ContactId] = set()
        self._is_all_new = False
        self._rows: dict[AgentId, AgentRow] = {}
        """All agents by work number; empty: not looked at yet."""
        self._idle: Counter[int] = Counter()
        self._signed_in: Counter[int] = Counter()
        """Agents of `_rows` by queue."""
        self._queues: tuple[QueueRow, ...] = ()
        self._calls: set[str] = set()
        self._timer: asyncio.TimerHandle | None = None
        self._is_closed = False

    def on_outcome(self, seq: int, at: int, events: Sequence[Event]) -> None:
        """Note whom committed events concern."""
        if not self._watchers:
            return
        for event in events:
            if isinstance(event, ConfigurationChanged):
                self._is_all_new = True
            if (agent := getattr(event, "agent", None)) is not None:
                self._agents.add(agent)
            if (contact := getattr(event, "contact", None)) is not None:
                self._contacts.add(contact)
        self._schedule(_EVERY_S)

    async def watch(self, *, sees_calls: bool, heartbeat_s: float) -> AsyncIterator[BoardFrame | None]:
        """Frames until the board closes; None when nothing changed for `heartbeat_s`."""
        watcher = _Watcher(sees_calls=sees_calls)
        self._watchers.add(watcher)
        self._schedule(0)
        try:
            while not self._is_closed:
                try:
                    frame = await asyncio.wait_for(watcher.frames.get(), heartbeat_s)
                except TimeoutError:
                    yield None
                    continue
                if frame is None:
                    return
                yield frame
        finally:
            self._watchers.discard(watcher)
            if not self._watchers:
                self._rows.clear()

    def close(self) -> None:
        """End every stream: the server is about to stop."""
        self._is_closed = True
        for watcher in self._watchers:
            while not watcher.frames.empty():
                watcher.frames.get_nowait()
            watcher.frames.put_nowait(None)

    @property
    def watchers(self) -> int:
        """Open streams."""
        return len(self._watchers)

    def _schedule(self, delay_s: float) -> None:
        if self._timer is not None and delay_s == 0:
            self._timer.cancel()
            self._timer = None
        if self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(delay_s, self._publish)

    # --- one picture ------------------------------------------------------------------------------------------------

    def _publish(self) -> None:
        self._timer = None
        if not self._watchers or self._is_closed:
            return
        changed = self._look()
        queues = self._count()
        contacts = self._queries.contacts()
        whole = BoardFrame(self._now(), True)
        if self._is_all_new or any(watcher.needs_whole for watcher in self._watchers):
            calls = tuple(_call(view) for view in contacts)
            whole = BoardFrame(self._now(), True, tuple(self._rows.values()), queues, calls)
        change = whole if self._is_all_new else self._change(changed, queues, contacts)
        self._queues = queues
        self._calls = {str(view.contact) for view in contacts}
        self._agents.clear()
        self._contacts.clear()
        self._is_all_new = False
        for watcher in self._watchers:
            frame = whole if watcher.needs_whole else change
            if not watcher.sees_calls:
                frame = msgspec.structs.replace(frame, calls=(), ended=())
            if not watcher.needs_whole and not (frame.agents or frame.queues or frame.calls or frame.ended):
                continue
            watcher.needs_whole = watcher.frames.full()
            if not watcher.needs_whole:
                watcher.frames.put_nowait(frame)
        if any(watcher.needs_whole for watcher in self._watchers):
            self._schedule(_EVERY_S)

    def _look(self) -> tuple[AgentRow, ...]:
        """Look at the agents that events concerned, or at all of them; the rows of the former."""
        if self._is_all_new or not self._rows:
            self._rows = {view.id: _agent(view) for view in self._queries.agents()}
            self._idle.clear()
            self._signed_in.clear()
            for row in self._rows.values():
                self._tally(row, 1)
        else:
            for agent in self._agents & self._rows.keys():
                view = self._queries.agent(agent)
                if view is not None:
                    self._tally(self._rows[agent], -1)
                    self._rows[agent] = _agent(view)
                    self._tally(self._rows[agent], 1)
        return tuple(self._rows[agent] for agent in sorted(self._agents & self._rows.keys()))

    def _tally(self, row: AgentRow, count: int) -> None:
        for queue in row.queues if row.state != "signed_out" else ():
            self._signed_in[queue] += count
            self._idle[queue] += count * row.is_available

    def _count(self) -> tuple[QueueRow, ...]:
        return tuple(
            QueueRow(queue.id, queue.name, queue.waiting, self._idle[queue.id], self._signed_in[queue.id])
            for queue in self._queries.queues()
        )

    def _change(
        self, agents: tuple[AgentRow, ...], queues: tuple[QueueRow, ...], contacts: Sequence[ContactView]
    ) -> BoardFrame:
        living = {str(view.contact) for view in contacts}
        return BoardFrame(
            self._now(),
            False,
            agents,
            queues if queues != self._queues else (),
            tuple(_call(view) for view in contacts if view.contact in self._contacts),
            tuple(sorted(self._calls - living)),
        )


def _agent(view: AgentView) -> AgentRow:
    return AgentRow(
        str(view.id),
        view.name,
        view.role,
        view.state,
        view.since,
        view.busy_reason,
        view.serving,
        view.is_available,
    )


def _call(view: ContactView) -> CallRow:
    return CallRow(
        view.contact,
        view.state,
        view.since,
        view.direction,
        view.caller,
        view.called,
        view.queue,
        tuple(str(agent) for agent in view.agents),
        view.began_at,
    )
