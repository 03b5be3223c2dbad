"""Decides what a message is: a repetition, part of a dialog, or something new; and what is not served at all."""

from __future__ import annotations

from opencec.sip.dialog import Dialog
from opencec.sip.dialog_request import DialogRequest
from opencec.sip.errors import SipParseError
from opencec.sip.flow import Destination, Flow, is_reliable
from opencec.sip.hang_up import HangUp
from opencec.sip.invite_client import InviteClient
from opencec.sip.invite_server import InviteServer
from opencec.sip.leg import Leg, Phase
from opencec.sip.leg_events import FlowClosed, InfoReceived
from opencec.sip.message import Request, Response, respond
from opencec.sip.out_of_dialog import OutOfDialog, answer_options
from opencec.sip.referral import Referrals
from opencec.sip.renegotiation import Renegotiation
from opencec.sip.session_body import sdp_of
from opencec.sip.source_guard import SourceGuard
from opencec.sip.switchboard import ALLOW, SUPPORTED, Switchboard
from opencec.sip.transaction import Kind, State, Transaction
from opencec.sip.transaction_layer import connection_of, response_target
from opencec.sip.validation import check_request, check_response

__all__ = ["Reception"]

_METHODS = frozenset(ALLOW) | {"SUBSCRIBE"}


class Reception:
    """The way in."""

    def __init__(
        self,
        board: Switchboard,
        guard: SourceGuard | None,
        *,
        hang_up: HangUp,
        server: InviteServer,
        client: InviteClient,
        offers: Renegotiation,
        referrals: Referrals,
        outside: OutOfDialog,
    ) -> None:
        self._board = board
        self._guard = guard
        self._hang_up = hang_up
        self._server = server
        self._client = client
        self._offers = offers
        self._referrals = referrals
        self._outside = outside

    def receive(self, message: Request | Response, flow: Flow, now: int) -> None:
        """Take one message."""
        self._board.saw(flow)
        try:
            if isinstance(message, Response):
                self._receive_response(message, now)
            else:
                self._receive_request(message, flow, now)
        except SipParseError:
            # A header that is parsed only when needed was malformed; the parser checked those a reply is built of.
            if isinstance(message, Request) and message.method != "ACK":
                self._refuse_malformed(message, flow, now)

    def _refuse_malformed(self, request: Request, flow: Flow, now: int) -> None:
        transaction = self._board.transactions.find_server(request)
        if transaction is None:
            self._board.answer_statelessly(request, respond(request, 400), response_target(request, flow))
        else:
            self._board.answer(transaction, 400, now)

    # --- responses

    def _receive_response(self, response: Response, now: int) -> None:
        if not check_response(response) or self._board.transactions.take_response(response, now):
            return
        if response.is_success and response.cseq.method == "INVITE":
            leg = self._board.find(response.call_id, response.from_.tag)
            if leg is not None:
                self._client.take_stray(leg, response, now)

    # --- requests

    def _receive_request(self, request: Request, flow: Flow, now: int) -> None:
        _note_source(request, flow)
        transactions = self._board.transactions
        known = transactions.find_server(request)
        if known is not None:
            transactions.take_again(known, request, now)
            if request.method != "ACK" or known.kind is not Kind.INVITE_SERVER or known.is_refused:
                return
        if request.method == "ACK":
            self._receive_ack(request, now)
            return
        if known is None and self._is_admitted(request, flow, now):
            self._receive_new(request, flow, now)

    def _is_admitted(self, request: Request, flow: Flow, now: int) -> bool:
        """Overload and lock-out; requests within our dialogs always pass the guard."""
        source = flow.remote[0]
        is_known = self._board.find(request.call_id, request.to.tag) is not None
        guard = self._guard if not is_known and request.method != "CANCEL" else None
        if guard is not None and not guard.admits(source, now):
            return False
        if self._board.transactions.has_room(source) or (is_known and request.method == "BYE"):
            return True
        retry_after = ("Retry-After", str(self._board.settings.retry_after_s))
        response = respond(request, 503, headers=[retry_after])
        self._board.answer_statelessly(request, response, response_target(request, flow))
        return False

    def _receive_new(self, request: Request, flow: Flow, now: int) -> None:
        board = self._board
        is_merged = request.method == "INVITE" and not request.to.tag and board.transactions.is_merged(request)
        transaction = board.transactions.open_server(request, flow, now)
        if request.method == "CANCEL":
            self._receive_cancel(request, transaction, now)
            return
        rejection = check_request(request, methods=_METHODS, extensions=SUPPORTED)
        if rejection is not None:
            board.answer(transaction, rejection.status, now, reason=rejection.reason, headers=rejection.headers)
        elif is_merged:
            board.answer(transaction, 482, now)
        elif request.to.tag:
            self._receive_in_dialog(request, flow, transaction, now)
        else:
            self._receive_outside(request, flow, transaction, now)

    def _receive_outside(self, request: Request, flow: Flow, transaction: Transaction, now: int) -> None:
        board = self._board
        match request.method:
            case "INVITE":
                self._server.receive(request, flow, transaction, now)
            case "REGISTER":
                self._outside.receive_register(request, flow, transaction, now)
            case "OPTIONS":
                answer_options(board, transaction, now)
            case "SUBSCRIBE":
                board.answer(transaction, 489, now, headers=[("Allow-Events", "refer")])
            case "REFER":
                board.answer(transaction, 403, now)
            case _:
                board.answer(transaction, 481, now)

    def _receive_cancel(self, request: Request, transaction: Transaction, now: int) -> None:
        invite = self._board.transactions.find_cancelled(request)
        if invite is None:
            self._board.answer(transaction, 481, now)
            return
        leg = self._server.take_cancel(request, transaction, invite, now)
        if leg is not None:
            self._offers.take_cancel(leg, invite, now)

    def _receive_ack(self, request: Request, now: int) -> None:
        leg = self._board.find(request.call_id, request.to.tag)
        if leg is None or not self._server.take_ack(leg, request, now):
            if leg is not None:
                self._offers.take_ack(leg, request, now)
        elif leg.phase is Phase.CONFIRMED:
            self._offers.go_on(leg, now)

    # --- within dialogs

    def _receive_in_dialog(self, request: Request, flow: Flow, transaction: Transaction, now: int) -> None:
        board = self._board
        leg = board.find(request.call_id, request.to.tag)
        dialog = self._dialog_of(leg, request)
        if leg is None or dialog is None:
            if request.method == "OPTIONS":
                answer_options(board, transaction, now)
            else:
                board.answer(transaction, 481, now)
            return
        if not dialog.takes(request):
            board.answer(transaction, 500, now, headers=[("Retry-After", "0")])
            return
        board.changed(leg)
        if is_reliable(flow) and leg.flow != flow and dialog is leg.dialog:
            self.retarget(leg, flow, now)
        if request.method == "BYE":
            self._receive_bye(leg, request, transaction, now)
        elif leg.phase is Phase.ENDING:
            board.answer(transaction, 481, now)
        else:
            self._serve(leg, request, flow, transaction, now)

    def _dialog_of(self, leg: Leg | None, request: Request) -> Dialog | None:
        """The dialog a request belongs to: the leg's, or an early one of a forked call."""
        tag = request.from_.tag or ""
        if leg is None:
            return None
        if leg.dialog is not None and leg.dialog.remote_tag == tag:
            return leg.dialog
        return leg.call.early.get(tag) if leg.call is not None else None

    def _receive_bye(self, leg: Leg, request: Request, transaction: Transaction, now: int) -> None:
        if leg.is_established:
            self._hang_up.take_bye(leg, request, transaction, now)
        elif leg.is_inbound:
            self._server.take_early_bye(leg, request, transaction, now)
        else:
            self._board.answer(transaction, 481, now)

    def _serve(self, leg: Leg, request: Request, flow: Flow, transaction: Transaction, now: int) -> None:
        board = self._board
        match request.method:
            case "INVITE":
                self._reinvited(leg, request, flow, transaction, now)
            case "UPDATE":
                self._updated(leg, request, flow, transaction, now)
            case "PRACK":
                self._server.take_prack(leg, request, transaction, now)
            case "INFO":
                board.answer(transaction, 200, now)
                kind = request.headers.get("Content-Type") or ""
                board.emit(InfoReceived(leg=leg.key, content_type=kind, body=request.body))
            case "OPTIONS":
                answer_options(board, transaction, now)
            case "NOTIFY":
                self._referrals.take_notify(leg, request, transaction, now)
            case "REFER" if leg.is_established:
                self._referrals.receive(leg, request, transaction, now)
            case "SUBSCRIBE":
                board.answer(transaction, 489, now, headers=[("Allow-Events", "refer")])
            case _:
                board.answer(transaction, 403, now)

    def _reinvited(self, leg: Leg, request: Request, flow: Flow, transaction: Transaction, now: int) -> None:
        if leg.phase is Phase.ANSWERED and leg.is_inbound and leg.invite is not None and sdp_of(leg.invite):
            # It overtook its ACK on the way; the offer and answer are complete, so the session stands (RFC 5407 3.1.4).
            self._server.confirm(leg, None, now)
        if leg.phase is not Phase.CONFIRMED:
            self._board.answer(transaction, 491 if leg.is_established else 500, now, headers=[("Retry-After", "2")])
            return
        self._offers.receive(leg, request, flow, transaction, now)

    def _updated(self, leg: Leg, request: Request, flow: Flow, transaction: Transaction, now: int) -> None:
        """UPDATE; with SDP it must wait until the first offer has its answer (RFC 3311 5.2)."""
        if leg.phase is Phase.RINGING and sdp_of(request) is not None and not (leg.local_sdp and leg.remote_sdp):
            self._board.answer(transaction, 491 if not leg.is_inbound else 500, now, headers=[("Retry-After", "2")])
            return
        self._offers.receive(leg, request, flow, transaction, now)

    def send_info(self, leg: Leg, content_type: str, body: bytes, now: int) -> None:
        """INFO of ours; only a broken dialog matters of its outcome."""
        DialogRequest(
            self._board,
            leg,
            "INFO",
            lambda _response, status, at: self._info_done(leg, status, at),
            headers=[("Content-Type", content_type)],
            body=body,
        ).send(now)

    def _info_done(self, leg: Leg, status: int, now: int) -> None:
        if self._board.legs.get(leg.key) is leg:
            self._hang_up.dialog_failed(leg, status, now)

    # --- flows

    def flow_closed(self, connection_id: str, now: int) -> None:
        """A connection is gone."""
        board = self._board
        board.lost(connection_id)
        board.emit(FlowClosed(connection_id))
        for transaction in board.transactions.on_connection(connection_id):
            leg = board.legs.get(transaction.leg)
            if leg is None:
                if transaction.kind in (Kind.CLIENT, Kind.INVITE_CLIENT):
                    board.transactions.give_up(transaction, now)
                continue
            target = board.hop(leg)
            if target is not None:
                board.transactions.retarget(transaction, target)
            else:
                leg.stranded.append(transaction)
                board.start_flow_wait(leg, now)

    def destination_closed(self, destination: Destination, now: int) -> None:
        """A connection that we opened is gone: requests without any response fail; others may be answered anew."""
        transactions = self._board.transactions
        for transaction in transactions.on_connection(connection_of(destination)):
            if transaction.state in (State.CALLING, State.TRYING):
                transactions.give_up(transaction, now)

    def retarget(self, leg: Leg, flow: Flow, now: int) -> None:
        """The leg goes on over another flow."""
        board = self._board
        board.saw(flow)
        leg.flow = flow
        board.timers.cancel(("flow", leg.key))
        stranded, leg.stranded = leg.stranded, []
        for transaction in stranded:
            board.transactions.retarget(transaction, flow)
        board.changed(leg)
        board.run_waiting(leg, now)


def _note_source(request: Request, flow: Flow) -> None:
    """Write where the request came from into its top Via (RFC 3261 18.2.1, RFC 3581 4)."""
    via = request.top_via
    host, port = flow.remote
    params: dict[str, str | None] = {}
    if via.wants_rport:
        params["rport"] = str(port)
    if via.wants_rport or via.host.strip("[]").lower() != host.lower():
        params["received"] = host
    if all(via.params.get(name) == value for name, value in params.items()):
        return
    others = request.headers.all("Via")[1:]
    request.headers.set("Via", str(via.with_params(**params)))
    for other in others:
        request.headers.add("Via", other)
