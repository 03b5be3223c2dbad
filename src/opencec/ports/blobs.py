"""Bytes by name, in a folder or an object store: what the media cache keeps its files in."""

from __future__ import annotations

from typing import Protocol

__all__ = ["BlobMissing", "BlobStoreFailed", "Blobs"]


class BlobMissing(Exception):
    """There is nothing of this name."""

    code = "blob_missing"


class BlobStoreFailed(Exception):
    """The store cannot be reached, or refuses us; the next try may do."""

    code = "blob_store_failed"


class Blobs(Protocol):
    """A store of whole files. Names are words and digits with `/` between, made by us, never by a client."""

    async def put(self, name: str, data: bytes) -> None:
        """Keep a file, whole or not at all; what had the name is replaced.

        Raises:
            BlobStoreFailed: it is not kept.
        """
        ...

    async def get(self, name: str) -> bytes:
        """A file again.

        Raises:
            BlobMissing: there is none.
            BlobStoreFailed: the store does not answer.
        """
        ...

    async def remove(self, name: str) -> None:
        """Remove a file and what a crash left of it; none is fine.

        Raises:
            BlobStoreFailed: it may still be there.
        """
        ...
