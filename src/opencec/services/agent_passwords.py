"""Passwords of one tenant's agents: checked and changed in threads, kept in the configuration with their history."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal

import msgspec

from opencec.core.errors import OpenCecError
from opencec.core.ids import AgentId
from opencec.ports.clock import Clock
from opencec.ports.configuration import AgentConfig, AgentPasswordConfig, TenantConfig, TenantConfiguration
from opencec.ports.secrets import Passwords

__all__ = ["AgentPasswords", "PasswordProblem", "PasswordRefused", "PasswordState"]

PasswordProblem = Literal[
    "password_wrong", "password_unchanged", "password_like_name", "password_too_simple", "password_length"
]
_SHORTEST, _LONGEST = 8, 32
"""cc-gateway.md 5.1.5; the wording of 110-020 says 30, which clients of 32 would break on."""
_KINDS = 3
_REMEMBERED = 3
"""So many passwords before cannot come back."""
_DAY_MS = 86_400_000


class PasswordRefused(OpenCecError):
    """The password was not changed."""

    def __init__(self, code: PasswordProblem, message: str) -> None:
        super().__init__(code, message)


class PasswordState(msgspec.Struct, frozen=True):
    """What a sign-in tells of the password."""

    must_change: bool = False
    """It was given by someone else, or its time is over: no calls until it is changed."""
    days_left: int | None = None
    """Days until its time is over; None: it has none."""


class AgentPasswords:
    """Checks and changes passwords of agents."""

    def __init__(self, store: TenantConfiguration, *, passwords: Passwords, clock: Clock) -> None:
        """Args:
        store: Keeps them.
        passwords: Hashes in threads.
        clock: Dates changes.
        """
        self._store = store
        self._passwords = passwords
        self._clock = clock
        self._agents: dict[AgentId, AgentConfig] = {}
        self._hashes: dict[AgentId, str] = {}
        self._accounts: dict[str, AgentId] = {}
        self._rows: dict[AgentId, AgentPasswordConfig] = {}
        self._days = 0

    def configure(self, config: TenantConfig) -> None:
        """Take over a newer configuration; a password that was changed after it was read stays."""
        rows = {AgentId(int(row.workno)): row for row in config.passwords}
        agents = {AgentId(int(agent.workno)): agent for agent in config.agents if agent.is_enabled}
        hashes = {agent: found.password_hash for agent, found in agents.items()}
        for agent, row in self._rows.items():
            if agent in agents and row.changed_at > _changed_at(rows, agent):
                rows[agent], hashes[agent] = row, self._hashes[agent]
        self._agents, self._hashes, self._rows = agents, hashes, rows
        self._accounts = {found.account: agent for agent, found in agents.items() if found.account}
        self._days = config.info.password_days

    def agent_of(self, account: str) -> AgentId | None:
        """The agent with this sign-in name."""
        return self._accounts.get(account)

    def state(self, agent: AgentId) -> PasswordState:
        """What to tell an agent who signs in."""
        row = self._rows.get(agent)
        must_change = row is not None and row.must_change
        if not self._days:
            return PasswordState(must_change)
        age_ms = self._clock.now() - (row.changed_at if row is not None else 0)
        left = max(0, self._days - age_ms // _DAY_MS)
        return PasswordState(must_change or left == 0, left)

    async def verify(self, agent: AgentId, password: str) -> bool:
        """Check a password; an unknown agent costs the same time."""
        return await self._passwords.verify(self._hashes.get(agent, ""), password)

    async def change(self, agent: AgentId, *, old: str, new: str) -> None:
        """Change a password.

        Raises:
            PasswordRefused: nothing has changed.
        """
        if not await self.verify(agent, old):
            raise PasswordRefused("password_wrong", "the old password is wrong")
        row = self._rows.get(agent) or AgentPasswordConfig(workno=str(agent))
        current = self._hashes[agent]
        self._check(agent, old, new)
        for before in row.history[:_REMEMBERED]:
            if await self._passwords.verify(before, new):
                raise PasswordRefused("password_too_simple", f"the last {_REMEMBERED} passwords cannot come back")
        encoded = await self._passwords.hash(new)
        now = max(self._clock.now(), row.changed_at + 1)
        await self._store.set_password(str(agent), encoded, changed_at=now)
        self._hashes[agent] = encoded
        self._rows[agent] = AgentPasswordConfig(
            workno=str(agent), changed_at=now, history=(current, *row.history)[:_REMEMBERED]
        )

    def _check(self, agent: AgentId, old: str, new: str) -> None:
        if new == old:
            raise PasswordRefused("password_unchanged", "the new password is the old one")
        if not _SHORTEST <= len(new) <= _LONGEST:
            raise PasswordRefused("password_length", f"a password has {_SHORTEST}-{_LONGEST} characters")
        if new.lower() in _own_words(agent, self._agents[agent]):
            raise PasswordRefused("password_like_name", "the password is a name of the agent, or one read backwards")
        if sum((any(map(kind, new))) for kind in (str.islower, str.isupper, str.isdigit, _is_sign)) < _KINDS:
            raise PasswordRefused(
                "password_too_simple", "a password has three of: small letters, capitals, digits, other signs"
            )


def _is_sign(char: str) -> bool:
    return not char.isalnum()


def _own_words(agent: AgentId, config: AgentConfig) -> Sequence[str]:
    words = [word.lower() for word in (str(agent), config.account, config.name, config.name.replace(" ", "")) if word]
    return words + [word[::-1] for word in words]


def _changed_at(rows: Mapping[AgentId, AgentPasswordConfig], agent: AgentId) -> int:
    row = rows.get(agent)
    return row.changed_at if row is not None else -1
