"""Frames of the media workers' socket, however the stream is cut."""

from __future__ import annotations

import asyncio

import pytest

from opencec.adapters.media_worker.frames import Frames
from opencec.workers.protocol import MAX_FRAME

pytestmark = pytest.mark.unit


def _frame(body: bytes) -> bytes:
    return len(body).to_bytes(4, "big") + body


@pytest.mark.parametrize("step", [1, 2, 3, 5, 7, 100])
async def test_frames_come_whole_however_the_stream_is_cut(step: int) -> None:
    bodies = [b"one", b"", b"three", b"x" * 50]
    stream = b"".join(map(_frame, bodies))
    heard: list[bytes] = []
    frames = Frames(lambda view: heard.append(bytes(view)))
    for at in range(0, len(stream), step):
        frames.data_received(stream[at : at + step])
    assert heard == bodies
    assert not frames.closed.done()


async def test_a_frame_beyond_the_limit_ends_the_connection() -> None:
    heard: list[bytes] = []
    frames = Frames(lambda view: heard.append(bytes(view)))
    frames.data_received(_frame(b"good") + (MAX_FRAME + 1).to_bytes(4, "big"))
    frames.data_received(_frame(b"too late"))
    assert heard == [b"good"]
    with pytest.raises(OSError, match="frame of"):
        await frames.closed


async def test_the_end_of_the_connection_is_told_once() -> None:
    frames = Frames(lambda view: None)
    frames.connection_lost(None)
    frames.connection_lost(ConnectionResetError())
    await asyncio.wait_for(frames.closed, 1)


async def test_an_error_of_the_listener_is_not_swallowed() -> None:
    def refuse(view: memoryview) -> None:
        raise KeyError("leg")

    frames = Frames(refuse)
    frames.data_received(_frame(b"x"))
    with pytest.raises(KeyError):
        await frames.closed
