"""Generated sounds: call-progress tones (ITU-T E.180, Precise Tone Plan) and DTMF pairs (ITU-T Q.23)."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from opencec.workers.media.g711 import FRAME, FULL_SCALE

__all__ = ["DIGITS", "HIGH_HZ", "LOW_HZ", "call_progress", "dtmf", "silence", "sine"]

LOW_HZ = (697, 770, 852, 941)
HIGH_HZ = (1209, 1336, 1477, 1633)
DIGITS = "123A456B789C*0#D"
"""Row by row of the keypad: digit `DIGITS[4 * low + high]`."""

_CADENCES: dict[str, tuple[tuple[int, ...], float, int, int]] = {
    # name: frequencies Hz, level of each dBm0, milliseconds on, off
    "ringback": ((440, 480), -19.0, 2_000, 4_000),
    "busy": ((480, 620), -24.0, 500, 500),
    "congestion": ((480, 620), -24.0, 250, 250),
    "beep": ((1_000,), -13.0, 200, 0),
}


def sine(*, hertz: tuple[int, ...], level_dbm0: float, samples: int) -> NDArray[np.int16]:
    """(samples,) int16 at 14-bit scale: the sum of sines, each at the given level; fades of 2 ms avoid clicks."""
    peak = FULL_SCALE * 10.0 ** ((level_dbm0 - 3.17) / 20.0)
    at = np.arange(samples) / 8_000.0
    wave = np.sum([peak * np.sin(2.0 * np.pi * f * at) for f in hertz], axis=0)
    edge = np.minimum(1.0, np.minimum(np.arange(samples), np.arange(samples)[::-1]) / 16.0)
    tone: NDArray[np.int16] = np.rint(wave * edge).clip(-FULL_SCALE, FULL_SCALE).astype(np.int16)
    return tone


@lru_cache(maxsize=16)
def call_progress(name: str) -> NDArray[np.int16]:
    """(frames, 160) int16: one cadence of the tone `name`, to be looped.

    Raises:
        KeyError: no tone of that name.
    """
    hertz, level, on_ms, off_ms = _CADENCES[name]
    tone = sine(hertz=hertz, level_dbm0=level, samples=on_ms * 8)
    return np.concatenate([tone, np.zeros(off_ms * 8, np.int16)]).reshape(-1, FRAME)


@lru_cache(maxsize=64)
def dtmf(digit: str, *, duration_ms: int) -> NDArray[np.int16]:
    """(frames, 160) int16: a digit's tone pair, the high group 2 dB stronger (ITU-T Q.23), padded to whole frames."""
    at = DIGITS.index(digit)
    samples = duration_ms * 8
    low = sine(hertz=(LOW_HZ[at // 4],), level_dbm0=-9.0, samples=samples)
    high = sine(hertz=(HIGH_HZ[at % 4],), level_dbm0=-7.0, samples=samples)
    return np.concatenate([low + high, np.zeros(-samples % FRAME, np.int16)]).reshape(-1, FRAME)


def silence(*, duration_ms: int) -> NDArray[np.int16]:
    """(frames, 160) int16 zeros."""
    return np.zeros((-(-duration_ms // 20), FRAME), np.int16)
