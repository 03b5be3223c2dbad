"""Brakes for sign-ins: failures of an account, of a source and of both together lock for a growing time.

Pure: time comes in as an argument. Memory is bounded: of more than `remembered` keys the oldest are forgotten.
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass

import msgspec

__all__ = ["LockRecord", "LockoutRules", "RateLimit", "SignInGuard"]


@dataclass(frozen=True, slots=True)
class LockoutRules:
    """How many failures are free, and how locks grow."""

    per_pair: int = 5
    """Failures of one account from one source; a stranger elsewhere does not lock the account's owner out."""
    per_account: int = 25
    """Failures of one account from anywhere: a guess that is spread over many sources."""
    per_source: int = 50
    """Failures of one source for any account."""
    first_lock_ms: int = 15_000
    """Length of the first lock; each further failure doubles it."""
    longest_lock_ms: int = 900_000
    forget_ms: int = 900_000
    """Failures are forgotten after so long without another."""
    remembered: int = 20_000


@dataclass(slots=True)
class _Record:
    failures: int = 0
    last_ms: int = 0
    locked_until_ms: int = 0


class LockRecord(msgspec.Struct, frozen=True, array_like=True):
    """One count, as it is kept over restarts."""

    kind: str
    key: str
    failures: int
    last_ms: int
    locked_until_ms: int


def _account(key: tuple[str, str]) -> str:
    return key[1].partition("\0")[0]


class SignInGuard:
    """Counts failed sign-ins and says how long the next one has to wait."""

    def __init__(self, rules: LockoutRules | None = None) -> None:
        self._rules = rules or LockoutRules()
        self._records: OrderedDict[tuple[str, str], _Record] = OrderedDict()

    def locked_for_ms(self, account: str, source: str, *, now_ms: int) -> int:
        """Milliseconds until a sign-in is looked at again; 0: go ahead. Ask before the password is checked."""
        until = max(
            (record.locked_until_ms for key, _ in self._keys(account, source) if (record := self._records.get(key))),
            default=0,
        )
        return max(0, until - now_ms)

    def failed(self, account: str, source: str, *, now_ms: int) -> int:
        """Count a wrong password. Returns for how long that locks, 0: not yet."""
        rules = self._rules
        for key, free in self._keys(account, source):
            record = self._records.pop(key, None) or _Record()
            if now_ms - record.last_ms > rules.forget_ms:
                record = _Record()
            record.failures += 1
            record.last_ms = now_ms
            if (over := record.failures - free) >= 0:
                record.locked_until_ms = now_ms + min(rules.longest_lock_ms, rules.first_lock_ms << min(over, 20))
            self._records[key] = record
        while len(self._records) > rules.remembered:
            self._records.popitem(last=False)
        return self.locked_for_ms(account, source, now_ms=now_ms)

    def succeeded(self, account: str, source: str) -> None:
        """A right password: the pair starts afresh. Account and source counts stay, others may be guessing."""
        self._records.pop(("pair", f"{account}\0{source}"), None)

    def records(self, account: str) -> list[LockRecord]:
        """What is counted for one account, alone and with each of its sources."""
        own = (("account", account), *(key for key in self._records if key[0] == "pair" and _account(key) == account))
        return [self._record(key) for key in own if key in self._records]

    def records_below(self, prefix: str) -> list[LockRecord]:
        """What is counted for accounts that begin so."""
        return [self._record(key) for key in self._records if key[0] != "source" and _account(key).startswith(prefix)]

    def restore(self, record: LockRecord) -> None:
        """Know again what was counted before a restart."""
        self._records[record.kind, record.key] = _Record(record.failures, record.last_ms, record.locked_until_ms)

    def _record(self, key: tuple[str, str]) -> LockRecord:
        found = self._records[key]
        return LockRecord(*key, found.failures, found.last_ms, found.locked_until_ms)

    def _keys(self, account: str, source: str) -> tuple[tuple[tuple[str, str], int], ...]:
        rules = self._rules
        return (
            (("pair", f"{account}\0{source}"), rules.per_pair),
            (("account", account), rules.per_account),
            (("source", source), rules.per_source),
        )


class RateLimit:
    """A token bucket for each key: `burst` at once, then `per_minute`."""

    def __init__(self, *, per_minute: float, burst: int, remembered: int = 20_000) -> None:
        self._per_ms = per_minute / 60_000
        self._burst = float(burst)
        self._remembered = remembered
        self._buckets: OrderedDict[str, tuple[float, int]] = OrderedDict()

    def wait_ms(self, key: str, *, now_ms: int) -> int:
        """Take a token. Returns 0 when there was one, else the milliseconds until there is (nothing is taken)."""
        level, then = self._buckets.pop(key, (self._burst, now_ms))
        level = min(self._burst, level + max(0, now_ms - then) * self._per_ms)
        allowed = level >= 1.0
        self._buckets[key] = (level - 1.0 if allowed else level, now_ms)
        while len(self._buckets) > self._remembered:
            self._buckets.popitem(last=False)
        return 0 if allowed else max(1, int((1.0 - level) / self._per_ms) + 1)
