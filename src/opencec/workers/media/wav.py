"""The WAV files of recordings: their header, and the repair of one that a killed worker left. Needs no numpy."""

from __future__ import annotations

import os
import struct

__all__ = ["WAV_HEADER_BYTES", "recover", "wav_header"]

WAV_HEADER_BYTES = 58


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
