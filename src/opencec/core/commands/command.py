"""What every command is."""

from __future__ import annotations

import msgspec

__all__ = ["CoreCommand"]


class CoreCommand(msgspec.Struct, frozen=True, kw_only=True, tag=True, gc=False):
    """Frozen, tagged by its name, given by keyword."""
