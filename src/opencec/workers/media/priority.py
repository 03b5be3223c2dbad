"""Scheduling priorities of the worker's threads.

The threads beside the audio run real-time too, one step below it. At an ordinary priority they could be put aside by
any busy program of the machine while they hold the interpreter lock, and the audio would wait with them.
"""

from __future__ import annotations

import os

__all__ = ["raise_to_realtime", "step_back"]

_AUDIO = 10
"""SCHED_RR: above everything ordinary, below the kernel's own threads."""


def raise_to_realtime() -> bool:
    """Real-time scheduling of the calling thread and those it will start; False (and no change) where not permitted."""
    try:
        os.sched_setscheduler(0, os.SCHED_RR, os.sched_param(_AUDIO))
    except (OSError, AttributeError):
        return False
    return True


def step_back() -> None:
    """Called by a thread beside the audio: one step below it, if the audio is real-time at all."""
    try:
        if os.sched_getscheduler(0) == os.SCHED_RR:
            os.sched_setscheduler(0, os.SCHED_RR, os.sched_param(_AUDIO - 1))
    except (OSError, AttributeError):
        pass
