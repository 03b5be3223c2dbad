"""Answers as bytes: header names keep their capitals on the wire, bodies are encoded once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

from opencec.core.errors import OpenCecError

__all__ = ["JSON_TYPE", "Dialect", "ExactName", "Refusal", "Reply", "send_reply"]


class ExactName(bytes):
    """A header name that is written as it is.

    uvicorn writes `name.lower()`; clients in the field look for `Set-GUID` with exactly this case (cc-gateway.md 1).
    """

    def lower(self) -> ExactName:
        """The name itself, capitals and all."""
        return self


JSON_TYPE = b"application/json;charset=UTF-8"
_CONTENT_TYPE = ExactName(b"Content-Type")
_CONTENT_LENGTH = b"content-length"
_CACHE_CONTROL = (ExactName(b"Cache-Control"), b"no-store")

Header = tuple[bytes, bytes]


@dataclass(frozen=True, slots=True)
class Reply:
    """A complete answer."""

    body: bytes
    status: int = 200
    headers: tuple[Header, ...] = ()
    content_type: bytes = JSON_TYPE


class Refusal(Exception):
    """An operation is refused with a code of the element's own.

    Args:
        code: What goes into the envelope (`100-006`).
        message: Text for people.
        status: HTTP status; the vendor's business failures are 200.
        headers: More header fields.
    """

    def __init__(self, code: str, message: str = "", *, status: int = 200, headers: tuple[Header, ...] = ()) -> None:
        super().__init__(f"{code} {message}")
        self.code = code
        self.message = message
        self.status = status
        self.headers = headers


class Dialect(Protocol):
    """How one element words its envelope and its errors."""

    internal: str
    """Code of a failure of ours."""
    invalid: str
    """Code of malformed parameters, unless the operation names another."""

    def success(self, result: object) -> bytes:
        """The envelope around a result."""
        ...

    def failure(self, code: str, message: str) -> bytes:
        """The envelope of a refusal."""
        ...

    def translate(self, error: OpenCecError, operation: str) -> Refusal:
        """What a domain error is called here, for the operation of this name."""
        ...


async def send_reply(send: Any, reply: Reply) -> None:
    """Write an answer in two ASGI messages."""
    body = reply.body
    headers = [
        (_CONTENT_TYPE, reply.content_type),
        (_CONTENT_LENGTH, b"%d" % len(body)),
        _CACHE_CONTROL,
        *reply.headers,
    ]
    await send({"type": "http.response.start", "status": reply.status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
