"""Pushes the events of sessions to receivers: for each session strictly in order, again until the receiver has them.

A session has at most one POST under way, so its events cannot overtake one another; sessions do not wait for each
other. What the receiver has taken is journaled, so after a restart of control exactly the rest goes out, in the same
bytes (the last POST may come again). A receiver that stays away fills the bounded queue of the session, and then the
agent is signed out like one who does not poll.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import structlog

from opencec.core.ids import AgentId, SessionId
from opencec.ports.callbacks import CallbackAnswer, CallbackFailed, Callbacks
from opencec.ports.clock import Clock
from opencec.ports.ids import Ids
from opencec.services.agent_port import TenantOverloaded, TenantPort
from opencec.services.feed import TenantFeed
from opencec.services.metrics import Metrics
from opencec.services.sessions import AgentSession, AgentSessions, PushTarget

__all__ = ["PushForm", "TenantPusher"]

_log = structlog.get_logger()

_FIRST_RETRY_S, _LAST_RETRY_S = 0.5, 15.0
_LAST_WORDS_S = 60.0
"""How long the last events of a session that is over are tried."""


@dataclass(frozen=True, slots=True)
class PushForm:
    """How one of the vendor's push forms looks."""

    most: int
    """Events in one POST."""
    body: Callable[[AgentId, Sequence[bytes]], bytes]
    """Agent and events, as the feed has them, oldest first -> body."""
    headers: Callable[[PushTarget], Sequence[tuple[str, str]]]
    accepts: Callable[[CallbackAnswer], bool]


@dataclass(slots=True)
class _Delivery:
    session: AgentSession
    form: PushForm
    task: asyncio.Task[None] | None = None
    hurry: asyncio.Event = field(default_factory=asyncio.Event)
    """Set: try again now, something has changed."""
    closed_since: float = 0.0


class TenantPusher:
    """Pushes for one tenant."""

    def __init__(
        self,
        feed: TenantFeed,
        sessions: AgentSessions,
        *,
        callbacks: Callbacks,
        forms: dict[str, PushForm],
        clock: Clock,
        ids: Ids,
        metrics: Metrics,
    ) -> None:
        """Args:
        feed: The queues.
        sessions: Where each session's events go.
        callbacks: Posts.
        forms: By `PushTarget.form`.
        clock: Measures how long last words are tried.
        ids: Spreads retries.
        metrics: What this process counts.
        """
        self._feed = feed
        self._sessions = sessions
        self._callbacks = callbacks
        self._forms = forms
        self._clock = clock
        self._ids = ids
        self._metrics = metrics
        self._deliveries: dict[SessionId, _Delivery] = {}
        self._port: TenantPort | None = None
        self._group: asyncio.TaskGroup | None = None

    async def run(self, port: TenantPort) -> None:
        """Push until cancelled. Start it when the tenant is served, after replay."""
        self._port = port
        async with asyncio.TaskGroup() as group:
            self._group = group
            self._sessions.on_push = self._attach
            for session in self._sessions.pushed():
                self._attach(session)
            await asyncio.Event().wait()

    def is_trying(self) -> int:
        """Sessions that have events under way."""
        return sum(1 for delivery in self._deliveries.values() if delivery.task is not None)

    def _attach(self, session: AgentSession) -> None:
        """Events of this session are pushed from now on, or with another token."""
        delivery = self._deliveries.get(session.session)
        if delivery is not None:
            delivery.hurry.set()
            return
        target = self._sessions.target(session)
        if target is None:
            _log.error("push.target_unreadable", session=session.session)
            return
        delivery = _Delivery(session, self._forms[target.form])
        self._deliveries[session.session] = delivery
        if not self._feed.attach(session.session, lambda: self._ring(delivery)):
            del self._deliveries[session.session]

    def _ring(self, delivery: _Delivery) -> None:
        if delivery.task is None and self._group is not None:
            delivery.task = self._group.create_task(self._deliver(delivery))

    async def _deliver(self, delivery: _Delivery) -> None:
        """Post what waits, then end; the next event starts it again."""
        session = delivery.session.session
        target = self._sessions.target(delivery.session)
        delay = _FIRST_RETRY_S
        while target is not None and (batch := self._feed.pending(session, delivery.form.most)):
            delivery.hurry.clear()
            if await self._post(delivery, target, [event for _, event in batch]):
                delay = _FIRST_RETRY_S
                await self._acknowledge(session, batch[-1][0])
            elif self._is_given_up(delivery):
                self._feed.forget(session)
                break
            else:
                await self._wait(delivery, delay * (0.75 + self._ids.draw() / 2))
                delay = min(_LAST_RETRY_S, delay * 2)
            target = self._sessions.target(delivery.session) or target
        delivery.task = None
        if not self._feed.is_open(session):
            self._deliveries.pop(session, None)

    async def _post(self, delivery: _Delivery, target: PushTarget, events: list[bytes]) -> bool:
        form, agent = delivery.form, delivery.session.agent
        try:
            answer = await self._callbacks.post(
                target.url,
                lane=str(delivery.session.tenant),
                headers=form.headers(target),
                body=form.body(agent, events),
            )
        except CallbackFailed as error:
            self._count(error.reason)
            _log.debug("push.failed", agent=agent, reason=error.reason, detail=str(error))
            return False
        except Exception:
            # A defect of ours must not end the tenant; the events stay, and the silence rules apply.
            _log.exception("push.defect", agent=agent)
            self._count("defect")
            return False
        is_taken = form.accepts(answer)
        self._count("taken" if is_taken else "refused")
        return is_taken

    async def _acknowledge(self, session: SessionId, seq: int) -> None:
        assert self._port is not None
        while True:
            try:
                await self._feed.acknowledge(self._port, session, seq)
            except TenantOverloaded:
                await asyncio.sleep(_FIRST_RETRY_S)
            else:
                return

    def _is_given_up(self, delivery: _Delivery) -> bool:
        if self._feed.is_open(delivery.session.session):
            return False
        now = self._clock.monotonic()
        delivery.closed_since = delivery.closed_since or now
        return now - delivery.closed_since > _LAST_WORDS_S

    async def _wait(self, delivery: _Delivery, seconds: float) -> None:
        try:
            async with asyncio.timeout(seconds):
                await delivery.hurry.wait()
        except TimeoutError:
            return

    def _count(self, result: str) -> None:
        self._metrics.pushes.add(result)
