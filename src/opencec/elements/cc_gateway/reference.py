"""Writes the reference page of the CC-Gateway from its operation table and the list of what is missing.

Run `python -m opencec.elements.cc_gateway.reference docs/reference/cc-gateway.md` after a change of the table.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

from opencec.elements.cc_gateway.missing import MISSING
from opencec.elements.cc_gateway.operations import PREFIX, TABLE
from opencec.elements.cc_gateway.translate import EVENT_TYPES

__all__ = ["render"]

_SCRIPT = 1
"""The proxy script, `GET resource-js`, is served beside the table."""


def render() -> str:
    """The page, as Markdown."""
    done = sum(len(operation.methods) for operation in TABLE.operations) + _SCRIPT
    missing = sum(len(rows) for rows in MISSING.values())
    lines = [
        "# CC-Gateway: operations",
        "",
        "<!-- Generated: python -m opencec.elements.cc_gateway.reference docs/reference/cc-gateway.md -->",
        "",
        f"Agent-side REST interface below `{PREFIX}`. **{done} methods and paths** are implemented, by "
        f"{len(TABLE.operations)} operations and the proxy script; {missing} that documents or clients know are not. "
        "Events are delivered by polling, or pushed: sign in with `callBackUri` and `serviceToken`, or with `pushUrl`.",
        "",
        "Every operation may also answer 000-003 (GUID unknown), 100-006 (not signed in) and 100-007 (failure here).",
        "",
        *_operations(),
        *_missing(),
        "",
        f"## Events ({len(EVENT_TYPES)})",
        "",
        *(f"- {name}" for name in sorted(EVENT_TYPES)),
        "",
    ]
    return "\n".join(lines)


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


def _missing() -> list[str]:
    lines = ["", "## Not implemented", "", "| Method | Path | Operation | Why |", "| --- | --- | --- | --- |"]
    for reason, rows in MISSING.items():
        lines += [f"| {row.method} | `{row.path}` | {row.operation} | {reason} |" for row in rows]
    return lines


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(render(), encoding="utf-8")
