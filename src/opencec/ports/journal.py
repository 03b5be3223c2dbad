"""The journal: one durable, ordered stream of facts for each tenant, with one fenced writer.

Entries are opaque bytes (MessagePack of tagged structs, made by the caller). Sequence numbers start at 1 and have no
gaps. What `append` has acknowledged survives the death of any process; with full durability also a loss of power.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Protocol

import msgspec

__all__ = [
    "AppendDone",
    "Deposed",
    "Journal",
    "JournalClosed",
    "JournalError",
    "JournalFailed",
    "JournalOverloaded",
    "Snapshot",
]


class JournalError(Exception):
    """Something kept the journal from doing what was asked. `code` is stable."""

    code = "journal"


class Deposed(JournalError):
    """A newer owner claimed the tenant: this writer must stop, nothing of the append was written."""

    code = "journal_deposed"

    def __init__(self, *, tenant: int, epoch: int, newest: int) -> None:
        super().__init__(f"tenant {tenant}: epoch {epoch} was deposed by epoch {newest}")
        self.tenant = tenant
        self.epoch = epoch
        self.newest = newest


class JournalOverloaded(JournalError):
    """The writer's inbox is full: refuse new work (HTTP 503, SIP 503 with Retry-After) and try again later."""

    code = "journal_overloaded"


class JournalClosed(JournalError):
    """The journal was closed."""

    code = "journal_closed"


class JournalFailed(JournalError):
    """The storage refused the write (disk full, I/O error). Nothing of the append was written."""

    code = "journal_failed"


class Snapshot(msgspec.Struct, frozen=True):
    """A tenant's state after the entry `seq`."""

    seq: int
    blob: bytes


AppendDone = Callable[[int, JournalError | None], None]
"""Called on the event loop: the first sequence number and None, or 0 and the error."""


class Journal(Protocol):
    """Streams of entries by tenant (VDN). All methods belong to one event loop."""

    async def claim(self, tenant: int, owner: str) -> int:
        """Become the tenant's one writer.

        Args:
            tenant: VDN.
            owner: Who claims, for the operator to read (role, pid).

        Returns:
            The epoch to append with: greater than every earlier one. Appends with an older epoch fail from now on.
        """
        ...

    def append(self, tenant: int, epoch: int, entries: Sequence[bytes]) -> Awaitable[int]:
        """Append entries, all or none, after every append queued before. The awaitable ends after the group commit.

        Returns:
            The sequence number of the first entry (that of the next entry when `entries` is empty).

        Raises:
            Deposed: `epoch` is not the newest; nothing was written.
            JournalOverloaded: at once, not by the awaitable.
            JournalClosed: at once.
            JournalFailed: the storage refused.
        """
        ...

    def append_nowait(self, tenant: int, epoch: int, entries: Sequence[bytes], done: AppendDone) -> None:
        """As `append`, without a future: `done` is called on the event loop after the commit, in the order of appends.

        Raises:
            JournalOverloaded, JournalClosed: at once; then `done` is never called.
        """
        ...

    async def read(self, tenant: int, after_seq: int, limit: int = 1000) -> list[tuple[int, bytes]]:
        """At most `limit` committed entries with a sequence number above `after_seq`, oldest first."""
        ...

    async def last_seq(self, tenant: int) -> int:
        """Sequence number of the newest committed entry, 0 when there was none (trimmed entries count)."""
        ...

    async def save_snapshot(self, tenant: int, seq: int, blob: bytes) -> None:
        """Keep the state after entry `seq`. A snapshot older than the newest kept one is ignored."""
        ...

    async def latest_snapshot(self, tenant: int) -> Snapshot | None:
        """The newest snapshot."""
        ...

    async def trim(self, tenant: int, before_seq: int) -> int:
        """Forget entries below `before_seq`, but never what the newest snapshot does not cover.

        Returns:
            How many entries were removed.
        """
        ...

    async def tenants(self) -> list[int]:
        """Every tenant that was ever claimed."""
        ...

    async def close(self) -> None:
        """Commit what is queued, then close. Later calls raise `JournalClosed`. Closing twice is fine."""
        ...
