"""Text contacts through browsers: what both sides show is what the journal has, whatever happens in between."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from fakes.kill_kit import journal
from fakes.running_system import PASSWORD, RunningSystem
from opencec.core.events import MessagePosted
from opencec.services.journal_entries import CoreOutcome, ServiceFact

pytestmark = pytest.mark.e2e

SCENARIO = Path(__file__).parent / "scenarios" / "chat.mjs"


@pytest.fixture
def centre(tmp_path: Path, missing_browser: str) -> Iterator[RunningSystem]:
    """A system of its own: no agent of another test may get these chats."""
    if missing_browser:
        pytest.skip(missing_browser)
    running = RunningSystem(tmp_path)
    yield running.start()
    running.stop()


def _talk(centre: RunningSystem, folder: Path) -> dict[str, Any]:
    environment = {
        **os.environ,
        "BASE_URL": centre.url,
        "DEMO_PASSWORD": PASSWORD,
        "WORKNOS": "108,109",
        "FOLDER": str(folder),
        "CONTROL_PID": str(centre.pid("control")),
    }
    done = subprocess.run(
        ["node", str(SCENARIO)], env=environment, capture_output=True, text=True, timeout=300, check=False
    )
    assert done.returncode == 0, done.stderr[-4000:]
    result: dict[str, Any] = json.loads(done.stdout.strip().splitlines()[-1])
    return result


def _said(centre: RunningSystem) -> Callable[[str], list[list[Any]]]:
    """Messages of a contact as the journal has them: number, source, words or the file's name."""
    outcomes = [entry for entry in journal(centre) if isinstance(entry, CoreOutcome)]
    posted = [event for outcome in outcomes for event in outcome.events if isinstance(event, MessagePosted)]

    def of(contact: str) -> list[list[Any]]:
        mine = [event for event in posted if event.contact == contact]
        return [[event.number, event.source, event.file_name if event.file else event.content] for event in mine]

    return of


def test_two_customers_and_two_agents_through_transfer_reload_and_a_killed_control(
    centre: RunningSystem, tmp_path: Path
) -> None:
    result = _talk(centre, tmp_path)
    said, histories = _said(centre), result["histories"]
    assert result["areShared"], "one agent got both chats while the other was free"

    ines, wei = said(result["contact"]), said(result["other"])
    assert histories["inesAtAgent"] == [row for row in ines if row[0] <= histories["inesAtAgent"][-1][0]]
    assert histories["ines"] == ines
    assert histories["weiAtAgent"] == wei
    assert histories["wei"] == wei
    words = [words for _, source, words in ines if source != "system"]
    assert words[0].startswith("Hello, my bell is broken <img")
    assert words[2:4] == ["red.png", "I take over"]
    assert sorted(words[4:6]) == ["answered while nobody was there", "written while nobody was there"]
    assert words[6] == "and after"
    assert result["afterReload"]["customer"] == result["afterReload"]["agent"]
    assert result["waiting"] == [0, 0]

    ratings = [entry for entry in journal(centre) if isinstance(entry, ServiceFact) and b"Quick and kind" in entry.body]
    assert len(ratings) == 1
    assert result["ran"] == [False, False, False, False]
    assert {name: found for name, found in result["violations"].items() if found} == {}
    assert result["problems"] == []
