"""The C2 signature: the worked examples of the catalogue, and everything that must not verify."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from opencec.httpkit.request_signature import SignedRequest, parse_signature

pytestmark = pytest.mark.unit

AK, SK = "DEMOAK0001", "demo-secret-not-real-7f3a"
NAMES = "content-length;content-type;host"
HEADERS = {
    "host": "cec.example.test:28443",
    "content-type": "application/json; charset=UTF-8",
    "content-length": "44",
    "accept": "*/*",
}
BODY = '{"ccId":7,"vdn":42,"callId":"1893456000-31"}'
PATH = "/rest/cmsapp/v1/openapi/calldata/querybasiccallinfo"
REQUEST = SignedRequest("POST", PATH, [], HEADERS, BODY)
STAMP = "2030-01-01T00:00:00.000Z"
GOOD = "bffdcdc597d08390509a43a435a3ef51d324c938693ae82ac644e932b12a802b"


def fits(signature: str, request: SignedRequest, *, stamp: str = STAMP, names: str = NAMES, sk: str = SK) -> bool:
    parsed = parse_signature(f"auth-v2/{AK}/{stamp}/{names}/{signature}")
    return parsed is not None and parsed.ak == AK and parsed.fits(request, sk=sk)


def test_the_worked_example_in_both_forms_of_an_empty_query() -> None:
    assert fits(GOOD, REQUEST)
    assert fits("5745117de9349f9076fd021afdbe91ff135838395221abbd6698b0cb5cb004cb", REQUEST)


def test_a_query_is_signed_decoded_and_sorted() -> None:
    asked = REQUEST._replace(query=[("locationId", "3"), ("b", "x y/é")])
    assert fits("7e578b44150c6c0ca325a15b8217f79005f1423ff7a96ea19ee9081b4b243505", asked)
    assert not fits(GOOD, asked)


@pytest.mark.parametrize(
    ("signature", "request_"),
    [
        (
            "f74f3685809b32e87ae34280a28c595eb0e57a0661ad37161bc0f1b3edab6476",
            SignedRequest("GET", "/rest/isales/v1/openapi/campaigns/42/9001", [], HEADERS, ""),
        ),
        (
            "dcf10ff69ee9ce0969d75ce7ff22cf0be10b62e6f03e286cb947355c8671e51e",
            SignedRequest(
                "POST",
                "/rest/isales/v1/openapi/campaigns/42",
                [],
                {"host": "192.0.2.10"},
                '{"name":"Kampagne ü 1","strBeginTime":"2030-01-01 08:00:00"}',
            ),
        ),
        (
            "5e4672a0b1df4ede6b12d194eb77ccb816cfb383145073deca26b57cfae906bc",
            SignedRequest(
                "GET",
                "/rest/isales/v1/openapi/campaigns/42",
                [("pageNo", "1"), ("name", "a b/é"), ("empty", "")],
                {"host": "192.0.2.10"},
                "",
            ),
        ),
    ],
)
def test_clients_that_sign_the_host_alone(signature: str, request_: SignedRequest) -> None:
    assert fits(signature, request_, stamp="2030-01-01T00:00:00Z", names="host")


@pytest.mark.parametrize(
    "changed",
    [
        REQUEST._replace(method="PUT"),
        REQUEST._replace(path=PATH + "/"),
        REQUEST._replace(body=BODY + " "),
        REQUEST._replace(headers=HEADERS | {"host": "other.example.test"}),
        REQUEST._replace(headers={"host": HEADERS["host"]}),
    ],
)
def test_what_was_changed_does_not_verify(changed: SignedRequest) -> None:
    assert not fits(GOOD, changed)


def test_another_key_time_or_header_list_does_not_verify() -> None:
    assert not fits(GOOD, REQUEST, sk="another")
    assert not fits(GOOD, REQUEST, stamp="2030-01-01T00:00:01.000Z")
    assert not fits(GOOD, REQUEST, names="host")
    assert not fits(GOOD, REQUEST, names="content-length;content-type")


def test_the_time_may_be_a_quarter_of_an_hour_off() -> None:
    parsed = parse_signature(f"auth-v2/{AK}/{STAMP}/{NAMES}/{GOOD}")
    assert parsed is not None
    at = int(datetime(2030, 1, 1, tzinfo=UTC).timestamp() * 1000)
    assert [parsed.is_timely(now=at + off) for off in (-900_001, -900_000, 0, 900_000, 900_001)] == [
        False,
        True,
        True,
        True,
        False,
    ]
    assert not parsed._replace(stamp="yesterday").is_timely(now=at)


@given(st.text(max_size=80))
def test_nothing_else_is_a_signature(text: str) -> None:
    parsed = parse_signature(text)
    assert parsed is None or not parsed.fits(REQUEST, sk=SK)
