"""What the parts of a user agent share: its legs, timers, transactions, events and the way out."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from opencec.sip.address import BRANCH_COOKIE
from opencec.sip.derived_requests import derive
from opencec.sip.errors import SipParseError
from opencec.sip.flow import Destination, Flow, Target, Transport, is_reliable
from opencec.sip.leg import Leg, Phase
from opencec.sip.leg_events import DialogChanged, Event
from opencec.sip.message import Request, Response, respond, serialize
from opencec.sip.session_body import SDP_TYPE
from opencec.sip.timers import TIMEOUT_MS, TimerHeap
from opencec.sip.transaction import Kind, Transaction
from opencec.sip.transaction_layer import TransactionLayer
from opencec.sip.uri import Uri, known_uri
from opencec.sip.user_agent_settings import LocalAddress, Tokens, UserAgentSettings

__all__ = ["ALLOW", "SUPPORTED", "Switchboard"]

ALLOW = ("INVITE", "ACK", "CANCEL", "BYE", "OPTIONS", "PRACK", "UPDATE", "INFO", "REFER", "NOTIFY", "REGISTER")
SUPPORTED = ("100rel", "timer", "replaces", "outbound", "path", "norefersub")
_ALLOW_LINE = ("Allow", ", ".join(method for method in ALLOW if method != "REGISTER"))
_DEFAULT_PORTS = {"udp": 5060, "tcp": 5060, "tls": 5061}
# Transports a connection can be opened on; nobody listens for WebSockets of ours.
_STREAM_OR_UDP: dict[str, Transport] = {"udp": "udp", "tcp": "tcp", "tls": "tls"}


class Switchboard:
    """See the module. Parts of the user agent reach each other only through it."""

    def __init__(self, *, tokens: Tokens, local_address: LocalAddress, settings: UserAgentSettings) -> None:
        self.tokens = tokens
        self.local_address = local_address
        self.settings = settings
        self.timers = TimerHeap()
        self.transactions = TransactionLayer(self.timers, self.send, settings)
        self.legs: dict[str, Leg] = {}
        self._dialogs: dict[tuple[str, str], Leg] = {}
        self._live: set[str] = set()
        self._events: list[Event] = []
        self._changed: dict[str, None] = {}
        self._outgoing: list[tuple[bytes, Target]] = []

    # --- out

    def emit(self, event: Event) -> None:
        """Tell the owner."""
        self._events.append(event)

    def changed(self, leg: Leg) -> None:
        """The leg's snapshot is another now."""
        self._changed[leg.key] = None

    def send(self, data: bytes, target: Target) -> None:
        """Queue bytes; what would go over a connection that is gone is dropped: its transaction waits for another."""
        if self.is_live(target):
            self._outgoing.append((data, target))

    def take_events(self) -> list[Event]:
        """Events since the last call; each changed leg once at the end."""
        events, self._events = self._events, []
        changed, self._changed = self._changed, {}
        events.extend(DialogChanged(key) for key in changed if key in self.legs)
        return events

    def take_outgoing(self) -> list[tuple[bytes, Target]]:
        """Messages since the last call."""
        outgoing, self._outgoing = self._outgoing, []
        return outgoing

    # --- legs

    def add(self, leg: Leg) -> None:
        """Take a new leg."""
        self.legs[leg.key] = leg
        self._dialogs[leg.call_id, leg.local_tag] = leg

    def drop(self, leg: Leg) -> None:
        """Forget a leg; its transactions end by themselves."""
        if self.legs.get(leg.key) is leg:
            del self.legs[leg.key]
        if self._dialogs.get((leg.call_id, leg.local_tag)) is leg:
            del self._dialogs[leg.call_id, leg.local_tag]
        for name in (
            "2xx",
            "offer 2xx",
            "reliable",
            "flow",
            "session",
            "ring",
            "offer",
            "glare",
            "ack",
            "minute",
            "expires",
            "refer",
        ):
            self.timers.cancel((name, leg.key))
        leg.waiting.clear()
        leg.after_prack.clear()

    def find(self, call_id: str, local_tag: str | None) -> Leg | None:
        """The leg of a dialog, by Call-ID and our tag."""
        return self._dialogs.get((call_id, local_tag or ""))

    def leg(self, key: str, *phases: Phase) -> Leg | None:
        """A leg by key, if it is in one of the phases (any, when none is given)."""
        leg = self.legs.get(key)
        return leg if leg is not None and (not phases or leg.phase in phases) else None

    # --- flows and addresses

    def saw(self, flow: Flow) -> None:
        """Something came over this flow, so it lives."""
        if flow.connection_id:
            self._live.add(flow.connection_id)

    def lost(self, connection_id: str) -> None:
        """The connection is gone."""
        self._live.discard(connection_id)

    def is_live(self, target: Target) -> bool:
        """Whether the target can be sent to: a place, a datagram address, or a connection that is open."""
        return isinstance(target, Destination) or not target.connection_id or target.connection_id in self._live

    def hop(self, leg: Leg) -> Target | None:
        """Where the leg's next request goes (RFC 3261 8.1.2, RFC 5626 5.3); None while its connection is gone."""
        flow, dialog = leg.flow, leg.dialog
        if flow is not None and is_reliable(flow):
            return flow if self.is_live(flow) else self._reconnect(leg, flow)
        first = flow or leg.destination
        if dialog is None or first is None:
            return first
        target = _destination_of(dialog.hop_uri(), first.transport)
        if target is None:
            return first
        if flow is None or target.transport != "udp":
            return first if not dialog.route_set and _is_behind_nat(target, first) else target
        direct = Flow("udp", flow.local, (target.host, target.port))
        if dialog.route_set:
            return direct if _is_numeric(target.host) else target
        if not leg.is_inbound:
            return flow  # a registered phone: only the path its REGISTER opened is sure
        if target.host == flow.remote[0]:
            return direct
        # A Contact that names another place than the message came from: behind NAT, unless it is a public one.
        return flow if _is_unroutable(target.host) else target

    def _reconnect(self, leg: Leg, flow: Flow) -> Target | None:
        """A new connection helps only towards a peer that listens where its Contact or Route says."""
        if flow.transport in ("ws", "wss") or leg.dialog is None:
            return None
        target = _destination_of(leg.dialog.hop_uri(), flow.transport)
        if target is None or (not leg.dialog.route_set and target.host != flow.remote[0]):
            return None
        return target

    def via(self, target: Target, branch: str) -> str:
        """A Via value for a request to this target."""
        host, port = self.local_address(target)
        return f"SIP/2.0/{target.transport.upper()} {_bracketed(host)}:{port};branch={BRANCH_COOKIE}{branch};rport"

    def contact(self, target: Target, user: str = "") -> str:
        """Our Contact value towards this target."""
        host, port = self.local_address(target)
        uri = Uri("sip", user=user or None, host=_bracketed(host), port=port)
        transport = (
            "" if target.transport == "udp" else f";transport={'ws' if target.transport == 'wss' else target.transport}"
        )
        return f"<{uri}{transport}>"

    def new_branch(self) -> str:
        """An unguessable branch, without the cookie."""
        return self.tokens()[:24]

    # --- messages

    def session_lines(self, leg: Leg) -> list[tuple[str, str]]:
        """Header lines of everything that sets a session up or changes it."""
        return [
            ("Contact", leg.contact),
            _ALLOW_LINE,
            ("Supported", ", ".join(SUPPORTED)),
        ]

    def answer(
        self,
        transaction: Transaction,
        status: int,
        now: int,
        *,
        reason: str = "",
        to_tag: str = "",
        headers: Iterable[tuple[str, str]] = (),
        sdp: bytes | None = None,
    ) -> bytes:
        """Answer a server transaction; gives the bytes that went out (empty when it had its final answer before)."""
        lines = list(headers)
        if sdp:
            lines.append(("Content-Type", SDP_TYPE))
        if status > 100:
            lines.append(("Server", self.settings.name))
        response = respond(
            transaction.request,
            status,
            reason,
            to_tag=to_tag or derive("tag", transaction.request.call_id, *transaction.key),
            headers=lines,
            body=sdp or b"",
            record_route=status > 100 and transaction.kind is Kind.INVITE_SERVER,
        )
        return transaction.message if self.transactions.respond(transaction, response, now) else b""

    def answer_statelessly(self, request: Request, response: Response, target: Target) -> None:
        """Answer without a transaction (RFC 3261 8.2.7)."""
        if request.method != "ACK":
            self.send(serialize(response), target)

    def abandon(self, transaction: Transaction, now: int) -> None:
        """Bound an INVITE of ours that nobody waits for any more: a peer may leave it ringing for ever."""
        self.timers.set(
            ("abandoned", transaction.key),
            now + TIMEOUT_MS,
            lambda at: self.transactions.give_up(transaction, at),
        )

    def when_reachable(self, leg: Leg, action: Callable[[int], None], now: int) -> None:
        """Run `action(now)` once the leg has a flow, or when the wait is over (RFC 5626 clients come back)."""
        leg.waiting.append(action)
        self.start_flow_wait(leg, now)

    def start_flow_wait(self, leg: Leg, now: int) -> None:
        """Bound the wait for `retarget`."""
        key = ("flow", leg.key)
        if key not in self.timers:
            self.timers.set(key, now + self.settings.flow_wait_ms, lambda at: self._stop_waiting(leg, at))

    def _stop_waiting(self, leg: Leg, now: int) -> None:
        stranded, leg.stranded = leg.stranded, []
        for transaction in stranded:
            self.transactions.give_up(transaction, now)
        self.run_waiting(leg, now)

    def run_waiting(self, leg: Leg, now: int) -> None:
        """Run what waits for a flow; each finds out by itself whether there is one."""
        waiting, leg.waiting = leg.waiting, []
        for action in waiting:
            action(now)


def _bracketed(host: str) -> str:
    return f"[{host}]" if ":" in host and not host.startswith("[") else host


def _destination_of(uri_text: str, transport: str) -> Destination | None:
    """The place a SIP URI names; None for other schemes and for names that cannot be resolved (RFC 7118 5)."""
    try:
        uri = known_uri(uri_text)
    except SipParseError:
        return None
    host = uri.param("maddr") or uri.host
    if not uri.is_sip or not host or host.lower().endswith(".invalid"):
        return None
    chosen = _STREAM_OR_UDP.get(uri.transport or ("tls" if uri.scheme == "sips" else transport))
    if chosen is None:
        return None
    return Destination(host.strip("[]"), uri.port or _DEFAULT_PORTS[chosen], chosen)


def _is_numeric(host: str) -> bool:
    """An IPv4 or IPv6 address, as opposed to a name."""
    return ":" in host or host.replace(".", "").isdigit()


def _is_behind_nat(target: Destination, first: Target) -> bool:
    """A Contact with a private address, of a peer that we reach at a public one or by name."""
    host = first.host if isinstance(first, Destination) else first.remote[0]
    return target.host != host and _is_unroutable(target.host) and not _is_unroutable(host)


def _is_unroutable(host: str) -> bool:
    """Private, loopback and link-local IPv4 addresses (RFC 1918, 6598): a peer elsewhere means its own network."""
    parts = host.split(".")
    if len(parts) != 4 or not all(part.isdigit() for part in parts):
        return False
    first, second = int(parts[0]), int(parts[1])
    return (
        first in (10, 127)
        or (first == 172 and 16 <= second <= 31)
        or (first == 192 and second == 168)
        or (first == 169 and second == 254)
        or (first == 100 and 64 <= second <= 127)
    )
