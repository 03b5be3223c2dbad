"""Requests and responses: structured values, writing, answering."""

from __future__ import annotations

import pytest

from opencec.sip.address import CSeq
from opencec.sip.errors import SipBuildError, SipParseError
from opencec.sip.message import Headers, Request, Response, respond, serialize
from opencec.sip.parse import parse_message
from opencec.sip.reasons import reason_phrase

pytestmark = pytest.mark.unit


def _invite() -> Request:
    return Request(
        "INVITE",
        "sip:1000@example.com",
        Headers(
            [
                ("Via", "SIP/2.0/UDP 192.0.2.10:5062;branch=z9hG4bKa;rport"),
                ("Via", "SIP/2.0/UDP 192.0.2.11;branch=z9hG4bKb"),
                ("Record-Route", "<sip:192.0.2.11;lr>"),
                ("From", "Alice  <sip:alice@example.com>;tag=1"),
                ("To", "<sip:1000@example.com>"),
                ("Call-ID", "c1@192.0.2.10"),
                ("CSeq", "7 INVITE"),
                ("Contact", "<sip:alice@192.0.2.10:5062>"),
                ("Content-Type", "Application/SDP ; charset=utf-8"),
            ]
        ),
        b"v=0\r\n",
    )


def test_structured_values() -> None:
    request = _invite()
    assert request.call_id == "c1@192.0.2.10"
    assert request.cseq == CSeq(7, "INVITE")
    assert request.top_via.host == "192.0.2.10"
    assert request.branch == "z9hG4bKa"
    assert request.from_.display == "Alice"
    assert request.to.tag is None
    assert [str(contact.uri) for contact in request.contacts] == ["sip:alice@192.0.2.10:5062"]
    assert request.content_type == "application/sdp"


def test_structured_values_follow_changed_headers() -> None:
    request = _invite()
    assert request.cseq.number == 7
    assert request.cseq is request.cseq
    request.headers.set("CSeq", "8 INVITE")
    assert request.cseq.number == 8
    request.headers.prepend("Via", "SIP/2.0/TCP h;branch=z9hG4bKnew")
    assert request.branch == "z9hG4bKnew"
    request.headers.remove("CSeq")
    with pytest.raises(SipParseError) as caught:
        _ = request.cseq
    assert caught.value.status == 400


def test_written_and_read_again() -> None:
    octets = serialize(_invite())
    assert octets.startswith(b"INVITE sip:1000@example.com SIP/2.0\r\nVia: ")
    assert octets.endswith(b"\r\nContent-Length: 5\r\n\r\nv=0\r\n")
    again = parse_message(octets)
    again.headers.remove("Content-Length")
    assert again == _invite()


def test_content_length_is_computed_not_believed() -> None:
    request = _invite()
    request.headers.add("l", "999")
    assert serialize(request).count(b"Content-Length") == 1
    assert b"Content-Length: 5\r\n" in serialize(request)


def test_line_breaks_never_reach_the_wire() -> None:
    for value in ("x\r\nVia: y", "x\ny", "x\ry"):
        request = _invite()
        request.headers.add("Subject", value)
        with pytest.raises(SipBuildError):
            serialize(request)
    with pytest.raises(SipBuildError):
        serialize(Response(200, "OK\r\nX: y", Headers()))
    with pytest.raises(SipBuildError):
        serialize(Request("INVITE", "sip:a b", Headers()))
    with pytest.raises(SipBuildError):
        serialize(Request("IN VITE", "sip:a", Headers()))


def test_response_echoes_what_rfc_3261_says_exactly_as_received() -> None:
    answer = respond(_invite(), 180, to_tag="t1", headers=[("Contact", "<sip:us@192.0.2.1>")])
    assert list(answer.headers.items()) == [
        ("Via", "SIP/2.0/UDP 192.0.2.10:5062;branch=z9hG4bKa;rport"),
        ("Via", "SIP/2.0/UDP 192.0.2.11;branch=z9hG4bKb"),
        ("From", "Alice  <sip:alice@example.com>;tag=1"),
        ("To", "<sip:1000@example.com>;tag=t1"),
        ("Call-ID", "c1@192.0.2.10"),
        ("CSeq", "7 INVITE"),
        ("Contact", "<sip:us@192.0.2.1>"),
    ]
    assert (answer.status, answer.reason, answer.body) == (180, "Ringing", b"")
    assert not answer.is_final


def test_tag_is_added_only_where_it_belongs() -> None:
    assert respond(_invite(), 100, to_tag="t1").to.tag is None
    request = _invite()
    request.headers.set("To", '"x;tag=y" <sip:1000@example.com;tag=uri> ; tag = old')
    assert respond(request, 200, to_tag="t1").to.tag == "old"
    request.headers.set("To", "sip:1000@example.com")
    assert str(respond(request, 200, to_tag="t1").headers.get("To")) == "sip:1000@example.com;tag=t1"
    request.headers.set("To", '"broken')
    assert respond(request, 400, to_tag="t1").headers.get("To") == '"broken'


def test_record_route_is_copied_when_asked() -> None:
    assert "Record-Route" not in respond(_invite(), 200).headers
    answer = respond(_invite(), 200, record_route=True, body=b"x", headers=[("Content-Type", "text/plain")])
    assert answer.headers.get("Record-Route") == "<sip:192.0.2.11;lr>"
    assert answer.is_success
    assert answer.body == b"x"


def test_reason_phrases() -> None:
    assert reason_phrase(486) == "Busy Here"
    assert reason_phrase(499) == "Request Failure"
    assert respond(_invite(), 486, "Agent Busy").reason == "Agent Busy"
