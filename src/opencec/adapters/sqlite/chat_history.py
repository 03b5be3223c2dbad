"""The history of chats in SQLite: a projection that stores its journal position with its rows."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
from sqlalchemy import Connection, Table, bindparam, select
from sqlalchemy.dialects.sqlite import Insert, insert

from opencec.adapters.sqlite import tables
from opencec.adapters.sqlite.database import Database
from opencec.adapters.sqlite.rows import from_row
from opencec.ports.chat_history import ChatHistoryRow, ChatMessage, ChatRating, HistoryQuery

__all__ = ["SqliteChatHistory"]

_PROJECTION = "chats"


def _upsert(table: Table) -> Insert:
    keys = [column.name for column in table.primary_key]
    statement = insert(table)
    rest = {column.name: statement.excluded[column.name] for column in table.c if column.name not in keys}
    return statement.on_conflict_do_update(index_elements=keys, set_=rest)


# Made once: to build a statement costs more than to execute it.
_PUT_MESSAGE = _upsert(tables.chat_messages)
_PUT_RATING = _upsert(tables.chat_ratings)
_PUT_POSITION = _upsert(tables.projections)
_GET_POSITION = select(tables.projections.c.journal_offset).where(
    tables.projections.c.name == _PROJECTION, tables.projections.c.vdn == bindparam("vdn")
)


class SqliteChatHistory:
    """Implements `TenantChatHistory`.

    Args:
        database: Shared with the configuration and the records.
        vdn: The tenant.
    """

    def __init__(self, database: Database, vdn: int) -> None:
        self._database = database
        self._vdn = vdn

    async def apply(self, rows: Sequence[ChatHistoryRow], journal_offset: int) -> None:
        """Write rows and the journal position that they reach in one transaction."""
        messages = [msgspec.structs.asdict(row) for row in rows if isinstance(row, ChatMessage)]
        ratings = [msgspec.structs.asdict(row) for row in rows if isinstance(row, ChatRating)]

        def change(connection: Connection) -> None:
            if journal_offset <= self._offset(connection):
                return
            if messages:
                connection.execute(_PUT_MESSAGE, messages)
            if ratings:
                connection.execute(_PUT_RATING, ratings)
            position = {"name": _PROJECTION, "vdn": self._vdn, "journal_offset": journal_offset}
            connection.execute(_PUT_POSITION, [position])

        await self._database.write(change)

    async def offset(self) -> int:
        """Journal position up to which the projection is complete."""
        return await self._database.read(self._offset)

    async def messages(self, query: HistoryQuery) -> list[ChatMessage]:
        """Messages in the order of their numbers."""
        t = tables.chat_messages
        wanted = [t.c.vdn == self._vdn]
        for name in ("contact", "customer", "channel"):
            value = getattr(query, name)
            if value is not None:
                wanted.append(t.c[name] == value)
        if query.contacts:
            wanted.append(t.c.contact.in_(query.contacts))
        if query.after is not None:
            wanted.append(t.c.number > query.after)
        if query.before is not None:
            wanted.append(t.c.number < query.before)
        order = t.c.number if query.after is not None else t.c.number.desc()
        found = select(t).where(*wanted).order_by(order).limit(query.limit)
        rows = await self._database.read(lambda c: c.execute(found).mappings().all())
        messages = [from_row(row, ChatMessage) for row in rows]
        return messages if query.after is not None else messages[::-1]

    async def by_key(self, contact: str, source: str, key: str) -> ChatMessage | None:
        """What a sender's idempotency key led to."""
        t = tables.chat_messages
        mine = (t.c.vdn == self._vdn, t.c.contact == contact, t.c.key == key, t.c.source == source)
        query = select(t).where(*mine).limit(1)
        row = await self._database.read(lambda c: c.execute(query).mappings().first())
        return from_row(row, ChatMessage) if row is not None else None

    async def last_agent(self, customer: str, *, channel: str, since: int) -> str:
        """The agent who wrote last to a customer."""
        t = tables.chat_messages
        mine = (t.c.vdn == self._vdn, t.c.customer == customer, t.c.channel == channel, t.c.source == "agent")
        query = select(t.c.agent).where(*mine, t.c.at >= since).order_by(t.c.number.desc()).limit(1)
        return await self._database.read(lambda c: c.execute(query).scalar() or "")

    async def ratings(self, contacts: Sequence[str]) -> dict[str, ChatRating]:
        """How chats were rated, by contact."""
        t = tables.chat_ratings
        query = select(t).where(t.c.vdn == self._vdn, t.c.contact.in_(contacts))
        rows = await self._database.read(lambda c: c.execute(query).mappings().all())
        return {row["contact"]: from_row(row, ChatRating) for row in rows}

    def _offset(self, connection: Connection) -> int:
        return connection.execute(_GET_POSITION, {"vdn": self._vdn}).scalar() or 0
