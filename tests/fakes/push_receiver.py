"""A receiver of pushed events: a real HTTP or HTTPS server on loopback that answers well, late, wrongly or never."""

from __future__ import annotations

import asyncio
import json
import ssl
from collections import deque
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from opencec.app.certificate import self_signed

__all__ = ["Mood", "Posted", "PushReceiver"]

Mood = Literal["ok", "empty", "slow", "hang", "close", "error", "refuse", "redirect", "garbage", "huge", "last"]


@dataclass
class Posted:
    """One request."""

    target: str
    headers: dict[str, str]
    body: Any
    raw: bytes = b""
    """The body as it came."""

    @property
    def events(self) -> list[dict[str, Any]]:
        """The events in it, whatever the form."""
        return self.body["eventList"] if "eventList" in self.body else [self.body["event"]]


@dataclass
class PushReceiver:
    """What came, and how the next requests are met: `moods` first, then `mood` for all others."""

    mood: Mood = "ok"
    moods: deque[Mood] = field(default_factory=deque)
    posts: list[Posted] = field(default_factory=list)
    taken: list[dict[str, Any]] = field(default_factory=list)
    """Events of requests that were answered well, in order."""
    url: str = ""
    ca_file: Path | None = None
    connections: int = 0
    at_once: int = 0
    """Most requests that were open together."""
    mood_of: Callable[[Posted], Mood | None] = lambda post: None
    _open: int = 0

    @classmethod
    @asynccontextmanager
    async def serve(cls, *, tls: Path | None = None, port: int = 0) -> AsyncIterator[PushReceiver]:
        """Listen until the block ends.

        Args:
            tls: Folder for a certificate of its own; HTTPS then.
            port: TCP port, 0 = any.
        """
        receiver, context = cls(), None
        if tls is not None:
            certificate, key = self_signed(tls)
            receiver.ca_file = certificate
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(certificate, key)
        tasks: set[asyncio.Task[None]] = set()

        async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            task = asyncio.current_task()
            assert task is not None
            tasks.add(task)
            receiver.connections += 1
            try:
                await receiver._converse(reader, writer)
            except (ConnectionError, asyncio.IncompleteReadError, ssl.SSLError):
                pass
            finally:
                tasks.discard(task)
                writer.close()

        server = await asyncio.start_server(connected, "127.0.0.1", port, ssl=context)
        number = server.sockets[0].getsockname()[1]
        receiver.url = f"http{'s' if tls else ''}://{'localhost' if tls else '127.0.0.1'}:{number}"
        try:
            yield receiver
        finally:
            server.close()
            for task in list(tasks):
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    def kinds(self) -> list[str]:
        """Types of the events that were taken."""
        return [event["eventType"] for event in self.taken]

    async def wait(self, count: int, *, wait_s: float = 5.0) -> list[str]:
        """Types of the events taken, once there are so many."""
        async with asyncio.timeout(wait_s):
            while len(self.taken) < count:
                await asyncio.sleep(0.01)
        return self.kinds()

    async def _converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while True:
            head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
            headers = dict(line.split(": ", 1) for line in head[1:] if line)
            raw = await reader.readexactly(int(headers["Content-Length"]))
            body = json.loads(raw)
            method, target, _ = head[0].split(" ")
            assert method == "POST"
            post = Posted(target, headers, body, raw)
            self.posts.append(post)
            self._open += 1
            self.at_once = max(self.at_once, self._open)
            try:
                if not await self._answer(post, writer):
                    return
            finally:
                self._open -= 1

    async def _answer(self, post: Posted, writer: asyncio.StreamWriter) -> bool:
        """Returns whether the connection goes on."""
        mood = self.mood_of(post) or (self.moods.popleft() if self.moods else self.mood)
        match mood:
            case "hang":
                await asyncio.Event().wait()
            case "close":
                return False
            case "garbage":
                writer.write(b"\x00\xffnot http\r\n\r\n")
            case "error":
                writer.write(_reply(500, b"out of order"))
            case "refuse":
                writer.write(_reply(200, b'{"message":"wrong token","retcode":"7"}'))
            case "redirect":
                head = b"HTTP/1.1 307 Temporary Redirect\r\nLocation: %s/elsewhere\r\nContent-Length: 0\r\n\r\n"
                writer.write(head % self.url.encode())
            case _:
                if mood == "slow":
                    await asyncio.sleep(0.15)
                self.taken += post.events
                content = {"empty": b"", "huge": b"x" * 300_000}.get(mood, b'{"message":"success","retcode":"0"}')
                writer.write(_reply(200, content, is_last=mood == "last"))
        await writer.drain()
        return mood != "last"


def _reply(status: int, body: bytes, *, is_last: bool = False) -> bytes:
    closing = b"Connection: close\r\n" if is_last else b""
    return b"HTTP/1.1 %d X\r\n%sContent-Length: %d\r\n\r\n" % (status, closing, len(body)) + body
