"""Slows and locks out sources that fail to authenticate or flood. Pure; one entry per source address."""

from __future__ import annotations

import msgspec

__all__ = ["GuardLimits", "SourceGuard"]


class GuardLimits(msgspec.Struct, frozen=True):
    """Figures of the guard.

    Attributes:
        requests_per_s: Refill of a source's bucket of new requests.
        burst: Size of that bucket.
        failures: Failures in `failure_window_ms` that lock a source out.
        failure_window_ms: How long failures are remembered.
        lock_ms: First lock-out; each further one is twice as long.
        max_lock_ms: Longest lock-out.
        max_sources: Sources remembered; the oldest idle ones are forgotten beyond it.
    """

    requests_per_s: float = 100.0
    burst: int = 400
    failures: int = 20
    failure_window_ms: int = 60_000
    lock_ms: int = 30_000
    max_lock_ms: int = 3_600_000
    max_sources: int = 10_000


class SourceGuard:
    """Token bucket and lock-out per source address (host, without port)."""

    def __init__(self, limits: GuardLimits | None = None, *, trusted: frozenset[str] = frozenset()) -> None:
        """`trusted` sources (trunks) are never slowed."""

    def admits(self, source: str, now: int) -> bool:
        """Take a token for one new request; False when the source is locked out or too fast."""

    def failed(self, source: str, now: int) -> None:
        """A request of the source had wrong credentials (not: none yet) or an unknown caller."""

    def succeeded(self, source: str, now: int) -> None:
        """A request of the source was authenticated: its failures are forgotten."""

    def locked_until(self, source: str, now: int) -> int | None:
        """End of the lock-out in milliseconds, None when there is none."""
