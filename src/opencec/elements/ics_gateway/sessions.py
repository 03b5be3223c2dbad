"""Sessions of the ICS gateway of one tenant: who is signed in, over restarts of control.

The journal has the beginning and the end of every session, so only living ones are remembered: a GUID is good while its
session is in the book. Addresses that events are pushed to may carry secrets of the enterprise and are kept sealed.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Protocol

import msgspec

from opencec.elements.ics_gateway.schemas import EventBody
from opencec.ports.secrets import Secrets, SecretUnreadable

__all__ = ["IcsSession", "IcsSessions"]

_PULL_SILENCE_MS, _PUSH_SILENCE_MS = 120_000, 150_000
"""A client that is not heard of for so long is signed out: polls, or heartbeats where events are pushed."""
_KEPT = 200
"""Events of our own that wait for a client: answers to what it did."""
_MOST = 50_000
_AFTER_ANSWER_S = 0.15
"""Events of a call are pushed so long after the answer that names it: a client registers the call by that answer."""
_PURPOSE = "ics push"


class _Opened(msgspec.Struct, frozen=True, array_like=True, tag="o"):
    user: str
    login: int
    push: str
    """Sealed; "" = the client polls."""
    is_trusted: bool


class _Ended(msgspec.Struct, frozen=True, array_like=True, tag="e"):
    user: str
    login: int


class _Told(msgspec.Struct, frozen=True, array_like=True, tag="t"):
    """The receiver knows that the session is over, or cannot be told."""

    user: str
    login: int


_Fact = _Opened | _Ended | _Told
_decoder: msgspec.msgpack.Decoder[_Fact] = msgspec.msgpack.Decoder(_Fact)


class _Saved(msgspec.Struct, frozen=True, array_like=True):
    opened: _Opened
    is_ended: bool


class _Record(Protocol):
    async def __call__(self, service: str, body: bytes, *, committed: Callable[[], None]) -> None: ...


class IcsSession:
    """One customer who is signed in."""

    __slots__ = (
        "call",
        "code",
        "code_until",
        "events",
        "heard_at",
        "holds",
        "is_ended",
        "is_trusted",
        "login",
        "polls",
        "push",
        "user",
        "vdn",
        "wake",
    )

    def __init__(self, vdn: int, user: str, *, login: int, push: str = "", is_trusted: bool = False) -> None:
        self.vdn = vdn
        self.user = user
        self.login = login
        """Milliseconds UTC: the `loginTime`."""
        self.push = push
        """Sealed address that events are pushed to; "" = they are pulled."""
        self.is_trusted = is_trusted
        """Signed in by loginex: a server of the enterprise, whose calls need no image code."""
        self.is_ended = False
        self.heard_at = 0
        """Milliseconds UTC; 0 = not since control started."""
        self.events: deque[EventBody] = deque(maxlen=_KEPT)
        self.wake = asyncio.Event()
        self.polls = 0
        self.holds = 0
        self.code = ""
        self.code_until = 0
        self.call = ""
        """Access code of the text call, as far as this process knows."""

    def event(self, name: str, **content: Any) -> EventBody:
        """An event of this session."""
        return EventBody(name, self.user, self.vdn, content)

    def tell(self, name: str, **content: Any) -> None:
        """Something for the next poll or push."""
        self.events.append(self.event(name, **content))
        self.wake.set()

    @contextmanager
    def hold(self) -> Iterator[None]:
        """Push nothing until the answer of this request has arrived."""
        self.holds += 1
        try:
            yield
        finally:
            asyncio.get_running_loop().call_later(_AFTER_ANSWER_S, self._release)

    def is_silent(self, now: int) -> bool:
        """Whether the client has gone."""
        limit = _PUSH_SILENCE_MS if self.push else _PULL_SILENCE_MS
        return self.heard_at > 0 and now - self.heard_at > limit

    def _release(self) -> None:
        self.holds -= 1
        self.wake.set()


class IcsSessions:
    """The sessions of one tenant: participant of its journal.

    Args:
        vdn: The tenant.
        secrets: Seals addresses.
        record: Journals a fact, and says when it is committed.
    """

    name = "ics_sessions"

    def __init__(self, vdn: int, *, secrets: Secrets, record: _Record) -> None:
        self._vdn = vdn
        self._secrets = secrets
        self._record = record
        self._living: dict[str, IcsSession] = {}
        self._opening: set[str] = set()
        self._last_login = 0
        self._pushed: dict[str, deque[IcsSession]] = {}
        """By user, oldest first: sessions whose receiver is to be told something, ended ones too."""
        self.on_push: Callable[[str], None] = lambda user: None
        """Called when a user has a session whose events are to be pushed."""

    # --- life -------------------------------------------------------------------------------------------------------

    async def open(self, user: str, *, now: int, push: str = "", is_trusted: bool = False) -> IcsSession | None:
        """Sign in. None: this name is signed in, or nobody may any more.

        Args:
            user: The customer's name at this gateway.
            now: Milliseconds UTC.
            push: Address that events go to; "" = they are pulled.
            is_trusted: By loginex.

        Raises:
            TenantOverloaded: nothing has changed.
        """
        if user in self._living or user in self._opening or len(self._living) + len(self._opening) >= _MOST:
            return None
        login = self._last_login = max(now, self._last_login + 1)  # no two are equal: a GUID is good for one only
        sealed = self._secrets.seal(push, purpose=_PURPOSE) if push else ""
        self._opening.add(user)
        try:
            await self._keep(_Opened(user, login, sealed, is_trusted))
        finally:
            self._opening.discard(user)
        session = self._living.get(user)
        if session is None or session.login != login:
            return None  # another sign-in has replaced it already
        session.heard_at = now
        session.tell("WECC_PROVIDER_IN_SERVER", loginTime=login)
        return session

    async def end(self, session: IcsSession) -> None:
        """Sign out. The name is free, the GUID is not good any more; again: nothing changes.

        Raises:
            TenantOverloaded: nothing has changed.
        """
        if not session.is_ended:
            await self._keep(_Ended(session.user, session.login))

    async def told(self, session: IcsSession) -> None:
        """The receiver of an ended session needs nothing any more.

        Raises:
            TenantOverloaded: nothing has changed.
        """
        await self._keep(_Told(session.user, session.login))

    # --- asking -----------------------------------------------------------------------------------------------------

    def of_user(self, user: str) -> IcsSession | None:
        """Who is signed in by this name."""
        return self._living.get(user)

    def find(self, user: str, *, login: int, now: int) -> IcsSession | None:
        """A living session, which is heard of by this; None: over."""
        session = self._living.get(user)
        if session is None or session.login != login or session.is_silent(now):
            return None
        session.heard_at = now
        return session

    def silent(self, now: int) -> list[IcsSession]:
        """Sessions whose clients have gone. After a restart everybody's silence counts from the first look."""
        for session in self._living.values():
            session.heard_at = session.heard_at or now
        return [session for session in self._living.values() if session.is_silent(now)]

    def pushed(self) -> list[str]:
        """Users whose receivers are to be told something."""
        return list(self._pushed)

    def first_pushed(self, user: str) -> IcsSession | None:
        """The oldest session of a user whose receiver is to be told something."""
        line = self._pushed.get(user)
        return line[0] if line else None

    def address(self, session: IcsSession) -> str:
        """Where the events of a session go; "" = the seal cannot be opened any more."""
        try:
            return self._secrets.open(session.push, purpose=_PURPOSE)
        except SecretUnreadable:
            return ""

    # --- journal ----------------------------------------------------------------------------------------------------

    async def _keep(self, fact: _Fact) -> None:
        await self._record(self.name, msgspec.msgpack.encode(fact), committed=lambda: self._take(fact))

    def replay(self, body: bytes) -> None:
        """Take a fact in again after a restart."""
        self._take(_decoder.decode(body))

    def snapshot(self) -> bytes:
        """Living sessions, and ended ones whose receivers do not know it yet."""
        owed = [session for line in self._pushed.values() for session in line if session.is_ended]
        return msgspec.msgpack.encode(
            [
                _Saved(_Opened(known.user, known.login, known.push, known.is_trusted), known.is_ended)
                for known in (*owed, *self._living.values())
            ]
        )

    def restore(self, blob: bytes) -> None:
        """Become what `snapshot` saw."""
        self._living.clear()
        self._pushed.clear()
        for saved in msgspec.msgpack.decode(blob, type=list[_Saved]):
            self._take(saved.opened)
            if saved.is_ended:
                self._take(_Ended(saved.opened.user, saved.opened.login))

    def _take(self, fact: _Fact) -> None:
        match fact:
            case _Opened(user=user):
                self._last_login = max(self._last_login, fact.login)
                session = IcsSession(self._vdn, user, login=fact.login, push=fact.push, is_trusted=fact.is_trusted)
                self._living[user] = session
                if session.push:
                    self._pushed.setdefault(user, deque()).append(session)
                    self.on_push(user)
            case _Ended(user=user):
                living = self._living.get(user)
                if living is not None and living.login == fact.login:
                    del self._living[user]
                    living.is_ended = True
                    living.wake.set()
            case _Told(user=user):
                line = self._pushed.get(user, deque())
                if line and line[0].login == fact.login:
                    line.popleft()
                if not line:
                    self._pushed.pop(user, None)
