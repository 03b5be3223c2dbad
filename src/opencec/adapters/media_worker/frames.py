"""Frames on a worker's socket: four bytes of length, then that many bytes (`workers.protocol`)."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from opencec.workers.protocol import MAX_FRAME

__all__ = ["Frames"]


class Frames(asyncio.Protocol):
    """Cuts what is read into frames and gives each to `on_frame` at once: no task and no future for a frame.

    `closed` ends when the connection does: with the error when there is one, be it of the peer or of `on_frame`.
    """

    def __init__(self, on_frame: Callable[[memoryview], None]) -> None:
        self._on_frame = on_frame
        self._rest = b""
        self._transport: asyncio.BaseTransport | None = None
        self.closed: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """See `asyncio.Protocol`."""
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        """See `asyncio.Protocol`."""
        if self.closed.done():
            return
        try:
            self._rest = self._cut(self._rest + data)
        except Exception as error:
            self._end(error)
            if self._transport is not None:
                self._transport.close()

    def _cut(self, data: bytes) -> bytes:
        """Give the whole frames; returns the beginning of the next."""
        view, at = memoryview(data), 0
        while len(data) - at >= 4:
            size = int.from_bytes(view[at : at + 4], "big")
            if size > MAX_FRAME:
                raise OSError(f"frame of {size} bytes")
            end = at + 4 + size
            if end > len(data):
                break
            self._on_frame(view[at + 4 : end])
            at = end
        return data[at:]

    def connection_lost(self, exc: Exception | None) -> None:
        """See `asyncio.Protocol`."""
        self._end(exc)

    def _end(self, error: Exception | None) -> None:
        if self.closed.done():
            return
        if error is None:
            self.closed.set_result(None)
        else:
            self.closed.set_exception(error)
