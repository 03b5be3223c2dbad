"""One life of a control process in a crash test: numbered points at any of which it can be ended, as by `kill -9`."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence

from fakes.journal import MemoryJournal
from opencec.ports.journal import AppendDone, JournalError

__all__ = ["CrashJournal", "Life", "Points"]


class Points:
    """Counts the points of a whole run, over all lives. `crash_at`: the one that ends a life; 0: none."""

    def __init__(self, crash_at: int = 0) -> None:
        self.crash_at = crash_at
        self.is_armed = False
        self.names: list[str] = []

    def is_fatal(self, name: str) -> bool:
        """Count a point."""
        if not self.is_armed:
            return False
        self.names.append(name)
        return len(self.names) == self.crash_at


class Life:
    """What a dead process does has no effect: everything that it would send or store asks here first."""

    def __init__(self, points: Points) -> None:
        self._points = points
        self.is_alive = True
        self.died = asyncio.Event()
        self.on_end: Callable[[], None] = lambda: None

    def passes(self, name: str) -> bool:
        """A point: False when the process is dead, or dies here."""
        if self.is_alive and self._points.is_fatal(name):
            self.end()
        return self.is_alive

    def end(self) -> None:
        """`kill -9`."""
        self.is_alive = False
        self.on_end()
        self.died.set()


class CrashJournal(MemoryJournal):
    """A journal of which one life sees the commits; entries that are not committed when it dies are lost."""

    def __init__(self) -> None:
        super().__init__()
        self.life: Life | None = None

    def serve(self, life: Life) -> None:
        """A new process writes."""
        self.life = life
        life.on_end = self._inbox_lost

    def _inbox_lost(self) -> None:
        self._inbox.clear()

    def append_nowait(self, tenant: int, epoch: int, entries: Sequence[bytes], done: AppendDone) -> None:
        life = self.life
        assert life is not None
        if not life.passes("before commit"):
            return

        def committed(seq: int, error: JournalError | None) -> None:
            if life.passes("after commit"):
                done(seq, error)

        super().append_nowait(tenant, epoch, entries, committed)
