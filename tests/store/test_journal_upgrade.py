"""A journal file of an earlier layout is carried on."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from opencec.adapters.sqlite import SqliteJournal

pytestmark = pytest.mark.store


async def test_entries_kept_by_tenant_and_number_are_still_read(tmp_path: Path) -> None:
    path = tmp_path / "journal.db"
    with sqlite3.connect(path) as old:
        old.executescript(
            """
            CREATE TABLE streams (
                tenant INTEGER PRIMARY KEY, epoch INTEGER NOT NULL, next_seq INTEGER NOT NULL, owner TEXT NOT NULL);
            CREATE TABLE entries (tenant INTEGER NOT NULL, seq INTEGER NOT NULL, body BLOB NOT NULL,
                PRIMARY KEY (tenant, seq)) WITHOUT ROWID;
            INSERT INTO streams VALUES (1, 4, 3, 'a'), (7, 1, 2, 'b');
            INSERT INTO entries VALUES (1, 1, x'01'), (1, 2, x'02'), (7, 1, x'03');
            """
        )
    old.close()
    journal = SqliteJournal(path)
    try:
        assert await journal.read(1, 0) == [(1, b"\x01"), (2, b"\x02")]
        assert await journal.read(7, 0) == [(1, b"\x03")]
        epoch = await journal.claim(1, "c")
        assert await journal.append(1, epoch, [b"\x04"]) == 3
        assert await journal.read(1, 2) == [(3, b"\x04")]
    finally:
        await journal.close()
