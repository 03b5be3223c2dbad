"""A control process for the supervisor's tests: answers HTTP with its generation, and misbehaves when asked."""

from __future__ import annotations

import asyncio
import json
import os
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from opencec.app.context import ControlContext

__all__ = ["run"]


def run(context: ControlContext) -> None:
    """`GET /hang` blocks the loop for good, `/exit` ends with an error, anything else tells who we are."""
    asyncio.run(_serve(context))


async def _serve(context: ControlContext) -> None:
    loop = asyncio.get_running_loop()

    def beat() -> None:
        context.heartbeat()
        loop.call_later(0.1, beat)

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        path = (await reader.readuntil(b"\r\n\r\n")).split()[1].decode()
        if path == "/hang":
            time.sleep(60)  # noqa: ASYNC251 - the point
        if path == "/exit":
            os._exit(3)
        told = {
            "generation": context.generation,
            "pid": os.getpid(),
            "signed_in_agents": 2,
            "live_calls": 1,
            "media": [worker.path for worker in context.media],
            "data_dir": str(context.settings.data_dir),
            "udp": len(context.sockets.sip_udp),
        }
        body = json.dumps(told).encode()
        writer.write(b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: %d\r\n\r\n" % len(body) + body)
        await writer.drain()
        writer.close()

    beat()
    for http in context.sockets.http:
        await asyncio.start_server(answer, sock=http)
    await asyncio.start_unix_server(answer, sock=context.sockets.internal)
    context.ready()
    await context.stopping()
