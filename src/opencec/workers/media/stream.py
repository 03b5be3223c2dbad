"""Which packets belong to a leg's voice stream: what voice looks like, which address may be heard, which SSRC.

A leg's port is open to the world until its socket is connected, and a living stream must not be pushed aside even by
somebody who can forge its address (RFC 3550 A.1, RFC 7362).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Literal, Protocol

from opencec.workers.rtp.packet import Packet, sequence_distance
from opencec.workers.rtp.sockets import connect

if TYPE_CHECKING:
    from opencec.workers.media.leg import Leg

__all__ = ["Admission", "Listener", "StreamGate"]

_LATE_WINDOW = 3_000
_JUMP = 3_000
"""A sequence number further ahead than this is another stream (RFC 3550 A.1, MAX_DROPOUT)."""
_PROBATION = 3
"""Packets in sequence after which another stream from the same address is believed..."""
_SILENT_TICKS = 5
"""...if the known one has been silent for 100 ms: nobody can push a living stream aside."""
_LARGEST_PAYLOAD = 240 * 8
"""Bytes: 240 ms; more is not voice."""

Address = tuple[str, int]
Admission = Literal["refused", "heard", "fixed", "replaced"]
"""Of a source address: not heard; heard for now; the socket is connected to it; that, and another had been heard."""


class Listener(Protocol):
    """What a leg's reception tells."""

    def first_packet(self, leg: Leg) -> None:
        """A stream has begun."""

    def latched(self, leg: Leg) -> None:
        """The far end's address is fixed or has changed."""

    def event_packet(self, leg: Leg, packet: Packet) -> None:
        """A telephone-event packet of the leg's stream."""

    def rtcp(self, leg: Leg, data: bytes, host: str | None) -> None:
        """An RTCP packet on the RTP port (already in clear)."""


class StreamGate:
    """The judgement on one leg's packets, and the stream that it follows (whose SSRC stands in the leg's row)."""

    __slots__ = ("_candidate", "_is_open", "_leg", "_listener", "_now_ms", "began", "has_stream")

    def __init__(self, leg: Leg, listener: Listener, now_ms: Callable[[], int]) -> None:
        self._leg = leg
        self._listener = listener
        self._now_ms = now_ms
        self._is_open = True
        self._candidate: tuple[int, int, int] | None = None
        self.has_stream = False
        """A stream was accepted."""
        self.began = (0, 0)
        """First sequence number of the stream, and how many packets had been expected before it."""

    def renew(self) -> None:
        """A new remote description: any SSRC may follow, from an address that is decided anew."""
        self._is_open = True
        self._candidate = None

    def is_voice(self, packet: Packet) -> bool:
        """Whether the packet has a payload that was negotiated, of a sensible length."""
        if packet.payload_type == self._leg.dtmf_payload_type:
            return True
        return packet.payload_type == self._leg.payload_type and 0 < len(packet.payload) <= _LARGEST_PAYLOAD

    def admit(self, source: Address) -> Admission:
        """Latching: whether this address may be heard; connects the socket once it is decided."""
        leg = self._leg
        before = leg.latch.target
        verdict = leg.latch.consider(source, now_ms=self._now_ms())
        if verdict == "refused":
            return "refused"
        outcome: Admission = "heard"
        if verdict == "fixed":
            outcome = "fixed"
            if leg.latch.provisional not in (None, source):  # the SDP's address won over another
                outcome = "replaced"
                self._is_open = True
            connect(leg.pair.rtp, source)
            leg.is_connected = True
        if verdict == "fixed" or leg.latch.target != before:
            self._listener.latched(leg)
        return outcome

    def judge(self, packet: Packet, *, tick: int, has_played: bool) -> Literal["stream", "new", "stranger"]:
        """Whether a packet belongs to the stream that we follow, or to a new one that is to be followed."""
        leg = self._leg
        rows = leg.phase.rows
        is_known = packet.ssrc == int(rows.ssrc[leg.row])
        ahead = sequence_distance(packet.sequence, int(rows.expected[leg.row]))
        if self._is_open:
            if has_played and is_known and 0 <= ahead < _JUMP:
                self._is_open = False  # the new description did not interrupt the stream
                return "stream"
            return "new"
        if is_known:
            if 0 <= ahead < _JUMP:
                return "stream"
            if -_LATE_WINDOW < ahead < 0 and tick - int(rows.heard_at[leg.row]) < 50:
                leg.counters.late += 1
                return "stranger"
        return self._on_probation(packet, tick)

    def _on_probation(self, packet: Packet, tick: int) -> Literal["new", "stranger"]:
        leg = self._leg
        known = self._candidate
        count = known[2] + 1 if known is not None and known[:2] == (packet.ssrc, packet.sequence) else 1
        self._candidate = (packet.ssrc, (packet.sequence + 1) & 0xFFFF, count)
        if count >= _PROBATION and tick - int(leg.phase.rows.heard_at[leg.row]) >= _SILENT_TICKS:
            return "new"
        leg.counters.discarded += 1
        return "stranger"

    def follow(self, packet: Packet) -> None:
        """This packet begins the stream."""
        leg = self._leg
        rows = leg.phase.rows
        self._is_open = False
        self.has_stream = True
        self._candidate = None
        self.began = (packet.sequence, int(rows.received[leg.row]) + leg.counters.lost)
        rows.ssrc[leg.row] = packet.ssrc
        rows.expected[leg.row] = packet.sequence
        rows.starved[leg.row] = 0
        rows.silence(leg.row)
        leg.jitter.restart()
        leg.guard.restart()
        self._listener.first_packet(leg)
