"""Records of channels' messages in SQLite."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
from sqlalchemy import select
from sqlalchemy.dialects.sqlite import insert

from opencec.adapters.sqlite import tables
from opencec.adapters.sqlite.database import Database
from opencec.adapters.sqlite.rows import from_row
from opencec.ports.channel_mail import ChannelRecord

__all__ = ["SqliteChannelMail"]

_MAIL, _CURSORS = tables.channel_mail, tables.channel_cursors


class SqliteChannelMail:
    """Implements `ChannelMail`.

    Args:
        database: Shared with configuration and records.
        vdn: The tenant.
    """

    def __init__(self, database: Database, vdn: int) -> None:
        self._database = database
        self._vdn = vdn

    async def add(self, record: ChannelRecord) -> None:
        """See the port."""
        row = msgspec.structs.asdict(record) | {"vdn": self._vdn, "in_reply_to": list(record.in_reply_to)}
        await self._database.write(lambda c: c.execute(insert(_MAIL).values(row).on_conflict_do_nothing()))

    async def find(self, channel: str, platform_ids: Sequence[str]) -> ChannelRecord | None:
        """See the port."""
        query = select(_MAIL).where(
            _MAIL.c.vdn == self._vdn, _MAIL.c.channel == channel, _MAIL.c.platform_id.in_(platform_ids)
        )
        rows = await self._database.read(lambda c: c.execute(query).mappings().all())
        known = {row["platform_id"]: row for row in rows}
        return next((from_row(known[one], ChannelRecord) for one in platform_ids if one in known), None)

    async def of_contact(self, channel: str, contact: str, *, limit: int = 100) -> Sequence[ChannelRecord]:
        """See the port."""
        query = (
            select(_MAIL)
            .where(_MAIL.c.vdn == self._vdn, _MAIL.c.channel == channel, _MAIL.c.contact == contact)
            .order_by(_MAIL.c.at.desc())
            .limit(limit)
        )
        rows = await self._database.read(lambda c: c.execute(query).mappings().all())
        return [from_row(row, ChannelRecord) for row in rows]

    async def cursor(self, channel: str) -> str:
        """See the port."""
        query = select(_CURSORS.c.cursor).where(_CURSORS.c.vdn == self._vdn, _CURSORS.c.channel == channel)
        return await self._database.read(lambda c: c.execute(query).scalar()) or ""

    async def set_cursor(self, channel: str, cursor: str) -> None:
        """See the port."""
        row = {"vdn": self._vdn, "channel": channel, "cursor": cursor}
        change = insert(_CURSORS).values(row)
        change = change.on_conflict_do_update(index_elements=["vdn", "channel"], set_={"cursor": cursor})
        await self._database.write(lambda c: c.execute(change))
