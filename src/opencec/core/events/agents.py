"""Events of configuration, of agents and of their phones."""

from __future__ import annotations

from typing import Literal

from opencec.core.config import TenantProfile
from opencec.core.events.fact import Fact
from opencec.core.ids import AgentId, ContactId, LegId, QueueId, SessionId

__all__ = [
    "AgentBecameBusy",
    "AgentBecameIdle",
    "AgentEnteredWrapUp",
    "AgentPresetChanged",
    "AgentRestOverdue",
    "AgentRested",
    "AgentSettingsChanged",
    "AgentSignedIn",
    "AgentSignedOut",
    "AgentSkillsReset",
    "ConfigurationChanged",
    "PhoneAlerting",
    "PhoneCameBack",
    "PhoneOffHook",
    "PhoneParked",
    "PhoneReleased",
    "PhoneWentAway",
    "PreviewEnded",
    "PreviewOffered",
]


class ConfigurationChanged(Fact, frozen=True):
    profile: TenantProfile


class AgentSignedIn(Fact, frozen=True):
    agent: AgentId
    session: SessionId
    phone: str
    auto_answer: bool
    auto_enter_idle: bool
    release_phone: bool
    agent_type: int
    initial: Literal["idle", "busy", "wrap_up"]
    is_takeover: bool = False
    """A forced sign-in over a living session: state and calls stay as they are. Otherwise the agent is in the state
    `initial` from here on; no further state event follows."""


class AgentSignedOut(Fact, frozen=True):
    agent: AgentId
    session: SessionId
    signed_in_at: int
    reason: Literal["logout", "silent", "inspector", "removed", "takeover"]


class AgentSkillsReset(Fact, frozen=True):
    agent: AgentId
    queues: tuple[QueueId, ...]


class AgentSettingsChanged(Fact, frozen=True):
    agent: AgentId
    auto_answer: bool
    auto_enter_idle: bool


class AgentBecameIdle(Fact, frozen=True):
    agent: AgentId
    cause: Literal[
        "ready",
        "cancel_busy",
        "cancel_rest",
        "cancel_work",
        "call_over",
        "wrap_up_over",
        "force",
        "withdrawn",
        "phone_back",
    ]
    """`withdrawn`: the offer vanished because the caller gave up. `phone_back`: the phone can be rung again."""


class AgentBecameBusy(Fact, frozen=True):
    agent: AgentId
    reason: int
    """cc-gateway.md 4.2: 0 none, 1 self, 2 no answer, 3 inspector, 5 phone unavailable, 7 rejected, 200-250 own."""


class AgentRested(Fact, frozen=True):
    agent: AgentId
    seconds: int
    cause: int


class AgentRestOverdue(Fact, frozen=True):
    """The rest time is over; a reminder, the state stays."""

    agent: AgentId


class AgentEnteredWrapUp(Fact, frozen=True):
    agent: AgentId
    is_requested: bool
    """True: the agent asked (`work`); False: a call ended."""
    until: int
    """Deadline, ms UTC; 0 = none (requested wrap-up ends with the session)."""


class AgentPresetChanged(Fact, frozen=True):
    """What will apply after the call or wrap-up; `none` withdraws it."""

    agent: AgentId
    preset: Literal["none", "busy", "rest", "sign_out"]
    reason: int = 0
    seconds: int = 0


class PhoneAlerting(Fact, frozen=True):
    agent: AgentId
    contact: ContactId
    leg: LegId


class PhoneOffHook(Fact, frozen=True):
    """The phone's 200. In an offer with manual answer `PhoneOffHook` comes before `OfferAccepted`."""

    agent: AgentId
    contact: ContactId
    leg: LegId


class PhoneReleased(Fact, frozen=True):
    """`contact` is the last one the phone served, also when that is over (a phone that was off hook between calls)."""

    agent: AgentId
    contact: ContactId
    leg: LegId
    by_agent: bool


class PhoneParked(Fact, frozen=True):
    """The agent's last call is over and its phone stays off hook: the leg belongs to the agent until the next call."""

    agent: AgentId
    contact: ContactId
    leg: LegId


class PhoneWentAway(Fact, frozen=True):
    """No device is registered for a phone any more, or none that can be reached."""

    phone: str
    agent: AgentId | None
    """Who is signed in with it."""
    until: int
    """Until then it may be a page that is loaded again, ms UTC: its agent is passed over, and stays idle."""


class PhoneCameBack(Fact, frozen=True):
    """A phone that was away can be rung again."""

    phone: str
    agent: AgentId | None


class PreviewOffered(Fact, frozen=True):
    """An outbound call is proposed; the agent may make it until the deadline."""

    agent: AgentId
    control: str
    called: str
    caller: str
    queue: QueueId | None
    data: str
    until: int
    """ms UTC."""


class PreviewEnded(Fact, frozen=True):
    agent: AgentId
    control: str
    reason: Literal["called", "withdrawn", "timeout", "signed_out"]
