"""How a leg's frames go out: as they stand in its row (secured or not); events and other packet times apart."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from opencec.workers.rtp import packet as rtp
from opencec.workers.rtp.packet import Packet

if TYPE_CHECKING:
    from opencec.workers.media.leg import Leg

__all__ = ["Packer", "needs_special_sending", "plain_sender", "send_special"]


class Packer:
    """Collects 20 ms frames into packets of another packet time (10, 30, 40, 60 ms...)."""

    __slots__ = ("_bytes", "_pending", "_timestamp")

    def __init__(self, ptime_ms: int) -> None:
        self._bytes = ptime_ms * 8
        self._pending = bytearray()
        self._timestamp = 0

    def feed(self, frame: bytes, timestamp: int) -> list[tuple[bytes, int]]:
        """The packets that this frame completes: (payload, RTP timestamp)."""
        if not self._pending:
            self._timestamp = timestamp
        self._pending += frame
        packets = []
        while len(self._pending) >= self._bytes:
            packets.append((bytes(self._pending[: self._bytes]), self._timestamp & 0xFFFFFFFF))
            del self._pending[: self._bytes]
            self._timestamp += self._bytes
        return packets


def needs_special_sending(leg: Leg) -> bool:
    """Whether the leg's frames cannot simply be sent as they stand in its row."""
    return leg.packer is not None or leg.events_out.is_active


def plain_sender(leg: Leg) -> Callable[[memoryview], object]:
    """How to send a row as it is: on the connected socket, or to the address that is the best guess so far."""
    sock, target = leg.pair.rtp, leg.latch.target
    if leg.transport is not None:
        send, protect = sock.send, leg.transport.protect_rtp
        return lambda view: send(protect(view))
    if leg.is_connected or target is None:
        return sock.send
    return lambda view: sock.sendto(view, target)


def send_special(leg: Leg) -> None:
    """Send what is due for one leg in this tick. The row's header has been filled for a plain packet already."""
    rows = leg.phase.rows
    row = leg.row
    if not rows.sending[row]:
        return
    timestamp = int(rows.tx_timestamp[row])
    events = leg.events_out.step(timestamp) if leg.events_out.is_active else []
    if events:
        kind = leg.dtmf_payload_type
        assert kind is not None, "digits are sent as events only to a peer that has them"
        bodies = [(payload, at, marker, kind) for payload, at, marker in events]
    elif leg.packer is not None:
        frame = rows.heard[row].tobytes()
        bodies = [(payload, at, False, leg.payload_type) for payload, at in leg.packer.feed(frame, timestamp)]
    else:
        _send(leg, rows.tx[row].tobytes())  # the tick in which a digit ends
        return
    sequence = int(rows.tx_sequence[row])  # counted once for this tick already
    for offset, (payload, at, marker, kind) in enumerate(bodies):
        _send(leg, rtp.build(Packet(kind, marker, sequence + offset, at, leg.ssrc, payload)))
    extra = len(bodies) - 1
    rows.tx_sequence[row] = (sequence + extra) & 0xFFFF
    rows.sent[row] += extra


def _send(leg: Leg, packet: bytes) -> None:
    try:
        if leg.transport is not None:
            packet = leg.transport.protect_rtp(packet)
        if leg.is_connected:
            leg.pair.rtp.send(packet)
        elif (target := leg.latch.target) is not None:
            leg.pair.rtp.sendto(packet, target)
    except OSError:  # the far end's port is closed or the queue is full: audio does not wait
        pass
