"""Lenient reading of requests: bodies, models, paths."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from opencec.elements.cc_gateway.schemas import CallOutBody, SignInBody
from opencec.httpkit.body import BodyInvalid, BodyTooLarge, has_hung_up, parse_json, read_body
from opencec.httpkit.cors import CrossOrigin
from opencec.httpkit.operations import Call, Operation, OperationTable
from opencec.httpkit.replies import ExactName, Reply
from opencec.httpkit.wire_model import AliasChoices, Field, WireModel

pytestmark = pytest.mark.unit


class Everything(WireModel):
    count: int = Field(1, validation_alias=AliasChoices("skillid", "skillId"))
    flag: bool = False
    text: str = "default"
    maybe: int | None = None


@pytest.mark.parametrize(
    ("given_body", "expected"),
    [
        ({}, (1, False, "default", None)),
        ({"skillid": None, "flag": None, "text": None, "maybe": None}, (1, False, "default", None)),
        ({"skillid": "", "flag": " ", "text": "", "maybe": ""}, (1, False, "", None)),
        ({"skillId": "7", "flag": "True", "text": 12, "maybe": "3"}, (7, True, "12", 3)),
        ({"skillid": 7.0, "flag": 1, "unknown": {"deep": []}}, (7, True, "default", None)),
        ({"flag": "FALSE"}, (1, False, "default", None)),
    ],
)
def test_models_take_what_clients_send(given_body: dict[str, Any], expected: tuple[object, ...]) -> None:
    model = Everything.model_validate(given_body)
    assert (model.count, model.flag, model.text, model.maybe) == expected


@pytest.mark.parametrize("bad", [{"skillid": "x"}, {"flag": "perhaps"}, {"text": []}, [], "x", 3, {"skillid": 1.5}])
def test_models_refuse_what_has_no_meaning(bad: object) -> None:
    with pytest.raises(ValidationError):
        Everything.model_validate(bad)


def test_documented_samples_are_understood() -> None:
    body = SignInBody.model_validate({"password": 123, "phonenum": 88001101, "releasephone": "false", "status": "4"})
    assert (body.password, body.phonenum, body.releasephone, body.status) == ("123", "88001101", False, 4)
    assert CallOutBody.model_validate({"called": 15550100, "callcontrolid": 0}).called == "15550100"


@given(st.binary(max_size=200))
def test_any_bytes_parse_or_are_refused(data: bytes) -> None:
    try:
        parse_json(data)
    except BodyInvalid:
        pass


@given(st.recursive(st.none() | st.booleans() | st.text(), lambda inner: st.lists(inner, max_size=3), max_leaves=5))
def test_what_is_json_comes_back(value: object) -> None:
    import json

    assert parse_json(json.dumps(value, ensure_ascii=False).encode("utf-8", "replace")) is not ...


def test_blank_bodies_are_nothing_and_deep_ones_are_refused() -> None:
    assert [parse_json(data) for data in (b"", b" \r\n", b"null", b"\xef\xbb\xbfnull")] == [None] * 4
    assert parse_json(b'{"a":"[[[[[[[[[[[[[[[[[[[["}') == {"a": "[" * 20}
    assert parse_json(b"caf\xe9".join((b'"', b'"'))) == "caf\u00e9"
    with pytest.raises(BodyInvalid):
        parse_json(b"[" * 17 + b"]" * 17)


def receiving(*messages: dict[str, Any]) -> Callable[[], Awaitable[dict[str, Any]]]:
    left = list(messages)

    async def receive() -> dict[str, Any]:
        return left.pop(0)

    return receive


async def test_body_limit_holds_before_and_while_reading() -> None:
    with pytest.raises(BodyTooLarge):
        await read_body(receiving(), declared=11, limit=10)
    half = {"type": "http.request", "body": b"123456", "more_body": True}
    with pytest.raises(BodyTooLarge):
        await read_body(receiving(half, half), declared=None, limit=10)
    end = {"type": "http.request", "body": b"7"}
    assert await read_body(receiving(half, end), declared=7, limit=10) == b"1234567"


async def test_hang_up_is_seen_without_waiting() -> None:
    import asyncio

    gone = asyncio.Event()

    async def receive() -> dict[str, Any]:
        await gone.wait()
        return {"type": "http.disconnect"}

    assert not has_hung_up(receive)
    gone.set()
    assert has_hung_up(receive)


async def _nothing(call: Call[None]) -> Reply:
    return Reply(b"")


def row(name: str, path: str, *methods: str) -> Operation[None]:
    return Operation(name, methods or ("GET",), path, _nothing, "")


def test_table_prefers_words_to_variables_and_falls_back() -> None:
    table = OperationTable(
        [row("one", "/agent/{id:agent}"), row("named", "/agent/byaccount"), row("deep", "/agent/{id:agent}/skills")]
    )

    def found(*segments: str) -> str | None:
        match = table.match("GET", segments)
        return None if match is None or match.operation is None else match.operation.name

    assert found("agent", "byaccount") == "named"
    assert found("agent", "101") == "one"
    assert found("agent", "byaccount", "skills") == "deep"
    assert found("agent") is None
    assert table.match("GET", ("agent", "byaccount", "skills")).is_malformed  # type: ignore[union-attr]
    assert table.match("PUT", ("agent", "101")).allowed == ("GET",)  # type: ignore[union-attr]


def test_two_rows_for_one_path_are_a_defect() -> None:
    with pytest.raises(ValueError, match="two operations"):
        OperationTable([row("one", "/a/{x}"), row("two", "/a/{y}")])


def test_exact_names_survive_lower() -> None:
    name = ExactName(b"Set-GUID")
    assert (name.lower(), b"".join([name])) == (b"Set-GUID", b"Set-GUID")


def test_cross_origin_pages_need_the_allow_list() -> None:
    cors = CrossOrigin(["https://crm.example.com"])
    good, evil = {b"origin": b"https://crm.example.com"}, {b"origin": b"https://evil.example.com"}
    names = {bytes(name) for name, _ in cors.mark(cors.preflight(good), good).headers}
    assert {b"Access-Control-Allow-Origin", b"Access-Control-Allow-Headers"} <= names
    assert cors.mark(cors.preflight(evil), evil).headers == ()
    assert cors.mark(Reply(b"x"), {}).headers == ()
