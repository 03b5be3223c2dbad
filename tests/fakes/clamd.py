"""A small clamd: speaks INSTREAM, knows one virus (the EICAR test text), can be slow, short of words or too small."""

from __future__ import annotations

import asyncio
import struct
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

__all__ = ["EICAR", "SmallClamd", "small_clamd"]

EICAR = rb"X5O!P%@AP[4\PZX54(P^)7CC)7}$EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"


class SmallClamd:
    """What it does, and what it saw."""

    def __init__(self) -> None:
        self.address = ""
        self.scanned: list[bytes] = []
        self.size_limit = 25_000_000
        self.answer: bytes | None = None
        """Said in place of a verdict; b"" hangs up without a word."""

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection."""
        try:
            assert await reader.readuntil(b"\0") == b"zINSTREAM\0"
            found = bytearray()
            while size := struct.unpack("!I", await reader.readexactly(4))[0]:
                if len(found) + size > self.size_limit:
                    writer.write(b"INSTREAM size limit exceeded. ERROR\0")
                    return
                found += await reader.readexactly(size)
            self.scanned.append(bytes(found))
            verdict = b"stream: Eicar-Test-Signature FOUND\0" if EICAR in found else b"stream: OK\0"
            writer.write(verdict if self.answer is None else self.answer)
        finally:
            writer.close()


@asynccontextmanager
async def small_clamd() -> AsyncIterator[SmallClamd]:
    """A running one, on a free port."""
    made = SmallClamd()
    server = await asyncio.start_server(made.serve, "127.0.0.1", 0)
    made.address = f"127.0.0.1:{server.sockets[0].getsockname()[1]}"
    async with server:
        yield made
