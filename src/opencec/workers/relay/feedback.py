"""RTCP feedback about pictures: PLI, FIR, NACK and REMB, taken from compound packets and made (RFC 4585, RFC 5104)."""

from __future__ import annotations

import struct
from dataclasses import dataclass, field

__all__ = ["Feedback", "build_nack", "build_pli", "build_remb", "parse_feedback"]

_RTPFB, _PSFB = 205, 206
_NACK, _PLI, _FIR, _AFB = 1, 1, 4, 15
_REMB = b"REMB"
_MOST_NACKED = 256
"""Sequence numbers of one compound packet that are looked at: nobody is to make us repeat a whole second."""


@dataclass(slots=True)
class Feedback:
    """What one compound packet asks for. Numbers and pictures of streams that are not `ssrc` do not count."""

    wants_picture: bool = False
    lost: list[int] = field(default_factory=list)
    """Sequence numbers that are to come again."""
    max_bps: int | None = None
    """The receiver's estimate, REMB (draft-alvestrand-rmcat-remb)."""


def parse_feedback(data: bytes | memoryview, *, ssrc: int) -> Feedback | None:
    """What the packet says of our stream `ssrc`; None when it is malformed.

    Unlike `rtcp.parse` this takes reduced-size packets (RFC 5506), which begin with no report.
    """
    found, view, at = Feedback(), memoryview(data), 0
    while at + 4 <= len(view):
        first, kind, words = struct.unpack_from("!BBH", view, at)
        end = at + 4 * (words + 1)
        if first >> 6 != 2 or end > len(view):
            return None
        if kind in (_RTPFB, _PSFB) and end - at >= 12:
            _take(found, kind, first & 0x1F, view[at + 4 : end], ssrc)
        at = end
    return found if at == len(view) and at else None


def _take(found: Feedback, kind: int, form: int, body: memoryview, ssrc: int) -> None:
    about = struct.unpack_from("!I", body, 4)[0]
    if kind == _RTPFB:
        if form == _NACK and about == ssrc:
            _take_nack(found, body)
    elif form == _PLI:
        found.wants_picture |= about == ssrc
    elif form == _FIR:
        entries = range(8, len(body) - 7, 8)
        found.wants_picture |= any(struct.unpack_from("!I", body, at)[0] == ssrc for at in entries)
    elif form == _AFB and bytes(body[8:12]) == _REMB and len(body) >= 16:
        word = struct.unpack_from("!I", body, 12)[0]
        found.max_bps = (word & 0x3FFFF) << (word >> 18 & 0x3F)


def _take_nack(found: Feedback, body: memoryview) -> None:
    for at in range(8, len(body) - 3, 4):
        first, mask = struct.unpack_from("!HH", body, at)
        if len(found.lost) >= _MOST_NACKED:
            return
        found.lost.append(first)
        found.lost.extend((first + bit + 1) & 0xFFFF for bit in range(16) if mask >> bit & 1)


def build_pli(*, ours: int, about: int) -> bytes:
    """Picture loss indication."""
    return struct.pack("!BBHII", 0x80 | _PLI, _PSFB, 2, ours, about)


def build_nack(*, ours: int, about: int, lost: list[int]) -> bytes:
    """Ask for packets again; `lost` in ascending order of the stream."""
    entries: list[tuple[int, int]] = []
    for number in lost:
        ahead = (number - entries[-1][0] - 1) & 0xFFFF if entries else 0xFFFF
        if ahead < 16:
            entries[-1] = (entries[-1][0], entries[-1][1] | 1 << ahead)
        else:
            entries.append((number, 0))
    body = b"".join(struct.pack("!HH", first, mask) for first, mask in entries)
    return struct.pack("!BBHII", 0x80 | _NACK, _RTPFB, 2 + len(entries), ours, about) + body


def build_remb(*, ours: int, about: int, bps: int) -> bytes:
    """Tell a sender how much its stream may take."""
    exponent = max(0, bps.bit_length() - 18)
    word = exponent << 18 | bps >> exponent
    return struct.pack("!BBHII", 0x80 | _AFB, _PSFB, 5, ours, 0) + _REMB + struct.pack("!II", 1 << 24 | word, about)
