"""Snapshots of legs and carrying them on in a new process."""

from __future__ import annotations

from typing import TypedDict

from opencec.sip.dialog import Dialog, tag_of
from opencec.sip.errors import SipError, SipParseError
from opencec.sip.flow import Flow, Target
from opencec.sip.headers import Headers
from opencec.sip.invite_client import InviteClient
from opencec.sip.invite_server import InviteServer
from opencec.sip.leg import Leg, OutboundCall, Phase
from opencec.sip.message import Request, Response, serialize
from opencec.sip.parse import parse_message
from opencec.sip.renegotiation import Renegotiation
from opencec.sip.session_timer import SessionTimers
from opencec.sip.snapshot import DialogSnapshot
from opencec.sip.switchboard import Switchboard
from opencec.sip.transaction_layer import response_target
from opencec.sip.user_agent_settings import Login

__all__ = ["CSEQ_JUMP", "Restart", "SnapshotError"]

CSEQ_JUMP = 100
"""Added to the local CSeq at restore: requests sent after the last journaled snapshot used some numbers."""

_PHASES = {
    Phase.RINGING: "ringing",
    Phase.ANSWERED: "answered",
    Phase.CONFIRMED: "confirmed",
    Phase.ENDING: "confirmed",
}


class SnapshotError(SipError):
    """A snapshot cannot be carried on."""


class Restart:
    """Makes and reads snapshots."""

    def __init__(
        self,
        board: Switchboard,
        *,
        server: InviteServer,
        client: InviteClient,
        offers: Renegotiation,
        timers: SessionTimers,
    ) -> None:
        self._board = board
        self._offers = offers
        self._server = server
        self._client = client
        self._session = timers

    def snapshot(self, leg: Leg) -> DialogSnapshot:
        """What to journal of a leg."""
        dialog = leg.dialog
        call = leg.call
        is_open = leg.phase in (Phase.RINGING, Phase.ANSWERED)
        invite = leg.invite if leg.is_inbound and is_open else None
        if not leg.is_inbound and call is not None and is_open:
            invite = leg.client.request if leg.client is not None else call.request
        response = leg.server.message if leg.is_inbound and invite is not None and leg.server is not None else b""
        if leg.phase is Phase.ANSWERED and not leg.is_inbound and leg.answer is not None:
            response = serialize(leg.answer)
        return DialogSnapshot(
            leg=leg.key,
            is_inbound=leg.is_inbound,
            phase=_PHASES[leg.phase],  # type: ignore[arg-type]
            call_id=leg.call_id,
            local=dialog.local if dialog else _header(invite, "From"),
            remote=dialog.remote if dialog else _header(invite, "To"),
            local_cseq=dialog.local_cseq if dialog else (call.attempt if call else 0),
            contact=leg.contact,
            remote_cseq=dialog.remote_cseq if dialog else None,
            route_set=dialog.route_set if dialog else (),
            remote_target=dialog.remote_target if dialog else "",
            flow=leg.flow,
            destination=leg.destination,
            local_sdp=leg.local_sdp,
            remote_sdp=leg.remote_sdp,
            session_timer=leg.session_timer,
            peer_methods=tuple(sorted(leg.peer_methods)),
            peer_supports=tuple(sorted(leg.peer_supports)),
            invite=serialize(invite) if invite is not None else None,
            last_response=response or None,
            last_ack=leg.ack or None,
            ack_cseq=leg.ack_cseq,
            rseq=leg.rseq,
            effect_id=call.effect_id if call else "",
            attempt=call.attempt if call else 0,
            is_cancelling=call.is_cancelling if call else False,
            expires_at=leg.expires_at if leg.phase is Phase.RINGING else 0,
            **_offer_of(leg),
        )

    def restore(self, snapshot: DialogSnapshot, now: int, login: Login | None) -> bool:
        """Carry a leg on; False when it is here already.

        Raises:
            SnapshotError: The messages in it cannot be read.
        """
        if snapshot.leg in self._board.legs:
            return False
        leg = Leg(
            key=snapshot.leg,
            is_inbound=snapshot.is_inbound,
            call_id=snapshot.call_id,
            local_tag=tag_of(snapshot.local),
            contact=snapshot.contact,
            phase=Phase(snapshot.phase),
            flow=snapshot.flow,
            destination=snapshot.destination,
            local_sdp=snapshot.local_sdp,
            remote_sdp=snapshot.remote_sdp,
            session_timer=snapshot.session_timer,
            peer_methods=frozenset(snapshot.peer_methods),
            peer_supports=frozenset(snapshot.peer_supports),
            credentials=login,
            ack=snapshot.last_ack or b"",
            ack_cseq=snapshot.ack_cseq,
            rseq=snapshot.rseq,
            expires_at=snapshot.expires_at,
        )
        if tag_of(snapshot.remote) or snapshot.is_inbound or leg.is_established:
            leg.dialog = _dialog_of(snapshot)
        self._resume(leg, snapshot, now)
        return True

    def _resume(self, leg: Leg, snapshot: DialogSnapshot, now: int) -> None:
        invite = _parsed_request(snapshot.invite) if snapshot.invite else None
        if not leg.is_inbound and snapshot.effect_id:
            target: Target | None = leg.flow or leg.destination
            if target is None:
                raise SnapshotError("sip.snapshot.target", "Outbound leg without flow and destination")
            request = invite or Request("INVITE", snapshot.remote_target, Headers())
            leg.call = OutboundCall(snapshot.effect_id, request, target, credentials=leg.credentials)
            leg.call.attempt, leg.call.is_cancelling = max(snapshot.attempt, 1), snapshot.is_cancelling
        if leg.phase is Phase.CONFIRMED:
            self._board.add(leg)
            self._session.start(leg, now)
            self._resume_offer(leg, snapshot, now)
        elif leg.is_inbound:
            self._resume_server(leg, invite, snapshot, now)
        else:
            self._resume_client(leg, snapshot, now)

    def _resume_server(self, leg: Leg, invite: Request | None, snapshot: DialogSnapshot, now: int) -> None:
        if invite is None or leg.flow is None:
            raise SnapshotError("sip.snapshot.invite", "Inbound leg without its INVITE")
        self._board.add(leg)
        leg.invite = invite
        leg.server = self._board.transactions.resume_server(
            invite,
            response_target(invite, leg.flow),
            snapshot.last_response or b"",
            now,
            is_accepted=leg.phase is Phase.ANSWERED,
        )
        leg.server.leg = leg.key
        if not self._board.is_live(leg.server.target):
            leg.stranded.append(leg.server)
        if leg.phase is Phase.RINGING:
            self._server.await_expiry(leg)
        if leg.phase is Phase.ANSWERED:
            leg.final = snapshot.last_response or b""
            self._board.send(leg.final, leg.server.target)
            self._server.repeat_final(leg, now)
            self._session.start(leg, now)

    def _resume_offer(self, leg: Leg, snapshot: DialogSnapshot, now: int) -> None:
        if snapshot.offer is None or snapshot.offer_flow is None:
            return
        transaction = self._board.transactions.resume_server(
            _parsed_request(snapshot.offer),
            snapshot.offer_flow,
            snapshot.offer_response or b"",
            now,
            is_accepted=snapshot.is_offer_answered,
        )
        transaction.leg = leg.key
        if not self._board.is_live(transaction.target):
            leg.stranded.append(transaction)
        self._offers.resume(leg, transaction, now)

    def _resume_client(self, leg: Leg, snapshot: DialogSnapshot, now: int) -> None:
        """An unanswered INVITE goes out again: for the peer it is a retransmission (RFC 3261 17.2.3)."""
        self._board.add(leg)
        if leg.phase is Phase.ANSWERED and snapshot.last_response:
            leg.answer = _parsed_response(snapshot.last_response)
            self._client.await_ack(leg, now)
            return
        self._client.start(leg, now)


class _Offer(TypedDict, total=False):
    offer: bytes
    offer_response: bytes
    offer_flow: Flow
    is_offer_answered: bool


def _offer_of(leg: Leg) -> _Offer:
    """The peer's re-INVITE under way. An UPDATE is left out: repeated after a restart it gets 500 and is tried anew."""
    offering = leg.offering
    if offering is None or offering.is_ours or offering.method != "INVITE" or offering.transaction is None:
        return {}
    transaction = offering.transaction
    if not isinstance(transaction.target, Flow):
        return {}
    return {
        "offer": serialize(transaction.request),
        "offer_response": transaction.message,
        "offer_flow": transaction.target,
        "is_offer_answered": offering.is_answered,
    }


def _header(message: Request | None, name: str) -> str:
    return (message.headers.get(name) or "") if message is not None else ""


def _parsed_request(data: bytes) -> Request:
    message = _parsed(data)
    if not isinstance(message, Request):
        raise SnapshotError("sip.snapshot.message", "A request was expected")
    return message


def _parsed_response(data: bytes) -> Response:
    message = _parsed(data)
    if not isinstance(message, Response):
        raise SnapshotError("sip.snapshot.message", "A response was expected")
    return message


def _parsed(data: bytes) -> Request | Response:
    try:
        return parse_message(data)
    except SipParseError as error:
        raise SnapshotError("sip.snapshot.message", error.reason) from error


def _dialog_of(snapshot: DialogSnapshot) -> Dialog:
    return Dialog(
        call_id=snapshot.call_id,
        local=snapshot.local,
        remote=snapshot.remote,
        local_tag=tag_of(snapshot.local),
        remote_tag=tag_of(snapshot.remote),
        contact=snapshot.contact,
        remote_target=snapshot.remote_target,
        route_set=snapshot.route_set,
        local_cseq=snapshot.local_cseq + CSEQ_JUMP,
        remote_cseq=snapshot.remote_cseq,
    )
