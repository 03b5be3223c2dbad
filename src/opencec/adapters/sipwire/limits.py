"""Bounds of the sockets."""

from __future__ import annotations

import msgspec

__all__ = ["WireLimits"]


class WireLimits(msgspec.Struct, frozen=True):
    """Times in milliseconds, sizes in bytes.

    Attributes:
        receive_buffer: SO_RCVBUF of the UDP socket: what the kernel keeps while control is busy or replaced.
        max_connections: Stream connections at once, of all transports.
        max_connections_per_source: The same from one address.
        connect_timeout_ms: For connections that we open, name resolution not included.
        resolve_timeout_ms: For name resolution.
        first_message_ms: A new connection that brought no whole message by then is closed.
        slow_message_ms: So is one that takes this long for a message it began.
        idle_ms: So is one without any traffic. A little longer than the longest registration.
        write_high_water: A connection whose peer leaves more than this unread is closed.
        bad_replies_per_s: Stateless replies to unreadable messages, per source.
    """

    receive_buffer: int = 4 * 1024 * 1024
    max_connections: int = 20_000
    max_connections_per_source: int = 2_000
    connect_timeout_ms: int = 5_000
    resolve_timeout_ms: int = 3_000
    first_message_ms: int = 10_000
    slow_message_ms: int = 10_000
    idle_ms: int = 3_700_000
    write_high_water: int = 256 * 1024
    bad_replies_per_s: float = 5.0
