"""What was said in chats, and how customers rated them: a projection of the journal."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, Protocol

import msgspec

__all__ = ["ChatHistoryRow", "ChatMessage", "ChatRating", "HistoryQuery", "TenantChatHistory"]


class ChatMessage(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, gc=False):
    """One message. `number` ascends in the tenant: the cursor of every reader."""

    vdn: int
    number: int
    contact: str
    message: str
    """64 hexadecimal digits."""
    at: int
    """Milliseconds UTC."""
    source: Literal["customer", "agent", "robot", "system"]
    agent: str = ""
    """Work number, of source `agent`."""
    sender_name: str = ""
    media: str = "TEXT"
    content: str = ""
    file: str = ""
    file_name: str = ""
    file_type: str = ""
    """MIME type."""
    file_size: int = 0
    """Bytes."""
    has_thumbnail: bool = False
    reply_to: str = ""
    channel: str = ""
    customer: str = ""
    key: str = ""
    """The sender's idempotency key."""
    sent_at: int = 0


class ChatRating(msgspec.Struct, frozen=True, kw_only=True):
    """How a customer rated a chat. The newest counts."""

    contact: str
    vdn: int
    at: int
    score: int
    """1-5; 0 = not answered."""
    comment: str = ""
    nps: int | None = None
    """0-10."""
    fcr: bool | None = None
    """The matter is settled."""


ChatHistoryRow = ChatMessage | ChatRating


class HistoryQuery(msgspec.Struct, frozen=True, kw_only=True):
    """Which messages; None does not filter. Ascending after `after`; else the newest before `before`, ascending too."""

    contact: str | None = None
    contacts: tuple[str, ...] = ()
    """One of these; empty: does not filter."""
    customer: str | None = None
    channel: str | None = None
    after: int | None = None
    before: int | None = None
    limit: int = 100


class TenantChatHistory(Protocol):
    """The history of one tenant: no method takes a tenant id."""

    async def apply(self, rows: Sequence[ChatHistoryRow], journal_offset: int) -> None:
        """Write rows (upserts by their keys) and the journal position that they reach in one transaction."""
        ...

    async def offset(self) -> int:
        """Journal position up to which the projection is complete, 0 at first."""
        ...

    async def messages(self, query: HistoryQuery) -> list[ChatMessage]:
        """Messages in the order of their numbers."""
        ...

    async def by_key(self, contact: str, source: str, key: str) -> ChatMessage | None:
        """What a sender's idempotency key led to."""
        ...

    async def last_agent(self, customer: str, *, channel: str, since: int) -> str:
        """The agent who wrote last to a customer since then (ms UTC); empty: none."""
        ...

    async def ratings(self, contacts: Sequence[str]) -> dict[str, ChatRating]:
        """How chats were rated, by contact."""
        ...
