"""WAV files: where their samples are, the header of recordings, and the repair of a `.part`. Needs no numpy."""

from __future__ import annotations

import os
import struct
from typing import NamedTuple

__all__ = ["A_LAW", "MU_LAW", "PCM", "WAV_HEADER_BYTES", "BadWav", "WavLayout", "locate", "recover", "wav_header"]

WAV_HEADER_BYTES = 58
PCM, A_LAW, MU_LAW = 1, 6, 7
"""Format tags (RFC 2361)."""
_EXTENSIBLE = 0xFFFE


class BadWav(ValueError):
    """Not a WAV file, or of a form that telephony does not use."""


class WavLayout(NamedTuple):
    """Where the samples of a file are: format tag, channels, offset and length in bytes (whole samples)."""

    kind: int
    channels: int
    start: int
    size: int


def locate(head: bytes, *, file_bytes: int) -> WavLayout:
    """Find the samples of an 8 kHz WAV file of G.711 or 16-bit PCM.

    Args:
        head: The file's beginning, up to the header of its data chunk at least.
        file_bytes: Its size: a data chunk that claims more counts as far as the file goes.

    Raises:
        BadWav: see there.
    """
    if len(head) < 12 or head[:4] != b"RIFF" or head[8:12] != b"WAVE":
        raise BadWav("not a WAV file")
    at, form = 12, None
    while at + 8 <= len(head):
        name, size = head[at : at + 4], int.from_bytes(head[at + 4 : at + 8], "little")
        if name == b"fmt ":
            form = _form(head[at + 8 : at + 8 + size])
        elif name == b"data":
            if form is None:
                raise BadWav("WAV without a format before its data")
            kind, channels = form
            size = min(size, file_bytes - at - 8)
            size -= size % (channels * (2 if kind == PCM else 1))
            if size <= 0:
                raise BadWav("WAV without samples")
            return WavLayout(kind, channels, at + 8, size)
        at += 8 + size + size % 2
    raise BadWav("WAV without data")


def _form(body: bytes) -> tuple[int, int]:
    """Format tag and channels."""
    if len(body) < 16:
        raise BadWav("WAV with a short format chunk")
    kind, channels, rate, _, _, bits = struct.unpack_from("<HHIIHH", body)
    if kind == _EXTENSIBLE and len(body) >= 26:
        kind = int.from_bytes(body[24:26], "little")
    if channels not in (1, 2) or rate != 8_000 or (kind, bits) not in ((PCM, 16), (A_LAW, 8), (MU_LAW, 8)):
        found = f"format {kind}, {channels} x {rate} Hz, {bits} bit"
        raise BadWav(f"WAV must be 8 kHz mono G.711 or 16-bit PCM, not {found}")
    return int(kind), int(channels)


def wav_header(sample_bytes: int) -> bytes:
    """58 bytes: RIFF, fmt (format 7, 2 channels, 8 kHz, 8 bit, with the size of its extension), fact, data."""
    form = struct.pack("<HHIIHHH", 7, 2, 8_000, 16_000, 2, 8, 0)
    chunks = b"fmt " + struct.pack("<I", len(form)) + form + b"fact" + struct.pack("<II", 4, sample_bytes // 2)
    chunks += b"data" + struct.pack("<I", sample_bytes)
    return b"RIFF" + struct.pack("<I", 4 + len(chunks) + sample_bytes) + b"WAVE" + chunks


def recover(path: str) -> int:
    """Finish the `.part` that a killed worker left of the recording `path`: true sizes in the header, its own name.

    Returns:
        Bytes of samples in the file, of both channels together (also when it was finished already).

    Raises:
        FileNotFoundError: there is neither a `.part` nor the file.
        OSError: the disk refuses.
    """
    try:
        file = os.open(path + ".part", os.O_RDWR | os.O_CLOEXEC)
    except FileNotFoundError:
        return max(0, os.stat(path).st_size - WAV_HEADER_BYTES)
    try:
        size = max(0, os.fstat(file).st_size - WAV_HEADER_BYTES) // 2 * 2
        os.truncate(file, WAV_HEADER_BYTES + size)
        os.pwrite(file, wav_header(size), 0)
        os.fsync(file)
    finally:
        os.close(file)
    os.rename(path + ".part", path)
    return size
