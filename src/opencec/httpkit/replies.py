"""Answers as bytes: header names keep their capitals on the wire, bodies are encoded once."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing
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
    stream: AsyncGenerator[bytes, None] | None = None
    """In place of `body`: pieces, sent as they come. It is closed when the client leaves."""


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


async def send_reply(send: Any, reply: Reply, receive: Any = None) -> None:
    """Write an answer in two ASGI messages, a stream in as many as it has pieces.

    Args:
        send: Of the request.
        reply: The answer.
        receive: Of the request, whose body was read; a stream needs it to learn that its client has left.
    """
    if reply.stream is not None:
        await _send_stream(send, reply, reply.stream, receive)
        return
    body = reply.body
    headers = [
        (_CONTENT_TYPE, reply.content_type),
        (_CONTENT_LENGTH, b"%d" % len(body)),
        _CACHE_CONTROL,
        *reply.headers,
    ]
    await send({"type": "http.response.start", "status": reply.status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


async def _send_stream(send: Any, reply: Reply, stream: AsyncGenerator[bytes, None], receive: Any) -> None:
    """A stream that fails breaks the connection off: its client must not take the piece for the whole."""
    headers = [(_CONTENT_TYPE, reply.content_type), _CACHE_CONTROL, *reply.headers]
    gone = asyncio.ensure_future(receive())
    try:
        async with aclosing(stream):
            await send({"type": "http.response.start", "status": reply.status, "headers": headers})
            async for piece in stream:
                if gone.done():
                    return
                await send({"type": "http.response.body", "body": piece, "more_body": True})
            await send({"type": "http.response.body", "body": b""})
    finally:
        gone.cancel()
