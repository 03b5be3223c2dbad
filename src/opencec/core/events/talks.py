"""Events of talking: answered, held, passed on, joined, left, recorded."""

from __future__ import annotations

from typing import Literal

from opencec.core.events.fact import Fact
from opencec.core.ids import AgentId, ContactId, LegId, QueueId

__all__ = [
    "ConferenceOver",
    "ContactAnswered",
    "ContactHeld",
    "ContactJoined",
    "ContactLeftAgent",
    "ContactMuted",
    "ContactRetrieved",
    "ContactTransferred",
    "ContactUnmuted",
    "CustomerAlerting",
    "CustomerLeft",
    "DialFailed",
    "DigitsPressed",
    "PartyLeft",
    "RecordingFailed",
    "RecordingFinished",
    "RecordingStarted",
    "RecordingStopped",
    "TransferEnded",
    "TransferStarted",
    "WorkNumberReported",
]


class ContactAnswered(Fact, frozen=True):
    """Agent and other party talk."""

    contact: ContactId
    agent: AgentId
    leg: LegId
    queue: QueueId | None = None
    is_auto: bool = False


class CustomerAlerting(Fact, frozen=True):
    """The party that the agent dialled rings."""

    contact: ContactId
    agent: AgentId
    number: str


class DialFailed(Fact, frozen=True):
    """`far_end`: the called party failed; `own_phone`: the agent's phone was not lifted."""

    contact: ContactId
    agent: AgentId
    where: Literal["far_end", "own_phone"]
    cause: str
    feature: int


class ContactHeld(Fact, frozen=True):
    contact: ContactId
    agent: AgentId


class ContactRetrieved(Fact, frozen=True):
    contact: ContactId
    agent: AgentId


class ContactMuted(Fact, frozen=True):
    contact: ContactId
    agent: AgentId


class ContactUnmuted(Fact, frozen=True):
    contact: ContactId
    agent: AgentId


class DigitsPressed(Fact, frozen=True):
    """The agent sent digits to the other party; which ones is nobody's business."""

    contact: ContactId
    agent: AgentId
    count: int


class WorkNumberReported(Fact, frozen=True):
    """Everybody in the call hears the agent's work number."""

    contact: ContactId
    agent: AgentId


class ContactTransferred(Fact, frozen=True):
    contact: ContactId
    agent: AgentId | None
    kind: Literal["queue", "agent", "flow", "access_code", "number"]
    address: str


class TransferStarted(Fact, frozen=True):
    """The contact goes on to a target while its agent waits for the outcome; it comes back when the target fails.

    `success`: the agent leaves when the target answers; `talk`: first the two talk while the customer is held;
    `conference`: first all three talk; `suspend`: a flow gives the contact back when it ends.
    """

    contact: ContactId
    agent: AgentId
    mode: Literal["success", "talk", "conference", "suspend"]
    kind: Literal["queue", "agent", "flow", "access_code", "number"]
    address: str
    until: int
    """Deadline of the whole, ms UTC."""
    holds: bool = True
    """The customer waits; False: agent and customer talk on until the target answers."""


class TransferEnded(Fact, frozen=True):
    """`done`: the target has answered. `kept`: the agent left first, the contact goes on to its target all the same.

    After `failed`, `cancelled` and `returned` (the flow has ended) agent and customer talk again.
    """

    contact: ContactId
    agent: AgentId
    result: Literal["done", "kept", "failed", "cancelled", "returned"]
    cause: str = ""


class ContactJoined(Fact, frozen=True):
    """The parties of `joined`, another call of the agent, take part in this contact from now on; `joined` ends."""

    contact: ContactId
    joined: ContactId
    agent: AgentId
    partner: str
    """The party that came: number or work number."""
    is_leaving: bool = False
    """The agent only connects the others and leaves at once."""


class PartyLeft(Fact, frozen=True):
    """One of three parties, not an agent, has left; the others stay connected."""

    contact: ContactId
    leg: LegId
    number: str


class ConferenceOver(Fact, frozen=True):
    """Two parties are left of three: the call of this agent is an ordinary one again."""

    contact: ContactId
    agent: AgentId


class CustomerLeft(Fact, frozen=True):
    """The other party left the call of this agent."""

    contact: ContactId
    agent: AgentId
    number: str


class ContactLeftAgent(Fact, frozen=True):
    """This agent is no longer part of the contact (hung up, transferred, other party gone)."""

    contact: ContactId
    agent: AgentId
    reason: Literal["agent_hangup", "customer_hangup", "transferred", "failed", "lost"]
    then: Literal["", "same", "talking", "forwarded"] = ""
    """What the contact does without the agent: it lies between two places; it stays where it is; the others talk;
    customer and number talk."""


class RecordingStarted(Fact, frozen=True):
    contact: ContactId
    agent: AgentId | None
    """None: the right channel is a number that was dialled for the caller."""
    left: LegId
    right: LegId
    is_continued: bool = False
    """Only a leg was replaced, or another agent goes on in the same file."""
    is_on_demand: bool = False
    """The agent asked for it."""


class RecordingStopped(Fact, frozen=True):
    contact: ContactId
    agent: AgentId | None
    began_at: int


class RecordingFailed(Fact, frozen=True):
    """The disk refused the recording of a call that goes on. What it has so far is saved when the call ends."""

    contact: ContactId
    agent: AgentId | None


class RecordingFinished(Fact, frozen=True):
    contact: ContactId
    path: str
    duration_ms: int
