"""Conferences of agents and outside numbers: who takes part, what each may, how long it lasts. Kept with a contact."""

from __future__ import annotations

from typing import Literal

import msgspec

from opencec.core.ids import AgentId, LegId

__all__ = [
    "CONFERENCE_FEATURE",
    "LONGEST_MINUTES",
    "MOST_MEMBERS",
    "Conference",
    "Member",
    "MemberKind",
    "Voice",
    "member_id",
]

MemberKind = Literal["agent", "number"]

CONFERENCE_FEATURE = 53
"""Call type (cc-gateway.md 8.1)."""
MOST_MEMBERS = 120
"""Largest conference (cc-gateway.md 5.10 memberNum)."""
LONGEST_MINUTES = 1_440
"""Longest time that a conference may have before it (cc-gateway.md 5.10 time)."""


def member_id(kind: MemberKind, address: str) -> str:
    """What names a member in its conference: an agent and a number may be written alike."""
    return f"{kind}:{address}"


class Member(msgspec.Struct, kw_only=True, gc=False):
    """One who takes part, or is invited to."""

    kind: MemberKind
    address: str
    """Work number or telephone number."""
    leg: LegId
    agent: AgentId | None = None
    invited_at: int
    joined_at: int = 0
    """ms UTC; 0 = invited, not there yet."""
    until: int = 0
    """An invited agent must have said yes by then, ms UTC; 0 = no such deadline (numbers have that of their leg)."""
    is_accepted: bool = False
    """The agent has said yes; its phone may still ring."""
    speaks: bool = True
    hears: bool = True
    is_held: bool = False
    hold_path: str = ""
    """What a held member hears; empty: the tenant's music."""
    welcome: str = ""
    """Sound file for this member alone, when it joins."""
    device_type: int = 0
    device_call_type: int = 0
    """Both of the application that invited it; only told on (cc-gateway.md 8.3)."""

    @property
    def id(self) -> str:
        return member_id(self.kind, self.address)

    @property
    def takes_part(self) -> bool:
        """Joined and not held."""
        return bool(self.joined_at) and not self.is_held


class Voice(msgspec.Struct, kw_only=True, gc=False):
    """A sound file that plays over the conference, or to one member of it."""

    play: str
    path: str
    legs: tuple[LegId, ...]
    """Legs on which it has not ended yet."""
    member: str = ""
    """Whom alone it is for; empty: all."""
    is_heard: bool = False
    """It has come to its end on some leg."""


class Conference(msgspec.Struct, kw_only=True, gc=False):
    """What a contact is when it is a conference."""

    chair: AgentId
    size: int
    """Places for members, the chair's included."""
    caller: str
    """Number that invited numbers see; empty: the tenant's."""
    minutes: int
    """Length that was asked for, prolongations included."""
    until: int
    """End, ms UTC."""
    warn_ms: int
    """So long before the end the chair is warned."""
    is_warned: bool = False
    tone: str = ""
    """Sound file for all when somebody joins or leaves; empty: none."""
    background: str = ""
    """Sound file that plays behind the voices; empty: none."""
    voices: tuple[Voice, ...] = ()
    voice_count: int = 0
    members: dict[str, Member] = {}

    def due(self) -> int:
        """The earliest of its deadlines, ms UTC."""
        due = self.until if self.is_warned else min(self.until, self.until - self.warn_ms)
        for member in self.members.values():
            if member.until and member.until < due:
                due = member.until
        return due

    def of_agent(self, agent: AgentId) -> Member | None:
        """The member that an agent is."""
        return self.members.get(member_id("agent", str(agent)))

    def of_leg(self, leg: LegId) -> Member | None:
        """The member that takes part by a leg."""
        return next((member for member in self.members.values() if member.leg == leg), None)
