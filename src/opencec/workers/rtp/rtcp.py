"""RTCP: build compound sender/receiver reports with CNAME, parse the peer's, compute the round trip (RFC 3550 6)."""

from __future__ import annotations

import struct
from typing import NamedTuple

__all__ = [
    "Incoming",
    "ReportBlock",
    "SenderInfo",
    "build_report",
    "cname_of",
    "ntp_of",
    "parse",
    "round_trip_ms",
    "unix_ns_of",
]

_SENDER_REPORT, _RECEIVER_REPORT, _DESCRIPTION, _BYE = 200, 201, 202, 203
_NTP_EPOCH = 2_208_988_800
"""Seconds between 1900 (NTP) and 1970 (Unix)."""


class ReportBlock(NamedTuple):
    """What one side received of the other's stream; `jitter` in samples, `last_report`/`delay` in 1/65536 s."""

    ssrc: int
    fraction_lost: int
    lost: int
    highest_sequence: int
    jitter: int
    last_report: int
    delay: int


class SenderInfo(NamedTuple):
    """The sender part of an SR; `ntp` is the 64-bit NTP time."""

    ntp: int
    timestamp: int
    packets: int
    octets: int


class Incoming(NamedTuple):
    """One parsed compound packet."""

    ssrc: int
    sender: SenderInfo | None
    blocks: tuple[ReportBlock, ...]
    bye: bool


def cname_of(leg: str) -> str:
    """The name of a leg's sound and pictures alike: a receiver plays streams of one name in step (RFC 3550 6.5.1)."""
    return f"{leg}@opencec"


def ntp_of(unix_ns: int) -> int:
    """64-bit NTP time of nanoseconds since 1970."""
    seconds, rest = divmod(unix_ns, 1_000_000_000)
    return ((seconds + _NTP_EPOCH) << 32 | (rest << 32) // 1_000_000_000) & 0xFFFFFFFFFFFFFFFF


def unix_ns_of(ntp: int) -> int:
    """Nanoseconds since 1970 of a 64-bit NTP time."""
    return ((ntp >> 32) - _NTP_EPOCH) * 1_000_000_000 + ((ntp & 0xFFFFFFFF) * 1_000_000_000 >> 32)


def build_report(*, ssrc: int, cname: str, sender: SenderInfo | None, block: ReportBlock | None) -> bytes:
    """SR (with `sender`) or RR, followed by the SDES that every compound packet carries (RFC 3550 6.1)."""
    blocks = b"" if block is None else _pack_block(block)
    count = 0 if block is None else 1
    if sender is not None:
        body = struct.pack("!IQIII", ssrc, sender.ntp, sender.timestamp & 0xFFFFFFFF, sender.packets & 0xFFFFFFFF,
                           sender.octets & 0xFFFFFFFF) + blocks  # fmt: skip
        head = _header(count, _SENDER_REPORT, len(body))
    else:
        body = struct.pack("!I", ssrc) + blocks
        head = _header(count, _RECEIVER_REPORT, len(body))
    name = cname.encode()[:255]
    item = bytes((1, len(name))) + name
    item += b"\0" * (4 - len(item) % 4)
    description = struct.pack("!I", ssrc) + item
    return head + body + _header(1, _DESCRIPTION, len(description)) + description


def _header(count: int, kind: int, body_bytes: int) -> bytes:
    return struct.pack("!BBH", 0x80 | count, kind, body_bytes // 4)


def _pack_block(block: ReportBlock) -> bytes:
    lost = max(-0x800000, min(0x7FFFFF, block.lost)) & 0xFFFFFF
    return struct.pack("!IIIIII", block.ssrc, block.fraction_lost << 24 | lost, block.highest_sequence, block.jitter,
                       block.last_report, block.delay)  # fmt: skip


def parse(data: bytes | memoryview) -> Incoming | None:
    """The reports of a compound packet, or None when it is malformed (RFC 3550 A.2). Unknown types are skipped."""
    view, at = memoryview(data), 0
    ssrc: int | None = None
    sender: SenderInfo | None = None
    blocks: list[ReportBlock] = []
    bye = False
    while at + 4 <= len(view):
        first, kind, words = struct.unpack_from("!BBH", view, at)
        end = at + 4 * (words + 1)
        if first >> 6 != 2 or end > len(view):
            return None
        body, count = view[at + 4 : end], first & 0x1F
        if kind in (_SENDER_REPORT, _RECEIVER_REPORT):
            start = 24 if kind == _SENDER_REPORT else 4
            if len(body) < start + 24 * count:
                return None
            ssrc = struct.unpack_from("!I", body)[0]
            if kind == _SENDER_REPORT:
                sender = SenderInfo(*struct.unpack_from("!QIII", body, 4))
            blocks += [_unpack_block(body[start + 24 * i :]) for i in range(count)]
        elif kind == _BYE:
            bye = True
        elif ssrc is None:
            return None  # the first packet of a compound is a report
        at = end
    if at != len(view) or ssrc is None:
        return None
    return Incoming(ssrc, sender, tuple(blocks), bye)


def _unpack_block(body: memoryview) -> ReportBlock:
    ssrc, lost_word, highest, jitter, last, delay = struct.unpack_from("!IIIIII", body)
    lost = lost_word & 0xFFFFFF
    return ReportBlock(ssrc, lost_word >> 24, lost - (1 << 24 if lost & 0x800000 else 0), highest, jitter, last, delay)


def round_trip_ms(block: ReportBlock, *, arrival_ns: int) -> float | None:
    """Round trip of our last report to the peer and back, or None when the block holds none (RFC 3550 6.4.1)."""
    if block.last_report == 0:
        return None
    now = ntp_of(arrival_ns) >> 16 & 0xFFFFFFFF
    trip = (now - block.last_report - block.delay) & 0xFFFFFFFF
    if trip & 0x80000000:  # a peer that rounds its delay up: as good as nothing
        return 0.0
    value = trip * 1000.0 / 65536.0
    return value if value < 60_000.0 else None
