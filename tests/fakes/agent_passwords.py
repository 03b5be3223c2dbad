"""Passwords that are easy to read in a failing test, and the part of a configuration that keeps them."""

from __future__ import annotations

from opencec.ports.configuration import AgentPasswordConfig, ConfigurationError

__all__ = ["PasswordStore", "PlainPasswords"]


class PlainPasswords:
    """Implements `Passwords` without hiding anything."""

    async def hash(self, password: str) -> str:
        return f"plain:{password}"

    async def verify(self, encoded: str, password: str) -> bool:
        return bool(encoded) and encoded == f"plain:{password}"


class PasswordStore:
    """Implements `set_password` of `TenantConfiguration`."""

    def __init__(self, hashes: dict[str, str]) -> None:
        self.hashes = hashes
        self.rows: dict[str, AgentPasswordConfig] = {}

    async def set_password(
        self, workno: str, password_hash: str, *, changed_at: int, must_change: bool = False, kept: int = 5
    ) -> None:
        if workno not in self.hashes:
            raise ConfigurationError(workno)
        known = self.rows.get(workno)
        history = (self.hashes[workno], *(known.history if known else ()))[:kept]
        self.hashes[workno] = password_hash
        self.rows[workno] = AgentPasswordConfig(
            workno=workno, changed_at=changed_at, must_change=must_change, history=history
        )
