"""Rows of the media cache in SQLite."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
from sqlalchemy import Connection, and_, delete, or_, select, update
from sqlalchemy.dialects.sqlite import insert

from opencec.adapters.sqlite import tables
from opencec.adapters.sqlite.database import Database
from opencec.adapters.sqlite.rows import from_row
from opencec.ports.media_files import MediaFile

__all__ = ["SqliteMediaFiles", "SqliteTenantMediaFiles"]

_FILES, _SHARES = tables.media_files, tables.media_shares


class SqliteMediaFiles:
    """Implements `MediaFiles`.

    Args:
        database: Shared with configuration and records.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    def for_tenant(self, vdn: int) -> SqliteTenantMediaFiles:
        """The handle of one tenant."""
        return SqliteTenantMediaFiles(self._database, vdn)

    async def tenants(self) -> Sequence[int]:
        """Tenants that have files."""
        query = select(_FILES.c.vdn).distinct().order_by(_FILES.c.vdn)
        return await self._database.read(lambda c: c.execute(query).scalars().all())


class SqliteTenantMediaFiles:
    """Implements `TenantMediaFiles`."""

    def __init__(self, database: Database, vdn: int) -> None:
        self._database = database
        self._vdn = vdn

    async def begin(self, file: MediaFile) -> None:
        """See the port."""
        row = msgspec.structs.asdict(file) | {"vdn": self._vdn, "state": "storing"}
        await self._database.write(lambda c: c.execute(insert(_FILES).values(row)))

    async def finish(self, id: str) -> bool:
        """See the port."""
        change = update(_FILES).where(_FILES.c.vdn == self._vdn, _FILES.c.id == id).values(state="stored")
        return await self._database.write(lambda c: c.execute(change).rowcount > 0)

    async def find(self, id: str) -> MediaFile | None:
        """See the port."""
        query = select(_FILES).where(_FILES.c.vdn == self._vdn, _FILES.c.id == id, _FILES.c.state == "stored")
        row = await self._database.read(lambda c: c.execute(query).mappings().first())
        return None if row is None else from_row(row, MediaFile)

    async def share(self, id: str, channel: str, customer: str) -> None:
        """See the port."""
        row = {"vdn": self._vdn, "id": id, "channel": channel, "customer": customer}
        await self._database.write(lambda c: c.execute(insert(_SHARES).values(row).on_conflict_do_nothing()))

    async def shared_with(self, id: str) -> Sequence[tuple[str, str]]:
        """See the port."""
        query = select(_SHARES.c.channel, _SHARES.c.customer).where(_SHARES.c.vdn == self._vdn, _SHARES.c.id == id)
        rows = await self._database.read(lambda c: c.execute(query).all())
        return [(row.channel, row.customer) for row in rows]

    async def past(self, *, stored_before: int, storing_before: int, limit: int) -> Sequence[MediaFile]:
        """See the port."""
        is_past = or_(
            and_(_FILES.c.state == "stored", _FILES.c.at < stored_before),
            and_(_FILES.c.state == "storing", _FILES.c.at < storing_before),
        )
        query = select(_FILES).where(_FILES.c.vdn == self._vdn, is_past).order_by(_FILES.c.at).limit(limit)
        rows = await self._database.read(lambda c: c.execute(query).mappings().all())
        return [from_row(row, MediaFile) for row in rows]

    async def forget(self, id: str) -> None:
        """See the port."""

        def change(connection: Connection) -> None:
            for table in (_SHARES, _FILES):
                connection.execute(delete(table).where(table.c.vdn == self._vdn, table.c.id == id))

        await self._database.write(change)
