"""Time, as services see it: milliseconds UTC that never go back."""

from __future__ import annotations

from typing import Protocol

__all__ = ["Clock"]


class Clock(Protocol):
    """Wall time for facts, monotonic time for measuring."""

    def now(self) -> int:
        """Milliseconds since 1970 UTC. Never smaller than any value returned or passed to `advance_to` before."""
        ...

    def monotonic(self) -> float:
        """Seconds of a clock that no one can set; only differences mean anything."""
        ...

    def advance_to(self, at_ms: int) -> None:
        """Make sure that `now` does not return less than `at_ms` (the last journaled time, after a restart)."""
        ...
