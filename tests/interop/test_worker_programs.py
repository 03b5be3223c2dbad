"""The programs beside control: one form of log lines in all of them, and no imports that only cost memory."""

from __future__ import annotations

import asyncio
import re
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.interop

_LINE = re.compile(rb"timestamp=\d{4}-\d\d-\d\dT[0-9:.]+Z level=info event=")


async def test_a_media_worker_logs_in_the_form_of_the_project(tmp_path: Path) -> None:
    worker = await asyncio.create_subprocess_exec(
        sys.executable,
        *("-m", "opencec.workers.media", "--name", "m", "--listen", f"unix:{tmp_path / 'm'}"),
        *("--rtp-ports", "42000-42010", "--log-level", "info"),
        stderr=asyncio.subprocess.PIPE,
    )
    assert worker.stderr is not None
    try:
        async with asyncio.timeout(30):
            lines = [await worker.stderr.readline()]
            while b"ready" not in lines[-1]:
                assert lines[-1], lines
                lines.append(await worker.stderr.readline())
    finally:
        worker.terminate()
        await worker.wait()
    assert all(_LINE.match(line) for line in lines), lines


async def test_the_jobs_process_leaves_out_what_it_does_not_need() -> None:
    code = "import opencec.app.jobs_process, sys; print(sys.modules.get('rich'), sys.modules.get('pygments'))"
    process = await asyncio.create_subprocess_exec(sys.executable, "-c", code, stdout=asyncio.subprocess.PIPE)
    told, _ = await process.communicate()
    assert told.split() == [b"None", b"None"]
