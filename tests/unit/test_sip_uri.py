"""URIs: parts, escapes, equality, refusal of what is no URI."""

from __future__ import annotations

import msgspec
import pytest

from opencec.sip.errors import SipParseError
from opencec.sip.uri import Uri

pytestmark = pytest.mark.unit


def test_all_parts_are_found() -> None:
    uri = Uri.parse("SIPS:alice:secret@Example.com:5061;transport=TCP;lr?Subject=hello%20there&Priority=urgent")
    assert (uri.scheme, uri.user, uri.password, uri.host, uri.port) == ("sips", "alice", "secret", "Example.com", 5061)
    assert uri.params == {"transport": "TCP", "lr": None}
    assert uri.transport == "tcp"
    assert uri.param("lr") == ""
    assert uri.param("maddr") is None
    assert uri.headers == {"Subject": "hello there", "Priority": "urgent"}


@pytest.mark.parametrize(
    "text",
    [
        "sip:example.com",
        "sip:1000@192.0.2.1:5060",
        "sip:1000@[2001:db8::1]:5060;transport=udp",
        "sip:[2001:db8::1]",
        "sip:my_host.example_lan.com",
        "sip:abc123@df7jal23ls0d.invalid;transport=ws",
        "sip:+15550100;phone-context=example.com@example.com;user=phone",
        "sip:a%3Bb@example.com",
        "sip:null-%00-null@example.com",
        "sip:user@example.com?Replaces=12345%40192.0.2.118%3Bto-tag%3D12345%3Bfrom-tag%3D5FFE",
        "tel:+1-555-0100;phone-context=+1",
        "soap.beep://192.0.2.103:3002",
        "urn:service:sos",
    ],
)
def test_text_survives(text: str) -> None:
    uri = Uri.parse(text)
    assert Uri.parse(str(uri)) == uri
    assert str(uri) == text


def test_user_is_unescaped_and_goes_out_as_it_came() -> None:
    uri = Uri.parse("sip:%75ser%3Bx@example.com")
    assert uri.user == "user;x"
    assert str(uri) == "sip:%75ser%3Bx@example.com"
    assert str(msgspec.structs.replace(uri, user="other one", port=5070)) == "sip:other%20one@example.com:5070"


def test_escapes_that_are_no_utf8_are_read_as_latin1() -> None:
    assert Uri.parse("sip:Jos%E9@example.com").user == "José"
    assert Uri.parse("sip:Jos%C3%A9@example.com").user == "José"
    assert str(Uri("sip", user="José", host="example.com")) == "sip:Jos%C3%A9@example.com"


def test_tel_and_unknown_schemes_are_for_the_caller_to_judge() -> None:
    assert Uri.parse("tel:+15550100").user == "+15550100"
    unknown = Uri.parse("NobodyKnows:what this?".replace(" ", "-"))
    assert (unknown.scheme, unknown.opaque, unknown.is_sip) == ("nobodyknows", "what-this?", False)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "sip",
        "sip:",
        ":x",
        "1sip:x",
        "alice@example.com",
        "sip:@example.com",
        "sip:alice@",
        "sip:alice@exa mple.com",
        "sip:alice@b@example.com",
        "sip:alice@example.com:99999",
        "sip:alice@example.com:",
        "sip:alice@example.com:5o60",
        "sip:alice@[::1",
        "sip:alice@[zz]:5060",
        "sip:alice@example.com;;lr",
        "sip:alice@example.com;lr;lr",
        "sip:alice@example.com?novalue",
        "sip:al<ice@example.com",
        'sip:al"ice@example.com',
        "sip:alice@exam\u00adple.com",
        "sip:alice@example.com\r\nVia: x",
        "sip:" + "x" * 3_000 + "@example.com",
    ],
)
def test_what_is_no_uri_is_refused(text: str) -> None:
    with pytest.raises(SipParseError) as caught:
        Uri.parse(text)
    assert caught.value.status == (414 if len(text) > 2_048 else 400)


# RFC 3261 19.1.4 gives these as examples.
@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("sip:%61lice@atlanta.example.com;transport=TCP", "sip:alice@AtLanTa.example.com;Transport=tcp"),
        ("sip:carol@chicago.example.com", "sip:carol@chicago.example.com;newparam=5"),
        ("sip:carol@chicago.example.com;newparam=5", "sip:carol@chicago.example.com;security=on"),
        ("sip:b.example.com;transport=tcp;ttl=1?to=x&a=b", "sip:b.example.com;ttl=1;transport=tcp?a=b&to=x"),
        ("tel:+1-555-0100", "tel:+1-555-0100"),
    ],
)  # fmt: skip
def test_equal_uris(one: str, other: str) -> None:
    assert Uri.parse(one).same_as(Uri.parse(other))
    assert Uri.parse(other).same_as(Uri.parse(one))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("SIP:ALICE@example.com;Transport=udp", "sip:alice@example.com;Transport=UDP"),
        ("sip:bob@example.com", "sip:bob@example.com:5060"),
        ("sip:bob@example.com", "sip:bob@example.com;transport=udp"),
        ("sip:bob@example.com", "sip:bob@example.com:6000;transport=tcp"),
        ("sip:carol@example.com", "sip:carol@example.com?Subject=next"),
        ("sip:carol@example.com;security=on", "sip:carol@example.com;security=off"),
        ("sip:bob@example.com", "sips:bob@example.com"),
        ("sip:bob@example.com", "sip:example.com"),
        ("tel:+15550100", "tel:+15550101"),
    ],
)
def test_different_uris(one: str, other: str) -> None:
    assert not Uri.parse(one).same_as(Uri.parse(other))
    assert not Uri.parse(other).same_as(Uri.parse(one))


def test_address_of_record_drops_what_is_not_identity() -> None:
    uri = Uri.parse("sip:Alice:pw@Example.COM:5060;transport=tcp?x=y")
    assert uri.address_of_record() == "sip:Alice@example.com"
    assert Uri.parse("sip:Example.com").address_of_record() == "sip:example.com"
