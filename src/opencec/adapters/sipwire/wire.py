"""Runs one user agent on the sockets of this process."""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import Callable, Coroutine, Sequence
from functools import partial

import structlog

from opencec.adapters.sipwire.connections import Connection, Connections, StreamConnection
from opencec.adapters.sipwire.datagrams import Datagrams
from opencec.adapters.sipwire.limits import WireLimits
from opencec.adapters.sipwire.resolver import Resolver, is_numeric
from opencec.adapters.sipwire.websocket import AsgiReceive, AsgiSend, WebSocketConnection
from opencec.sip.errors import SipParseError
from opencec.sip.flow import Address, Destination, Flow, Target, Transport
from opencec.sip.leg_events import Event
from opencec.sip.message import Request, Response, respond, serialize
from opencec.sip.parse import KeepAlive, parse_datagram
from opencec.sip.source_guard import GuardLimits, SourceGuard
from opencec.sip.transaction_layer import response_target
from opencec.sip.user_agent import UserAgent

__all__ = ["SipWire"]

_SWEEP_S = 2.0
_NEVER = 1 << 60
_log = structlog.get_logger(__name__)


class SipWire:
    """Owns the sockets, feeds the user agent, sends what it gives and schedules its ticks.

    Names are resolved with getaddrinfo; SRV and NAPTR (RFC 3263) are not looked up. Messages of any size go over the
    transport that was chosen; a large request over UDP is not moved to TCP.
    """

    def __init__(
        self,
        user_agent: UserAgent,
        clock: Callable[[], int],
        *,
        on_event: Callable[[Event], None],
        limits: WireLimits | None = None,
        process_token: str = "",
        client_tls: ssl.SSLContext | None = None,
        hold: Callable[[Callable[[], None]], None] = lambda send: send(),
    ) -> None:
        """Make a wire without sockets.

        Args:
            user_agent: The user agent to run.
            clock: Milliseconds; must not go back.
            on_event: Called for each event, in order, on the loop; it may call operations of the user agent.
            limits: Bounds.
            process_token: Makes connection ids unique over restarts.
            client_tls: Context of outgoing TLS connections; None uses the system's trust store.
            hold: Runs what it is given once everything that `on_event` was told is on disk, in the order of the calls.
        """
        self._agent = user_agent
        self._clock = clock
        self._on_event = on_event
        self._limits = limits or WireLimits()
        self._client_tls = client_tls
        self._hold = hold
        self._connections = Connections(self._limits, process_token, clock, self)
        self._resolver = Resolver(clock, timeout_ms=self._limits.resolve_timeout_ms)
        rate = self._limits.bad_replies_per_s
        self._bad_replies = SourceGuard(GuardLimits(requests_per_s=rate, burst=max(int(2 * rate), 1)))
        self._datagrams: Datagrams | None = None
        self._servers: list[asyncio.Server] = []
        self._opening: dict[Destination, list[bytes]] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._timer: asyncio.TimerHandle | None = None
        self._timer_at = _NEVER
        self._sweeper: asyncio.TimerHandle | None = None
        self._is_flushing = False
        self._is_closed = False

    # --- life

    async def start(
        self,
        *,
        udp: socket.socket | None = None,
        tcp: socket.socket | None = None,
        tls: socket.socket | None = None,
        tls_context: ssl.SSLContext | None = None,
    ) -> None:
        """Serve on bound sockets (tcp and tls: bound or listening). They stay open after `close`."""
        if udp is not None:
            self._datagrams = Datagrams(
                udp,
                on_data=self._datagram_came,
                on_batch_end=self.flush,
                on_refused=self._datagram_refused,
                receive_buffer=self._limits.receive_buffer,
            )
        if tcp is not None:
            await self._listen(tcp, "tcp", None)
        if tls is not None:
            if tls_context is None:
                raise ValueError("a TLS socket needs a context")
            await self._listen(tls, "tls", tls_context)
        self._sweep()
        self.flush()

    async def _listen(self, sock: socket.socket, name: Transport, context: ssl.SSLContext | None) -> None:
        loop = asyncio.get_running_loop()
        # A duplicate: closing the server must not close the supervisor's socket.
        server = await loop.create_server(
            lambda: StreamConnection(self._connections, name), sock=sock.dup(), ssl=context, backlog=1024
        )
        self._servers.append(server)

    async def close(self) -> None:
        """Close connections and stop; legs stay in the user agent."""
        self._is_closed = True
        for handle in (self._timer, self._sweeper):
            if handle is not None:
                handle.cancel()
        if self._datagrams is not None:
            self._datagrams.close()
        for server in self._servers:
            server.close()
        self._connections.close_all()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _sweep(self) -> None:
        self._connections.close_overdue(self._clock())
        self._sweeper = asyncio.get_running_loop().call_later(_SWEEP_S, self._sweep)

    def _spawn(self, work: Coroutine[None, None, None]) -> None:
        task: asyncio.Task[None] = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    # --- in

    async def handle_websocket(
        self,
        receive: AsgiReceive,
        send: AsgiSend,
        *,
        local: Address,
        remote: Address,
        is_secure: bool = False,
        subprotocols: Sequence[str] = ("sip",),
    ) -> None:
        """Serve one ASGI websocket of subprotocol `sip` (RFC 7118) until it closes. Origin was checked before.

        Args:
            receive: ASGI receive; its first event is `websocket.connect`.
            send: ASGI send.
            local: Our address.
            remote: The peer's address.
            is_secure: It came over TLS.
            subprotocols: What the peer offers (`scope["subprotocols"]`); without `sip` it is refused.
        """
        event = await receive()
        if event["type"] != "websocket.connect":
            return
        if self._is_closed or "sip" not in subprotocols or not self._connections.has_room(remote[0]):
            await send({"type": "websocket.close", "code": 1008})
            return
        await send({"type": "websocket.accept", "subprotocol": "sip"})
        connection = WebSocketConnection(
            self._connections, receive, send, local=local, remote=remote, is_secure=is_secure
        )
        self._agent.flow_opened(connection.flow)
        await connection.run()

    def _datagram_came(self, data: bytes, flow: Flow) -> None:
        try:
            message = parse_datagram(data)
        except SipParseError as error:
            self.bad_message_came(error, flow)
            return
        if not isinstance(message, KeepAlive):
            self.message_came(message, flow)

    def _datagram_refused(self, data: bytes) -> None:
        """ICMP: nobody listens where this request went. Its branch, which nobody can guess, proves that it was ours."""
        self._agent.undeliverable(data, self._clock())

    def message_came(self, message: Request | Response, flow: Flow) -> None:
        """A whole message came over any transport."""
        self._agent.receive(message, flow, self._clock())

    def bad_message_came(self, error: SipParseError, flow: Flow) -> None:
        """Answer it as the parser says, or drop it; never faster than the limit."""
        request = error.partial
        if error.status is None or request is None or not self._bad_replies.admits(flow.remote[0], self._clock()):
            return
        try:
            target = response_target(request, flow)
        except SipParseError:
            target = flow  # a Via that cannot be read
        self._send(serialize(respond(request, error.status, error.reason)), target)

    def batch_ended(self) -> None:
        """All messages of one read were given."""
        self.flush()

    def connection_lost(self, connection: Connection) -> None:
        """A connection is gone."""
        if self._is_closed:
            return
        now = self._clock()
        self._agent.flow_closed(connection.flow.connection_id, now)
        if connection.destination is not None:
            self._agent.destination_closed(connection.destination, now)
        self.flush()

    # --- out

    def flush(self) -> None:
        """Deliver events, send what is waiting and reschedule. Call it after operations outside `on_event`."""
        if self._is_flushing or self._is_closed:
            return
        self._is_flushing = True
        try:
            while True:
                # All events first: those that handling events leads to tell of what is to be sent, too.
                while events := self._agent.take_events():
                    for event in events:
                        self._deliver(event)
                outgoing = self._agent.take_outgoing()
                if not outgoing:
                    break
                self._hold(partial(self._send_all, outgoing))
        finally:
            self._is_flushing = False
        self._reschedule()

    def _send_all(self, outgoing: list[tuple[bytes, Target]]) -> None:
        if self._is_closed:
            return
        for data, target in outgoing:
            self._send(data, target)
        self.flush()  # something may have been undeliverable

    def _deliver(self, event: Event) -> None:
        try:
            self._on_event(event)
        except Exception:
            # One broken call must not stop the others; the event is named so that its cause can be found.
            _log.exception("sip.event_handler_failed", sip_event=type(event).__name__)

    def _reschedule(self) -> None:
        due = self._agent.next_deadline()
        at = _NEVER if due is None else due
        if self._timer is not None:
            if self._timer_at <= at:
                return  # it comes in time; a tick that finds nothing costs less than rescheduling at every message
            self._timer.cancel()
            self._timer = None
        if due is not None:
            delay_s = max(due - self._clock(), 0) / 1000
            self._timer_at = at
            self._timer = asyncio.get_running_loop().call_later(delay_s, self._tick)

    def _tick(self) -> None:
        self._timer, self._timer_at = None, _NEVER
        self._agent.tick(self._clock())
        self.flush()

    def _send(self, data: bytes, target: Target) -> None:
        if isinstance(target, Flow):
            is_sent = self._send_on_flow(data, target)
        elif target.transport == "udp":
            is_sent = self._send_datagram(data, target)
        else:
            is_sent = self._send_to_place(data, target)
        if not is_sent:
            self._agent.undeliverable(data, self._clock())

    def _send_on_flow(self, data: bytes, flow: Flow) -> bool:
        if flow.connection_id:
            connection = self._connections.by_id(flow.connection_id)
            return connection is not None and connection.send(data)
        return self._datagrams is not None and self._datagrams.send(data, flow.remote)

    def _send_datagram(self, data: bytes, destination: Destination) -> bool:
        if self._datagrams is None:
            return False
        if is_numeric(destination.host):
            return self._datagrams.send(data, (destination.host, destination.port))
        self._spawn(self._resolve_and_send(data, destination))
        return True

    async def _resolve_and_send(self, data: bytes, destination: Destination) -> None:
        try:
            address = await self._resolver.resolve(destination.host, destination.port, family=socket.AF_INET)
            is_sent = self._datagrams is not None and self._datagrams.send(data, address)
        except OSError:
            is_sent = False
        if not is_sent:
            self._agent.undeliverable(data, self._clock())
            self.flush()

    def _send_to_place(self, data: bytes, destination: Destination) -> bool:
        connection = self._connections.to(destination)
        if connection is not None:
            return connection.send(data)
        waiting = self._opening.get(destination)
        if waiting is not None:
            if sum(map(len, waiting)) + len(data) > self._limits.write_high_water:
                return False
            waiting.append(data)
            return True
        if destination.transport not in ("tcp", "tls") or len(self._connections) >= self._limits.max_connections:
            return False
        self._opening[destination] = [data]
        self._spawn(self._open(destination))
        return True

    async def _open(self, destination: Destination) -> None:
        connection = StreamConnection(self._connections, destination.transport, destination)
        try:
            address = await self._resolver.resolve(destination.host, destination.port)
            async with asyncio.timeout(self._limits.connect_timeout_ms / 1000):
                await self._connect(connection, destination, address)
        except OSError:
            pass  # ssl errors and the time-out are OSErrors too; what waits is reported below
        finally:
            waiting = self._opening.pop(destination, [])
        for data in waiting:
            if not connection.send(data):
                self._agent.undeliverable(data, self._clock())
        self.flush()

    async def _connect(self, connection: StreamConnection, destination: Destination, address: Address) -> None:
        context = self._tls_context() if destination.transport == "tls" else None
        await asyncio.get_running_loop().create_connection(
            lambda: connection,
            *address,
            ssl=context,
            server_hostname=destination.host if context is not None else None,
        )

    def _tls_context(self) -> ssl.SSLContext:
        if self._client_tls is None:
            self._client_tls = ssl.create_default_context()
        return self._client_tls
