"""Refusals of the connection bar: an HTTP status that is no success, so that no page takes the body for a script."""

from __future__ import annotations

import msgspec

from opencec.core.errors import OpenCecError
from opencec.elements.plugins.schemas import Problem
from opencec.httpkit.replies import ExactName, Refusal
from opencec.ports.outbound_http import OutboundProblem

__all__ = ["PROBLEMS", "BarDialect", "locked", "refused"]

PROBLEMS: dict[OutboundProblem, tuple[int, str]] = {
    "url_invalid": (503, "validation_not_configured"),
    "host_not_allowed": (503, "validation_not_configured"),
    "address_not_allowed": (503, "validation_not_configured"),
    "unknown_host": (502, "validation_unreachable"),
    "unreachable": (502, "validation_unreachable"),
    "certificate_invalid": (502, "validation_unreachable"),
    "timeout": (504, "validation_timeout"),
    "redirected": (502, "validation_broken"),
    "too_large": (502, "validation_broken"),
    "broken_answer": (502, "validation_broken"),
}
"""HTTP status and code of what can go wrong between us and the enterprise."""


class BarDialect:
    """`{"code","message"}` for refusals, the bare object for results."""

    internal = "internal"
    invalid = "invalid_request"

    def success(self, result: object) -> bytes:
        """The result itself."""
        return msgspec.json.encode(result)

    def failure(self, code: str, message: str) -> bytes:
        """A refusal."""
        return msgspec.json.encode(Problem(code, message))

    def translate(self, error: OpenCecError, operation: str) -> Refusal:
        """Domain errors keep their code."""
        return Refusal(error.code, error.message, status=409)


def refused() -> Refusal:
    """One answer for a wrong token, an unknown tenant, account or origin: a stranger learns nothing from it."""
    return Refusal("refused", "token, tenant space, account and page do not belong together", status=403)


def locked(wait_ms: int, *, code: str = "too_many_requests") -> Refusal:
    """Come back later."""
    seconds = -(-wait_ms // 1000)
    retry = ((ExactName(b"Retry-After"), b"%d" % seconds),)
    return Refusal(code, f"try again in {seconds} s", status=429, headers=retry)
