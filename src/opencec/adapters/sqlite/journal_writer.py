"""The journal's writer thread: everything that waits is committed as one transaction, then acknowledged at once.

An idle writer commits at once, and a few times in a row; a busy one commits once in `window_s` on the average, so that
appends of many tenants share a transaction. What one turn of the event loop appends is handed over in one piece: waking
the thread costs more than an entry.
SQLite is used straight: one prepared insert of many rows costs about 3 us an entry.
"""

from __future__ import annotations

import queue
import sqlite3
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from functools import partial
from itertools import chain
from pathlib import Path
from typing import Literal

from opencec.ports.journal import AppendDone, Deposed, JournalClosed, JournalError, JournalFailed, JournalOverloaded

__all__ = ["COMMIT_POINTS", "JournalWriter", "OnCommit", "Probe", "Transaction", "connect", "entry_key"]

COMMIT_POINTS = ("taken", "written", "committed", "acknowledged")
"""Where a crash may fall: entries taken from the inbox, written in the transaction, committed, told to the callers."""

Probe = Callable[[str], None]
Deliver = Callable[[Callable[[], None]], None]
OnCommit = Callable[[int, float], None]
"""Entries of a group commit, and seconds from the first of them being queued until they are acknowledged."""

_SCHEMA = """
CREATE TABLE IF NOT EXISTS streams (
    tenant INTEGER PRIMARY KEY, epoch INTEGER NOT NULL, next_seq INTEGER NOT NULL, owner TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS entries (key INTEGER PRIMARY KEY, body BLOB NOT NULL);
CREATE TABLE IF NOT EXISTS snapshots (
    tenant INTEGER PRIMARY KEY, seq INTEGER NOT NULL, body BLOB NOT NULL);
"""
_UPGRADE = """
BEGIN IMMEDIATE;
ALTER TABLE entries RENAME TO entries_by_tenant;
CREATE TABLE entries (key INTEGER PRIMARY KEY, body BLOB NOT NULL);
INSERT INTO entries SELECT (tenant << 40) | seq, body FROM entries_by_tenant;
DROP TABLE entries_by_tenant;
COMMIT;
"""
_INSERTS = tuple((size, "INSERT INTO entries VALUES " + ", ".join(["(?, ?)"] * size)) for size in (512, 64, 8, 1))
_ADVANCE = "UPDATE streams SET next_seq = ? WHERE tenant = ? AND epoch = ? AND next_seq = ?"
_BUSY_TIMEOUT_S = 5.0
_MAX_ENTRIES = 200_000
_BURST = 8
"""Commits in a row that need not wait for the window: one call's chain of facts does not pay for it."""
_MAX_BYTES = 64 * 1024 * 1024
_TELL_S = 0.001
"""A big group's acknowledgements run in slices of this length, so that they do not hold the loop."""


def entry_key(tenant: int, seq: int) -> int:
    """Key of an entry: tenant in the upper bits (at most 2**23), number in the lower 40.

    One integer, because SQLite keeps a row of up to 4 KB whole in a leaf of a table by integers; in one by two columns
    what is above 1 KB, a dialog for example, costs a page of its own in each commit.
    """
    return tenant << 40 | seq


def connect(path: Path, *, durable: Literal["process", "full"] = "process") -> sqlite3.Connection:
    """Open the journal file with the settings that every connection of ours has.

    WAL with synchronous NORMAL survives the death of any process; FULL syncs the WAL at each commit and so survives a
    loss of power. The automatic checkpoint is off: it would fall on the hot path.
    """
    connection = sqlite3.connect(path, timeout=_BUSY_TIMEOUT_S, isolation_level=None, check_same_thread=False)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute(f"PRAGMA synchronous = {'FULL' if durable == 'full' else 'NORMAL'}")
    connection.execute("PRAGMA wal_autocheckpoint = 0")
    return connection


class _Stale(Exception):
    """A stream is not as this writer left it: another process has claimed the tenant, or appended."""


class Transaction:
    """One group commit in the making; the fencing epoch is checked inside of it.

    Args:
        connection: In a transaction.
        known: (epoch, next sequence number) of streams as this writer left them: not read again, but `flush` finds
            out when one has changed.
    """

    def __init__(self, connection: sqlite3.Connection, known: dict[int, tuple[int, int]] | None = None) -> None:
        self.connection = connection
        self.streams = {} if known is None else known.copy()
        self._rows: list[tuple[int, bytes]] = []
        self._grown: dict[int, int] = {}
        """Tenant -> the number before its first new entry."""

    def stream(self, tenant: int) -> tuple[int, int]:
        """(epoch, next sequence number) of a tenant; (0, 1) before the first claim."""
        found = self.streams.get(tenant)
        if found is None:
            row = self.connection.execute("SELECT epoch, next_seq FROM streams WHERE tenant = ?", (tenant,)).fetchone()
            found = self.streams[tenant] = row or (0, 1)
        return found

    def claim(self, tenant: int, owner: str) -> int:
        """Give the tenant a new owner; returns the epoch."""
        self.flush()
        self.streams.pop(tenant, None)
        epoch, next_seq = self.stream(tenant)
        self.streams[tenant] = (epoch + 1, next_seq)
        self.connection.execute(
            "INSERT INTO streams VALUES (?, ?, ?, ?) "
            "ON CONFLICT (tenant) DO UPDATE SET epoch = excluded.epoch, owner = excluded.owner",
            (tenant, epoch + 1, next_seq, owner),
        )
        return epoch + 1

    def append(self, tenant: int, epoch: int, entries: Sequence[bytes]) -> int:
        """Number the entries; raises `Deposed`."""
        newest, first = self.stream(tenant)
        if epoch != newest and tenant not in self._grown:
            del self.streams[tenant]  # this writer may not have seen the newest claim
            newest, first = self.stream(tenant)
        if epoch != newest:
            raise Deposed(tenant=tenant, epoch=epoch, newest=newest)
        if entries:
            self._rows.extend(enumerate(entries, entry_key(tenant, first)))
            self.streams[tenant] = (newest, first + len(entries))
            self._grown.setdefault(tenant, first)
        return first

    def flush(self) -> None:
        """Write what was numbered; raises `_Stale`."""
        for tenant, first in self._grown.items():
            epoch, next_seq = self.streams[tenant]
            values = (next_seq, tenant, epoch, first)
            if self.connection.execute(_ADVANCE, values).rowcount != 1:
                raise _Stale(tenant)
        if self._rows:
            self._insert()
            self._rows = []
            self._grown = {}

    def _insert(self) -> None:
        """Many rows a statement: each step of SQLite lets the interpreter lock go, and getting it back from an event
        loop that is busy takes up to a switch interval. Row by row, a flood would be committed at 500 rows a second."""
        rows, first = self._rows, 0
        for size, statement in _INSERTS:
            while len(rows) - first >= size:
                self.connection.execute(statement, list(chain.from_iterable(rows[first : first + size])))
                first += size


class _Append:
    __slots__ = ("done", "entries", "epoch", "tenant")

    def __init__(self, tenant: int, epoch: int, entries: Sequence[bytes], done: AppendDone) -> None:
        self.tenant = tenant
        self.epoch = epoch
        self.entries = entries
        self.done = done

    def run(self, transaction: Transaction) -> int:
        return transaction.append(self.tenant, self.epoch, self.entries)


class _Job:
    """Any other write, in its place in the order of appends."""

    __slots__ = ("done", "entries", "run")

    def __init__(self, run: Callable[[Transaction], int], done: AppendDone) -> None:
        self.run = run
        self.done = done
        self.entries: Sequence[bytes] = ()


_Outcome = tuple[AppendDone, int, JournalError | None]


class _Batch:
    """What one turn of the event loop has queued."""

    __slots__ = ("bytes", "entries", "first_at", "items")

    def __init__(self, first_at: float) -> None:
        self.items: list[_Append | _Job] = []
        self.entries = 0
        self.bytes = 0
        self.first_at = first_at
        """When the first item came, monotonic."""


class JournalWriter(threading.Thread):
    """Owns the writing connection.

    Args:
        path: Journal file.
        durable: See `connect`.
        window_s: Average time between two commits while busy, seconds.
        deliver: Runs a function on the event loop, callable from this thread; may raise RuntimeError when it is gone.
        soon: Runs a function at the end of the event loop's turn; called on the loop, like all public methods.
        probe: Called at each of `COMMIT_POINTS`; crash tests end the process there.
        on_commit: Told of each group on the event loop: entries, seconds from the first being queued.
    """

    def __init__(
        self,
        *,
        path: Path,
        durable: Literal["process", "full"],
        window_s: float,
        deliver: Deliver,
        soon: Deliver,
        probe: Probe | None,
        on_commit: OnCommit | None = None,
    ) -> None:
        super().__init__(name="journal-writer", daemon=True)
        self._path = path
        self._durable = durable
        self._window_s = window_s
        self._deliver = deliver
        self._probe: Probe = probe or (lambda point: None)
        self._on_commit: OnCommit = on_commit or (lambda entries, seconds: None)
        self._soon = soon
        self._told: deque[_Outcome] = deque()
        """Committed, on the event loop: what is still to be told."""
        self._gathered: _Batch | None = None
        """What this turn of the event loop has queued so far."""
        self._handed: queue.SimpleQueue[_Batch | None] = queue.SimpleQueue()
        """From the event loop to this thread; None: nothing more comes."""
        self._closing = False
        self._is_over = False
        self._entries = self._bytes = 0
        """Ever queued; the event loop counts."""
        self._entries_taken = self._bytes_taken = 0
        """Ever taken to be committed; this thread counts."""
        self._streams: dict[int, tuple[int, int]] = {}
        """(epoch, next sequence number) by tenant, as the last commit left them."""
        self._connection = connect(path, durable=durable)
        self._connection.executescript(_SCHEMA)
        if self._connection.execute("SELECT 1 FROM pragma_table_info('entries') WHERE name = 'tenant'").fetchone():
            self._connection.executescript(_UPGRADE)  # a journal of before
        self.commits = 0
        """Transactions committed since start."""

    def append(self, tenant: int, epoch: int, entries: Sequence[bytes], done: AppendDone) -> None:
        """Queue an append; raises `JournalOverloaded` or `JournalClosed`."""
        self._put(_Append(tenant, epoch, entries, done))

    def call(self, run: Callable[[Transaction], int], done: AppendDone) -> None:
        """Queue another write; raises as `append`."""
        self._put(_Job(run, done))

    def close(self) -> None:
        """Take nothing more; the thread ends when all that waits is committed."""
        if not self._closing:
            self._closing = True
            self._hand_over()
            self._handed.put(None)

    def run(self) -> None:
        """The thread: wait, commit, acknowledge."""
        due = 0.0
        while batches := self._take(due):
            due = max(due, time.monotonic() - _BURST * self._window_s) + self._window_s
            self._probe("taken")
            outcomes = self._commit([item for batch in batches for item in batch.items])
            self.commits += 1
            self._probe("committed")
            entries = sum(batch.entries for batch in batches)
            tell = partial(self._acknowledge, outcomes, entries=entries, first_at=batches[0].first_at)
            self._deliver_or_forget(tell)
        self._connection.close()

    def _put(self, item: _Append | _Job) -> None:
        size = sum(map(len, item.entries))
        count = len(item.entries)
        if self._closing:
            raise JournalClosed("the journal is closed")
        if self.queued + count > _MAX_ENTRIES or self._bytes - self._bytes_taken + size > _MAX_BYTES:
            raise JournalOverloaded(f"{self.queued} entries wait for the disk")
        batch = self._gathered
        if batch is None:
            batch = self._gathered = _Batch(time.monotonic())
            self._soon(self._hand_over)
        batch.items.append(item)
        batch.entries += count
        batch.bytes += size
        self._entries += count
        self._bytes += size

    def _hand_over(self) -> None:
        """At the end of the event loop's turn."""
        batch, self._gathered = self._gathered, None
        if batch is not None:
            self._handed.put(batch)

    def _take(self, not_before: float) -> list[_Batch]:
        """All that waits, but not before that time while more may come; empty means: closed and done."""
        if self._is_over:
            return []
        batches: list[_Batch] = []
        batch = self._handed.get()
        pause = not_before - time.monotonic()
        if pause > 0 and batch is not None:
            time.sleep(pause)
        while batch is not None:
            batches.append(batch)
            self._entries_taken += batch.entries
            self._bytes_taken += batch.bytes
            try:
                batch = self._handed.get_nowait()
            except queue.Empty:
                return batches
        self._is_over = True
        return batches

    def _commit(self, items: Sequence[_Append | _Job]) -> list[_Outcome]:
        try:
            try:
                return self._write(items)
            except _Stale:
                self._streams = {}
                return self._write(items)
        except (sqlite3.Error, OSError, _Stale) as error:
            self._streams = {}
            failure = JournalFailed(f"{self._path}: {error}")
            return [(item.done, 0, failure) for item in items]

    def _write(self, items: Sequence[_Append | _Job]) -> list[_Outcome]:
        """One transaction; rolled back when it fails."""
        outcomes: list[_Outcome] = []
        transaction = Transaction(self._connection, self._streams)
        try:
            self._connection.execute("BEGIN IMMEDIATE")
            for item in items:
                try:
                    outcomes.append((item.done, item.run(transaction), None))
                except Deposed as error:
                    transaction.streams.pop(error.tenant, None)
                    outcomes.append((item.done, 0, error))
            transaction.flush()
            self._probe("written")
            self._connection.execute("COMMIT")
        except (sqlite3.Error, OSError, _Stale):
            if self._connection.in_transaction:
                self._connection.execute("ROLLBACK")
            raise
        self._streams = transaction.streams
        return outcomes

    def _deliver_or_forget(self, call: Callable[[], None]) -> None:
        try:
            self._deliver(call)
        except RuntimeError:
            pass  # the event loop is gone, and with it everyone who waits

    def _acknowledge(self, outcomes: list[_Outcome], *, entries: int, first_at: float) -> None:
        """On the event loop."""
        is_under_way = bool(self._told)
        self._told.extend(outcomes)
        self._on_commit(entries, time.monotonic() - first_at)
        if not is_under_way:
            self._tell()

    def _tell(self) -> None:
        """Tell in the order of appends, a slice of time at once: who is told works on it, and others wait meanwhile."""
        until = time.monotonic() + _TELL_S
        while self._told:
            done, value, error = self._told.popleft()
            done(value, error)
            if self._told and time.monotonic() >= until:
                self._deliver_or_forget(self._tell)
                return
        self._probe("acknowledged")

    @property
    def queued(self) -> int:
        """Entries that wait for their commit to begin."""
        return self._entries - self._entries_taken
