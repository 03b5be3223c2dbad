"""uvicorn on a loopback port, in the loop of the test."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import uvicorn

__all__ = ["serve", "talk"]


@asynccontextmanager
async def serve(app: Any) -> AsyncIterator[tuple[str, int]]:
    """Serve an ASGI application with httptools; yields host and port."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP) as listening:
        listening.bind(("127.0.0.1", 0))
        port = listening.getsockname()[1]
        config = uvicorn.Config(
            app, http="httptools", ws="none", lifespan="off", log_config=None, access_log=False, server_header=False
        )
        server = uvicorn.Server(config)
        server.install_signal_handlers = lambda: None  # type: ignore[attr-defined]
        task = asyncio.get_running_loop().create_task(server._serve([listening]))
        while not server.started:
            await asyncio.sleep(0.005)
        try:
            yield "127.0.0.1", port
        finally:
            server.should_exit = True
            server.force_exit = True
            await task


async def talk(address: tuple[str, int], data: bytes) -> bytes:
    """Send raw bytes, read until the server closes the connection."""
    reader, writer = await asyncio.open_connection(*address)
    writer.write(data)
    await writer.drain()
    answer = await asyncio.wait_for(reader.read(-1), 10)
    writer.close()
    return answer
