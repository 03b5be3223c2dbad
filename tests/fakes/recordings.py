"""What recordings hold, by tones."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from fakes.running_system import strength

__all__ = ["channels", "share"]


def channels(path: Path) -> tuple[bytes, bytes]:
    """Left and right of a dual-channel mu-law WAV."""
    data = path.read_bytes()
    start = data.index(b"data") + 8
    both = np.frombuffer(data[start : start + (len(data) - start) // 2 * 2], np.uint8).reshape(-1, 2)
    return both[:, 0].tobytes(), both[:, 1].tobytes()


def share(sound: bytes, frequency: float) -> float:
    """Share of the 100 ms windows that hold the tone."""
    windows = [sound[at : at + 800] for at in range(0, len(sound) - 799, 800)]
    return sum(strength(window, frequency, last_s=0.1) > 0.8 for window in windows) / len(windows)
