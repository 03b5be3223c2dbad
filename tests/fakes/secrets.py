"""Secrets that are easy to read in a failing test."""

from __future__ import annotations

from opencec.ports.secrets import SecretUnreadable

__all__ = ["PlainSecrets"]


class PlainSecrets:
    """Implements `Secrets` without hiding anything. Raise `key` to rotate."""

    def __init__(self) -> None:
        self.key = 1

    def seal(self, plain: str, *, purpose: str) -> str:
        return f"k{self.key}:{purpose}:{plain}"

    def open(self, sealed: str, *, purpose: str) -> str:
        _, found, plain = sealed.split(":", 2)
        if found != purpose:
            raise SecretUnreadable(sealed)
        return plain

    def needs_reseal(self, sealed: str) -> bool:
        return not sealed.startswith(f"k{self.key}:")
