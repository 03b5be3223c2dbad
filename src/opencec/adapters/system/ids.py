"""Identifiers that sort by time and cannot collide: milliseconds, then 50 random bits, in Crockford's base 32."""

from __future__ import annotations

import secrets
import time

__all__ = ["SystemIds"]

_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"
_RANDOM_BITS = 50


class SystemIds:
    """Implements `Ids`."""

    def __init__(self) -> None:
        self._random = secrets.SystemRandom()

    def new(self, kind: str) -> str:
        """`kind-` and 20 characters: 10 of time (50 bits of milliseconds), 10 of chance."""
        number = (time.time_ns() // 1_000_000) << _RANDOM_BITS | secrets.randbits(_RANDOM_BITS)
        return kind + "-" + "".join(_ALPHABET[number >> shift & 31] for shift in range(95, -1, -5))

    def token(self, byte_count: int = 32) -> str:
        """URL-safe base64 of so many random bytes."""
        return secrets.token_urlsafe(byte_count)

    def draw(self) -> float:
        """0 <= x < 1."""
        return self._random.random()
