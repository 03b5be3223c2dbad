"""Films of video calls, a job: pictures as the relay wrote them become an ordinary file beside the recording.

The relay's file is the order: it lies there until its film is whole and on disk, so a crash anywhere makes the film
again. A film is made when the sound is finished, as the relay may go on with its file until then.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import structlog

from opencec.adapters.files import RecordingFiles, video_of
from opencec.adapters.film import FilmStopped, make_film
from opencec.ports.records import Records, film_of

__all__ = ["FilmMaking"]

_ABANDONED_S = 20.0
"""A relay writes at least once a second; another may go on with a dead relay's file within this time."""
_UNKNOWN_S = 600.0
"""The index may be late; what it does not know by then, it never will."""

_log = structlog.get_logger()


class FilmMaking:
    """Makes the films that are owed, one at a time.

    Args:
        records: The index.
        files: The recordings folder.
        is_stopped: The process is to end.
    """

    def __init__(self, *, records: Records, files: RecordingFiles, is_stopped: Callable[[], bool]) -> None:
        self._records = records
        self._files = files
        self._is_stopped = is_stopped
        self._failed: set[str] = set()

    async def make(self, *, now_ms: int, is_deep: bool) -> int:
        """Make what is owed; returns how many relay files were done with.

        Args:
            now_ms: Now, milliseconds UTC.
            is_deep: Look into the folders of all days, not only of those whose calls may just have ended, and try
                again what failed.
        """
        if is_deep:
            self._failed.clear()
        count = 0
        days = None if is_deep else _days(now_ms)
        for path in await asyncio.to_thread(lambda: list(self._files.unfilmed(days))):
            if self._is_stopped():
                break
            if path not in self._failed:
                count += await self._make(path, now_ms)
        return count

    async def _make(self, path: str, now_ms: int) -> bool:
        tenant, _, name = path.split("/")
        if not tenant.isdecimal():
            return False
        row = await self._records.for_tenant(int(tenant)).recording(name.removesuffix(".wav"))
        if row is not None and (row.path != path or row.state == "recording"):
            return False
        begin_ns = row.begin * 1_000_000 if row is not None else None
        try:
            return await asyncio.to_thread(self._work, path, begin_ns, is_known=row is not None)
        except FilmStopped:
            return False
        except (OSError, ValueError) as error:
            self._failed.add(path)
            _log.error("jobs.film_failed", path=path, detail=repr(error), next_try="within an hour")
            return False

    def _work(self, path: str, begin_ns: int | None, *, is_known: bool) -> bool:
        """Runs in a thread."""
        wav, video = self._files.absolute(path), self._files.absolute(video_of(path))
        part = video.with_name(video.name + ".part")
        if wav.with_name(wav.name + ".part").exists():
            return False
        if part.exists() and not self._files.is_abandoned(video_of(path), after_s=_ABANDONED_S):
            return False
        sources = [one for one in (video, part) if one.exists()]
        if not sources or not (is_known or _age_s(sources) > _UNKNOWN_S):
            return False
        target = self._files.absolute(film_of(path))
        has_pictures = make_film(sources, target, sound=wav, begin_ns=begin_ns, is_stopped=self._is_stopped)
        for source in sources:
            source.unlink(missing_ok=True)
        if not has_pictures:
            _log.info("jobs.film_without_pictures", path=path)
        return True


def _days(now_ms: int) -> frozenset[str]:
    """Today and yesterday, UTC, as folders are named."""
    now = datetime.fromtimestamp(now_ms / 1000, UTC)
    return frozenset((now - timedelta(days=back)).strftime("%Y%m%d") for back in (0, 1))


def _age_s(sources: list[Path]) -> float:
    return time.time() - max(source.stat().st_mtime for source in sources)
