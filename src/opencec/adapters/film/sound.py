"""The sound of a recording for its film: both channels of the WAV file as 16-bit PCM, piece by piece."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from opencec.workers.media.wav import MU_LAW, BadWav, locate

__all__ = ["CHANNELS", "RATE", "SoundPiece", "sound_of"]

RATE, CHANNELS = 8_000, 2
_PIECE_MS = 100
_HEAD = 4_096


class SoundPiece(NamedTuple):
    """A piece of the sound; `end_ms` is where the next begins."""

    begin_ms: int
    end_ms: int
    data: bytes


def _expand(code: int) -> int:
    """A sample of mu-law (ITU-T G.711) as 16 bits, unsigned."""
    inverted = ~code & 0xFF
    level = (((inverted & 0x0F) << 3) + 0x84 << (inverted >> 4 & 7)) - 0x84
    return (-level if inverted & 0x80 else level) & 0xFFFF


_LOW = bytes(_expand(code) & 0xFF for code in range(256))
_HIGH = bytes(_expand(code) >> 8 for code in range(256))


def sound_of(path: Path) -> Iterator[SoundPiece]:
    """The sound of a recording; nothing when the file is not there or is no recording.

    Raises:
        OSError: the disk refuses.
    """
    try:
        file = path.open("rb")
    except FileNotFoundError:
        return
    with file:
        try:
            layout = locate(file.read(_HEAD), file_bytes=path.stat().st_size)
        except BadWav:
            return
        if (layout.kind, layout.channels) != (MU_LAW, CHANNELS):
            return
        file.seek(layout.start)
        done, per_piece = 0, RATE * CHANNELS * _PIECE_MS // 1000
        while done < layout.size and (codes := file.read(min(per_piece, layout.size - done))):
            wide = bytearray(2 * len(codes))
            wide[::2], wide[1::2] = codes.translate(_LOW), codes.translate(_HIGH)
            begin_ms, done = done * 1000 // (RATE * CHANNELS), done + len(codes)
            yield SoundPiece(begin_ms, done * 1000 // (RATE * CHANNELS), bytes(wide))
