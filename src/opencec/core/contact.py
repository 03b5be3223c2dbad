"""The contact's state machine. Every move is a row of MOVES; nothing else changes `Contact.state`."""

from __future__ import annotations

from enum import StrEnum
from typing import Literal

import msgspec

from opencec.core.call import Leg, Pictures
from opencec.core.conference import Conference
from opencec.core.errors import IllegalTransition
from opencec.core.events import (
    CallIntercepted,
    ConferenceOpened,
    ConferenceRequested,
    ContactAnswered,
    ContactDialled,
    ContactEnded,
    ContactHeld,
    ContactJoined,
    ContactLeftAgent,
    ContactOffered,
    ContactQueued,
    ContactReserved,
    ContactRetrieved,
    ContactSegment,
    DialFailed,
    EchoStarted,
    Event,
    FlowEntered,
    FlowResumed,
    LegChanged,
    OfferEnded,
    PartyLeft,
    PhoneAttended,
    PhoneCalled,
    QueueOverflowed,
    ReservationEnded,
    TransferEnded,
    TransferStarted,
)
from opencec.core.ids import AgentId, ContactId, FlowRunId, LegId, OfferId, QueueId
from opencec.core.inspection import Guest, Inspection, Playback

__all__ = ["MOVES", "Contact", "ContactState", "Device", "Handover", "Offer", "Stay", "Trigger"]


class ContactState(StrEnum):
    """Where a contact is."""

    ROUTING = "routing"
    """Between two places; never outlives a command."""
    FLOW = "flow"
    QUEUED = "queued"
    OFFERED = "offered"
    """Reserved for one agent whose phone rings; the caller still waits."""
    LIFTING = "lifting"
    """An agent dials: its own phone is to be lifted first."""
    DIALLING = "dialling"
    """An agent dials: the number rings."""
    TALKING = "talking"
    HELD = "held"
    FORWARDING = "forwarding"
    """A number is dialled for the caller, without an agent."""
    FORWARDED = "forwarded"
    """Caller and number talk."""
    ANNOUNCING = "announcing"
    """Talk transfer: agent and number talk, the customer is held."""
    ECHO = "echo"
    ATTENDING = "attending"
    """An agent's phone alone: it inspects, or hears a recording."""
    CONFERRING = "conferring"
    """A conference whose chair is there."""
    ENDED = "ended"


Trigger = type[Event] | tuple[type[Event], str]
"""An event, or one kind of it: `(LegChanged, "external up")`."""

_ROUTING, _FLOW, _QUEUED, _OFFERED, _LIFTING, _DIALLING, _TALKING, _HELD = tuple(ContactState)[:8]
_FORWARDING, _FORWARDED, _ANNOUNCING, _ECHO, _ATTENDING, _CONFERRING, _ENDED = tuple(ContactState)[8:]

MOVES: dict[tuple[ContactState, Trigger], ContactState] = {
    (_ROUTING, FlowEntered): _FLOW,
    (_ROUTING, FlowResumed): _FLOW,
    (_ROUTING, ContactQueued): _QUEUED,
    (_ROUTING, ContactReserved): _QUEUED,
    (_QUEUED, ReservationEnded): _ROUTING,
    (_ROUTING, ContactOffered): _OFFERED,
    (_ROUTING, EchoStarted): _ECHO,
    (_ROUTING, ContactDialled): _LIFTING,
    (_ROUTING, (LegChanged, "external new")): _FORWARDING,
    (_FLOW, FlowEntered): _FLOW,
    (_FLOW, ContactQueued): _QUEUED,
    (_FLOW, ContactOffered): _OFFERED,
    (_FLOW, EchoStarted): _ECHO,
    (_FLOW, (LegChanged, "external new")): _FORWARDING,
    (_ROUTING, QueueOverflowed): _ROUTING,  # did not get in
    (_FLOW, QueueOverflowed): _ROUTING,
    (_QUEUED, QueueOverflowed): _ROUTING,
    (_QUEUED, (QueueOverflowed, "wait")): _QUEUED,
    (_QUEUED, ContactOffered): _OFFERED,
    (_OFFERED, OfferEnded): _ROUTING,
    (_OFFERED, ContactAnswered): _TALKING,
    (_LIFTING, (LegChanged, "customer new")): _DIALLING,
    (_LIFTING, ContactOffered): _OFFERED,
    (_LIFTING, ContactQueued): _QUEUED,
    (_LIFTING, QueueOverflowed): _ROUTING,
    (_LIFTING, ContactLeftAgent): _ROUTING,
    (_LIFTING, DialFailed): _ROUTING,
    (_DIALLING, ContactAnswered): _TALKING,
    (_DIALLING, ContactLeftAgent): _ROUTING,
    (_DIALLING, DialFailed): _ROUTING,
    (_ROUTING, DialFailed): _ROUTING,  # an internal call: its offer has ended
    (_TALKING, ContactAnswered): _TALKING,
    (_TALKING, ContactHeld): _HELD,
    (_HELD, ContactRetrieved): _TALKING,
    (_TALKING, ContactLeftAgent): _ROUTING,
    (_HELD, ContactLeftAgent): _ROUTING,
    (_ROUTING, ContactLeftAgent): _ROUTING,  # the second agent of an internal call
    (_FORWARDING, (LegChanged, "external up")): _FORWARDED,
    (_FORWARDING, (LegChanged, "external up talk")): _ANNOUNCING,
    (_FORWARDING, (LegChanged, "external up conference")): _TALKING,
    (_FORWARDING, (LegChanged, "external ended")): _ROUTING,
    # an agent waits for the outcome of its transfer
    (_TALKING, TransferStarted): _ROUTING,
    (_ROUTING, (TransferEnded, "back")): _TALKING,
    (_FLOW, (TransferEnded, "back")): _TALKING,
    (_QUEUED, (TransferEnded, "back")): _TALKING,
    # three parties
    (_HELD, ContactJoined): _TALKING,
    (_TALKING, ContactJoined): _TALKING,
    (_TALKING, (ContactJoined, "joined")): _ROUTING,
    (_TALKING, PartyLeft): _TALKING,
    (_ANNOUNCING, PartyLeft): _TALKING,
    (_TALKING, (ContactLeftAgent, "talking")): _TALKING,
    (_TALKING, (ContactLeftAgent, "forwarded")): _FORWARDED,
    (_ANNOUNCING, (ContactLeftAgent, "forwarded")): _FORWARDED,
    (_ANNOUNCING, ContactLeftAgent): _ROUTING,
    # a consult is given up while it waits
    (_QUEUED, ContactLeftAgent): _ROUTING,
    (_ROUTING, PhoneCalled): _LIFTING,
    (_LIFTING, PhoneAttended): _ATTENDING,
    (_ATTENDING, ContactLeftAgent): _ROUTING,
    (_ROUTING, CallIntercepted): _TALKING,
    # conferences
    (_ROUTING, ConferenceRequested): _LIFTING,
    (_TALKING, (ConferenceRequested, "source")): _ROUTING,
    (_LIFTING, ConferenceOpened): _CONFERRING,
}
_WAITING = (_FLOW, _QUEUED, _OFFERED, _FORWARDING, _ROUTING)
MOVES |= {(state, (ContactLeftAgent, "same")): state for state in _WAITING}
MOVES |= {(state, ContactEnded): _ENDED for state in ContactState if state is not _ENDED}


class Offer(msgspec.Struct, kw_only=True, gc=False):
    """A contact reserved for one agent."""

    id: OfferId
    agent: AgentId
    leg: LegId
    queue: QueueId | None
    auto_answer: bool
    began_at: int
    until: int
    """Ring time-out, ms UTC; the agent must have answered by then."""
    is_alerting: bool = False
    is_off_hook: bool = False
    is_accepted: bool = False


class Handover(msgspec.Struct, kw_only=True, gc=False):
    """A transfer whose outcome an agent waits for."""

    agent: AgentId
    mode: Literal["success", "talk", "conference", "suspend"]
    kind: Literal["queue", "agent", "flow", "access_code", "number"]
    address: str
    until: int
    """Deadline of the whole, ms UTC."""
    holds: bool = True
    """The customer waits; False: agent and customer talk on until the target answers."""


Device = Literal["flow", "queue", "agent", "number"]


class Stay(msgspec.Struct, kw_only=True, gc=False):
    """The open segment of the CDR."""

    device: Device
    address: str
    began_at: int
    answered_at: int = 0

    def close(self, leave_reason: int, at: int) -> ContactSegment:
        """The segment as it will stand in the CDR."""
        return ContactSegment(
            device=self.device,
            address=self.address,
            began_at=self.began_at,
            ended_at=at,
            answered_at=self.answered_at,
            leave_reason=leave_reason,
        )


class Contact(msgspec.Struct, kw_only=True, gc=False):
    """One contact and all that its CDR will say. Outside the core: read only."""

    id: ContactId
    state: ContactState = ContactState.ROUTING
    since: int = 0
    """Begin of the state, ms UTC."""
    seq: int = 0
    """Events of this contact so far: makes effect keys and audio revisions."""
    direction: Literal["inbound", "outbound", "internal", "service"] = "inbound"
    """`service`: an agent's phone alone, without another party."""
    medium: Literal["voice", "video"] = "voice"
    pictures: Pictures = "both"
    """What the other party of the agent's call does with pictures: it sees, it is seen, or both."""
    feature: int = 0
    caller: str = ""
    called: str = ""
    access_code: str = ""
    source: str = ""
    data: str = ""
    business_data: str = ""
    began_at: int = 0
    call_until: int = 0
    """Longest call: the deadline of last resort."""
    leg_due: int = 0
    """The earliest `Leg.until`; 0 = none."""
    # legs
    legs: dict[LegId, Leg] = {}
    leg_count: int = 0
    customer: LegId | None = None
    """The other party's leg (inbound: the caller; outbound: the number)."""
    external: LegId | None = None
    """A number that was dialled for the caller."""
    # flow
    run: FlowRunId | None = None
    """The run that owns the contact or waits for what it ordered."""
    flow: str = ""
    run_count: int = 0
    # queue and offer
    queue: QueueId | None = None
    """The newest skill queue."""
    priority: int = 0
    queued_since: int = 0
    """Age counts from here; 0 = was in no queue yet."""
    queue_order: int = 0
    queue_until: int = 0
    """Longest wait in this queue; 0 = no limit."""
    refusals: dict[AgentId, int] = {}
    """Agents that did not take it, and when."""
    private_agent: AgentId | None = None
    """The one agent it waits for (QUEUED, in nobody's skill queue)."""
    offer: Offer | None = None
    offer_count: int = 0
    # agents
    agents: tuple[AgentId, ...] = ()
    """Agents that take part (internal calls and conferences: several); one that waits for a transfer is the first."""
    last_agent: AgentId | None = None
    is_muted: bool = False
    muted_agent: AgentId | None = None
    """Whom nobody hears while `is_muted`; None: the first agent."""
    party: str = ""
    """Number of the party that has taken the customer's place; empty: nobody has."""
    principal: ContactId | None = None
    """Consult: the call for whose sake it is made."""
    handover: Handover | None = None
    """The transfer that is under way."""
    is_video_muted: bool = False
    # recording
    recording_since: int = 0
    """The open recording of the agent who talks; 0 = none."""
    recording_agent: AgentId | None = None
    is_recorded: bool = False
    is_record_paused: bool = False
    # inspection and playback
    inspection: Inspection | None = None
    """What the inspector's phone of this (service) contact is for."""
    guests: tuple[Guest, ...] = ()
    """Inspectors that hear this call."""
    playback: Playback | None = None
    conference: Conference | None = None
    """More than three parties, with a chair: see `core.conference`."""
    play_count: int = 0
    # figures of the CDR
    answered_at: int = 0
    wait_ms: int = 0
    talk_ms: int = 0
    hold_ms: int = 0
    stay: Stay | None = None
    segments: tuple[ContactSegment, ...] = ()

    def move(self, event: Event, trigger: Trigger | None = None) -> None:
        """Make the move that `event` means and count the time spent in the state that it ends.

        Raises:
            IllegalTransition: No row; nothing has changed.
        """
        state = self.state
        target = MOVES.get((state, trigger or type(event)))
        if target is None:
            raise IllegalTransition(state, event)
        if target is not state:
            self._count(event.at)
            self.state = target
            self.since = event.at

    def agent_leg(self, agent: AgentId) -> Leg | None:
        """The leg through which an agent takes part (not one that is about to replace it)."""
        for leg in self.legs.values():
            if leg.agent == agent and leg.replaces is None:
                return leg
        return None

    @property
    def is_internal(self) -> bool:
        """A call between agents, without a customer of its own."""
        return self.direction == "internal"

    @property
    def party_count(self) -> int:
        """Agents, customer and dialled number that take part."""
        return len(self.agents) + (self.customer is not None) + (self.external is not None)

    def with_replacements(self, leg: LegId) -> list[LegId]:
        """A leg and the ones that are about to take its place."""
        found = [leg]
        for other in self.legs.values():
            if other.replaces == leg:
                found.append(other.id)
        return found

    @property
    def has_video(self) -> bool:
        """At least one of its legs carries pictures."""
        return any(leg.has_video for leg in self.legs.values())

    @property
    def shows_video(self) -> bool:
        """At least two legs that are up carry pictures: the parties see each other."""
        return sum(leg.has_video and leg.state == "up" for leg in self.legs.values()) > 1

    @property
    def other_party(self) -> LegId | None:
        """The leg that is recorded on the left and gets the agent's digits."""
        return self.customer or self.external

    def open_stay(self, device: Device, address: str, at: int) -> None:
        """Begin a segment of the CDR."""
        self.stay = Stay(device=device, address=address, began_at=at)

    def close_stay(self, leave_reason: int, at: int) -> None:
        """End the open segment (none: nothing); `leave_reason` as ivr-flows.md 10."""
        if self.stay is not None:
            self.segments = (*self.segments, self.stay.close(leave_reason, at))
            self.stay = None

    def _count(self, at: int) -> None:
        state = self.state
        if state is _QUEUED or (state is _OFFERED and self.feature != 6):
            self.wait_ms += at - self.since
        elif state in (_TALKING, _FORWARDED, _ANNOUNCING, _CONFERRING):
            self.talk_ms += at - self.since
        elif state is _HELD:
            self.hold_ms += at - self.since
