"""Sessions of the ICS gateway. The GUID is signed, so a session goes on after a restart; who is signed in is kept here.

A GUID has neither `:` nor `=`: two clients strip both from what they send (ics-gateway.md 14).
"""

from __future__ import annotations

import asyncio
import hmac
from collections import deque
from typing import Any

import msgspec

from opencec.elements.ics_gateway.schemas import EventBody

__all__ = ["IcsSession", "IcsSessions"]

_SILENCE_MS = 120_000
"""A pulling client that does not poll for so long is signed out."""
_LONGEST_MS = 43_200_000
_KEPT = 200
"""Events of our own that wait for a client: answers to what it did."""
_MOST = 50_000


class _Facts(msgspec.Struct, frozen=True, array_like=True):
    vdn: int
    user: str
    login: int
    """Milliseconds UTC: the session's `loginTime`."""


class IcsSession:
    """One customer who is signed in."""

    __slots__ = ("call", "code", "code_until", "events", "heard_at", "login", "polls", "user", "vdn", "wake")

    def __init__(self, vdn: int, user: str, *, login: int, now: int) -> None:
        self.vdn = vdn
        self.user = user
        self.login = login
        self.heard_at = now
        self.events: deque[EventBody] = deque(maxlen=_KEPT)
        self.wake = asyncio.Event()
        self.polls = 0
        self.code = ""
        self.code_until = 0
        self.call = ""
        """Contact of the text call, as far as this process knows."""

    def tell(self, event: str, **content: Any) -> None:
        """Something for the next poll."""
        self.events.append(EventBody(event, self.user, self.vdn, content))
        self.wake.set()


class IcsSessions:
    """All sessions of this node.

    Args:
        secret: Signs GUIDs.
    """

    def __init__(self, secret: bytes) -> None:
        self._secret = secret
        self._sessions: dict[tuple[int, str], IcsSession] = {}

    def open(self, vdn: int, user: str, *, now: int) -> tuple[IcsSession, str] | None:
        """Sign in; the session and its GUID. None: this name is signed in, or nobody may any more."""
        known = self._sessions.get((vdn, user))
        if known is not None and now - known.heard_at <= _SILENCE_MS:
            return None
        if len(self._sessions) >= _MOST:
            self._forget(now)
            if len(self._sessions) >= _MOST:
                return None
        session = self._sessions[vdn, user] = IcsSession(vdn, user, login=now, now=now)
        session.tell("WECC_PROVIDER_IN_SERVER", loginTime=now)
        return session, self._guid(_Facts(vdn, user, now))

    def find(self, guid: str, vdn: int, user: str, *, now: int) -> IcsSession | None:
        """The session of a GUID; None: over, another customer's, or none of ours."""
        facts = self._read(guid)
        if facts is None or (facts.vdn, facts.user) != (vdn, user):
            return None
        session = self._sessions.get((vdn, user))
        if session is None and now - facts.login <= _LONGEST_MS:  # from before a restart
            session = self._sessions[vdn, user] = IcsSession(vdn, user, login=facts.login, now=now)
        if session is None or session.login != facts.login:
            return None
        if now - session.heard_at > _SILENCE_MS:
            return None
        session.heard_at = now
        return session

    def close(self, session: IcsSession) -> None:
        """Sign out. The name is free, the GUID is not good any more."""
        session.login = -1
        session.heard_at = 0
        session.wake.set()

    def _forget(self, now: int) -> None:
        for key in [key for key, known in self._sessions.items() if now - known.heard_at > _SILENCE_MS]:
            del self._sessions[key]

    def _guid(self, facts: _Facts) -> str:
        body = msgspec.msgpack.encode(facts)
        return (self._sign(body) + body).hex()

    def _read(self, guid: str) -> _Facts | None:
        try:
            raw = bytes.fromhex(guid)
            signature, body = raw[:16], raw[16:]
            if not hmac.compare_digest(signature, self._sign(body)):
                return None
            return msgspec.msgpack.decode(body, type=_Facts)
        except (ValueError, msgspec.DecodeError):
            return None

    def _sign(self, body: bytes) -> bytes:
        return hmac.digest(self._secret, body, "sha256")[:16]
