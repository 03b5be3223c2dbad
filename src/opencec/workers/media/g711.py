"""G.711 by table look-up: A-law and mu-law bytes to linear samples and back, for whole matrices at once.

Linear samples are kept at **14-bit scale** (`int16`, full scale about +-8,064): every G.711 value is a multiple of four
at 16-bit scale, so nothing is lost, four speakers can be added in `int16` without overflow, and the encoding tables
saturate by themselves (ITU-T G.711, tables 1a to 2b).
"""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import NDArray

__all__ = [
    "A_TO_MU",
    "FRAME",
    "FULL_SCALE",
    "MU_TO_A",
    "SILENCE",
    "Codec",
    "decode",
    "encode",
    "encode_from_16_bit",
    "to_16_bit",
]

Codec = Literal["PCMU", "PCMA"]
Bytes = NDArray[np.uint8]
Samples = NDArray[np.int16]

FRAME = 160
"""Samples (= bytes) of 20 ms at 8 kHz."""
FULL_SCALE = 8031
"""Largest mu-law value at 14-bit scale: +3.17 dBm0."""
SILENCE: dict[Codec, int] = {"PCMU": 0xFF, "PCMA": 0xD5}


def _mu_decode_table() -> Samples:
    code = ~np.arange(256) & 0xFF
    magnitude = ((((code & 0x0F) << 3) + 0x84) << (code >> 4 & 7)) - 0x84
    return (np.where(code & 0x80, -magnitude, magnitude) >> 2).astype(np.int16)


def _a_decode_table() -> Samples:
    code = np.arange(256) ^ 0x55
    exponent, mantissa = code >> 4 & 7, code & 0x0F
    magnitude = np.where(exponent == 0, (mantissa << 4) + 8, ((mantissa << 4) + 0x108) << np.maximum(exponent - 1, 0))
    return (np.where(code & 0x80, magnitude, -magnitude) >> 2).astype(np.int16)


def _mu_encode_table() -> Bytes:
    """Indexed by the `uint16` view of a 14-bit-scale sample (or of a sum of them)."""
    sample = np.arange(65536).astype(np.uint16).view(np.int16).astype(np.int64) * 4
    biased = np.minimum(np.abs(sample), 32635) + 0x84
    exponent = np.floor(np.log2(biased)).astype(np.int64) - 7
    code = np.where(sample < 0, 0x80, 0) | exponent << 4 | (biased >> (exponent + 3) & 0x0F)
    table: Bytes = (~code & 0xFF).astype(np.uint8)
    return table


def _a_encode_table() -> Bytes:
    """Indexed like `_mu_encode_table`."""
    sample = np.arange(65536).astype(np.uint16).view(np.int16).astype(np.int64) * 4
    magnitude = np.minimum(np.where(sample < 0, -sample - 1, sample) >> 4, 2047)
    segment = np.floor(np.log2(np.maximum(magnitude, 1))) - 3
    exponent = np.where(magnitude < 32, magnitude >= 16, segment).astype(np.int64)
    mantissa = np.where(magnitude < 32, magnitude & 0x0F, magnitude >> np.maximum(exponent - 1, 0) & 0x0F)
    code = np.where(sample < 0, 0, 0x80) | exponent << 4 | mantissa
    table: Bytes = ((code ^ 0x55) & 0xFF).astype(np.uint8)
    return table


def _in_pairs(table: Samples) -> NDArray[np.uint32]:
    """Two samples per look-up: indexed by two code bytes as one little-endian number; half the look-ups."""
    code = np.arange(65536)
    low = table[code & 0xFF].view(np.uint16).astype(np.uint32)
    high = table[code >> 8].view(np.uint16).astype(np.uint32)
    pairs: NDArray[np.uint32] = low | high << np.uint32(16)
    return pairs


_DECODE: dict[Codec, Samples] = {"PCMU": _mu_decode_table(), "PCMA": _a_decode_table()}
_PAIRS = {codec: _in_pairs(table) for codec, table in _DECODE.items()}
_ENCODE: dict[Codec, Bytes] = {"PCMU": _mu_encode_table(), "PCMA": _a_encode_table()}

A_TO_MU: Bytes = _ENCODE["PCMU"][_DECODE["PCMA"].view(np.uint16)]
"""(256,) uint8: transcodes A-law bytes to mu-law bytes."""
MU_TO_A: Bytes = _ENCODE["PCMA"][_DECODE["PCMU"].view(np.uint16)]
"""(256,) uint8: transcodes mu-law bytes to A-law bytes."""


def decode(codes: Bytes, codec: Codec) -> Samples:
    """Linear samples at 14-bit scale of G.711 codes.

    Args:
        codes: uint8, last axis contiguous and of even length.
        codec: which law.

    Returns:
        int16 of the same shape.
    """
    samples: Samples = _PAIRS[codec][codes.view("<u2")].view(np.int16)
    return samples


def encode(samples: Samples, codec: Codec) -> Bytes:
    """G.711 codes of linear samples at 14-bit scale; sums of up to four full-scale speakers saturate correctly."""
    return _ENCODE[codec][samples.view(np.uint16)]


def to_16_bit(samples: Samples) -> Samples:
    """14-bit-scale samples at ordinary 16-bit scale."""
    wide: Samples = samples << np.int16(2)
    return wide


def encode_from_16_bit(samples: Samples, codec: Codec) -> Bytes:
    """G.711 codes of ordinary 16-bit samples."""
    narrow: Samples = samples >> np.int16(2)
    return _ENCODE[codec][narrow.view(np.uint16)]
