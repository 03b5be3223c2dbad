"""The stream that a peer sends: which packets belong to it, what is missing of it, how its clock runs."""

from __future__ import annotations

from typing import NamedTuple

from opencec.workers.rtp.packet import sequence_distance

__all__ = ["Arrival", "Incoming"]

_JUMP = 3_000
"""A sequence number further ahead than this is another stream (RFC 3550 A.1)."""
_LATE = 500
_PROBATION = 3
_SILENT_NS = 500_000_000
"""Another SSRC is believed after three packets in sequence, if the known one has been silent so long."""
_NACK_TRIES = 3
_NACK_PAUSE_NS = 40_000_000
_MISSING_LIMIT = 64
_REPORTS_KEPT = 8
_LONGEST_ENCODING_NS = 1_000_000_000
_SLACK_NS = 20_000_000
"""Reports by which a picture was taken longer before it came, or after it, are of a clock that is not the stream's."""
_WINDOW_NS = 2_000_000_000
"""The least delay of two windows of this length stands for the path without queueing."""


class Arrival(NamedTuple):
    """A packet that belongs to the stream."""

    sequence: int
    timestamp: int
    is_new_stream: bool


class Incoming:
    """One leg's incoming video stream (90 kHz clock)."""

    __slots__ = (
        "_base_now",
        "_base_old",
        "_candidate",
        "_clock_lead_ns",
        "_cycles",
        "_first",
        "_jitter",
        "_missing",
        "_reported",
        "_sender_clock",
        "_transit",
        "_unwrapped",
        "_window_end",
        "heard_ns",
        "highest",
        "peer_report",
        "received",
        "ssrc",
    )

    def __init__(self) -> None:
        self.ssrc: int | None = None
        self.highest = 0
        self.heard_ns = 0
        self.received = 0
        self.peer_report: tuple[int, int] | None = None
        self._candidate: tuple[int, int, int] | None = None
        self._cycles = 0
        self._first = 0
        self._reported = (0, 0)
        self._jitter = 0.0
        self._transit: int | None = None
        self._missing: dict[int, tuple[int, int]] = {}
        """Sequence number -> how often it was asked for, and when last."""
        self._unwrapped: tuple[int, int] = (0, 0)
        self._base_now: int | None = None
        self._base_old: int | None = None
        self._window_end = 0
        self._clock_lead_ns: list[int] = []
        self._sender_clock: tuple[int, int] | None = None

    def take(self, *, ssrc: int, sequence: int, timestamp: int, now_ns: int) -> Arrival | None:
        """Judge a packet; None: it does not belong here, or came before."""
        if ssrc != self.ssrc:
            if not self._is_believed(ssrc, sequence, now_ns):
                return None
            self._begin(ssrc, sequence, timestamp, now_ns)
            return Arrival(sequence, timestamp, True)
        ahead = sequence_distance(sequence, self.highest)
        if ahead <= 0:
            if self._missing.pop(sequence, None) is None:
                return None  # a duplicate, or far too late
            self._count(timestamp, now_ns)
            return Arrival(sequence, timestamp, False)
        if ahead > _JUMP:
            if not self._is_believed(ssrc, sequence, now_ns, is_jump=True):
                return None
            self._begin(ssrc, sequence, timestamp, now_ns)
            return Arrival(sequence, timestamp, True)
        if 1 < ahead <= _MISSING_LIMIT:
            for gap in range(1, ahead):
                self._missing[(self.highest + gap) & 0xFFFF] = (0, 0)
        if sequence < self.highest:
            self._cycles += 0x10000
        self.highest = sequence
        self._count(timestamp, now_ns)
        return Arrival(sequence, timestamp, False)

    def _is_believed(self, ssrc: int, sequence: int, now_ns: int, *, is_jump: bool = False) -> bool:
        if self.ssrc is None:
            return True
        known = self._candidate
        count = known[2] + 1 if known is not None and known[:2] == (ssrc, sequence) else 1
        self._candidate = (ssrc, (sequence + 1) & 0xFFFF, count)
        return count >= _PROBATION and (is_jump or now_ns - self.heard_ns >= _SILENT_NS)

    def _begin(self, ssrc: int, sequence: int, timestamp: int, now_ns: int) -> None:
        self.ssrc, self.highest, self._first = ssrc, sequence, sequence
        self._cycles, self.received, self._reported = 0, 0, (0, 0)
        self._candidate, self._transit, self._jitter = None, None, 0.0
        self.peer_report = None
        self._clock_lead_ns, self._sender_clock = [], None
        self._missing.clear()
        self._base_now = self._base_old = None
        self._unwrapped = (timestamp, 0)
        self._window_end = now_ns + _WINDOW_NS
        self._count(timestamp, now_ns)

    def _count(self, timestamp: int, now_ns: int) -> None:
        self.received += 1
        self.heard_ns = now_ns
        ticks = self._ticks(timestamp)
        transit = now_ns * 9 // 100_000 - ticks
        if self._transit is not None:
            self._jitter += (abs(transit - self._transit) - self._jitter) / 16  # RFC 3550 A.8
        self._transit = transit
        base = now_ns - ticks * 100_000 // 9
        if self._base_now is None or base < self._base_now:
            self._base_now = base
        if now_ns >= self._window_end:
            self._base_old, self._base_now = self._base_now, base
            self._window_end = now_ns + _WINDOW_NS

    def _ticks(self, timestamp: int) -> int:
        """Ticks since the stream began, through the wraps of 32 bits."""
        last, ticks = self._unwrapped
        step = _step(last, timestamp)
        if step > 0:
            self._unwrapped = (timestamp, ticks + step)
        return ticks + step

    def take_report(self, *, ntp_ns: int, timestamp: int, now_ns: int) -> None:
        """The sender's report: its clock when it took a picture with this timestamp.

        The report itself leaves at once, whatever the encoder takes, so its arrival tells how far that clock is from
        ours, plus the path; the least of the last reports is the path without queueing.

        Args:
            ntp_ns: The sender's clock, ns since its 1970; need not be right.
            timestamp: Of its stream.
            now_ns: Our clock.
        """
        if self._base_now is None:
            return
        self._clock_lead_ns = [*self._clock_lead_ns[1 - _REPORTS_KEPT :], now_ns - ntp_ns]
        self._sender_clock = (ntp_ns, self._unwrapped[1] + _step(self._unwrapped[0], timestamp))

    def capture_ns(self, timestamp: int) -> int | None:
        """When the sender took a picture, ns of our clock later by the way to us; None: no stream.

        By the sender's reports; while there are none that can be, by when it would have come over an idle path.
        """
        bases = [base for base in (self._base_now, self._base_old) if base is not None]
        if not bases:
            return None
        ticks = self._ticks(timestamp)
        arrived = min(bases) + ticks * 100_000 // 9
        if self._sender_clock is None:
            return arrived
        ntp_ns, at_ticks = self._sender_clock
        taken = ntp_ns + min(self._clock_lead_ns) + (ticks - at_ticks) * 100_000 // 9
        return taken if arrived - _LONGEST_ENCODING_NS <= taken <= arrived + _SLACK_NS else arrived

    @property
    def expected(self) -> int:
        """Packets that the peer has sent, by its numbers."""
        return 0 if self.ssrc is None else self._cycles + self.highest - self._first + 1

    @property
    def lost(self) -> int:
        """RFC 3550 A.3; repetitions that arrived are no loss."""
        return max(0, self.expected - self.received)

    @property
    def jitter(self) -> int:
        """Ticks of 90 kHz."""
        return round(self._jitter)

    @property
    def extended_highest(self) -> int:
        """Highest sequence number with its cycles."""
        return (self._cycles + self.highest) & 0xFFFFFFFF

    def fraction_lost(self) -> int:
        """Lost of the packets since the last call, 0-255."""
        expected, received = self.expected, self.received
        due, came = expected - self._reported[0], received - self._reported[1]
        self._reported = (expected, received)
        return min(255, 256 * max(0, due - came) // due) if due > 0 else 0

    def wanted_again(self, now_ns: int) -> list[int]:
        """Missing packets that are to be asked for now, oldest first; each at most three times."""
        due: list[int] = []
        for number, (tries, asked_ns) in list(self._missing.items()):
            if tries >= _NACK_TRIES or sequence_distance(self.highest, number) > _LATE:
                del self._missing[number]
            elif now_ns - asked_ns >= _NACK_PAUSE_NS:
                self._missing[number] = (tries + 1, now_ns)
                due.append(number)
        return due


def _step(last: int, timestamp: int) -> int:
    """Ticks from one timestamp to another, through the wraps of 32 bits."""
    return ((timestamp - last + 0x80000000) & 0xFFFFFFFF) - 0x80000000
