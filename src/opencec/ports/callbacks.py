"""Outgoing HTTP to receivers that a tenant names: one POST, answered in time or failed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, Protocol

import msgspec

__all__ = ["CallbackAnswer", "CallbackFailed", "CallbackFailure", "CallbackRefused", "Callbacks"]

CallbackFailure = Literal["address", "name", "connect", "tls", "down", "closed", "timeout", "answer", "busy"]
"""Not allowed to go there; no such name; no connection; no trust; not tried, it failed a moment ago; closed in
mid-answer; too slow; no HTTP; too many waiting."""


class CallbackFailed(Exception):
    """Nothing says that the receiver has it; it may have."""

    def __init__(self, reason: CallbackFailure, message: str = "") -> None:
        super().__init__(message or reason)
        self.reason = reason


class CallbackRefused(Exception):
    """No callback goes to this address, whatever happens later. The text is for the integrator."""


class CallbackAnswer(msgspec.Struct, frozen=True):
    """What the receiver said."""

    status: int
    body: bytes
    """Its beginning, at most 64 KiB."""


class Callbacks(Protocol):
    """Posts to receivers. Slow and dead ones hold up nobody but those who share their lane."""

    def check(self, url: str) -> None:
        """Look at an address without any network.

        Raises:
            CallbackRefused: no http(s) URL, or a literal address that callbacks may not go to.
        """
        ...

    async def post(self, url: str, *, lane: str, headers: Sequence[tuple[str, str]], body: bytes) -> CallbackAnswer:
        """POST a JSON body. Redirects are answers like any other.

        Args:
            url: Where to.
            lane: Who asks (a tenant): its connections, and its trouble, are its own.
            headers: More header fields; Host, Content-Type and Content-Length are added.
            body: The bytes.

        Raises:
            CallbackFailed: no answer.
        """
        ...
