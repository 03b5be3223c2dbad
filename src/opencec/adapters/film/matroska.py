"""A small writer of Matroska files (RFC 9559, EBML RFC 8794): clusters as they come, what describes them at the end."""

from __future__ import annotations

import struct
from typing import BinaryIO, NamedTuple

__all__ = ["AudioTrack", "MatroskaWriter", "VideoTrack"]

_RESERVED = 8_192
"""Bytes before the first cluster for what is known at the end only."""
_CLUSTER_MS = 5_000
_CLUSTER_BYTES = 4 * 1024 * 1024
_SIZE = struct.Struct(">Q")
_KEY = 0x80

_EBML, _SEGMENT, _SEEK_HEAD, _INFO, _TRACKS, _CLUSTER, _CUES, _VOID = (
    0x1A45DFA3,
    0x18538067,
    0x114D9B74,
    0x1549A966,
    0x1654AE6B,
    0x1F43B675,
    0x1C53BB6B,
    0xEC,
)


class VideoTrack(NamedTuple):
    """A track of pictures; `codec` is Matroska's id (`V_VP8`, `V_MPEG4/ISO/AVC`)."""

    number: int
    name: str
    codec: str
    width: int
    height: int
    private: bytes
    is_default: bool


class AudioTrack(NamedTuple):
    """A track of 16-bit PCM."""

    number: int
    name: str
    rate: int
    channels: int


def _id(number: int) -> bytes:
    return number.to_bytes((number.bit_length() + 7) // 8, "big")


def _size(number: int) -> bytes:
    """A length as 8 bytes: simple, and it may be put in later."""
    return _SIZE.pack(number | 1 << 56)


def _element(number: int, body: bytes) -> bytes:
    return _id(number) + _size(len(body)) + body


def _number(number: int, value: int) -> bytes:
    return _element(number, value.to_bytes(max(1, (value.bit_length() + 7) // 8), "big"))


def _text(number: int, value: str) -> bytes:
    return _element(number, value.encode())


def _float(number: int, value: float) -> bytes:
    return _element(number, struct.pack(">d", value))


class MatroskaWriter:
    """Writes one file. Times are milliseconds from its beginning.

    Args:
        file: Empty, can seek.
    """

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        head = _number(0x4286, 1) + _number(0x42F7, 1) + _number(0x42F2, 4) + _number(0x42F3, 8)
        head += _text(0x4282, "matroska") + _number(0x4287, 4) + _number(0x4285, 2)
        file.write(_element(_EBML, head) + _id(_SEGMENT) + _size(0))
        self._start = file.tell()
        file.write(bytes(_RESERVED))
        self._blocks = bytearray()
        self._began_ms: int | None = None
        self._last_ms = 0
        self._cues: list[tuple[int, int, int]] = []
        """Time, track, position of the cluster."""
        self._cued: set[int] = set()

    def add(self, track: int, at_ms: int, data: bytes, *, is_key: bool, is_cue: bool = False) -> None:
        """A frame. `is_cue`: who jumps to this time may begin here.

        Times of one track may run back a little (pictures in decoding order).
        """
        if self._is_full(at_ms, is_cue=is_cue):
            self._flush()
        if self._began_ms is None:
            self._began_ms = at_ms
        if is_cue and track not in self._cued:
            self._cued.add(track)
            self._cues.append((at_ms, track, self._file.tell() - self._start))
        block = bytes((0x80 | track,)) + struct.pack(">hB", at_ms - self._began_ms, _KEY if is_key else 0) + data
        self._blocks += _element(0xA3, block)
        self._last_ms = max(self._last_ms, at_ms)

    def close(self, tracks: list[VideoTrack | AudioTrack], *, duration_ms: int, date_ns: int) -> None:
        """Write what describes the file; nothing may be added after.

        Args:
            tracks: In the order in which players show them.
            duration_ms: Of the longest track.
            date_ns: When the film begins, nanoseconds since 1970.

        Raises:
            ValueError: the tracks' descriptions are too long.
        """
        self._flush()
        cues_at = self._file.tell() - self._start
        self._file.write(_element(_CUES, b"".join(map(self._cue, self._cues))))
        end = self._file.tell()
        info = _number(0x2AD7B1, 1_000_000) + _float(0x4489, float(duration_ms))
        info += _element(0x4461, (date_ns - 978_307_200_000_000_000).to_bytes(8, "big", signed=True))
        info += _text(0x4D80, "OpenCEC") + _text(0x5741, "OpenCEC")
        described = _element(_TRACKS, b"".join(map(_track, tracks)))
        seek_head = self._seek_head(0, 0, 0)
        places = len(seek_head), len(seek_head) + len(_element(_INFO, info)), cues_at
        head = self._seek_head(*places) + _element(_INFO, info) + described
        room = _RESERVED - len(head) - 9  # a Void element has 9 bytes at least
        if room < 0:
            raise ValueError("the descriptions of the tracks are too long")
        self._file.seek(self._start - 8)
        self._file.write(_size(end - self._start) + head + _element(_VOID, bytes(room)))
        self._file.seek(end)

    def _is_full(self, at_ms: int, *, is_cue: bool) -> bool:
        if self._began_ms is None:
            return False
        passed = at_ms - self._began_ms
        if not -30_000 < passed < _CLUSTER_MS or len(self._blocks) > _CLUSTER_BYTES:
            return True
        return is_cue and passed > 1_000

    def _flush(self) -> None:
        if self._began_ms is not None:
            self._file.write(_element(_CLUSTER, _number(0xE7, self._began_ms) + self._blocks))
        self._began_ms, self._blocks = None, bytearray()
        self._cued.clear()

    @staticmethod
    def _cue(cue: tuple[int, int, int]) -> bytes:
        at_ms, track, position = cue
        return _element(0xBB, _number(0xB3, at_ms) + _element(0xB7, _number(0xF7, track) + _number(0xF1, position)))

    @staticmethod
    def _seek_head(info: int, tracks: int, cues: int) -> bytes:
        """Positions of fixed length, so that its own does not change."""
        seeks = ((_INFO, info), (_TRACKS, tracks), (_CUES, cues))
        return _element(
            _SEEK_HEAD,
            b"".join(
                _element(0x4DBB, _element(0x53AB, _id(kind)) + _element(0x53AC, _SIZE.pack(place)))
                for kind, place in seeks
            ),
        )


def _track(track: VideoTrack | AudioTrack) -> bytes:
    body = _number(0xD7, track.number) + _number(0x73C5, track.number) + _number(0x9C, 0) + _text(0x536E, track.name)
    if isinstance(track, AudioTrack):
        sound = _float(0xB5, float(track.rate)) + _number(0x9F, track.channels) + _number(0x6264, 16)
        body += _number(0x83, 2) + _number(0x88, 1) + _text(0x86, "A_PCM/INT/LIT") + _element(0xE1, sound)
    else:
        picture = _number(0xB0, track.width) + _number(0xBA, track.height)
        body += _number(0x83, 1) + _number(0x88, int(track.is_default)) + _text(0x86, track.codec)
        body += _element(0x63A2, track.private) if track.private else b""
        body += _element(0xE0, picture)
    return _element(0xAE, body)
