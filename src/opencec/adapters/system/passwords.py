"""Argon2id password hashing in a small thread pool: a sign-in storm neither blocks the loop nor eats the memory."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from functools import cached_property

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

__all__ = ["Argon2Passwords"]

_DUMMY_PASSWORD = "no account has this"


class Argon2Passwords:
    """Implements `Passwords` (RFC 9106).

    Args:
        memory_kib: Memory of one hash. The default is OWASP's recommendation for Argon2id with two passes.
        time_cost: Passes.
        threads: Hashes at once; further ones wait.
    """

    def __init__(self, *, memory_kib: int = 19_456, time_cost: int = 2, threads: int = 2) -> None:
        self._hasher = PasswordHasher(time_cost=time_cost, memory_cost=memory_kib, parallelism=1)
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="argon2")

    async def hash(self, password: str) -> str:
        """An encoded hash with its own salt and parameters."""
        return await asyncio.get_running_loop().run_in_executor(self._pool, self._hasher.hash, password)

    async def verify(self, encoded: str, password: str) -> bool:
        """True when the password made that hash; unknown accounts (empty hash) take as long as known ones."""
        return await asyncio.get_running_loop().run_in_executor(self._pool, self._verify, encoded, password)

    def hash_now(self, password: str) -> str:
        """As `hash`, in the calling thread: for commands that have no loop."""
        return self._hasher.hash(password)

    @cached_property
    def _dummy(self) -> str:
        return self._hasher.hash(_DUMMY_PASSWORD)

    def _verify(self, encoded: str, password: str) -> bool:
        try:
            return self._hasher.verify(encoded or self._dummy, password) and bool(encoded)
        except (VerificationError, InvalidHashError):
            return False
