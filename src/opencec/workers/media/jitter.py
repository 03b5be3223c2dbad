"""The jitter buffer's policy: how long to fill before playing, how to catch up after a stall, when to correct drift.

The kernel's socket queue holds the packets; a frame is taken every 20 ms. What the policy sees is the age of some
frames when they are taken (from the kernel's arrival stamps): in the steady state 20-40 ms.
"""

from __future__ import annotations

from typing import Literal

__all__ = ["DEPTH_LIMIT", "DEPTH_TARGET", "PAUSE_FRAMES", "DelayGuard", "frames_to_wait"]

DEPTH_TARGET = 2
"""Frames in the buffer when playing starts: 40 ms."""
DEPTH_LIMIT = 3
"""More than so many frames after a stall are too many: they fill time that was concealed already."""
PAUSE_FRAMES = 3
"""After so many missing frames the far end paused (silence suppression): fill the buffer again before playing."""

_TRIM_ABOVE_MS = 45.0
_FORCE_ABOVE_MS = 60.0
_PAUSE_BELOW_MS = 4.0
_WINDOW = 3

Advice = Literal["steady", "trim", "force", "pause"]


def frames_to_wait(*, gap: int, starved: int) -> int:
    """Ticks to wait at the first packet after a hole, so that the buffer gets back the depth it had.

    Args:
        gap: packets missing before this one (0: it was only late).
        starved: frames concealed in the hole so far.
    """
    if gap > 0:
        return min(max(gap - starved, 0), DEPTH_TARGET)
    return 1 if starved > PAUSE_FRAMES else 0


class DelayGuard:
    """Watches the age of played frames and says when the buffer is too deep or too shallow.

    `trim` and `pause` (a frame too much or too little, clock drift) are for the next silence; `force` (over the limit
    of 60 ms, after a burst) does not wait: the listener gets back to real time within seconds even in loud music.
    """

    __slots__ = ("_ages",)

    def __init__(self) -> None:
        self._ages: list[float] = []

    def feed(self, age_ms: float) -> Advice:
        """Account one frame that waited `age_ms` in the buffer. Advice comes from whole windows of samples only."""
        self._ages.append(age_ms)
        if len(self._ages) < _WINDOW:
            return "steady"
        lowest, highest = min(self._ages), max(self._ages)
        self._ages.pop(0)
        if lowest > _FORCE_ABOVE_MS:
            advice: Advice = "force"
        elif lowest > _TRIM_ABOVE_MS:
            advice = "trim"
        elif highest < _PAUSE_BELOW_MS:
            advice = "pause"
        else:
            return "steady"
        return advice

    @property
    def surplus_frames(self) -> int:
        """Frames that the buffer could spare, by the last window."""
        return max(1, int((min(self._ages, default=0.0) - 30.0) // 20.0))

    def restart(self) -> None:
        """Something was corrected: look anew."""
        self._ages.clear()
