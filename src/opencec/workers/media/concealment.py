"""Fills frames that did not arrive: the last pitch period goes on and fades (idea: ITU-T G.711 appendix I)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from opencec.workers.media import g711
from opencec.workers.media.g711 import FRAME
from opencec.workers.media.rows import HISTORY, Rows

__all__ = ["FADE_FRAMES", "conceal"]

FADE_FRAMES = 5
"""So many frames are concealed audibly; afterwards there is silence."""
_LAGS = range(40, FRAME + 1)
"""Pitch periods looked for: 200 Hz down to 50 Hz."""
_SEARCHED = 32
"""Rows a pass that get the pitch search; a mass outage repeats the last 20 ms of the others, which costs less."""
_RAMP = np.linspace(1.0, 0.7, FRAME, dtype=np.float32)


def conceal(rows: Rows, indices: NDArray[np.intp], *, tick: int) -> None:
    """Write what the legs of `indices` would probably have said into their rows; counts what is audible of it.

    Args:
        rows: the phase; `starved` of each leg is its number of missing frames in a row, this one included.
        indices: (m,) rows.
        tick: the frame to fill; the history holds the frames before it.
    """
    gone = rows.starved[indices] > FADE_FRAMES
    for row in indices[gone]:
        rows.silence(row)
    rest = indices[~gone]
    rows.concealed[rest] += 1
    for is_a_law in (False, True):
        some = rest[rows.is_a_law[rest] == is_a_law]
        if len(some):
            _extend(rows, some, tick=tick, codec="PCMA" if is_a_law else "PCMU")


def _extend(rows: Rows, some: NDArray[np.intp], *, tick: int, codec: g711.Codec) -> None:
    slots = [(tick - 3) % HISTORY, (tick - 2) % HISTORY, (tick - 1) % HISTORY]
    codes = np.ascontiguousarray(rows.history[slots][:, some].transpose(1, 0, 2)).reshape(len(some), 3 * FRAME)
    past = g711.decode(codes, codec).astype(np.float32)
    lags = np.full(len(some), FRAME)
    lags[:_SEARCHED] = _pitch_lags(past[:_SEARCHED])
    at = past.shape[1] - lags[:, None] + np.arange(FRAME) % lags[:, None]
    wave = np.take_along_axis(past, at, axis=1) * _RAMP
    rows.said[some] = g711.encode(wave.astype(np.int16), codec)


def _pitch_lags(past: NDArray[np.float32]) -> NDArray[np.intp]:
    """(m,) the lag whose earlier stretch resembles the last 20 ms most (normalised cross-correlation)."""
    tail = past[:, -FRAME:]
    windows = np.lib.stride_tricks.sliding_window_view(past, FRAME, axis=1)
    starts = np.array([past.shape[1] - FRAME - lag for lag in _LAGS])
    earlier = windows[:, starts]
    match = np.einsum("mls,ms->ml", earlier, tail)
    energy = np.einsum("mls,mls->ml", earlier, earlier)
    lags: NDArray[np.intp] = np.asarray(_LAGS)[np.argmax(match / np.sqrt(energy + 1.0), axis=1)]
    return lags
