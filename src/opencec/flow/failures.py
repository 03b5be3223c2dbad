"""What happens when a caller presses nothing or the wrong key: counters, preset branches, another try (ivr-flows 5)."""

from __future__ import annotations

from typing import Literal

from opencec.flow.node import Exit, Go
from opencec.flow.run import Run

__all__ = ["PRESETS", "fail"]

_ALL = 3
"""error3 fires when time-outs and wrong inputs together reach this in one call."""

PRESETS = tuple(Exit(name, is_required=False) for name in ("timeout1", "timeout2", "nomatch1", "nomatch2", "error3"))


def fail(run: Run, kind: Literal["timeout", "nomatch"], *, max_failures: int, way_out: str) -> Go | None:
    """Count one failure and say where to leave to, or None for another try at the same node.

    A line with a preset branch goes before the node's own tries: error3, then timeoutN or nomatchN with N the number of
    such failures in this call. Without one, the node tries again until its own failures exceed `max_failures`.

    Args:
        max_failures: of this node, before it gives up.
        way_out: the node's own failure exit.
    """
    session = run.session
    if kind == "timeout":
        session.timeouts += 1
        preset = f"timeout{session.timeouts}"
    else:
        session.nomatches += 1
        preset = f"nomatch{session.nomatches}"
    if session.timeouts + session.nomatches >= _ALL and "error3" in run.lines:
        return Go("error3")
    if preset in run.lines:
        return Go(preset)
    failures = int(run.local.get("failures") or 0) + 1
    run.local["failures"] = failures
    return Go(way_out) if failures > max_failures else None
