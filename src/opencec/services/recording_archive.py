"""One tenant's recordings as agents and inspectors find, hear and download them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable, Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal
from zipfile import ZIP_STORED, ZipFile, ZipInfo

import msgspec

from opencec.core.errors import OpenCecError
from opencec.ports.records import CdrQuery, RecordingRow, TenantRecords, film_of

__all__ = ["FoundRecording", "RecordingArchive", "RecordingUnavailable"]

_PAGE = 1_000
_MOST_PAGES = 20
"""A search looks at so many contacts at most: older ones are found by a narrower range of dates."""
_MOST_BYTES = 128 * 1024 * 1024
"""The longest recording that is handed out as one answer: two hours and a quarter."""


_MOST_ZIPPED_BYTES = 512 * 1024 * 1024
"""All recordings of one archive together."""
_PIECE = 256 * 1024
_EARLIEST_S = 315_532_800
"""Archives know no year before 1980, and a clock may be wrong."""


class RecordingUnavailable(OpenCecError):
    """`not_found`, `not_finished` or `too_large`."""

    def __init__(self, code: Literal["not_found", "not_finished", "too_large"]) -> None:
        super().__init__(code, f"recording: {code}")


class FoundRecording(msgspec.Struct, frozen=True, kw_only=True):
    """A recording and the contact that it is of."""

    recording: str
    callid: str
    path: str
    """Below the recordings folder."""
    agent: str
    caller: str
    called: str
    queue: int
    begin: int
    """Milliseconds UTC."""
    end: int


class RecordingArchive:
    """Recordings of one tenant: what belongs to others does not exist here."""

    def __init__(self, records: TenantRecords, *, absolute: Callable[[str], Path]) -> None:
        """Args:
        records: Of the tenant.
        absolute: File of a path below the recordings folder; raises ValueError for one that leads out.
        """
        self._records = records
        self._absolute = absolute

    async def voice_path(self, tenant: int, name: str) -> str:
        """A sound file for conferences, below the recordings folder: operators put it into `conf/<tenant>/`.

        Args:
            tenant: Whose file.
            name: As applications write it; the vendor's `.V3` names our `.wav` (cc-gateway.md 5.10).

        Raises:
            RecordingUnavailable: not_found.
        """
        stem, _, kind = name.rpartition(".")
        path = f"conf/{tenant}/{stem}.wav"
        if kind.lower() not in ("v3", "wav") or not stem or "/" in name or "\\" in name or stem.startswith("."):
            raise RecordingUnavailable("not_found")
        if not await asyncio.to_thread(self._absolute(path).is_file):
            raise RecordingUnavailable("not_found")
        return path

    async def find(self, recording: str) -> RecordingRow:
        """One finished recording.

        Raises:
            RecordingUnavailable: not_found, not_finished.
        """
        row = await self._records.recording(recording)
        if row is None or row.state == "lost":
            raise RecordingUnavailable("not_found")
        if row.state != "closed":
            raise RecordingUnavailable("not_finished")
        return row

    async def search(
        self,
        *,
        agent: str | None = None,
        queue: int | None = None,
        callid: str | None = None,
        since: int | None = None,
        until: int | None = None,
        first: int = 1,
        last: int = 100,
    ) -> list[FoundRecording]:
        """Recordings by begin, newest first: numbers `first` to `last`, counted from 1. Times are ms UTC."""
        found: list[FoundRecording] = []
        after: tuple[int, str] | None = None
        for _ in range(_MOST_PAGES):
            query = CdrQuery(
                since=since,
                until=until,
                agent=agent,
                queue=queue,
                callid=callid,
                after=after,
                limit=_PAGE,
                newest_first=True,
            )
            page = await self._records.cdrs(query)
            found += [
                FoundRecording(
                    recording=cdr.callid,
                    callid=cdr.callid,
                    path=cdr.recording,
                    agent=cdr.agent,
                    caller=cdr.caller,
                    called=cdr.called,
                    queue=cdr.queue or 0,
                    begin=cdr.answer or cdr.begin,
                    end=cdr.end,
                )
                for cdr in page
                if cdr.recording
            ]
            if len(page) < _PAGE or len(found) >= last:
                break
            after = (page[-1].begin, page[-1].callid)
        return found[max(0, first - 1) : last]

    async def has_film(self, row: RecordingRow) -> bool:
        """Whether the call had pictures and its film is made."""
        return await asyncio.to_thread(self._absolute(film_of(row.path)).is_file)

    async def read(self, row: RecordingRow, *, is_film: bool = False) -> bytes:
        """The file of the sound, or of the film.

        Raises:
            RecordingUnavailable: not_found, too_large.
        """
        return await asyncio.to_thread(self._read, film_of(row.path) if is_film else row.path)

    async def zipped(self, rows: Sequence[RecordingRow]) -> AsyncGenerator[bytes, None]:
        """An archive of several recordings, piece by piece: no more than one piece is in memory.

        Every file is looked at before the first piece, so that what is missing or too much is said in place of it.

        Raises:
            RecordingUnavailable: not_found, too_large.
        """
        files = await asyncio.to_thread(self._sizes, rows)
        return _in_thread(_zip(files))

    def _sizes(self, rows: Sequence[RecordingRow]) -> list[tuple[Path, ZipInfo]]:
        found: list[tuple[Path, ZipInfo]] = []
        for row in rows:
            begun = datetime.fromtimestamp(max(row.begin / 1000, _EARLIEST_S), tz=UTC)
            entry = ZipInfo(
                row.path.rpartition("/")[2],
                (begun.year, begun.month, begun.day, begun.hour, begun.minute, begun.second),
            )
            try:
                file = self._absolute(row.path)
                entry.file_size = file.stat().st_size
            except (OSError, ValueError):
                raise RecordingUnavailable("not_found") from None
            found.append((file, entry))
        if sum(entry.file_size for _, entry in found) > _MOST_ZIPPED_BYTES:
            raise RecordingUnavailable("too_large")
        return found

    def _read(self, path: str) -> bytes:
        try:
            file = self._absolute(path)
            if file.stat().st_size > _MOST_BYTES:
                raise RecordingUnavailable("too_large")
            return file.read_bytes()
        except (OSError, ValueError):
            raise RecordingUnavailable("not_found") from None


class _Written:
    """What a ZipFile has written since it was last asked. It cannot seek, so sizes follow each file."""

    def __init__(self) -> None:
        self._data = bytearray()

    def write(self, data: bytes) -> int:
        self._data += data
        return len(data)

    def flush(self) -> None:
        """Nothing is held back."""

    def close(self) -> None:
        """Nothing is open."""

    def take(self) -> bytes:
        data = bytes(self._data)
        self._data.clear()
        return data


def _zip(files: Sequence[tuple[Path, ZipInfo]]) -> Iterator[bytes]:
    """Stored, not compressed: speech gains little, and calls need the processor."""
    written = _Written()
    with ZipFile(written, "w", ZIP_STORED) as archive:
        for file, entry in files:
            with file.open("rb") as source, archive.open(entry, "w") as target:
                while piece := source.read(_PIECE):
                    target.write(piece)
                    yield written.take()
    yield written.take()


async def _in_thread(pieces: Iterator[bytes]) -> AsyncGenerator[bytes, None]:
    while piece := await asyncio.to_thread(next, pieces, b""):
        yield piece
