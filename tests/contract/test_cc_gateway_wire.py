"""Bytes that clients compare, and bytes that clients send: quirks of the agent's interface on a raw connection."""

from __future__ import annotations

import json
import random
import re
from urllib.parse import quote, urlencode

import pytest

from fakes.call_centre import PASSWORD, CallCentre
from fakes.gateway_client import Clients
from fakes.web_server import serve, talk
from opencec.elements.cc_gateway import PREFIX, TABLE, build_gateway_app
from opencec.elements.cc_gateway.schemas import CallQuery
from opencec.httpkit.application import build_app

pytestmark = pytest.mark.contract

BODY = json.dumps({"password": PASSWORD, "phonenum": "7101"}).encode()


def request(method: str, path: str, body: bytes = b"", *headers: bytes) -> bytes:
    lines = [f"{method} {PREFIX}{path} HTTP/1.1".encode(), b"Host: localhost", b"Connection: close", *headers]
    if body:
        lines.append(b"Content-Length: %d" % len(body))
    return b"\r\n".join((*lines, b"", body))


async def test_set_guid_keeps_its_capitals_and_answers_are_compact(centre: CallCentre) -> None:
    app = build_app(elements={PREFIX: build_gateway_app(centre.gateway)})
    async with serve(app) as address:
        answer = await talk(address, request("PUT", "/onlineagent/101/", BODY, b"Content-Type: text/plain"))
        head, _, body = answer.partition(b"\r\n\r\n")
        found = re.search(rb"\r\nSet-GUID: JSESSIONID=([0-9a-f-]{36}\.AgentGateway0)\r\n", head)
        assert found is not None, head
        guid = found[1]
        assert b"\r\nContent-Type: application/json;charset=UTF-8\r\n" in head
        assert body.startswith(b'{"message":"","retcode":"0","result":{"vdnid":1,"workno":"101","mediatype":"TFF",')
        with_guid = b"guid: " + guid
        polled = [await talk(address, request("GET", "/agentevent/101?calldata=", b"", with_guid)) for _ in range(3)]
        bodies = [answer.partition(b"\r\n\r\n")[2] for answer in polled]
        shape = rb'\{"message":"","retcode":"0","event":\{"eventType":"%s","eventGenTime":\d{13},"workNo":"101",'
        assert re.fullmatch(shape % b"AgentOther_InService" + rb'"content":null\}\}', bodies[0])
        assert re.fullmatch(shape % b"AgentState_Ready" + rb'"content":null\}\}', bodies[1])
        assert bodies[2] == b'{"message":"","retcode":"0"}'
        wrong = await talk(address, request("GET", "/agentevent/101", b"", b"Guid: x"))
        assert wrong.startswith(b"HTTP/1.1 200 OK\r\n")
        assert wrong.endswith(b'{"message":"no right to call this interface","retcode":"000-003","result":{}}')


SENT = [
    (b"null", b"Content-Type: application/json"),
    (b"", b"Content-Type: text/plain"),
    (b'{"callid":"x","more":[1,2]}', b"Content-Type: application/json; charset=UTF-8"),
    (b'"text"', b"Content-Type: application/x-www-form-urlencoded"),
    (b"not json", b"Accept: application/json"),
    (b"\xff\xfe\x00", b"Cookie: JSESSIONID=1; Path=/"),
]


async def test_operations_without_body_take_any_body(centre: CallCentre, clients: Clients) -> None:
    agent = clients(101)
    await agent.sign_in()
    for content, _ in SENT:
        assert (await agent.send("POST", "/onlineagent/{a}/sayfree", content=content)).json()["retcode"] == "0"
        assert (await agent.send("DELETE", "/voicecall/{a}/release", content=content)).json()["retcode"] == "200-017"
        assert (await agent.send("GET", "/onlineagent/{a}/agentstatus/", content=content)).json()["retcode"] == "0"


async def test_iso_8859_1_bodies_are_understood(centre: CallCentre, clients: Clients) -> None:
    agent = clients(101)
    await agent.sign_in()
    contact = await centre.call_in()
    await agent.events()
    data = f'{{"callid":"{contact}","calldata":"caf\u00e9"}}'
    await agent.send("PUT", "/calldata/{a}/setcalldataex", content=data.encode("iso-8859-1"))
    assert await agent.ok("GET", "/calldata/{a}/appdata") == "caf\u00e9"


async def test_unknown_paths_and_methods(clients: Clients) -> None:
    agent = clients(101)
    await agent.sign_in()
    assert (await agent.send("GET", "/onlineagent/{a}/nothing")).status_code == 404
    assert (await agent.send("GET", "/")).status_code == 404
    wrong = await agent.send("GET", "/onlineagent/{a}/saybusy")
    assert (wrong.status_code, wrong.headers["allow"]) == (405, "POST")
    assert (await agent.send("GET", "/onlineagent/0101/agentstatus")).json()["retcode"] == "000-002"
    assert (await agent.send("GET", "/onlineagent/zoe/agentstatus")).json()["retcode"] == "000-002"


HOSTILE = [
    b"[" * 20_000,
    b'{"called":' * 3_000,
    b'{"called":"\\ud800"}',
    b'{"called":1e999}',
    b'{"called":{"a":1}}',
    b'{"called":"1","skillid":' + b"9" * 5_000 + b"}",
    b'{"called":"1","skillid":NaN}',
    b'{"called":"1","callappdata":7,"mediaability":"2.5"}',
    b"\x00" * 100,
    b"\xef\xbb\xbf[]",
    b"a=b&c=d",
]


async def test_hostile_bodies_get_the_documented_code(clients: Clients) -> None:
    agent = clients(101)
    await agent.sign_in()
    for content in HOSTILE:
        response = await agent.send("PUT", "/voicecall/{a}/callout", content=content)
        assert (response.status_code, response.json()["retcode"]) == (200, "000-002"), content[:40]
        for path in ("/onlineagent/{a}", "/onlineagent/{a}/forcelogin"):
            assert (await agent.send("PUT", path, content=content)).json()["retcode"] == "100-001"
    for path in ("/calldata/{a}?calldata=%ff%00&callid=%f0", "/voicecall/{a}/dropcall/%00%ff%2f", "/onlineagent/%ff"):
        assert (await agent.send("PUT", path)).status_code in (200, 405)
    large = await agent.send("PUT", "/voicecall/{a}/callout", content=b"x" * 70_000)
    assert (large.status_code, large.json()["retcode"]) == (413, "000-002")


async def test_chunked_body_over_the_limit_is_refused(centre: CallCentre) -> None:
    app = build_app(elements={PREFIX: build_gateway_app(centre.gateway)})
    async with serve(app) as address:
        chunk = b"10000\r\n" + b"x" * 65_536 + b"\r\n"
        data = request("PUT", "/onlineagent/101", b"", b"Transfer-Encoding: chunked") + chunk + b"1\r\nx\r\n0\r\n\r\n"
        assert (await talk(address, data)).startswith(b"HTTP/1.1 413 ")


async def test_no_input_gives_a_server_error(clients: Clients) -> None:
    agent = clients(101)
    await agent.sign_in("/onlineagent/{a}/forcelogin")
    dice = random.Random(7)
    values: list[object] = [
        None,
        "",
        "0",
        -1,
        2**70,
        1.5,
        True,
        "\x00",
        "\u202e" * 30,
        [],
        {},
        [{}],
        "9" * 400,
        "a=b&c",
    ]
    for operation in TABLE.operations:
        if "out" in operation.name.lower() and operation.group == "sign_out":
            continue
        fields = [*(operation.body or operation.query or CallQuery).model_fields, "callBackUri", "skillId", "x"]
        for _ in range(8):
            path = re.sub(r"\{agentid:agent\}", "{a}", operation.path)
            path = re.sub(
                r"\{\w+:?\w*\}(?!\})",
                lambda _: quote(str(dice.choice(values)), safe="") or "%20",
                path.replace("{a}", "@"),
            ).replace("@", "{a}")
            chosen = {name: dice.choice(values) for name in dice.sample(fields, k=min(3, len(fields)))}
            query = urlencode({name: str(value) for name, value in chosen.items()})
            body = json.dumps(chosen).encode() if dice.random() < 0.7 else dice.randbytes(40)
            response = await agent.send(operation.methods[0], f"{path}?{query}", content=body)
            assert response.status_code in (200, 404), (operation.name, path, response.status_code)
            answer = response.json()
            assert answer["message"] != "internal error", (operation.name, path, query, body)
            if operation.group == "sign_in" and answer["retcode"] == "0":
                raise AssertionError("signed in with garbage")
