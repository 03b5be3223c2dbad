"""Housekeeping: index and files agree after a worker died, and nothing outlives its retention."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from opencec.adapters.files import RecordingFiles
from opencec.adapters.sqlite import Database, SqliteRecords
from opencec.app.jobs import Housekeeping
from opencec.ports.records import RecordingRow

pytestmark = pytest.mark.store

DAY_MS = 86_400_000


def _recover(path: str) -> tuple[int, int] | None:
    part = Path(path + ".part")
    if not part.exists():
        return None
    size = part.stat().st_size
    part.rename(path)
    return size // 16, size


@pytest.fixture
def files(tmp_path: Path) -> RecordingFiles:
    return RecordingFiles(tmp_path / "recordings")


@pytest.fixture
async def records(tmp_path: Path) -> AsyncIterator[SqliteRecords]:
    made = SqliteRecords(Database(tmp_path / "opencec.db"))
    yield made
    await made.close()


@pytest.fixture
def housekeeping(records: SqliteRecords, files: RecordingFiles) -> Housekeeping:
    return Housekeeping(records=records, files=files, recover=_recover, retention_days=10)


def _row(name: str, **fields: object) -> RecordingRow:
    values = {"recording": name, "callid": name, "vdn": 1, "path": f"1/20300102/{name}.wav", "begin": 0} | fields
    return RecordingRow(**values)  # type: ignore[arg-type]


def _write(files: RecordingFiles, path: str, *, age_s: float = 0) -> None:
    made = files.prepare(path)
    made.write_bytes(b"x" * 1600)
    os.utime(made, (made.stat().st_mtime - age_s,) * 2)


async def test_an_abandoned_file_is_finished_and_indexed(
    housekeeping: Housekeeping, records: SqliteRecords, files: RecordingFiles
) -> None:
    tenant = records.for_tenant(1)
    await tenant.apply([_row("old"), _row("busy"), _row("never")], 1)
    _write(files, "1/20300102/old.wav.part", age_s=60)
    _write(files, "1/20300102/busy.wav.part")
    assert await housekeeping.settle(now_ms=1000) == 1
    row = await tenant.recording("old")
    assert row is not None
    assert (row.state, row.duration_ms, row.bytes) == ("closed", 100, 1600)
    assert files.size(row.path) == 1600
    assert [r.recording for r in await tenant.recordings(state="recording")] == ["busy", "never"]
    assert await housekeeping.settle(now_ms=DAY_MS) == 1
    lost = await tenant.recording("never")
    assert lost is not None
    assert lost.state == "lost"


async def test_files_that_the_index_does_not_know_are_finished_too(
    housekeeping: Housekeeping, files: RecordingFiles
) -> None:
    _write(files, "1/20300102/stray.wav.part", age_s=60)
    assert await housekeeping.rescue() == 1
    assert files.size("1/20300102/stray.wav") == 1600


async def test_recordings_past_their_retention_are_removed(
    housekeeping: Housekeeping, records: SqliteRecords, files: RecordingFiles
) -> None:
    tenant = records.for_tenant(1)
    await tenant.apply([_row("old", state="closed"), _row("new", state="closed", begin=5 * DAY_MS)], 1)
    for name in ("old", "new"):
        _write(files, f"1/20300102/{name}.wav")
    assert await housekeeping.expire(now_ms=11 * DAY_MS) == 1
    assert files.size("1/20300102/old.wav") is None
    assert files.size("1/20300102/new.wav") == 1600
    assert [r.recording for r in await tenant.recordings()] == ["new"]
