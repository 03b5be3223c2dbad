"""Our own interface, loaded beside the running system: it brings FastAPI, which would delay every start by a third."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from starlette.types import ASGIApp, Receive, Scope, Send

if TYPE_CHECKING:
    from opencec.app.node import Node

__all__ = ["ConsoleApi"]

_SWITCH_S = 0.0005
"""How long the importing thread may hold the interpreter before the event loop gets it back (default: 5 ms)."""


class ConsoleApi:
    """An ASGI application; requests that come before it is loaded wait for it.

    Args:
        node: The system behind.
    """

    def __init__(self, node: Node) -> None:
        self._node = node
        self._app: ASGIApp | None = None
        self._loading: asyncio.Future[ASGIApp] | None = None

    async def load(self) -> ASGIApp:
        """Import and build it, once, in a thread."""
        if self._loading is None:
            self._loading = asyncio.ensure_future(asyncio.to_thread(self._build))
        self._app = await asyncio.shield(self._loading)
        return self._app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        app = self._app or await self.load()
        await app(scope, receive, send)

    def _build(self) -> ASGIApp:
        with _quick_switches():
            import opencec.app.exposition  # noqa: F401 - to have it in memory before somebody waits for it
            from opencec.app.installation import NodeInstallation
            from opencec.elements.console import build_console_api

            node = self._node
            installation = NodeInstallation(
                node.context,
                book=node.book,
                tenants=node.tenants,
                sessions=node.gateway.index,
                domain=node.domain,
            )
            return build_console_api(installation, clock=node.clock, guard=node.guard)


@contextmanager
def _quick_switches() -> Iterator[None]:
    before = sys.getswitchinterval()
    sys.setswitchinterval(_SWITCH_S)
    try:
        yield
    finally:
        sys.setswitchinterval(before)
