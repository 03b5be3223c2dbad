"""Refusals of the API Fabric: a status that is no success, and the gateway's body (api-fabric.md 1)."""

from __future__ import annotations

import msgspec

from opencec.core.errors import OpenCecError
from opencec.elements.api_fabric.schemas import Rejection
from opencec.httpkit.replies import Refusal

__all__ = ["FabricDialect", "wrong_secret"]


class FabricDialect:
    """`{"errorCode","exceptionInfo"}` for refusals, the bare object for results."""

    internal = "1"
    invalid = "2"

    def success(self, result: object) -> bytes:
        """The result itself."""
        return msgspec.json.encode(result)

    def failure(self, code: str, message: str) -> bytes:
        """A refusal."""
        return msgspec.json.encode(Rejection(code, message))

    def translate(self, error: OpenCecError, operation: str) -> Refusal:
        """A domain error: the status of business failures."""
        return Refusal(error.code, error.message, status=500)


def wrong_secret() -> Refusal:
    """One answer for an unknown key, a key of another purpose and a wrong secret."""
    return Refusal("0", "auth fail! illegal app_key or app_secret.", status=403)
