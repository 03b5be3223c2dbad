"""Outbound legs until they are established: INVITE, challenges, forks, PRACK, CANCEL (RFC 3261 13.2, 9.1)."""

from __future__ import annotations

from opencec.sip.derived_requests import cancel_for, derive, header_lines
from opencec.sip.dialog import Dialog
from opencec.sip.dialog_request import DialogRequest, answer_challenge, build_ack, send_ack
from opencec.sip.flow import Target
from opencec.sip.hang_up import HangUp
from opencec.sip.headers import Headers
from opencec.sip.leg import Leg, OutboundCall, Phase, note_abilities
from opencec.sip.leg_events import Answered, Failed, Progress
from opencec.sip.limits import delta_seconds
from opencec.sip.message import Request, Response
from opencec.sip.reasons import reason_phrase
from opencec.sip.session_body import sdp_of
from opencec.sip.session_timer import SessionTimers
from opencec.sip.switchboard import Switchboard
from opencec.sip.timers import TIMEOUT_MS

__all__ = ["InviteClient", "branch_of"]

_MAX_ATTEMPTS = 4
_ANSWER_WAIT_MS = 10_000


def branch_of(effect_id: str, attempt: int) -> str:
    """Branch (without cookie) of the given attempt of an effect's INVITE."""
    return derive("branch", effect_id, str(attempt))


class InviteClient:
    """The UAC side of INVITE."""

    def __init__(self, board: Switchboard, hang_up: HangUp, timers: SessionTimers) -> None:
        self._board = board
        self._hang_up = hang_up
        self._session = timers

    # --- sending

    def start(self, leg: Leg, now: int) -> None:
        """Send the INVITE of `leg.call` when its flow is open, or as soon as it is."""
        call = leg.call
        assert call is not None
        if leg.phase is not Phase.RINGING or self._board.legs.get(leg.key) is not leg:
            return
        target = leg.flow or leg.destination or call.target
        if not self._board.is_live(target):
            if ("flow", leg.key) in self._board.timers or not call.has_waited:
                call.has_waited = True
                self._board.when_reachable(leg, lambda at: self.start(leg, at), now)
            else:
                self._fail(leg, 503, "No Connection")
            return
        call.target = target
        self._transmit(leg, now)

    def _transmit(self, leg: Leg, now: int) -> None:
        call = leg.call
        assert call is not None
        call.request.headers.set("Via", self._board.via(call.target, branch_of(call.effect_id, call.attempt)))
        call.request.headers.set("CSeq", f"{call.attempt} INVITE")
        call.has_provisional = call.is_cancel_sent = False
        request = Request("INVITE", call.request.uri, call.request.headers.copy(), call.request.body)
        if ("ring", leg.key) not in self._board.timers:
            limit = now + self._board.settings.ring_limit_ms
            self._board.timers.set(("ring", leg.key), limit, lambda at: self._ring_limit(leg, at))
        leg.client = self._board.transactions.open_client(
            request,
            call.target,
            now,
            on_response=lambda response, at: self._take(leg, call, request, response, at),
            on_give_up=lambda status, at: self._give_up(leg, status),
            leg=leg.key,
        )
        self._board.changed(leg)

    # --- responses

    def _take(self, leg: Leg, call: OutboundCall, request: Request, response: Response, now: int) -> None:
        if response.status >= 300:
            self._refused(leg, call, response, now)
        elif response.status >= 200:
            self._accepted(leg, call, request, response, now)
        else:
            self._progressed(leg, call, request, response, now)

    def _progressed(self, leg: Leg, call: OutboundCall, request: Request, response: Response, now: int) -> None:
        if leg.phase is not Phase.RINGING or self._board.legs.get(leg.key) is not leg:
            return
        call.has_provisional = True
        if call.is_cancelling:
            self._send_cancel(leg, call, now)
            return
        if response.status == 100:
            return
        tag = response.to.tag or ""
        if tag:
            if tag not in call.early:
                call.early[tag] = Dialog.of_client(request, response, leg.contact)
            leg.dialog = call.early[tag]
            if not self._acknowledge_reliable(leg, call, response, tag, now):
                return
        note_abilities(leg, response)
        sdp = sdp_of(response)
        leg.remote_sdp = sdp or leg.remote_sdp
        self._board.emit(
            Progress(leg=leg.key, status=response.status, sdp=sdp, to_tag=tag, headers=header_lines(response))
        )
        self._board.changed(leg)

    def _acknowledge_reliable(self, leg: Leg, call: OutboundCall, response: Response, tag: str, now: int) -> bool:
        """PRACK a reliable provisional; False for a repeated or reordered one (RFC 3262 4)."""
        rseq = delta_seconds(response.headers.get("RSeq"))
        if not rseq or "100rel" not in (option.lower() for option in response.headers.tokens("Require")):
            return True
        last = call.rseq.get(tag)
        if last is not None and rseq != last + 1:
            return False
        call.rseq[tag] = rseq
        lines = [("RAck", f"{rseq} {response.cseq.number} INVITE")]
        DialogRequest(
            self._board, leg, "PRACK", lambda _response, _status, _now: None, dialog=call.early[tag], headers=lines
        ).send(now)
        return True

    def _accepted(self, leg: Leg, call: OutboundCall, request: Request, response: Response, now: int) -> None:
        tag = response.to.tag or ""
        if tag in call.forks:
            data, target = call.forks[tag]
            self._board.send(data, target)
            return
        if leg.phase is not Phase.RINGING or self._board.legs.get(leg.key) is not leg:
            if leg.dialog is not None and leg.is_established and leg.dialog.remote_tag == tag:
                self._acknowledge_again(leg)
            else:
                self._refuse_fork(leg, call, request, response, tag, now)
            return
        if call.is_cancelling:
            self._refuse_fork(leg, call, request, response, tag, now)
            self._fail(leg, 487, reason_phrase(487), response=response, crossed=True)
            return
        self._win(leg, call, request, response, tag, now)

    def _win(self, leg: Leg, call: OutboundCall, request: Request, response: Response, tag: str, now: int) -> None:
        dialog = Dialog.of_client(request, response, leg.contact)
        early = call.early.get(tag)
        if early is not None:
            dialog.local_cseq = max(dialog.local_cseq, early.local_cseq)
            dialog.remote_cseq = early.remote_cseq
        leg.dialog, leg.answer = dialog, response
        call.early.clear()
        note_abilities(leg, response)
        self._board.timers.cancel(("ring", leg.key))
        sdp = sdp_of(response)
        leg.remote_sdp = sdp or leg.remote_sdp
        needs_ack = not request.body and sdp is not None
        if needs_ack:
            leg.phase = Phase.ANSWERED
            self.await_ack(leg, now)
        else:
            leg.phase = Phase.CONFIRMED
            send_ack(self._board, leg, cseq=request.cseq.number, sdp=None, lines=_authorization_of(request))
        self._session.settle(leg, response, now)
        self._board.emit(Answered(leg=leg.key, sdp=sdp, response=response, needs_ack=needs_ack))
        self._board.changed(leg)

    def await_ack(self, leg: Leg, now: int) -> None:
        """Bound the wait for the owner's answer to the peer's offer."""
        limit = now + _ANSWER_WAIT_MS
        self._board.timers.set(("ack", leg.key), limit, lambda at: self._hang_up.bye(leg, at, why="error"))

    def ack(self, leg: Leg, sdp: bytes | None, now: int) -> bool:
        """Answer the offer of the peer's 200 in the ACK."""
        if leg.phase is not Phase.ANSWERED or leg.is_inbound or leg.answer is None or leg.call is None:
            return False
        self._board.timers.cancel(("ack", leg.key))
        leg.phase = Phase.CONFIRMED
        leg.local_sdp = sdp or leg.local_sdp
        lines = _authorization_of(leg.call.request)
        send_ack(self._board, leg, cseq=leg.answer.cseq.number, sdp=sdp, lines=lines)
        return True

    def _acknowledge_again(self, leg: Leg) -> None:
        target = self._board.hop(leg)
        if leg.ack and target is not None:
            self._board.send(leg.ack, target)

    def _refuse_fork(
        self, leg: Leg, call: OutboundCall, request: Request, response: Response, tag: str, now: int
    ) -> None:
        """A 2xx that is not wanted: acknowledge, then hang up (RFC 3261 13.2.2.4)."""
        dialog = Dialog.of_client(request, response, leg.contact)
        fork = Leg(
            key=f"{leg.key} fork {tag}",
            is_inbound=False,
            call_id=leg.call_id,
            local_tag=leg.local_tag,
            contact=leg.contact,
            dialog=dialog,
            flow=leg.flow,
            destination=leg.destination,
            credentials=leg.credentials,
        )
        target: Target = self._board.hop(fork) or call.target
        lines = _authorization_of(request)
        data = build_ack(self._board, dialog, cseq=request.cseq.number, sdp=None, target=target, lines=lines)
        call.forks[tag] = (data, target)
        self._board.send(data, target)
        DialogRequest(self._board, fork, "BYE", lambda _response, _status, _now: None).send(now)

    def _refused(self, leg: Leg, call: OutboundCall, response: Response, now: int) -> None:
        if leg.phase is not Phase.RINGING or self._board.legs.get(leg.key) is not leg:
            return
        if not call.is_cancelling and call.attempt < _MAX_ATTEMPTS:
            if response.status in (401, 407) and self._authorize(leg, call, response):
                call.attempt += 1
                self._transmit(leg, now)
                return
            if response.status == 422 and self._lengthen(call, response):
                call.attempt += 1
                self._transmit(leg, now)
                return
        status = 487 if call.is_cancelling and response.status in (401, 407, 422) else response.status
        self._fail(leg, status, response.reason or reason_phrase(status), response=response)

    def _authorize(self, leg: Leg, call: OutboundCall, response: Response) -> bool:
        """Add credentials; False when there are none or the same challenge came before (wrong secret)."""
        if leg.credentials is None:
            return False
        name = "Authorization" if response.status == 401 else "Proxy-Authorization"
        is_stale = any(
            "stale=true" in value.lower().replace('"', "")
            for value in response.headers.all("WWW-Authenticate" if response.status == 401 else "Proxy-Authenticate")
        )
        if name in call.request.headers and not is_stale:
            return False
        line = answer_challenge(
            response,
            method="INVITE",
            uri=call.request.uri,
            login=leg.credentials,
            cnonce=derive("cnonce", call.effect_id, str(call.attempt)),
            body=call.request.body,
        )
        if line is None:
            return False
        call.request.headers.set(*line)
        return True

    def _lengthen(self, call: OutboundCall, response: Response) -> bool:
        """Ask for the interval a 422 demands (RFC 4028 7.3)."""
        least = delta_seconds(response.headers.get("Min-SE"))
        asked = delta_seconds((call.request.headers.get("Session-Expires") or "").partition(";")[0])
        if not least or asked is None or least <= asked or least > 86_400:
            return False
        call.request.headers.set("Session-Expires", str(least))
        call.request.headers.set("Min-SE", str(least))
        return True

    # --- giving up

    def cancel(self, leg: Leg, now: int, reason: str | None) -> bool:
        """Give the call up; CANCEL may only follow a provisional (RFC 3261 9.1)."""
        call = leg.call
        if call is None or leg.phase is not Phase.RINGING:
            return False
        if call.is_cancelling:
            return True
        call.is_cancelling, call.cancel_reason = True, reason
        self._board.changed(leg)
        if leg.client is None:
            self._fail(leg, 487, reason_phrase(487))
        elif call.has_provisional:
            self._send_cancel(leg, call, now)
        return True

    def _send_cancel(self, leg: Leg, call: OutboundCall, now: int) -> None:
        if call.is_cancel_sent or leg.client is None or not self._board.is_live(leg.client.target):
            return  # over a lost connection it would vanish; the provisional that comes over the next one asks again
        call.is_cancel_sent = True
        self._board.transactions.open_client(
            cancel_for(leg.client.request, call.cancel_reason),
            leg.client.target,
            now,
            on_response=lambda _response, _now: None,
            on_give_up=lambda _status, _now: None,
            leg=leg.key,
        )
        # A peer of RFC 2543 may never answer the INVITE itself (RFC 3261 9.1).
        self._board.timers.set(("ring", leg.key), now + TIMEOUT_MS, lambda at: self._no_487(leg, at))

    def _no_487(self, leg: Leg, now: int) -> None:
        client = leg.client
        self._fail(leg, 487, reason_phrase(487))
        if client is not None:
            self._board.transactions.give_up(client, now)

    def _ring_limit(self, leg: Leg, now: int) -> None:
        self.cancel(leg, now, 'SIP;cause=408;text="No answer"')

    def _give_up(self, leg: Leg, status: int) -> None:
        if leg.phase is Phase.RINGING:
            self._fail(leg, status, reason_phrase(status))

    def _fail(
        self, leg: Leg, status: int, reason: str, *, response: Response | None = None, crossed: bool = False
    ) -> None:
        if self._board.legs.get(leg.key) is leg:
            lines = header_lines(response) if response is not None else ()
            self._board.emit(Failed(leg=leg.key, status=status, reason=reason, headers=lines, crossed=crossed))
            self._board.drop(leg)

    def take_stray(self, leg: Leg, response: Response, now: int) -> None:
        """A 2xx without a transaction: after a restart the peer repeats what the old process may have acknowledged.

        An offer in it stays without an answer: our owner asks again for what it wants.
        """
        if leg.dialog is not None and leg.dialog.remote_tag == (response.to.tag or ""):
            if leg.ack and response.cseq.number == leg.ack_cseq:
                self._acknowledge_again(leg)
            elif leg.is_established:
                send_ack(self._board, leg, cseq=response.cseq.number, sdp=None)
        elif leg.call is not None and leg.is_established:
            names = ("From", "Call-ID", "CSeq")
            lines = [(name, response.headers.get(name) or "") for name in names]
            request = Request("INVITE", leg.call.request.uri, Headers(lines))
            self._refuse_fork(leg, leg.call, request, response, response.to.tag or "", now)


def _authorization_of(request: Request) -> list[tuple[str, str]]:
    """The credentials of an INVITE, which its ACK repeats (RFC 3261 22.1)."""
    return [
        (name, value) for name, value in request.headers.items() if name in ("Authorization", "Proxy-Authorization")
    ]
