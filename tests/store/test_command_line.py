"""The command `opencec` on a data folder: records, recordings, credentials, doctor, version."""

from __future__ import annotations

import csv
import json
import os
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from opencec.adapters.files import KeyRing, RecordingFiles
from opencec.adapters.sqlite import Database, SqliteConfiguration, SqlitePhrases, SqliteRecords
from opencec.adapters.system import SystemClock
from opencec.app.credentials import write_credentials
from opencec.ports.configuration import TenantConfiguration, TenantInfo
from opencec.ports.phrases import Phrase
from opencec.ports.records import Cdr, RecordingRow, Segment

pytestmark = pytest.mark.store

BEGIN = 1_893_456_000_000
"""2030-01-01T00:00:00Z."""
MINUTE = 60_000


def _opencec(data_dir: Path, *arguments: str, stdin: str = "", **variables: str) -> subprocess.CompletedProcess[str]:
    clean = {name: value for name, value in os.environ.items() if not name.startswith("OPENCEC_")}
    return subprocess.run(
        [sys.executable, "-m", "opencec.app.cli", *arguments],
        env=clean | {"OPENCEC_DATA_DIR": str(data_dir), "OPENCEC_CONFIG": "none"} | variables,
        input=stdin,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def _cdr(number: int, **fields: object) -> Cdr:
    begin = BEGIN + number * MINUTE
    values = {
        "callid": f"c-{number}",
        "vdn": 1,
        "caller": "=1+1",
        "called": "1001",
        "begin": begin,
        "end": begin + 9000,
    }
    return Cdr(**(values | fields))  # type: ignore[arg-type]


@pytest.fixture
async def data_dir(tmp_path: Path) -> Path:
    records = SqliteRecords(Database(tmp_path / "opencec.db"))
    segment = Segment(device="agent", target="101", begin=BEGIN + MINUTE, answer=BEGIN + MINUTE + 500, agent="101")
    answered = {
        "agent": "101",
        "queue": 1,
        "answer": BEGIN + MINUTE + 500,
        "disposition": "answered",
        "segments": (segment,),
    }
    path = "1/20300101/c-1.wav"
    recording = RecordingRow(recording="c-1", callid="c-1", vdn=1, path=path, begin=BEGIN, state="closed", bytes=4)
    await records.for_tenant(1).apply([_cdr(1, recording=path, **answered), recording], 1)
    waiting = [_cdr(n, queue=2, disposition="abandoned") for n in range(2, 6)]
    open_row = RecordingRow(recording="c-2", callid="c-2", vdn=1, path="1/20300101/c-2.wav", begin=BEGIN)
    await records.for_tenant(1).apply([*waiting, open_row], 2)
    await records.close()
    RecordingFiles(tmp_path / "recordings").prepare(path).write_bytes(b"RIFF")
    return tmp_path


def test_cdr_list_gives_one_object_a_line(data_dir: Path) -> None:
    done = _opencec(data_dir, "cdr", "list", "--json")
    rows = [json.loads(line) for line in done.stdout.splitlines()]
    assert [row["callid"] for row in rows] == ["c-1", "c-2", "c-3", "c-4", "c-5"]
    first = rows[0]
    assert (first["vdn"], first["caller"], first["called"], first["queue"]) == (1, "=1+1", "1001", 1)
    assert (first["agent"], first["disposition"], first["recording"]) == ("101", "answered", "1/20300101/c-1.wav")
    assert (first["begin"], first["answer"]) == ("2030-01-01T00:01:00.000Z", "2030-01-01T00:01:00.500Z")
    assert first["segments"][0]["begin"] == "2030-01-01T00:01:00.000Z"
    assert (rows[1]["answer"], rows[1]["agent"], rows[1]["recording"]) == (None, None, None)


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        (["--limit", "2"], ["c-4", "c-5"]),
        (["--agent", "101"], ["c-1"]),
        (["--queue", "2", "--since", "2030-01-01T00:04"], ["c-4", "c-5"]),
        (["--until", "2030-01-01T00:03+00:00"], ["c-1", "c-2"]),
        (["--vdn", "2"], []),
    ],
)
def test_cdr_list_filters(data_dir: Path, options: list[str], expected: list[str]) -> None:
    done = _opencec(data_dir, "cdr", "list", "--json", *options)
    assert [json.loads(line)["callid"] for line in done.stdout.splitlines()] == expected


def test_a_wrong_time_is_explained(data_dir: Path) -> None:
    done = _opencec(data_dir, "cdr", "list", "--since", "yesterday")
    assert done.returncode != 0
    assert "2030-01-31" in done.stderr


def test_tables_are_for_people(data_dir: Path) -> None:
    lines = _opencec(data_dir, "cdr", "list").stdout.splitlines()
    assert lines[0].split() == ["begin", "callid", "caller", "called", "queue", "agent", "disposition", "talk_ms"]
    assert len(lines) == 6
    assert _opencec(data_dir, "recordings", "list").stdout.splitlines()[1].split()[1:4] == ["c-1", "closed", "0"]


def test_export_writes_csv_that_a_spreadsheet_does_not_run(data_dir: Path) -> None:
    assert _opencec(data_dir, "cdr", "export", str(data_dir / "out.csv")).stderr == "5 records\n"
    rows = list(csv.DictReader((data_dir / "out.csv").open()))
    assert [row["callid"] for row in rows] == ["c-1", "c-2", "c-3", "c-4", "c-5"]
    assert rows[0]["caller"] == "'=1+1"
    assert json.loads(rows[0]["segments"])[0]["target"] == "101"
    _opencec(data_dir, "cdr", "export", str(data_dir / "out.jsonl"))
    assert json.loads((data_dir / "out.jsonl").read_text().splitlines()[0])["caller"] == "=1+1"


def test_recordings_are_copied_or_the_reason_is_told(data_dir: Path) -> None:
    out = data_dir / "out.wav"
    assert _opencec(data_dir, "recordings", "get", "c-1", str(out)).returncode == 0
    assert out.read_bytes() == b"RIFF"
    unfinished = _opencec(data_dir, "recordings", "get", "c-2", str(out))
    assert (unfinished.returncode, "still being written" in unfinished.stderr) == (1, True)
    unknown = _opencec(data_dir, "recordings", "get", "c-9", str(out))
    assert (unknown.returncode, "no recording of c-9" in unknown.stderr) == (1, True)


def test_without_data_each_command_says_what_to_do(tmp_path: Path) -> None:
    assert "no records yet" in _opencec(tmp_path, "cdr", "list").stderr
    assert "opencec serve --demo" in _opencec(tmp_path, "demo", "credentials").stderr
    assert "opencec serve" in _opencec(tmp_path, "status").stderr
    empty = {"processes": [], "addresses": {}, "signed_in_agents": None, "live_calls": None}
    assert json.loads(_opencec(tmp_path, "status", "--json").stdout) == empty
    refused = _opencec(tmp_path, "serve", OPENCEC_HTTP_PORT="none")
    assert (refused.returncode, "OPENCEC_HTTP_PORT" in refused.stderr) == (1, True)


def test_credentials_are_private_and_printed_as_json(tmp_path: Path) -> None:
    write_credentials(tmp_path, {"vdn": 1, "agents": [{"workno": "101"}]})
    write_credentials(tmp_path, {"vdn": 1, "agents": []})
    assert (tmp_path / "demo-credentials.json").stat().st_mode & 0o777 == 0o600
    assert json.loads(_opencec(tmp_path, "demo", "credentials").stdout) == {"vdn": 1, "agents": []}


def test_doctor_looks_at_everything_and_advises(tmp_path: Path) -> None:
    ports = {"OPENCEC_HTTP_PORT": "18991", "OPENCEC_TYPO": "x"}
    done = _opencec(tmp_path, "doctor", "--json", OPENCEC_SIP_PORT="18992", **ports)
    findings = {row["check"]: row for row in map(json.loads, done.stdout.splitlines())}
    expected = {"processors", "data folder", "ports", "limits", "clock", "disk", "priority", "buffers", "settings"}
    assert set(findings) == expected
    assert all(row["advice"] for row in findings.values() if row["level"] != "ok")
    assert "OPENCEC_TYPO" in findings["settings"]["text"]


def test_version() -> None:
    assert _opencec(Path("/nonexistent"), "version").stdout.startswith("opencec ")


@pytest.fixture
async def tenant(tmp_path: Path) -> AsyncIterator[tuple[TenantConfiguration, SqlitePhrases]]:
    database = Database(tmp_path / "opencec.db")
    store = SqliteConfiguration(database, secrets=KeyRing(tmp_path / "keys"), clock=SystemClock())
    await store.for_tenant(1).put_tenant(TenantInfo(vdn=1))
    yield store.for_tenant(1), SqlitePhrases(database, 1)
    await store.close()


async def test_phrases_of_the_tenant_are_kept_changed_and_removed(
    tmp_path: Path, tenant: tuple[TenantConfiguration, SqlitePhrases]
) -> None:
    configuration, kept = tenant
    await kept.keep(Phrase(phrase="own", workno="101", title="Own", text="Mine."))
    add = ("workbench", "phrases", "add")
    assert _opencec(tmp_path, *add, "hello", "--title", "Welcome", "--text", "Hello!").returncode == 0
    assert _opencec(tmp_path, *add, "bye", "--title", "Bye", "--text", "-", stdin="Good\nbye.\n").returncode == 0
    assert _opencec(tmp_path, *add, "hello", "--title", "Welcome", "--text", "Good day!").returncode == 0
    listed = _opencec(tmp_path, "workbench", "phrases", "list", "--json").stdout.splitlines()
    assert [json.loads(line) for line in listed] == [
        {"id": "bye", "title": "Bye", "text": "Good\nbye."},
        {"id": "hello", "title": "Welcome", "text": "Good day!"},
    ]
    assert _opencec(tmp_path, "workbench", "phrases", "list").stdout.splitlines()[0].split() == [
        "bye",
        "Bye",
        "Good",
        "bye.",
    ]
    assert [one.phrase for one in await kept.of_agent("101")] == ["bye", "own", "hello"]
    assert _opencec(tmp_path, "workbench", "phrases", "remove", "bye").returncode == 0
    gone = _opencec(tmp_path, "workbench", "phrases", "remove", "own")
    assert (gone.returncode, gone.stderr) == (1, "There is no phrase own.\n"), "an agent's own are not the tenant's"
    assert [one.phrase for one in await kept.of_agent("101")] == ["own", "hello"]
    trail = [(one.action, one.subject) for one in await configuration.audit_trail()]
    assert trail == [
        ("change", "phrase hello"),
        ("change", "phrase bye"),
        ("change", "phrase hello"),
        ("remove", "phrase bye"),
    ]


@pytest.mark.parametrize(
    ("options", "why"),
    [
        (("a b", "--title", "A", "--text", "B"), "is no id"),
        (("a", "--title", "A" * 81, "--text", "B"), "1-80"),
        (("a", "--title", "A", "--text", "B" * 4001), "1-4000"),
        (("a", "--title", "A", "--text", ""), "1-4000"),
        (("a", "--title", "A", "--text", "B", "--vdn", "2"), "no tenant 2"),
    ],
)
async def test_a_bad_phrase_changes_nothing(
    tmp_path: Path, tenant: tuple[TenantConfiguration, SqlitePhrases], options: tuple[str, ...], why: str
) -> None:
    done = _opencec(tmp_path, "workbench", "phrases", "add", *options)
    assert done.returncode == 1
    assert why in done.stderr
    assert await tenant[1].of_agent("") == []
    assert await tenant[0].audit_trail() == []
