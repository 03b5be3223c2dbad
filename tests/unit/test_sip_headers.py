"""The header multi-map: order, case, compact forms."""

from __future__ import annotations

import pytest

from opencec.sip.headers import COMPACT_FORMS, Headers, canonical_name

pytestmark = pytest.mark.unit


def test_names_compare_without_case_and_in_compact_form() -> None:
    headers = Headers([("v", "one"), ("VIA", "two"), ("X-Own", "three")])
    assert headers.get("Via") == headers.get("V") == headers.get("vIa") == "one"
    assert headers.all("via") == ["one", "two"]
    assert headers.get("x-oWN") == "three"
    assert "v" in headers
    assert "Route" not in headers
    assert headers.get("Route") is None
    assert headers.all("Route") == []


@pytest.mark.parametrize(("short", "key"), COMPACT_FORMS.items())
def test_every_compact_form_is_understood_and_written_in_full(short: str, key: str) -> None:
    headers = Headers([(short.upper(), "x")])
    assert headers.get(key) == "x"
    assert canonical_name(short).lower() == key


def test_known_names_go_out_in_canonical_spelling_and_unknown_ones_as_they_came() -> None:
    headers = Headers([("call-id", "1"), ("CSEQ", "2"), ("www-authenticate", "3"), ("x-mIXed", "4")])
    assert [name for name, _ in headers.items()] == ["Call-ID", "CSeq", "WWW-Authenticate", "x-mIXed"]


def test_set_replaces_all_lines_at_the_place_of_the_first() -> None:
    headers = Headers([("Via", "1"), ("Route", "2"), ("To", "3"), ("Route", "4")])
    headers.set("route", "new")
    assert list(headers.items()) == [("Via", "1"), ("Route", "new"), ("To", "3")]
    headers.set("Contact", "5")
    assert list(headers.items())[-1] == ("Contact", "5")


def test_prepend_and_remove() -> None:
    headers = Headers([("Via", "1"), ("To", "3"), ("Via", "2")])
    headers.prepend("Via", "0")
    assert headers.all("Via") == ["0", "1", "2"]
    headers.remove("v")
    headers.remove("v")
    assert list(headers.items()) == [("To", "3")]
    assert len(headers) == 1


def test_a_copy_is_independent() -> None:
    headers = Headers([("Via", "1")])
    twin = headers.copy()
    twin.add("Via", "2")
    twin.set("To", "x")
    assert headers == Headers([("Via", "1")])
    assert headers != twin


def test_tokens_join_lines_and_skip_empty_items() -> None:
    headers = Headers([("Supported", "replaces, 100rel,"), ("k", "timer"), ("Supported", "")])
    assert headers.tokens("Supported") == ["replaces", "100rel", "timer"]
    assert headers.count("k") == 3
    assert Headers([("k", "," * 200 + "late"), ("k", "x")]).tokens("k") == []
