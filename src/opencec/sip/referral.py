"""REFER in both directions, and the NOTIFYs that tell how the referred call goes (RFC 3515, 3892, 4488)."""

from __future__ import annotations

from opencec.sip.address import NameAddr
from opencec.sip.dialog_request import DialogRequest
from opencec.sip.errors import SipParseError
from opencec.sip.hang_up import HangUp
from opencec.sip.leg import Leg, Phase, Referral
from opencec.sip.leg_events import ReferAnswered, ReferProgress, ReferReceived
from opencec.sip.message import Request
from opencec.sip.replaces import leg_of
from opencec.sip.switchboard import Switchboard
from opencec.sip.transaction import Transaction
from opencec.sip.uri import Uri

__all__ = ["Referrals"]

_SIPFRAG = "message/sipfrag;version=2.0"
_EXPIRES_S = 180


class Referrals:
    """One referral at a time in each direction of a leg."""

    def __init__(self, board: Switchboard, hang_up: HangUp) -> None:
        self._board = board
        self._hang_up = hang_up

    # --- the peer refers us

    def receive(self, leg: Leg, request: Request, transaction: Transaction, now: int) -> None:
        """Take a REFER within a dialog."""
        board = self._board
        if leg.referral_in is not None:
            board.answer(transaction, 491, now)
            return
        try:
            target = self._target_of(request)
            replaces = _replaces_of(target)
            replaced = leg_of(board, replaces)[0] if replaces else None
        except SipParseError:
            board.answer(transaction, 400, now, reason="Bad Refer-To")
            return
        transaction.leg = leg.key
        leg.referral_in = Referral(transaction, str(request.cseq.number))
        board.timers.set(("refer", leg.key), now + board.settings.answer_limit_ms, lambda at: self._overdue(leg, at))
        plain = Uri(
            target.scheme, target.user, target.password, target.host, target.port, target.params, {}, target.opaque
        )
        board.emit(
            ReferReceived(
                leg=leg.key,
                refer_to=str(plain),
                replaces=replaces,
                replaces_leg=replaced.key if replaced is not None else None,
                referred_by=request.headers.get("Referred-By"),
            )
        )

    def _target_of(self, request: Request) -> Uri:
        values = request.headers.all("Refer-To")
        if len(values) != 1:
            raise SipParseError("sip.header.refer-to", 400, "One Refer-To is needed")
        return NameAddr.parse(values[0]).uri

    def _overdue(self, leg: Leg, now: int) -> None:
        referral = leg.referral_in
        if referral is not None and not referral.is_accepted:
            self.reject(leg, 480, now)

    def accept(self, leg: Leg, now: int) -> bool:
        """202 and the first NOTIFY."""
        referral = leg.referral_in
        if referral is None or referral.is_accepted or referral.transaction is None:
            return False
        lines = [("Contact", leg.contact)]
        is_silent = (referral.transaction.request.headers.get("Refer-Sub") or "").strip().lower() == "false"
        if is_silent:
            lines.append(("Refer-Sub", "false"))
        self._board.answer(referral.transaction, 202, now, headers=lines)
        self._board.timers.cancel(("refer", leg.key))
        referral.is_accepted = True
        if is_silent:
            leg.referral_in = None
            return True
        self._board.timers.set(("refer", leg.key), now + _EXPIRES_S * 1000, lambda at: self._expire(leg, at))
        return self.notify(leg, 100, "Trying", now)

    def _expire(self, leg: Leg, now: int) -> None:
        self.notify(leg, 408, "Request Timeout", now)

    def reject(self, leg: Leg, status: int, now: int) -> bool:
        """Refuse."""
        referral = leg.referral_in
        if referral is None or referral.is_accepted or referral.transaction is None:
            return False
        leg.referral_in = None
        self._board.timers.cancel(("refer", leg.key))
        self._board.answer(referral.transaction, status, now)
        return True

    def notify(self, leg: Leg, status: int, reason: str, now: int) -> bool:
        """Tell the transferor; a final status ends the subscription."""
        referral = leg.referral_in
        if referral is None or not referral.is_accepted or leg.phase is not Phase.CONFIRMED:
            return False
        is_final = status >= 200
        state = "terminated;reason=noresource" if is_final else f"active;expires={_EXPIRES_S}"
        if is_final:
            leg.referral_in = None
            self._board.timers.cancel(("refer", leg.key))
        lines = [
            ("Contact", leg.contact),
            ("Event", f"refer;id={referral.id}"),
            ("Subscription-State", state),
            ("Content-Type", _SIPFRAG),
        ]
        line = f"SIP/2.0 {status} {' '.join(reason.split())}\r\n"
        DialogRequest(
            self._board, leg, "NOTIFY", lambda _response, _status, _now: None, headers=lines, body=line.encode()
        ).send(now)
        return True

    # --- we refer the peer

    def refer(self, leg: Leg, refer_to: str, referred_by: str | None, now: int) -> bool:
        """Ask the peer to call somebody else."""
        if leg.phase is not Phase.CONFIRMED or leg.is_referring:
            return False
        leg.is_referring = True
        lines = [("Contact", leg.contact), ("Refer-To", refer_to)]
        if referred_by:
            lines.append(("Referred-By", referred_by))
        DialogRequest(
            self._board, leg, "REFER", lambda response, status, at: self._answered(leg, status, at), headers=lines
        ).send(now)
        return True

    def _answered(self, leg: Leg, status: int, now: int) -> None:
        if self._board.legs.get(leg.key) is not leg:
            return
        if not 200 <= status < 300:
            leg.is_referring = False
        self._board.emit(ReferAnswered(leg=leg.key, status=status))
        self._hang_up.dialog_failed(leg, status, now)

    def take_notify(self, leg: Leg, request: Request, transaction: Transaction, now: int) -> None:
        """NOTIFY within a dialog: only about our REFER."""
        event = (request.headers.get("Event") or "").partition(";")[0].strip().lower()
        if event != "refer":
            self._board.answer(transaction, 489, now, headers=[("Allow-Events", "refer")])
            return
        if not leg.is_referring:
            self._board.answer(transaction, 481, now)
            return
        self._board.answer(transaction, 200, now)
        status = _status_of(request.body)
        is_over = (request.headers.get("Subscription-State") or "").strip().lower().startswith("terminated")
        is_final = is_over or status >= 200
        if is_final:
            leg.is_referring = False
        self._board.emit(ReferProgress(leg=leg.key, status=status, is_final=is_final))


def _replaces_of(uri: Uri) -> str | None:
    for name, value in uri.headers.items():
        if name.lower() == "replaces":
            return value
    return None


def _status_of(body: bytes) -> int:
    """Status code of a sipfrag, 0 when there is none."""
    words = body[:64].split(b" ", 2)
    if len(words) > 1 and words[0].upper() == b"SIP/2.0" and words[1][:3].isdigit():
        return int(words[1][:3])
    return 0
