"""`opencec cdr` and `opencec recordings`: read straight from the data folder, whether or not OpenCEC runs."""

from __future__ import annotations

import csv
import json
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from opencec.app.records_reader import RecordsReader

__all__ = ["cdr", "recordings"]

cdr = typer.Typer(help="Call detail records.", no_args_is_help=True)
recordings = typer.Typer(help="Recordings.", no_args_is_help=True)

Json = Annotated[bool, typer.Option("--json", help="One JSON object a line.")]
Vdn = Annotated[int | None, typer.Option(help="Only this tenant.")]
Since = Annotated[str | None, typer.Option(help="Begun at or after this time: 2030-01-31 or 2030-01-31T08:00 (UTC).")]
Until = Annotated[str | None, typer.Option(help="Begun before this time.")]
Agent = Annotated[str | None, typer.Option(help="Work number of the agent.")]
Queue = Annotated[int | None, typer.Option(help="Id of the skill queue.")]
Caller = Annotated[str | None, typer.Option(help="The caller's number.")]
Limit = Annotated[int | None, typer.Option(min=1, help="At most so many, the newest ones.")]

_TABLE = ("begin", "callid", "caller", "called", "queue", "agent", "disposition", "talk_ms")


@cdr.command("list")
def list_cdrs(
    *,
    as_json: Json = False,
    vdn: Vdn = None,
    since: Since = None,
    until: Until = None,
    agent: Agent = None,
    queue: Queue = None,
    caller: Caller = None,
    limit: Limit = None,
) -> None:
    """List the records, one for each contact, oldest first."""
    with _reader() as reader:
        rows = reader.cdrs(
            vdn=vdn, since=_time(since), until=_time(until), agent=agent, queue=queue, caller=caller, limit=limit
        )
        _write(rows, as_json=as_json, columns=_TABLE)


@cdr.command("export")
def export_cdrs(
    file: Annotated[Path, typer.Argument(help="CSV file to write, or JSON lines when it ends in .jsonl; - is stdout.")],
    *,
    vdn: Vdn = None,
    since: Since = None,
    until: Until = None,
) -> None:
    """Write the records to a file."""
    with _reader() as reader:
        rows = reader.cdrs(vdn=vdn, since=_time(since), until=_time(until))
        if str(file) == "-":
            count = _write_csv(rows, sys.stdout)
        else:
            with file.open("w", encoding="utf-8", newline="") as out:
                count = _write_lines(rows, out) if file.suffix == ".jsonl" else _write_csv(rows, out)
    print(f"{count} records", file=sys.stderr)


@recordings.command("list")
def list_recordings(
    *,
    as_json: Json = False,
    vdn: Vdn = None,
    callid: Annotated[str | None, typer.Option(help="Only those of this contact.")] = None,
) -> None:
    """List the recordings."""
    with _reader() as reader:
        columns = ("begin", "callid", "agent", "state", "duration_ms", "path", "film")
        _write(reader.recordings(vdn=vdn, callid=callid), as_json=as_json, columns=columns)


@recordings.command("get")
def get_recording(
    callid: Annotated[str, typer.Argument(help="Id of the contact.")],
    file: Annotated[Path, typer.Argument(help="WAV file to write, or the film of a video call: .mkv.")],
    *,
    vdn: Vdn = None,
) -> None:
    """Copy a contact's recording: its sound, or its film with pictures and sound."""
    with _reader() as reader:
        wants_film = file.suffix.lower() == ".mkv"
        found = reader.film_file(callid, vdn=vdn) if wants_film else reader.recording_file(callid, vdn=vdn)
    if isinstance(found, str):
        sys.exit(found)
    shutil.copyfile(found, file)
    print(f"{file}: {file.stat().st_size} bytes", file=sys.stderr)


@contextmanager
def _reader() -> Iterator[RecordsReader]:
    from opencec.app.records_reader import RecordsReader
    from opencec.app.settings import settings_or_exit

    try:
        reader = RecordsReader(settings_or_exit().data_dir)
    except FileNotFoundError as error:
        sys.exit(f"There are no records yet: {error.filename} does not exist.")
    try:
        yield reader
    finally:
        reader.close()


def _time(text: str | None) -> int | None:
    """Milliseconds UTC of a date or time."""
    if text is None:
        return None
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise typer.BadParameter(f"{text!r} is not a time. Enter for example 2030-01-31 or 2030-01-31T08:00") from None
    return int((found if found.tzinfo else found.replace(tzinfo=UTC)).timestamp() * 1000)


def _write(rows: Iterator[dict[str, Any]], *, as_json: bool, columns: tuple[str, ...]) -> None:
    if as_json:
        _write_lines(rows, sys.stdout)
        return
    table = [columns, *(tuple("" if row[name] is None else str(row[name]) for name in columns) for row in rows)]
    widths = [max(map(len, column)) for column in zip(*table, strict=True)]
    for line in table:
        print("  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip())


def _write_lines(rows: Iterator[dict[str, Any]], out: Any) -> int:
    count = 0
    for row in rows:
        out.write(json.dumps(row, ensure_ascii=False) + "\n")
        count += 1
    return count


def _write_csv(rows: Iterator[dict[str, Any]], out: Any) -> int:
    """CSV with a heading; a cell that a spreadsheet would take for a formula is quoted with an apostrophe."""
    count = 0
    writer: csv.DictWriter[str] | None = None
    for row in rows:
        count += 1
        flat = {name: _cell(value) for name, value in row.items()}
        if writer is None:
            writer = csv.DictWriter(out, list(flat))
            writer.writeheader()
        writer.writerow(flat)
    return count


def _cell(value: Any) -> Any:
    if isinstance(value, list | tuple):
        return json.dumps(value, ensure_ascii=False)
    if isinstance(value, str) and value.startswith(("=", "@", "+", "-", "\t", "\r")) and not value[1:].isdigit():
        return "'" + value
    return value
