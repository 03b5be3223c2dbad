"""How legs end: BYE in both directions, and dialogs that broke."""

from __future__ import annotations

from typing import Literal

from opencec.sip.derived_requests import header_lines, q850_cause
from opencec.sip.dialog_request import DialogRequest, send_ack
from opencec.sip.leg import Leg, Phase
from opencec.sip.leg_events import Ended
from opencec.sip.message import Request, Response
from opencec.sip.switchboard import Switchboard
from opencec.sip.transaction import Transaction

__all__ = ["HangUp"]

EndReason = Literal["bye", "timeout", "error"]


class HangUp:
    """Ends established legs."""

    def __init__(self, board: Switchboard) -> None:
        self._board = board

    def bye(self, leg: Leg, now: int, *, reason: str | None = None, why: EndReason = "bye") -> None:
        """Hang up. A leg whose 200 waits for its ACK is hung up when that came or is overdue (RFC 3261 15).

        Args:
            leg: An established leg.
            now: Milliseconds.
            reason: Reason header value.
            why: What `Ended` will say if the peer answers.
        """
        if leg.phase is Phase.ENDING:
            return
        if leg.phase is Phase.ANSWERED and leg.is_inbound and why == "bye":
            leg.is_bye_wanted, leg.bye_reason = True, reason
            return
        if leg.phase is Phase.ANSWERED and not leg.is_inbound and leg.answer is not None:
            send_ack(self._board, leg, cseq=leg.answer.cseq.number, sdp=None)
        leg.phase = Phase.ENDING
        self.close_offerings(leg, now)
        for name in ("session", "2xx", "ack"):
            self._board.timers.cancel((name, leg.key))
        lines = [("Reason", reason)] if reason else []

        def on_final(response: Response | None, status: int, at: int) -> None:
            is_silent = response is None
            outcome: EndReason = why if not is_silent else ("timeout" if status == 408 else "error")
            self.finish(leg, outcome, at, is_local=True)

        DialogRequest(self._board, leg, "BYE", on_final, headers=lines).send(now)

    def wanted_bye(self, leg: Leg, now: int) -> bool:
        """Send the BYE that waited for the ACK; True when there was one."""
        if leg.is_bye_wanted:
            leg.is_bye_wanted = False
            self.bye(leg, now, reason=leg.bye_reason)
            return True
        return False

    def take_bye(self, leg: Leg, request: Request, transaction: Transaction, now: int) -> None:
        """The peer hangs up."""
        self._board.answer(transaction, 200, now)
        self.close_offerings(leg, now)
        if self._board.legs.get(leg.key) is leg:
            self._board.emit(Ended(leg=leg.key, reason="bye", q850=q850_cause(request), headers=header_lines(request)))
            self._board.drop(leg)

    def finish(self, leg: Leg, reason: EndReason, now: int, *, is_local: bool = False) -> None:
        """The leg is over without further messages; later calls for it do nothing."""
        if self._board.legs.get(leg.key) is leg:
            self.close_offerings(leg, now)
            self._board.emit(Ended(leg=leg.key, reason=reason, is_local=is_local))
            self._board.drop(leg)

    def dialog_failed(self, leg: Leg, status: int, now: int) -> bool:
        """End the leg when a request of ours met a status that ends dialogs (RFC 3261 12.2.1.2, RFC 5057 5.1)."""
        if leg.phase is Phase.ENDING:
            return False
        if status == 481:
            self.finish(leg, "error", now)
            return True
        if status == 408:
            self.bye(leg, now, why="timeout")
            return True
        return False

    def close_offerings(self, leg: Leg, now: int) -> None:
        """Give the peer's unanswered re-INVITE or REFER a final answer."""
        offering, leg.offering, leg.next_offering = leg.offering, None, None
        if offering is not None and offering.transaction is not None:
            if offering.is_ours:
                self._board.abandon(offering.transaction, now)
            else:
                self._board.answer(offering.transaction, 487, now)
        if leg.referral_in is not None and leg.referral_in.transaction is not None and not leg.referral_in.is_accepted:
            self._board.answer(leg.referral_in.transaction, 487, now)
        leg.referral_in = None
