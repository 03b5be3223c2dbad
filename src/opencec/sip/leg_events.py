"""What the user agent tells its owner. Facts, in the order in which they happened.

Every leg reported by `InviteReceived`, or opened by `UserAgent.invite`, ends with exactly one of `Cancelled`, `Failed`
or `Ended`; `UserAgent.reject` ends an inbound leg silently.
"""

from __future__ import annotations

from typing import Literal

import msgspec

from opencec.sip.flow import Flow
from opencec.sip.message import Request, Response

__all__ = [
    "AckTimeout",
    "Answered",
    "Cancelled",
    "Confirmed",
    "DialogChanged",
    "Ended",
    "Event",
    "Failed",
    "FlowClosed",
    "HeaderLines",
    "InfoReceived",
    "InviteReceived",
    "OptionsAnswered",
    "Progress",
    "ReInviteAnswered",
    "ReInviteCancelled",
    "ReInviteConfirmed",
    "ReInviteFailed",
    "ReInviteReceived",
    "ReferAnswered",
    "ReferProgress",
    "ReferReceived",
    "RegisterReceived",
    "RegistrationChanged",
    "ReliableProgressAcknowledged",
]

HeaderLines = tuple[tuple[str, str], ...]


class InviteReceived(msgspec.Struct, frozen=True):
    """A new INVITE; 100 is already sent. Answer with provisional, accept or reject.

    Attributes:
        leg: Key of the new leg.
        request: The INVITE as it arrived; its body is the offer, or empty.
        flow: Where it came from.
        replaces: The leg whose dialog it replaces (RFC 3891, already matched), else None.
    """

    leg: str
    request: Request
    flow: Flow
    replaces: str | None = None


class Cancelled(msgspec.Struct, frozen=True):
    """The peer gave up an inbound leg that had no final answer (CANCEL or early BYE); 487 is sent. The leg is gone."""

    leg: str
    headers: HeaderLines = ()


class ReliableProgressAcknowledged(msgspec.Struct, frozen=True):
    """PRACK came for a reliable provisional (RFC 3262); `sdp` is the peer's answer when our 183 carried the offer."""

    leg: str
    sdp: bytes | None = None


class Confirmed(msgspec.Struct, frozen=True):
    """ACK came for the 200 of an inbound leg; `sdp` is the peer's answer when the INVITE had no offer."""

    leg: str
    sdp: bytes | None = None


class AckTimeout(msgspec.Struct, frozen=True):
    """No ACK within 32 s (RFC 3261 13.3.1.4). A BYE is on its way; `Ended(reason="timeout")` follows."""

    leg: str


class Progress(msgspec.Struct, frozen=True):
    """A provisional above 100 for an outbound leg. `to_tag` tells forks apart; `sdp` is early media, or None."""

    leg: str
    status: int
    sdp: bytes | None
    to_tag: str = ""
    headers: HeaderLines = ()


class Answered(msgspec.Struct, frozen=True):
    """The outbound leg was answered and ACK is sent.

    Attributes:
        leg: Key of the leg.
        sdp: The answer; or, when `needs_ack`, the peer's offer.
        response: The 200.
        needs_ack: The INVITE had no offer: ACK waits for `UserAgent.ack(leg, sdp)`, at most 10 s.
    """

    leg: str
    sdp: bytes | None
    response: Response
    needs_ack: bool = False


class Failed(msgspec.Struct, frozen=True):
    """The outbound leg came to nothing; it is gone.

    Attributes:
        leg: Key of the leg.
        status: 300-699; 408 for no answer at all, 503 for an unreachable peer, 487 after cancel.
        reason: Reason phrase.
        headers: Of the response (Contact of a redirect, Reason, Retry-After, Warning).
        crossed: The peer's 200 crossed our CANCEL; it was acknowledged and hung up.
    """

    leg: str
    status: int
    reason: str
    headers: HeaderLines = ()
    crossed: bool = False


class Ended(msgspec.Struct, frozen=True):
    """An established leg is over; it is gone.

    Attributes:
        leg: Key of the leg.
        reason: "bye": hung up by one side; "timeout": the peer is silent (no ACK, session timer, no response);
            "error": the dialog broke (481, no flow for a BYE).
        is_local: We hung up.
        q850: Cause from the BYE's Reason header, if any (RFC 3326).
        headers: The BYE's header lines.
    """

    leg: str
    reason: Literal["bye", "timeout", "error"]
    is_local: bool = False
    q850: int | None = None
    headers: HeaderLines = ()


class ReInviteReceived(msgspec.Struct, frozen=True):
    """The peer renegotiates; answer with accept_reinvite or reject_reinvite. `sdp` None asks us for an offer."""

    leg: str
    sdp: bytes | None
    method: Literal["INVITE", "UPDATE"] = "INVITE"


class ReInviteCancelled(msgspec.Struct, frozen=True):
    """The peer cancelled its re-INVITE, or it waited too long for our answer; the session stays as it was."""

    leg: str


class ReInviteConfirmed(msgspec.Struct, frozen=True):
    """ACK came for our 200 to a re-INVITE; `sdp` is the peer's answer when our 200 carried the offer."""

    leg: str
    sdp: bytes | None = None


class ReInviteAnswered(msgspec.Struct, frozen=True):
    """The peer accepted our re-INVITE or UPDATE; with `needs_ack` its `sdp` is an offer and `ack(leg, sdp)` is due."""

    leg: str
    sdp: bytes | None
    needs_ack: bool = False


class ReInviteFailed(msgspec.Struct, frozen=True):
    """The peer refused our re-INVITE or UPDATE; the session stays as it was."""

    leg: str
    status: int
    reason: str = ""


class InfoReceived(msgspec.Struct, frozen=True):
    """INFO in the dialog (DTMF and the like); 200 is sent."""

    leg: str
    content_type: str
    body: bytes


class ReferReceived(msgspec.Struct, frozen=True):
    """The peer asks us to call `refer_to`; answer with accept_refer or reject_refer.

    Attributes:
        leg: The leg that received REFER.
        refer_to: The URI, without its embedded headers.
        replaces: Value of the embedded Replaces header, unescaped (attended transfer), else None.
        replaces_leg: Our leg that it names, when there is one.
        referred_by: Referred-By header, else None.
    """

    leg: str
    refer_to: str
    replaces: str | None = None
    replaces_leg: str | None = None
    referred_by: str | None = None


class ReferAnswered(msgspec.Struct, frozen=True):
    """The peer's final answer to our REFER: 2xx means that it tries."""

    leg: str
    status: int


class ReferProgress(msgspec.Struct, frozen=True):
    """NOTIFY about our REFER (sipfrag): the status of the referred call so far."""

    leg: str
    status: int
    is_final: bool


class RegisterReceived(msgspec.Struct, frozen=True):
    """A REGISTER; answer with `reply(request_key, response)` within 30 s."""

    request_key: str
    request: Request
    flow: Flow


class FlowClosed(msgspec.Struct, frozen=True):
    """A connection is gone, and with it the way to the devices that registered over it."""

    connection_id: str


class OptionsAnswered(msgspec.Struct, frozen=True):
    """Outcome of `UserAgent.options`; status 408 or 503 when the peer is silent or unreachable."""

    key: str
    status: int
    rtt_ms: int


class RegistrationChanged(msgspec.Struct, frozen=True):
    """A registration that we keep at a trunk changed; after "failed" it is tried again by itself."""

    key: str
    state: Literal["registered", "failed", "unregistered"]
    status: int
    expires_s: int = 0


class DialogChanged(msgspec.Struct, frozen=True):
    """`snapshot(leg)` differs from before; journal it. Comes once per batch of events. Not sent for legs gone."""

    leg: str


Event = (
    InviteReceived
    | Cancelled
    | ReliableProgressAcknowledged
    | Confirmed
    | AckTimeout
    | Progress
    | Answered
    | Failed
    | Ended
    | ReInviteReceived
    | ReInviteCancelled
    | ReInviteConfirmed
    | ReInviteAnswered
    | ReInviteFailed
    | InfoReceived
    | ReferReceived
    | ReferAnswered
    | ReferProgress
    | RegisterReceived
    | FlowClosed
    | OptionsAnswered
    | RegistrationChanged
    | DialogChanged
)
