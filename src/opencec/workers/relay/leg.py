"""One video leg: its socket, its peer, the stream it sends and the stream it gets."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from opencec.workers.protocol import LegOpened
from opencec.workers.relay.incoming import Incoming
from opencec.workers.relay.outgoing import Outgoing
from opencec.workers.relay_protocol import VideoCodec
from opencec.workers.rtp.latching import Latch
from opencec.workers.rtp.sockets import PortPair

if TYPE_CHECKING:
    from opencec.workers.rtp.transport import Transport

__all__ = ["VideoCounters", "VideoLeg"]


@dataclass(slots=True)
class VideoCounters:
    """Statistics of a leg."""

    discarded: int = 0
    """Garbage, strangers, replays, and what was above the limit."""
    over_limit: int = 0
    unsent: int = 0
    round_trip_ms: float | None = None
    remote_lost: int | None = None
    remote_jitter_ms: float | None = None
    repeated: int = 0
    pictures: int = 0
    """Pictures that began to arrive, by their stamps."""
    key_pictures: int = 0
    octets: int = 0
    first_ns: int = 0
    last_ns: int = 0
    pictures_asked: int = 0
    """Requests for a whole picture that went to the peer."""
    _stamp: int | None = None
    _key_stamp: int | None = None

    def received(self, timestamp: int, octets: int, *, is_key: bool, now_ns: int) -> None:
        """A packet of the stream has come; fragments of one picture bear one stamp."""
        if not self.first_ns:
            self.first_ns = now_ns
        self.last_ns = now_ns
        self.octets += octets
        if timestamp != self._stamp:
            self._stamp = timestamp
            self.pictures += 1
        if is_key and timestamp != self._key_stamp:
            self._key_stamp = timestamp
            self.key_pictures += 1


@dataclass(slots=True, eq=False)
class VideoLeg:
    """A leg. `sees` is the leg whose pictures it gets, `viewers` the legs that get its own."""

    id: str
    mix: str
    codec: VideoCodec
    payload_type: int
    direction: Literal["sendrecv", "sendonly", "recvonly", "inactive"]
    has_feedback: bool
    max_kbps: int
    media_timeout_ms: int
    pair: PortPair
    latch: Latch
    opened: LegOpened
    outgoing: Outgoing
    rtcp_mux: bool
    transport: Transport | None = None
    is_connected: bool = False
    """The socket is connected to the peer (latched, or secured and nominated)."""
    revision: int = 0
    incoming: Incoming = field(default_factory=Incoming)
    sees: VideoLeg | None = None
    viewers: list[VideoLeg] = field(default_factory=list)
    counters: VideoCounters = field(default_factory=VideoCounters)
    rtcp_remote: tuple[str, int] | None = None
    allowance: float = float("inf")
    """Bytes that the peer may send just now."""
    allowance_at_ns: int = 0
    picture_asked_ns: int = 0
    wants_picture: bool = False
    """Somebody waits for a whole picture of this leg; asked again until one comes."""
    newest_timestamp: int = 0
    since_ns: int = 0
    """When the peer was heard last or had to begin to send."""
    has_told_first: bool = False
    timeout_told: bool = False

    @property
    def receives(self) -> bool:
        """The peer may send to us."""
        return self.direction in ("sendrecv", "recvonly")

    @property
    def sends(self) -> bool:
        """We may send to the peer."""
        return self.direction in ("sendrecv", "sendonly")

    @property
    def can_send(self) -> bool:
        """There is somewhere to send to, and we may."""
        if not self.sends:
            return False
        return self.is_connected if self.transport is not None else self.latch.target is not None
