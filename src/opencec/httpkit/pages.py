"""Our web pages as files: one HTML file for each page, hashed assets that never change, strict headers."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.responses import FileResponse, PlainTextResponse, Response
from starlette.staticfiles import StaticFiles

__all__ = ["SECURITY_HEADERS", "Pages"]

_CSP = "; ".join(
    (
        "default-src 'self'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data: blob:",
        "font-src 'self'",
        "media-src 'self' blob: mediastream:",
        "connect-src 'self' ws: wss:",
        "worker-src 'self' blob:",
        "object-src 'none'",
        "base-uri 'none'",
        "form-action 'self'",
        "frame-ancestors 'none'",
    )
)

SECURITY_HEADERS: tuple[tuple[str, str], ...] = (
    ("Content-Security-Policy", _CSP),
    ("X-Content-Type-Options", "nosniff"),
    ("X-Frame-Options", "DENY"),
    ("Referrer-Policy", "same-origin"),
    ("Cross-Origin-Opener-Policy", "same-origin"),
    ("Permissions-Policy", "microphone=(self), camera=(self), geolocation=()"),
)
"""On every page and asset."""

_FOREVER = "public, max-age=31536000, immutable"
_ASK_ALWAYS = "no-cache"

_SMALLER = (("br", ".br"), ("gzip", ".gz"))
"""Codings that the web build writes beside each file, the smallest first."""
_ASSET = re.compile(r"assets/[\w.-]+\.(?:js|css)")


class Pages:
    """ASGI application: `/` is index.html, `/call` and all below it is call.html, `/assets/...` are hashed files."""

    def __init__(self, directory: Path, *, framed: Callable[[], Sequence[str]] = tuple) -> None:
        """Args:
        directory: What the web build wrote: `<page>.html`, `assets/`, and files such as favicon.svg.
        framed: Origins whose pages ours may show in a frame: none but these.
        """
        self._directory = directory
        self._framed = framed
        self._files = StaticFiles(directory=directory, check_dir=False)

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Serve one request; unknown paths are 404."""
        if scope["type"] != "http":
            return
        response = await self._respond(scope)
        for name, value in SECURITY_HEADERS:
            response.headers[name] = value
        if framed := self._framed():
            response.headers["Content-Security-Policy"] = f"{_CSP}; frame-src {' '.join(framed)}"
        await response(scope, receive, send)

    async def _respond(self, scope: Any) -> Response:
        if scope["method"] not in ("GET", "HEAD"):
            return PlainTextResponse("method not allowed", status_code=405, headers={"Allow": "GET, HEAD"})
        path: str = scope["path"].strip("/")
        first = path.partition("/")[0]
        page = self._page(first or "index")
        if page is not None:
            response = self._smallest(page, scope, media_type="text/html; charset=utf-8")
            response.headers["Cache-Control"] = _ASK_ALWAYS
            return response
        if _ASSET.fullmatch(path) and (asset := self._directory / path).is_file():
            kind = "text/css; charset=utf-8" if path.endswith(".css") else "text/javascript; charset=utf-8"
            response = self._smallest(asset, scope, media_type=kind)
            response.headers["Cache-Control"] = _FOREVER
            return response
        try:
            response = await self._files.get_response(path, scope)
        except HTTPException as error:
            if error.status_code == 404 and first == "" and not self._directory.is_dir():
                return PlainTextResponse("The web pages are not built yet: run `make setup`.", status_code=503)
            return PlainTextResponse("not found", status_code=error.status_code)
        response.headers["Cache-Control"] = _FOREVER if first == "assets" else _ASK_ALWAYS
        return response

    @staticmethod
    def _smallest(file: Path, scope: Any, *, media_type: str) -> Response:
        """The file, or what the build compressed it to if the browser takes that."""
        accepted = Headers(scope=scope).get("accept-encoding", "").lower()
        codings = {
            part.split(";")[0].strip() for part in accepted.split(",") if not part.replace(" ", "").endswith(";q=0")
        }
        for coding, suffix in _SMALLER:
            smaller = file.with_name(file.name + suffix)
            if coding in codings and smaller.is_file():
                headers = {"Content-Encoding": coding, "Vary": "Accept-Encoding"}
                return FileResponse(smaller, media_type=media_type, headers=headers)
        return FileResponse(file, media_type=media_type, headers={"Vary": "Accept-Encoding"})

    def _page(self, name: str) -> Path | None:
        """The HTML file of a page; names are letters, digits and `-` alone, so no path escapes the directory."""
        if not name.replace("-", "").isalnum() or not name.isascii():
            return None
        page = self._directory / f"{name}.html"
        return page if page.is_file() else None
