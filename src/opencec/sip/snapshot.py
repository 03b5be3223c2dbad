"""What must be journaled of a leg so that a new process carries its dialog on."""

from __future__ import annotations

from typing import Literal

import msgspec

from opencec.sip.flow import Destination, Flow

__all__ = ["DialogSnapshot", "SessionTimerState"]


class SessionTimerState(msgspec.Struct, frozen=True):
    """RFC 4028: negotiated interval in seconds and whether we refresh. The deadline restarts at restore."""

    interval_s: int
    is_local_refresher: bool
    min_se_s: int = 90


class DialogSnapshot(msgspec.Struct, frozen=True, omit_defaults=True):
    """One leg. Messages are kept as the bytes on the wire; liveness deadlines and secrets are not kept.

    Attributes:
        leg: Key of the leg.
        is_inbound: The peer sent the INVITE.
        phase: "ringing": no final answer; "answered": our 200 waits for its ACK; "confirmed".
        call_id: Call-ID.
        local: Our From/To value with tag.
        remote: The peer's From/To value, with tag once known.
        local_cseq: Last CSeq number we used; restore adds 100.
        remote_cseq: Last CSeq number of the peer, None when none came.
        route_set: Route values in the order in which they are sent.
        remote_target: The peer's Contact URI.
        contact: Our Contact value.
        flow: The path requests take, if it is an existing one.
        destination: The place requests go to otherwise.
        local_sdp: Last session description we sent.
        remote_sdp: Last session description of the peer.
        session_timer: Negotiated session timer.
        peer_methods: The peer's Allow.
        peer_supports: The peer's option tags.
        invite: The pending INVITE: unanswered server transaction, or our own to be retransmitted.
        last_response: Last response to `invite`; in phase "answered" the 200 to be retransmitted.
        last_ack: ACK for the peer's 200, sent again for each retransmission of it.
        ack_cseq: CSeq number of that ACK.
        rseq: Last RSeq used (RFC 3262).
        effect_id: Effect that opened an outbound leg.
        attempt: INVITEs sent so far (a digest challenge needs a second).
        is_cancelling: CANCEL is wanted.
        offer: The peer's re-INVITE that waits for our answer, or whose 200 waits for ACK.
        offer_response: Last response to it.
        offer_flow: Where its responses go.
        is_offer_answered: That response is the 200.
        expires_at: When the time that the INVITE gave for a final answer is over, ms; 0 = it gave none.
    """

    leg: str
    is_inbound: bool
    phase: Literal["ringing", "answered", "confirmed"]
    call_id: str
    local: str
    remote: str
    local_cseq: int
    contact: str
    remote_cseq: int | None = None
    route_set: tuple[str, ...] = ()
    remote_target: str = ""
    flow: Flow | None = None
    destination: Destination | None = None
    local_sdp: bytes | None = None
    remote_sdp: bytes | None = None
    session_timer: SessionTimerState | None = None
    peer_methods: tuple[str, ...] = ()
    peer_supports: tuple[str, ...] = ()
    invite: bytes | None = None
    last_response: bytes | None = None
    last_ack: bytes | None = None
    ack_cseq: int = 0
    rseq: int = 0
    effect_id: str = ""
    attempt: int = 0
    is_cancelling: bool = False
    offer: bytes | None = None
    offer_response: bytes | None = None
    offer_flow: Flow | None = None
    is_offer_answered: bool = False
    expires_at: int = 0
