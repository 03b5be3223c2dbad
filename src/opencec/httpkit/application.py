"""The whole HTTP surface of a node: vendor elements, our own interface, the SIP websocket, pages, health."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from pathlib import Path
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import BaseRoute, Mount, Route, WebSocketRoute
from starlette.types import ASGIApp

from opencec.httpkit.pages import Pages
from opencec.httpkit.source import LocalOnly, is_same_origin

__all__ = ["SocketHandler", "build_app"]

SocketHandler = Callable[[Any, Any, Any], Awaitable[None]]
"""An ASGI websocket application, given (scope, receive, send) before the handshake is accepted."""

_POLICY_VIOLATION = 1008


def build_app(
    *,
    elements: Mapping[str, ASGIApp],
    api: ASGIApp | None = None,
    sip: SocketHandler | None = None,
    pages: Path | None = None,
    framed: Callable[[], Sequence[str]] = tuple,
    sip_paths: Sequence[str] = ("/sip",),
    allowed_origins: Callable[[], Collection[str]] = tuple,
    is_ready: Callable[[], bool] = lambda: True,
    metrics: ASGIApp | None = None,
    documents: Mapping[str, ASGIApp] | None = None,
    sockets: Mapping[str, SocketHandler] | None = None,
) -> Starlette:
    """Put the parts together.

    Args:
        elements: Vendor elements by path prefix, `/agentgateway/resource`.
        api: Our own interface, at `/api/v1`.
        sip: Serves SIP over WebSocket, after the Origin was checked.
        pages: Folder of the built web pages.
        framed: Origins whose pages ours may show in a frame.
        sip_paths: Where it does.
        allowed_origins: Gives the origins beside our own that may open it.
        is_ready: What `/healthz` tells: 200 or 503.
        documents: What is served at single addresses, by path.
        sockets: Further websockets by path; they check the Origin by themselves.
        metrics: Answers `/metrics`, for this machine only.
    """

    async def health(request: Request) -> PlainTextResponse:
        ready = is_ready()
        return PlainTextResponse("ok" if ready else "starting", status_code=200 if ready else 503)

    routes: list[BaseRoute] = []
    if api is not None:
        routes.append(Mount("/api/v1", app=api))
    if sip is not None:
        routes += [WebSocketRoute(path, _OriginCheck(sip, allowed_origins)) for path in sip_paths]
    routes += [WebSocketRoute(path, _Bare(handler)) for path, handler in (sockets or {}).items()]
    routes.append(Route("/healthz", health))
    if metrics is not None:
        routes.append(Route("/metrics", LocalOnly(metrics)))
    routes += [Route(path, document) for path, document in (documents or {}).items()]
    if pages is not None:
        routes.append(Mount("/", app=Pages(pages, framed=framed)))
    app = _Application(routes, elements=elements)
    app.router.redirect_slashes = False
    return app


class _Application(Starlette):
    """Starlette, but vendor elements are reached at once: its layers cost 20 us of 80 a poll, and elements answer
    every error by themselves."""

    def __init__(self, routes: Sequence[BaseRoute], *, elements: Mapping[str, ASGIApp]) -> None:
        super().__init__(routes=routes)
        self._elements = tuple((prefix, f"{prefix}/", app) for prefix, app in elements.items())

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "http":
            path: str = scope["path"]
            for prefix, start, element in self._elements:
                if path.startswith(start):
                    scope["root_path"] = scope.get("root_path", "") + prefix
                    await element(scope, receive, send)
                    return
        await super().__call__(scope, receive, send)


class _Bare:
    """An ASGI application, in the form that a route takes as one."""

    def __init__(self, app: SocketHandler) -> None:
        self._app = app

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        await self._app(scope, receive, send)


class _OriginCheck:
    """Refuses websockets of foreign pages before the handshake (design.md 6)."""

    def __init__(self, app: SocketHandler, allowed: Callable[[], Collection[str]]) -> None:
        self._app = app
        self._allowed = allowed

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if not is_same_origin(scope, allowed=tuple(self._allowed())):
            await receive()
            await send({"type": "websocket.close", "code": _POLICY_VIOLATION, "reason": "origin not allowed"})
            return
        await self._app(scope, receive, send)
