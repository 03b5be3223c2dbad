"""Records and recordings for the command line: rows as people and scripts read them."""

from __future__ import annotations

import asyncio
import errno
import os
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec

from opencec.adapters.files import RecordingFiles
from opencec.adapters.sqlite import Database, SqliteRecords
from opencec.app.run_dir import DataDir
from opencec.ports.records import CdrQuery, TenantRecords, film_of

__all__ = ["RecordsReader"]

_PAGE = 1000
_TIMES = ("begin", "answer", "end")
_EMPTY_IS_NULL = ("agent", "recording")


class RecordsReader:
    """Reads the data folder, whether or not OpenCEC runs.

    Args:
        data_dir: The data folder.

    Raises:
        FileNotFoundError: there is no database.
    """

    def __init__(self, data_dir: Path) -> None:
        data = DataDir(data_dir)
        if not data.database.exists():
            raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), str(data.database))
        self._files = RecordingFiles(data.recordings)
        self._records = SqliteRecords(Database(data.database))
        self._runner = asyncio.Runner()

    def cdrs(
        self,
        *,
        vdn: int | None = None,
        since: int | None = None,
        until: int | None = None,
        agent: str | None = None,
        queue: int | None = None,
        caller: str | None = None,
        limit: int | None = None,
    ) -> Iterator[dict[str, Any]]:
        """Rows oldest first, tenant by tenant; times are ISO 8601 UTC with milliseconds, what is not there is None.

        Args:
            vdn: Only this tenant.
            since: Milliseconds UTC.
            until: Milliseconds UTC.
            agent: Work number.
            queue: Skill queue.
            caller: Number.
            limit: At most so many of each tenant, the newest.
        """
        query = CdrQuery(since=since, until=until, agent=agent, queue=queue, caller=caller, limit=_PAGE)
        for tenant in self._tenants(vdn):
            rows = self._pages(tenant, query) if limit is None else self._newest(tenant, query, limit)
            yield from rows

    def recordings(self, *, vdn: int | None = None, callid: str | None = None) -> Iterator[dict[str, Any]]:
        """Rows by id, tenant by tenant; `film` is the path of the film, None when there is none (yet)."""
        for tenant in self._tenants(vdn):
            after = ""
            while page := self._runner.run(tenant.recordings(callid=callid, after=after, limit=_PAGE)):
                for found in page:
                    film = film_of(found.path)
                    yield _row(found) | {"film": film if self._files.size(film) is not None else None}
                after = page[-1].recording

    def recording_file(self, callid: str, *, vdn: int | None = None) -> Path | str:
        """The file of a contact's first finished recording, or the reason why there is none."""
        found = list(self.recordings(vdn=vdn, callid=callid))
        for row in found:
            path = self._files.absolute(row["path"])
            if row["state"] == "closed" and path.is_file():
                return path
        if not found:
            return f"There is no recording of {callid}. See: opencec recordings list"
        if any(row["state"] == "recording" for row in found):
            return f"The recording of {callid} is still being written. Try again when the call has ended."
        return f"The recording of {callid} is lost: {found[0]['path']} is not in the recordings folder."

    def film_file(self, callid: str, *, vdn: int | None = None) -> Path | str:
        """The film of a contact, or the reason why there is none."""
        found = list(self.recordings(vdn=vdn, callid=callid))
        for row in found:
            if row["film"] is not None:
                return self._files.absolute(row["film"])
        if not found:
            return f"There is no recording of {callid}. See: opencec recordings list"
        if any(self._files.awaits_film(row["path"]) for row in found):
            return f"The film of {callid} is still being made. Try again when the call has ended for a minute."
        return f"The recording of {callid} has no pictures: get it as a .wav file."

    def close(self) -> None:
        """Let the file go."""
        self._runner.run(self._records.close())
        self._runner.close()

    def _tenants(self, vdn: int | None) -> list[TenantRecords]:
        known = [vdn] if vdn is not None else self._runner.run(self._records.tenants())
        return [self._records.for_tenant(number) for number in known]

    def _pages(self, tenant: TenantRecords, query: CdrQuery) -> Iterator[dict[str, Any]]:
        while page := self._runner.run(tenant.cdrs(query)):
            yield from (_row(found) for found in page)
            query = msgspec.structs.replace(query, after=(page[-1].begin, page[-1].callid))

    def _newest(self, tenant: TenantRecords, query: CdrQuery, limit: int) -> list[dict[str, Any]]:
        found = self._runner.run(tenant.cdrs(msgspec.structs.replace(query, newest_first=True, limit=limit)))
        return [_row(cdr) for cdr in reversed(found)]


def _row(value: msgspec.Struct) -> dict[str, Any]:
    row: dict[str, Any] = msgspec.to_builtins(value)
    for name in _TIMES:
        if row.get(name) is not None:
            row[name] = _iso(row[name])
    for segment in row.get("segments", ()):
        segment.update({name: _iso(segment[name]) for name in _TIMES if segment.get(name) is not None})
    for leg in row.get("quality", ()):
        del leg["callid"], leg["vdn"]
    for note in row.get("notes", ()):
        del note["callid"], note["vdn"]
        note["at"] = _iso(note["at"])
    return row | {name: row[name] or None for name in _EMPTY_IS_NULL if name in row}


def _iso(at_ms: int) -> str:
    return datetime.fromtimestamp(at_ms / 1000, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
