"""re-INVITE and UPDATE in both directions, one at a time, with glare (RFC 3261 14, RFC 3311)."""

from __future__ import annotations

from opencec.sip.derived_requests import cancel_for
from opencec.sip.dialog_request import DialogRequest, send_ack
from opencec.sip.flow import Flow
from opencec.sip.hang_up import HangUp
from opencec.sip.leg import Leg, Offering, Phase, note_abilities
from opencec.sip.leg_events import (
    AckTimeout,
    ReInviteAnswered,
    ReInviteCancelled,
    ReInviteConfirmed,
    ReInviteFailed,
    ReInviteReceived,
)
from opencec.sip.limits import delta_seconds
from opencec.sip.message import Request, Response
from opencec.sip.reasons import reason_phrase
from opencec.sip.session_body import SDP_TYPE, sdp_of
from opencec.sip.session_timer import SessionTimers
from opencec.sip.snapshot import SessionTimerState
from opencec.sip.switchboard import Switchboard
from opencec.sip.timers import T1_MS, T2_MS, TIMEOUT_MS
from opencec.sip.transaction import Transaction

__all__ = ["Renegotiation"]

_MAX_RETRIES = 6
_ANSWER_WAIT_MS = 10_000


class Renegotiation:
    """Changes of an established session."""

    def __init__(self, board: Switchboard, hang_up: HangUp, timers: SessionTimers) -> None:
        self._board = board
        self._hang_up = hang_up
        self._session = timers
        timers.refresh = self._refresh

    # --- ours

    def offer(self, leg: Leg, offering: Offering, now: int) -> bool:
        """Send a renegotiation, or keep it as the next one while another runs."""
        if leg.phase is not Phase.CONFIRMED and not (leg.phase is Phase.ANSWERED and leg.is_inbound):
            return False
        if leg.offering is not None or leg.phase is Phase.ANSWERED:
            leg.next_offering = offering
            return True
        if offering.method == "UPDATE" and "UPDATE" not in leg.peer_methods:
            offering.method = "INVITE"
        if offering.method == "INVITE" and offering.is_refresh and offering.sdp is None:
            offering.sdp = leg.local_sdp  # a refresh must not change the session (RFC 4028 7.4)
        leg.offering = offering
        lines = [*self._board.session_lines(leg), *self._session.request_lines(leg), *offering.headers]
        if offering.sdp:
            lines.append(("Content-Type", SDP_TYPE))
        DialogRequest(
            self._board,
            leg,
            offering.method,
            lambda response, status, at: self._finished(leg, offering, response, status, at),
            headers=lines,
            body=offering.sdp or b"",
            on_sent=lambda transaction: self._sent(offering, transaction),
        ).send(now)
        if offering.method == "INVITE":
            limit = now + self._board.settings.answer_limit_ms + self._board.settings.flow_wait_ms
            self._board.timers.set(("offer", leg.key), limit, lambda at: self._unanswered(leg, offering, at))
        return True

    def _sent(self, offering: Offering, transaction: Transaction) -> None:
        offering.transaction = transaction
        offering.cseq = transaction.request.cseq.number

    def _unanswered(self, leg: Leg, offering: Offering, now: int) -> None:
        """The peer says 100 and nothing more: cancel, and give up when that does not help either."""
        transaction = offering.transaction
        if leg.offering is not offering or transaction is None or offering.is_answered:
            return
        self._board.transactions.open_client(
            cancel_for(transaction.request),
            transaction.target,
            now,
            on_response=lambda _response, _now: None,
            on_give_up=lambda _status, _now: None,
            leg=leg.key,
        )
        self._board.abandon(transaction, now)

    def _refresh(self, leg: Leg, now: int) -> None:
        if leg.offering is None:
            self.offer(leg, Offering("UPDATE", is_ours=True, is_refresh=True), now)

    def _finished(self, leg: Leg, offering: Offering, response: Response | None, status: int, now: int) -> None:
        is_alive = self._board.legs.get(leg.key) is leg and leg.offering is offering
        if response is not None and response.is_success:
            self._accepted(leg, offering, response, now, is_alive=is_alive)
            return
        if not is_alive:
            return
        leg.offering = None
        self._board.timers.cancel(("offer", leg.key))
        pause_ms = self._pause_ms(leg, response, status)
        if pause_ms is not None and offering.retries < _MAX_RETRIES:
            self._retry(leg, offering, now, pause_ms)
            return
        if response is not None and status == 422 and self._lengthen(leg, offering, response):
            self.offer(leg, offering, now)
            return
        if self._hang_up.dialog_failed(leg, status, now):
            return
        if not offering.is_refresh:
            reason = response.reason if response is not None else reason_phrase(status)
            self._board.emit(ReInviteFailed(leg=leg.key, status=status, reason=reason))
        self._next(leg, now)

    def _accepted(self, leg: Leg, offering: Offering, response: Response, now: int, *, is_alive: bool) -> None:
        sdp = sdp_of(response)
        needs_ack = is_alive and offering.method == "INVITE" and offering.sdp is None and sdp is not None
        if is_alive:
            assert leg.dialog is not None
            leg.dialog.refresh_target(response)
            note_abilities(leg, response)
            is_news = not offering.is_refresh or (sdp is not None and sdp != leg.remote_sdp)
            leg.local_sdp = offering.sdp or leg.local_sdp
            leg.remote_sdp = sdp or leg.remote_sdp
            self._session.settle(leg, response, now)
            if is_news:
                self._board.emit(ReInviteAnswered(leg=leg.key, sdp=sdp, needs_ack=needs_ack))
            self._board.changed(leg)
        if needs_ack:
            offering.is_answered = True
            self._board.timers.set(
                ("offer", leg.key), now + _ANSWER_WAIT_MS, lambda at: self._hang_up.bye(leg, at, why="error")
            )
            return
        if is_alive:
            self._board.timers.cancel(("offer", leg.key))
        if offering.method == "INVITE" and leg.dialog is not None:
            send_ack(self._board, leg, cseq=response.cseq.number, sdp=None)
        if is_alive:
            leg.offering = None
            self._next(leg, now)

    def ack(self, leg: Leg, sdp: bytes | None, now: int) -> bool:
        """Answer the offer of the peer's 200 in the ACK."""
        offering = leg.offering
        if offering is None or not offering.is_ours or not offering.is_answered:
            return False
        self._board.timers.cancel(("offer", leg.key))
        leg.local_sdp = sdp or leg.local_sdp
        leg.offering = None
        send_ack(self._board, leg, cseq=offering.cseq, sdp=sdp)
        self._next(leg, now)
        return True

    def _pause_ms(self, leg: Leg, response: Response | None, status: int) -> int | None:
        """How long to wait before another try; None when there is none.

        After 491 the owner of the Call-ID waits 2.1-4 s, the other 0-2 s, in steps of 10 ms (RFC 3261 14.1); after 500
        whoever overtook its own last offer waits as told (14.2).
        """
        if status == 491:
            draw = int(self._board.tokens()[-6:], 36)
            return 10 * (draw % 201) if leg.is_inbound else 2_100 + 10 * (draw % 191)
        if status == 500 and response is not None:
            seconds = delta_seconds(response.headers.get("Retry-After"))
            return seconds * 1000 if seconds is not None and seconds <= 10 else None
        return None

    def _retry(self, leg: Leg, offering: Offering, now: int, wait_ms: int) -> None:
        offering.retries += 1
        offering.transaction = None

        def again(at: int) -> None:
            # A newer wish of the owner stands in for this one.
            wanted, leg.next_offering = leg.next_offering or offering, None
            if leg.offering is None:
                self.offer(leg, wanted, at)
            else:
                leg.next_offering = wanted

        self._board.timers.set(("glare", leg.key), now + wait_ms, again)

    def _lengthen(self, leg: Leg, offering: Offering, response: Response) -> bool:
        least = delta_seconds(response.headers.get("Min-SE"))
        state = leg.session_timer
        if not least or least > 86_400 or offering.retries >= _MAX_RETRIES:
            return False
        offering.retries += 1
        is_local = state.is_local_refresher if state is not None else True
        leg.session_timer = SessionTimerState(interval_s=least, is_local_refresher=is_local, min_se_s=least)
        return True

    def _next(self, leg: Leg, now: int) -> None:
        if ("glare", leg.key) in self._board.timers:
            return
        wanted, leg.next_offering = leg.next_offering, None
        if wanted is not None and leg.offering is None:
            self.offer(leg, wanted, now)

    def go_on(self, leg: Leg, now: int) -> None:
        """The leg was confirmed: send what waited for that."""
        self._next(leg, now)

    # --- the peer's

    def receive(self, leg: Leg, request: Request, flow: Flow, transaction: Transaction, now: int) -> None:
        """Take a re-INVITE or UPDATE whose CSeq is in order."""
        board, sdp = self._board, sdp_of(request)
        if request.method == "INVITE":
            board.answer(transaction, 100, now)
        if self._session.is_too_small(request):
            board.answer(transaction, 422, now, headers=[("Min-SE", str(board.settings.min_se_s))])
            return
        if request.method == "UPDATE" and sdp is None:
            self._refreshed(leg, request, transaction, now)
            return
        if leg.offering is not None:
            self._glare(leg, leg.offering, transaction, now)
            return
        assert leg.dialog is not None
        transaction.leg = leg.key
        leg.dialog.refresh_target(request)
        note_abilities(leg, request)
        leg.offering = Offering(
            request.method, is_ours=False, sdp=sdp, transaction=transaction, cseq=request.cseq.number
        )
        self._await_answer(leg, now)
        board.emit(ReInviteReceived(leg=leg.key, sdp=sdp, method="UPDATE" if request.method == "UPDATE" else "INVITE"))
        board.changed(leg)

    def _glare(self, leg: Leg, offering: Offering, transaction: Transaction, now: int) -> None:
        """491 while ours runs; 500 with Retry-After while the peer's last one is not answered (RFC 3261 14.2)."""
        if offering.is_ours or offering.is_answered:
            self._board.answer(transaction, 491, now)
        else:
            seconds = str(int(self._board.tokens()[:4], 36) % 11)
            self._board.answer(transaction, 500, now, headers=[("Retry-After", seconds)])

    def _refreshed(self, leg: Leg, request: Request, transaction: Transaction, now: int) -> None:
        """UPDATE without SDP: only session timer and target (RFC 4028 7.4)."""
        assert leg.dialog is not None
        leg.dialog.refresh_target(request)
        lines = self._board.session_lines(leg)
        if leg.is_established:
            lines += self._session.serve(leg, request)
            self._session.start(leg, now)
        self._board.answer(transaction, 200, now, headers=lines)
        self._board.changed(leg)

    def accept(self, leg: Leg, sdp: bytes | None, now: int) -> bool:
        """Answer the peer's renegotiation with 200; that of a re-INVITE is repeated until ACK."""
        offering = self._open(leg)
        if offering is None or offering.transaction is None:
            return False
        board, request = self._board, offering.transaction.request
        board.timers.cancel(("offer", leg.key))
        lines = [*board.session_lines(leg), *self._session.serve(leg, request)]
        offering.final = board.answer(offering.transaction, 200, now, headers=lines, sdp=sdp)
        leg.local_sdp = sdp or leg.local_sdp
        leg.remote_sdp = offering.sdp or leg.remote_sdp
        self._session.start(leg, now)
        if offering.method == "INVITE":
            offering.is_answered = True
            self._repeat_final(leg, offering, now, interval_ms=T1_MS, until=now + TIMEOUT_MS)
        else:
            leg.offering = None
            self._next(leg, now)
        board.changed(leg)
        return True

    def resume(self, leg: Leg, transaction: Transaction, now: int) -> None:
        """After a restart: the peer's re-INVITE still waits for our answer, or our 200 for its ACK."""
        request = transaction.request
        leg.offering = Offering(
            "INVITE", is_ours=False, sdp=sdp_of(request), transaction=transaction, cseq=request.cseq.number
        )
        if transaction.is_answered:
            leg.offering.is_answered, leg.offering.final = True, transaction.message
            self._board.send(transaction.message, transaction.target)
            self._repeat_final(leg, leg.offering, now, interval_ms=T1_MS, until=now + TIMEOUT_MS)
        else:
            self._await_answer(leg, now)

    def _await_answer(self, leg: Leg, now: int) -> None:
        limit = now + self._board.settings.answer_limit_ms
        self._board.timers.set(("offer", leg.key), limit, lambda at: self._abandon(leg, 500, at))

    def _repeat_final(self, leg: Leg, offering: Offering, now: int, *, interval_ms: int, until: int) -> None:
        def repeat(at: int) -> None:
            if leg.offering is not offering or offering.transaction is None:
                return
            if at >= until:
                self._board.emit(AckTimeout(leg=leg.key))
                self._hang_up.bye(leg, at, why="timeout")
                return
            self._board.send(offering.final, offering.transaction.target)
            self._repeat_final(leg, offering, at, interval_ms=min(2 * interval_ms, T2_MS), until=until)

        self._board.timers.set(("offer 2xx", leg.key), min(now + interval_ms, until), repeat)

    def reject(self, leg: Leg, status: int, now: int) -> bool:
        """Refuse the peer's renegotiation; the session stays as it was."""
        offering = self._open(leg)
        if offering is None or offering.transaction is None:
            return False
        self._board.timers.cancel(("offer", leg.key))
        self._board.answer(offering.transaction, status, now)
        leg.offering = None
        self._board.changed(leg)
        self._next(leg, now)
        return True

    def take_ack(self, leg: Leg, ack: Request, now: int) -> None:
        """ACK for our 200 to a re-INVITE."""
        offering = leg.offering
        if offering is None or offering.is_ours or not offering.is_answered or offering.cseq != ack.cseq.number:
            return
        self._board.timers.cancel(("offer 2xx", leg.key))
        sdp = sdp_of(ack) if offering.sdp is None else None
        leg.remote_sdp = sdp or leg.remote_sdp
        leg.offering = None
        self._board.emit(ReInviteConfirmed(leg=leg.key, sdp=sdp))
        self._board.changed(leg)
        self._next(leg, now)

    def take_cancel(self, leg: Leg, invite: Transaction, now: int) -> None:
        """CANCEL for a re-INVITE."""
        offering = self._open(leg)
        if offering is not None and offering.transaction is invite:
            self._abandon(leg, 487, now)

    def _abandon(self, leg: Leg, status: int, now: int) -> None:
        if self._open(leg) is not None:
            self._board.emit(ReInviteCancelled(leg=leg.key))
            self.reject(leg, status, now)

    def _open(self, leg: Leg) -> Offering | None:
        """The peer's renegotiation that has no answer yet."""
        offering = leg.offering
        return offering if offering is not None and not offering.is_ours and not offering.is_answered else None
