"""How busy the audio thread is: lateness and load of the last second, and whether new legs are taken."""

from __future__ import annotations

from collections import deque

__all__ = ["LoadWatch"]

_PHASES_PER_SECOND = 200
_BUSY = 0.85
"""Above this share of the second new legs are refused: the legs there are need the rest for their peaks."""
_LATE_MS = 20.0
"""A phase later than its own period was audible."""
_LATE_PHASES = 20
"""With a tenth of the last second's phases that late no new leg is taken. One stall of 40 ms (the operating system took
the core away for a moment) makes about eight of them, until the loop has caught up."""


class LoadWatch:
    """Fed once for every phase."""

    def __init__(self, *, legs_limit: int) -> None:
        self._legs_limit = legs_limit
        self._late: deque[float] = deque(maxlen=_PHASES_PER_SECOND)
        self._busy: deque[float] = deque(maxlen=_PHASES_PER_SECOND)
        self._busy_sum = 0.0
        self.phases = 0
        self.late_phases = 0
        """Phases that began over 5 ms after their time, since the start."""
        self.skipped_phases = 0

    def feed(self, *, late_ms: float, busy_ms: float) -> None:
        """Account one phase: how late it began, how long its pass took (commands fill gaps and give way)."""
        if len(self._busy) == _PHASES_PER_SECOND:
            self._busy_sum -= self._busy[0]
        self._late.append(late_ms)
        self._busy.append(busy_ms)
        self._busy_sum += busy_ms
        self.phases += 1
        self.late_phases += late_ms > 5.0

    def skip(self, phases: int) -> None:
        """So many phases were given up because the loop was too far behind."""
        self.skipped_phases += phases
        self.late_phases += phases
        self.phases += phases

    def rest(self) -> None:
        """The loop slept: the last second was neither late nor busy."""
        self._late.clear()
        self._busy.clear()
        self._busy_sum = 0.0

    @property
    def lag_ms(self) -> float:
        """Worst lateness of a phase in the last second."""
        return max(self._late, default=0.0)

    @property
    def load(self) -> float:
        """Busy share of the last second, 0-1."""
        return min(1.0, self._busy_sum / (5.0 * max(1, len(self._busy))))

    def accepts(self, *, legs: int) -> bool:
        """Whether a new leg may come."""
        late = sum(1 for value in self._late if value > _LATE_MS)
        return legs < self._legs_limit and late < _LATE_PHASES and (len(self._busy) < 20 or self.load < _BUSY)
