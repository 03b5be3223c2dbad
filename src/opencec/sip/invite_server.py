"""Inbound legs until they are established: INVITE, reliable provisionals, 200 until ACK, CANCEL."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from opencec.sip.derived_requests import derive, header_lines
from opencec.sip.dialog import Dialog
from opencec.sip.flow import Flow
from opencec.sip.hang_up import HangUp
from opencec.sip.leg import Leg, Phase, Unanswered, note_abilities
from opencec.sip.leg_events import (
    AckTimeout,
    Cancelled,
    Confirmed,
    InviteReceived,
    ReliableProgressAcknowledged,
)
from opencec.sip.limits import delta_seconds
from opencec.sip.message import Request
from opencec.sip.replaces import find_replaced
from opencec.sip.session_body import sdp_of
from opencec.sip.session_timer import SessionTimers
from opencec.sip.switchboard import Switchboard
from opencec.sip.timers import T1_MS, T2_MS, TIMEOUT_MS
from opencec.sip.transaction import Transaction

__all__ = ["InviteServer"]

HeaderList = Sequence[tuple[str, str]]
_MINUTE_MS = 60_000


class InviteServer:
    """The UAS side of INVITE.

    Args:
        board: The shared parts.
        hang_up: Ends legs.
        timers: Session timers.
        leg_key: Names a new leg.
    """

    def __init__(
        self, board: Switchboard, hang_up: HangUp, timers: SessionTimers, leg_key: Callable[[Request], str]
    ) -> None:
        self._board = board
        self._hang_up = hang_up
        self._session = timers
        self._leg_key = leg_key

    # --- the INVITE

    def receive(self, request: Request, flow: Flow, transaction: Transaction, now: int) -> None:
        """Take a new INVITE: 100, then the owner decides."""
        board = self._board
        board.answer(transaction, 100, now)
        if self._session.is_too_small(request):
            board.answer(transaction, 422, now, headers=[("Min-SE", str(board.settings.min_se_s))])
            return
        status, replaced = find_replaced(board, request.headers.all("Replaces"))
        if status:
            board.answer(transaction, status, now)
            return
        key = self._leg_key(request)
        if key in board.legs:
            board.answer(transaction, 482, now)
            return
        tag = derive("tag", request.call_id, *transaction.key)[:16]
        contact = board.contact(flow, _user_of(request))
        leg = Leg(key=key, is_inbound=True, call_id=request.call_id, local_tag=tag, contact=contact)
        leg.dialog = Dialog.of_server(request, tag, contact)
        leg.flow = flow
        leg.invite, leg.server = request, transaction
        transaction.leg = key
        leg.remote_sdp = sdp_of(request)
        note_abilities(leg, request)
        board.add(leg)
        board.emit(InviteReceived(leg=key, request=request, flow=flow, replaces=replaced.key if replaced else None))
        seconds = delta_seconds(request.headers.get("Expires"))
        if seconds:
            leg.expires_at = now + seconds * 1000
            self.await_expiry(leg)
        board.changed(leg)

    # --- answers of the owner

    def provisional(
        self, leg: Leg, status: int, now: int, *, sdp: bytes | None, reliable: bool, headers: HeaderList
    ) -> bool:
        """Send a 1xx; one that must be acknowledged waits for the one before it (RFC 3262 3)."""
        if not leg.is_inbound or leg.phase is not Phase.RINGING or leg.server is None:
            return False
        is_reliable = "100rel-required" in leg.peer_supports or (reliable and "100rel" in leg.peer_supports)
        if is_reliable and leg.reliable is not None:
            leg.after_prack.append(
                lambda at: self._send_provisional(leg, status, at, sdp=sdp, reliable=True, headers=headers)
            )
            return True
        self._send_provisional(leg, status, now, sdp=sdp, reliable=is_reliable, headers=headers)
        return True

    def _send_provisional(
        self, leg: Leg, status: int, now: int, *, sdp: bytes | None, reliable: bool, headers: HeaderList
    ) -> None:
        if leg.phase is not Phase.RINGING or leg.server is None:
            return
        lines = [*self._board.session_lines(leg), *headers]
        if reliable:
            leg.rseq = leg.rseq + 1 if leg.rseq else 1 + int(leg.local_tag[:6], 16)
            lines += [("Require", "100rel"), ("RSeq", str(leg.rseq))]
        data = self._board.answer(leg.server, status, now, to_tag=leg.local_tag, headers=lines, sdp=sdp)
        leg.local_sdp = sdp or leg.local_sdp
        if reliable and data:
            leg.reliable = Unanswered(data, has_sdp=sdp is not None, started_at=now, interval_ms=T1_MS)
            self._board.timers.set(("reliable", leg.key), now + T1_MS, lambda at: self._repeat_reliable(leg, at))
        elif data:
            self._repeat_each_minute(leg, data, now)
        self._board.changed(leg)

    def _repeat_each_minute(self, leg: Leg, data: bytes, now: int) -> None:
        """Keep proxies from giving the call up (RFC 3261 13.3.1.1)."""

        def repeat(at: int) -> None:
            if leg.phase is Phase.RINGING and leg.server is not None:
                self._board.send(data, leg.server.target)
                self._repeat_each_minute(leg, data, at)

        self._board.timers.set(("minute", leg.key), now + _MINUTE_MS, repeat)

    def _repeat_reliable(self, leg: Leg, now: int) -> None:
        waiting = leg.reliable
        if waiting is None or leg.server is None:
            return
        if now - waiting.started_at >= TIMEOUT_MS:
            # RFC 3262 3: no PRACK in 64*T1, the request is refused.
            self._board.emit(Cancelled(leg=leg.key))
            self.reject(leg, 504, now, reason=None, headers=())
            return
        waiting.interval_ms *= 2
        self._board.send(waiting.data, leg.server.target)
        due = min(now + waiting.interval_ms, waiting.started_at + TIMEOUT_MS)
        self._board.timers.set(("reliable", leg.key), due, lambda at: self._repeat_reliable(leg, at))

    def accept(self, leg: Leg, now: int, *, sdp: bytes | None, headers: HeaderList) -> bool:
        """Send 200; it waits for the PRACK of a provisional that carried SDP (RFC 3262 3)."""
        if not leg.is_inbound or leg.server is None:
            return False
        if leg.phase is not Phase.RINGING:
            return leg.phase is not Phase.ENDING
        if leg.reliable is not None and leg.reliable.has_sdp:
            leg.after_prack.append(lambda at: self._accept_now(leg, at, sdp=sdp, headers=headers))
        else:
            self._accept_now(leg, now, sdp=sdp, headers=headers)
        return True

    def _accept_now(self, leg: Leg, now: int, *, sdp: bytes | None, headers: HeaderList) -> None:
        if leg.phase is not Phase.RINGING or leg.server is None or leg.invite is None:
            return
        lines = [*self._board.session_lines(leg), *self._session.serve(leg, leg.invite), *headers]
        leg.final = self._board.answer(leg.server, 200, now, to_tag=leg.local_tag, headers=lines, sdp=sdp)
        leg.local_sdp = sdp or leg.local_sdp
        leg.phase = Phase.ANSWERED
        leg.reliable = None
        for name in ("reliable", "minute", "expires"):
            self._board.timers.cancel((name, leg.key))
        self.repeat_final(leg, now)
        self._session.start(leg, now)
        self._board.changed(leg)

    def repeat_final(self, leg: Leg, now: int) -> None:
        """Repeat the 200 until ACK, T1 doubling up to T2, for 64*T1 (RFC 3261 13.3.1.4)."""
        self._schedule_final(leg, now, interval_ms=T1_MS, until=now + TIMEOUT_MS)

    def _schedule_final(self, leg: Leg, now: int, *, interval_ms: int, until: int) -> None:
        def repeat(at: int) -> None:
            if leg.phase is not Phase.ANSWERED or leg.server is None:
                return
            if at >= until:
                self._no_ack(leg, at)
                return
            self._board.send(leg.final, leg.server.target)
            self._schedule_final(leg, at, interval_ms=min(2 * interval_ms, T2_MS), until=until)

        self._board.timers.set(("2xx", leg.key), min(now + interval_ms, until), repeat)

    def _no_ack(self, leg: Leg, now: int) -> None:
        self._board.emit(AckTimeout(leg=leg.key))
        self._hang_up.bye(leg, now, reason='SIP;cause=408;text="ACK timeout"', why="timeout")

    def reject(self, leg: Leg, status: int, now: int, *, reason: str | None, headers: HeaderList) -> bool:
        """Refuse; the leg is gone, its transaction waits for ACK by itself."""
        if not leg.is_inbound or leg.phase is not Phase.RINGING or leg.server is None:
            return False
        self._board.answer(leg.server, status, now, reason=reason or "", to_tag=leg.local_tag, headers=headers)
        self._board.drop(leg)
        return True

    # --- what the peer does meanwhile

    def take_ack(self, leg: Leg, ack: Request, now: int) -> bool:
        """ACK for our 200; False when it is not for the INVITE that opened the leg."""
        if not leg.is_inbound or leg.invite is None or ack.cseq.number != leg.invite.cseq.number:
            return False
        if leg.phase is Phase.ANSWERED:
            self.confirm(leg, sdp_of(ack), now)
        return True

    def confirm(self, leg: Leg, sdp: bytes | None, now: int) -> None:
        """The peer has our 200."""
        leg.phase = Phase.CONFIRMED
        leg.final = b""
        self._board.timers.cancel(("2xx", leg.key))
        if leg.invite is not None and sdp_of(leg.invite) is None:
            leg.remote_sdp = sdp or leg.remote_sdp
        else:
            sdp = None
        self._board.emit(Confirmed(leg=leg.key, sdp=sdp))
        self._board.changed(leg)
        self._hang_up.wanted_bye(leg, now)

    def take_cancel(self, cancel: Request, transaction: Transaction, invite: Transaction, now: int) -> Leg | None:
        """CANCEL that matches `invite` (RFC 3261 9.2); gives the leg when it is not this part's business."""
        leg = self._board.legs.get(invite.leg)
        tag = leg.local_tag if leg is not None else ""
        self._board.answer(transaction, 200, now, to_tag=tag)
        if leg is None or leg.server is not invite:
            return leg
        self._give_up(leg, cancel, now)
        return None

    def take_early_bye(self, leg: Leg, request: Request, transaction: Transaction, now: int) -> None:
        """BYE before the final answer (RFC 3261 15.1.2)."""
        self._board.answer(transaction, 200, now)
        self._give_up(leg, request, now)

    def await_expiry(self, leg: Leg) -> None:
        """Give up when the INVITE's time is over, if it has one."""
        if leg.expires_at:
            self._board.timers.set(("expires", leg.key), leg.expires_at, lambda at: self._expire(leg, at))

    def _expire(self, leg: Leg, now: int) -> None:
        """The time that the INVITE's Expires gave for a final answer is over (RFC 3261 13.3.1)."""
        if leg.phase is Phase.RINGING:
            self._board.emit(Cancelled(leg=leg.key))
            self.reject(leg, 487, now, reason=None, headers=())

    def _give_up(self, leg: Leg, request: Request, now: int) -> None:
        if leg.phase is Phase.RINGING:
            self._board.emit(Cancelled(leg=leg.key, headers=header_lines(request)))
            self.reject(leg, 487, now, reason=None, headers=())

    def take_prack(self, leg: Leg, request: Request, transaction: Transaction, now: int) -> None:
        """PRACK (RFC 3262 3): 481 when it acknowledges nothing; an offer in it is refused, the session stays."""
        waiting, invite = leg.reliable, leg.invite
        words = (request.headers.get("RAck") or "").split()
        expected = [str(leg.rseq), str(invite.cseq.number) if invite else "", "INVITE"]
        if waiting is None or words != expected:
            self._board.answer(transaction, 481, now)
            return
        leg.reliable = None
        self._board.timers.cancel(("reliable", leg.key))
        sdp = sdp_of(request)
        is_answer = sdp is not None and waiting.has_sdp and invite is not None and sdp_of(invite) is None
        self._board.answer(transaction, 488 if sdp is not None and not is_answer else 200, now)
        if is_answer:
            leg.remote_sdp = sdp
        self._board.emit(ReliableProgressAcknowledged(leg=leg.key, sdp=sdp if is_answer else None))
        self._board.changed(leg)
        while leg.after_prack and leg.reliable is None:
            leg.after_prack.pop(0)(now)


def _user_of(request: Request) -> str:
    user = request.to.uri.user
    return user if user and user.isascii() and user.isprintable() and len(user) < 64 else ""
