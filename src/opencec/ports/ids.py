"""Identifiers and random draws, as services hand them to the pure core."""

from __future__ import annotations

from typing import Protocol

__all__ = ["Ids"]


class Ids(Protocol):
    """Source of fresh identifiers."""

    def new(self, kind: str) -> str:
        """An identifier that no other call ever returns, over restarts and machines too.

        Args:
            kind: Short word of lower-case letters that starts it, `leg` gives `leg-0m3k...`. Sorts by time of making.
        """
        ...

    def token(self, byte_count: int = 32) -> str:
        """An unguessable secret, URL-safe base64 without padding."""
        ...

    def draw(self) -> float:
        """A random number, 0 <= x < 1, for decisions that the core has to take by lot."""
        ...
