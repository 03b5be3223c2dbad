"""The jobs process: settles recordings that a dead worker left, makes films, removes what is past
its retention (recordings, and files of text contacts).

`python -m opencec.app.jobs_process`. Idle nearly always; it runs at the lowest priority (see `serve.py`) and holds
nobody up.
"""

from __future__ import annotations

import asyncio
import contextlib
import signal
import time
from collections.abc import Callable

import structlog

from opencec.adapters.files import RecordingFiles
from opencec.adapters.sqlite import Database, SqliteMediaFiles, SqliteRecords
from opencec.app.films import FilmMaking
from opencec.app.media_files import blobs_of
from opencec.app.run_dir import DataDir
from opencec.app.settings import Settings, load_settings
from opencec.app.supervisor_child import name_process
from opencec.logs import set_up_logs
from opencec.ports.blobs import BlobStoreFailed
from opencec.ports.records import RecordingRow, Records, TenantRecords
from opencec.services.media_cache import clear_away
from opencec.workers.media.wav import WAV_HEADER_BYTES, recover

__all__ = ["Housekeeping", "main"]

_FIRST_S = 10.0
_EVERY_S = 20.0
_DEEP_EVERY_S = 3600.0
_ABANDONED_S = 20.0
"""A worker writes at least once a second; another may go on with a dead worker's file within this time."""
_LOST_MS = 600_000
_DAY_MS = 86_400_000
_PAGE = 500
_BYTES_PER_MS = 16
"""Two channels of 8 kHz mu-law."""

Recover = Callable[[str], tuple[int, int] | None]
"""Finishes the `.part` of an absolute path: (duration in ms, bytes), or None when there is no such file."""

_log = structlog.get_logger()


class Housekeeping:
    """The jobs, one round at a time.

    Args:
        records: The index.
        files: The recordings folder.
        recover: Finishes an abandoned file.
        retention_days: Recordings older than this are removed, 0: none.
    """

    def __init__(self, *, records: Records, files: RecordingFiles, recover: Recover, retention_days: int) -> None:
        self._records = records
        self._files = files
        self._recover = recover
        self._retention_days = retention_days

    async def settle(self, *, now_ms: int) -> int:
        """Bring index and files of unfinished recordings together; returns how many were settled."""
        count = 0
        for vdn in await self._records.tenants():
            tenant, after = self._records.for_tenant(vdn), ""
            while page := await tenant.recordings(state="recording", after=after, limit=_PAGE):
                for row in page:
                    count += await self._settle(tenant, row, now_ms)
                after = page[-1].recording
        return count

    async def rescue(self) -> int:
        """Finish abandoned files that the index does not know as open: the whole folder is looked through."""
        count = 0
        for path in await asyncio.to_thread(lambda: list(self._files.parts())):
            count += await asyncio.to_thread(self._finish, path) is not None
        return count

    async def expire(self, *, now_ms: int) -> int:
        """Remove recordings past their retention, index row first, so that no row points to nothing."""
        if not self._retention_days:
            return 0
        count = 0
        for vdn in await self._records.tenants():
            before = now_ms - self._retention_days * _DAY_MS
            while rows := await self._records.for_tenant(vdn).forget_before(before, _PAGE):
                for row in rows:
                    await asyncio.to_thread(self._files.remove, row.path)
                count += len(rows)
        return count

    async def _settle(self, tenant: TenantRecords, row: RecordingRow, now_ms: int) -> bool:
        found = await asyncio.to_thread(self._finish, row.path)
        if found is not None:
            duration_ms, size = found
            return await tenant.close_recording(row.recording, duration_ms=duration_ms, bytes=size)
        is_gone = now_ms - row.begin > _LOST_MS and not await asyncio.to_thread(self._exists, row.path)
        return is_gone and await tenant.close_recording(row.recording, duration_ms=0, bytes=0, is_lost=True)

    def _finish(self, path: str) -> tuple[int, int] | None:
        """Runs in a thread."""
        if not self._files.is_abandoned(path, after_s=_ABANDONED_S):
            return None
        return self._recover(str(self._files.absolute(path)))

    def _exists(self, path: str) -> bool:
        """Runs in a thread."""
        return self._files.size(path) is not None or self._files.absolute(path + ".part").exists()


async def _serve(settings: Settings, stop: asyncio.Event) -> None:
    """Rounds until told to stop; a round that fails is told and tried again."""
    data = DataDir(settings.data_dir)
    await _pause(stop, _FIRST_S)  # control starts first
    if stop.is_set():
        return
    database = Database(data.database)
    records = SqliteRecords(database)
    media, blobs = SqliteMediaFiles(database), blobs_of(settings)
    files = RecordingFiles(data.recordings)
    films = FilmMaking(records=records, files=files, is_stopped=stop.is_set)
    housekeeping = Housekeeping(
        records=records,
        files=files,
        recover=_recover,
        retention_days=settings.recording_retention_days,
    )
    next_deep = 0.0
    while not stop.is_set():
        try:
            settled = await housekeeping.settle(now_ms=int(time.time() * 1000))
            is_deep = time.monotonic() >= next_deep
            if is_deep:
                next_deep = time.monotonic() + _DEEP_EVERY_S
                settled += await housekeeping.rescue()
                expired = await housekeeping.expire(now_ms=int(time.time() * 1000))
                if expired:
                    _log.info("jobs.recordings_expired", count=expired)
                now_ms = int(time.time() * 1000)
                removed = await clear_away(media, blobs, now_ms=now_ms, keep_days=settings.media_retention_days)
                if removed:
                    _log.info("jobs.media_removed", count=removed)
            filmed = await films.make(now_ms=int(time.time() * 1000), is_deep=is_deep)
            if filmed:
                _log.info("jobs.films_made", count=filmed)
            if settled:
                _log.info("jobs.recordings_settled", count=settled)
        except (OSError, BlobStoreFailed) as error:
            _log.error("jobs.round_failed", detail=repr(error))
        await _pause(stop, _EVERY_S)
    await records.close()


def _recover(path: str) -> tuple[int, int] | None:
    """As the media worker does it."""
    try:
        size = recover(path)
    except FileNotFoundError:
        return None
    return size // _BYTES_PER_MS, size + WAV_HEADER_BYTES


async def _pause(stop: asyncio.Event, seconds: float) -> None:
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(stop.wait(), seconds)


async def _main() -> None:
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    settings = load_settings()
    set_up_logs(settings.log_level)
    await _serve(settings, stop)


def main() -> int:
    """The program."""
    name_process("opencec-jobs")
    asyncio.run(_main())
    return 0
