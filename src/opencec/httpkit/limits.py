"""A body limit around an ASGI application that would read bodies of any size."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from starlette.types import ASGIApp

__all__ = ["LimitedBody"]

_TOO_LARGE = b'{"code":"too_large","message":"the request body is too large"}'


class _Overflow(Exception):
    pass


class LimitedBody:
    """Answers 413 before a body over the limit is read, or as soon as a chunked one gets there."""

    def __init__(self, app: ASGIApp, *, limit: int, larger: Mapping[str, int] | None = None) -> None:
        """Args:
        app: The application.
        limit: Most bytes of a request body.
        larger: The same for paths that end so.
        """
        self.app = app
        self._limit = limit
        self._larger = larger or {}

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        limit = next((most for end, most in self._larger.items() if scope["path"].endswith(end)), self._limit)
        declared = dict(scope["headers"]).get(b"content-length", b"0")
        if not declared.isdigit() or len(declared) > 18 or int(declared) > limit:
            await self._refuse(send)
            return
        size = 0
        has_started = False

        async def counted() -> Any:
            nonlocal size
            message = await receive()
            size += len(message.get("body", b""))
            if size > limit:
                raise _Overflow
            return message

        async def watched(message: Any) -> None:
            nonlocal has_started
            has_started = True
            await send(message)

        try:
            await self.app(scope, counted, watched)
        except _Overflow:
            if not has_started:
                await self._refuse(send)

    async def _refuse(self, send: Any) -> None:
        headers = [
            (b"content-type", b"application/json"),
            (b"content-length", b"%d" % len(_TOO_LARGE)),
            (b"connection", b"close"),
        ]
        await send({"type": "http.response.start", "status": 413, "headers": headers})
        await send({"type": "http.response.body", "body": _TOO_LARGE})
