"""Matches messages to transactions and carries out what the tables of `transaction` say."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

from opencec.sip.derived_requests import ack_for_failure
from opencec.sip.flow import Flow, Target, is_reliable
from opencec.sip.message import Request, Response, serialize
from opencec.sip.timers import TimerHeap
from opencec.sip.transaction import (
    FIRST_TIMERS,
    KEEPS,
    STARTS,
    Action,
    GiveUp,
    Kind,
    ResponseTaker,
    State,
    Transaction,
    Trigger,
    response_trigger,
    timer_ms,
)
from opencec.sip.user_agent_settings import UserAgentSettings

__all__ = ["TransactionLayer", "connection_of", "response_target"]

_RETRANSMISSION = {
    Kind.INVITE_CLIENT: Trigger.TIMER_A,
    Kind.CLIENT: Trigger.TIMER_E,
    Kind.INVITE_SERVER: Trigger.TIMER_G,
}
_DEFAULT_PORTS = {"udp": 5060, "tcp": 5060, "tls": 5061, "ws": 80, "wss": 443}


def response_target(request: Request, flow: Flow) -> Flow:
    """Where responses to `request` go: the connection, or the address of RFC 3261 18.2.2 and RFC 3581 4."""
    if is_reliable(flow) or request.top_via.wants_rport:
        return flow
    port = request.top_via.port or _DEFAULT_PORTS[flow.transport]
    return Flow(flow.transport, flow.local, (flow.remote[0], port))


def connection_of(target: Target) -> str:
    """Names the connection that messages to `target` go over: an open one, or that to a place; "" for datagrams."""
    if isinstance(target, Flow):
        return target.connection_id
    return f"{target.transport} {target.host} {target.port}" if is_reliable(target) else ""


def _server_key(request: Request, method: str) -> tuple[str, ...]:
    """RFC 3261 17.2.3; for RFC 2543 peers the To tag and the Request-URI are left out: ACK may change both."""
    via = request.top_via
    if via.has_unique_branch:
        return ("server", via.branch or "", via.host.lower(), str(via.port or 0), method)
    tag = request.from_.tag or ""
    return ("server 2543", str(via), tag, request.call_id, str(request.cseq.number), method)


class TransactionLayer:
    """All transactions of a user agent.

    Args:
        timers: The user agent's timers.
        send: Takes bytes and where they go.
        settings: Limits.
    """

    def __init__(self, timers: TimerHeap, send: Callable[[bytes, Target], None], settings: UserAgentSettings) -> None:
        self._timers = timers
        self._send = send
        self._settings = settings
        self._table: dict[tuple[str, ...], Transaction] = {}
        self._by_connection: dict[str, set[Transaction]] = {}
        self._per_source: Counter[str] = Counter()
        self._pending: Counter[str] = Counter()

    def __len__(self) -> int:
        return len(self._table)

    # --- client side

    def open_client(
        self,
        request: Request,
        target: Target,
        now: int,
        *,
        on_response: ResponseTaker,
        on_give_up: GiveUp,
        leg: str = "",
    ) -> Transaction:
        """Send `request` and follow it; its top Via has the branch. A transaction of the same branch is replaced."""
        kind = Kind.INVITE_CLIENT if request.method == "INVITE" else Kind.CLIENT
        key = ("client", request.top_via.branch or "", request.method)
        transaction = Transaction(kind, key, request, target)
        transaction.message = serialize(request)
        transaction.on_response, transaction.on_give_up, transaction.leg = on_response, on_give_up, leg
        self._add(transaction, now)
        self._send(transaction.message, target)
        return transaction

    def take_response(self, response: Response, now: int) -> bool:
        """Give a response to its client transaction; False when there is none (RFC 3261 17.1.3)."""
        transaction = self._table.get(("client", response.top_via.branch or "", response.cseq.method))
        if transaction is None:
            return False
        self._fire(transaction, response_trigger(response.status), now, response)
        return True

    def undeliverable(self, data: bytes, now: int) -> None:
        """Tell the transaction that sent `data`, if it still waits, that the transport failed."""
        start = data.find(b"branch=")
        method = data.split(b" ", 1)[0].decode("ascii", "replace")
        if start < 0 or method == "SIP/2.0":
            return
        branch = data[start + 7 : start + 200].split(b"\r", 1)[0].split(b";", 1)[0].decode("ascii", "replace")
        transaction = self._table.get(("client", branch, method))
        if transaction is not None:
            self.give_up(transaction, now)

    def give_up(self, transaction: Transaction, now: int) -> None:
        """Treat a client transaction as undeliverable."""
        if transaction.state is not State.TERMINATED:
            self._fire(transaction, Trigger.UNDELIVERABLE, now)

    # --- server side

    def find_server(self, request: Request) -> Transaction | None:
        """The transaction that `request` repeats, or acknowledges."""
        return self._table.get(_server_key(request, "INVITE" if request.method == "ACK" else request.method))

    def find_cancelled(self, cancel: Request) -> Transaction | None:
        """The INVITE transaction a CANCEL means (RFC 3261 9.2)."""
        return self._table.get(_server_key(cancel, "INVITE"))

    def is_merged(self, request: Request) -> bool:
        """The same INVITE already came on another path (RFC 3261 8.2.2.2)."""
        return (
            "merged",
            request.call_id,
            request.from_.tag or "",
            str(request.cseq.number),
        ) in self._table

    def open_server(self, request: Request, flow: Flow, now: int) -> Transaction:
        """Follow a new request."""
        kind = Kind.INVITE_SERVER if request.method == "INVITE" else Kind.SERVER
        transaction = Transaction(kind, _server_key(request, request.method), request, response_target(request, flow))
        transaction.source = flow.remote[0]
        self._per_source[transaction.source] += 1
        self._pending[transaction.source] += 1
        self._add(transaction, now)
        merged = self._merged_key(transaction)
        if merged is not None:
            self._table[merged] = transaction
        return transaction

    def resume_server(
        self, request: Request, target: Target, message: bytes, now: int, *, is_accepted: bool
    ) -> Transaction:
        """Rebuild an INVITE server transaction after a restart: its last response, and whether that was the 200."""
        transaction = Transaction(Kind.INVITE_SERVER, _server_key(request, "INVITE"), request, target)
        transaction.message = message
        self._add(transaction, now)
        if is_accepted:
            transaction.move(Trigger.SUCCESS)
            transaction.is_answered = True
            self._start(transaction, Trigger.TIMER_L, now)
        else:
            self._pending[transaction.source] += 1
        self._per_source[transaction.source] += 1
        return transaction

    def take_again(self, transaction: Transaction, request: Request, now: int) -> None:
        """A request came again, or ACK for a refusal."""
        self._fire(transaction, Trigger.ACK if request.method == "ACK" else Trigger.REQUEST, now)

    def respond(self, transaction: Transaction, response: Response, now: int) -> bool:
        """Send a response; False when the transaction already has its final one."""
        if transaction.is_answered or transaction.state is State.TERMINATED:
            return False
        if response.status >= 200:
            transaction.is_answered = True
            self._decrement(self._pending, transaction.source)
        self._fire(transaction, response_trigger(response.status), now, response)
        return True

    def has_room(self, source: str) -> bool:
        """Whether another request of this source may open a transaction."""
        limits = self._settings
        return (
            len(self._table) < limits.max_transactions
            and self._per_source[source] < limits.max_transactions_per_source
            and self._pending[source] < limits.max_pending_per_source
        )

    # --- flows

    def on_connection(self, connection_id: str) -> list[Transaction]:
        """Transactions whose messages go over this connection."""
        return list(self._by_connection.get(connection_id, ()))

    def retarget(self, transaction: Transaction, target: Target) -> None:
        """Continue on another flow and send the last message again there: the peer absorbs what it already has."""
        if transaction.state is State.TERMINATED:
            return
        self._unlink(transaction)
        transaction.target = target
        self._link(transaction)
        is_open = transaction.state in (State.CALLING, State.TRYING, State.PROCEEDING)
        is_refusal = transaction.state is State.COMPLETED and transaction.kind in (Kind.INVITE_SERVER, Kind.SERVER)
        if transaction.message and (is_open or is_refusal):
            self._send(transaction.message, target)

    # --- the machine

    def _add(self, transaction: Transaction, now: int) -> None:
        old = self._table.get(transaction.key)
        if old is not None:
            self._remove(old)
        self._table[transaction.key] = transaction
        self._link(transaction)
        for timer in FIRST_TIMERS[transaction.kind]:
            self._start(transaction, timer, now)

    def _fire(self, transaction: Transaction, trigger: Trigger, now: int, response: Response | None = None) -> None:
        before = transaction.state
        actions = transaction.move(trigger)
        if transaction.state is not before:
            self._stop_timers(transaction, before)
        for action in actions:
            if action in STARTS:
                self._start(transaction, STARTS[action], now)
        if transaction.state is State.TERMINATED:
            self._remove(transaction)
        for action in actions:
            self._perform(transaction, action, now, response)

    def _perform(self, transaction: Transaction, action: Action, now: int, response: Response | None) -> None:
        if action is Action.SEND and response is not None:
            transaction.message = serialize(response)
            self._send(transaction.message, transaction.target)
        elif action is Action.RESEND and transaction.message:
            self._send(transaction.message, transaction.target)
        elif action is Action.BACK_OFF:
            self._back_off(transaction, now)
        elif action is Action.SEND_ACK and response is not None:
            self._send(serialize(ack_for_failure(transaction.request, response)), transaction.target)
        elif action is Action.PASS and response is not None and transaction.on_response is not None:
            transaction.on_response(response, now)
        elif action in (Action.TIMED_OUT, Action.UNREACHABLE) and transaction.on_give_up is not None:
            transaction.on_give_up(408 if action is Action.TIMED_OUT else 503, now)

    def _start(self, transaction: Transaction, timer: Trigger, now: int) -> None:
        length = timer_ms(timer, reliable=transaction.is_reliable)
        if length is None:
            return
        if length == 0:
            transaction.move(timer)  # the state is not worth keeping on this transport
            return
        self._arm(transaction, timer, now + length)

    def _back_off(self, transaction: Transaction, now: int) -> None:
        self._arm(transaction, _RETRANSMISSION[transaction.kind], now + transaction.next_interval_ms())

    def _arm(self, transaction: Transaction, timer: Trigger, at: int) -> None:
        self._timers.set((transaction.key, timer), at, lambda now: self._fire(transaction, timer, now))

    def _stop_timers(self, transaction: Transaction, before: State) -> None:
        kept = KEEPS[transaction.kind, transaction.state]
        for timer in KEEPS[transaction.kind, before]:
            if timer not in kept:
                self._timers.cancel((transaction.key, timer))

    def _remove(self, transaction: Transaction) -> None:
        """Forget a transaction, whatever its state."""
        for timer in KEEPS[transaction.kind, transaction.state]:
            self._timers.cancel((transaction.key, timer))
        if self._table.get(transaction.key) is transaction:
            del self._table[transaction.key]
        merged = self._merged_key(transaction)
        if merged is not None and self._table.get(merged) is transaction:
            del self._table[merged]
        self._unlink(transaction)
        if transaction.kind in (Kind.INVITE_SERVER, Kind.SERVER):
            self._decrement(self._per_source, transaction.source)
            if not transaction.is_answered:
                self._decrement(self._pending, transaction.source)
        transaction.state = State.TERMINATED

    def _merged_key(self, transaction: Transaction) -> tuple[str, ...] | None:
        request = transaction.request
        if transaction.kind is not Kind.INVITE_SERVER or request.to.tag:
            return None
        return ("merged", request.call_id, request.from_.tag or "", str(request.cseq.number))

    @staticmethod
    def _decrement(counter: Counter[str], source: str) -> None:
        if counter[source] <= 1:
            del counter[source]
        else:
            counter[source] -= 1

    def _link(self, transaction: Transaction) -> None:
        connection = connection_of(transaction.target)
        if connection:
            self._by_connection.setdefault(connection, set()).add(transaction)

    def _unlink(self, transaction: Transaction) -> None:
        connection = connection_of(transaction.target)
        members = self._by_connection.get(connection)
        if members is not None:
            members.discard(transaction)
            if not members:
                del self._by_connection[connection]
