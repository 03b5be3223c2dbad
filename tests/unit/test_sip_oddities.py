"""What real phones and servers send that textbooks do not show; each must work."""

from __future__ import annotations

import pytest

from opencec.sip.address import parse_name_addrs
from opencec.sip.digest import Challenge, Credentials, authorize
from opencec.sip.errors import SipParseError
from opencec.sip.message import Request, serialize
from opencec.sip.parse import KeepAlive, parse_datagram, parse_message
from opencec.sip.stream import StreamParser
from opencec.sip.uri import Uri
from opencec.sip.validation import check_request

pytestmark = pytest.mark.unit

_METHODS = ("INVITE", "REGISTER", "REFER", "OPTIONS")


def _octets(*more: bytes, method: bytes = b"REGISTER", uri: bytes = b"sip:example.com", frm: bytes = b"") -> bytes:
    lines = [
        method + b" " + uri + b" SIP/2.0",
        b"Via: SIP/2.0/UDP 192.0.2.10:5062;branch=z9hG4bKa;rport",
        b"From: " + (frm or b"<sip:7101@example.com>;tag=1"),
        b"To: <sip:7101@example.com>",
        b"Call-ID: c1",
        b"CSeq: 1 " + method,
        *more,
        b"Content-Length: 0",
    ]
    return b"\r\n".join([*lines, b"", b""])


def _request(*more: bytes, method: bytes = b"REGISTER", uri: bytes = b"sip:example.com", frm: bytes = b"") -> Request:
    message = parse_message(_octets(*more, method=method, uri=uri, frm=frm))
    assert isinstance(message, Request)
    return message


def test_contact_wildcard_with_expires_0() -> None:
    request = _request(b"Contact: *", b"Expires: 0")
    assert [contact.is_wildcard for contact in request.contacts] == [True]
    assert check_request(request, methods=_METHODS) is None


def test_several_contacts_with_quoted_names_in_one_and_more_lines() -> None:
    request = _request(
        b'Contact: "Desk, \\"second\\" floor" <sip:7101@192.0.2.10:5062;ob>;expires=300,<sip:7101@192.0.2.11>;q=0.5',
        b'm: "Home; mobile" <sip:7101@192.0.2.12;transport=TCP>;Expires=60',
    )
    assert [contact.display for contact in request.contacts] == ['Desk, "second" floor', "", "Home; mobile"]
    assert [contact.uri.host for contact in request.contacts] == ["192.0.2.10", "192.0.2.11", "192.0.2.12"]
    assert [contact.params.get("expires") for contact in request.contacts] == ["300", None, "60"]


def test_qop_lists_and_realms_with_commas() -> None:
    challenge = Challenge.parse('Digest realm="Example, Inc., Sales", nonce="n,1", qop="auth,auth-int", algorithm=MD5')
    assert challenge.realm == "Example, Inc., Sales"
    assert challenge.qop == ("auth", "auth-int")
    value = authorize(challenge, method="REGISTER", uri="sip:x", user="u", password="p", cnonce="c")
    assert Credentials.parse(value).realm == "Example, Inc., Sales"


def test_quotes_where_none_belong_and_none_where_they_do() -> None:
    credentials = Credentials.parse(
        'DIGEST username=7101 ,realm = "example.com",NONCE="abc",uri="sip:example.com", response="ABCDEF",'
        'algorithm="md5", qop="auth", nc="00000001", cnonce="x",'
    )
    assert (credentials.user, credentials.algorithm, credentials.qop) == ("7101", "MD5", "auth")
    assert credentials.nonce_count == 1
    assert credentials.response == "abcdef"


def test_folded_headers_and_tabs() -> None:
    request = _request(
        b"Subject:\tone\r\n\ttwo\r\n   three",
        b"Contact\t:\r\n <sip:7101@192.0.2.10>\r\n\t;expires=60",
    )
    assert request.headers.get("Subject") == "one two three"
    assert request.contacts[0].params == {"expires": "60"}
    assert b"Subject: one two three\r\n" in serialize(request)


def test_compact_forms_throughout() -> None:
    octets = (
        b"INVITE sip:1000@example.com SIP/2.0\r\nv:SIP/2.0/UDP h;branch=z9hG4bKa\r\nf:<sip:a@h>;tag=1\r\n"
        b"t:<sip:b@h>\r\ni:c1\r\nCSeq:1 INVITE\r\nm:<sip:a@h>\r\nk:replaces,timer\r\nx:1800;refresher=uac\r\n"
        b"r:<sip:c@h>\r\nb:<sip:d@h>\r\no:refer\r\nu:dialog\r\ns:\r\ne:\r\nc:application/sdp\r\nl:0\r\n\r\n"
    )
    request = parse_message(octets)
    assert request.headers.tokens("Supported") == ["replaces", "timer"]
    assert request.headers.get("Session-Expires") == "1800;refresher=uac"
    assert request.content_type == "application/sdp"
    assert request.contacts[0].uri.user == "a"
    assert b"\r\nSession-Expires: 1800;refresher=uac\r\n" in serialize(request)


def test_upper_case_scheme() -> None:
    request = _request(method=b"INVITE", uri=b"SIP:1000@EXAMPLE.com", frm=b"<SIP:7101@example.com>;TAG=1")
    assert Uri.parse(request.uri).scheme == "sip"
    assert request.from_.uri.is_sip
    assert request.from_.tag == "1"


def test_unknown_scheme_is_answered_416() -> None:
    request = _request(method=b"INVITE", uri=b"skype:someone?call")
    rejection = check_request(request, methods=_METHODS)
    assert rejection is not None
    assert rejection.status == 416


@pytest.mark.parametrize("name", ["José Müller".encode(), "José Müller".encode("latin-1")])
@pytest.mark.parametrize("mark", [b"", b'"'])
def test_display_names_in_utf8_and_latin1(name: bytes, mark: bytes) -> None:
    request = _request(
        "Subject: 你好".encode(),
        frm=mark + name + mark + b" <sip:7101@example.com>;tag=1",
    )
    assert request.from_.display == "José Müller"
    assert request.headers.get("Subject") == "你好"
    serialize(request).decode()


def test_bare_line_break_keep_alives() -> None:
    assert parse_datagram(b"\r\n\r\n") is KeepAlive.PING
    assert parse_datagram(b"\r\n") is KeepAlive.PONG
    assert parse_datagram(b"\0\0\0\0") is KeepAlive.PING
    assert StreamParser().feed(b"\r\n\r\n" + _octets())[0] is KeepAlive.PING


def test_refer_to_with_replaces() -> None:
    request = _request(
        b"Refer-To: <sip:7102@example.com?Replaces=c2%40192.0.2.1%3Bto-tag%3D7%3Bfrom-tag%3D8&Require=replaces>",
        method=b"REFER",
        uri=b"sip:7101@192.0.2.10",
    )
    (target,) = request.addresses("r")
    assert target.uri.headers == {"Replaces": "c2@192.0.2.1;to-tag=7;from-tag=8", "Require": "replaces"}
    assert str(target) == request.headers.get("Refer-To")


def test_hosts_with_underscores() -> None:
    request = _request(b"Contact: <sip:7101@my_phone.office_lan:5062>", frm=b"<sip:7101@pbx_1.example.com>;tag=1")
    assert request.contacts[0].uri.host == "my_phone.office_lan"
    assert request.from_.uri.host == "pbx_1.example.com"


def test_browser_contacts() -> None:
    value = (
        '<sip:k3u9q4s1@b2kn7vq6s0ag.invalid;transport=ws>;+sip.ice;reg-id=1;'
        '+sip.instance="<urn:uuid:6c2f5a1e-0000-4000-8000-000000000000>";expires=600'
    )  # fmt: skip
    (contact,) = parse_name_addrs(value)
    assert contact.uri.transport == "ws"
    assert contact.uri.host.endswith(".invalid")
    assert contact.params["+sip.instance"] == "<urn:uuid:6c2f5a1e-0000-4000-8000-000000000000>"
    assert str(contact) == value


def test_repeated_parameters_cost_no_time_and_are_refused() -> None:
    value = "Digest " + "a=b," * 2_000
    with pytest.raises(SipParseError):
        Credentials.parse(value)
    with pytest.raises(SipParseError):
        Credentials.parse('Digest username="a",realm="r",nonce="n",uri="sip:h",response="x",username="b"')
