"""Where a message came from, or should go: flows (RFC 5626) and destinations."""

from __future__ import annotations

from typing import Literal

import msgspec

__all__ = ["RELIABLE", "Address", "Destination", "Flow", "Target", "Transport", "is_reliable"]

Transport = Literal["udp", "tcp", "tls", "ws", "wss"]
Address = tuple[str, int]

RELIABLE: frozenset[str] = frozenset({"tcp", "tls", "ws", "wss"})


class Flow(msgspec.Struct, frozen=True):
    """One existing path to a peer.

    Attributes:
        transport: The transport in lower case.
        local: Our address and port; for a UDP socket bound to any address, the address it was bound to.
        remote: The peer's address and port as seen by our socket.
        connection_id: Names the connection of a stream transport, unique over restarts; empty for UDP.
    """

    transport: Transport
    local: Address
    remote: Address
    connection_id: str = ""


class Destination(msgspec.Struct, frozen=True):
    """A place to which a connection may have to be opened first: host name or address, port, transport."""

    host: str
    port: int
    transport: Transport = "udp"


Target = Flow | Destination


def is_reliable(target: Target) -> bool:
    """True when the transport retransmits by itself, so that timers A, E, G, I, J, K are off (RFC 3261 17)."""
    return target.transport in RELIABLE
