"""Implements `Blobs` on obstore. It is loaded at the first use: most commands and many installations never need it."""

from __future__ import annotations

import asyncio
import re
from dataclasses import dataclass, field
from datetime import timedelta
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from opencec.ports.blobs import BlobMissing, BlobStoreFailed

if TYPE_CHECKING:
    from obstore.store import ObjectStore

__all__ = ["FolderBlobs", "ObjectBlobs", "S3Place"]

_NAME = re.compile(r"[0-9A-Za-z_-]+(/[0-9A-Za-z_.-]*[0-9A-Za-z_-])*")
_TIMEOUT_S = 15
_RETRY_S = 20
"""How long a request is tried again; then the sender is told, who may try again himself."""


@dataclass(frozen=True, slots=True)
class S3Place:
    """A bucket of a store that speaks S3."""

    bucket: str
    prefix: str = ""
    endpoint: str = ""
    """`https://host:port`; "": that of AWS."""
    region: str = "us-east-1"
    key_id: str = field(default="", repr=False)
    secret: str = field(default="", repr=False)
    """Both empty: what the machine's environment gives (instance role, `AWS_*`)."""


class _ObstoreBlobs:
    """What folder and object store have in common."""

    _store: ObjectStore

    async def put(self, name: str, data: bytes) -> None:
        """See the port."""
        from obstore import put_async
        from obstore.exceptions import BaseError

        try:
            await put_async(self._store, _checked(name), data)
        except (BaseError, OSError) as error:
            raise BlobStoreFailed(str(error)) from error

    async def get(self, name: str) -> bytes:
        """See the port."""
        from obstore import get_async
        from obstore.exceptions import BaseError

        try:
            found = await get_async(self._store, _checked(name))
            return bytes(await found.bytes_async())
        except FileNotFoundError:
            raise BlobMissing(name) from None
        except (BaseError, OSError) as error:
            raise BlobStoreFailed(str(error)) from error

    async def remove(self, name: str) -> None:
        """See the port."""
        from obstore import delete_async
        from obstore.exceptions import BaseError

        try:
            await delete_async(self._store, _checked(name))
        except FileNotFoundError:
            return
        except (BaseError, OSError) as error:
            raise BlobStoreFailed(str(error)) from error


class FolderBlobs(_ObstoreBlobs):
    """A folder of this machine.

    Args:
        root: The folder; made when it is first written to.
    """

    def __init__(self, root: Path) -> None:
        self._root = root

    @cached_property
    def _store(self) -> ObjectStore:  # type: ignore[override]
        from obstore.store import LocalStore

        self._root.mkdir(parents=True, exist_ok=True, mode=0o700)
        return LocalStore(self._root, mkdir=True)

    async def remove(self, name: str) -> None:
        """Also what a killed process left: obstore writes to `<name>#<number>` first, then renames."""
        await super().remove(name)
        try:
            await asyncio.to_thread(self._tidy, self._root / _checked(name))
        except OSError as error:
            raise BlobStoreFailed(str(error)) from error

    @staticmethod
    def _tidy(path: Path) -> None:
        if not path.parent.is_dir():
            return
        for left in path.parent.glob(f"{path.name}#*"):
            left.unlink(missing_ok=True)
        try:
            path.parent.rmdir()
        except OSError:
            pass  # others are in it


class ObjectBlobs(_ObstoreBlobs):
    """A bucket.

    Args:
        place: Where it is and how it is opened.
    """

    def __init__(self, place: S3Place) -> None:
        self._place = place

    @cached_property
    def _store(self) -> ObjectStore:  # type: ignore[override]
        from obstore.store import S3Store

        place = self._place
        return S3Store(
            place.bucket,
            prefix=place.prefix or None,
            config={
                "region": place.region,
                **({"endpoint": place.endpoint} if place.endpoint else {}),
                **({"access_key_id": place.key_id, "secret_access_key": place.secret} if place.key_id else {}),
            },
            client_options={
                "timeout": timedelta(seconds=_TIMEOUT_S),
                "allow_http": place.endpoint.startswith("http://"),
            },
            retry_config={"max_retries": 3, "retry_timeout": timedelta(seconds=_RETRY_S)},
        )


def _checked(name: str) -> str:
    if _NAME.fullmatch(name) is None or ".." in name:
        raise ValueError(f"not a name of ours: {name!r}")
    return name
