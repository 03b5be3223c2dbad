"""How many messages a channel may hand to its platform: a bucket that fills at a steady rate."""

from __future__ import annotations

__all__ = ["Pace"]


class Pace:
    """One channel's.

    Args:
        per_second: Rate over any longer time.
        now_s: Monotonic seconds.
        burst_s: So many seconds' worth may go at once after a quiet time.
    """

    def __init__(self, per_second: float, *, now_s: float, burst_s: float = 1.0) -> None:
        self._rate = per_second
        self._most = max(1.0, per_second * burst_s)
        self._left = self._most
        self._at = now_s

    def take(self, now_s: float) -> float:
        """Take a place; returns how many seconds from now it is due, 0.0 = at once."""
        self._left = min(self._most, self._left + (now_s - self._at) * self._rate) - 1
        self._at = now_s
        return 0.0 if self._left >= 0 else -self._left / self._rate
