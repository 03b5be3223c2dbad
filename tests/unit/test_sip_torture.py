"""All 49 messages of RFC 4475, and what becomes of each.

Where the RFC leaves a choice we take the strict one for errors inside what a UA acts on, and ignore errors in what it
never looks at (Date). The files are read from `$OPENCEC_SHARED/data/rfc4475`, by default `../shared` beside the
repository.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

import pytest

from opencec.sip.address import CSeq
from opencec.sip.digest import DigestResult, verify
from opencec.sip.errors import SipParseError
from opencec.sip.limits import MAX_DELTA_SECONDS, delta_seconds
from opencec.sip.message import Request, Response, respond, serialize
from opencec.sip.nonce import NonceState
from opencec.sip.parse import parse_message
from opencec.sip.stream import StreamParser
from opencec.sip.validation import check_request, check_response

_SHARED = Path(os.environ.get("OPENCEC_SHARED") or Path(__file__).parents[3] / "shared")
_FOLDER = _SHARED / "data" / "rfc4475"

pytestmark = [
    pytest.mark.unit,
    pytest.mark.skipif(not _FOLDER.is_dir(), reason=f"RFC 4475 messages are not at {_FOLDER} (set OPENCEC_SHARED)"),
]

_METHODS = frozenset(
    ["ACK", "BYE", "CANCEL", "INFO", "INVITE", "MESSAGE", "NOTIFY", "OPTIONS", "PRACK", "REFER", "REGISTER", "UPDATE"]
)


@dataclass(frozen=True)
class Good:
    """Parses. `answer` is the UA's rejection of it, 0 when it processes it."""

    section: str
    start: str | int
    answer: int = 0
    body: int = 0


@dataclass(frozen=True)
class Bad:
    """Does not parse: answered with `status`, or dropped when that is None."""

    section: str
    status: int | None


EXPECTED: dict[str, Good | Bad] = {
    # 3.1.1: valid
    "wsinv": Good("3.1.1.1", "INVITE", body=150),
    "intmeth": Good("3.1.1.2", "!interesting-Method0123456789_*+`.%indeed'~", answer=501),
    "esc01": Good("3.1.1.3", "INVITE", body=150),
    "escnull": Good("3.1.1.4", "REGISTER"),
    "esc02": Good("3.1.1.5", "RE%47IST%45R", answer=501),
    "lwsdisp": Good("3.1.1.6", "OPTIONS"),
    "longreq": Good("3.1.1.7", "INVITE", body=150),
    "dblreq": Good("3.1.1.8", "REGISTER"),
    "semiuri": Good("3.1.1.9", "OPTIONS"),
    "transports": Good("3.1.1.10", "OPTIONS"),
    "mpart01": Good("3.1.1.11", "MESSAGE", body=553),
    "unreason": Good("3.1.1.12", 200, body=154),
    "noreason": Good("3.1.1.13", 100),
    # 3.1.2: invalid
    "badinv01": Bad("3.1.2.1", 400),
    "clerr": Bad("3.1.2.2", 400),
    "ncl": Bad("3.1.2.3", 400),
    "scalar02": Bad("3.1.2.4", 400),
    "scalarlg": Bad("3.1.2.5", None),
    "quotbal": Bad("3.1.2.6", 400),
    "ltgtruri": Bad("3.1.2.7", 400),
    "lwsruri": Bad("3.1.2.8", 400),
    "lwsstart": Bad("3.1.2.9", 400),
    "trws": Bad("3.1.2.10", 400),
    "escruri": Bad("3.1.2.11", 400),
    "baddate": Good("3.1.2.12", "INVITE", body=150),
    "regbadct": Good("3.1.2.13", "REGISTER", answer=400),
    "badaspec": Bad("3.1.2.14", 400),
    "baddn": Bad("3.1.2.15", 400),
    "badvers": Bad("3.1.2.16", 505),
    "mismatch01": Bad("3.1.2.17", 400),
    "mismatch02": Bad("3.1.2.18", 501),
    "bigcode": Bad("3.1.2.19", None),
    # 3.2: transaction layer
    "badbranch": Good("3.2.1", "OPTIONS"),
    # 3.3: application layer
    "insuf": Bad("3.3.1", 400),
    "unkscm": Good("3.3.2", "OPTIONS", answer=416),
    "novelsc": Good("3.3.3", "OPTIONS", answer=416),
    "unksm2": Good("3.3.4", "REGISTER", answer=400),
    "bext01": Good("3.3.5", "OPTIONS", answer=420),
    "invut": Good("3.3.6", "INVITE", answer=415, body=40),
    "regaut01": Good("3.3.7", "REGISTER"),
    "multi01": Bad("3.3.8", 400),
    "mcl01": Bad("3.3.9", 400),
    "bcast": Good("3.3.10", 200, body=154),
    "zeromf": Good("3.3.11", "OPTIONS"),
    "cparam01": Good("3.3.12", "REGISTER"),
    "cparam02": Good("3.3.13", "REGISTER"),
    "regescrt": Good("3.3.14", "REGISTER"),
    "sdp01": Good("3.3.15", "INVITE", answer=406, body=150),
    # 3.4: backward compatibility
    "inv2543": Good("3.4.1", "INVITE", body=105),
}


def _octets(name: str) -> bytes:
    return (_FOLDER / f"{name}.dat").read_bytes()


def _request(name: str) -> Request:
    message = parse_message(_octets(name))
    assert isinstance(message, Request)
    return message


def _response(name: str) -> Response:
    message = parse_message(_octets(name))
    assert isinstance(message, Response)
    return message


def test_the_table_has_all_49_messages() -> None:
    assert len(EXPECTED) == 49
    # The archive has one more file, test.dat, that the RFC does not describe.
    assert {path.stem for path in _FOLDER.glob("*.dat")} - {"test"} == set(EXPECTED)


def _outcome(name: str) -> Request | Response | SipParseError:
    try:
        return parse_message(_octets(name))
    except SipParseError as error:
        return error


@pytest.mark.parametrize("name", [name for name, expected in EXPECTED.items() if isinstance(expected, Bad)])
def test_a_bad_message_is_refused_or_dropped_as_the_rfc_says(name: str) -> None:
    error = _outcome(name)
    assert isinstance(error, SipParseError)
    assert error.status == EXPECTED[name].status
    assert (error.partial is None) == (error.status is None)
    if error.partial is not None and error.status is not None:
        assert serialize(respond(error.partial, error.status)).startswith(b"SIP/2.0 %d " % error.status)


@pytest.mark.parametrize("name", [name for name, expected in EXPECTED.items() if isinstance(expected, Good)])
def test_a_good_message_is_understood_and_served_as_the_rfc_says(name: str) -> None:
    expected, message = EXPECTED[name], _outcome(name)
    assert isinstance(message, Request | Response)
    assert (message.method if isinstance(message, Request) else message.status) == expected.start
    assert len(message.body) == expected.body
    if isinstance(message, Request):
        rejection = check_request(message, methods=_METHODS)
        assert (rejection.status if rejection else 0) == expected.answer


@pytest.mark.parametrize("name", [name for name, expected in EXPECTED.items() if isinstance(expected, Good)])
def test_what_parses_survives_being_written(name: str) -> None:
    message = parse_message(_octets(name))
    message.headers.remove("Content-Length")
    again = parse_message(serialize(message))
    again.headers.remove("Content-Length")
    assert again == message


@pytest.mark.parametrize("name", EXPECTED)
def test_the_stream_parser_agrees(name: str) -> None:
    expected = EXPECTED[name]
    octets = _octets(name)
    # dblreq holds two messages. These lack a usable length, without which a stream cannot go on.
    lost = {"inv2543": 400, "ncl": 400, "mcl01": 400, "bigcode": None}
    parser = StreamParser()
    items = [item for index in range(len(octets)) for item in parser.feed(octets[index : index + 1])]
    first = next((item for item in items if isinstance(item, Request | Response | SipParseError)), None)
    if name in lost:
        assert isinstance(first, SipParseError)
        assert first.status == lost[name]
        assert parser.is_broken
    elif name == "clerr":  # waits for octets that never come
        assert first is None
        assert parser.buffered > 0
    elif isinstance(expected, Bad):
        assert isinstance(first, SipParseError)
        assert first.status == expected.status
    else:
        assert isinstance(first, Request | Response)
        assert len(first.body) == expected.body


def test_short_tortuous_invite() -> None:
    request = _request("wsinv")
    assert request.from_.display == 'J Rosenberg \\"'
    assert request.from_.tag == "98asjd8"
    assert request.to.tag == "1918181833n"
    assert request.cseq == CSeq(9, "INVITE")
    assert request.headers.get("Subject") == ""
    assert request.headers.get("NewFangledHeader") == "newfangled value continued newfangled value"
    assert request.headers.get("UnknownHeaderWithUnusualValue") == ";;,,;;,;"
    assert [(value.split()[-1]) for value in request.headers.all("Via")][2].endswith("z9hG4bK30239")
    assert len(request.headers.all("Via")) == 3
    assert request.top_via.host == "192.0.2.2"
    assert request.branch == "390skdjuw"
    (contact,) = request.contacts
    assert contact.display == 'Quoted string ""'
    assert contact.params == {"newparam": "newvalue", "secondparam": None, "q": "0.33"}
    (route,) = request.addresses("Route")
    assert route.uri.params == {"lr": None, "unknownwith": "value", "unknown-no-value": None}


def test_wide_range_of_characters() -> None:
    request = _request("intmeth")
    assert request.to.display == "BEL:\x07 NUL:\x00 DEL:\x7f"
    assert request.to.uri.user == "1_unusual.URI~(to-be!sure)&isn't+it$/crazy?,/;;*"
    assert request.from_.display == "token1~` token2'+_ token3*%!.-"
    assert request.from_.params["fromparam''~+*_!.-%"] == "работающий"
    assert request.from_.tag == "_token~1'+`*%!-."
    assert request.call_id == "intmeth.word%ZK-!.*_+'@word`~)(><:\\/\"][?}{"
    assert request.headers.get("extensionHeader-!.%*+_`'~") == "\ufeff大停電"


def test_escapes() -> None:
    assert _request("esc01").to.uri.user == "user"
    assert _request("esc01").from_.uri.user == "I have spaces"
    (contact,) = _request("esc01").contacts
    assert contact.uri.params == {"lr": None, "name": "value%41"}
    assert [contact.uri.user for contact in _request("escnull").contacts] == ["\x00", "\x00\x00"]
    percent = _request("esc02")
    assert percent.to.display == "%Z%45"
    assert len(percent.contacts) == 2
    assert percent.headers.get("C%6Fntact") == "<sip:alias2@host2.example.com>"


def test_long_values() -> None:
    request = _request("longreq")
    assert len(request.headers.all("Via")) == 34
    assert request.top_via.host == "sip33.example.com"
    assert request.to.display.startswith("I have a user name of extreme")
    assert len(request.contacts) == 1


def test_user_parts_with_semicolons_and_unknown_transports() -> None:
    from opencec.sip.uri import Uri

    assert Uri.parse(_request("semiuri").uri).user == "user;par=u@example.net"
    transports = [value.split()[0].rpartition("/")[2] for value in _request("transports").headers.all("Via")]
    assert transports == ["UDP", "SCTP", "TLS", "UNKNOWN", "TCP"]


def test_octets_behind_the_length_are_dropped_from_a_datagram_and_the_next_message_of_a_stream() -> None:
    assert _request("dblreq").body == b""
    assert _request("dblreq").call_id == "dblreq.0ha0isndaksdj99sdfafnl3lk233412"
    methods = [item.method for item in StreamParser().feed(_octets("dblreq")) if isinstance(item, Request)]
    assert methods == ["REGISTER", "INVITE"]


def test_reason_phrases() -> None:
    assert _response("unreason").reason.startswith("= 2**3 * 5**2 но сто девяносто девять")
    assert _response("noreason").reason == ""


def test_huge_numbers_are_capped() -> None:
    assert delta_seconds("1" + "0" * 100) == MAX_DELTA_SECONDS
    assert delta_seconds("949302838503028349304023988") == MAX_DELTA_SECONDS


def test_a_cookie_alone_makes_no_unique_branch() -> None:
    assert not _request("badbranch").top_via.has_unique_branch


def test_contact_parameters_belong_to_header_or_uri() -> None:
    (outside,) = _request("cparam01").contacts
    assert (outside.params, outside.uri.params) == ({"unknownparam": None}, {})
    (inside,) = _request("cparam02").contacts
    assert (inside.params, inside.uri.params) == ({}, {"unknownparam": None})
    (escaped,) = _request("regescrt").contacts
    assert escaped.uri.headers == {"Route": "<sip:sip.example.com>"}


def test_rejections_say_what_would_do() -> None:
    extension = check_request(_request("bext01"), methods=_METHODS)
    assert extension is not None
    assert extension.headers == (("Unsupported", "nothingSupportsThis, nothingSupportsThisEither"),)
    body = check_request(_request("invut"), methods=_METHODS)
    assert body is not None
    assert body.headers == (("Accept", "application/sdp"),)


def test_max_forwards_zero_stops_only_what_would_be_forwarded() -> None:
    hops = check_request(_request("zeromf"), methods=_METHODS, is_forwarding=True)
    assert hops is not None
    assert hops.status == 483


def test_an_unknown_authentication_scheme_is_no_credentials() -> None:
    value = _request("regaut01").headers.get("Authorization")
    assert value is not None
    result = verify(value, method="REGISTER", password="x", nonce_check=lambda _nonce, _count: NonceState.FRESH)
    assert result is DigestResult.UNSUPPORTED


def test_a_broadcast_response_is_ignored() -> None:
    assert not check_response(_response("bcast"))
    assert check_response(_response("noreason"))


def test_an_answer_to_missing_fields_carries_what_there_was() -> None:
    with pytest.raises(SipParseError) as caught:
        parse_message(_octets("insuf"))
    assert caught.value.partial is not None
    answer = respond(caught.value.partial, 400)
    assert [name for name, _ in answer.headers.items()] == ["CSeq", "Via"]


def test_the_undescribed_message_is_dropped() -> None:
    with pytest.raises(SipParseError) as caught:
        parse_message(_octets("test"))
    assert caught.value.status is None
