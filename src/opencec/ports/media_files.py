"""Rows of the media cache: what is known of each file, and who may have it. The bytes are in `ports.blobs`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, Protocol

import msgspec

__all__ = ["MediaFile", "MediaFiles", "MediaKind", "MediaState", "TenantMediaFiles"]

MediaKind = Literal["image", "audio", "video", "document"]
MediaState = Literal["storing", "stored"]


class MediaFile(msgspec.Struct, frozen=True, kw_only=True):
    """One file that somebody sent."""

    id: str
    """32 hex digits, unguessable."""
    vdn: int
    name: str
    """As the sender called it, without path and control characters; for people, never for a file system."""
    kind: MediaKind
    type: str
    """MIME type by its content, `image/png`."""
    suffix: str
    """What its name should end with, `png`."""
    size: int
    """Bytes."""
    sha256: str
    owner: str
    """Who stored it: `agent:<workno>`, `customer:<channel>:<customer>`, or `system`."""
    at: int
    """When, milliseconds UTC."""
    state: MediaState = "stored"
    thumbnail: str = ""
    """MIME type of the small picture; "": there is none."""
    width: int = 0
    height: int = 0


class TenantMediaFiles(Protocol):
    """The rows of one tenant."""

    async def begin(self, file: MediaFile) -> None:
        """Write the row before the bytes, `storing`: a crash in between leaves a trace that the jobs clear away."""
        ...

    async def finish(self, id: str) -> bool:
        """The bytes are there: the file is `stored`. False: the row was cleared away meanwhile."""
        ...

    async def find(self, id: str) -> MediaFile | None:
        """A file that is stored."""
        ...

    async def share(self, id: str, channel: str, customer: str) -> None:
        """A customer of a channel may have the file; twice is fine."""
        ...

    async def shared_with(self, id: str) -> Sequence[tuple[str, str]]:
        """(channel, customer) of all who may have it, beside its owner."""
        ...

    async def past(self, *, stored_before: int, storing_before: int, limit: int) -> Sequence[MediaFile]:
        """Files to be cleared away: stored before a time, or never finished since a time; milliseconds UTC."""
        ...

    async def forget(self, id: str) -> None:
        """Remove the row and its shares, after the bytes."""
        ...


class MediaFiles(Protocol):
    """The rows of the installation."""

    def for_tenant(self, vdn: int) -> TenantMediaFiles:
        """The handle of one tenant."""
        ...

    async def tenants(self) -> Sequence[int]:
        """Tenants that have files."""
        ...
