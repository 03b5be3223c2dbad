"""Whether this node takes new work: watches how late the event loop runs, and refuses new calls while that stays high.

Calls under way are untouched; refusing new ones is what keeps them so (design.md 3: nothing may hold control's loop for
more than 5 ms).
"""

from __future__ import annotations

import asyncio

import structlog

from opencec.services.metrics import Metrics

__all__ = ["RETRY_AFTER_S", "LoadAdmission", "LoopWatch"]

_log = structlog.get_logger()

RETRY_AFTER_S = 5
"""What refused callers and agents are told."""

_PERIOD_S = 0.02
_WINDOW_S = 30.0


class LoadAdmission:
    """The decision, without clock or loop.

    The lag is smoothed over samples, not over time: while the loop is late samples are rare, so that one long halt (a
    suspended machine, a page fault) counts once and closes nothing, and a loop that is late at every turn closes the
    gate within two seconds.

    Args:
        close_ms: Smoothed lag that closes the gate.
        open_ms: Smoothed lag that opens it again.
        cap_ms: No sample counts for more.
        samples: Samples that the smoothing spans.
    """

    def __init__(
        self, *, close_ms: float = 100.0, open_ms: float = 25.0, cap_ms: float = 1_000.0, samples: int = 25
    ) -> None:
        if not open_ms < close_ms or cap_ms / samples >= close_ms:
            raise ValueError("open_ms < close_ms, and one sample alone must not close")
        self._close_ms = close_ms
        self._open_ms = open_ms
        self._cap_ms = cap_ms
        self._weight = 1.0 / samples
        self.smoothed_ms = 0.0
        self.accepts = True
        """New calls and sign-ins may come."""

    def feed(self, lag_ms: float) -> bool:
        """Take one measurement in; True when `accepts` has changed."""
        self.smoothed_ms += (min(lag_ms, self._cap_ms) - self.smoothed_ms) * self._weight
        limit = self._close_ms if self.accepts else self._open_ms
        accepts = self.smoothed_ms < limit
        has_changed = accepts is not self.accepts
        self.accepts = accepts
        return has_changed


class LoopWatch:
    """Measures the loop that runs it."""

    def __init__(self, admission: LoadAdmission, metrics: Metrics) -> None:
        self._admission = admission
        self._metrics = metrics
        self._worst = [0.0, 0.0]
        """Of this window and of the one before."""

    def worst_s(self) -> float:
        """Greatest lag of the last 30 to 60 seconds."""
        return max(self._worst)

    async def run(self) -> None:
        """Measure until cancelled."""
        loop = asyncio.get_running_loop()
        window_end = loop.time() + _WINDOW_S
        while True:
            due = loop.time() + _PERIOD_S
            await asyncio.sleep(_PERIOD_S)
            now = loop.time()
            self.take(max(0.0, now - due))
            if now >= window_end:
                window_end = now + _WINDOW_S
                self._worst = [0.0, self._worst[0]]

    def take(self, lag_s: float) -> None:
        """Account one measurement."""
        self._metrics.loop_lag.observe(lag_s)
        if lag_s > self._worst[0]:
            self._worst[0] = lag_s
        if not self._admission.feed(lag_s * 1000):
            return
        smoothed_ms = round(self._admission.smoothed_ms, 1)
        if self._admission.accepts:
            _log.info("load.taking_new_calls", lag_ms=smoothed_ms)
        else:
            _log.warning("load.refusing_new_calls", lag_ms=smoothed_ms, hint="control's event loop is late")
