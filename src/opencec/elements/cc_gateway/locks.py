"""Brakes against guessing passwords, over restarts of control: what locks an account is journaled."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from opencec.core.ids import AgentId, TenantId
from opencec.httpkit.lockout import LockRecord, SignInGuard
from opencec.services.agent_port import TenantPort

if TYPE_CHECKING:
    from opencec.elements.cc_gateway.gateway import GatewayCall

__all__ = ["AccountLocked", "AccountLocks", "check_password"]


class AccountLocked(Exception):
    """Too many wrong passwords: nothing was checked."""


class AccountLocks:
    """The locks of one tenant's accounts: participant of its journal. The guard itself serves all tenants."""

    name = "locks"

    def __init__(self, tenant: TenantId, guard: SignInGuard) -> None:
        self._prefix = f"{tenant}/"
        self._guard = guard

    async def failed(self, port: TenantPort, account: str, source: str) -> None:
        """Count a wrong password; a lock is journaled before anybody hears of it."""
        now = port.now()
        if self._guard.failed(account, source, now_ms=now):
            for record in self._guard.records(account):
                if record.locked_until_ms > now:
                    await port.record(self.name, msgspec.msgpack.encode(record), committed=_nothing)

    def replay(self, body: bytes) -> None:
        """Take a lock in again after a restart."""
        self._guard.restore(msgspec.msgpack.decode(body, type=LockRecord))

    def snapshot(self) -> bytes:
        """Every count of this tenant's accounts."""
        return msgspec.msgpack.encode(self._guard.records_below(self._prefix))

    def restore(self, blob: bytes) -> None:
        """Take over what `snapshot` saw."""
        for record in msgspec.msgpack.decode(blob, type=list[LockRecord]):
            self._guard.restore(record)


def _nothing() -> None:
    """The guard holds it already."""


async def check_password(call: GatewayCall, port: TenantPort | None, agent: AgentId, password: str) -> bool:
    """Whether this is the agent's password; what is wrong is counted. Without a tenant: False, after the same time.

    Raises:
        AccountLocked: not looked at.
    """
    gateway, source = call.principal.gateway, call.request.source.address
    account = f"{port.tenant if port else 0}/{agent}"
    if gateway.guard.locked_for_ms(account, source, now_ms=gateway.clock.now()):
        raise AccountLocked
    if port is None:
        gateway.guard.failed(account, source, now_ms=gateway.clock.now())
        return False
    if await port.verify_password(agent, password):
        gateway.guard.succeeded(account, source)
        return True
    await gateway.desk(port.tenant).locks.failed(port, account, source)
    return False
