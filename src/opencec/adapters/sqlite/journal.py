"""The journal in a SQLite file of its own: appends by the writer thread, reads and checkpoints beside it."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Awaitable, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Literal, TypeVar

from opencec.adapters.sqlite.checkpoint import Checkpointer
from opencec.adapters.sqlite.journal_writer import (
    JournalWriter,
    OnCommit,
    Probe,
    Transaction,
    connect,
    entry_key,
)
from opencec.ports.journal import AppendDone, JournalClosed, JournalError, Snapshot

__all__ = ["SqliteJournal"]

T = TypeVar("T")

_TRIM_SLICE = 250
"""Entries removed at once: appends of every tenant wait meanwhile, a millisecond or two."""


class SqliteJournal:
    """Implements `Journal`. Make it inside the event loop that uses it.

    Args:
        path: The file, `journal.db`; its folder exists.
        durable: `process` survives the death of any process, `full` also a loss of power.
        window_s: Group commit window, seconds.
        probe: Called at each crash point (`journal_writer.COMMIT_POINTS`).
        on_commit: Told of each group commit: entries, seconds.

    Raises:
        sqlite3.Error: the file cannot be opened.
    """

    def __init__(
        self,
        path: Path,
        *,
        durable: Literal["process", "full"] = "process",
        window_s: float = 0.003,
        probe: Probe | None = None,
        on_commit: OnCommit | None = None,
    ) -> None:
        self._loop = asyncio.get_running_loop()
        self._writer = JournalWriter(
            path=path,
            durable=durable,
            window_s=window_s,
            deliver=self._deliver,
            soon=self._soon,
            probe=probe,
            on_commit=on_commit,
        )
        self._reads = ThreadPoolExecutor(1, thread_name_prefix="journal-reader")
        self._reader = connect(path)
        self._reader.execute("PRAGMA query_only = ON")
        self._checkpointer = Checkpointer(connect(path), wal=path.with_name(path.name + "-wal"), writer=self._writer)
        self._closed = False
        self._writer.start()
        self._checkpointer.start()

    @property
    def queued(self) -> int:
        """Entries that wait for their commit to begin."""
        return self._writer.queued

    async def claim(self, tenant: int, owner: str) -> int:
        """Become the tenant's one writer; the epoch."""
        return await self._call(lambda transaction: transaction.claim(tenant, owner))

    def append(self, tenant: int, epoch: int, entries: Sequence[bytes]) -> Awaitable[int]:
        """Append entries; the awaitable ends after the commit."""
        future = self._loop.create_future()
        self._writer.append(tenant, epoch, entries, lambda seq, error: _settle(future, seq, error))
        return future

    def append_nowait(self, tenant: int, epoch: int, entries: Sequence[bytes], done: AppendDone) -> None:
        """Append entries; `done` is called on the event loop after the commit."""
        self._writer.append(tenant, epoch, entries, done)

    async def read(self, tenant: int, after_seq: int, limit: int = 1000) -> list[tuple[int, bytes]]:
        """Committed entries above `after_seq`."""
        sql = "SELECT key - ?, body FROM entries WHERE key > ? AND key < ? ORDER BY key LIMIT ?"
        first = entry_key(tenant, 0)
        values = (first, first + after_seq, entry_key(tenant + 1, 0), limit)
        return await self._query(lambda reader: reader.execute(sql, values).fetchall())

    async def last_seq(self, tenant: int) -> int:
        """The newest committed entry's number."""
        row = await self._query(
            lambda reader: reader.execute("SELECT next_seq FROM streams WHERE tenant = ?", (tenant,)).fetchone()
        )
        return row[0] - 1 if row else 0

    async def save_snapshot(self, tenant: int, seq: int, blob: bytes) -> None:
        """Keep the state after entry `seq`."""
        sql = (
            "INSERT INTO snapshots VALUES (?, ?, ?) ON CONFLICT (tenant) "
            "DO UPDATE SET seq = excluded.seq, body = excluded.body WHERE excluded.seq >= snapshots.seq"
        )
        await self._call(lambda transaction: transaction.connection.execute(sql, (tenant, seq, blob)).rowcount)

    async def latest_snapshot(self, tenant: int) -> Snapshot | None:
        """The newest snapshot."""
        row = await self._query(
            lambda reader: reader.execute("SELECT seq, body FROM snapshots WHERE tenant = ?", (tenant,)).fetchone()
        )
        return Snapshot(seq=row[0], blob=row[1]) if row else None

    async def trim(self, tenant: int, before_seq: int) -> int:
        """Forget old entries, in slices that leave room for appends."""
        sql = (
            "DELETE FROM entries WHERE key IN (SELECT key FROM entries WHERE key >= :first "
            "AND key < :before AND key <= :first + coalesce((SELECT seq FROM snapshots WHERE tenant = :tenant), 0) "
            "ORDER BY key LIMIT :slice)"
        )
        first = entry_key(tenant, 0)
        values = {"tenant": tenant, "first": first, "before": first + before_seq, "slice": _TRIM_SLICE}

        def remove(transaction: Transaction) -> int:
            transaction.flush()
            return transaction.connection.execute(sql, values).rowcount

        removed = 0
        while count := await self._call(remove):
            removed += count
        return removed

    async def tenants(self) -> list[int]:
        """Every tenant that was ever claimed."""
        rows = await self._query(lambda reader: reader.execute("SELECT tenant FROM streams ORDER BY 1").fetchall())
        return [row[0] for row in rows]

    async def close(self) -> None:
        """Commit what is queued, then close."""
        if self._closed:
            return
        self._closed = True
        self._checkpointer.close()
        await asyncio.to_thread(self._checkpointer.join)
        self._writer.close()
        await asyncio.to_thread(self._writer.join)
        self._reads.shutdown()
        self._reader.close()

    def _deliver(self, call: Callable[[], None]) -> None:
        self._loop.call_soon_threadsafe(call)

    def _soon(self, call: Callable[[], None]) -> None:
        self._loop.call_soon(call)

    async def _call(self, run: Callable[[Transaction], int]) -> int:
        future: asyncio.Future[int] = self._loop.create_future()
        self._writer.call(run, lambda value, error: _settle(future, value, error))
        return await future

    async def _query(self, run: Callable[[sqlite3.Connection], T]) -> T:
        if self._closed:
            raise JournalClosed("the journal is closed")
        return await self._loop.run_in_executor(self._reads, run, self._reader)


def _settle(future: asyncio.Future[int], value: int, error: JournalError | None) -> None:
    if future.done():
        return
    if error is None:
        future.set_result(value)
    else:
        future.set_exception(error)
