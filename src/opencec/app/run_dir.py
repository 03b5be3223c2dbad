"""The data folder's parts, its lock, and the Unix sockets of the processes. Standard library only."""

from __future__ import annotations

import fcntl
import hashlib
import os
import tempfile
from pathlib import Path

__all__ = ["DataDir", "DataDirLocked"]

_SOCKET_PATH_LIMIT = 107
"""Bytes that Linux allows in a Unix socket's address (sun_path, without the closing NUL)."""
_LONGEST_NAME = 24
_PRIVATE = 0o700


class DataDirLocked(Exception):
    """Another supervisor serves this data folder."""

    code = "data_dir_locked"


class DataDir:
    """Paths below the data folder.

    Args:
        root: `OPENCEC_DATA_DIR`, absolute.
    """

    def __init__(self, root: Path) -> None:
        self.root = root
        self.journal = root / "journal.db"
        self.database = root / "opencec.db"
        self.keys = root / "keys.json"
        self.recordings = root / "recordings"
        self.media = root / "media"
        self.prompts = root / "prompts"
        self.tls = root / "tls"
        self.demo_credentials = root / "demo-credentials.json"
        self.lock = root / "supervisor.lock"
        self.run = _run_folder(root)

    def make(self) -> None:
        """Make the folders; only the owner may read them.

        Raises:
            OSError: the folder cannot be made or written.
        """
        self.root.mkdir(parents=True, exist_ok=True, mode=_PRIVATE)
        for folder in (self.run, self.recordings, self.prompts):
            folder.mkdir(exist_ok=True, mode=_PRIVATE)
        if self.run.stat().st_uid != os.getuid():
            raise PermissionError(f"{self.run} belongs to another user: remove it, or choose another OPENCEC_DATA_DIR")

    def socket(self, name: str) -> Path:
        """Path of a process's Unix socket."""
        return self.run / f"{name}.sock"

    def take_lock(self) -> int:
        """Lock the folder for as long as this process lives.

        Returns:
            The open file, to be kept open.

        Raises:
            DataDirLocked: naming the process that has it.
        """
        handle = os.open(self.lock, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            owner = os.read(handle, 32).decode(errors="replace").strip() or "unknown"
            os.close(handle)
            raise DataDirLocked(
                f"OpenCEC already runs on {self.root} (process {owner}). "
                "Stop it, or set OPENCEC_DATA_DIR and other ports for a second one."
            ) from None
        os.ftruncate(handle, 0)
        os.write(handle, f"{os.getpid()}\n".encode())
        return handle


def _run_folder(root: Path) -> Path:
    """`<data>/run`, or a folder below the temporary one when socket addresses would become too long."""
    run = root / "run"
    if len(os.fsencode(run)) + 1 + _LONGEST_NAME <= _SOCKET_PATH_LIMIT:
        return run
    digest = hashlib.sha256(os.fsencode(root)).hexdigest()[:16]
    return Path(tempfile.gettempdir()) / f"opencec-{os.getuid()}-{digest}"
