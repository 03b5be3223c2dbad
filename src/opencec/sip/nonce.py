"""Stateless nonces: whoever holds the key can tell age and origin, so a flood of challenges costs no memory."""

from __future__ import annotations

import hmac
from collections import OrderedDict
from enum import Enum
from hashlib import sha256

__all__ = ["NonceState", "NonceWindow", "check_nonce", "make_nonce"]

_TIME_DIGITS = 12  # milliseconds in hex, good for the next 8,000 years
_SALT_DIGITS = 12
_MAC_DIGITS = 32
_HISTORY = 128  # nonce counts remembered behind the highest


class NonceState(Enum):
    """What is known of a nonce that came back."""

    FRESH = "fresh"
    STALE = "stale"  # ours, but too old
    FORGED = "forged"  # not ours, or of another key
    REPLAYED = "replayed"  # its count was used before


def _mac(key: bytes, text: str) -> str:
    return hmac.digest(key, text.encode(), "sha256").hex()[:_MAC_DIGITS]


def make_nonce(key: bytes, *, now_ms: int, salt: str = "") -> str:
    """Make a nonce.

    Args:
        key: secret of at least 16 octets, the same on all control processes and after a restart.
        now_ms: time, milliseconds UTC.
        salt: anything that differs between challenges of the same millisecond, such as Call-ID and source address;
            without it two clients may share a nonce and the second one's count looks replayed.
    """
    text = f"{now_ms:0{_TIME_DIGITS}x}{sha256(salt.encode('utf-8', 'replace')).hexdigest()[:_SALT_DIGITS]}"
    return text + _mac(key, text)


def check_nonce(key: bytes, nonce: str, *, now_ms: int, max_age_ms: int) -> NonceState:
    """Tell whether a nonce is ours and young: FRESH, STALE or FORGED. One from the future (clock set back) is STALE."""
    text, mac = nonce[:-_MAC_DIGITS], nonce[-_MAC_DIGITS:]
    if len(nonce) != _TIME_DIGITS + _SALT_DIGITS + _MAC_DIGITS or not nonce.isascii():
        return NonceState.FORGED
    if not hmac.compare_digest(_mac(key, text), mac):
        return NonceState.FORGED
    age_ms = now_ms - int(text[:_TIME_DIGITS], 16)
    return NonceState.FRESH if -1_000 <= age_ms <= max_age_ms else NonceState.STALE


class NonceWindow:
    """Remembers which nonce counts were used, so that a recorded request cannot be sent again.

    Counts may arrive out of order (parallel requests) within the last 128. Only nonces that passed `verify`'s secret
    check are remembered, at most `capacity`, the least recently used one goes first.

    Args:
        key: as in `make_nonce`.
        max_age_ms: how long a nonce is good.
        capacity: nonces to remember (about 300 octets each).
    """

    __slots__ = ("_capacity", "_key", "_max_age_ms", "_seen")

    def __init__(self, key: bytes, *, max_age_ms: int, capacity: int = 20_000) -> None:
        self._key = key
        self._max_age_ms = max_age_ms
        self._capacity = capacity
        self._seen: OrderedDict[str, tuple[int, int]] = OrderedDict()

    def check(self, nonce: str, count: int | None, *, now_ms: int) -> NonceState:
        """Check age, origin and count, and mark the count as used. Bind `now_ms` and pass it as `nonce_check`.

        Without a count (RFC 2069 clients) only age and origin are checked.
        """
        state = check_nonce(self._key, nonce, now_ms=now_ms, max_age_ms=self._max_age_ms)
        if state is not NonceState.FRESH or count is None:
            return state
        return NonceState.FRESH if self._use(nonce, count) else NonceState.REPLAYED

    def _use(self, nonce: str, count: int) -> bool:
        highest, used = self._seen.get(nonce, (0, 0))
        if count > highest:
            shift = min(count - highest, _HISTORY)
            used = ((used << shift) | 1) & ((1 << _HISTORY) - 1)
            highest = count
        else:
            bit = 1 << (highest - count) if highest - count < _HISTORY else 0
            if count == 0 or not bit or used & bit:
                return False
            used |= bit
        self._seen[nonce] = (highest, used)
        self._seen.move_to_end(nonce)
        if len(self._seen) > self._capacity:
            self._seen.popitem(last=False)
        return True
