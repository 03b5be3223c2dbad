"""RTCP of video legs: sender and receiver reports from the audio worker's clock, and feedback passed on."""

from __future__ import annotations

import time

from opencec.workers.protocol import Quality
from opencec.workers.relay.feedback import build_nack, build_pli, build_remb, parse_feedback
from opencec.workers.relay.forwarding import Forwarding
from opencec.workers.relay.leg import VideoLeg
from opencec.workers.rtp import rtcp
from opencec.workers.rtp.rtcp import cname_of

__all__ = ["PictureReports", "video_quality"]

_PICTURE_PAUSE_NS = 300_000_000
"""A peer makes a whole picture at most so often: each costs as much as ten others."""


class PictureReports:
    """Sends and reads RTCP of legs."""

    path: Forwarding

    def receive(self, leg: VideoLeg, data: bytes) -> None:
        """RTCP of a leg's peer, in clear. What is malformed counts as discarded."""
        now_ns = time.time_ns()
        feedback = parse_feedback(data, ssrc=leg.outgoing.ssrc)
        if feedback is None:
            leg.counters.discarded += 1
            return
        self._read_reports(leg, data, now_ns)
        if feedback.lost:
            self.path.repeat(leg, feedback.lost)
        if leg.sees is None:
            return
        if feedback.wants_picture:
            self.ask_picture(leg.sees)
        if feedback.max_bps is not None:
            self._limit(leg.sees, min(feedback.max_bps, leg.sees.max_kbps * 1000))

    def _read_reports(self, leg: VideoLeg, data: bytes, now_ns: int) -> None:
        incoming = rtcp.parse(data)
        if incoming is None:
            return  # feedback without a report (RFC 5506)
        if incoming.sender is not None and incoming.ssrc == leg.incoming.ssrc:
            leg.incoming.peer_report = (incoming.sender.ntp >> 16 & 0xFFFFFFFF, now_ns)
            leg.incoming.take_report(
                ntp_ns=rtcp.unix_ns_of(incoming.sender.ntp), timestamp=incoming.sender.timestamp, now_ns=now_ns
            )
        for block in incoming.blocks:
            if block.ssrc == leg.outgoing.ssrc:
                trip = rtcp.round_trip_ms(block, arrival_ns=now_ns)
                leg.counters.round_trip_ms = trip if trip is not None else leg.counters.round_trip_ms
                leg.counters.remote_lost = block.lost
                leg.counters.remote_jitter_ms = block.jitter / 90.0

    def ask_picture(self, leg: VideoLeg) -> None:
        """Ask the leg's peer for a whole picture, now or when the pause since the last time is over."""
        leg.wants_picture = True
        self._ask_if_due(leg, time.time_ns())

    def _ask_if_due(self, leg: VideoLeg, now_ns: int) -> None:
        source = leg.incoming.ssrc
        if source is None or now_ns - leg.picture_asked_ns < _PICTURE_PAUSE_NS:
            return
        leg.picture_asked_ns = now_ns
        leg.counters.pictures_asked += 1
        self._tell(leg, build_pli(ours=leg.outgoing.ssrc, about=source))

    def _limit(self, leg: VideoLeg, bps: int) -> None:
        """Pass the viewer's estimate on to the sender, never more than the leg may send."""
        if leg.has_feedback and leg.incoming.ssrc is not None:
            self._tell(leg, build_remb(ours=leg.outgoing.ssrc, about=leg.incoming.ssrc, bps=bps))

    def _tell(self, leg: VideoLeg, feedback: bytes) -> None:
        """Feedback goes in a compound packet that begins with a report (RFC 4585 3.1)."""
        self.path.transmit_rtcp(leg, self._report(leg, time.time_ns()) + feedback)

    def ask_again(self, leg: VideoLeg) -> None:
        """What a leg's peer has to send again; called every few milliseconds."""
        now_ns = time.time_ns()
        if leg.wants_picture:
            self._ask_if_due(leg, now_ns)
        source = leg.incoming.ssrc
        if source is None or not leg.has_feedback:
            return
        lost = leg.incoming.wanted_again(now_ns)
        if lost:
            self._tell(leg, build_nack(ours=leg.outgoing.ssrc, about=source, lost=lost))

    def report(self, leg: VideoLeg) -> None:
        """The leg's regular report, once a second."""
        if leg.incoming.ssrc is None and not leg.outgoing.packets:
            return
        self.path.transmit_rtcp(leg, self._report(leg, time.time_ns()))

    def _report(self, leg: VideoLeg, now_ns: int) -> bytes:
        sender = None
        source = leg.sees
        if source is not None and leg.outgoing.is_open and leg.outgoing.packets:
            timestamp = source.newest_timestamp
            sender = leg.outgoing.sender_info(source.incoming.capture_ns(timestamp), timestamp, now_ns)
        block = _block(leg, now_ns) if leg.incoming.ssrc is not None else None
        return rtcp.build_report(ssrc=leg.outgoing.ssrc, cname=cname_of(leg.id), sender=sender, block=block)


def _block(leg: VideoLeg, now_ns: int) -> rtcp.ReportBlock:
    incoming = leg.incoming
    assert incoming.ssrc is not None
    last, delay = 0, 0
    if incoming.peer_report is not None:
        last = incoming.peer_report[0]
        delay = max(0, now_ns - incoming.peer_report[1]) * 65_536 // 1_000_000_000 & 0xFFFFFFFF
    return rtcp.ReportBlock(
        incoming.ssrc,
        incoming.fraction_lost(),
        incoming.lost,
        incoming.extended_highest,
        incoming.jitter,
        last,
        delay,
    )


def video_quality(leg: VideoLeg) -> Quality:
    """The statistics of a leg so far."""
    counters = leg.counters
    return Quality(
        leg=leg.id,
        packets_received=leg.incoming.received,
        packets_sent=leg.outgoing.packets,
        packets_lost=leg.incoming.lost,
        packets_discarded=counters.discarded,
        jitter_ms=round(leg.incoming.jitter / 90.0, 3),
        round_trip_ms=counters.round_trip_ms,
        remote_lost=counters.remote_lost,
        remote_jitter_ms=counters.remote_jitter_ms,
        pictures_received=counters.pictures,
        key_pictures_received=counters.key_pictures,
        octets_received=counters.octets,
        lasted_ms=(counters.last_ns - counters.first_ns) // 1_000_000,
    )
