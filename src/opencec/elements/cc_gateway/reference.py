"""Writes the reference page of the CC-Gateway from its operation table.

Run `python -m opencec.elements.cc_gateway.reference docs/reference/cc-gateway.md` after a change of the table.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

from opencec.elements.cc_gateway.operations import PREFIX, TABLE
from opencec.elements.cc_gateway.translate import EVENT_TYPES

__all__ = ["render"]


def render() -> str:
    """The page, as Markdown."""
    operations = TABLE.operations
    lines = [
        "# CC-Gateway: operations",
        "",
        "<!-- Generated: python -m opencec.elements.cc_gateway.reference docs/reference/cc-gateway.md -->",
        "",
        f"Agent-side REST interface below `{PREFIX}`. **{len(operations)} operations** are implemented. "
        "Events are delivered by polling, or pushed: sign in with `callBackUri` and `serviceToken`, or with `pushUrl`.",
        "",
        "Every operation may also answer 000-003 (GUID unknown), 100-006 (not signed in) and 100-007 (failure here).",
    ]
    resources: dict[str, list[str]] = {}
    for operation in operations:
        path = re.sub(r"\{(\w+):\w+\}", r"{\1}", operation.path)
        resource = path.strip("/").partition("/")[0]
        codes = ", ".join(code for code in operation.codes if code not in ("000-003", "100-006", "100-007")) or "-"
        resources.setdefault(resource, []).append(
            f"| {operation.name} | {' '.join(operation.methods)} | `{path}` | {operation.summary} | {codes} |"
        )
    for resource, rows in resources.items():
        lines += ["", f"## {resource} ({len(rows)})", "", "| Operation | Method | Path | What | Codes |"]
        lines += ["| --- | --- | --- | --- | --- |", *rows]
    lines += ["", f"## Events ({len(EVENT_TYPES)})", "", *(f"- {name}" for name in sorted(EVENT_TYPES)), ""]
    return "\n".join(lines)


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(render(), encoding="utf-8")
