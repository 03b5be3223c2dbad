"""Kill the journal's process at every commit point that the code names: nothing acknowledged is lost or torn."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from opencec.adapters.sqlite import SqliteJournal
from opencec.adapters.sqlite.journal_writer import COMMIT_POINTS

pytestmark = pytest.mark.store

_CHILD = """
import asyncio, os, signal, sys
from pathlib import Path
from opencec.adapters.sqlite import SqliteJournal

path, point, after = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])
seen = 0

def probe(here):
    global seen
    if here == point:
        seen += 1
        if seen == after:
            os.kill(os.getpid(), signal.SIGKILL)

async def run():
    journal = SqliteJournal(path, probe=probe)
    epoch = await journal.claim(1, "child")
    for i in range(10_000):
        first = await journal.append(1, epoch, [b"%d-0" % i, b"%d-1" % i])
        os.write(1, b"%d\\n" % (first + 1))

asyncio.run(run())
"""


def _run_child(path: Path, point: str, after: int) -> subprocess.CompletedProcess[bytes]:
    command = [sys.executable, "-c", _CHILD, str(path), point, str(after)]
    return subprocess.run(command, capture_output=True, timeout=30, check=False)


def _kill_child_after(path: Path, acknowledged: int) -> list[int]:
    """Sequence numbers that the child was told, up to its death."""
    with subprocess.Popen([sys.executable, "-c", _CHILD, str(path), "never", "0"], stdout=subprocess.PIPE) as child:
        assert child.stdout is not None
        told = [int(child.stdout.readline()) for _ in range(acknowledged)]
        os.kill(child.pid, signal.SIGKILL)
        return told + [int(line) for line in child.stdout.read().split(b"\n")[:-1] if line]


async def _survivors(path: Path) -> list[tuple[int, bytes]]:
    journal = SqliteJournal(path)
    try:
        epoch = await journal.claim(1, "next")
        entries = await journal.read(1, 0, 100_000)
        assert await journal.append(1, epoch, [b"after"]) == len(entries) + 1
        return entries
    finally:
        await journal.close()


@pytest.mark.parametrize("point", COMMIT_POINTS)
@pytest.mark.parametrize("after", [2, 7])
async def test_a_kill_at_a_commit_point_loses_nothing_acknowledged(tmp_path: Path, point: str, after: int) -> None:
    path = tmp_path / "journal.db"
    child = _run_child(path, point, after)
    assert child.returncode == -signal.SIGKILL, child.stderr.decode()
    acknowledged = int(child.stdout.split()[-1]) if child.stdout else 0
    entries = await _survivors(path)
    assert len(entries) >= acknowledged
    assert len(entries) % 2 == 0, "an append is written whole or not at all"
    assert [body for _, body in entries] == [b"%d-%d" % divmod(i, 2) for i in range(len(entries))]


async def test_a_kill_from_outside_loses_nothing_acknowledged(tmp_path: Path) -> None:
    path = tmp_path / "journal.db"
    told = _kill_child_after(path, 200)
    entries = await _survivors(path)
    assert len(entries) >= max(told)
    assert [seq for seq, _ in entries] == list(range(1, len(entries) + 1))
