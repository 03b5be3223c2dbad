"""What an agent's phone may be for besides a call: inspecting another agent, hearing a recording."""

from __future__ import annotations

from typing import Literal

import msgspec

from opencec.core.ids import AgentId, ContactId, LegId

__all__ = ["Guest", "Inspection", "Mode", "Playback"]

Mode = Literal["listen", "insert", "whisper"]


class Inspection(msgspec.Struct, kw_only=True, gc=False):
    """What an inspector does. Kept with the contact of its phone."""

    agent: AgentId
    """Who is inspected."""
    mode: Mode
    began_as: Mode
    call: ContactId | None = None
    """The agent's call that the phone hears now; None: it waits for one."""


class Guest(msgspec.Struct, kw_only=True, frozen=True, gc=False):
    """An inspector's phone in a call. Kept with the contact of the call."""

    inspection: ContactId
    leg: LegId
    agent: AgentId
    """Who is inspected."""
    mode: Mode


class Playback(msgspec.Struct, kw_only=True, gc=False):
    """A recording that is played to an agent's phone."""

    play: str
    agent: AgentId
    leg: LegId
    path: str
    is_begun: bool = False
    """The phone is up and the media worker was told."""
    start_ms: int = 0
    times: int = 1
    is_paused: bool = False
