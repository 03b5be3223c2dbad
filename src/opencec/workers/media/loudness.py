"""How loud frames are, and whether somebody speaks: a threshold over an adaptive noise floor, with hangover."""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import NDArray

from opencec.workers.media.g711 import FULL_SCALE

__all__ = ["QUIETEST_DBOV", "VoiceActivity", "levels_dbov"]

QUIETEST_DBOV = -96.0
_LEAST_DBOV = -48.0
"""Nothing below is taken for speech: line noise and echo of a quiet room."""
_OVER_FLOOR_DB = 9.0
_FLOOR_RANGE = (-75.0, -30.0)
_BEGIN_FRAMES = 3
"""60 ms of speech in a row: a click is no speech."""
_END_FRAMES = 20
"""400 ms: the stops within words and the pauses between them are shorter."""
_STEADY_FRAMES = 150
"""What goes on for 3 s without a breath is noise or music: the floor rises to it, 4 dB a second."""


def levels_dbov(samples: NDArray[np.int16]) -> NDArray[np.float32]:
    """(m,) level of each frame relative to a full-scale square wave (RFC 6464 3): a full-scale sine has -3.

    Args:
        samples: (m, n) int16 at 14-bit scale.
    """
    wave = samples.astype(np.float32)
    power = np.einsum("ms,ms->m", wave, wave) / (samples.shape[1] * float(FULL_SCALE) ** 2)
    levels: NDArray[np.float32] = 10.0 * np.log10(np.maximum(power, 10 ** (QUIETEST_DBOV / 10)))
    return levels.astype(np.float32)


class VoiceActivity:
    """The decision for one leg; fed with the level of every frame."""

    __slots__ = ("_begun", "_floor", "_quiet", "_run", "_sum", "_voiced", "is_voiced", "speaking")

    def __init__(self) -> None:
        self._floor = -60.0
        self._run = 0
        self._quiet = 0
        self._begun = 0
        self._sum = 0.0
        self._voiced = 0
        self.is_voiced = False
        """The last frame was loud enough."""
        self.speaking = False

    @property
    def level_dbov(self) -> float:
        """Mean of the voiced frames since the speech began."""
        return round(self._sum / max(1, self._voiced), 1)

    @property
    def duration_ms(self) -> int:
        """Length of the speech so far, up to its last voiced frame."""
        return 20 * (self._begun - self._quiet)

    def feed(self, level_dbov: float) -> Literal["begin", "end"] | None:
        """Account one frame of 20 ms; what changes with it."""
        self.is_voiced = level_dbov > max(self._floor + _OVER_FLOOR_DB, _LEAST_DBOV)
        self._run = self._run + 1 if self.is_voiced else 0
        self._adapt(level_dbov)
        if self.speaking:
            self._begun += 1
            self._quiet = 0 if self.is_voiced else self._quiet + 1
            if self.is_voiced:
                self._account(level_dbov)
            if self._quiet >= _END_FRAMES:
                self.speaking = False
                return "end"
            return None
        if self._run == 1:
            self._sum, self._voiced = 0.0, 0
        if self.is_voiced:
            self._account(level_dbov)
        if self._run < _BEGIN_FRAMES:
            return None
        self.speaking = True
        self._begun, self._quiet = self._run, 0
        return "begin"

    def _account(self, level_dbov: float) -> None:
        self._sum += level_dbov
        self._voiced += 1

    def _adapt(self, level_dbov: float) -> None:
        if level_dbov < self._floor:
            self._floor += 0.3 * (level_dbov - self._floor)
        elif not self.is_voiced:
            self._floor += 0.05 * (level_dbov - self._floor)
        elif self._run > _STEADY_FRAMES:
            self._floor += 0.08
        self._floor = min(max(self._floor, _FLOOR_RANGE[0]), _FLOOR_RANGE[1])
