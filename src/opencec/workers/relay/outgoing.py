"""The stream that a viewer gets: one SSRC and one clock for all sources that follow each other, and what to repeat."""

from __future__ import annotations

import struct

from opencec.workers.rtp.packet import sequence_distance
from opencec.workers.rtp.rtcp import SenderInfo, ntp_of

__all__ = ["AUDIO_DELAY_NS", "Outgoing"]

AUDIO_DELAY_NS = 45_000_000
"""The media worker's sound leaves so much later than it came (its jitter buffer and packing), pictures leave at once.
Both workers' sender reports say when their packets leave by the same clock, so this is added here: lips match."""
_CACHE = 512
"""Packets kept for repetition: about half a second of 1 Mbit/s with 1,200-byte packets, far more at 500 kbit/s."""
_REPEATS_PER_S = 200
_HEADER = struct.Struct("!BBHII")


class Outgoing:
    """One leg's outgoing stream. `follow` begins a source; until its first whole picture nothing is sent."""

    __slots__ = (
        "_allowance",
        "_allowance_at",
        "_cache",
        "_last_ns",
        "_sequence_offset",
        "_timestamp_offset",
        "is_open",
        "octets",
        "packets",
        "payload_type",
        "sequence",
        "ssrc",
        "timestamp",
    )

    def __init__(self, *, ssrc: int, payload_type: int, sequence: int, timestamp: int) -> None:
        self.ssrc = ssrc
        self.payload_type = payload_type
        self.sequence = sequence
        """Of the newest packet."""
        self.timestamp = timestamp
        self.packets = 0
        self.octets = 0
        self.is_open = False
        """A whole picture of the source has begun."""
        self._sequence_offset = 0
        self._timestamp_offset = 0
        self._last_ns = 0
        self._cache: dict[int, bytes] = {}
        self._allowance, self._allowance_at = float(_REPEATS_PER_S), 0

    def follow(self) -> None:
        """Another source, or none: numbers and clock go on without a break when its first picture comes."""
        self.is_open = False

    def begin(self, *, sequence: int, timestamp: int, now_ns: int) -> None:
        """The first packet of the source's first whole picture."""
        self.is_open = True
        self._sequence_offset = self.sequence + 1 - sequence
        passed = (now_ns - self._last_ns) * 9 // 100_000 if self._last_ns else 0
        self._timestamp_offset = self.timestamp + max(1, passed) - timestamp

    def rewrite(self, packet: bytes, *, payload_at: int, sequence: int, timestamp: int, now_ns: int) -> bytes:
        """The packet as the viewer gets it: our numbers, no extension, no contributing sources.

        Args:
            packet: As it came, in clear.
            payload_at: Where its payload begins.
            sequence: Of the source.
            timestamp: Of the source.
            now_ns: Our clock.
        """
        number = (sequence + self._sequence_offset) & 0xFFFF
        stamp = (timestamp + self._timestamp_offset) & 0xFFFFFFFF
        marker = packet[1] & 0x80
        header = _HEADER.pack(0x80 | (packet[0] & 0x20), marker | self.payload_type, number, stamp, self.ssrc)
        made = header + packet[payload_at:]
        if sequence_distance(number, self.sequence) > 0 or not self.packets:
            self.sequence, self.timestamp, self._last_ns = number, stamp, now_ns
        self.packets += 1
        self.octets += len(made) - 12
        cache = self._cache
        cache[number] = made
        if len(cache) > _CACHE:
            del cache[next(iter(cache))]
        return made

    def repeat(self, lost: list[int], now_ns: int) -> list[bytes]:
        """Packets that the viewer misses and we still have; bounded, so that nobody makes us a flood."""
        passed_s = (now_ns - self._allowance_at) / 1e9
        self._allowance = min(float(_REPEATS_PER_S), self._allowance + passed_s * _REPEATS_PER_S)
        self._allowance_at = now_ns
        found = [self._cache[number] for number in lost if number in self._cache][: int(self._allowance)]
        self._allowance -= len(found)
        return found

    def skip(self) -> None:
        """A packet of the source is not passed on and leaves no gap."""
        self._sequence_offset -= 1

    def sender_info(self, capture_ns: int | None, source_timestamp: int, now_ns: int) -> SenderInfo:
        """The sender report's figures: which instant of our clock the source's timestamp stands for."""
        at = now_ns if capture_ns is None else capture_ns
        stamp = (source_timestamp + self._timestamp_offset) & 0xFFFFFFFF
        return SenderInfo(ntp_of(at + AUDIO_DELAY_NS), stamp, self.packets, self.octets)
