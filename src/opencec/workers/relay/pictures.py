"""What the relay must know of codecs: does a packet begin a whole picture (H.264: RFC 6184, VP8: RFC 7741)."""

from __future__ import annotations

from opencec.workers.relay_protocol import VideoCodec

__all__ = ["begins_picture", "vp8_descriptor_bytes"]

_IDR, _SPS, _STAP_A, _FU_A = 5, 7, 24, 28


def begins_picture(codec: VideoCodec, payload: bytes | memoryview) -> bool:
    """True when a decoder that has seen nothing can begin with this packet."""
    if not payload:
        return False
    return _h264(payload) if codec == "H264" else _vp8(payload)


def _h264(payload: bytes | memoryview) -> bool:
    kind = payload[0] & 0x1F
    if kind == _STAP_A:
        return len(payload) > 3 and payload[3] & 0x1F in (_SPS, _IDR)
    if kind == _FU_A:
        return len(payload) > 1 and payload[1] & 0x80 != 0 and payload[1] & 0x1F in (_SPS, _IDR)
    return kind in (_SPS, _IDR)


def _vp8(payload: bytes | memoryview) -> bool:
    first = payload[0]
    if not first & 0x10 or first & 0x07:  # not the start of the first partition
        return False
    start = vp8_descriptor_bytes(payload)
    return 0 < start < len(payload) and payload[start] & 0x01 == 0


def vp8_descriptor_bytes(payload: bytes | memoryview) -> int:
    """Length of the payload descriptor (RFC 7741 4.2); 0 when it is cut off."""
    size = 1
    if payload[0] & 0x80:
        if len(payload) < 2:
            return 0
        extension = payload[1]
        size = 2
        if extension & 0x80:
            if len(payload) <= size:
                return 0
            size += 2 if payload[size] & 0x80 else 1
        size += (1 if extension & 0x40 else 0) + (1 if extension & 0x30 else 0)
    return size if size <= len(payload) else 0
