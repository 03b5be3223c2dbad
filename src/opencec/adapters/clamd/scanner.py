"""Implements `VirusScan` with clamd's INSTREAM: the file goes over the socket in pieces, the verdict comes back.

Protocol: clamd(8), `z` commands. `zINSTREAM\\0`, then pieces of a 32-bit length in network order and so many bytes,
then a length of 0. Answer: `stream: OK\\0`, `stream: <name> FOUND\\0`, or a text that ends in `ERROR\\0`.
"""

from __future__ import annotations

import asyncio
import struct

from opencec.ports.virus_scan import ScanFailed

__all__ = ["ClamdScan"]

_PIECE = 64 * 1024
_TIMEOUT_S = 30.0
_MOST_ANSWER = 4096


class ClamdScan:
    """A clamd.

    Args:
        address: `host:port`, or the path of a Unix socket (starts with `/`).
        timeout_s: For one file, from connecting to the verdict.
    """

    def __init__(self, address: str, *, timeout_s: float = _TIMEOUT_S) -> None:
        self._address = address
        self._timeout_s = timeout_s

    async def scan(self, data: bytes) -> str:
        """See the port."""
        try:
            async with asyncio.timeout(self._timeout_s):
                answer = await self._ask(data)
        except (OSError, TimeoutError, asyncio.IncompleteReadError, asyncio.LimitOverrunError) as error:
            raise ScanFailed(f"clamd at {self._address}: {error!r}") from error
        text = answer.decode("utf-8", "replace").removeprefix("stream: ")
        if text == "OK":
            return ""
        if text.endswith(" FOUND"):
            return text.removesuffix(" FOUND") or "unnamed"
        raise ScanFailed(f"clamd at {self._address}: {text[:200]}")

    async def _ask(self, data: bytes) -> bytes:
        reader, writer = await self._connect()
        try:
            writer.write(b"zINSTREAM\0")
            try:
                for at in range(0, len(data), _PIECE):
                    piece = data[at : at + _PIECE]
                    writer.write(struct.pack("!I", len(piece)) + piece)
                    await writer.drain()
                writer.write(struct.pack("!I", 0))
                await writer.drain()
            except ConnectionError:
                pass  # over its own size limit it answers and hangs up before we are through: the answer says so
            return (await reader.readuntil(b"\0"))[:-1]
        finally:
            writer.close()

    async def _connect(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        if self._address.startswith("/"):
            return await asyncio.open_unix_connection(self._address, limit=_MOST_ANSWER)
        host, _, port = self._address.rpartition(":")
        return await asyncio.open_connection(host.strip("[]"), int(port), limit=_MOST_ANSWER)
