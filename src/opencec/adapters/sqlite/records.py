"""Call detail records and recordings in SQLite: a projection that stores its journal position with its rows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeVar

import msgspec
from sqlalchemy import (
    ColumnElement,
    Connection,
    Select,
    Table,
    bindparam,
    delete,
    literal_column,
    select,
    tuple_,
    update,
)
from sqlalchemy.dialects.sqlite import Insert, insert

from opencec.adapters.sqlite import tables
from opencec.adapters.sqlite.database import Database
from opencec.adapters.sqlite.rows import from_row
from opencec.ports.records import (
    AgentContact,
    AgentContactQuery,
    Cdr,
    CdrQuery,
    ContactNote,
    ContactScore,
    LegQuality,
    Record,
    RecordingRow,
    RecordingState,
    ScoreQuery,
)

__all__ = ["SqliteRecords", "SqliteTenantRecords"]

_PROJECTION = "records"
Part = TypeVar("Part", LegQuality, ContactNote)
_JOINED: dict[type[Record], tuple[str, ...]] = {Cdr: ("quality", "notes"), AgentContact: ("note",)}
"""Fields that are rows of their own."""
_NAMES = 5_000
"""Most names in one query; SQLite takes 32,766 parameters."""


def _upsert(table: Table, *, only_if: ColumnElement[bool] | None = None) -> Insert:
    keys = [column.name for column in table.primary_key]
    statement = insert(table)
    rest = {column.name: statement.excluded[column.name] for column in table.c if column.name not in keys}
    return statement.on_conflict_do_update(index_elements=keys, set_=rest, where=only_if)


# Made once: to build a statement costs more than to execute it.
_PUTS: tuple[tuple[type[Record], Insert], ...] = (
    (Cdr, _upsert(tables.cdrs)),
    (LegQuality, _upsert(tables.leg_quality)),
    (AgentContact, _upsert(tables.agent_contacts)),
    (ContactNote, _upsert(tables.contact_notes)),
    (ContactScore, _upsert(tables.contact_scores)),
    (RecordingRow, _upsert(tables.recordings, only_if=tables.recordings.c.state == "recording")),
)
_PUT_POSITION = _upsert(tables.projections)
_GET_POSITION = select(tables.projections.c.journal_offset).where(
    tables.projections.c.name == _PROJECTION, tables.projections.c.vdn == bindparam("vdn")
)


class SqliteRecords:
    """Implements `Records`.

    Args:
        database: Shared with the configuration.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    def for_tenant(self, vdn: int) -> SqliteTenantRecords:
        """The handle of one tenant."""
        return SqliteTenantRecords(self._database, vdn)

    async def tenants(self) -> list[int]:
        """Tenants that have any record."""
        t = tables.projections
        query = select(t.c.vdn).where(t.c.name == _PROJECTION).order_by(t.c.vdn)
        return list(await self._database.read(lambda c: c.execute(query).scalars().all()))

    async def close(self) -> None:
        """Let the file go."""
        await self._database.close()


class SqliteTenantRecords:
    """Implements `TenantRecords`."""

    def __init__(self, database: Database, vdn: int) -> None:
        self._database = database
        self._vdn = vdn

    @property
    def vdn(self) -> int:
        """The tenant."""
        return self._vdn

    async def apply(self, rows: Sequence[Record], journal_offset: int) -> bool:
        """Write rows and the journal position that they reach in one transaction."""
        batches = [(put, [self._row(row) for row in rows if isinstance(row, kind)]) for kind, put in _PUTS]

        def change(connection: Connection) -> bool:
            if journal_offset <= self._offset(connection):
                return False
            for put, batch in batches:
                if batch:
                    connection.execute(put, batch)
            position = {"name": _PROJECTION, "vdn": self._vdn, "journal_offset": journal_offset}
            connection.execute(_PUT_POSITION, [position])
            return True

        return await self._database.write(change)

    async def offset(self) -> int:
        """Journal position up to which the projection is complete."""
        return await self._database.read(self._offset)

    async def cdrs(self, query: CdrQuery) -> list[Cdr]:
        """A page of records ordered by (begin, callid)."""

        def look_up(connection: Connection) -> list[Cdr]:
            rows = connection.execute(self._cdr_select(query)).mappings().all()
            callids = [row["callid"] for row in rows]
            legs = self._parts(connection, tables.leg_quality, LegQuality, callids)
            notes = self._parts(connection, tables.contact_notes, ContactNote, callids)
            return [
                from_row(row, Cdr, quality=legs.get(row["callid"], ()), notes=notes.get(row["callid"], ()))
                for row in rows
            ]

        return await self._database.read(look_up)

    async def agent_contacts(self, query: AgentContactQuery) -> list[AgentContact]:
        """A page of an agent's contacts, newest first."""
        t = tables.agent_contacts
        wanted = [t.c.vdn == self._vdn, t.c.agent == query.agent]
        if query.since is not None:
            wanted.append(t.c.begin >= query.since)
        if query.outcomes:
            wanted.append(t.c.outcome.in_(query.outcomes))
        if query.number is not None:
            wanted.append(t.c.number == query.number)
        if query.after is not None:
            wanted.append(tuple_(t.c.begin, t.c.callid) < query.after)
        newest = select(t).where(*wanted).order_by(t.c.begin.desc(), t.c.callid.desc()).limit(query.limit)

        def look_up(connection: Connection) -> list[AgentContact]:
            rows = connection.execute(newest).mappings().all()
            notes = self._parts(connection, tables.contact_notes, ContactNote, [row["callid"] for row in rows])
            own = {callid: note for callid, some in notes.items() for note in some if note.agent == query.agent}
            return [from_row(row, AgentContact, note=own.get(row["callid"])) for row in rows]

        return await self._database.read(look_up)

    async def has_agent_contact(self, agent: str, callid: str) -> bool:
        """Whether an ended contact was at an agent; ids begin with their second, so that the key serves."""
        t = tables.agent_contacts
        began = int(callid.partition("-")[0]) * 1000 if callid.partition("-")[0].isdecimal() else 0
        mine = (t.c.vdn == self._vdn, t.c.agent == agent, t.c.begin >= began, t.c.callid == callid)
        query = select(t.c.callid).where(*mine).limit(1)
        return await self._database.read(lambda c: c.execute(query).first() is not None)

    async def scores(self, query: ScoreQuery) -> list[ContactScore]:
        """Scores by contact, newest contact first."""
        t = tables.contact_scores
        wanted = [t.c.vdn == self._vdn]
        for column, value in ((t.c.agent, query.agent), (t.c.callid, query.callid)):
            if value is not None:
                wanted.append(column == value)
        if query.since is not None:
            wanted.append(t.c.begin >= query.since)
        if query.until is not None:
            wanted.append(t.c.begin < query.until)
        order = (t.c.begin.desc(), t.c.callid.desc(), t.c.agent, t.c.inspector, t.c.at)
        found = select(t).where(*wanted).order_by(*order).limit(query.limit)
        rows = await self._database.read(lambda c: c.execute(found).mappings().all())
        return [from_row(row, ContactScore) for row in rows]

    def _parts(
        self, connection: Connection, t: Table, struct: type[Part], callids: Sequence[str]
    ) -> dict[str, list[Part]]:
        """Rows of their own of some contacts, in the order of their keys."""
        found: dict[str, list[Part]] = {}
        for first in range(0, len(callids), _NAMES):
            some = callids[first : first + _NAMES]
            query = select(t).where(t.c.vdn == self._vdn, t.c.callid.in_(some)).order_by(*t.primary_key.columns)
            for row in connection.execute(query).mappings():
                found.setdefault(row["callid"], []).append(from_row(row, struct))
        return found

    async def recordings(
        self, *, callid: str | None = None, state: RecordingState | None = None, after: str = "", limit: int = 1000
    ) -> list[RecordingRow]:
        """Recordings by id."""
        t = tables.recordings
        query = select(t).where(t.c.vdn == self._vdn, t.c.recording > after).order_by(t.c.recording).limit(limit)
        if callid is not None:
            query = query.where(t.c.callid == callid)
        if state is not None:
            query = query.where(
                t.c.state == literal_column(f"'{state}'")
            )  # a literal, so that the partial index serves
        return await self._recordings(query)

    async def recording(self, recording: str) -> RecordingRow | None:
        """One recording."""
        t = tables.recordings
        found = await self._recordings(select(t).where(t.c.vdn == self._vdn, t.c.recording == recording))
        return found[0] if found else None

    async def close_recording(self, recording: str, *, duration_ms: int, bytes: int, is_lost: bool = False) -> bool:
        """Settle a recording whose worker died."""
        t = tables.recordings
        where = (t.c.vdn == self._vdn, t.c.recording == recording, t.c.state == "recording")
        values = {"state": "lost" if is_lost else "closed", "duration_ms": duration_ms, "bytes": bytes}
        return await self._database.write(lambda c: c.execute(update(t).where(*where).values(values)).rowcount > 0)

    async def forget_before(self, before_ms: int, limit: int = 500) -> list[RecordingRow]:
        """Remove index rows of recordings begun before."""
        t = tables.recordings

        def change(connection: Connection) -> list[Any]:
            old = (t.c.vdn == self._vdn, t.c.begin < before_ms, t.c.state != "recording")
            rows = connection.execute(select(t).where(*old).order_by(t.c.begin).limit(limit)).mappings().all()
            names = [row["recording"] for row in rows]
            connection.execute(delete(t).where(t.c.vdn == self._vdn, t.c.recording.in_(names)))
            return list(rows)

        return [from_row(row, RecordingRow) for row in await self._database.write(change)]

    def _row(self, value: Record) -> dict[str, Any]:
        if value.vdn != self._vdn:
            raise ValueError(f"a record of tenant {value.vdn} in the handle of tenant {self._vdn}")
        row: dict[str, Any] = msgspec.to_builtins(value)
        for name in _JOINED.get(type(value), ()):
            del row[name]
        return row

    def _offset(self, connection: Connection) -> int:
        return connection.execute(_GET_POSITION, {"vdn": self._vdn}).scalar() or 0

    def _cdr_select(self, query: CdrQuery) -> Select[Any]:
        t = tables.cdrs
        place = tuple_(t.c.begin, t.c.callid)
        wanted = [t.c.vdn == self._vdn]
        if query.since is not None:
            wanted.append(t.c.begin >= query.since)
        if query.until is not None:
            wanted.append(t.c.begin < query.until)
        if query.after is not None:
            wanted.append(place < query.after if query.newest_first else place > query.after)
        for name in ("agent", "queue", "caller", "callid"):
            value = getattr(query, name)
            if value is not None:
                wanted.append(t.c[name] == value)
        order = (t.c.begin.desc(), t.c.callid.desc()) if query.newest_first else (t.c.begin, t.c.callid)
        return select(t).where(*wanted).order_by(*order).limit(query.limit)

    async def _recordings(self, query: Select[Any]) -> list[RecordingRow]:
        rows = await self._database.read(lambda c: c.execute(query).mappings().all())
        return [from_row(row, RecordingRow) for row in rows]
