"""A journal in memory that passes the port's test suite."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Sequence

from opencec.ports.journal import AppendDone, Deposed, JournalClosed, JournalError, JournalOverloaded, Snapshot

__all__ = ["MemoryJournal"]


class MemoryJournal:
    """Implements `Journal`. Commits happen on the next turn of the loop, in order, as one group.

    Args:
        capacity: Entries that may wait; more raise `JournalOverloaded`.
    """

    def __init__(self, *, capacity: int = 200_000) -> None:
        self.capacity = capacity
        self.entries: dict[int, list[tuple[int, bytes]]] = {}
        self._epochs: dict[int, int] = {}
        self._next: dict[int, int] = {}
        self._snapshots: dict[int, Snapshot] = {}
        self._inbox: list[tuple[int, int, Sequence[bytes], AppendDone]] = []
        self._closed = False

    async def claim(self, tenant: int, owner: str) -> int:
        self._check_open()
        self._commit()
        self._epochs[tenant] = self._epochs.get(tenant, 0) + 1
        return self._epochs[tenant]

    def append(self, tenant: int, epoch: int, entries: Sequence[bytes]) -> Awaitable[int]:
        future: asyncio.Future[int] = asyncio.get_running_loop().create_future()

        def done(seq: int, error: JournalError | None) -> None:
            if future.done():
                return
            future.set_result(seq) if error is None else future.set_exception(error)

        self.append_nowait(tenant, epoch, entries, done)
        return future

    def append_nowait(self, tenant: int, epoch: int, entries: Sequence[bytes], done: AppendDone) -> None:
        self._check_open()
        if sum(len(waiting[2]) for waiting in self._inbox) + len(entries) > self.capacity:
            raise JournalOverloaded("full")
        if not self._inbox:
            asyncio.get_running_loop().call_soon(self._commit)
        self._inbox.append((tenant, epoch, entries, done))

    async def read(self, tenant: int, after_seq: int, limit: int = 1000) -> list[tuple[int, bytes]]:
        self._check_open()
        return [entry for entry in self.entries.get(tenant, ()) if entry[0] > after_seq][:limit]

    async def last_seq(self, tenant: int) -> int:
        self._check_open()
        return self._next.get(tenant, 1) - 1

    async def save_snapshot(self, tenant: int, seq: int, blob: bytes) -> None:
        self._check_open()
        if tenant not in self._snapshots or self._snapshots[tenant].seq <= seq:
            self._snapshots[tenant] = Snapshot(seq=seq, blob=blob)

    async def latest_snapshot(self, tenant: int) -> Snapshot | None:
        self._check_open()
        return self._snapshots.get(tenant)

    async def trim(self, tenant: int, before_seq: int) -> int:
        self._check_open()
        covered = self._snapshots[tenant].seq if tenant in self._snapshots else 0
        kept = [entry for entry in self.entries.get(tenant, []) if entry[0] >= before_seq or entry[0] > covered]
        removed = len(self.entries.get(tenant, [])) - len(kept)
        self.entries[tenant] = kept
        return removed

    async def tenants(self) -> list[int]:
        self._check_open()
        return sorted(self._epochs)

    async def close(self) -> None:
        self._commit()
        self._closed = True

    def _check_open(self) -> None:
        if self._closed:
            raise JournalClosed("closed")

    def _commit(self) -> None:
        inbox, self._inbox = self._inbox, []
        for tenant, epoch, entries, done in inbox:
            newest = self._epochs.get(tenant, 0)
            if epoch != newest:
                done(0, Deposed(tenant=tenant, epoch=epoch, newest=newest))
                continue
            first = self._next.get(tenant, 1)
            self.entries.setdefault(tenant, []).extend((first + i, entry) for i, entry in enumerate(entries))
            self._next[tenant] = first + len(entries)
            done(first, None)
