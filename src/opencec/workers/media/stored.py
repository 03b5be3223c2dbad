"""A stored recording as a sound: both channels mixed, read ten seconds at a time ahead of the play.

An hour is 57 MB: it is neither held in memory nor read through to reach a place near its end.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import structlog

from opencec.workers.media import g711
from opencec.workers.media.g711 import FRAME, SILENCE, Codec
from opencec.workers.media.sound import BadSource, HeldSound, sound_of
from opencec.workers.media.wav import A_LAW, PCM, BadWav, WavLayout, locate

__all__ = ["StoredSound", "layout_of"]

_log = structlog.get_logger(__name__)

_PIECE = 500
"""Frames read at once: 10 s, 160 kB of the file."""
_HEAD_BYTES = 64 * 1024
"""The data chunk of a sane file begins before."""


def layout_of(path: str) -> WavLayout:
    """Where the samples of a file are.

    Raises:
        BadSource: it cannot be read, or is not a WAV that we play.
    """
    try:
        with open(path, "rb") as file:
            head = file.read(_HEAD_BYTES)
            return locate(head, file_bytes=file.seek(0, 2))
    except OSError as error:
        raise BadSource(f"{error.strerror}: {path}") from error
    except BadWav as error:
        raise BadSource(f"{error}: {path}") from error


class StoredSound:
    """One play's view of a two-channel G.711 file: the piece that plays and the next one.

    `fetch` has something done on the loading thread. The audio thread only looks into the dictionary of pieces.
    """

    __slots__ = ("_fetch", "_layout", "_path", "_pieces", "_wanted")

    def __init__(self, path: str, layout: WavLayout, *, fetch: Callable[[Callable[[], None]], None]) -> None:
        if layout.channels != 2 or layout.kind == PCM:
            raise BadSource(f"not a recording: format {layout.kind}, {layout.channels} channels")
        self._path = path
        self._layout = layout
        self._fetch = fetch
        self._pieces: dict[int, HeldSound] = {}
        self._wanted: set[int] = set()

    @property
    def length(self) -> int:
        """See `Sound`."""
        return -(-self._layout.size // (2 * FRAME))

    @property
    def held(self) -> frozenset[int]:
        """Numbers of the pieces that are in memory."""
        return frozenset(self._pieces)

    def prepare(self, at: int) -> None:
        """See `Sound`: have the piece of this frame and the next one read; others are forgotten."""
        first = at // _PIECE
        self._wanted = {number for number in (first, first + 1) if number * _PIECE < self.length}
        for number in [number for number in list(self._pieces) if number not in self._wanted]:
            self._pieces.pop(number, None)
        for number in self._wanted - self._pieces.keys():
            self._fetch(lambda number=number: self.read(number))  # type: ignore[misc]

    def frame(self, at: int, codec: Codec) -> np.ndarray[tuple[int], np.dtype[np.uint8]] | None:
        """See `Sound`."""
        number, rest = divmod(at, _PIECE)
        if number not in self._wanted or (rest == 0 and number + 1 not in self._wanted):
            self.prepare(at)
        piece = self._pieces.get(number)
        return None if piece is None else piece.frame(rest, codec)

    def read(self, number: int) -> None:
        """Read one piece, on the loading thread; what the disk does not give is silence."""
        if number not in self._wanted or number in self._pieces:
            return  # the play has moved on
        at, size = number * _PIECE * 2 * FRAME, _PIECE * 2 * FRAME
        try:
            with open(self._path, "rb") as file:
                file.seek(self._layout.start + at)
                data = file.read(min(size, self._layout.size - at))
        except OSError as error:
            _log.warning("recording cannot be read on", path=self._path, error=error.strerror)
            data = b""
        self._pieces[number] = _mixed(data, frames=min(_PIECE, self.length - number * _PIECE), kind=self._layout.kind)


def _mixed(data: bytes, *, frames: int, kind: int) -> HeldSound:
    """Both channels added and saturated, padded with silence."""
    codec: Codec = "PCMA" if kind == A_LAW else "PCMU"
    codes = np.full(frames * FRAME * 2, SILENCE[codec], np.uint8)
    codes[: len(data)] = np.frombuffer(data, np.uint8)
    both = g711.decode(codes, codec).reshape(-1, 2)
    return sound_of(both[:, 0] + both[:, 1])
