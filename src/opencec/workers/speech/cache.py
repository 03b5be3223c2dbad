"""The prompt cache: a directory of WAV files named by the hash of what they say; atomic, bounded by size.

A file is written beside its place and renamed, so a killed worker leaves no half file under a final name. The oldest in
use go first; what was used in the last minute stays, because somebody may be about to open it.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import tempfile
import time
from pathlib import Path

__all__ = ["PromptCache", "cache_key"]

_FRESH_S = 60.0
_LOW_WATER = 0.9
_SUFFIX, _PART = ".wav", ".part"


def cache_key(*, engine: str, voice: str, speed: str, words: str) -> str:
    """Hexadecimal SHA-256; each part with its length, so that no two inputs run into each other."""
    digest = hashlib.sha256()
    for part in (engine, voice, speed, words):
        data = part.encode()
        digest.update(len(data).to_bytes(4, "big"))
        digest.update(data)
    return digest.hexdigest()


class PromptCache:
    """Files under `directory/ab/abcd....wav`. One process writes; any number may read."""

    def __init__(self, directory: Path, *, limit_bytes: int) -> None:
        self.directory = directory
        self.limit_bytes = limit_bytes
        self.hits = 0
        self.misses = 0
        self._files: dict[str, tuple[int, float]] = {}
        """Key -> size, last use (epoch seconds)."""
        directory.mkdir(parents=True, exist_ok=True)
        self._scan()

    @property
    def files(self) -> int:
        return len(self._files)

    @property
    def total_bytes(self) -> int:
        return sum(size for size, _ in self._files.values())

    def find(self, key: str) -> tuple[Path, int] | None:
        """Path and size of a file that is there, marked as used; counts a hit or a miss."""
        path = self._path(key)
        try:
            size = path.stat().st_size
            os.utime(path)
        except OSError:
            self._files.pop(key, None)
            self.misses += 1
            return None
        self._files[key] = (size, time.time())
        self.hits += 1
        return path, size

    def store(self, key: str, data: bytes) -> Path:
        """Write a file and make room for it.

        Raises:
            OSError: the disk is full or not writable; nothing is left behind.
        """
        path = self._path(key)
        path.parent.mkdir(exist_ok=True)
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=key[:8], suffix=_PART)
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(data)
            os.chmod(name, 0o644)
            os.replace(name, path)
        except OSError:
            with contextlib.suppress(OSError):
                os.unlink(name)
            raise
        self._files[key] = (len(data), time.time())
        self._evict()
        return path

    def _path(self, key: str) -> Path:
        return self.directory / key[:2] / f"{key}{_SUFFIX}"

    def _scan(self) -> None:
        """Learn what an earlier process left; remove the halves of one that was killed."""
        for path in self.directory.glob("??/*"):
            if path.suffix == _PART:
                path.unlink(missing_ok=True)
            elif path.suffix == _SUFFIX:
                status = path.stat()
                self._files[path.stem] = (status.st_size, status.st_mtime)

    def _evict(self) -> None:
        total = self.total_bytes
        if total <= self.limit_bytes:
            return
        horizon = time.time() - _FRESH_S
        for key, (size, used) in sorted(self._files.items(), key=lambda item: item[1][1]):
            if total <= self.limit_bytes * _LOW_WATER or used > horizon:
                return
            self._path(key).unlink(missing_ok=True)
            del self._files[key]
            total -= size
