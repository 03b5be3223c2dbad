"""Answers that are streamed: piece by piece, ended when the client leaves, broken off when they fail."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from typing import Any

import pytest

from opencec.httpkit.replies import Reply, send_reply

pytestmark = pytest.mark.unit


class Wire:
    """What was sent; the client leaves after so many messages."""

    def __init__(self, *, leaves_after: int = 1_000) -> None:
        self.sent: list[dict[str, Any]] = []
        self.closed = False
        self._leaves_after = leaves_after
        self._left = asyncio.Event()

    async def send(self, message: dict[str, Any]) -> None:
        self.sent.append(message)
        if len(self.sent) >= self._leaves_after:
            self._left.set()
        await asyncio.sleep(0)
        await asyncio.sleep(0)

    async def receive(self) -> dict[str, Any]:
        await self._left.wait()
        return {"type": "http.disconnect"}

    async def pieces(self, count: int, *, fails: bool = False) -> AsyncGenerator[bytes, None]:
        try:
            for n in range(count):
                yield b"%d" % n
            if fails:
                raise OSError("disk")
        finally:
            self.closed = True


async def test_a_stream_is_sent_piece_by_piece() -> None:
    wire = Wire()
    await send_reply(wire.send, Reply(b"", stream=wire.pieces(3)), wire.receive)
    assert [message.get("body") for message in wire.sent] == [None, b"0", b"1", b"2", b""]
    assert [bool(message.get("more_body")) for message in wire.sent] == [False, True, True, True, False]
    assert b"content-length" not in dict(wire.sent[0]["headers"])


async def test_a_stream_ends_when_its_client_leaves() -> None:
    wire = Wire(leaves_after=3)
    await send_reply(wire.send, Reply(b"", stream=wire.pieces(10_000)), wire.receive)
    assert len(wire.sent) == 3
    assert wire.closed


async def test_a_stream_that_fails_has_no_end() -> None:
    wire = Wire()
    with pytest.raises(OSError, match="disk"):
        await send_reply(wire.send, Reply(b"", stream=wire.pieces(2, fails=True)), wire.receive)
    assert wire.sent[-1] == {"type": "http.response.body", "body": b"1", "more_body": True}
