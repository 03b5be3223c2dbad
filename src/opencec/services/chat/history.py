"""Folds the journal into the history of chats; what is not written yet is read from memory."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Sequence

import msgspec
import structlog

from opencec.core.events import Event, MessagePosted
from opencec.core.ids import TenantId
from opencec.ports.chat_history import ChatHistoryRow, ChatMessage, ChatRating, HistoryQuery, TenantChatHistory
from opencec.ports.journal import Journal
from opencec.services.chat.views import chat_message
from opencec.services.journal_entries import CoreOutcome, ServiceFact, decode_entry

__all__ = ["RATINGS", "ChatHistory", "encode_rating"]

_log = structlog.get_logger()

RATINGS = "chat_ratings"
"""Service whose facts are `ChatRating` rows, kept in the history alone."""

_FLUSH_S = 0.2
_RETRY_S = 1.0
_PAGE = 2_000
_MOST_ROWS = 2_000
"""Rows in one transaction: a longer one would keep the database's writer from others."""

_encoder = msgspec.msgpack.Encoder()
_rating: msgspec.msgpack.Decoder[ChatRating] = msgspec.msgpack.Decoder(ChatRating)


def encode_rating(rating: ChatRating) -> bytes:
    """A rating as a fact of the service `RATINGS`."""
    return _encoder.encode(rating)


class ChatHistory:
    """One tenant's history. An observer of its outcomes; `run` writes in batches."""

    def __init__(self, tenant: TenantId, *, store: TenantChatHistory) -> None:
        self._tenant = tenant
        self._store = store
        self._covered = 0
        self._written = 0
        self._tail: deque[tuple[int, ChatHistoryRow]] = deque()
        """Rows that are not written yet, each with its journal position."""
        self._wake = asyncio.Event()
        self._writing = asyncio.Lock()

    async def catch_up(self, journal: Journal) -> None:
        """Project what was journaled after the last write: before the tenant replays and serves."""
        self._covered = self._written = await self._store.offset()
        while page := await journal.read(self._tenant, self._covered, _PAGE):
            for seq, data in page:
                entry = decode_entry(data)
                if isinstance(entry, CoreOutcome):
                    self._fold(seq, entry.events)
                elif isinstance(entry, ServiceFact) and entry.service == RATINGS:
                    self._tail.append((seq, _rating.decode(entry.body)))
                self._covered = seq
            await self.flush()

    def on_outcome(self, seq: int, at: int, events: Sequence[Event]) -> None:
        """Take a committed outcome in."""
        if seq > self._covered:
            self._covered = seq
            self._fold(seq, events)

    def on_rating(self, seq: int, body: bytes) -> None:
        """Take a committed fact of the service `RATINGS` in."""
        if seq > self._covered:
            self._covered = seq
            self._tail.append((seq, _rating.decode(body)))
            self._wake.set()

    def _fold(self, seq: int, events: Sequence[Event]) -> None:
        for event in events:
            if type(event) is MessagePosted:
                self._tail.append((seq, chat_message(self._tenant, event)))
                self._wake.set()

    async def run(self) -> None:
        """Write what came, a few times a second at most; never returns."""
        while True:
            await self._wake.wait()
            self._wake.clear()
            await asyncio.sleep(_FLUSH_S)
            try:
                await self.flush()
            except OSError as error:
                _log.error("chats.write_failed", tenant=self._tenant, detail=repr(error))
                await asyncio.sleep(_RETRY_S)
                self._wake.set()

    async def flush(self) -> None:
        """Write everything taken in so far."""
        async with self._writing:
            while self._written < self._covered:
                await self._write()

    async def _write(self) -> None:
        """One transaction; it never divides the rows of one journal entry."""
        offset, count = self._covered, len(self._tail)
        if count > _MOST_ROWS:
            offset, count = self._tail[_MOST_ROWS - 1][0], _MOST_ROWS
            while count < len(self._tail) and self._tail[count][0] == offset:
                count += 1
        await self._store.apply([self._tail[index][1] for index in range(count)], offset)
        for _ in range(count):
            self._tail.popleft()
        self._written = offset

    def floor(self) -> int:
        """Journal entries up to here are no longer needed for the history."""
        return self._written if self._tail else self._covered

    # --- reading ----------------------------------------------------------------------------------------------------

    async def messages(self, query: HistoryQuery) -> list[ChatMessage]:
        """Messages in the order of their numbers; everything that was acknowledged is there."""
        tail = [row for _, row in self._tail if isinstance(row, ChatMessage) and _fits(row, query)]
        if query.after is not None and tail and tail[0].number == query.after + 1:
            return tail[: query.limit]
        stored = await self._store.messages(query)
        found = {message.number: message for message in (*stored, *tail)}
        numbers = sorted(found)
        numbers = numbers[: query.limit] if query.after is not None else numbers[-query.limit :]
        return [found[number] for number in numbers]

    async def by_key(self, contact: str, source: str, key: str) -> ChatMessage | None:
        """What a sender's idempotency key led to."""
        for _, row in reversed(self._tail):
            if isinstance(row, ChatMessage) and (row.contact, row.source, row.key) == (contact, source, key):
                return row
        return await self._store.by_key(contact, source, key)

    async def last_agent(self, customer: str, *, channel: str, since: int) -> str:
        """The agent who wrote last to a customer since then (ms UTC); empty: none."""
        for _, row in reversed(self._tail):
            if not isinstance(row, ChatMessage) or row.source != "agent":
                continue
            if (row.channel, row.customer) == (channel, customer):
                return row.agent
        return await self._store.last_agent(customer, channel=channel, since=since)

    async def ratings(self, contacts: Sequence[str]) -> dict[str, ChatRating]:
        """How chats were rated, by contact."""
        wanted = set(contacts)
        newest = {row.contact: row for _, row in self._tail if isinstance(row, ChatRating) and row.contact in wanted}
        return {**await self._store.ratings(contacts), **newest}


def _fits(message: ChatMessage, query: HistoryQuery) -> bool:
    return (
        (query.contact is None or message.contact == query.contact)
        and (not query.contacts or message.contact in query.contacts)
        and (query.customer is None or message.customer == query.customer)
        and (query.channel is None or message.channel == query.channel)
        and (query.after is None or message.number > query.after)
        and (query.before is None or message.number < query.before)
    )
