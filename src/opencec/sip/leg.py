"""One leg: a dialog in the making or made, with everything under way in it. Plain state, owned by `switchboard`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum

from opencec.sip.dialog import Dialog
from opencec.sip.flow import Destination, Flow, Target
from opencec.sip.message import Message, Request, Response
from opencec.sip.snapshot import SessionTimerState
from opencec.sip.transaction import Transaction
from opencec.sip.user_agent_settings import Login

__all__ = ["Leg", "Offering", "OutboundCall", "Phase", "Referral", "Unanswered", "note_abilities"]


class Phase(StrEnum):
    """How far a leg is."""

    RINGING = "ringing"  # no final answer yet, either way
    ANSWERED = "answered"  # our 200 waits for ACK, or the peer's 200 for our answer in ACK
    CONFIRMED = "confirmed"
    ENDING = "ending"  # our BYE is on its way


@dataclass(slots=True)
class OutboundCall:
    """What an outbound INVITE is built from, again after a challenge or a restart."""

    effect_id: str
    request: Request
    target: Target
    credentials: Login | None = None
    attempt: int = 1
    is_cancelling: bool = False
    is_cancel_sent: bool = False
    cancel_reason: str | None = None
    has_provisional: bool = False
    has_waited: bool = False
    early: dict[str, Dialog] = field(default_factory=dict)
    rseq: dict[str, int] = field(default_factory=dict)
    forks: dict[str, tuple[bytes, Target]] = field(default_factory=dict)


@dataclass(slots=True)
class Unanswered:
    """A reliable provisional that waits for its PRACK (RFC 3262)."""

    data: bytes
    has_sdp: bool
    started_at: int
    interval_ms: int


@dataclass(slots=True)
class Offering:
    """The one renegotiation under way in a leg.

    Attributes:
        sdp: What we offer (ours), None for an offerless one.
        method: INVITE or UPDATE.
        transaction: Ours, or the peer's that waits for our answer.
        is_ours: We started it.
        is_refresh: Only a session refresh: its success is not reported.
        is_answered: The 200 was sent or came; ACK is outstanding.
        cseq: CSeq number of the request.
        final: Our 200, repeated until ACK.
    """

    method: str
    is_ours: bool
    sdp: bytes | None = None
    headers: tuple[tuple[str, str], ...] = ()
    transaction: Transaction | None = None
    is_refresh: bool = False
    is_answered: bool = False
    cseq: int = 0
    final: bytes = b""
    retries: int = 0


@dataclass(slots=True)
class Referral:
    """A REFER under way: the peer's that we answer (`transaction`), or notified about (`id`)."""

    transaction: Transaction | None
    id: str
    is_accepted: bool = False


@dataclass(slots=True)
class Leg:
    """See the module. `dialog` is None while an outbound leg has no response with a tag."""

    key: str
    is_inbound: bool
    call_id: str
    local_tag: str
    contact: str
    phase: Phase = Phase.RINGING
    dialog: Dialog | None = None
    flow: Flow | None = None
    destination: Destination | None = None
    local_sdp: bytes | None = None
    remote_sdp: bytes | None = None
    session_timer: SessionTimerState | None = None
    peer_methods: frozenset[str] = frozenset()
    peer_supports: frozenset[str] = frozenset()
    credentials: Login | None = None
    # INVITE server
    invite: Request | None = None
    server: Transaction | None = None
    final: bytes = b""
    rseq: int = 0
    reliable: Unanswered | None = None
    expires_at: int = 0
    """When the time for our final answer is over, ms; 0 = the INVITE sets none."""
    after_prack: list[Callable[[int], None]] = field(default_factory=list)
    # INVITE client
    call: OutboundCall | None = None
    client: Transaction | None = None
    ack: bytes = b""
    ack_cseq: int = 0
    answer: Response | None = None
    # within the dialog
    offering: Offering | None = None
    next_offering: Offering | None = None
    referral_in: Referral | None = None
    is_referring: bool = False
    bye_reason: str | None = None
    is_bye_wanted: bool = False
    waiting: list[Callable[[int], None]] = field(default_factory=list)
    stranded: list[Transaction] = field(default_factory=list)

    @property
    def is_established(self) -> bool:
        """The INVITE has its 2xx."""
        return self.phase is not Phase.RINGING

    @property
    def has_offer_in_flight(self) -> bool:
        """A renegotiation runs, either way."""
        return self.offering is not None


def note_abilities(leg: Leg, message: Message) -> None:
    """Remember what the peer says it can do."""
    supports = {tag.lower() for tag in message.headers.tokens("Supported")}
    requires = {tag.lower() for tag in message.headers.tokens("Require")}
    if "100rel" in requires:
        supports |= {"100rel", "100rel-required"}
    if supports or requires:
        leg.peer_supports = frozenset(supports | requires)
    methods = message.headers.tokens("Allow")
    if methods:
        leg.peer_methods = frozenset(method.upper() for method in methods)
