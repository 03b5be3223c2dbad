"""Sound files: read WAV of G.711 or PCM at 8 kHz mono, keep the decoded frames of recent ones."""

from __future__ import annotations

import os
import struct
from collections import OrderedDict
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from opencec.workers.media import g711
from opencec.workers.media.g711 import FRAME, SILENCE, Codec

__all__ = ["BadSource", "PromptCache", "Sound", "read_wav", "silence", "sound_of"]

_PCM, _A_LAW, _MU_LAW, _EXTENSIBLE = 1, 6, 7, 0xFFFE
_LARGEST_FILE = 64 * 1024 * 1024
_CACHE_BYTES = 128 * 1024 * 1024


class BadSource(ValueError):
    """A source of sound that cannot be played: missing, unreadable, or not 8 kHz mono G.711 / 16-bit PCM."""


class Sound:
    """Frames of both laws: a play copies 160 bytes a tick and decodes nothing."""

    __slots__ = ("_frames",)

    def __init__(self, frames: dict[Codec, NDArray[np.uint8]]) -> None:
        self._frames = frames

    def frames(self, codec: Codec) -> NDArray[np.uint8]:
        """(frames, 160) uint8 in the law of a leg."""
        return self._frames[codec]

    @property
    def length(self) -> int:
        """Frames of 20 ms."""
        return len(self._frames["PCMU"])

    @property
    def size(self) -> int:
        """Bytes in memory."""
        return sum(frames.nbytes for frames in self._frames.values())


def sound_of(samples: NDArray[np.int16]) -> Sound:
    """A sound of linear samples at 14-bit scale, of any shape that holds whole frames."""
    flat = np.ascontiguousarray(samples).reshape(-1, FRAME)
    return Sound({"PCMU": g711.encode(flat, "PCMU"), "PCMA": g711.encode(flat, "PCMA")})


def silence(duration_ms: int) -> Sound:
    """A sound of silence; takes no memory whatever its length."""
    frames = max(1, -(-duration_ms // 20))
    return Sound({codec: np.broadcast_to(np.uint8(code), (frames, FRAME)) for codec, code in SILENCE.items()})


def read_wav(data: bytes) -> Sound:
    """The sound in a WAV file's bytes, padded with silence to whole frames.

    Raises:
        BadSource: not a WAV, or not 8 kHz mono mu-law (format 7), A-law (6) or 16-bit PCM (1).
    """
    kind, body = _chunks(data)
    pad = -len(body) % (2 * FRAME if kind == _PCM else FRAME)
    if kind == _PCM:
        samples = np.frombuffer(body + bytes(pad), "<i2").astype(np.int16).reshape(-1, FRAME)
        return Sound({codec: g711.encode_from_16_bit(samples, codec) for codec in SILENCE})
    codec: Codec = "PCMU" if kind == _MU_LAW else "PCMA"
    codes = np.frombuffer(body + bytes((SILENCE[codec],)) * pad, np.uint8).reshape(-1, FRAME)
    other = g711.MU_TO_A[codes] if codec == "PCMU" else g711.A_TO_MU[codes]
    return Sound({"PCMU": codes, "PCMA": other} if codec == "PCMU" else {"PCMU": other, "PCMA": codes})


def _chunks(data: bytes) -> tuple[int, bytes]:
    """(format, samples) of a RIFF file; a data chunk cut short counts as far as it goes."""
    if len(data) < 12 or data[:4] != b"RIFF" or data[8:12] != b"WAVE":
        raise BadSource("not a WAV file")
    at, kind = 12, -1
    while at + 8 <= len(data):
        name, size = data[at : at + 4], int.from_bytes(data[at + 4 : at + 8], "little")
        body = data[at + 8 : at + 8 + size]
        if name == b"fmt ":
            kind = _format(body)
        elif name == b"data":
            if kind < 0:
                raise BadSource("WAV without a format before its data")
            if kind == _PCM:
                body = body[: len(body) // 2 * 2]
            if not body:
                raise BadSource("WAV without samples")
            return kind, body
        at += 8 + size + size % 2
    raise BadSource("WAV without data")


def _format(body: bytes) -> int:
    if len(body) < 16:
        raise BadSource("WAV with a short format chunk")
    kind, channels, rate, _, _, bits = struct.unpack_from("<HHIIHH", body)
    if kind == _EXTENSIBLE and len(body) >= 26:
        kind = int.from_bytes(body[24:26], "little")
    if channels != 1 or rate != 8_000 or (kind, bits) not in ((_PCM, 16), (_A_LAW, 8), (_MU_LAW, 8)):
        found = f"format {kind}, {channels} x {rate} Hz, {bits} bit"
        raise BadSource(f"WAV must be 8 kHz mono G.711 or 16-bit PCM, not {found}")
    return int(kind)


class PromptCache:
    """Sounds by path; a file that changed on disk is read again. Used by the loading thread only."""

    def __init__(self, limit_bytes: int = _CACHE_BYTES) -> None:
        self._limit = limit_bytes
        self._held: OrderedDict[tuple[str, int, int], Sound] = OrderedDict()
        self._bytes = 0

    def load(self, path: str) -> Sound:
        """The sound of a file.

        Raises:
            BadSource: it cannot be read or played.
        """
        try:
            about = os.stat(path)
            key = (path, about.st_mtime_ns, about.st_size)
            found = self._held.get(key)
            if found is not None:
                self._held.move_to_end(key)
                return found
            if about.st_size > _LARGEST_FILE:
                raise BadSource(f"over {_LARGEST_FILE} bytes: {path}")
            sound = read_wav(Path(path).read_bytes())
        except OSError as error:
            raise BadSource(f"{error.strerror}: {path}") from error
        self._held[key] = sound
        self._bytes += sound.size
        while self._bytes > self._limit and len(self._held) > 1:
            self._bytes -= self._held.popitem(last=False)[1].size
        return sound
