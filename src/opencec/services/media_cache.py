"""The media cache: pictures, voice, films and documents that customers and agents send each other.

A file is taken when its content is on the list and agrees with what it is said to be, within the limit of its kind, and
clean for the scanner. Its row is written first (`storing`), then its bytes, then the row becomes `stored`, then the
sender is told: whatever is told is there, and what a crash leaves half done has a row, by which the jobs find it.
"""

from __future__ import annotations

import asyncio
import hashlib
import secrets
from collections.abc import AsyncIterable, Callable, Mapping
from typing import Literal

import structlog

from opencec.core.errors import OpenCecError
from opencec.ports.blobs import BlobMissing, Blobs, BlobStoreFailed
from opencec.ports.clock import Clock
from opencec.ports.media_files import MediaFile, MediaFiles, MediaKind, TenantMediaFiles
from opencec.ports.pictures import PictureBroken, Pictures, Thumbnail
from opencec.ports.virus_scan import ScanFailed, VirusScan
from opencec.services.media_types import MediaType, clean_name, recognise

__all__ = [
    "DEFAULT_LIMITS",
    "VENDOR_UPLOAD_BYTES",
    "MediaCache",
    "MediaProblem",
    "MediaRefused",
    "TenantMedia",
    "agent_owner",
    "clear_away",
    "customer_owner",
]

_log = structlog.get_logger()

MediaProblem = Literal[
    "media_empty",
    "media_too_large",
    "media_type_refused",
    "media_type_mismatch",
    "media_damaged",
    "media_infected",
    "media_not_found",
    "media_not_allowed",
    "media_unavailable",
]
"""`media_unavailable`: the store or the scanner does not answer; it is not the sender's fault, and may pass."""

_MIB = 1024 * 1024
VENDOR_UPLOAD_BYTES = 2 * _MIB
"""Most bytes of an upload over the vendor's interfaces (api-fabric.md 4.5)."""
DEFAULT_LIMITS: Mapping[MediaKind, int] = {
    "image": 20 * _MIB,
    "audio": 20 * _MIB,
    "video": 20 * _MIB,
    "document": 20 * _MIB,
}
_STORING_MS = 3_600_000
"""A file that is not finished by then never will be."""
_DAY_MS = 86_400_000
_PAGE = 200
_THUMBNAIL = ".thumbnail"


class MediaRefused(OpenCecError):
    """The file was not taken, or is not given out."""

    def __init__(self, code: MediaProblem, message: str) -> None:
        super().__init__(code, message)


def agent_owner(agent: int | str) -> str:
    """`owner` of what an agent stores."""
    return f"agent:{agent}"


def customer_owner(channel: str, customer: str) -> str:
    """`owner` of what a customer stores. A channel's id has no colon."""
    return f"customer:{channel}:{customer}"


class TenantMedia:
    """The files of one tenant."""

    def __init__(
        self,
        vdn: int,
        *,
        files: TenantMediaFiles,
        blobs: Blobs,
        pictures: Pictures,
        clock: Clock,
        virus_scan: VirusScan | None = None,
    ) -> None:
        """Args:
        virus_scan: None: files are not scanned.
        """
        self._vdn = vdn
        self._files = files
        self._blobs = blobs
        self._pictures = pictures
        self._clock = clock
        self._scan = virus_scan
        self.limits: dict[MediaKind, int] = dict(DEFAULT_LIMITS)
        """Most bytes of each kind."""

    @property
    def most_bytes(self) -> int:
        """The largest of the limits: what an edge need not read on above."""
        return max(self.limits.values())

    async def store(
        self,
        name: str,
        data: bytes | AsyncIterable[bytes],
        *,
        owner: str,
        declared_type: str = "",
        most_bytes: int | None = None,
    ) -> MediaFile:
        """Take a file.

        Args:
            name: As the sender calls it; kept for people, made harmless.
            data: The file, or its pieces; reading ends when it is too large.
            owner: `agent_owner`, `customer_owner`, or `system`.
            declared_type: MIME type or suffix that the sender claims; "" for none.
            most_bytes: A smaller limit of the interface it comes through.

        Raises:
            MediaRefused: nothing was kept.
        """
        most = min(most_bytes or self.most_bytes, self.most_bytes)
        whole = await _collect(data, most)
        found, agrees = await asyncio.to_thread(recognise, whole, name=name, declared=declared_type)
        self._check(whole, found, agrees)
        assert found is not None
        small = await self._look_at(whole) if found.kind == "image" else None
        await self._refuse_infected(whole)
        file = MediaFile(
            id=secrets.token_hex(16),
            vdn=self._vdn,
            name=clean_name(name, found.suffix),
            kind=found.kind,
            type=found.type,
            suffix=found.suffix,
            size=len(whole),
            sha256=await asyncio.to_thread(lambda: hashlib.sha256(whole).hexdigest()),
            owner=owner,
            at=self._clock.now(),
            state="storing",
            thumbnail=small.type if small else "",
            width=small.width if small else 0,
            height=small.height if small else 0,
        )
        return await self._keep(file, whole, small)

    async def find(self, id: str) -> MediaFile:
        """What is known of a file, for whoever asks: callers that serve people use the two `for_...` below.

        Raises:
            MediaRefused: `media_not_found`.
        """
        found = await self._files.find(id) if _is_id(id) else None
        if found is None:
            raise MediaRefused("media_not_found", "there is no such file, or its time is over")
        return found

    async def for_customer(self, id: str, *, channel: str, customer: str) -> MediaFile:
        """A file that a customer may have: stored by that customer, or sent to that customer.

        Raises:
            MediaRefused: `media_not_found`, also when it is somebody else's.
        """
        file = await self.find(id)
        if file.owner == customer_owner(channel, customer) or (channel, customer) in await self._files.shared_with(id):
            return file
        raise MediaRefused("media_not_found", "there is no such file, or its time is over")

    async def for_agent(self, id: str, *, agent: int | str, serves: Callable[[str, str], bool]) -> MediaFile:
        """A file that an agent may have: own, or of a conversation with a customer whom the agent serves.

        Args:
            id: The file.
            agent: Work number.
            serves: Channel and customer -> whether the agent has, or may look into, a chat of that customer.

        Raises:
            MediaRefused: `media_not_found`, also when it is not for this agent.
        """
        file = await self.find(id)
        if file.owner == agent_owner(agent):
            return file
        parties = list(await self._files.shared_with(id))
        kind, _, rest = file.owner.partition(":")
        if kind == "customer":
            channel, _, customer = rest.partition(":")
            parties.append((channel, customer))
        if any(serves(channel, customer) for channel, customer in parties):
            return file
        raise MediaRefused("media_not_found", "there is no such file, or its time is over")

    async def share(self, id: str, *, channel: str, customer: str) -> None:
        """A file was sent in a conversation: its customer may have it, and whoever serves that customer.

        Raises:
            MediaRefused: `media_not_found`.
        """
        await self.find(id)
        await self._files.share(id, channel, customer)

    async def content(self, file: MediaFile, *, thumbnail: bool = False) -> bytes:
        """The bytes of a file, or of its small picture.

        Raises:
            MediaRefused: `media_not_found` (no such file, no small picture), `media_unavailable`.
        """
        if thumbnail and not file.thumbnail:
            raise MediaRefused("media_not_found", "the file has no small picture")
        try:
            return await self._blobs.get(_blob(file) + (_THUMBNAIL if thumbnail else ""))
        except BlobMissing:
            _log.error("media.blob_missing", file=file.id, tenant=self._vdn)
            raise MediaRefused("media_not_found", "there is no such file, or its time is over") from None
        except BlobStoreFailed as error:
            _log.error("media.store_failed", detail=str(error))
            raise MediaRefused("media_unavailable", "files cannot be had at the moment") from None

    def _check(self, whole: bytes, found: MediaType | None, agrees: bool) -> None:
        if found is None:
            raise MediaRefused("media_type_refused", "files of this kind are not taken")
        if not agrees:
            raise MediaRefused("media_type_mismatch", f"the file is {found.type}, not what its name or type says")
        if len(whole) > self.limits[found.kind]:
            raise MediaRefused("media_too_large", f"{found.kind}: at most {self.limits[found.kind]} bytes")

    async def _look_at(self, whole: bytes) -> Thumbnail:
        try:
            return await asyncio.to_thread(self._pictures.thumbnail, whole)
        except PictureBroken as error:
            raise MediaRefused("media_damaged", f"the picture cannot be shown: {error}") from None

    async def _refuse_infected(self, whole: bytes) -> None:
        if self._scan is None:
            return
        try:
            virus = await self._scan.scan(whole)
        except ScanFailed as error:
            _log.error("media.scan_failed", detail=str(error))
            raise MediaRefused("media_unavailable", "files cannot be checked at the moment") from None
        if virus:
            _log.warning("media.infected", tenant=self._vdn, virus=virus)
            raise MediaRefused("media_infected", "the virus scanner refuses the file")

    async def _keep(self, file: MediaFile, whole: bytes, small: Thumbnail | None) -> MediaFile:
        await self._files.begin(file)
        try:
            if small is not None:
                await self._blobs.put(_blob(file) + _THUMBNAIL, small.data)
            await self._blobs.put(_blob(file), whole)
        except BlobStoreFailed as error:
            _log.error("media.store_failed", detail=str(error))
            raise MediaRefused("media_unavailable", "files cannot be kept at the moment") from None
        if not await self._files.finish(file.id):
            raise MediaRefused("media_unavailable", "the file took too long to be kept")
        found = await self._files.find(file.id)
        assert found is not None
        return found


class MediaCache:
    """The files of all tenants; parts that all of them share."""

    def __init__(
        self,
        files: MediaFiles,
        *,
        blobs: Blobs,
        pictures: Pictures,
        clock: Clock,
        virus_scan: VirusScan | None = None,
    ) -> None:
        self._files = files
        self._blobs = blobs
        self._pictures = pictures
        self._clock = clock
        self._scan = virus_scan

    def for_tenant(self, vdn: int) -> TenantMedia:
        """The files of one tenant."""
        return TenantMedia(
            vdn,
            files=self._files.for_tenant(vdn),
            blobs=self._blobs,
            pictures=self._pictures,
            clock=self._clock,
            virus_scan=self._scan,
        )


async def clear_away(files: MediaFiles, blobs: Blobs, *, now_ms: int, keep_days: int) -> int:
    """The job: remove files past their time, and what crashes left; bytes first, so that nothing is left without a row.

    Args:
        files: The rows.
        blobs: The bytes.
        now_ms: Now, milliseconds UTC.
        keep_days: Files are kept so long; 0: for ever.

    Returns:
        How many files were removed. A store that fails ends the round; the next goes on.
    """
    count = 0
    stored_before = now_ms - keep_days * _DAY_MS if keep_days else 0
    for vdn in await files.tenants():
        tenant = files.for_tenant(vdn)
        while page := await tenant.past(stored_before=stored_before, storing_before=now_ms - _STORING_MS, limit=_PAGE):
            for file in page:
                await blobs.remove(_blob(file) + _THUMBNAIL)
                await blobs.remove(_blob(file))
                await tenant.forget(file.id)
            count += len(page)
    return count


def _blob(file: MediaFile) -> str:
    """Two more hex digits as folders: no folder grows without bound."""
    return f"{file.vdn}/{file.id[:2]}/{file.id}"


def _is_id(text: str) -> bool:
    return len(text) == 32 and all(char in "0123456789abcdef" for char in text)


async def _collect(data: bytes | AsyncIterable[bytes], most: int) -> bytes:
    whole = bytearray()
    if isinstance(data, bytes):
        whole += data[: most + 1]
    else:
        async for piece in data:
            whole += piece
            if len(whole) > most:
                break
    if len(whole) > most:
        raise MediaRefused("media_too_large", f"at most {most} bytes")
    if not whole:
        raise MediaRefused("media_empty", "the file is empty")
    return bytes(whole)
