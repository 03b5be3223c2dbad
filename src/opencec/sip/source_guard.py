"""Slows and locks out sources that fail to authenticate or flood. Pure; one entry per source address."""

from __future__ import annotations

from collections import OrderedDict
from itertools import islice

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
        max_sources: Sources remembered; the least recently seen ones are forgotten beyond it.
    """

    requests_per_s: float = 100.0
    burst: int = 400
    failures: int = 20
    failure_window_ms: int = 60_000
    lock_ms: int = 30_000
    max_lock_ms: int = 3_600_000
    max_sources: int = 10_000


class _Source:
    __slots__ = ("failed_at", "failures", "locked_until", "locks", "refilled_at", "tokens")

    def __init__(self, tokens: float, now: int) -> None:
        self.tokens = tokens
        self.refilled_at = now
        self.failures = 0
        self.failed_at = now
        self.locks = 0
        self.locked_until = 0


class SourceGuard:
    """Token bucket and lock-out per source address (host, without port)."""

    def __init__(self, limits: GuardLimits | None = None, *, trusted: frozenset[str] = frozenset()) -> None:
        """Start with no memory; `trusted` sources (trunks) are never slowed."""
        self._limits = limits or GuardLimits()
        self._trusted = trusted
        self._sources: OrderedDict[str, _Source] = OrderedDict()

    def admits(self, source: str, now: int) -> bool:
        """Take a token for one new request; False when the source is locked out or too fast."""
        if source in self._trusted:
            return True
        entry = self._entry(source, now)
        if entry.locked_until > now:
            return False
        gained = (now - entry.refilled_at) * self._limits.requests_per_s / 1000
        entry.tokens = min(float(self._limits.burst), entry.tokens + gained)
        entry.refilled_at = now
        if entry.tokens < 1:
            return False
        entry.tokens -= 1
        return True

    def failed(self, source: str, now: int) -> None:
        """A request of the source had wrong credentials (not: none yet) or an unknown caller."""
        if source in self._trusted:
            return
        entry = self._entry(source, now)
        if now - entry.failed_at > self._limits.failure_window_ms:
            entry.failures = 0
        entry.failures += 1
        entry.failed_at = now
        if entry.failures >= self._limits.failures and entry.locked_until <= now:
            # The exponent is bounded so that a source that never stops cannot grow the number without end.
            length = min(self._limits.lock_ms << min(entry.locks, 20), self._limits.max_lock_ms)
            entry.locked_until = now + length
            entry.locks += 1
            entry.failures = 0

    def succeeded(self, source: str, now: int) -> None:
        """A request of the source was authenticated: its failures are forgotten.

        The number of past lock-outs stays, so that one known account does not wash an address clean.
        """
        entry = self._sources.get(source)
        if entry is not None:
            entry.failures = 0
            entry.failed_at = now

    def locked_until(self, source: str, now: int) -> int | None:
        """End of the lock-out in milliseconds, None when there is none."""
        entry = self._sources.get(source)
        return entry.locked_until if entry is not None and entry.locked_until > now else None

    def _entry(self, source: str, now: int) -> _Source:
        entry = self._sources.get(source)
        if entry is None:
            while len(self._sources) >= self._limits.max_sources:
                self._forget_one(now)
            entry = self._sources[source] = _Source(float(self._limits.burst), now)
        else:
            self._sources.move_to_end(source)
        return entry

    def _forget_one(self, now: int) -> None:
        """Forget the least recently seen source, sparing the locked ones among the oldest few."""
        for source in list(islice(self._sources, 8)):
            if self._sources[source].locked_until <= now:
                del self._sources[source]
                return
        self._sources.popitem(last=False)
