"""Reading a request's body: limits before reading, any content type, any of the charsets that clients really use."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

import msgspec

__all__ = ["BodyInvalid", "BodyTooLarge", "ClientGone", "decode_text", "has_hung_up", "parse_json", "read_body"]

Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]

_MAX_DEPTH = 16
"""Nesting of arrays and objects; no documented body goes deeper than 3."""


class BodyTooLarge(Exception):
    """The body is over the limit; it was not read."""


class BodyInvalid(Exception):
    """The body is no JSON, or nested too deeply."""


class ClientGone(Exception):
    """The client hung up before its request was complete."""


async def read_body(receive: Receive, *, declared: int | None, limit: int) -> bytes:
    """The whole body.

    Args:
        receive: The ASGI receive function.
        declared: Content-Length, None when the client sent none (chunked, or no body).
        limit: Most bytes that are read.

    Raises:
        BodyTooLarge: declared, or found, to be over the limit.
        ClientGone: the connection ended first.
    """
    if declared is not None and declared > limit:
        raise BodyTooLarge
    parts: list[bytes] = []
    size = 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ClientGone
        if part := message.get("body", b""):
            size += len(part)
            if size > limit:
                raise BodyTooLarge
            parts.append(part)
        if not message.get("more_body", False):
            return parts[0] if len(parts) == 1 else b"".join(parts)


def decode_text(data: bytes) -> str:
    """UTF-8 when it is that (with or without a mark in front), else ISO-8859-1, which fits any bytes.

    cc-gateway.md 1: two Java clients declare UTF-8 and send ISO-8859-1.
    """
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("iso-8859-1")


def parse_json(data: bytes) -> Any:
    """The JSON value of a body; None for nothing at all, blanks, or `null`.

    Raises:
        BodyInvalid: no JSON, nested deeper than 16, or text that cannot be sent on (lone surrogates).
    """
    text = decode_text(data).strip()
    if not text or text == "null":
        return None
    if text.count("[") + text.count("{") > _MAX_DEPTH and _depth(text) > _MAX_DEPTH:
        raise BodyInvalid
    try:
        return msgspec.json.decode(text)
    except (ValueError, RecursionError) as error:
        raise BodyInvalid from error


def _depth(text: str) -> int:
    """Deepest nesting; brackets inside strings count not."""
    deepest = level = 0
    in_string = is_escaped = False
    for char in text:
        if in_string:
            if is_escaped:
                is_escaped = False
            elif char == "\\":
                is_escaped = True
            elif char == '"':
                in_string = False
        elif char == '"':
            in_string = True
        elif char in "[{":
            level += 1
            deepest = max(deepest, level)
        elif char in "]}":
            level -= 1
    return deepest


def has_hung_up(receive: Receive) -> bool:
    """Whether the client has closed its connection, without waiting. Only after the body was read.

    ASGI tells of a hang-up by `receive` returning `http.disconnect`; until then it would wait. One step of the
    coroutine shows which it is, and costs no task. A server whose `receive` needs more steps is taken as connected.
    """
    asking = receive().__await__()
    try:
        next(asking)
    except StopIteration as stop:
        message = stop.value
        return message is not None and message.get("type") == "http.disconnect"
    close = getattr(asking, "close", None)
    if close is not None:
        close()
    return False
