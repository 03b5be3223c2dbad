"""Runs one user agent on the sockets of this process."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

import msgspec

from opencec.sip.leg_events import Event
from opencec.sip.user_agent import UserAgent

__all__ = ["SipWire", "WireLimits"]

AsgiReceive = Callable[[], Awaitable[MutableMapping[str, Any]]]
AsgiSend = Callable[[MutableMapping[str, Any]], Awaitable[None]]


class WireLimits(msgspec.Struct, frozen=True):
    """Bounds of the sockets. Times in milliseconds, sizes in bytes."""

    receive_buffer: int = 4 * 1024 * 1024
    max_connections: int = 20_000
    max_connections_per_source: int = 1_000
    connect_timeout_ms: int = 5_000
    resolve_timeout_ms: int = 3_000
    first_message_ms: int = 10_000
    slow_message_ms: int = 10_000
    idle_ms: int = 180_000
    write_high_water: int = 256 * 1024
    bad_replies_per_s: float = 5.0


class SipWire:
    """Owns the sockets, feeds the user agent, sends what it gives and schedules its ticks."""

    def __init__(
        self,
        user_agent: UserAgent,
        clock: Callable[[], int],
        *,
        on_event: Callable[[Event], None],
        limits: WireLimits | None = None,
        process_token: str = "",
        client_tls: ssl.SSLContext | None = None,
    ) -> None:
        """Args:
        user_agent: The user agent to run.
        clock: Milliseconds; must not go back.
        on_event: Called for each event, in order, on the loop; it may call operations of the user agent.
        limits: Bounds.
        process_token: Makes connection ids unique over restarts.
        client_tls: Context of outgoing TLS connections; None uses the system's trust store.
        """

    async def start(
        self,
        *,
        udp: socket.socket | None = None,
        tcp: socket.socket | None = None,
        tls: socket.socket | None = None,
        tls_context: ssl.SSLContext | None = None,
    ) -> None:
        """Serve on bound sockets (tcp and tls: bound or listening). They stay open after `close`."""

    async def handle_websocket(
        self,
        receive: AsgiReceive,
        send: AsgiSend,
        *,
        local: tuple[str, int],
        remote: tuple[str, int],
        is_secure: bool = False,
    ) -> None:
        """Serve one ASGI websocket of subprotocol `sip` (RFC 7118) until it closes. Origin was checked before."""

    def flush(self) -> None:
        """Deliver events, send what is waiting and reschedule. Call it after operations outside `on_event`."""

    async def close(self) -> None:
        """Close connections and stop; legs stay in the user agent."""
