"""RTP packets outside the fast path: tell the kinds of datagrams apart, parse headers with all their options.

The fast path knows one shape only, 12 + 160 bytes without options; everything else is parsed here (RFC 3550 5.1).
"""

from __future__ import annotations

from typing import Literal, NamedTuple

__all__ = ["HEADER", "Packet", "build", "kind_of", "parse", "sequence_distance"]

HEADER = 12
"""Bytes of an RTP header without options."""

Kind = Literal["rtp", "rtcp", "other", "garbage"]


class Packet(NamedTuple):
    """A parsed packet; `timestamp` in samples of 8 kHz."""

    payload_type: int
    marker: bool
    sequence: int
    timestamp: int
    ssrc: int
    payload: bytes


def kind_of(data: bytes | memoryview) -> Kind:
    """What a datagram on a media port is, by its first two bytes (RFC 7983; RFC 5761 4 for RTCP on the same port).

    `other` is STUN or DTLS; `garbage` is none of all.
    """
    if len(data) < 8:
        return "garbage"
    first = data[0]
    if first < 4 or 20 <= first < 64:
        return "other"
    if not 128 <= first < 192:
        return "garbage"
    if 192 <= data[1] <= 223:
        return "rtcp"
    return "rtp" if len(data) >= HEADER else "garbage"


def parse(data: bytes | memoryview) -> Packet | None:
    """The packet in a datagram, or None when its header does not add up (RFC 3550 A.1)."""
    if len(data) < HEADER or data[0] >> 6 != 2:
        return None
    start = HEADER + 4 * (data[0] & 0x0F)
    end = len(data)
    if data[0] & 0x10:
        if end < start + 4:
            return None
        start += 4 + 4 * int.from_bytes(data[start + 2 : start + 4], "big")
    if data[0] & 0x20:
        padding = data[end - 1]
        if padding == 0:
            return None
        end -= padding
    if start > end:
        return None
    return Packet(
        data[1] & 0x7F,
        bool(data[1] & 0x80),
        int.from_bytes(data[2:4], "big"),
        int.from_bytes(data[4:8], "big"),
        int.from_bytes(data[8:12], "big"),
        bytes(data[start:end]),
    )


def build(packet: Packet) -> bytes:
    """The bytes of a packet without CSRC, extension and padding."""
    return (
        bytes((0x80, packet.payload_type | (0x80 if packet.marker else 0)))
        + (packet.sequence & 0xFFFF).to_bytes(2, "big")
        + (packet.timestamp & 0xFFFFFFFF).to_bytes(4, "big")
        + packet.ssrc.to_bytes(4, "big")
        + packet.payload
    )


def sequence_distance(newer: int, older: int) -> int:
    """How many packets `newer` is after `older`: -32768..32767, through the wrap of 16 bits."""
    return ((newer - older + 0x8000) & 0xFFFF) - 0x8000
