"""What all messages between control and media workers have in common."""

from __future__ import annotations

import msgspec

__all__ = ["NumberedEvent", "Wire"]


class Wire(msgspec.Struct, frozen=True, kw_only=True, tag=True, omit_defaults=True):
    """One message on the socket; the tag is the class name."""


class NumberedEvent(Wire, frozen=True):
    """What a worker tells of itself, kept until acknowledged."""

    number: int
    """Grows by one per worker; never reused while the worker lives."""
    at_ms: int
    """Wall-clock milliseconds UTC."""
