"""Secrets at rest and passwords: what is stored cannot be read without the key, or not at all."""

from __future__ import annotations

from typing import Protocol

__all__ = ["Passwords", "SecretUnreadable", "Secrets"]


class SecretUnreadable(Exception):
    """A sealed value is damaged, was sealed for another purpose, or its key is not in the key file."""

    code = "secret_unreadable"


class Secrets(Protocol):
    """Reversible encryption for what protocols need in clear (SIP secrets, secret keys, trunk passwords)."""

    def seal(self, plain: str, *, purpose: str) -> str:
        """Encrypt and authenticate.

        Args:
            plain: The secret.
            purpose: What it is for (`sip`, `app_key`, `trunk`); bound to the result, so values cannot be swapped.

        Returns:
            Text with the id of the key in front, `k1:...`, so that keys can be rotated.
        """
        ...

    def open(self, sealed: str, *, purpose: str) -> str:
        """The secret again.

        Raises:
            SecretUnreadable: damaged, another purpose, or unknown key.
        """
        ...

    def needs_reseal(self, sealed: str) -> bool:
        """True when an older key than the newest sealed this."""
        ...


class Passwords(Protocol):
    """One-way hashing of platform passwords (Argon2id). Slow on purpose, so it runs in threads."""

    async def hash(self, password: str) -> str:
        """An encoded hash with its own salt and parameters."""
        ...

    async def verify(self, encoded: str, password: str) -> bool:
        """True when the password made that hash. An empty or damaged hash is False, after the same time."""
        ...
