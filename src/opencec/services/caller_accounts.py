"""Temporary SIP accounts of customers who call from the browser: one account, one target, a short life.

They survive a restart of control, so that a browser in mid-call registers again with the same account.
"""

from __future__ import annotations

import msgspec

from opencec.core.errors import OpenCecError
from opencec.ports.ids import Ids
from opencec.ports.secrets import Secrets, SecretUnreadable
from opencec.services.agent_port import TenantPort

__all__ = ["CallerAccount", "CallerAccountIssued", "CallerAccounts", "TooManyCallers"]

_PURPOSE = "caller"


class TooManyCallers(OpenCecError):
    """As many temporary accounts live as may; one more would be a flood."""

    def __init__(self) -> None:
        super().__init__("too_many_callers", "too many callers at the moment, try again later")


class CallerAccountIssued(msgspec.Struct, frozen=True, array_like=True):
    """An account was made, or lives longer (same user again)."""

    user: str
    sealed: str
    """The secret, sealed for `caller`."""
    target: str
    expires_at: int
    """Milliseconds UTC."""
    last_until: int
    """No renewal goes past this."""


class CallerAccount(msgspec.Struct, frozen=True):
    """An account in clear."""

    user: str
    password: str
    target: str
    """The only number that it may call."""
    expires_at: int


class CallerAccounts:
    """The temporary accounts of one tenant: participant of its journal."""

    name = "callers"

    def __init__(
        self,
        *,
        secrets: Secrets,
        ids: Ids,
        lifetime_ms: int = 600_000,
        longest_ms: int = 28_800_000,
        capacity: int = 5_000,
    ) -> None:
        """Args:
        secrets: Seals the accounts' secrets at rest.
        ids: Makes users and secrets.
        lifetime_ms: An account lives so long after it was made or renewed.
        longest_ms: No account lives longer than this, renewed or not (the longest call).
        capacity: Most accounts alive at once.
        """
        self._secrets = secrets
        self._ids = ids
        self._lifetime_ms = lifetime_ms
        self._longest_ms = longest_ms
        self._capacity = capacity
        self._accounts: dict[str, CallerAccountIssued] = {}

    async def issue(self, port: TenantPort, *, target: str) -> CallerAccount:
        """Make an account; it exists when this returns.

        Raises:
            TooManyCallers: the tenant has as many as it may.
            TenantOverloaded: try again later.
        """
        now = port.now()
        self._forget_expired(now)
        if len(self._accounts) >= self._capacity:
            raise TooManyCallers
        user = "web-" + "".join(char for char in self._ids.token(18).lower() if char.isalnum())[:8]
        password = self._ids.token(18)
        fact = CallerAccountIssued(
            user=user,
            sealed=self._secrets.seal(password, purpose=_PURPOSE),
            target=target,
            expires_at=now + self._lifetime_ms,
            last_until=now + self._longest_ms,
        )
        await self._record(port, fact)
        return CallerAccount(user, password, target, fact.expires_at)

    async def renew(self, port: TenantPort, user: str) -> None:
        """The account is in use (it registered again, its call goes on): it lives longer. Cheap to call often."""
        fact, now = self._accounts.get(user), port.now()
        if fact is None or fact.expires_at <= now or fact.expires_at - now > self._lifetime_ms // 2:
            return
        longer = msgspec.structs.replace(fact, expires_at=min(now + self._lifetime_ms, fact.last_until))
        if longer.expires_at > fact.expires_at:
            await self._record(port, longer)

    def find(self, user: str, *, now: int) -> CallerAccount | None:
        """A living account with its secret, for the registrar; None: unknown or expired."""
        fact = self._accounts.get(user)
        if fact is None or fact.expires_at <= now:
            return None
        try:
            password = self._secrets.open(fact.sealed, purpose=_PURPOSE)
        except SecretUnreadable:
            return None
        return CallerAccount(user, password, fact.target, fact.expires_at)

    def replay(self, body: bytes) -> None:
        """Take a fact in again after a restart."""
        fact = msgspec.msgpack.decode(body, type=CallerAccountIssued)
        self._accounts[fact.user] = fact

    def snapshot(self) -> bytes:
        """All accounts."""
        return msgspec.msgpack.encode(tuple(self._accounts.values()))

    def restore(self, blob: bytes) -> None:
        """Become what `snapshot` saw."""
        facts = msgspec.msgpack.decode(blob, type=tuple[CallerAccountIssued, ...])
        self._accounts = {fact.user: fact for fact in facts}

    async def _record(self, port: TenantPort, fact: CallerAccountIssued) -> None:
        def committed() -> None:
            self._accounts[fact.user] = fact

        await port.record(self.name, msgspec.msgpack.encode(fact), committed=committed)

    def _forget_expired(self, now: int) -> None:
        for user in [user for user, fact in self._accounts.items() if fact.expires_at <= now]:
            del self._accounts[user]
