"""Keeps optional parts of libraries out of processes that serve: they cost start-up time and memory for nothing."""

from __future__ import annotations

import sys

__all__ = ["leave_out"]

_UNUSED = (
    # structlog colours tracebacks on a terminal when it finds rich (there through Typer): 0.15 s, 6 MB. We log plain.
    "rich",
    # FastAPI looks whether a model is one of pydantic's version 1, and loads all of that for it: 0.15 s, 5 MB.
    "pydantic.v1",
    # Mako, through Alembic, colours template errors.
    "pygments",
)


def leave_out() -> None:
    """Make importing the unused parts fail, as if they were not installed. Call it before anything imports them."""
    for name in _UNUSED:
        if name not in sys.modules:
            sys.modules[name] = None  # type: ignore[assignment]
