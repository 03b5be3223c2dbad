"""A media worker whose stages are timed: `media_stages.py RESULT.json <arguments of the worker>` (for bench/media.py).

Run with OPENBLAS_NUM_THREADS=1, as `python -m opencec.workers.media` sets it for itself.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from pathlib import Path

from opencec.workers.media.digits import Keypad
from opencec.workers.media.engine import Engine
from opencec.workers.media.intake import Intake
from opencec.workers.media.main import main
from opencec.workers.media.mixing import Mixer
from opencec.workers.media.outlet import Outlet
from opencec.workers.media.recorder import Recorder
from opencec.workers.media.reports import Reports

STAGES: list[tuple[type, str, str]] = [
    (Intake, "_read", "receive"),
    (Intake, "_judge", "judge sequence and source"),
    (Intake, "_play_slow", "slow reception"),
    (Mixer, "apply", "mix"),
    (Outlet, "run", "headers and send"),
    (Recorder, "turn", "recording"),
    (Reports, "turn", "RTCP"),
    (Keypad, "expire", "digit timers"),
    (Engine, "run_phase", "whole pass"),
]
totals: dict[str, float] = {}
calls = [0]


def timed(name: str, function: Callable[..., object]) -> Callable[..., object]:
    def run(*arguments: object) -> object:
        before = time.thread_time_ns()
        try:
            return function(*arguments)
        finally:
            totals[name] = totals.get(name, 0.0) + time.thread_time_ns() - before
            calls[0] += name == "whole pass"

    return run


for owner, method, label in STAGES:
    setattr(owner, method, timed(label, getattr(owner, method)))

result = Path(sys.argv[1])
status = main(sys.argv[2:])
result.write_text(json.dumps({name: value / 1e6 / (calls[0] / 4) for name, value in totals.items()}))
raise SystemExit(status)
