"""Addresses, Via and CSeq."""

from __future__ import annotations

import pytest

from opencec.sip.address import CSeq, NameAddr, Via, parse_name_addrs
from opencec.sip.errors import SipParseError

pytestmark = pytest.mark.unit


@pytest.mark.parametrize(
    ("text", "display", "uri", "params"),
    [
        ("<sip:a@example.com>", "", "sip:a@example.com", {}),
        ("sip:a@example.com;tag=1", "", "sip:a@example.com", {"tag": "1"}),
        ("Alice Smith <sip:a@example.com>;tag=1", "Alice Smith", "sip:a@example.com", {"tag": "1"}),
        ('"Smith, \\"Al\\" <x>" <sip:a@example.com;lr>', 'Smith, "Al" <x>', "sip:a@example.com;lr", {}),
        ('"back\\\\slash"<sip:a@example.com>', "back\\slash", "sip:a@example.com", {}),
        ('""<sip:a@example.com>', "", "sip:a@example.com", {}),
        ("José\t<sip:a@example.com>", "José", "sip:a@example.com", {}),
        ("<tel:+15550100> ; Tag = x ;  lone", "", "tel:+15550100", {"tag": "x", "lone": None}),
        ('<sip:a@h>;text="a;b\\"c,=";q=0.7', "", "sip:a@h", {"text": 'a;b"c,=', "q": "0.7"}),
    ],
)
def test_address_parts(text: str, display: str, uri: str, params: dict[str, str | None]) -> None:
    address = NameAddr.parse(text)
    assert (address.display, str(address.uri), address.params) == (display, uri, params)
    assert NameAddr.parse(str(address)) == address


@pytest.mark.parametrize(
    "text",
    [
        "",
        "<>",
        "*",
        '"Alice <sip:a@example.com>',
        '"Alice" sip:a@example.com',
        "Smith, Alice <sip:a@example.com>",
        "<sip:a@example.com",
        "<sip:a@example.com>tag=1",
        "<sip:a@example.com>;;",
        "<sip:a@example.com>;tag=1;TAG=2",
        '<sip:a@example.com>;x="1" y',
        "< sip:a@example.com >",
        "sip:a@example.com?Route=x",
        "sip:a;b@example.com",
    ],
)
def test_malformed_addresses_are_refused(text: str) -> None:
    with pytest.raises(SipParseError):
        NameAddr.parse(text)


def test_feature_tags_keep_their_quotes() -> None:
    text = '<sip:a@h.invalid;transport=ws>;+sip.instance="<urn:uuid:0a1b>";reg-id=1;+sip.ice="x"'
    assert str(NameAddr.parse(text)) == text


def test_display_name_cannot_break_out() -> None:
    text = str(NameAddr('x"\r\nVia: y\0', NameAddr.parse("<sip:a@h>").uri))
    assert "\r" not in text
    assert "\n" not in text
    assert NameAddr.parse(text).uri.host == "h"


def test_with_tag_adds_or_replaces() -> None:
    assert NameAddr.parse("<sip:a@h>").with_tag("t").tag == "t"
    assert str(NameAddr.parse("<sip:a@h>;tag=old").with_tag("new")) == "<sip:a@h>;tag=new"


def test_lists_split_outside_of_quotes_and_brackets() -> None:
    addresses = parse_name_addrs('"A, B" <sip:a,b@h>;q=1, <sip:c@h;x=1,2>, sip:d@h;expires=60')
    assert [address.uri.user for address in addresses] == ["a,b", "c", "d"]
    assert addresses[0].display == "A, B"
    assert addresses[2].params == {"expires": "60"}


def test_wildcard_contact() -> None:
    (only,) = parse_name_addrs(" * ")
    assert only.is_wildcard
    assert str(only) == "*"
    with pytest.raises(SipParseError):
        parse_name_addrs("*, <sip:a@h>")


@pytest.mark.parametrize(
    ("text", "transport", "host", "port", "params"),
    [
        ("SIP/2.0/UDP h:5060;branch=z9hG4bK1;rport", "UDP", "h", 5060, {"branch": "z9hG4bK1", "rport": None}),
        ("SIP/2.0/wss df7jal23.invalid;branch=z9hG4bK2", "WSS", "df7jal23.invalid", None, {"branch": "z9hG4bK2"}),
        ("SIP / 2.0 / TCP   [2001:db8::9] : 5061 ; branch = x", "TCP", "[2001:db8::9]", 5061, {"branch": "x"}),
        ("sip/2.0/UDP\t192.0.2.1", "UDP", "192.0.2.1", None, {}),
        ("SIP/2.0/UDP h;received=2001:db8::9", "UDP", "h", None, {"received": "2001:db8::9"}),
        ("SIP/2.0/UDP under_score.example.com", "UDP", "under_score.example.com", None, {}),
    ],
)  # fmt: skip
def test_via(text: str, transport: str, host: str, port: int | None, params: dict[str, str | None]) -> None:
    via = Via.parse(text)
    assert (via.transport, via.host, via.port, via.params) == (transport, host, port, params)
    assert Via.parse(str(via)) == via


@pytest.mark.parametrize(
    "text",
    ["", "SIP/2.0/UDP", "SIP/2.0 h", "SIP/3.0/UDP h", "HTTP/2.0/UDP h", "SIP/2.0/UDP h:x", "SIP/2.0/UDP h;;", "UDP h"],
)
def test_malformed_via_is_refused(text: str) -> None:
    with pytest.raises(SipParseError):
        Via.parse(text)


def test_branch_kinds() -> None:
    assert Via.parse("SIP/2.0/UDP h;branch=z9hG4bKabc").has_unique_branch
    assert not Via.parse("SIP/2.0/UDP h;branch=z9hG4bK").has_unique_branch
    assert not Via.parse("SIP/2.0/UDP h;branch=123").has_unique_branch
    assert not Via.parse("SIP/2.0/UDP h").has_unique_branch
    via = Via.parse("SIP/2.0/UDP h;rport;branch=z9hG4bKabc").with_params(received="192.0.2.7", rport="5062")
    assert str(via) == "SIP/2.0/UDP h;rport=5062;branch=z9hG4bKabc;received=192.0.2.7"
    assert via.wants_rport


def test_cseq() -> None:
    assert CSeq.parse("0009\t INVITE") == CSeq(9, "INVITE")
    assert str(CSeq(4, "ACK")) == "4 ACK"
    assert CSeq.parse("2147483647 X").number == 2**31 - 1
    for text in (
        "",
        "1",
        "INVITE 1",
        "-1 INVITE",
        "1 INVITE x",
        "2147483648 X",
        "9" * 5_000 + " X",
        "1 IN(VITE",
        "² X",
    ):
        with pytest.raises(SipParseError):
            CSeq.parse(text)
