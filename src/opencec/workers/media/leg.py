"""One leg as the worker knows it: its parameters, sockets, row, and the state that is not worth a column."""

from __future__ import annotations

import socket
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from opencec.workers.media.collect import Collection
from opencec.workers.media.dtmf import EventReceiver, EventSender
from opencec.workers.media.g711 import Codec
from opencec.workers.media.inband import InbandDigits
from opencec.workers.media.jitter import DelayGuard
from opencec.workers.media.listening import Ear
from opencec.workers.media.play import Player
from opencec.workers.media.quality import Jitter
from opencec.workers.media.transmit import Packer
from opencec.workers.protocol import LegOpened, TiePart
from opencec.workers.rtp.latching import Latch
from opencec.workers.rtp.sockets import PortPair

if TYPE_CHECKING:
    from opencec.workers.media.phase import Phase
    from opencec.workers.media.receive import Reception
    from opencec.workers.rtp.transport import Transport

__all__ = ["Counters", "Leg"]

Direction = Literal["sendrecv", "sendonly", "recvonly", "inactive"]
_BUFFERED_DIGITS = 32


@dataclass(slots=True)
class Counters:
    """Statistics that only the slow path and RTCP touch; the hot ones are columns of `Rows`."""

    lost: int = 0
    late: int = 0
    discarded: int = 0
    round_trip_ms: float | None = None
    remote_lost: int | None = None
    remote_jitter_ms: float | None = None
    peer_report: tuple[int, int] | None = None
    """Middle 32 bits of the NTP time of the peer's last SR, and when it came (ns since 1970)."""
    expected_before: int = 0
    received_before: int = 0
    """Totals at our last report: the fraction lost is since then (RFC 3550 A.3)."""


@dataclass(slots=True, eq=False)
class Leg:
    """A leg; its `row` belongs to `phase.rows` and changes when the leg moves to another mix's phase."""

    id: str
    mix: str
    codec: Codec
    payload_type: int
    dtmf_payload_type: int | None
    ptime: int
    direction: Direction
    rtcp_mux: bool
    media_timeout_ms: int
    pair: PortPair
    latch: Latch
    ssrc: int
    opened: LegOpened
    phase: Phase
    row: int
    reception: Reception = field(init=False)
    transport: Transport | None = None
    is_connected: bool = False
    """The socket is connected: the kernel filters sources, `send` needs no address."""
    revision: int = 0
    counters: Counters = field(default_factory=Counters)
    jitter: Jitter = field(default_factory=Jitter)
    guard: DelayGuard = field(default_factory=DelayGuard)
    events_in: EventReceiver = field(default_factory=EventReceiver)
    events_out: EventSender = field(default_factory=EventSender)
    inband: InbandDigits = field(default_factory=InbandDigits)
    player: Player = field(default_factory=Player)
    ear: Ear = field(default_factory=Ear)
    """Taps and detections."""
    collection: Collection | None = None
    digits: str = ""
    """Digits since the last collection."""
    packer: Packer | None = None
    """For packet times other than 20 ms; None: the plain path."""
    rtcp_remote: tuple[str, int] | None = None
    """Where the peer's RTCP came from, if it came."""
    timeout_told: bool = False
    has_told_first: bool = False
    """`FirstPacket` was sent."""
    tie: TiePart | None = None
    """The leg is an end of an internal pair."""

    @property
    def receives(self) -> bool:
        """The negotiated direction lets the far end talk to us."""
        return self.direction in ("sendrecv", "recvonly")

    @property
    def sends(self) -> bool:
        """The negotiated direction lets us talk to the far end."""
        return self.direction in ("sendrecv", "sendonly")

    @property
    def rtcp_socket(self) -> socket.socket:
        """The socket that carries RTCP."""
        return self.pair.rtcp if self.pair.rtcp is not None else self.pair.rtp

    def buffer_digit(self, digit: str) -> None:
        """Remember a digit for the next collection; the oldest are forgotten first."""
        self.digits = (self.digits + digit)[-_BUFFERED_DIGITS:]
