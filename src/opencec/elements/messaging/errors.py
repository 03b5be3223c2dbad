"""Refusals of the customers' side: result codes of ccmessaging, and our own widget's."""

from __future__ import annotations

import msgspec

from opencec.core.errors import OpenCecError
from opencec.httpkit.replies import Refusal

__all__ = ["MessagingDialect", "WidgetDialect", "no_session", "refused", "status_of"]

_STATUS = {
    "media_too_large": 413,
    "media_not_found": 404,
    "media_unavailable": 503,
    "media_type_refused": 415,
    "media_type_mismatch": 415,
    "media_infected": 422,
    "media_damaged": 422,
    "media_empty": 422,
}


class _Result(msgspec.Struct):
    resultCode: str
    resultDesc: str


class _Rejection(msgspec.Struct):
    errorCode: str
    exceptionInfo: str


class _Problem(msgspec.Struct):
    code: str
    message: str


class MessagingDialect:
    """`{"resultCode","resultDesc"}`, strings both (api-fabric.md 4.11). Code "0" is the gateway's rejection."""

    internal = "13"
    invalid = "2"

    def success(self, result: object) -> bytes:
        """The result itself."""
        return msgspec.json.encode(result)

    def failure(self, code: str, message: str) -> bytes:
        """A refusal."""
        if code == "0":
            return msgspec.json.encode(_Rejection(code, message))
        return msgspec.json.encode(_Result(code, message))

    def translate(self, error: OpenCecError, operation: str) -> Refusal:
        """A domain error: a failed operation."""
        return Refusal("13", error.message)


class WidgetDialect:
    """`{"code","message"}` for refusals, the bare object for results."""

    internal = "internal"
    invalid = "invalid_request"

    def success(self, result: object) -> bytes:
        """The result itself."""
        return msgspec.json.encode(result)

    def failure(self, code: str, message: str) -> bytes:
        """A refusal."""
        return msgspec.json.encode(_Problem(code, message))

    def translate(self, error: OpenCecError, operation: str) -> Refusal:
        """Domain errors keep their code."""
        return Refusal(error.code, error.message, status=status_of(error))


def status_of(error: OpenCecError) -> int:
    """HTTP status of a domain error at our own interface."""
    return _STATUS.get(error.code, 409)


def no_session() -> Refusal:
    """The customer's token is unknown or over: apply again."""
    return Refusal("401", "ccmessaging-token is illegal or expired", status=401)


def refused() -> Refusal:
    """One answer for a wrong proof, an unknown channel and a foreign page: a stranger learns nothing from it."""
    return Refusal("refused", "channel, customer, proof and page do not belong together", status=403)
