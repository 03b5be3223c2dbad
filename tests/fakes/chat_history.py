"""A history of chats in memory, with its journal position, as the database keeps it."""

from __future__ import annotations

from collections.abc import Sequence

from opencec.ports.chat_history import ChatHistoryRow, ChatMessage, ChatRating, HistoryQuery


class MemoryChatHistory:
    """Implements `TenantChatHistory`."""

    def __init__(self) -> None:
        self.rows: dict[int, ChatMessage] = {}
        self.rated: dict[str, ChatRating] = {}
        self.position = 0

    async def apply(self, rows: Sequence[ChatHistoryRow], journal_offset: int) -> None:
        if journal_offset <= self.position:
            return
        for row in rows:
            if isinstance(row, ChatMessage):
                assert self.rows.get(row.number, row) == row, "a number was given twice"
                self.rows[row.number] = row
            else:
                self.rated[row.contact] = row
        self.position = journal_offset

    async def offset(self) -> int:
        return self.position

    async def messages(self, query: HistoryQuery) -> list[ChatMessage]:
        found = [
            row
            for _, row in sorted(self.rows.items())
            if (query.contact in (None, row.contact))
            and (not query.contacts or row.contact in query.contacts)
            and (query.customer in (None, row.customer))
            and (query.channel in (None, row.channel))
            and (query.after is None or row.number > query.after)
            and (query.before is None or row.number < query.before)
        ]
        return found[: query.limit] if query.after is not None else found[-query.limit :]

    async def by_key(self, contact: str, source: str, key: str) -> ChatMessage | None:
        mine = (row for row in self.rows.values() if (row.contact, row.source, row.key) == (contact, source, key))
        return next(mine, None)

    async def last_agent(self, customer: str, *, channel: str, since: int) -> str:
        found = [
            row
            for row in self.rows.values()
            if (row.customer, row.channel, row.source) == (customer, channel, "agent") and row.at >= since
        ]
        return found[-1].agent if found else ""

    async def ratings(self, contacts: Sequence[str]) -> dict[str, ChatRating]:
        return {contact: self.rated[contact] for contact in contacts if contact in self.rated}
