"""Events: facts, in the order they happened; the tenant's journal is a list of them. Never renamed, only added to."""

from __future__ import annotations

from typing import Literal

import msgspec

from opencec.core.config import TenantProfile
from opencec.core.ids import AgentId, ContactId, FlowRunId, LegId, OfferId, QueueId, SessionId

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
    "CallDataSet",
    "Cdr",
    "ConfigurationChanged",
    "ContactAnswered",
    "ContactArrived",
    "ContactDialled",
    "ContactEnded",
    "ContactHeld",
    "ContactLeftAgent",
    "ContactMuted",
    "ContactOffered",
    "ContactQueued",
    "ContactRetrieved",
    "ContactSegment",
    "ContactTransferred",
    "ContactUnmuted",
    "CustomerAlerting",
    "CustomerLeft",
    "DialFailed",
    "DigitsPressed",
    "EchoStarted",
    "Event",
    "FlowEntered",
    "FlowLeft",
    "FlowResumed",
    "LegChanged",
    "OfferAccepted",
    "OfferEnded",
    "PhoneAlerting",
    "PhoneOffHook",
    "PhoneReleased",
    "QueueOverflowed",
    "RecordingFinished",
    "RecordingStarted",
    "RecordingStopped",
]


class _Event(msgspec.Struct, frozen=True, kw_only=True, tag=True, omit_defaults=True, gc=False):
    at: int
    """Milliseconds UTC."""


class ConfigurationChanged(_Event, frozen=True):
    profile: TenantProfile


# --- agents -------------------------------------------------------------------------------------------------------


class AgentSignedIn(_Event, frozen=True):
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


class AgentSignedOut(_Event, frozen=True):
    agent: AgentId
    session: SessionId
    signed_in_at: int
    reason: Literal["logout", "silent", "inspector", "removed", "takeover"]


class AgentSkillsReset(_Event, frozen=True):
    agent: AgentId
    queues: tuple[QueueId, ...]


class AgentSettingsChanged(_Event, frozen=True):
    agent: AgentId
    auto_answer: bool
    auto_enter_idle: bool


class AgentBecameIdle(_Event, frozen=True):
    agent: AgentId
    cause: Literal[
        "ready", "cancel_busy", "cancel_rest", "cancel_work", "call_over", "wrap_up_over", "force", "withdrawn"
    ]
    """`withdrawn`: the offer vanished because the caller gave up."""


class AgentBecameBusy(_Event, frozen=True):
    agent: AgentId
    reason: int
    """cc-gateway.md 4.2: 0 none, 1 self, 2 no answer, 3 inspector, 5 phone unavailable, 7 rejected, 200-250 own."""


class AgentRested(_Event, frozen=True):
    agent: AgentId
    seconds: int
    cause: int


class AgentRestOverdue(_Event, frozen=True):
    """The rest time is over; a reminder, the state stays."""

    agent: AgentId


class AgentEnteredWrapUp(_Event, frozen=True):
    agent: AgentId
    is_requested: bool
    """True: the agent asked (`work`); False: a call ended."""
    until: int
    """Deadline, ms UTC; 0 = none (requested wrap-up ends with the session)."""


class AgentPresetChanged(_Event, frozen=True):
    """What will apply after the call or wrap-up; `none` withdraws it."""

    agent: AgentId
    preset: Literal["none", "busy", "rest", "sign_out"]
    reason: int = 0
    seconds: int = 0


# --- the agent's phone ----------------------------------------------------------------------------------------------


class PhoneAlerting(_Event, frozen=True):
    agent: AgentId
    contact: ContactId
    leg: LegId


class PhoneOffHook(_Event, frozen=True):
    """The phone's 200. In an offer with manual answer `PhoneOffHook` comes before `OfferAccepted`."""

    agent: AgentId
    contact: ContactId
    leg: LegId


class PhoneReleased(_Event, frozen=True):
    agent: AgentId
    contact: ContactId
    leg: LegId
    by_agent: bool


# --- contacts -------------------------------------------------------------------------------------------------------


class ContactArrived(_Event, frozen=True):
    contact: ContactId
    caller: str
    called: str
    access_code: str
    source: str
    medium: Literal["voice", "video"] = "voice"


class ContactDialled(_Event, frozen=True):
    """An agent makes a call: feature 7 outbound (called = number) or 6 internal (called = work number)."""

    contact: ContactId
    agent: AgentId
    feature: int
    caller: str
    called: str
    queue: QueueId | None
    leg: LegId
    """The agent's own leg."""
    data: str = ""


class CallDataSet(_Event, frozen=True):
    contact: ContactId
    data: str


class LegChanged(_Event, frozen=True):
    """The life of one leg inside its contact, where no other event tells it.

    Implied without one: `ContactArrived` (customer leg `<contact>/1`, new), `ContactDialled` and `ContactOffered` (the
    agent's leg, new), `PhoneAlerting` (alerting), `PhoneOffHook` (up), `PhoneReleased` and `OfferEnded` (ended),
    `CustomerAlerting` (the dialled leg, alerting), `ContactEnded` (every leg of the contact ended).
    """

    contact: ContactId
    leg: LegId
    role: Literal["customer", "agent", "external"]
    state: Literal["new", "alerting", "up", "lost", "ended"]
    agent: AgentId | None = None
    cause: str = ""
    """Why it ended; `early_media` when an alerting leg already has media."""
    address: str = ""
    """Phone account or number dialled (state new)."""
    replaces: LegId | None = None


class FlowEntered(_Event, frozen=True):
    contact: ContactId
    run: FlowRunId
    flow: str


class FlowLeft(_Event, frozen=True):
    contact: ContactId
    run: FlowRunId
    reason: str


class FlowResumed(_Event, frozen=True):
    """What the flow ordered has failed after it was accepted: the contact is back in the same run."""

    contact: ContactId
    run: FlowRunId
    cause: str


class EchoStarted(_Event, frozen=True):
    """The caller hears itself (echo test)."""

    contact: ContactId


class QueueOverflowed(_Event, frozen=True):
    """A queue rule fired: the contact leaves this queue for `action` (`wait`: stays, and the rule does not fire again).

    `release` of a contact that a flow put into the queue takes it back to that flow (`FlowResumed`), else ends it.
    """

    contact: ContactId
    queue: QueueId
    rule: Literal["no_agent", "full", "timeout", "removed"]
    action: Literal["wait", "release", "queue", "flow"]
    target: str = ""


class ContactQueued(_Event, frozen=True):
    contact: ContactId
    queue: QueueId
    priority: int
    since: int
    """Age counts from here; a contact that comes back after an unanswered offer keeps its place."""


class ContactOffered(_Event, frozen=True):
    contact: ContactId
    offer: OfferId
    agent: AgentId
    leg: LegId
    queue: QueueId | None
    """None: straight to the agent (transfer, internal call)."""
    auto_answer: bool


class OfferAccepted(_Event, frozen=True):
    """The agent said yes by REST (or auto answer); the parties are joined once the phone is off hook too."""

    contact: ContactId
    offer: OfferId
    agent: AgentId


class OfferEnded(_Event, frozen=True):
    """The offer came to nothing. `caller_gone` leaves the agent idle; the others make the agent busy."""

    contact: ContactId
    offer: OfferId
    agent: AgentId
    reason: Literal["rejected", "no_answer", "phone_unavailable", "caller_gone", "agent_gone"]


class ContactAnswered(_Event, frozen=True):
    """Agent and other party talk."""

    contact: ContactId
    agent: AgentId
    leg: LegId
    queue: QueueId | None = None
    is_auto: bool = False


class CustomerAlerting(_Event, frozen=True):
    """The party that the agent dialled rings."""

    contact: ContactId
    agent: AgentId
    number: str


class DialFailed(_Event, frozen=True):
    """`far_end`: the called party failed; `own_phone`: the agent's phone was not lifted."""

    contact: ContactId
    agent: AgentId
    where: Literal["far_end", "own_phone"]
    cause: str
    feature: int


class ContactHeld(_Event, frozen=True):
    contact: ContactId
    agent: AgentId


class ContactRetrieved(_Event, frozen=True):
    contact: ContactId
    agent: AgentId


class ContactMuted(_Event, frozen=True):
    contact: ContactId
    agent: AgentId


class ContactUnmuted(_Event, frozen=True):
    contact: ContactId
    agent: AgentId


class DigitsPressed(_Event, frozen=True):
    """The agent sent digits to the other party; which ones is nobody's business."""

    contact: ContactId
    agent: AgentId
    count: int


class ContactTransferred(_Event, frozen=True):
    contact: ContactId
    agent: AgentId | None
    kind: Literal["queue", "agent", "flow", "access_code", "number"]
    address: str


class CustomerLeft(_Event, frozen=True):
    """The other party left the call of this agent."""

    contact: ContactId
    agent: AgentId
    number: str


class ContactLeftAgent(_Event, frozen=True):
    """This agent is no longer part of the contact (hung up, transferred, other party gone)."""

    contact: ContactId
    agent: AgentId
    reason: Literal["agent_hangup", "customer_hangup", "transferred", "failed", "lost"]


class RecordingStarted(_Event, frozen=True):
    contact: ContactId
    agent: AgentId | None
    """None: the right channel is a number that was dialled for the caller."""
    left: LegId
    right: LegId
    is_continued: bool = False
    """Only a leg was replaced, or another agent goes on in the same file."""


class RecordingStopped(_Event, frozen=True):
    contact: ContactId
    agent: AgentId | None
    began_at: int


class RecordingFinished(_Event, frozen=True):
    contact: ContactId
    path: str
    duration_ms: int


class ContactSegment(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """One stay of a contact at one device, for the CDR."""

    device: Literal["flow", "queue", "agent", "number"]
    address: str
    began_at: int
    ended_at: int
    answered_at: int = 0
    leave_reason: int = 0
    """ivr-flows.md 10."""


class Cdr(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True, gc=False):
    """The one record that a contact leaves."""

    contact: ContactId
    direction: Literal["inbound", "outbound", "internal"]
    medium: Literal["voice", "video"]
    feature: int
    caller: str
    called: str
    access_code: str = ""
    queue: QueueId | None = None
    agent: AgentId | None = None
    began_at: int
    answered_at: int = 0
    """When an agent (or the dialled party) and the customer first talked; 0 = never."""
    ended_at: int
    wait_ms: int = 0
    talk_ms: int = 0
    hold_ms: int = 0
    disposition: Literal[
        "answered",
        "abandoned",
        "flow_only",
        "no_agent",
        "queue_timeout",
        "queue_full",
        "failed",
        "rejected",
        "no_route",
    ]
    leave_reason: int = 0
    release_by: Literal["customer", "agent", "system"]
    is_recorded: bool = False
    segments: tuple[ContactSegment, ...] = ()
    data: str = ""


class ContactEnded(_Event, frozen=True):
    contact: ContactId
    cause: str
    cdr: Cdr


Event = (
    ConfigurationChanged
    | AgentSignedIn
    | AgentSignedOut
    | AgentSkillsReset
    | AgentSettingsChanged
    | AgentBecameIdle
    | AgentBecameBusy
    | AgentRested
    | AgentRestOverdue
    | AgentEnteredWrapUp
    | AgentPresetChanged
    | PhoneAlerting
    | PhoneOffHook
    | PhoneReleased
    | ContactArrived
    | ContactDialled
    | CallDataSet
    | LegChanged
    | FlowEntered
    | FlowLeft
    | FlowResumed
    | EchoStarted
    | QueueOverflowed
    | ContactQueued
    | ContactOffered
    | OfferAccepted
    | OfferEnded
    | ContactAnswered
    | CustomerAlerting
    | DialFailed
    | ContactHeld
    | ContactRetrieved
    | ContactMuted
    | ContactUnmuted
    | DigitsPressed
    | ContactTransferred
    | CustomerLeft
    | ContactLeftAgent
    | RecordingStarted
    | RecordingStopped
    | RecordingFinished
    | ContactEnded
)
