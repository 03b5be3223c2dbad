"""The message parser: what it refuses, how, and how much of a message it keeps for the answer."""

from __future__ import annotations

import pytest

from opencec.sip.errors import SipParseError
from opencec.sip.limits import MAX_BODY_BYTES, MAX_HEAD_BYTES, MAX_HEADER_CHARS, MAX_HEADERS, MAX_LIST_ITEMS
from opencec.sip.message import Request, Response, respond
from opencec.sip.parse import KeepAlive, parse_datagram, parse_message

pytestmark = pytest.mark.unit

_VIA = "Via: SIP/2.0/UDP 192.0.2.10:5062;branch=z9hG4bKa"
_LINES = [
    "OPTIONS sip:1000@example.com SIP/2.0",
    _VIA,
    "From: <sip:alice@example.com>;tag=1",
    "To: <sip:1000@example.com>",
    "Call-ID: c1",
    "CSeq: 7 OPTIONS",
]


def _octets(*more: str, start: str = "", without: str = "", body: bytes = b"") -> bytes:
    lines = [start or _LINES[0], *(line for line in _LINES[1:] if not (without and line.startswith(without))), *more]
    return "\r\n".join([*lines, "", ""]).encode() + body


def _refusal(octets: bytes) -> SipParseError:
    with pytest.raises(SipParseError) as caught:
        parse_message(octets)
    return caught.value


def test_body_is_what_content_length_says_or_the_rest_of_the_datagram() -> None:
    assert parse_message(_octets("Content-Length: 3", body=b"abcdef")).body == b"abc"
    assert parse_message(_octets(body=b"abcdef")).body == b"abcdef"
    assert parse_message(_octets("l:3", "Content-Length: 3", body=b"abc")).body == b"abc"


@pytest.mark.parametrize(
    ("octets", "code", "status"),
    [
        (_octets(without="Via"), "sip.header.via", None),
        (_octets(without="From"), "sip.header.from", 400),
        (_octets(without="To"), "sip.header.to", 400),
        (_octets(without="Call-ID"), "sip.header.call-id", 400),
        (_octets(without="CSeq"), "sip.header.cseq", 400),
        (_octets("Call-ID: c1"), "sip.header.call-id", 400),
        (_octets("t: <sip:x@h>"), "sip.header.to", 400),
        (_octets("Max-Forwards: 256"), "sip.header.max-forwards", 400),
        (_octets("Max-Forwards: x"), "sip.header.max-forwards", 400),
        (_octets("Max-Forwards: 3", "Max-Forwards: 4"), "sip.header.max-forwards", 400),
        (_octets("Content-Length: 9"), "sip.body.short", 400),
        (_octets("Content-Length: +0"), "sip.header.content-length", 400),
        (_octets("Content-Length:"), "sip.header.content-length", 400),
        (_octets("Content-Length: 99999999999999999999"), "sip.body.too_large", 413),
        (_octets("no colon here"), "sip.header.malformed", 400),
        (_octets("na me: x"), "sip.header.malformed", 400),
        (_octets(": x"), "sip.header.malformed", 400),
        (_octets("X: a\rb"), "sip.line.bare_cr", 400),
        (_octets(start="OPTIONS sip:x SIP/3.0"), "sip.version", 505),
        (_octets(start="OPTIONS sip:x HTTP/1.1"), "sip.start_line", 400),
        (_octets(start="OPTIONS sip:x@h"), "sip.start_line", 400),
        (_octets(start="OPTIONS sip:" + "x" * 4_000 + " SIP/2.0"), "sip.request_uri", 414),
        (_octets(start="ACK sip:1000@example.com SIP/2.0"), "sip.header.cseq", None),
        (_octets(start="garbage"), "sip.start_line", None),
        (_octets(start="SIP/2.0 099 Low"), "sip.status_line", None),
        (_octets(start="SIP/2.0 2x0 OK"), "sip.status_line", None),
        (_octets(start="SIP/2.0 200 OK", without="CSeq"), "sip.header.cseq", None),
        (b"", "sip.start_line", None),
        (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", "sip.start_line", None),
        (_octets()[:-2], "sip.head.unterminated", 400),
    ],
)
def test_refusals(octets: bytes, code: str, status: int | None) -> None:
    error = _refusal(octets)
    assert (error.code, error.status) == (code, status)
    assert (error.partial is None) == (status is None)


def test_limits_come_first() -> None:
    assert _refusal(b"x" * 70_000).code == "sip.message.too_large"
    too_large = _refusal(_octets("X: " + "x" * MAX_HEAD_BYTES))
    assert (too_large.code, too_large.status) == ("sip.head.too_large", 513)
    assert too_large.partial is not None
    assert too_large.partial.call_id == "c1"
    assert _refusal(b"x" * (MAX_HEAD_BYTES + 1)).status is None
    assert _refusal(_octets("X: " + "x" * (MAX_HEADER_CHARS + 1))).code == "sip.header.too_long"
    assert _refusal(_octets(*["X: y"] * MAX_HEADERS)).code == "sip.headers.too_many"
    assert _refusal(_octets("Via: " + ", ".join(["SIP/2.0/UDP h"] * (MAX_LIST_ITEMS + 1)))).code == "sip.list.too_long"
    assert _refusal(_octets(*["Via: SIP/2.0/UDP h"] * MAX_LIST_ITEMS)).code == "sip.header.via"
    assert _refusal(_octets(f"Content-Length: {MAX_BODY_BYTES + 1}")).status == 413
    assert parse_message(_octets(body=b"x" * 60_000)).body == b"x" * 60_000


def test_an_answer_can_be_built_although_a_line_in_the_middle_is_broken() -> None:
    octets = _octets("Subject: after").replace(b"\r\nTo:", b"\r\nbroken\r\nTo:")
    error = _refusal(octets)
    assert error.partial is not None
    answer = respond(error.partial, 400, error.reason, to_tag="t")
    assert [name for name, _ in answer.headers.items()] == ["Via", "From", "To", "Call-ID", "CSeq"]
    assert answer.to.tag == "t"


def test_comma_lists_of_hops_become_one_entry_each() -> None:
    request = parse_message(
        _octets(
            "v: SIP/2.0/TCP a;branch=1, SIP/2.0/UDP b;branch=2",
            'Route: "x, y" <sip:p1;lr>,<sip:p2,3;lr>',
            "Record-Route: <sip:r1>,<sip:r2>",
        )
    )
    assert len(request.headers.all("Via")) == 3
    assert request.headers.all("Route") == ['"x, y" <sip:p1;lr>', "<sip:p2,3;lr>"]
    assert request.headers.all("Record-Route") == ["<sip:r1>", "<sip:r2>"]


def test_line_feeds_alone_and_leading_line_breaks_are_fine() -> None:
    octets = b"\r\n\r\n" + _octets("Content-Length: 2", body=b"ab").replace(b"\r\n", b"\n")
    request = parse_message(octets)
    assert isinstance(request, Request)
    assert request.body == b"ab"
    assert request.call_id == "c1"


def test_responses() -> None:
    response = parse_message(_octets(start="sip/2.0 180 Ringing all bells"))
    assert isinstance(response, Response)
    assert (response.status, response.reason) == (180, "Ringing all bells")
    bare = parse_message(_octets(start="SIP/2.0 200"))
    assert isinstance(bare, Response)
    assert (bare.status, bare.reason) == (200, "")


@pytest.mark.parametrize(
    ("octets", "kind"),
    [
        (b"\r\n\r\n", KeepAlive.PING),
        (b"\0\0\0\0", KeepAlive.PING),
        (b"\r\n", KeepAlive.PONG),
        (b"\0", KeepAlive.PONG),
        (b"", KeepAlive.PONG),
    ],
)
def test_keep_alive_datagrams(octets: bytes, kind: KeepAlive) -> None:
    assert parse_datagram(octets) is kind
    assert kind.reply == (b"\r\n" if kind is KeepAlive.PING else b"")


def test_a_datagram_that_is_a_message() -> None:
    assert isinstance(parse_datagram(_octets()), Request)
