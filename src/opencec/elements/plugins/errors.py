"""Refusals of the connection bar: an HTTP status that is no success, so that no page takes the body for a script."""

from __future__ import annotations

import msgspec

from opencec.core.errors import OpenCecError
from opencec.elements.plugins.schemas import Problem
from opencec.httpkit.replies import Refusal

__all__ = ["BarDialect", "refused"]


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
