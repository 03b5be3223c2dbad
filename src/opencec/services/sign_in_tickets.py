"""Sign-in tickets: stand in for an agent's password for a minute, after somebody else vouched for the agent.

Nothing is stored: a ticket is its end and a keyed hash over tenant, agent and end, so it outlives a restart of control.
It fits into the 32 characters of the password field (cc-gateway.md 5.1.1).
"""

from __future__ import annotations

import base64
import hashlib
import hmac

from opencec.core.ids import AgentId, TenantId

__all__ = ["SignInTickets"]

_LIFETIME_MS = 60_000
_MARK = "t1"
_END = 8
"""Hexadecimal digits of the end, in seconds since 1970."""
_HASH = 22
"""Characters of base64: 132 bits."""


class SignInTickets:
    """Issues tickets and knows them again.

    Args:
        secret: Secret of the node; the key is derived from it.
        lifetime_ms: How long a ticket is good for.
    """

    def __init__(self, secret: bytes, *, lifetime_ms: int = _LIFETIME_MS) -> None:
        self._key = hmac.digest(secret, b"opencec sign-in tickets", hashlib.sha256)
        self._lifetime_ms = lifetime_ms

    def issue(self, tenant: TenantId, agent: AgentId, *, now: int) -> str:
        """A ticket for one agent; `now` in milliseconds UTC."""
        end = f"{(now + self._lifetime_ms) // 1000:0{_END}x}"
        return _MARK + end + self._hash(tenant, agent, end)

    def is_valid(self, ticket: str, tenant: TenantId, agent: AgentId, *, now: int) -> bool:
        """Whether this is a ticket of the agent that is not over."""
        if len(ticket) != len(_MARK) + _END + _HASH or not ticket.startswith(_MARK) or not ticket.isascii():
            return False
        end, given = ticket[len(_MARK) : len(_MARK) + _END], ticket[-_HASH:]
        try:
            is_over = int(end, 16) * 1000 < now
        except ValueError:
            return False
        return hmac.compare_digest(given, self._hash(tenant, agent, end)) and not is_over

    def _hash(self, tenant: TenantId, agent: AgentId, end: str) -> str:
        digest = hmac.digest(self._key, f"{tenant}/{agent}/{end}".encode(), hashlib.sha256)
        return base64.urlsafe_b64encode(digest).decode()[:_HASH]
