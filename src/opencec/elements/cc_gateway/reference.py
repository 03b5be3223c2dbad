"""Writes the reference page of the CC-Gateway from its operation table, beside the catalogue of all that is known.

Run `python -m opencec.elements.cc_gateway.reference docs/reference/cc-gateway.md` after a change of the table.
"""

from __future__ import annotations

import csv
import re
import sys
from importlib import resources
from pathlib import Path
from typing import NamedTuple

from opencec.elements.cc_gateway.operations import PREFIX, TABLE
from opencec.elements.cc_gateway.resource_js import PATH as RESOURCE_JS
from opencec.elements.cc_gateway.translate import EVENT_TYPES

__all__ = ["Entry", "catalogue", "is_implemented", "render"]


class Entry(NamedTuple):
    """One row of the catalogue: a method and path that the vendor's clients or documents know."""

    method: str
    path: str
    operation: str

    @property
    def resource(self) -> str:
        """The first part of the path."""
        return self.path.strip("/").partition("/")[0]


def catalogue() -> list[Entry]:
    """Every method and path that is known, documented or seen in a client."""
    text = resources.files("opencec.elements.cc_gateway").joinpath("catalogue.csv").read_text(encoding="utf-8")
    return [Entry(row["method"], row["path"], row["operation"]) for row in csv.DictReader(text.splitlines())]


def is_implemented(entry: Entry) -> bool:
    """Whether the operation table (or the script beside it) answers this method and path."""
    if entry.path == "/resource-js":
        return RESOURCE_JS.endswith(entry.path)
    return (entry.method, _shape(entry.path)) in _answered()


def render() -> str:
    """The page, as Markdown."""
    known = catalogue()
    done = [entry for entry in known if is_implemented(entry)]
    lines = [
        "# CC-Gateway: operations",
        "",
        "<!-- Generated: python -m opencec.elements.cc_gateway.reference docs/reference/cc-gateway.md -->",
        "",
        f"Agent-side REST interface below `{PREFIX}`. **{len(done)} of the {len(known)} methods and paths** that are "
        f"documented or used by known clients are implemented; the operation table has {len(TABLE.operations)} rows. "
        "Events are delivered by polling, or pushed: sign in with `callBackUri` and `serviceToken`, or with `pushUrl`.",
        "",
        "Every operation may also answer 000-003 (GUID unknown), 100-006 (not signed in) and 100-007 (failure here).",
        "",
        *_counts(known),
        *_operations(),
        "",
        f"## Events ({len(EVENT_TYPES)})",
        "",
        *(f"- {name}" for name in sorted(EVENT_TYPES)),
        "",
    ]
    return "\n".join(lines)


def _counts(known: list[Entry]) -> list[str]:
    lines = ["| Resource | Implemented | Known | Not implemented |", "| --- | --- | --- | --- |"]
    for resource in sorted({entry.resource for entry in known}):
        rows = [entry for entry in known if entry.resource == resource]
        missing = [f"{entry.operation} ({entry.method})" for entry in rows if not is_implemented(entry)]
        lines.append(f"| {resource} | {len(rows) - len(missing)} | {len(rows)} | {', '.join(missing) or '-'} |")
    return lines


def _operations() -> list[str]:
    found: dict[str, list[str]] = {}
    for operation in TABLE.operations:
        path = re.sub(r"\{(\w+):\w+\}", r"{\1}", operation.path)
        codes = ", ".join(code for code in operation.codes if code not in ("000-003", "100-006", "100-007")) or "-"
        found.setdefault(path.strip("/").partition("/")[0], []).append(
            f"| {operation.name} | {' '.join(operation.methods)} | `{path}` | {operation.summary} | {codes} |"
        )
    lines: list[str] = []
    for resource, rows in found.items():
        lines += ["", f"## {resource} ({len(rows)})", "", "| Operation | Method | Path | What | Codes |"]
        lines += ["| --- | --- | --- | --- | --- |", *rows]
    return lines


def _answered() -> frozenset[tuple[str, str]]:
    return frozenset((method, _shape(operation.path)) for operation in TABLE.operations for method in operation.methods)


def _shape(path: str) -> str:
    return re.sub(r"\{[^}]*\}", "{}", path).rstrip("/")


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(render(), encoding="utf-8")
