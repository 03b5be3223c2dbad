"""Stream connections, TCP and TLS: framing, keep-alive, time-outs, limits."""

from __future__ import annotations

import asyncio
import socket
from collections import Counter
from collections.abc import Callable
from itertools import count
from typing import Protocol, cast

from opencec.adapters.sipwire.limits import WireLimits
from opencec.sip.errors import SipParseError
from opencec.sip.flow import Address, Destination, Flow, Transport
from opencec.sip.message import Request, Response
from opencec.sip.stream import KeepAlive, StreamParser

__all__ = ["Connection", "Connections", "StreamConnection", "Taker"]


class Taker(Protocol):
    """What connections report to."""

    def message_came(self, message: Request | Response, flow: Flow) -> None:
        """A whole message."""

    def bad_message_came(self, error: SipParseError, flow: Flow) -> None:
        """Something that cannot be processed."""

    def batch_ended(self) -> None:
        """All messages of one read were given."""

    def connection_lost(self, connection: Connection) -> None:
        """A connection is gone."""


class Connection(Protocol):
    """One stream connection of any transport."""

    flow: Flow
    destination: Destination | None

    def send(self, data: bytes) -> bool:
        """Write; False when it is closed or its peer does not read."""

    def close(self) -> None:
        """Close it, at once."""

    def is_overdue(self, now: int) -> bool:
        """Whether a time-out has passed."""


class Connections:
    """All stream connections of a wire: counts, names, finds them and closes the overdue."""

    def __init__(self, limits: WireLimits, token: str, clock: Callable[[], int], taker: Taker) -> None:
        self.limits = limits
        self.clock = clock
        self.taker = taker
        self._token = token
        self._serial = count(1)
        self._by_id: dict[str, Connection] = {}
        self._per_source: Counter[str] = Counter()
        self._by_destination: dict[Destination, Connection] = {}

    def __len__(self) -> int:
        return len(self._by_id)

    def new_id(self) -> str:
        """An id for a new connection."""
        return f"{self._token}-{next(self._serial)}"

    def has_room(self, source: str) -> bool:
        """Whether one more connection with this address is within the limits."""
        return (
            len(self._by_id) < self.limits.max_connections
            and self._per_source[source] < self.limits.max_connections_per_source
        )

    def add(self, connection: Connection) -> None:
        """A connection is open."""
        self._by_id[connection.flow.connection_id] = connection
        self._per_source[connection.flow.remote[0]] += 1
        if connection.destination is not None:
            self._by_destination[connection.destination] = connection

    def remove(self, connection: Connection) -> None:
        """A connection is closed; tells the taker once."""
        if self._by_id.pop(connection.flow.connection_id, None) is None:
            return
        source = connection.flow.remote[0]
        self._per_source[source] -= 1
        if self._per_source[source] <= 0:
            del self._per_source[source]
        destination = connection.destination
        if destination is not None and self._by_destination.get(destination) is connection:
            del self._by_destination[destination]
        self.taker.connection_lost(connection)

    def by_id(self, connection_id: str) -> Connection | None:
        """An open connection."""
        return self._by_id.get(connection_id)

    def to(self, destination: Destination) -> Connection | None:
        """An open connection that we made to this place."""
        return self._by_destination.get(destination)

    def close_overdue(self, now: int) -> None:
        """Close what took too long."""
        for connection in [known for known in self._by_id.values() if known.is_overdue(now)]:
            connection.close()

    def close_all(self) -> None:
        """Close every connection."""
        for connection in list(self._by_id.values()):
            connection.close()


class StreamConnection(asyncio.Protocol):
    """One TCP or TLS connection.

    Args:
        connections: Where it is entered.
        transport_name: tcp or tls.
        destination: The place it was opened for; None when the peer opened it.
    """

    def __init__(
        self, connections: Connections, transport_name: Transport, destination: Destination | None = None
    ) -> None:
        self.flow = Flow(transport_name, ("", 0), ("", 0))
        self.destination = destination
        self._connections = connections
        self._name: Transport = transport_name
        self._parser = StreamParser()
        self._transport: asyncio.Transport | None = None
        self._opened_at = self._heard_at = connections.clock()
        self._unfinished_since: int | None = None
        self._has_spoken = destination is not None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Enter it, or close it when there are too many."""
        # uvloop's transports are no subclasses of asyncio.Transport, so this cannot be asserted.
        self._transport = opened = cast(asyncio.Transport, transport)
        local, remote = _address(opened, "sockname"), _address(opened, "peername")
        if not self._connections.has_room(remote[0]):
            opened.abort()
            return
        sock = opened.get_extra_info("socket")
        if sock is not None:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        self.flow = Flow(self._name, local, remote, self._connections.new_id())
        self._connections.add(self)

    def data_received(self, data: bytes) -> None:
        """Frame and hand on."""
        taker = self._connections.taker
        now = self._heard_at = self._connections.clock()
        for item in self._parser.feed(data):
            if isinstance(item, KeepAlive):
                self._has_spoken = True
                if item.reply:
                    self.send(item.reply)
            elif isinstance(item, SipParseError):
                taker.bad_message_came(item, self.flow)
            else:
                self._has_spoken = True
                taker.message_came(item, self.flow)
            self._unfinished_since = None
        if not self._parser.buffered:
            self._unfinished_since = None
        elif self._unfinished_since is None:
            self._unfinished_since = now
        taker.batch_ended()
        if self._parser.is_broken and self._transport is not None:
            self._transport.close()

    def connection_lost(self, exc: Exception | None) -> None:
        """It is gone."""
        self._transport = None
        if self.flow.connection_id:
            self._connections.remove(self)

    def send(self, data: bytes) -> bool:
        """Write; closes the connection of a peer that does not read."""
        transport = self._transport
        if transport is None or transport.is_closing():
            return False
        if transport.get_write_buffer_size() + len(data) > self._connections.limits.write_high_water:
            transport.abort()
            return False
        transport.write(data)
        return True

    def close(self) -> None:
        """Close it, at once."""
        if self._transport is not None:
            self._transport.abort()

    def is_overdue(self, now: int) -> bool:
        """Whether a time-out has passed."""
        limits = self._connections.limits
        if not self._has_spoken and now - self._opened_at > limits.first_message_ms:
            return True
        if self._unfinished_since is not None and now - self._unfinished_since > limits.slow_message_ms:
            return True
        return now - self._heard_at > limits.idle_ms


def _address(transport: asyncio.Transport, name: str) -> Address:
    value = transport.get_extra_info(name)
    return (str(value[0]), int(value[1])) if value else ("", 0)
