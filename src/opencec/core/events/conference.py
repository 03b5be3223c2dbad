"""Events of conferences. `member` is `agent:<work number>` or `number:<digits>`."""

from __future__ import annotations

from typing import Literal

from opencec.core.events.fact import Fact
from opencec.core.ids import AgentId, ContactId, LegId

__all__ = [
    "BackgroundChanged",
    "ChairChanged",
    "ConferenceOpened",
    "ConferenceProlonged",
    "ConferenceRequested",
    "ConferenceResized",
    "ConferenceVoiceEnded",
    "ConferenceVoiceHeard",
    "ConferenceVoiceStarted",
    "ConferenceWarned",
    "InvitationFailed",
    "MemberAccepted",
    "MemberHeld",
    "MemberInvited",
    "MemberJoined",
    "MemberLeft",
    "MemberModeChanged",
    "MemberRetrieved",
]


class ConferenceRequested(Fact, frozen=True):
    """An agent asks for a conference: it will be the chair when its phone is up."""

    contact: ContactId
    agent: AgentId
    leg: LegId
    size: int
    minutes: int
    warn_minutes: int
    caller: str = ""
    tone: str = ""
    is_lifted: bool = False
    """The phone is off hook already: parked, or in `source`."""
    source: ContactId | None = None
    """The agent's call: its parties take part in the conference from now on, and it ends."""
    parties: tuple[str, ...] = ()
    """Those parties as members, the chair too."""


class ConferenceOpened(Fact, frozen=True):
    """The chair is there; others may be invited."""

    contact: ContactId
    agent: AgentId
    leg: LegId


class MemberInvited(Fact, frozen=True):
    """A phone rings, or the agent whose phone is off hook is asked."""

    contact: ContactId
    member: str
    agent: AgentId | None
    leg: LegId
    address: str
    caller: str = ""
    until: int = 0
    """When an agent must have said yes, ms UTC."""
    is_lifted: bool = False
    welcome: str = ""
    device_type: int = 0
    device_call_type: int = 0


class InvitationFailed(Fact, frozen=True):
    """Somebody was not invited after all: the agent is not free."""

    contact: ContactId
    member: str
    address: str
    cause: str
    device_type: int = 0
    device_call_type: int = 0


class MemberAccepted(Fact, frozen=True):
    """The agent wants to take part; its phone may still ring."""

    contact: ContactId
    member: str
    agent: AgentId


class MemberJoined(Fact, frozen=True):
    contact: ContactId
    member: str
    agent: AgentId | None
    leg: LegId


class MemberLeft(Fact, frozen=True):
    """Somebody has left, or (`is_joined` False) will not come.

    `own`: asked to leave; `removed`: by the chair; `hung_up`: put down the phone, or refused; `over`: the conference
    has ended; `signed_out`: the agent has; `other`: the phone is gone, or did not answer.
    """

    contact: ContactId
    member: str
    agent: AgentId | None
    leg: LegId
    reason: Literal["own", "removed", "hung_up", "over", "signed_out", "other"]
    is_joined: bool
    cause: str = ""


class ChairChanged(Fact, frozen=True):
    contact: ContactId
    former: AgentId
    agent: AgentId


class MemberModeChanged(Fact, frozen=True):
    contact: ContactId
    member: str
    speaks: bool
    hears: bool


class MemberHeld(Fact, frozen=True):
    contact: ContactId
    member: str
    path: str = ""
    """Sound file it hears meanwhile; empty: music."""


class MemberRetrieved(Fact, frozen=True):
    contact: ContactId
    member: str


class ConferenceResized(Fact, frozen=True):
    contact: ContactId
    size: int


class ConferenceProlonged(Fact, frozen=True):
    contact: ContactId
    minutes: int


class ConferenceWarned(Fact, frozen=True):
    """The end is near."""

    contact: ContactId
    agent: AgentId


class BackgroundChanged(Fact, frozen=True):
    """A sound file plays behind the voices from now on, or (empty) no more."""

    contact: ContactId
    path: str


class ConferenceVoiceStarted(Fact, frozen=True):
    """A sound file plays over the voices."""

    contact: ContactId
    path: str
    legs: tuple[LegId, ...]
    member: str = ""
    """Whom alone it is for; empty: all."""


class ConferenceVoiceHeard(Fact, frozen=True):
    """It is over on one leg and goes on on others."""

    contact: ContactId
    play: str
    leg: LegId
    is_complete: bool


class ConferenceVoiceEnded(Fact, frozen=True):
    contact: ContactId
    play: str
    is_heard: bool
    """Somebody has heard it to its end, or the chair has stopped it."""
    member: str = ""
