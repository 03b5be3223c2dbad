"""The packet path: what a socket brings is judged once and passed on to every viewer."""

from __future__ import annotations

import time
from collections.abc import Callable

from opencec.workers.relay.incoming import Arrival
from opencec.workers.relay.leg import VideoLeg
from opencec.workers.relay.pictures import begins_picture
from opencec.workers.rtp.packet import kind_of, parse
from opencec.workers.rtp.rtcp_path import send_rtcp
from opencec.workers.rtp.sockets import connect, disconnect

__all__ = ["Forwarding"]

_DATAGRAM = 2_048
_LARGEST = 1_500
"""Bytes of a datagram; a larger one is no video of ours: nothing on the way carries it unfragmented."""
_BATCH = 64
"""Packets of one leg that are read before the others get their turn: about one whole picture."""
_BURST_S = 1.0
"""A whole picture may take what the limit allows in a second."""
_HEADROOM = 1.5
"""A sender that obeys the limit exceeds it now and then; what is beyond this factor is dropped."""


class Forwarding:
    """Reads legs' sockets and forwards. `on_rtcp` gets RTCP in clear, `on_picture` is asked for a whole picture."""

    def __init__(
        self,
        *,
        on_rtcp: Callable[[VideoLeg, bytes], None],
        on_first: Callable[[VideoLeg], None],
        ask_picture: Callable[[VideoLeg], None],
        record: Callable[[VideoLeg, bytes, int], None],
    ) -> None:
        self._on_rtcp = on_rtcp
        self._on_first = on_first
        self._ask_picture = ask_picture
        self._record = record

    def read(self, leg: VideoLeg) -> None:
        """The leg's socket is readable."""
        receive = leg.pair.rtp.recvfrom
        for _ in range(_BATCH):
            try:
                data, source = receive(_DATAGRAM)
            except BlockingIOError:
                return
            except OSError:  # an ICMP error of an earlier packet: the peer's port is closed for now
                continue
            self._take(leg, data, (source[0], source[1]), time.time_ns())

    def read_rtcp(self, leg: VideoLeg) -> None:
        """The leg's RTCP socket is readable (not multiplexed)."""
        sock = leg.pair.rtcp
        assert sock is not None
        for _ in range(_BATCH):
            try:
                data, source = sock.recvfrom(_DATAGRAM)
            except BlockingIOError:
                return
            except OSError:
                continue
            expected = leg.latch.target
            if expected is None or source[0] != expected[0]:
                leg.counters.discarded += 1
                continue
            leg.rtcp_remote = (source[0], source[1])
            self._on_rtcp(leg, data)

    def _take(self, leg: VideoLeg, data: bytes, source: tuple[str, int], now_ns: int) -> None:
        kind = kind_of(data)
        if kind == "rtp" and len(data) <= _LARGEST:
            self._take_rtp(leg, data, source, now_ns)
        elif kind == "rtcp":
            self._take_rtcp(leg, data, source)
        elif kind == "other" and leg.transport is not None:
            leg.transport.handle_other(data, source)
        else:
            leg.counters.discarded += 1

    def _take_rtcp(self, leg: VideoLeg, data: bytes, source: tuple[str, int]) -> None:
        clear = leg.transport.unprotect_rtcp(data) if leg.transport is not None else data
        if clear is None or (leg.transport is None and source != leg.latch.target):
            leg.counters.discarded += 1
            return
        self._on_rtcp(leg, clear)

    def _take_rtp(self, leg: VideoLeg, data: bytes, source: tuple[str, int], now_ns: int) -> None:
        clear = leg.transport.unprotect_rtp(data) if leg.transport is not None else data
        if clear is None or not leg.receives or clear[1] & 0x7F != leg.payload_type:
            leg.counters.discarded += 1
            return
        packet = parse(clear)
        if packet is None or not (leg.is_connected or self._admit(leg, source, now_ns)):
            leg.counters.discarded += 1
            return
        if not self._is_within_limit(leg, len(clear), now_ns):
            return
        arrival = leg.incoming.take(
            ssrc=packet.ssrc, sequence=packet.sequence, timestamp=packet.timestamp, now_ns=now_ns
        )
        if arrival is None:
            leg.counters.discarded += 1
            return
        self._pass_on(leg, clear, arrival, packet.payload, now_ns)

    def _admit(self, leg: VideoLeg, source: tuple[str, int], now_ns: int) -> bool:
        """Latching of a plain leg (see `rtp.latching`)."""
        verdict = leg.latch.consider(source, now_ms=now_ns // 1_000_000)
        if verdict == "fixed":
            connect(leg.pair.rtp, source)
            leg.is_connected = True
        return verdict != "refused"

    def _is_within_limit(self, leg: VideoLeg, size: int, now_ns: int) -> bool:
        rate = leg.max_kbps * 125 * _HEADROOM
        passed_s = (now_ns - leg.allowance_at_ns) / 1e9
        leg.allowance_at_ns = now_ns
        leg.allowance = min(rate * _BURST_S, leg.allowance + rate * passed_s)
        if leg.allowance < size:
            leg.counters.over_limit += 1
            leg.counters.discarded += 1
            return False
        leg.allowance -= size
        return True

    def _pass_on(self, leg: VideoLeg, clear: bytes, arrival: Arrival, payload: bytes, now_ns: int) -> None:
        leg.since_ns = now_ns
        leg.newest_timestamp = arrival.timestamp
        if not leg.has_told_first:
            self._on_first(leg)
        is_picture = begins_picture(leg.codec, payload)
        leg.counters.received(arrival.timestamp, len(payload), is_key=is_picture, now_ns=now_ns)
        if arrival.is_new_stream:
            for viewer in leg.viewers:
                viewer.outgoing.follow()
        if is_picture:
            leg.wants_picture = False
        self._record(leg, clear, now_ns)
        payload_at = _payload_at(clear)
        for viewer in leg.viewers:
            self._send(viewer, leg, clear, payload_at, arrival, is_picture=is_picture, now_ns=now_ns, empty=not payload)

    def _send(
        self,
        viewer: VideoLeg,
        leg: VideoLeg,
        clear: bytes,
        payload_at: int,
        arrival: Arrival,
        *,
        is_picture: bool,
        now_ns: int,
        empty: bool,
    ) -> None:
        outgoing = viewer.outgoing
        if viewer.codec != leg.codec or not viewer.can_send:
            return
        if not outgoing.is_open:
            if not is_picture:
                self._ask_picture(leg)
                return
            outgoing.begin(sequence=arrival.sequence, timestamp=arrival.timestamp, now_ns=now_ns)
        if empty:  # padding that probes the path to us: it says nothing of the path to the viewer
            outgoing.skip()
            return
        made = outgoing.rewrite(
            clear, payload_at=payload_at, sequence=arrival.sequence, timestamp=arrival.timestamp, now_ns=now_ns
        )
        self.transmit(viewer, made)

    def repeat(self, viewer: VideoLeg, lost: list[int]) -> None:
        """Packets that the viewer asked for again."""
        for packet in viewer.outgoing.repeat(lost, time.time_ns()):
            viewer.counters.repeated += 1
            self.transmit(viewer, packet)

    def transmit(self, viewer: VideoLeg, packet: bytes) -> None:
        """One RTP packet in clear to the leg's peer."""
        try:
            if viewer.transport is not None:
                viewer.pair.rtp.send(viewer.transport.protect_rtp(packet))
            elif viewer.is_connected:
                viewer.pair.rtp.send(packet)
            elif (target := viewer.latch.target) is not None:
                viewer.pair.rtp.sendto(packet, target)
        except (OSError, OverflowError):  # a full buffer, nobody there, an address that cannot be: as lost on the way
            viewer.counters.unsent += 1

    def transmit_rtcp(self, leg: VideoLeg, packet: bytes) -> None:
        """One compound RTCP packet in clear to the leg's peer."""
        if not send_rtcp(leg, packet):
            leg.counters.unsent += 1

    @staticmethod
    def unlatch(leg: VideoLeg) -> None:
        """A plain leg's remote description came again: any permitted address may be heard anew."""
        if leg.is_connected and leg.transport is None:
            disconnect(leg.pair.rtp)
            leg.is_connected = False


def _payload_at(clear: bytes) -> int:
    """Where the payload begins in a packet that `parse` has accepted."""
    at = 12 + 4 * (clear[0] & 0x0F)
    if clear[0] & 0x10:
        at += 4 + 4 * int.from_bytes(clear[at + 2 : at + 4], "big")
    return at
