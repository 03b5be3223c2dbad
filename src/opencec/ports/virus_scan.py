"""A virus scanner, asked about every file before it is kept."""

from __future__ import annotations

from typing import Protocol

__all__ = ["ScanFailed", "VirusScan"]


class ScanFailed(Exception):
    """The scanner gave no verdict. A file without a verdict is not kept."""

    code = "scan_failed"


class VirusScan(Protocol):
    """Looks at a file."""

    async def scan(self, data: bytes) -> str:
        """The name of what was found, "" when the file is clean.

        Raises:
            ScanFailed: no verdict.
        """
        ...
