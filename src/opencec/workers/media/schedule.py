"""The audio thread's loop: a phase every 5 ms to the clock, control's socket and other threads' news in the gaps."""

from __future__ import annotations

import gc
import math
import os
import select
import time
from collections.abc import Callable

from opencec.workers.control_server import ControlServer
from opencec.workers.media.engine import PHASE_MS, PHASES, Engine
from opencec.workers.protocol import Command

__all__ = ["Schedule"]

_PHASE_S = PHASE_MS / 1000.0
_GIVE_UP_S = 0.2
"""Behind by more than this the loop does not catch up: it would only send a burst of stale frames."""
_MARGIN_S = 0.0006
"""A gap shorter than this is not worth another command."""
_COLLECT_PHASES = 400
"""Garbage of the young generations is collected in a gap every 2 s instead of anywhere in a pass. What is older is
freed by its reference counts (a leg that closes cuts its circles), or by a whole collection in an idle worker."""
_NAP_S = 0.2
"""Longest sleep of an idle worker: a signal is noticed when it ends."""


class Schedule:
    """Owns the clock. `poller` also watches `waker`, an eventfd that other threads write to."""

    def __init__(
        self,
        engine: Engine,
        server: ControlServer[Command],
        *,
        poller: select.epoll,
        waker: int,
        offset_ms: float = 0.0,
    ) -> None:
        self._engine = engine
        self._server = server
        self._poller = poller
        self._waker = waker
        self._offset_s = offset_ms / 1000.0
        self._is_awake = True
        """Idle, but frames of control may still stand in the buffer."""
        self._is_collected = False
        poller.register(waker, select.EPOLLIN)

    def run(self, *, should_stop: Callable[[], bool]) -> None:
        """Serve phases until told to stop."""
        engine = self._engine
        period_s = _PHASE_S * PHASES
        start = (time.monotonic() // period_s + 1) * period_s + self._offset_s
        number = PHASES  # tick 0 is before the first frame
        while not should_stop():
            if engine.is_idle:
                number = self._nap(start)
                continue
            deadline = start + (number - PHASES) * _PHASE_S
            self._spend_gap(deadline)
            began = time.monotonic()
            late_s = began - deadline
            if late_s > _GIVE_UP_S:
                behind = int(late_s / _PHASE_S)
                engine.load.skip(behind)
                number += behind
                continue
            engine.run_phase(number % PHASES, number // PHASES)
            engine.load.feed(late_ms=late_s * 1000.0, busy_ms=(time.monotonic() - began) * 1000.0)
            number += 1
            self._is_awake = True
            if number % _COLLECT_PHASES == 0:
                gc.collect(1)

    def _nap(self, start: float) -> int:
        """Without legs: sleep until control or a thread wants something; the number of the phase that is next then."""
        engine, server = self._engine, self._server
        found = self._look(0.0 if self._is_awake else _NAP_S)
        number = PHASES + max(0, math.ceil((time.monotonic() - start) / _PHASE_S))
        engine.rest(number)
        engine.run_posted()
        worked = False
        while engine.is_idle and server.step():
            engine.run_posted()
            worked = True
        self._is_awake = worked
        if found or worked:
            self._is_collected = False
        elif not self._is_collected:
            gc.collect()
            self._is_collected = True
        return number

    def settle(self, seconds: float) -> None:
        """After the last phase: let control take what is left for it."""
        until = time.monotonic() + seconds
        while time.monotonic() < until and not self._server.is_settled:
            self._spend_gap(min(until, time.monotonic() + _PHASE_S))

    def _spend_gap(self, deadline: float) -> None:
        """Work off what control and other threads want, then sleep to the deadline.

        However late it is, one command a phase is carried out: a busy worker must still hear "close".
        """
        engine, server = self._engine, self._server
        self._look(0.0)
        engine.run_posted()
        while server.step() and time.monotonic() < deadline - _MARGIN_S:
            engine.run_posted()
        while (remaining := deadline - time.monotonic()) > 0.0:
            if remaining > 0.002:  # the poller counts whole milliseconds; the rest is slept to the microsecond
                found = self._look(int(remaining * 1000.0 - 1.0) / 1000.0)
            else:
                time.sleep(remaining)
                found = False
            if found:
                engine.run_posted()
                while server.step() and time.monotonic() < deadline - _MARGIN_S:
                    engine.run_posted()

    def _look(self, timeout_s: float) -> bool:
        found = False
        for fd, mask in self._poller.poll(timeout_s):
            found = True
            if fd == self._waker:
                os.eventfd_read(fd)
            else:
                self._server.handle(fd, mask)
        return found
