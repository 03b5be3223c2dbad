"""What the supervisor hands to a control process: settings, open sockets, worker addresses and ways to report."""

from __future__ import annotations

import socket
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from opencec.app.settings import Settings

__all__ = ["ControlContext", "ListeningSockets", "WorkerAddress"]


@dataclass(frozen=True, slots=True)
class ListeningSockets:
    """Sockets that the supervisor opened and keeps: bound, TCP ones listening, all non-blocking, never to be unbound.

    Closing one here closes only this process's copy; what arrives meanwhile waits in the kernel for the next control.
    """

    http: tuple[socket.socket, ...]
    """TCP, plain HTTP and WS."""
    https: tuple[socket.socket, ...] = ()
    """TCP, to be wrapped with TLS (`ControlContext.tls_cert`, `tls_key`)."""
    sip_udp: tuple[socket.socket, ...] = ()
    sip_tcp: tuple[socket.socket, ...] = ()
    sip_tls: tuple[socket.socket, ...] = ()
    internal: socket.socket | None = None
    """Unix stream socket `<data>/run/control.sock`: serve HTTP on it with `GET /internal/status` (see `on_status`)."""


@dataclass(frozen=True, slots=True)
class WorkerAddress:
    """A worker that runs (or is being started again) and where it listens."""

    name: str
    """`media-0`, `speech`."""
    role: str
    """`media`, `relay`, `speech`."""
    path: str
    """Unix socket. Connecting may fail for a moment while the worker is being started: try again."""
    rtp_ports: tuple[int, int] | None = None
    """First and last port (media, relay)."""


@dataclass(slots=True)
class ControlContext:
    """Everything `opencec.app.control:run(context)` gets. `run` returns after `stopping` was called, or raises."""

    settings: Settings
    sockets: ListeningSockets
    media: tuple[WorkerAddress, ...]
    speech: WorkerAddress | None
    relays: tuple[WorkerAddress, ...] = field(default=(), kw_only=True)
    """Video relays; none: calls are voice calls."""
    ready: Callable[[], None]
    """Call once, when HTTP and SIP are served: the supervisor prints the panel (first start) and trusts heartbeats."""
    heartbeat: Callable[[], None]
    """Call from the event loop about every 250 ms, from the start of `run` on: 3 s of silence kill the process."""
    stopping: Callable[[], Awaitable[None]]
    """Await it (in a task of the event loop): ends when the supervisor asks for an orderly stop; 3 s are left then."""
    generation: int = 1
    """1 for the first control of this `opencec serve`, more after each promotion."""
    demo: bool = False
    tls_cert: str = ""
    """Path of the PEM certificate chain, empty when there is none."""
    tls_key: str = ""
    addresses: dict[str, str] = field(default_factory=dict)
    """What the panel and `demo credentials` show: `http`, `https`, `ws_sip`, `wss_sip`, `sip`, `sips`."""
