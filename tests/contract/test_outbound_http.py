"""Requests to servers of others: real peers that answer well, badly, late, endlessly or not at all."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import pytest

from opencec.adapters.outbound_http import HttpxOutbound
from opencec.ports.outbound_http import OutboundFailed, OutboundLimits

pytestmark = pytest.mark.contract

LOOPBACK = ("127.0.0.1",)
QUICK = OutboundLimits(timeout_s=0.6, answer_bytes=1_000)
Peer = Callable[[asyncio.StreamReader, asyncio.StreamWriter], object]


@asynccontextmanager
async def peer(answer: bytes, *, pause_s: float = 0.0, repeat: int = 1) -> AsyncIterator[tuple[str, list[bytes]]]:
    """A server that writes `answer` to every request; yields its URL and what it was sent."""
    received: list[bytes] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        length = int(head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0] or 0)
        received.append(head + await reader.readexactly(length))
        try:
            for _ in range(repeat):
                await asyncio.sleep(pause_s)
                writer.write(answer)
                await writer.drain()
        except ConnectionError:
            pass
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/check?a=1", received


def response(body: bytes, *, status: str = "200 OK", more: bytes = b"") -> bytes:
    return b"HTTP/1.1 %s\r\nContent-Length: %d\r\n%s\r\n%s" % (status.encode(), len(body), more, body)


async def problem_of(url: str, *, hosts: tuple[str, ...] = LOOPBACK, limits: OutboundLimits = QUICK) -> str:
    with pytest.raises(OutboundFailed) as failed:
        await HttpxOutbound().post(url, b"{}", hosts=hosts, limits=limits)
    return failed.value.problem


async def test_an_answer_comes_back_whatever_its_status() -> None:
    async with peer(response(b'{"a":1}', status="500 Oops")) as (url, received):
        answer = await HttpxOutbound().post(url, b'{"b":2}', hosts=LOOPBACK, headers={"X-Token": "t"})
    assert answer == (500, b'{"a":1}')
    assert received[0].startswith(b"POST /check?a=1 HTTP/1.1\r\n")
    assert b"\r\nX-Token: t\r\n" in received[0]
    assert received[0].endswith(b'\r\n\r\n{"b":2}')


@pytest.mark.parametrize(
    ("problem", "answer", "pause_s", "repeat"),
    [
        ("timeout", response(b"{}"), 5.0, 1),
        ("timeout", b"H", 0.05, 100),
        ("redirected", response(b"", status="302 Found", more=b"Location: http://192.0.2.1/\r\n"), 0.0, 1),
        ("too_large", response(b"x" * 1_001), 0.0, 1),
        ("too_large", b"HTTP/1.1 200 OK\r\n\r\n" + b"x" * 800, 0.0, 5),
        ("broken_answer", b"SSH-2.0-OpenSSH\r\n", 0.0, 1),
        ("broken_answer", b"", 0.0, 1),
    ],
)
async def test_a_bad_peer_costs_little_and_says_why(problem: str, answer: bytes, pause_s: float, repeat: int) -> None:
    async with peer(answer, pause_s=pause_s, repeat=repeat) as (url, _):
        async with asyncio.timeout(3):
            assert await problem_of(url) == problem


async def test_nobody_there() -> None:
    async with peer(b"") as (url, _):
        pass
    assert await problem_of(url) == "unreachable"


async def test_a_name_that_leads_inside_is_not_followed() -> None:
    async with peer(response(b"{}")) as (url, received):
        inside = url.replace("127.0.0.1", "localhost")
        assert await problem_of(inside, hosts=("localhost",)) == "address_not_allowed"
        assert await problem_of(url, hosts=("crm.example.com",)) == "host_not_allowed"
        assert received == []
        answer = await HttpxOutbound().post(inside, b"{}", hosts=("localhost", "127.0.0.0/8", "::1"))
        assert answer.status == 200
