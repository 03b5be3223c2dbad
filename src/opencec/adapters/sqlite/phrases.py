"""Agents' phrases in SQLite."""

from __future__ import annotations

import msgspec
from sqlalchemy import delete, select
from sqlalchemy.dialects.sqlite import insert

from opencec.adapters.sqlite import tables
from opencec.adapters.sqlite.database import Database
from opencec.adapters.sqlite.rows import from_row
from opencec.ports.phrases import Phrase

__all__ = ["SqlitePhrases"]


class SqlitePhrases:
    """Implements `TenantPhrases`.

    Args:
        database: Shared with the configuration.
        vdn: The tenant.
    """

    def __init__(self, database: Database, vdn: int) -> None:
        self._database = database
        self._vdn = vdn

    async def of_agent(self, workno: str) -> list[Phrase]:
        """The tenant's and the agent's own, by title."""
        t = tables.phrases
        query = select(t).where(t.c.vdn == self._vdn, t.c.workno.in_(("", workno))).order_by(t.c.title, t.c.phrase)
        rows = await self._database.read(lambda c: c.execute(query).mappings().all())
        return [from_row(row, Phrase) for row in rows]

    async def keep(self, phrase: Phrase) -> None:
        """Make or change one."""
        row = {"vdn": self._vdn, **msgspec.structs.asdict(phrase)}
        statement = insert(tables.phrases)
        changed = {"title": statement.excluded.title, "text": statement.excluded.text}
        put = statement.on_conflict_do_update(index_elements=["vdn", "workno", "phrase"], set_=changed)
        await self._database.write(lambda c: c.execute(put, row))

    async def drop(self, workno: str, phrase: str) -> bool:
        """Remove one; False when there was none."""
        t = tables.phrases
        one = delete(t).where(t.c.vdn == self._vdn, t.c.workno == workno, t.c.phrase == phrase)
        return await self._database.write(lambda c: c.execute(one).rowcount > 0)
