"""The file that the relay writes of a call's video, and how it is read.

It is a row of records, each `!BQH` (kind, nanoseconds since 1970, length) and so many bytes:

- `0`, `1`: an RTP packet in clear of the left and the right party, padding included: its number is no hole;
- `16`, `17`: the codec of that party's packets from here on, as text (`VP8`, `H264`).

A file that ends in the middle of a record is whole up to there, so a killed relay loses nothing but its last write.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import BinaryIO, NamedTuple

__all__ = ["CODEC", "RECORD_HEADER", "VideoRecord", "read_records"]

RECORD_HEADER = struct.Struct("!BQH")
CODEC = 16


class VideoRecord(NamedTuple):
    """One record: its kind, when it was written (nanoseconds since 1970), its bytes."""

    kind: int
    at_ns: int
    data: bytes


def read_records(file: BinaryIO) -> Iterator[VideoRecord]:
    """The whole records of a file."""
    while len(head := file.read(RECORD_HEADER.size)) == RECORD_HEADER.size:
        kind, at_ns, size = RECORD_HEADER.unpack(head)
        data = file.read(size)
        if len(data) < size:
            return
        yield VideoRecord(kind, at_ns, data)
