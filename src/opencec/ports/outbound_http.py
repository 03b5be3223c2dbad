"""Requests to servers of others, whose addresses come from configuration or from clients: bounded, and kept from the
inside of our own network (design.md 10)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal, NamedTuple, Protocol

__all__ = ["DEFAULT_LIMITS", "OutboundAnswer", "OutboundFailed", "OutboundHttp", "OutboundLimits", "OutboundProblem"]

OutboundProblem = Literal[
    "url_invalid",
    "host_not_allowed",
    "address_not_allowed",
    "unknown_host",
    "unreachable",
    "certificate_invalid",
    "timeout",
    "redirected",
    "too_large",
    "broken_answer",
]


class OutboundFailed(Exception):
    """There is no answer to use; `problem` says why in one word."""

    code = "outbound_failed"

    def __init__(self, problem: OutboundProblem, detail: str) -> None:
        super().__init__(f"{problem}: {detail}")
        self.problem: OutboundProblem = problem
        self.detail = detail


class OutboundLimits(NamedTuple):
    """What a peer may cost."""

    timeout_s: float = 5.0
    """From the name look-up to the last byte."""
    answer_bytes: int = 16_384
    """Most bytes of a body, unpacked."""


DEFAULT_LIMITS = OutboundLimits()


class OutboundAnswer(NamedTuple):
    """An answer with a status that is not a redirect."""

    status: int
    body: bytes


class OutboundHttp(Protocol):
    """Sends requests where the tenant's list lets them go. Redirects are never followed."""

    def check(self, url: str, *, hosts: Sequence[str]) -> None:
        """Look at an address without any network.

        Raises:
            OutboundFailed: no URL of `post`, or a host that is not on the list.
        """
        ...

    async def post(
        self,
        url: str,
        body: bytes,
        *,
        hosts: Sequence[str],
        headers: Mapping[str, str] | None = None,
        certificate: str = "",
        limits: OutboundLimits = DEFAULT_LIMITS,
    ) -> OutboundAnswer:
        """POST a JSON body.

        Args:
            url: `http` or `https`.
            body: The JSON text.
            hosts: The tenant's list: names, `*.` before a domain, and addresses or networks. A name must be on it; an
                address that is not public must be on it too.
            headers: More header fields.
            certificate: PEM that is trusted beside the public authorities.
            limits: Time and size.

        Raises:
            OutboundFailed: not sent, or no answer within the limits.
        """
        ...
