"""The built scripts of the plug-ins, read once: any page may load them, they hold no secret."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any, NamedTuple

__all__ = ["FILES_PREFIX", "PluginFiles", "ScriptFile"]

FILES_PREFIX = "/service-cloud/plugins"
_CODINGS = ((b"br", ".br"), (b"gzip", ".gz"))


class ScriptFile(NamedTuple):
    """A file in every coding that the build made."""

    plain: bytes
    packed: tuple[tuple[bytes, bytes], ...]
    """Coding and content, the smallest first."""
    etag: bytes


class PluginFiles:
    """ASGI application over one folder; what is not there is 404.

    Args:
        directory: What the web build wrote: `*.js` and their compressed forms.
    """

    def __init__(self, directory: Path) -> None:
        self._files = {file.name: _read(file) for file in sorted(directory.glob("*.js"))}

    def text(self, name: str) -> str | None:
        """A script; None when the build did not make it."""
        found = self._files.get(name)
        return None if found is None else found.plain.decode()

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            return
        if scope["method"] not in ("GET", "HEAD"):
            await _send(send, 405, b"method not allowed", [(b"allow", b"GET, HEAD")])
            return
        file = self._files.get(scope["path"].removeprefix(scope.get("root_path", "")).strip("/"))
        if file is None:
            await _send(send, 404, b"not found", [])
            return
        asked = dict(scope["headers"])
        headers = [(b"etag", file.etag), (b"vary", b"Accept-Encoding"), (b"cache-control", b"no-cache")]
        if asked.get(b"if-none-match") == file.etag:
            await _send(send, 304, b"", headers)
            return
        body, coding = _smallest(file, asked.get(b"accept-encoding", b"").lower())
        if coding:
            headers.append((b"content-encoding", coding))
        kind = (b"content-type", b"text/javascript; charset=utf-8")
        await _send(send, 200, b"" if scope["method"] == "HEAD" else body, [kind, *headers], size=len(body))


def _read(file: Path) -> ScriptFile:
    plain = file.read_bytes()
    packed = tuple(
        (coding, smaller.read_bytes())
        for coding, suffix in _CODINGS
        if (smaller := file.with_name(file.name + suffix)).is_file()
    )
    return ScriptFile(plain, packed, f'"{hashlib.sha256(plain).hexdigest()[:20]}"'.encode())


def _smallest(file: ScriptFile, accepted: bytes) -> tuple[bytes, bytes]:
    codings = {part.split(b";")[0].strip() for part in accepted.split(b",") if b";q=0" not in part.replace(b" ", b"")}
    for coding, body in file.packed:
        if coding in codings:
            return body, coding
    return file.plain, b""


async def _send(
    send: Any, status: int, body: bytes, headers: list[tuple[bytes, bytes]], *, size: int | None = None
) -> None:
    fixed = [
        (b"content-length", b"%d" % (len(body) if size is None else size)),
        (b"access-control-allow-origin", b"*"),
        (b"cross-origin-resource-policy", b"cross-origin"),
        (b"x-content-type-options", b"nosniff"),
    ]
    await send({"type": "http.response.start", "status": status, "headers": [*headers, *fixed]})
    await send({"type": "http.response.body", "body": body})
