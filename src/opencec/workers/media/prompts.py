"""Prompts: WAV files of G.711 or PCM at 8 kHz mono, whole in memory; the recent ones are kept."""

from __future__ import annotations

import os
from collections import OrderedDict
from pathlib import Path

import numpy as np

from opencec.workers.media import g711
from opencec.workers.media.g711 import FRAME, SILENCE, Codec
from opencec.workers.media.sound import BadSource, HeldSound
from opencec.workers.media.wav import MU_LAW, PCM, BadWav, locate

__all__ = ["PromptCache", "read_wav"]

_LARGEST_FILE = 64 * 1024 * 1024
_CACHE_BYTES = 128 * 1024 * 1024


def read_wav(data: bytes) -> HeldSound:
    """The sound in a WAV file's bytes, padded with silence to whole frames; a data chunk cut short counts so far.

    Raises:
        BadSource: not a WAV, or not 8 kHz mono mu-law (format 7), A-law (6) or 16-bit PCM (1).
    """
    try:
        layout = locate(data, file_bytes=len(data))
    except BadWav as error:
        raise BadSource(str(error)) from error
    if layout.channels != 1:
        raise BadSource(f"a prompt must be mono, not of {layout.channels} channels")
    body = data[layout.start : layout.start + layout.size]
    pad = -len(body) % (2 * FRAME if layout.kind == PCM else FRAME)
    if layout.kind == PCM:
        samples = np.frombuffer(body + bytes(pad), "<i2").astype(np.int16).reshape(-1, FRAME)
        return HeldSound({codec: g711.encode_from_16_bit(samples, codec) for codec in SILENCE})
    codec: Codec = "PCMU" if layout.kind == MU_LAW else "PCMA"
    codes = np.frombuffer(body + bytes((SILENCE[codec],)) * pad, np.uint8).reshape(-1, FRAME)
    other = g711.MU_TO_A[codes] if codec == "PCMU" else g711.A_TO_MU[codes]
    return HeldSound({"PCMU": codes, "PCMA": other} if codec == "PCMU" else {"PCMU": other, "PCMA": codes})


class PromptCache:
    """Sounds by path; a file that changed on disk is read again. Used by the loading thread only."""

    def __init__(self, limit_bytes: int = _CACHE_BYTES) -> None:
        self._limit = limit_bytes
        self._held: OrderedDict[tuple[str, int, int], HeldSound] = OrderedDict()
        self._bytes = 0

    def find(self, path: str) -> HeldSound | None:
        """The sound of a file that is kept and has not changed.

        Raises:
            BadSource: there is no such file.
        """
        found = self._held.get(self._key(path))
        if found is not None:
            self._held.move_to_end(self._key(path))
        return found

    def load(self, path: str) -> HeldSound:
        """Read a file and keep its sound.

        Raises:
            BadSource: it cannot be read or played.
        """
        key = self._key(path)
        if key[2] > _LARGEST_FILE:
            raise BadSource(f"over {_LARGEST_FILE} bytes: {path}")
        try:
            sound = read_wav(Path(path).read_bytes())
        except OSError as error:
            raise BadSource(f"{error.strerror}: {path}") from error
        self._held[key] = sound
        self._bytes += sound.size
        while self._bytes > self._limit and len(self._held) > 1:
            self._bytes -= self._held.popitem(last=False)[1].size
        return sound

    @staticmethod
    def _key(path: str) -> tuple[str, int, int]:
        """Path, time of change and size in bytes."""
        try:
            about = os.stat(path)
        except OSError as error:
            raise BadSource(f"{error.strerror}: {path}") from error
        return path, about.st_mtime_ns, about.st_size
