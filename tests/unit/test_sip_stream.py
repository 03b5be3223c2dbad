"""Framing on TCP and TLS: split anywhere, several at once, keep-alives, bounded buffers."""

from __future__ import annotations

import time
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from opencec.sip.errors import SipParseError
from opencec.sip.limits import MAX_BODY_BYTES, MAX_HEAD_BYTES
from opencec.sip.message import Request, Response
from opencec.sip.parse import KeepAlive
from opencec.sip.stream import StreamParser

pytestmark = pytest.mark.unit


def _message(call_id: str, *, body: bytes = b"", cseq: str = "1 INFO", length: str | None = None) -> bytes:
    lines = [
        "INFO sip:1000@example.com SIP/2.0",
        "Via: SIP/2.0/TCP 192.0.2.10;branch=z9hG4bKa",
        "From: <sip:alice@example.com>;tag=1",
        "To: <sip:1000@example.com>;tag=2",
        f"Call-ID: {call_id}",
        f"CSeq: {cseq}",
    ]
    if length != "":
        lines.append(f"Content-Length: {len(body) if length is None else length}")
    return "\r\n".join([*lines, "", ""]).encode() + body


def _call_ids(items: list[Request | Response | KeepAlive | SipParseError]) -> list[str]:
    return [item.call_id for item in items if isinstance(item, Request | Response)]


@given(st.lists(st.integers(0, 2_000), max_size=12))
def test_any_cut_gives_the_same_messages(cuts: list[int]) -> None:
    # The body looks like an end of a head, a keep-alive and a start line.
    octets = _message("a", body=b"x\r\n\r\ny") + _message("b") + b"\r\n" + _message("c", body=b"SIP/2.0 200 OK\r\n\r\n")
    edges = sorted({0, len(octets), *(cut % len(octets) for cut in cuts)})
    parser = StreamParser()
    items = [item for start, end in pairwise(edges) for item in parser.feed(octets[start:end])]
    assert _call_ids(items) == ["a", "b", "c"]
    assert not any(isinstance(item, SipParseError) for item in items)
    assert parser.buffered == 0


def test_keep_alives() -> None:
    parser = StreamParser()
    assert parser.feed(b"\r\n\r\n") == [KeepAlive.PING]
    assert parser.feed(b"\r\n") == [KeepAlive.PONG]
    assert parser.feed(b"\r\n") == [KeepAlive.PING]  # the second half of a ping that came in two segments
    assert parser.feed(b"\r\n\r") == [KeepAlive.PONG]
    assert parser.feed(b"\n") == [KeepAlive.PING]
    items = parser.feed(_message("a") + b"\r\n\r\n" + _message("b"))
    assert _call_ids(items) == ["a", "b"]
    assert items[1] is KeepAlive.PING
    assert parser.feed(b"\r\n" * 20_000) == [KeepAlive.PING]


def test_a_bad_message_of_known_length_does_not_end_the_stream() -> None:
    parser = StreamParser()
    items = parser.feed(_message("a", cseq="1 BYE", body=b"xyz") + _message("b"))
    assert isinstance(items[0], SipParseError)
    assert items[0].status == 400
    assert items[0].partial is not None
    assert items[0].partial.call_id == "a"
    assert _call_ids(items) == ["b"]
    assert not parser.is_broken


@pytest.mark.parametrize(
    ("octets", "status"),
    [
        (_message("a", length=""), 400),
        (_message("a", length="-1"), 400),
        (_message("a", length="x"), 400),
        (_message("a", length=str(MAX_BODY_BYTES + 1)), 413),
        (b"GET / HTTP/1.1\r\nHost: x\r\n\r\n", None),
        (b"\x16\x03\x01\r\n\r\n", None),
        (_message("a")[:-2] + b"X: " + b"y" * MAX_HEAD_BYTES, 513),
        (b"y" * (MAX_HEAD_BYTES + 1), None),
    ],
)
def test_a_lost_frame_breaks_the_stream(octets: bytes, status: int | None) -> None:
    parser = StreamParser()
    (error,) = parser.feed(octets + _message("b"))
    assert isinstance(error, SipParseError)
    assert error.status == status
    assert parser.is_broken
    assert parser.buffered == 0
    assert parser.feed(_message("c")) == []


def test_buffer_is_bounded_when_a_head_never_ends() -> None:
    parser = StreamParser()
    for _ in range(200):
        parser.feed(b"X: y" * 250)
        assert parser.buffered <= MAX_HEAD_BYTES + 1_000


def test_single_octets_cost_linear_time() -> None:
    octets = _message("a", body=b"b" * 60_000)
    parser = StreamParser()
    started = time.process_time()
    items = [item for index in range(len(octets)) for item in parser.feed(octets[index : index + 1])]
    # 60,000 calls; a quadratic parser would need over a minute.
    assert time.process_time() - started < 3
    assert _call_ids(items) == ["a"]
