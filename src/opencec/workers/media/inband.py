"""In-band DTMF for many legs at once: one matrix product gives the energy at all eight frequencies (ITU-T Q.24).

Talk-off protection: the pair must hold most of the frame's energy, each tone must stand out of its group, the twist be
plausible, and the same digit must show in two frames in a row before it counts; speech fails at least one of these.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from opencec.workers.media.dtmf import PressedDigit
from opencec.workers.media.g711 import FRAME, FULL_SCALE
from opencec.workers.media.tones import DIGITS, HIGH_HZ, LOW_HZ

__all__ = ["InbandDigits", "find_pairs"]

_LEAST_SHARE = 0.35
"""Share of a frame's energy in the pair at the tone's edges (half a frame of tone gives 0.5)."""
_SURE_SHARE = 0.75
"""Share that at least one frame of a digit reaches."""
_LEAST_POWER = (FULL_SCALE * 10 ** (-33.0 / 20)) ** 2 / 2
"""Weakest pair: about -30 dBm0."""
_DOMINANCE = 4.0
"""6 dB over every other frequency of the group."""
_TWIST = 10.0
"""10 dB between the groups, either way (Q.24 asks for 4-8; phones on poor lines exceed it)."""


def _basis() -> NDArray[np.float32]:
    """(160, 16) cosines then sines of the eight frequencies."""
    at = np.arange(FRAME)[:, None] * (2.0 * np.pi / 8_000.0) * np.array(LOW_HZ + HIGH_HZ)[None, :]
    return np.concatenate([np.cos(at), np.sin(at)], axis=1).astype(np.float32)


_BASIS = _basis()


class Pairs(NamedTuple):
    """Per row: index into `DIGITS` or -1, and the pair's share of the frame's energy."""

    digit: NDArray[np.intp]
    share: NDArray[np.float32]


def find_pairs(samples: NDArray[np.int16]) -> Pairs:
    """Which digit each frame holds, if any.

    Args:
        samples: (m, 160) int16 at 14-bit scale.
    """
    wave = samples.astype(np.float32)
    parts = wave @ _BASIS
    power = (parts[:, :8] ** 2 + parts[:, 8:] ** 2) * (2.0 / FRAME)
    low, high = power[:, :4], power[:, 4:]
    at_low, at_high = low.argmax(axis=1), high.argmax(axis=1)
    best_low, best_high = low.max(axis=1), high.max(axis=1)
    energy = np.einsum("ms,ms->m", wave, wave)
    share = (best_low + best_high) / np.maximum(energy, 1.0)
    second = np.maximum(np.sort(low, axis=1)[:, 2] / np.maximum(best_low, 1e-9),
                        np.sort(high, axis=1)[:, 2] / np.maximum(best_high, 1e-9))  # fmt: skip
    is_pair = (
        (share >= _LEAST_SHARE)
        & (best_low + best_high >= 2.0 * _LEAST_POWER * FRAME * 0.25)
        & (second * _DOMINANCE <= 1.0)
        & (best_low <= best_high * _TWIST)
        & (best_high <= best_low * _TWIST)
    )
    return Pairs(np.where(is_pair, 4 * at_low + at_high, -1), share.astype(np.float32))


class InbandDigits:
    """The digits of one leg from its frames' pairs: starts after two frames of one digit, ends after two without."""

    __slots__ = ("_digit", "_frames", "_missing", "_sure")

    def __init__(self) -> None:
        self._digit = -1
        self._frames = 0
        self._missing = 0
        self._sure = False

    @property
    def is_busy(self) -> bool:
        """A digit may be going on: the leg wants to be fed also with frames that hold none."""
        return self._digit >= 0

    def feed(self, digit: int, share: float) -> PressedDigit | None:
        """Account one frame; the digit that has just ended, if any."""
        if digit == self._digit and digit >= 0:
            self._frames += 1
            self._missing = 0
            self._sure = self._sure or share >= _SURE_SHARE
            return None
        if self._digit < 0:
            self._begin(digit, share)
            return None
        self._missing += 1
        if self._missing < 2 and digit < 0:
            return None
        ended = self._ended()
        self._begin(digit, share)
        return ended

    def _begin(self, digit: int, share: float) -> None:
        self._digit, self._frames, self._missing = digit, 1 if digit >= 0 else 0, 0
        self._sure = digit >= 0 and share >= _SURE_SHARE

    def _ended(self) -> PressedDigit | None:
        if self._frames < 2 or not self._sure:
            return None
        return PressedDigit(DIGITS[self._digit], 20 * self._frames)
