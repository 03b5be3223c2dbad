"""Events of an agent's phone without a call, of recordings and playback, and of notes."""

from __future__ import annotations

from typing import Literal

from opencec.core.events.fact import Fact
from opencec.core.ids import AgentId, ContactId, LegId

__all__ = [
    "AgentForced",
    "AgentOptionsChanged",
    "AgentPhoneBound",
    "BulletinPosted",
    "CallIntercepted",
    "ContactForced",
    "InspectionAttached",
    "InspectionDetached",
    "InspectionStarted",
    "InspectionStopped",
    "InspectionSwitched",
    "MonitoredAgentChanged",
    "MonitoringChanged",
    "NoteSent",
    "PhoneAttended",
    "PhoneCalled",
    "PlaybackEnded",
    "PlaybackMoved",
    "PlaybackOrdered",
    "PlaybackPaused",
    "PlaybackResumed",
    "PlaybackStarted",
    "RecordingPaused",
    "RecordingResumed",
]


# --- an agent's phone without a call: inspections and playbacks -------------------------------------------------------


class PhoneCalled(Fact, frozen=True):
    """The agent's own phone is called for a service: a contact of its own begins, without another party and CDR."""

    contact: ContactId
    agent: AgentId
    leg: LegId
    purpose: Literal["inspection", "playback"]
    is_lifted: bool = False
    """The phone was off hook already: `leg` is the parked one."""


class PhoneAttended(Fact, frozen=True):
    """The phone was lifted: the service begins."""

    contact: ContactId
    agent: AgentId
    leg: LegId


class InspectionStarted(Fact, frozen=True):
    """An inspector is to listen to an agent, from the moment in which its phone is lifted."""

    contact: ContactId
    """Of the inspection, as in all events of inspections."""
    inspector: AgentId
    agent: AgentId
    """Who is inspected."""
    mode: Literal["listen", "insert", "whisper"]


class InspectionAttached(Fact, frozen=True):
    """From now on the inspector hears this call of the agent (and is heard as `mode` says)."""

    contact: ContactId
    inspector: AgentId
    agent: AgentId
    call: ContactId
    leg: LegId
    """The inspector's phone."""
    mode: Literal["listen", "insert", "whisper"]


class InspectionDetached(Fact, frozen=True):
    """The inspector does not hear this call any more."""

    contact: ContactId
    inspector: AgentId
    agent: AgentId
    call: ContactId


class InspectionSwitched(Fact, frozen=True):
    contact: ContactId
    inspector: AgentId
    agent: AgentId
    mode: Literal["listen", "insert", "whisper"]
    is_joined: bool
    """The inspector's phone is up: the agent was told of the inspection."""


class InspectionStopped(Fact, frozen=True):
    """The end of an inspection. `call_over`: the inspected call; `phone`: the inspector's phone was not lifted."""

    contact: ContactId
    inspector: AgentId
    agent: AgentId
    mode: Literal["listen", "insert", "whisper"]
    reason: Literal["stopped", "call_over", "agent_gone", "inspector_gone", "intercepted", "phone", "too_long"]
    is_joined: bool = True


class CallIntercepted(Fact, frozen=True):
    """The inspector has taken a call over from the agent; its phone follows (`LegMoved`)."""

    contact: ContactId
    """The call."""
    inspector: AgentId
    agent: AgentId


class AgentForced(Fact, frozen=True):
    """What follows was ordered by an inspector."""

    inspector: AgentId
    agent: AgentId
    action: Literal["idle", "busy", "rest", "sign_out", "skills", "record"]


class ContactForced(Fact, frozen=True):
    """An inspector ordered the end of this call."""

    inspector: AgentId
    contact: ContactId


class MonitoringChanged(Fact, frozen=True):
    """Of which agents an inspector hears when they sign in and out."""

    inspector: AgentId
    agents: tuple[AgentId, ...]
    hears_all: bool = False


class MonitoredAgentChanged(Fact, frozen=True):
    """An inspector is told that an agent has signed in or out."""

    inspector: AgentId
    agent: AgentId
    name: str
    is_signed_in: bool


# --- recordings on demand, playback -----------------------------------------------------------------------------------


class RecordingPaused(Fact, frozen=True):
    contact: ContactId
    agent: AgentId


class RecordingResumed(Fact, frozen=True):
    contact: ContactId
    agent: AgentId


class PlaybackOrdered(Fact, frozen=True):
    """A recording is to be played to an agent's phone; in a call the other party does not hear it."""

    contact: ContactId
    agent: AgentId
    path: str
    start_ms: int = 0
    times: int = 1


class PlaybackStarted(Fact, frozen=True):
    contact: ContactId
    agent: AgentId
    leg: LegId
    play: str


class PlaybackPaused(Fact, frozen=True):
    contact: ContactId
    agent: AgentId
    play: str


class PlaybackResumed(Fact, frozen=True):
    contact: ContactId
    agent: AgentId
    play: str


class PlaybackMoved(Fact, frozen=True):
    """Forwards or back by `by_ms`, or to `to_ms`."""

    contact: ContactId
    agent: AgentId
    play: str
    by_ms: int = 0
    to_ms: int | None = None


class PlaybackEnded(Fact, frozen=True):
    contact: ContactId
    agent: AgentId
    play: str
    reason: Literal["end", "stopped", "failed", "closed"]


# --- notes, and what an agent's calls are like ------------------------------------------------------------------------


class NoteSent(Fact, frozen=True):
    """A note to one agent."""

    sender: AgentId
    sender_name: str
    agent: AgentId
    text: str


class BulletinPosted(Fact, frozen=True):
    """A bulletin, to one of the agents that it is meant for."""

    sender: AgentId
    sender_name: str
    agent: AgentId
    text: str


class AgentOptionsChanged(Fact, frozen=True):
    """How calls come to the agent, in this session."""

    agent: AgentId
    takes_calls: bool
    """False: no call is offered while idle."""
    is_self_recorded: bool
    """Calls are recorded whatever tenant and queue say."""
    forward: str
    """Number that is dialled in place of the phone; empty = none."""


class AgentPhoneBound(Fact, frozen=True):
    """Another phone serves the agent from now on."""

    agent: AgentId
    phone: str
