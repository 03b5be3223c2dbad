"""Requests outside dialogs: OPTIONS in and out, REGISTER in."""

from __future__ import annotations

from collections.abc import Iterable

from opencec.sip.flow import Destination, Flow, Target
from opencec.sip.headers import Headers
from opencec.sip.leg_events import OptionsAnswered, RegisterReceived
from opencec.sip.message import Request, Response
from opencec.sip.switchboard import ALLOW, SUPPORTED, Switchboard
from opencec.sip.transaction import State, Transaction

__all__ = ["OutOfDialog", "answer_options", "host_of", "request_outside"]


def host_of(target: Target) -> str:
    """`host:port` of a target, for a Request-URI."""
    host, port = (target.host, target.port) if isinstance(target, Destination) else target.remote
    return f"[{host}]:{port}" if ":" in host and not host.startswith("[") else f"{host}:{port}"


def request_outside(
    board: Switchboard,
    method: str,
    uri: str,
    target: Target,
    *,
    from_: str,
    to: str,
    call_id: str,
    cseq: int,
    lines: Iterable[tuple[str, str]] = (),
) -> Request:
    """A request outside of any dialog (RFC 3261 8.1.1); `from_` has its tag."""
    headers = Headers(
        [
            ("Via", board.via(target, board.new_branch())),
            ("Max-Forwards", "70"),
            ("From", from_),
            ("To", to),
            ("Call-ID", call_id),
            ("CSeq", f"{cseq} {method}"),
            ("Contact", board.contact(target)),
            ("User-Agent", board.settings.name),
        ]
    )
    for name, value in lines:
        headers.set(name, value)
    return Request(method, uri, headers)


def answer_options(board: Switchboard, transaction: Transaction, now: int) -> None:
    """200 with what we can do (RFC 3261 11.2)."""
    lines = [
        ("Allow", ", ".join(ALLOW)),
        ("Accept", "application/sdp"),
        ("Accept-Encoding", "identity"),
        ("Accept-Language", "en"),
        ("Supported", ", ".join(SUPPORTED)),
    ]
    board.answer(transaction, 200, now, headers=lines)


class OutOfDialog:
    """See the module."""

    def __init__(self, board: Switchboard) -> None:
        self._board = board
        self._unanswered: dict[str, Transaction] = {}

    def receive_register(self, request: Request, flow: Flow, transaction: Transaction, now: int) -> None:
        """Hand a REGISTER to the owner."""
        key = "|".join(transaction.key)
        self._unanswered[key] = transaction
        limit = now + self._board.settings.answer_limit_ms
        self._board.timers.set(("reply", key), limit, lambda at: self._forget(key))
        self._board.emit(RegisterReceived(request_key=key, request=request, flow=flow))

    def _forget(self, key: str) -> None:
        """Too late to answer: the client has given up, and RFC 4320 4.2 wants silence."""
        self._unanswered.pop(key, None)

    def reply(self, key: str, response: Response, now: int) -> bool:
        """Send the owner's answer."""
        transaction = self._unanswered.pop(key, None)
        self._board.timers.cancel(("reply", key))
        if transaction is None or transaction.state is State.TERMINATED:
            return False
        response.headers.set("Server", self._board.settings.name)
        return self._board.transactions.respond(transaction, response, now)

    def ping(self, key: str, target: Target, uri: str | None, now: int) -> None:
        """Send OPTIONS."""
        board = self._board
        uri = uri or f"sip:{host_of(target)}"
        host, port = board.local_address(target)
        request = request_outside(
            board,
            "OPTIONS",
            uri,
            target,
            from_=f"<sip:{host_of(Destination(host, port))}>;tag={board.tokens()[:16]}",
            to=f"<{uri}>",
            call_id=board.tokens(),
            cseq=1,
            lines=[("Accept", "application/sdp")],
        )

        def done(status: int, at: int) -> None:
            board.emit(OptionsAnswered(key=key, status=status, rtt_ms=at - now))

        def answered(response: Response, at: int) -> None:
            if response.status >= 200:
                done(response.status, at)

        board.transactions.open_client(request, target, now, on_response=answered, on_give_up=done)
