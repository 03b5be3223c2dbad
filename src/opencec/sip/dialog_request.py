"""One request of ours within a dialog: waits for a flow, answers a challenge, reports its outcome once."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from opencec.sip.derived_requests import derive
from opencec.sip.dialog import Dialog
from opencec.sip.digest import ALGORITHMS, authorize, parse_challenges
from opencec.sip.errors import SipParseError
from opencec.sip.flow import Target
from opencec.sip.leg import Leg
from opencec.sip.message import Response, serialize
from opencec.sip.session_body import SDP_TYPE
from opencec.sip.switchboard import Switchboard
from opencec.sip.transaction import Transaction
from opencec.sip.user_agent_settings import Login

__all__ = ["DialogRequest", "OnFinal", "answer_challenge", "build_ack", "resend_ack", "send_ack"]

OnFinal = Callable[[Response | None, int, int], None]
"""Takes the final response (None when there is none), its status (408 silent, 503 unreachable), and now."""


def answer_challenge(
    response: Response, *, method: str, uri: str, login: Login, cnonce: str, body: bytes = b""
) -> tuple[str, str] | None:
    """The header line that answers a 401 or 407 (RFC 3261 22); None when its challenges cannot be answered."""
    ask, reply = ("WWW-Authenticate", "Authorization")
    if response.status == 407:
        ask, reply = ("Proxy-Authenticate", "Proxy-Authorization")
    try:
        challenges = parse_challenges(response.headers.all(ask))
    except SipParseError:
        return None
    for challenge in challenges:
        if challenge.algorithm in ALGORITHMS:
            value = authorize(
                challenge, method=method, uri=uri, user=login.user, password=login.password, body=body, cnonce=cnonce
            )
            return reply, value
    return None


class DialogRequest:
    """See the module.

    Args:
        board: The shared parts.
        leg: Leg it belongs to: its flow, login and CSeq.
        method: INVITE, BYE, INFO ...
        on_final: Called once.
        dialog: Dialog, when it is not the leg's (a fork, an early dialog).
        headers: Header lines besides those every request has.
        body: Body; Content-Type is among `headers`.
        on_sent: Called with each transaction that carries the request.
    """

    def __init__(
        self,
        board: Switchboard,
        leg: Leg,
        method: str,
        on_final: OnFinal,
        *,
        dialog: Dialog | None = None,
        headers: Iterable[tuple[str, str]] = (),
        body: bytes = b"",
        on_sent: Callable[[Transaction], None] | None = None,
    ) -> None:
        self._board = board
        self._leg = leg
        self._method = method
        self._on_final = on_final
        self._dialog = dialog or leg.dialog
        self._headers = [*headers, ("User-Agent", board.settings.name)]
        self._body = body
        self._on_sent = on_sent
        self._authorization: tuple[str, str] | None = None
        self._has_waited = False
        self._is_done = False

    def send(self, now: int) -> None:
        """Send it as soon as there is a path."""
        board, leg, dialog = self._board, self._leg, self._dialog
        target = board.hop(leg)
        if dialog is None or (target is None and self._has_waited):
            self._finish(None, 503, now)
            return
        if target is None:
            self._has_waited = True
            board.when_reachable(leg, self.send, now)
            return
        headers = [*self._headers, self._authorization] if self._authorization else self._headers
        request = dialog.request(
            self._method,
            via=board.via(target, board.new_branch()),
            cseq=dialog.next_cseq(),
            headers=headers,
            body=self._body,
        )
        board.changed(leg)
        transaction = board.transactions.open_client(
            request, target, now, on_response=self._take, on_give_up=self._give_up, leg=leg.key
        )
        if self._on_sent is not None:
            self._on_sent(transaction)

    def _take(self, response: Response, now: int) -> None:
        if response.status < 200:
            return
        if self._is_done:
            # Only a repeated 2xx to a re-INVITE comes here: its ACK was lost (RFC 3261 13.2.2.4).
            resend_ack(self._board, self._leg, response)
            return
        if response.status in (401, 407) and self._can_answer(response):
            self.send(now)
            return
        self._finish(response, response.status, now)

    def _can_answer(self, response: Response) -> bool:
        login = self._leg.credentials
        if login is None or self._authorization is not None or self._dialog is None:
            return False
        self._authorization = answer_challenge(
            response,
            method=self._method,
            uri=self._dialog.remote_target,
            login=login,
            cnonce=derive("cnonce", self._board.tokens()),
            body=self._body,
        )
        return self._authorization is not None

    def _give_up(self, status: int, now: int) -> None:
        self._finish(None, status, now)

    def _finish(self, response: Response | None, status: int, now: int) -> None:
        if not self._is_done:
            self._is_done = True
            self._on_final(response, status, now)


def resend_ack(board: Switchboard, leg: Leg, response: Response) -> None:
    """Acknowledge a repeated 2xx again with the very ACK it had before, if it had one."""
    if leg.ack and response.cseq.number == leg.ack_cseq:
        target = board.hop(leg)
        if target is not None:
            board.send(leg.ack, target)


def build_ack(
    board: Switchboard,
    dialog: Dialog,
    *,
    cseq: int,
    sdp: bytes | None,
    target: Target,
    lines: Iterable[tuple[str, str]] = (),
) -> bytes:
    """The ACK of a 2xx: a request of its own within the dialog (RFC 3261 13.2.2.4)."""
    headers = [*lines, *([("Content-Type", SDP_TYPE)] if sdp else [])]
    via = board.via(target, board.new_branch())
    return serialize(dialog.request("ACK", via=via, cseq=cseq, headers=headers, body=sdp or b""))


def send_ack(
    board: Switchboard, leg: Leg, *, cseq: int, sdp: bytes | None, lines: Iterable[tuple[str, str]] = ()
) -> None:
    """Acknowledge a 2xx and keep the ACK for its repetitions. `lines`: credentials of the INVITE (RFC 3261 22.1)."""
    assert leg.dialog is not None
    target = board.hop(leg) or leg.flow or leg.destination
    assert target is not None
    leg.ack, leg.ack_cseq = build_ack(board, leg.dialog, cseq=cseq, sdp=sdp, lines=lines, target=target), cseq
    board.send(leg.ack, target)
    board.changed(leg)
