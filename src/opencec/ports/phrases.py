"""Phrases that agents answer with: the tenant's, and each agent's own."""

from __future__ import annotations

from typing import Protocol

import msgspec

__all__ = ["LONGEST_TEXT", "LONGEST_TITLE", "PHRASE_ID", "Phrase", "TenantPhrases"]

PHRASE_ID = r"^[A-Za-z0-9_-]{1,64}$"
LONGEST_TITLE = 80
"""Characters."""
LONGEST_TEXT = 4_000
"""Characters."""


class Phrase(msgspec.Struct, frozen=True, kw_only=True):
    """One phrase."""

    phrase: str
    """Id, unique for its owner."""
    workno: str = ""
    """Whose it is; empty: the tenant's."""
    title: str
    text: str


class TenantPhrases(Protocol):
    """The phrases of one tenant."""

    async def of_agent(self, workno: str) -> list[Phrase]:
        """The tenant's and the agent's own, by title."""
        ...

    async def keep(self, phrase: Phrase) -> None:
        """Make or change one."""
        ...

    async def drop(self, workno: str, phrase: str) -> bool:
        """Remove one; False when there was none."""
        ...
