"""A tenant's chats as channels need them: one living chat a customer, each key once. And a journal that can fail."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Any, NamedTuple

from opencec.core.errors import OpenCecError
from opencec.core.ids import ContactId
from opencec.services.channels.outbox import ChannelOutbox

__all__ = ["MemoryChats", "MemoryJournal", "Said"]


class _Chat(NamedTuple):
    contact: ContactId


class Said(NamedTuple):
    """One message."""

    contact: str
    customer: str
    media: str
    content: str
    message: str
    fields: dict[str, Any]


class MemoryChats:
    """Implements `Chats`."""

    def __init__(self) -> None:
        self.living: dict[tuple[str, str], ContactId] = {}
        self.said: list[Said] = []
        self.refuses: list[OpenCecError] = []
        """Raised by the next posts."""
        self._keys: dict[tuple[str, str], Said] = {}
        self._count = 0

    def chat_of(self, channel: str, customer: str) -> _Chat | None:
        found = self.living.get((channel, customer))
        return _Chat(found) if found else None

    async def open(self, channel: str, customer: str, *, name: str, data: str, is_offline: bool) -> _Chat:
        if (channel, customer) not in self.living:
            self._count += 1
            self.living[channel, customer] = ContactId(f"1763978400-{self._count}")
        return _Chat(self.living[channel, customer])

    async def post(self, contact: ContactId, *, source: str, key: str, agent: Any = None, **fields: Any) -> Said:
        if self.refuses:
            raise self.refuses.pop(0)
        if (contact, key) in self._keys:
            return self._keys[contact, key]
        customer = next(who for (_, who), living in self.living.items() if living == contact)
        said = Said(
            contact,
            customer,
            fields.get("media", "TEXT"),
            fields.get("content", ""),
            hashlib.sha256(f"{contact}{key}".encode()).hexdigest(),
            fields,
        )
        self._keys[contact, key] = said
        self.said.append(said)
        return said

    def texts(self) -> list[str]:
        """All texts."""
        return [one.content for one in self.said if one.media == "TEXT"]


class MemoryJournal:
    """Implements `OutboxJournal`: keeps the facts, so that another life can replay them."""

    def __init__(self, *, now: Callable[[], int]) -> None:
        self.facts: list[bytes] = []
        self.dies_at = -1
        """So many facts are journaled, then the process is gone."""
        self.now = now

    async def record(self, service: str, body: bytes, *, committed: Callable[[], None]) -> None:
        if self.dies_at == len(self.facts):
            raise KeyboardInterrupt
        self.facts.append(body)
        committed()

    def replayed(self) -> ChannelOutbox:
        """The outbox of another life."""
        made = ChannelOutbox()
        for body in self.facts:
            made.replay(body)
        return made
