"""Checkpoints of the journal in a thread of their own, when nobody writes or when the WAL has grown."""

from __future__ import annotations

import sqlite3
import threading
from pathlib import Path
from typing import Protocol

__all__ = ["Checkpointer"]

_TICK_S = 1.0
_GROWN_BYTES = 16 * 1024 * 1024
_HUGE_BYTES = 128 * 1024 * 1024


class _Writer(Protocol):
    commits: int


class Checkpointer(threading.Thread):
    """Copies the WAL back into the file.

    PASSIVE never makes the writer wait. Under writing without a pause it never finishes, so the WAL cannot start over
    and grows; past `_HUGE_BYTES` one TRUNCATE follows, which stops the writer for the few pages that PASSIVE left.

    Args:
        connection: A connection of its own; closed by the thread.
        wal: The WAL file.
        writer: Whose `commits` tell whether it is idle.
    """

    def __init__(self, connection: sqlite3.Connection, *, wal: Path, writer: _Writer) -> None:
        super().__init__(name="journal-checkpoint", daemon=True)
        self._connection = connection
        self._wal = wal
        self._writer = writer
        self._ended = threading.Event()

    def close(self) -> None:
        """Ask the thread to end."""
        self._ended.set()

    def run(self) -> None:
        """The thread: look once a second."""
        seen = copied = self._writer.commits
        while not self._ended.wait(_TICK_S):
            commits = self._writer.commits
            size = self._wal.stat().st_size if self._wal.exists() else 0
            is_idle = commits == seen
            if commits != copied and (is_idle or size > _GROWN_BYTES):
                copied = commits
                self._checkpoint("PASSIVE")
                if size > _HUGE_BYTES:
                    self._checkpoint("TRUNCATE")
            seen = commits
        self._connection.close()

    def _checkpoint(self, kind: str) -> None:
        try:
            self._connection.execute(f"PRAGMA wal_checkpoint({kind})").fetchone()
        except sqlite3.OperationalError:
            pass  # a reader or another checkpoint is in the way: the next tick tries again
