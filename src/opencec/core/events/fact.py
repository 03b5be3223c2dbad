"""What all events have in common."""

from __future__ import annotations

import msgspec

__all__ = ["Fact"]


class Fact(msgspec.Struct, frozen=True, kw_only=True, tag=True, omit_defaults=True, gc=False):
    """An event: tagged by its name, journaled as it is."""

    at: int
    """Milliseconds UTC."""
