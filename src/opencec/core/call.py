"""The legs of a contact: one device each, with its state and deadline."""

from __future__ import annotations

from typing import Literal

import msgspec

from opencec.core.ids import AgentId, LegId

__all__ = ["Leg", "Pictures"]

Pictures = Literal["both", "sees", "shows"]
"""What a party does with pictures: both, it sees the other one only, or it is only seen."""


class Leg(msgspec.Struct, kw_only=True, gc=False):
    """One device in a contact."""

    id: LegId
    role: Literal["customer", "agent", "external"]
    state: Literal["new", "alerting", "up", "lost"] = "new"
    agent: AgentId | None = None
    address: str = ""
    """Phone account or number."""
    has_early_media: bool = False
    has_video: bool = False
    replaces: LegId | None = None
    """The leg whose device came back as this one, until it answers."""
    until: int = 0
    """Set-up or resume deadline, ms UTC; 0 = none."""
