"""RTCP of the legs, and the statistics that control may ask for."""

from __future__ import annotations

import time

from opencec.workers.media import g711
from opencec.workers.media.leg import Leg
from opencec.workers.media.loudness import levels_dbov
from opencec.workers.media.phase import Phase
from opencec.workers.media.quality import mos
from opencec.workers.media.rows import FIRST_ROW, HISTORY
from opencec.workers.protocol import Quality
from opencec.workers.rtp import rtcp
from opencec.workers.rtp.packet import sequence_distance
from opencec.workers.rtp.rtcp_path import send_rtcp
from opencec.workers.rtp.sockets import ANCILLARY_BYTES, arrival_ns

__all__ = ["RTCP_TICKS", "Reports", "quality_of"]

RTCP_TICKS = 250
"""A report every 5 s (RFC 3550 6.2: the minimum interval)."""
_POLL_TICKS = 125
"""Sockets are looked into twice in a peer's interval; the kernel stamps arrivals, so nothing is measured worse."""
_BUFFER_MS = 45.0
"""Mean delay of our jitter buffer and the 20 ms of packing, for the E-model."""


class Reports:
    """Sends and reads RTCP a few legs at a time, spread over the ticks."""

    def turn(self, phase: Phase, tick: int) -> None:
        """The legs of a phase whose turn it is in this tick."""
        used = phase.rows.used
        for row in range(FIRST_ROW + tick % _POLL_TICKS, used, _POLL_TICKS):
            leg = phase.legs.get(row)
            if leg is not None and leg.pair.rtcp is not None:
                self._poll(leg)
        for row in range(FIRST_ROW + tick % RTCP_TICKS, used, RTCP_TICKS):
            leg = phase.legs.get(row)
            if leg is not None and (phase.rows.sending[row] or leg.reception.gate.has_stream):
                self._send(leg, time.time_ns())

    def receive(self, leg: Leg, data: bytes, *, arrival: int) -> None:
        """An RTCP packet came (in clear); malformed ones and strangers' are counted as discarded."""
        incoming = rtcp.parse(data)
        rows = leg.phase.rows
        is_known = leg.reception.gate.has_stream and incoming is not None and incoming.ssrc == int(rows.ssrc[leg.row])
        if incoming is None or (leg.reception.gate.has_stream and not is_known):
            leg.counters.discarded += 1
            return
        if incoming.sender is not None:
            leg.counters.peer_report = (incoming.sender.ntp >> 16 & 0xFFFFFFFF, arrival)
        for block in incoming.blocks:
            if block.ssrc == leg.ssrc:
                trip = rtcp.round_trip_ms(block, arrival_ns=arrival)
                leg.counters.round_trip_ms = trip if trip is not None else leg.counters.round_trip_ms
                leg.counters.remote_lost = block.lost
                leg.counters.remote_jitter_ms = block.jitter / 8.0

    def _poll(self, leg: Leg) -> None:
        sock = leg.pair.rtcp
        assert sock is not None
        for _ in range(8):
            try:
                data, ancillary, _, source = sock.recvmsg(2048, ANCILLARY_BYTES)
            except OSError:
                return
            expected = leg.latch.target
            if expected is None or source[0] != expected[0]:
                leg.counters.discarded += 1
                continue
            leg.rtcp_remote = (source[0], source[1])
            self.receive(leg, data, arrival=arrival_ns(ancillary) or time.time_ns())

    def _send(self, leg: Leg, now_ns: int) -> None:
        rows, row = leg.phase.rows, leg.row
        sender = None
        if rows.sending[row]:
            sent = int(rows.sent[row])
            sender = rtcp.SenderInfo(rtcp.ntp_of(now_ns), int(rows.tx_timestamp[row]), sent, sent * 160)
        block = self._block(leg, now_ns) if leg.reception.gate.has_stream else None
        packet = rtcp.build_report(ssrc=leg.ssrc, cname=rtcp.cname_of(leg.id), sender=sender, block=block)
        send_rtcp(leg, packet)

    def _block(self, leg: Leg, now_ns: int) -> rtcp.ReportBlock:
        """What we received of the peer (RFC 3550 A.3)."""
        rows, row, counters = leg.phase.rows, leg.row, leg.counters
        received = int(rows.received[row])
        expected = received + counters.lost
        new_expected = expected - counters.expected_before
        new_lost = max(0, new_expected - (received - counters.received_before))
        counters.expected_before, counters.received_before = expected, received
        last, delay = 0, 0
        if counters.peer_report is not None:
            last = counters.peer_report[0]
            delay = max(0, now_ns - counters.peer_report[1]) * 65_536 // 1_000_000_000 & 0xFFFFFFFF
        highest = self._highest(leg, expected)
        fraction = min(255, 256 * new_lost // new_expected) if new_expected > 0 else 0
        return rtcp.ReportBlock(
            int(rows.ssrc[row]), fraction, counters.lost, highest, round(leg.jitter.value_ms * 8), last, delay
        )

    @staticmethod
    def _highest(leg: Leg, expected: int) -> int:
        """Extended highest sequence number: the one near to "first plus count" whose low 16 bits we saw last."""
        first, expected_then = leg.reception.gate.began
        estimate = first + expected - expected_then - 1
        last = (int(leg.phase.rows.expected[leg.row]) - 1) & 0xFFFF
        return max(last, estimate + sequence_distance(last, estimate & 0xFFFF)) & 0xFFFFFFFF


def quality_of(leg: Leg) -> Quality:
    """The statistics of a leg so far."""
    rows, row, counters = leg.phase.rows, leg.row, leg.counters
    received = int(rows.received[row])
    due = received + counters.lost
    unplayed = min(1.0, (counters.lost + counters.late) / due) if due else 0.0
    delay_ms = (counters.round_trip_ms or 0.0) / 2.0 + _BUFFER_MS + 2.0 * leg.jitter.value_ms
    return Quality(
        leg=leg.id,
        packets_received=received,
        packets_sent=int(rows.sent[row]),
        packets_lost=counters.lost,
        packets_late=counters.late,
        packets_discarded=counters.discarded,
        concealed_frames=int(rows.concealed[row]),
        jitter_ms=round(leg.jitter.value_ms, 3),
        round_trip_ms=counters.round_trip_ms,
        remote_lost=counters.remote_lost,
        remote_jitter_ms=counters.remote_jitter_ms,
        mos=round(mos(loss=unplayed, delay_ms=delay_ms), 2) if received else None,
        level_dbov=_loudness(leg) if received else None,
    )


def _loudness(leg: Leg) -> float:
    """Level of what the leg said in the last second."""
    ticks = [tick % HISTORY for tick in range(max(0, leg.phase.tick - 49), leg.phase.tick + 1)]
    samples = g711.decode(leg.phase.rows.history[ticks, leg.row], leg.codec)
    return round(float(levels_dbov(samples.reshape(1, -1))[0]), 1)
