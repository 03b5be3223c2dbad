"""What a user agent rejects before processing, and in which order."""

from __future__ import annotations

import pytest

from opencec.sip.message import Headers, Request, Response, respond
from opencec.sip.validation import Rejection, check_request, check_response

pytestmark = pytest.mark.unit

_METHODS = ("ACK", "BYE", "CANCEL", "INVITE", "OPTIONS", "REGISTER")


def _request(
    method: str = "INVITE",
    uri: str = "sip:1000@example.com",
    *headers: tuple[str, str],
    body: bytes = b"",
    to: str = "<sip:1000@example.com>",
) -> Request:
    fields = [("Via", "SIP/2.0/UDP h;branch=z9hG4bKa"), ("From", "<sip:a@h>;tag=1"), ("To", to), ("Call-ID", "c")]
    return Request(method, uri, Headers([*fields, ("CSeq", f"1 {method}"), *headers]), body)


def _check(request: Request) -> Rejection | None:
    return check_request(request, methods=_METHODS, extensions=("timer", "replaces"))


@pytest.mark.parametrize(
    ("request_", "status"),
    [
        (_request(), 0),
        (_request("SUBSCRIBE"), 405),
        (_request("DANCE"), 501),
        (_request("invite"), 501),
        (_request("INVITE", "tel:+15550100"), 0),
        (_request("INVITE", "SIPS:1000@example.com"), 0),
        (_request("INVITE", "h323:1000@example.com"), 416),
        (_request("OPTIONS", "urn:service:sos"), 416),
        (_request("INVITE", "sip:1000@example.com", ("Contact", "*")), 400),
        (_request("INVITE", "sip:1000@example.com", ("Contact", "<sip:a@h>,<sip:b@h>")), 400),
        (_request("INVITE", "sip:1000@example.com", ("Contact", "<sip:a@h")), 400),
        (_request("REGISTER", "sip:example.com", ("m", "*")), 0),
        (_request("REGISTER", "sip:example.com", ("m", "*"), ("m", "<sip:a@h>")), 400),
        (_request("REGISTER", "sip:example.com", ("m", "<sip:a@h>, <sip:b@h>")), 0),
        (_request("REGISTER", "sip:example.com", to="<tel:+15550100>"), 400),
        (_request("INVITE", "sip:1000@example.com", ("Require", "Timer, replaces")), 0),
        (_request("INVITE", "sip:1000@example.com", ("Require", "timer"), ("Require", "100rel")), 420),
        (_request("CANCEL", "sip:1000@example.com", ("Require", "100rel")), 0),
        (_request("ACK", "sip:1000@example.com", ("Require", "100rel")), 0),
        (_request("INVITE", "sip:1000@example.com", ("c", "text/plain"), body=b"x"), 415),
        (_request("INVITE", "sip:1000@example.com", ("c", "Application/SDP;x=y"), body=b"x"), 0),
        (_request("INVITE", "sip:1000@example.com", ("c", "multipart/mixed;boundary=x"), body=b"x"), 0),
        (_request("INVITE", "sip:1000@example.com", body=b"x"), 0),
        (_request("OPTIONS", "sip:1000@example.com", ("c", "text/plain"), body=b"x"), 0),
        (_request("INVITE", "sip:1000@example.com", ("c", "application/sdp"), ("e", "gzip"), body=b"x"), 415),
        (_request("INVITE", "sip:1000@example.com", ("Accept", "text/plain")), 406),
        (_request("INVITE", "sip:1000@example.com", ("Accept", "text/plain, application/*;q=0.3")), 0),
    ],
)
def test_rejections(request_: Request, status: int) -> None:
    rejection = _check(request_)
    assert (rejection.status if rejection else 0) == status


def test_an_optional_body_is_ignored() -> None:
    headers = (("c", "text/plain"), ("Content-Disposition", "render; handling = optional"))
    assert _check(_request("INVITE", "sip:1000@example.com", *headers, body=b"x")) is None


def test_the_method_is_judged_before_the_scheme_and_that_before_extensions() -> None:
    headers = (("Require", "x"), ("c", "text/plain"))
    both = _check(_request("DANCE", "foo:bar", *headers, body=b"x"))
    assert both is not None
    assert both.status == 501
    scheme = _check(_request("INVITE", "foo:bar", *headers, body=b"x"))
    assert scheme is not None
    assert scheme.status == 416
    extension = _check(_request("INVITE", "sip:x", *headers, body=b"x"))
    assert extension is not None
    assert extension.status == 420


def test_a_rejection_makes_a_response() -> None:
    request = _request("SUBSCRIBE")
    rejection = _check(request)
    assert rejection is not None
    answer = respond(request, rejection.status, rejection.reason, headers=rejection.headers)
    assert answer.headers.get("Allow") == "ACK, BYE, CANCEL, INVITE, OPTIONS, REGISTER"


def test_hops_count_only_for_what_goes_on() -> None:
    request = _request("INVITE", "sip:1000@example.com", ("Max-Forwards", "0"))
    assert check_request(request, methods=_METHODS) is None
    rejection = check_request(request, methods=_METHODS, is_forwarding=True)
    assert rejection is not None
    assert rejection.status == 483


def test_a_response_with_several_via_is_not_for_us() -> None:
    headers = Headers([("Via", "SIP/2.0/UDP a"), ("Via", "SIP/2.0/UDP b")])
    assert not check_response(Response(200, "OK", headers))
    headers.set("Via", "SIP/2.0/UDP a")
    assert check_response(Response(200, "OK", headers))
