"""Commands of conferences (cc-gateway.md 5.10). Those of the chair are refused to others."""

from __future__ import annotations

from typing import Literal

import msgspec

from opencec.core.commands.command import CoreCommand
from opencec.core.ids import AgentId, ContactId

__all__ = [
    "AnswerConference",
    "EndConference",
    "HoldMember",
    "InviteMembers",
    "LeaveConference",
    "MemberAddress",
    "PassChair",
    "PlayToConference",
    "ProlongConference",
    "RejectConference",
    "RemoveMembers",
    "RequestConference",
    "ResizeConference",
    "RetrieveMember",
    "SetMemberMode",
    "StopConferenceVoice",
]


class MemberAddress(msgspec.Struct, frozen=True):
    """Who is meant, and what the application calls its device (cc-gateway.md 8.3)."""

    kind: Literal["agent", "number"]
    address: str
    device_type: int = 0
    device_call_type: int = 0


class RequestConference(CoreCommand, frozen=True):
    """Open a conference with this agent as chair. Out of a call its parties are in it at once. Again: nothing."""

    agent: AgentId
    contact: ContactId
    size: int
    minutes: int = 60
    warn_minutes: int = 3
    caller: str = ""
    tone: str = ""
    """Sound file for all when somebody joins or leaves."""


class InviteMembers(CoreCommand, frozen=True):
    """Chair: ring these. One that cannot be rung does not keep the others away."""

    agent: AgentId
    members: tuple[MemberAddress, ...]
    caller: str = ""
    welcome: str = ""
    """Sound file for each when it joins."""


class AnswerConference(CoreCommand, frozen=True):
    """An invited agent takes part. One that does already: nothing."""

    agent: AgentId


class RejectConference(CoreCommand, frozen=True):
    agent: AgentId


class LeaveConference(CoreCommand, frozen=True):
    """Not the chair, who ends the conference or passes the chair on first."""

    agent: AgentId


class EndConference(CoreCommand, frozen=True):
    agent: AgentId


class RemoveMembers(CoreCommand, frozen=True):
    agent: AgentId
    members: tuple[MemberAddress, ...]


class SetMemberMode(CoreCommand, frozen=True):
    agent: AgentId
    member: MemberAddress
    speaks: bool
    hears: bool


class HoldMember(CoreCommand, frozen=True):
    """The member hears a sound file (music without one), and nobody hears the member."""

    agent: AgentId
    member: MemberAddress
    path: str = ""


class RetrieveMember(CoreCommand, frozen=True):
    agent: AgentId
    member: MemberAddress


class PassChair(CoreCommand, frozen=True):
    agent: AgentId
    to: AgentId


class ProlongConference(CoreCommand, frozen=True):
    agent: AgentId
    minutes: int


class ResizeConference(CoreCommand, frozen=True):
    """More places, or fewer (never fewer than are taken)."""

    agent: AgentId
    by: int


class PlayToConference(CoreCommand, frozen=True):
    """Play a sound file: over the voices (once, to all or to one member), or behind them (until it is stopped)."""

    agent: AgentId
    path: str
    layer: Literal["over", "behind"] = "over"
    member: MemberAddress | None = None


class StopConferenceVoice(CoreCommand, frozen=True):
    """End what plays to all, or what plays to one member."""

    agent: AgentId
    member: MemberAddress | None = None
