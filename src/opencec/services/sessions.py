"""Sign-in sessions of agents: which GUID belongs to which sign-in, over restarts of control.

The journal and the snapshots hold only the SHA-256 of a GUID (it has 122 random bits, so no salt is needed), and
sealed what pushing needs in clear: address, token and GUID. A session that ended stays known for a while, so that its
client is told "not signed in" instead of "wrong GUID".
"""

from __future__ import annotations

import hashlib
import uuid
from collections import OrderedDict
from collections.abc import Callable, Sequence
from typing import Literal

import msgspec

from opencec.core.events import AgentSignedIn, AgentSignedOut, Event
from opencec.core.ids import AgentId, SessionId, TenantId
from opencec.ports.ids import Ids
from opencec.ports.secrets import Secrets, SecretUnreadable
from opencec.services.agent_port import TenantPort

__all__ = [
    "AgentSession",
    "AgentSessions",
    "GuidRenewed",
    "PushChanged",
    "PushTarget",
    "SessionIndex",
    "SessionOpened",
    "SilenceSwitched",
    "new_guid",
]

_ENDED_KEPT = 20_000
"""Ended sessions that a node remembers, the oldest go first."""


_PURPOSE = "push"


class PushTarget(msgspec.Struct, frozen=True):
    """Where the events of a session go, and what the receiver is shown."""

    form: Literal["list", "single"]
    """Several events with a token, or one event a POST in the form of a poll answer (cc-gateway.md 3.2)."""
    url: str
    token: str = ""
    guid: str = ""


class SessionOpened(msgspec.Struct, frozen=True, tag="session_opened", omit_defaults=True):
    """A GUID was given out for a sign-in."""

    session: SessionId
    agent: AgentId
    guid_sha256: bytes
    opened_at: int
    """Milliseconds UTC."""
    push: str = ""
    """Sealed `PushTarget`; "" = the client polls."""


class GuidRenewed(msgspec.Struct, frozen=True, tag="guid_renewed", omit_defaults=True):
    """A session has another GUID; the one before is good until `old_until`."""

    session: SessionId
    guid_sha256: bytes
    at: int
    old_until: int
    push: str = ""


class PushChanged(msgspec.Struct, frozen=True, tag="push_changed"):
    """The client changed its token."""

    session: SessionId
    push: str


class SilenceSwitched(msgspec.Struct, frozen=True, tag="silence_switched"):
    """Silence signs the agent out, or not."""

    session: SessionId
    is_watched: bool


Fact = SessionOpened | GuidRenewed | PushChanged | SilenceSwitched


class AgentSession(msgspec.Struct, kw_only=True):
    """One sign-in that has a GUID."""

    tenant: TenantId
    session: SessionId
    agent: AgentId
    guid_sha256: bytes
    opened_at: int
    is_ended: bool = False
    guid_at: int = 0
    """When the GUID was given out, ms UTC; 0 = at sign-in."""
    older: tuple[tuple[bytes, int], ...] = ()
    """GUIDs before (SHA-256), and until when they are good."""
    push: str = ""
    is_watched: bool = True

    @property
    def is_pushed(self) -> bool:
        """Events are pushed; polls are refused."""
        return bool(self.push)

    def has_current(self, guid: str) -> bool:
        """Whether this is the newest GUID."""
        return _digest(guid) == self.guid_sha256


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

    def find(self, guid: str, *, now: int) -> AgentSession | None:
        """The session of a GUID, living or ended not long ago; None: never heard of, or replaced too long ago.

        Args:
            guid: As the client sent it.
            now: Milliseconds UTC.
        """
        key = _digest(guid)
        session = self._living.get(key) or self._ended.get(key)
        if session is not None and key != session.guid_sha256:
            return session if any(old == key and now < until for old, until in session.older) else None
        return session

    def add(self, session: AgentSession) -> None:
        """Make a session known."""
        if session.is_ended:
            self._remember(session)
            return
        self._living[session.guid_sha256] = session
        for key, _ in session.older:
            self._living[key] = session

    def renew(self, session: AgentSession, fact: GuidRenewed) -> None:
        """The session has another GUID; of the older ones those stay that are good still."""
        older = ((session.guid_sha256, fact.old_until), *session.older)
        session.older = tuple((key, until) for key, until in older if until > fact.at)
        for key, until in older:
            if until <= fact.at:
                self._living.pop(key, None)
        session.guid_sha256, session.guid_at = fact.guid_sha256, fact.at
        if not session.is_ended:
            self._living[session.guid_sha256] = session

    def end(self, session: AgentSession) -> None:
        """A session is over; it stays known as ended."""
        session.is_ended = True
        for key, _ in ((session.guid_sha256, 0), *session.older):
            self._living.pop(key, None)
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

    def __init__(self, tenant: TenantId, *, index: SessionIndex, secrets: Secrets) -> None:
        self._tenant = tenant
        self._index = index
        self._secrets = secrets
        self._signed_in: dict[SessionId, AgentId] = {}
        self._by_session: dict[SessionId, AgentSession] = {}
        self._targets: dict[SessionId, PushTarget] = {}
        self._announced: dict[SessionId, str] = {}
        """GUIDs in clear that their clients have not used yet, so that they can be told again."""
        self.on_push: Callable[[AgentSession], None] = lambda session: None
        """Called when the events of a session are to be pushed, or pushed elsewhere."""

    async def open(
        self, port: TenantPort, *, agent: AgentId, session: SessionId, guid: str, push: PushTarget | None = None
    ) -> None:
        """Journal that a signed-in session has this GUID, then honour it.

        Raises:
            TenantOverloaded: nothing was journaled.
        """
        await self._record(port, SessionOpened(session, agent, _digest(guid), port.now(), self._seal(push, guid)))

    async def renew(self, port: TenantPort, session: AgentSession, *, guid: str, grace_ms: int) -> None:
        """Give the session another GUID; the one before stays good for `grace_ms`.

        Raises:
            TenantOverloaded: nothing has changed.
        """
        now = port.now()
        push = self._seal(self.target(session), guid) if session.push else ""
        await self._record(port, GuidRenewed(session.session, _digest(guid), now, now + grace_ms, push))
        self._announced[session.session] = guid

    def announced(self, session: AgentSession) -> str:
        """The newest GUID in clear while its client has not used it; "" when it has, or control was restarted."""
        return self._announced.get(session.session, "")

    def confirm_guid(self, session: AgentSession) -> None:
        """The client uses the newest GUID."""
        self._announced.pop(session.session, None)

    async def change_token(self, port: TenantPort, session: AgentSession, token: str) -> None:
        """Show the receiver another token from now on; the same one again changes nothing.

        Raises:
            TenantOverloaded: nothing has changed.
        """
        target = self.target(session)
        if target is not None and target.token != token:
            sealed = self._seal(msgspec.structs.replace(target, token=token), target.guid)
            await self._record(port, PushChanged(session.session, sealed))

    async def switch_silence(self, port: TenantPort, session: AgentSession, *, is_watched: bool) -> None:
        """Whether silence signs the agent out.

        Raises:
            TenantOverloaded: nothing has changed.
        """
        if session.is_watched is not is_watched:
            await self._record(port, SilenceSwitched(session.session, is_watched))

    def target(self, session: AgentSession) -> PushTarget | None:
        """Where events of the session are pushed; None: it polls, or the seal cannot be opened any more."""
        known = self._targets.get(session.session)
        if known is None and session.push:
            try:
                opened = self._secrets.open(session.push, purpose=_PURPOSE)
            except SecretUnreadable:
                return None
            known = msgspec.json.decode(opened, type=PushTarget)
            if not session.is_ended:
                self._targets[session.session] = known
        return known

    def pushed(self) -> list[AgentSession]:
        """Sessions whose events are pushed, living and ended ones."""
        known = (*self._by_session.values(), *self._index.ended_of(self._tenant))
        return [session for session in known if session.push]

    def unwatched(self) -> list[SessionId]:
        """Living sessions whose silence means nothing."""
        return [session.session for session in self._by_session.values() if not session.is_watched]

    def replay(self, body: bytes) -> None:
        """Take a fact in again after a restart."""
        self._take(msgspec.msgpack.decode(body, type=Fact))

    def on_outcome(self, seq: int, at: int, events: Sequence[Event]) -> None:
        """Follow sign-ins and sign-outs of the core."""
        for event in events:
            if isinstance(event, AgentSignedIn):
                self._signed_in[event.session] = event.agent
            elif isinstance(event, AgentSignedOut):
                self._signed_in.pop(event.session, None)
                self._targets.pop(event.session, None)
                self._announced.pop(event.session, None)
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

    def _seal(self, push: PushTarget | None, guid: str) -> str:
        if push is None:
            return ""
        plain = msgspec.json.encode(msgspec.structs.replace(push, guid=guid)).decode()
        return self._secrets.seal(plain, purpose=_PURPOSE)

    async def _record(self, port: TenantPort, fact: Fact) -> None:
        await port.record(self.name, msgspec.msgpack.encode(fact), committed=lambda: self._take(fact))

    def _take(self, fact: Fact) -> None:
        if isinstance(fact, SessionOpened):
            self._opened(fact)
            return
        session = self._by_session.get(fact.session)
        if session is None:
            return  # it ended while the fact was on its way
        match fact:
            case GuidRenewed():
                self._index.renew(session, fact)
            case PushChanged():
                pass
            case SilenceSwitched():
                session.is_watched = fact.is_watched
                return
        if fact.push:
            self._targets.pop(session.session, None)
            session.push = fact.push
            self.on_push(session)

    def _opened(self, fact: SessionOpened) -> None:
        session = AgentSession(
            tenant=self._tenant,
            session=fact.session,
            agent=fact.agent,
            guid_sha256=fact.guid_sha256,
            opened_at=fact.opened_at,
            guid_at=fact.opened_at,
            push=fact.push,
            # A forced sign-in elsewhere may have come between the sign-in and the journaling of its GUID.
            is_ended=fact.session not in self._signed_in,
        )
        if not session.is_ended:
            self._by_session[session.session] = session
        self._index.add(session)
        if session.push and not session.is_ended:
            self.on_push(session)
