"""Figures and callbacks a user agent is made with."""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from opencec.sip.flow import Address, Target

__all__ = ["Identity", "LocalAddress", "Login", "Tokens", "UserAgentSettings"]

Tokens = Callable[[], str]
"""Gives a new unguessable token of at least 16 characters [0-9a-z] at every call."""

LocalAddress = Callable[[Target], Address]
"""The address and port the given peer reaches us at: goes into Via and Contact."""


class Login(msgspec.Struct, frozen=True):
    """User and secret for requests of ours that are challenged (RFC 3261 22)."""

    user: str
    password: str


class Identity(msgspec.Struct, frozen=True):
    """Who we are in From: the URI, and the display name if any."""

    uri: str
    display_name: str = ""


class UserAgentSettings(msgspec.Struct, frozen=True):
    """Limits and habits of a user agent. Times in the unit of the name.

    Attributes:
        name: User-Agent and Server header.
        session_expires_s: Session interval we ask for (RFC 4028); 0 never asks, but still honours the peer's.
        min_se_s: Smallest interval we accept; below it 422 is sent.
        max_transactions: Transactions alive at once, lingering ones included; beyond it new requests get 503.
        max_transactions_per_source: The same for one source address.
        max_pending_per_source: Unanswered requests of one source address.
        retry_after_s: Retry-After of those 503.
        ring_limit_ms: An outbound INVITE without final answer is cancelled after this.
        answer_limit_ms: An inbound re-INVITE, REFER or REGISTER that the owner does not answer is refused after this.
        flow_wait_ms: How long a request waits for `retarget` when its flow is gone.
    """

    name: str = "OpenCEC"
    session_expires_s: int = 1800
    min_se_s: int = 90
    max_transactions: int = 100_000
    max_transactions_per_source: int = 20_000
    max_pending_per_source: int = 2_000
    retry_after_s: int = 5
    ring_limit_ms: int = 600_000
    answer_limit_ms: int = 30_000
    flow_wait_ms: int = 10_000
