"""Sessions of the connection bar: sealed, so that nothing is kept here and a restart of control ends none.

A session is bound to tenant, agent and the origin of the page. It lives for ten minutes and is renewed by the bar that
has it, at most for a working day; then the page has to show its token again.
"""

from __future__ import annotations

import msgspec

from opencec.core.ids import AgentId, TenantId
from opencec.ports.secrets import Secrets, SecretUnreadable

__all__ = ["RENEW_AFTER_MS", "BarSession", "BarSessions"]

_PURPOSE = "connection_bar"
_LIFETIME_MS = 600_000
RENEW_AFTER_MS = 240_000
_LONGEST_MS = 12 * 3_600_000


class BarSession(msgspec.Struct, frozen=True):
    """What is sealed. Times in milliseconds UTC."""

    tenant: TenantId
    agent: AgentId
    origin: str
    began: int
    """When the enterprise accepted the token."""
    until: int


class BarSessions:
    """Opens and renews sessions.

    Args:
        secrets: Seals them.
    """

    def __init__(self, secrets: Secrets) -> None:
        self._secrets = secrets

    def open(self, tenant: TenantId, agent: AgentId, *, origin: str, now: int) -> str:
        """A new session as text."""
        return self._seal(BarSession(tenant, agent, origin, now, now + _LIFETIME_MS))

    def read(self, text: str, *, now: int) -> BarSession | None:
        """The session, None when it is none of ours or over."""
        try:
            session = msgspec.json.decode(self._secrets.open(text, purpose=_PURPOSE), type=BarSession)
        except (SecretUnreadable, msgspec.DecodeError, ValueError):
            return None
        return session if now < session.until else None

    def renew(self, session: BarSession, *, now: int) -> str:
        """The same session, living longer: never beyond a working day."""
        until = min(now + _LIFETIME_MS, session.began + _LONGEST_MS)
        return self._seal(msgspec.structs.replace(session, until=until))

    def _seal(self, session: BarSession) -> str:
        return self._secrets.seal(msgspec.json.encode(session).decode(), purpose=_PURPOSE)
