"""Sign-in sessions of agents: which GUID belongs to which sign-in, over restarts of control.

The journal and the snapshots hold only the SHA-256 of a GUID (it has 122 random bits, so no salt is needed). A session
that ended stays known for a while, so that its client is told "not signed in" instead of "wrong GUID".
"""

from __future__ import annotations

import hashlib
import uuid
from collections import OrderedDict
from collections.abc import Sequence

import msgspec

from opencec.core.events import AgentSignedIn, AgentSignedOut, Event
from opencec.core.ids import AgentId, SessionId, TenantId
from opencec.ports.ids import Ids
from opencec.services.agent_port import TenantPort

__all__ = ["AgentSession", "AgentSessions", "SessionIndex", "SessionOpened", "new_guid"]

_ENDED_KEPT = 20_000
"""Ended sessions that a node remembers, the oldest go first."""


class SessionOpened(msgspec.Struct, frozen=True, tag="session_opened"):
    """A GUID was given out for a sign-in."""

    session: SessionId
    agent: AgentId
    guid_sha256: bytes
    opened_at: int
    """Milliseconds UTC."""


class AgentSession(msgspec.Struct, kw_only=True):
    """One sign-in that has a GUID."""

    tenant: TenantId
    session: SessionId
    agent: AgentId
    guid_sha256: bytes
    opened_at: int
    is_ended: bool = False


class _Saved(msgspec.Struct, frozen=True):
    living: dict[SessionId, AgentId]
    sessions: tuple[AgentSession, ...]


def new_guid(ids: Ids, *, server_name: str) -> str:
    """A fresh GUID, `<uuid>.<server name>` (cc-gateway.md 2): letters, digits, `-` and `.` only."""
    seed = hashlib.sha256(ids.token(32).encode()).digest()[:16]
    return f"{uuid.UUID(bytes=seed, version=4)}.{server_name}"


def _digest(guid: str) -> bytes:
    return hashlib.sha256(guid.encode("utf-8", "replace")).digest()


class SessionIndex:
    """All sessions of this node by GUID, whatever their tenant."""

    def __init__(self, *, ended_kept: int = _ENDED_KEPT) -> None:
        self._living: dict[bytes, AgentSession] = {}
        self._ended: OrderedDict[bytes, AgentSession] = OrderedDict()
        self._ended_kept = ended_kept

    def find(self, guid: str) -> AgentSession | None:
        """The session of a GUID, living or ended not long ago; None: never heard of."""
        key = _digest(guid)
        return self._living.get(key) or self._ended.get(key)

    def add(self, session: AgentSession) -> None:
        """Make a session known."""
        if session.is_ended:
            self._remember(session)
        else:
            self._living[session.guid_sha256] = session

    def end(self, session: AgentSession) -> None:
        """A session is over; it stays known as ended."""
        session.is_ended = True
        self._living.pop(session.guid_sha256, None)
        self._remember(session)

    def discard_tenant(self, tenant: TenantId) -> None:
        """Forget every session of a tenant (before its state is restored)."""
        for book in (self._living, self._ended):
            for key in [key for key, session in book.items() if session.tenant == tenant]:
                del book[key]

    def ended_of(self, tenant: TenantId) -> list[AgentSession]:
        """Ended sessions of a tenant that are still known, oldest first."""
        return [session for session in self._ended.values() if session.tenant == tenant]

    def _remember(self, session: AgentSession) -> None:
        self._ended[session.guid_sha256] = session
        while len(self._ended) > self._ended_kept:
            self._ended.popitem(last=False)


class AgentSessions:
    """The sessions of one tenant: participant of its journal and observer of its events."""

    name = "sessions"

    def __init__(self, tenant: TenantId, *, index: SessionIndex) -> None:
        self._tenant = tenant
        self._index = index
        self._signed_in: dict[SessionId, AgentId] = {}
        self._by_session: dict[SessionId, AgentSession] = {}

    async def open(self, port: TenantPort, *, agent: AgentId, session: SessionId, guid: str) -> None:
        """Journal that a signed-in session has this GUID, then honour it.

        Raises:
            TenantOverloaded: nothing was journaled.
        """
        fact = SessionOpened(session, agent, _digest(guid), port.now())
        await port.record(self.name, msgspec.msgpack.encode(fact), committed=lambda: self._opened(fact))

    def replay(self, body: bytes) -> None:
        """Take a fact in again after a restart."""
        self._opened(msgspec.msgpack.decode(body, type=SessionOpened))

    def on_outcome(self, seq: int, at: int, events: Sequence[Event]) -> None:
        """Follow sign-ins and sign-outs of the core."""
        for event in events:
            if isinstance(event, AgentSignedIn):
                self._signed_in[event.session] = event.agent
            elif isinstance(event, AgentSignedOut):
                self._signed_in.pop(event.session, None)
                if session := self._by_session.pop(event.session, None):
                    self._index.end(session)

    def count(self) -> int:
        """Living sessions."""
        return len(self._by_session)

    def snapshot(self) -> bytes:
        """Everything, as `restore` takes it."""
        sessions = (*self._by_session.values(), *self._index.ended_of(self._tenant))
        return msgspec.msgpack.encode(_Saved(dict(self._signed_in), sessions))

    def restore(self, blob: bytes) -> None:
        """Become what `snapshot` saw."""
        saved = msgspec.msgpack.decode(blob, type=_Saved)
        self._index.discard_tenant(self._tenant)
        self._signed_in = dict(saved.living)
        self._by_session = {s.session: s for s in saved.sessions if not s.is_ended}
        for session in saved.sessions:
            self._index.add(session)

    def _opened(self, fact: SessionOpened) -> None:
        session = AgentSession(
            tenant=self._tenant,
            session=fact.session,
            agent=fact.agent,
            guid_sha256=fact.guid_sha256,
            opened_at=fact.opened_at,
            # A forced sign-in elsewhere may have come between the sign-in and the journaling of its GUID.
            is_ended=fact.session not in self._signed_in,
        )
        if not session.is_ended:
            self._by_session[session.session] = session
        self._index.add(session)
