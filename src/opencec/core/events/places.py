"""Events of where a contact is: arrival, legs, flow, queue, offer, end."""

from __future__ import annotations

from typing import Literal

from opencec.core.call import Pictures
from opencec.core.events.cdr import Cdr
from opencec.core.events.fact import Fact
from opencec.core.ids import AgentId, ContactId, FlowRunId, LegId, OfferId, QueueId

__all__ = [
    "CallDataSet",
    "ContactArrived",
    "ContactDialled",
    "ContactEnded",
    "ContactOffered",
    "ContactQueued",
    "ContactReserved",
    "EchoStarted",
    "FlowEntered",
    "FlowLeft",
    "FlowResumed",
    "LegChanged",
    "LegMoved",
    "OfferAccepted",
    "OfferEnded",
    "QueueOverflowed",
    "ReservationEnded",
]


class ContactArrived(Fact, frozen=True):
    contact: ContactId
    caller: str
    called: str
    access_code: str
    source: str
    medium: Literal["voice", "video"] = "voice"


class ContactDialled(Fact, frozen=True):
    """An agent makes a call.

    Features (cc-gateway.md 8.1): 7 outbound and 44 previewed (called = number); 6 internal, 51 and 52 consult with two
    or three parties (called = work number, or the skill queue's id).
    """

    contact: ContactId
    agent: AgentId
    feature: int
    caller: str
    called: str
    queue: QueueId | None
    leg: LegId
    """The agent's own leg; empty: it stays where it is, in the principal call."""
    data: str = ""
    is_lifted: bool = False
    """The phone is off hook: the leg comes from the agent's held call, or was parked."""
    principal: ContactId | None = None
    """Consult: the call for whose sake it is made."""
    medium: Literal["voice", "video"] = "voice"
    pictures: Pictures = "both"
    """What the customer does with pictures."""


class LegMoved(Fact, frozen=True):
    """A leg (and what is about to take its place) serves another call of its agent from now on."""

    contact: ContactId
    """From here."""
    leg: LegId
    to: ContactId
    agent: AgentId | None = None
    """Whose phone it is."""


class CallDataSet(Fact, frozen=True):
    contact: ContactId
    data: str
    is_business: bool = False


class LegChanged(Fact, frozen=True):
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


class FlowEntered(Fact, frozen=True):
    contact: ContactId
    run: FlowRunId
    flow: str


class FlowLeft(Fact, frozen=True):
    contact: ContactId
    run: FlowRunId
    reason: str


class FlowResumed(Fact, frozen=True):
    """What the flow ordered has failed after it was accepted: the contact is back in the same run."""

    contact: ContactId
    run: FlowRunId
    cause: str


class EchoStarted(Fact, frozen=True):
    """The caller hears itself (echo test)."""

    contact: ContactId


class QueueOverflowed(Fact, frozen=True):
    """A queue rule fired: the contact leaves this queue for `action` (`wait`: stays, and the rule does not fire again).

    `release` of a contact that a flow put into the queue takes it back to that flow (`FlowResumed`), else ends it.
    """

    contact: ContactId
    queue: QueueId
    rule: Literal["no_agent", "full", "timeout", "removed"]
    action: Literal["wait", "release", "queue", "flow"]
    target: str = ""


class ContactQueued(Fact, frozen=True):
    contact: ContactId
    queue: QueueId
    priority: int
    since: int
    """Age counts from here; a contact that comes back after an unanswered offer keeps its place."""


class ContactReserved(Fact, frozen=True):
    """The contact waits for one agent alone (its private queue), until the deadline; then as an unanswered offer."""

    contact: ContactId
    agent: AgentId
    until: int
    """ms UTC."""


class ReservationEnded(Fact, frozen=True):
    """The one agent that the contact waited for did not come."""

    contact: ContactId
    agent: AgentId


class ContactOffered(Fact, frozen=True):
    contact: ContactId
    offer: OfferId
    agent: AgentId
    leg: LegId
    queue: QueueId | None
    """None: straight to the agent (transfer, internal call)."""
    auto_answer: bool
    is_lifted: bool = False
    """The agent's phone was off hook between calls: its leg is taken, nothing rings."""


class OfferAccepted(Fact, frozen=True):
    """The agent said yes by REST (or auto answer); the parties are joined once the phone is off hook too."""

    contact: ContactId
    offer: OfferId
    agent: AgentId


class OfferEnded(Fact, frozen=True):
    """The offer came to nothing. `caller_gone` and `picked_up` leave the agent idle; the others make it busy."""

    contact: ContactId
    offer: OfferId
    agent: AgentId
    reason: Literal["rejected", "no_answer", "phone_unavailable", "caller_gone", "agent_gone", "picked_up"]
    """`picked_up`: another agent took it."""


class ContactEnded(Fact, frozen=True):
    contact: ContactId
    cause: str
    cdr: Cdr
