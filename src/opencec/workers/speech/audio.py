"""Telephone audio: resample to 8 kHz, level, companding, and WAV files in mu-law (ITU-T G.711, RIFF format 7)."""

from __future__ import annotations

import io
import struct
import wave
from functools import lru_cache

import numpy as np
import soxr
from numpy.typing import NDArray

__all__ = [
    "LEVEL_DBOV",
    "RATE",
    "compand",
    "duration_ms",
    "expand",
    "level_dbov",
    "mu_law_samples",
    "mu_law_wav",
    "read_pcm_wav",
    "to_telephone",
]

RATE = 8_000
LEVEL_DBOV = -20.0
"""Level of announcements while speech is active; conversations are some decibels below (nominal -26, ITU-T P.56)."""

_PEAK = 0.89
"""Highest sample after levelling: -1 dBov."""
_BIAS, _CLIP = 0x84, 32_635
_HEADER = struct.Struct("<4sI4s4sIHHIIHHH4sII4sI")

Samples = NDArray[np.float32]


def level_dbov(samples: Samples) -> float:
    """RMS of the active part of `samples` ((n,) float32, full scale 1.0) at 8 kHz; digital silence is -127.

    Active are the 20 ms frames within 30 dB of the loudest one.
    """
    frame = RATE // 50
    whole = len(samples) // frame * frame
    if whole == 0:
        return -127.0
    power = (samples[:whole].astype(np.float64).reshape(-1, frame) ** 2).mean(axis=1)
    loudest = float(power.max())
    if loudest <= 1e-12:
        return -127.0
    return float(10 * np.log10(power[power > loudest * 1e-3].mean()))


def to_telephone(samples: Samples, rate: int, *, level: float = LEVEL_DBOV) -> Samples:
    """Samples ((n,) float32) at `rate` as 8 kHz at the given level (dBov), without clipping, 20 ms faded at both ends.

    Silence of more than 60 ms before and 150 ms after the speech is cut.
    """
    if len(samples) == 0:
        return np.zeros(0, np.float32)
    narrow = np.asarray(soxr.resample(samples.astype(np.float32), rate, RATE, quality="HQ"), np.float32)
    narrow = _trim(narrow)
    loud = level_dbov(narrow)
    if loud <= -126:
        return narrow
    narrow = narrow * np.float32(10 ** ((level - loud) / 20))
    peak = float(np.abs(narrow).max())
    if peak > _PEAK:
        narrow = _limit(narrow)
    fade = min(RATE // 50, len(narrow) // 2)
    ramp = np.linspace(0, 1, fade, dtype=np.float32)
    narrow[:fade] *= ramp
    narrow[len(narrow) - fade :] *= ramp[::-1]
    return narrow


def _trim(samples: Samples) -> Samples:
    loud = np.flatnonzero(np.abs(samples) > 0.01 * max(float(np.abs(samples).max()), 1e-6))
    if len(loud) == 0:
        return samples
    begin = max(0, int(loud[0]) - RATE * 60 // 1000)
    return samples[begin : int(loud[-1]) + RATE * 150 // 1000].copy()


def _limit(samples: Samples) -> Samples:
    """Bend peaks softly: linear up to half of full scale, then towards the highest sample allowed."""
    knee = 0.5
    size = np.abs(samples)
    bent = knee + (_PEAK - knee) * np.tanh((size - knee) / (_PEAK - knee))
    return np.where(size <= knee, samples, np.sign(samples) * bent).astype(np.float32)


@lru_cache(maxsize=1)
def _compand_table() -> NDArray[np.uint8]:
    """(65536,) uint8: 16-bit sample (as unsigned index) -> mu-law byte."""
    linear = np.arange(65_536, dtype=np.int64).astype(np.uint16).view(np.int16).astype(np.int64)
    sign = np.where(linear < 0, 0x80, 0)
    size = np.minimum(np.abs(linear), _CLIP) + _BIAS
    exponent = np.floor(np.log2(size)).astype(np.int64) - 7
    mantissa = (size >> (exponent + 3)) & 0x0F
    table: NDArray[np.uint8] = (~(sign | (exponent << 4) | mantissa) & 0xFF).astype(np.uint8)
    return table


@lru_cache(maxsize=1)
def _expand_table() -> NDArray[np.int16]:
    """(256,) int16: mu-law byte -> 16-bit sample."""
    code = ~np.arange(256, dtype=np.int64) & 0xFF
    size = ((((code & 0x0F) << 3) + _BIAS) << ((code >> 4) & 7)) - _BIAS
    return np.where(code & 0x80, -size, size).astype(np.int16)


def compand(samples: Samples) -> bytes:
    """(n,) float32, full scale 1.0 -> n mu-law bytes."""
    pcm = np.clip(np.rint(samples * 32_767), -32_768, 32_767).astype(np.int16)
    return _compand_table()[pcm.view(np.uint16)].tobytes()


def expand(data: bytes) -> Samples:
    """Mu-law bytes -> (n,) float32."""
    return (_expand_table()[np.frombuffer(data, np.uint8)] / np.float32(32_768)).astype(np.float32)


def mu_law_wav(samples: Samples) -> bytes:
    """A whole WAV file, format 7, 8 kHz mono, from (n,) float32."""
    data = compand(samples)
    padding = b"\0" if len(data) % 2 else b""
    header = _HEADER.pack(
        b"RIFF", 50 + len(data) + len(padding), b"WAVE",
        b"fmt ", 18, 7, 1, RATE, RATE, 1, 8, 0,
        b"fact", 4, len(data),
        b"data", len(data),
    )  # fmt: skip
    return header + data + padding


def mu_law_samples(wav: bytes) -> Samples:
    """The samples of a file that `mu_law_wav` made.

    Raises:
        ValueError: not such a file, or cut short.
    """
    if len(wav) < _HEADER.size:
        raise ValueError("no WAV header")
    fields = _HEADER.unpack_from(wav)
    count = fields[-1]
    if fields[0] != b"RIFF" or fields[5] != 7 or fields[-2] != b"data" or len(wav) < _HEADER.size + count:
        raise ValueError("not a whole mu-law WAV file")
    return expand(wav[_HEADER.size : _HEADER.size + count])


def duration_ms(wav_size: int) -> int:
    """Length of a file of ours from its size in bytes."""
    return max(0, wav_size - _HEADER.size) * 1000 // RATE


def read_pcm_wav(data: bytes) -> tuple[Samples, int]:
    """A 16-bit mono PCM WAV as (n,) float32 and its rate. A length field of an endless stream is overlooked.

    Raises:
        ValueError: another format.
    """
    try:
        with wave.open(io.BytesIO(data)) as file:
            if file.getnchannels() != 1 or file.getsampwidth() != 2:
                raise ValueError("not 16-bit mono")
            rate = file.getframerate()
            frames = file.readframes(min(file.getnframes(), len(data)))
    except (wave.Error, EOFError) as error:
        raise ValueError(str(error)) from None
    usable = len(frames) // 2 * 2
    return np.frombuffer(frames[:usable], "<i2").astype(np.float32) / np.float32(32_768), rate
