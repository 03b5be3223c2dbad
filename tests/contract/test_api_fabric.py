"""API Fabric, base: tokens as documented and their refusals, agent information, brakes, and no 5xx for any input."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import AsyncIterator
from typing import Any

import httpx
import msgspec
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from fakes.call_centre import CallCentre
from fakes.fabric import APP, Host, fabric_elements, token
from fakes.web_server import serve
from opencec.httpkit.application import build_app
from opencec.httpkit.fabric_access import FabricTokens

pytestmark = pytest.mark.contract

TOKEN = "/apigovernance/api/oauth/tokenByAkSk"
INFO = "/apiaccess/CC-Mangemant/v1/queryAgentInfo"
SYS = "/apiaccess/CC-Mangemant/v1/querySysInfo"
ACCOUNT = "/apiaccess/rest/CC-Management/v1/queryAgentInfoByAccount"
REFUSED = {
    "errorCode": "0",
    "exceptionInfo": "auth fail! illegal or expired token info. please apply or refresh the access token from the"
    " server!",
}


@pytest.fixture
def host(centre: CallCentre) -> Host:
    return Host(centre)


@pytest.fixture
async def client(centre: CallCentre, host: Host) -> AsyncIterator[httpx.AsyncClient]:
    async with (
        serve(build_app(elements=fabric_elements(centre, host))) as (name, port),
        httpx.AsyncClient(base_url=f"http://{name}:{port}") as client,
    ):
        yield client


async def test_a_token_is_answered_in_the_documented_spelling_all_strings(client: httpx.AsyncClient) -> None:
    answer = await client.post(TOKEN, json=APP, headers={"X-Token-Expire": "900"})
    body = answer.json()
    assert answer.status_code == 200
    assert list(body) == ["AccessToken", "ApplyType", "CreateTime", "Expires", "Scope", "AppKey", "UserID"]
    assert all(isinstance(value, str) for value in body.values())
    assert re.fullmatch(r"[0-9a-f]{32}", body["AccessToken"])
    assert re.fullmatch(r"\d{10}", body["CreateTime"])
    assert len(body["Scope"]) == 32
    assert (body["ApplyType"], body["Expires"], body["AppKey"], body["UserID"]) == (
        "Bearer",
        "900",
        APP["app_key"],
        "Anonymous",
    )


@pytest.mark.parametrize(
    ("asked", "status", "life"),
    [("", 200, "600"), ("99999", 200, "3600"), ("0", 400, ""), ("-5", 400, ""), ("soon", 400, ""), ("²", 400, "")],
)
async def test_the_life_that_is_asked_for(client: httpx.AsyncClient, asked: str, status: int, life: str) -> None:
    answer = await client.post(TOKEN, json=APP, headers=[(b"X-Token-Expire", asked.encode("latin-1"))])
    assert (answer.status_code, answer.json().get("Expires", "")) == (status, life)


@pytest.mark.parametrize("body", [{}, {"app_key": APP["app_key"]}, [], {"app_key": "", "app_secret": "x"}])
async def test_a_body_without_key_and_secret_is_400(client: httpx.AsyncClient, body: Any) -> None:
    answer = await client.post(TOKEN, json=body)
    assert (answer.status_code, set(answer.json())) == (400, {"errorCode", "exceptionInfo"})


async def test_wrong_secrets_lock_the_app_at_that_address(client: httpx.AsyncClient) -> None:
    wrong = APP | {"app_secret": "guess"}
    answers = [await client.post(TOKEN, json=wrong) for _ in range(6)]
    assert [a.status_code for a in answers[:5]] == [403] * 5
    unknown = await client.post(TOKEN, json=wrong | {"app_key": "nobody"})
    assert unknown.json() == answers[0].json(), "a stranger does not learn which keys exist"
    assert answers[5].status_code == 429
    right = await client.post(TOKEN, json=APP)
    assert (right.status_code, int(right.headers["retry-after"]) > 0) == (429, True)


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Authorization": "Bearer"},
        {"Authorization": "Bearer 5f0c2e91a7d34b6689e1b0c4d2f7a913"},
        {"Authorization": "Basic abc"},
        {"Authorization": "Bearer \xff"},
    ],
)
async def test_without_a_good_token_the_documented_refusal(client: httpx.AsyncClient, headers: dict[str, str]) -> None:
    answer = await client.get(INFO, headers=[(k.encode(), v.encode("latin-1")) for k, v in headers.items()])
    assert (answer.status_code, answer.json()) == (403, REFUSED)


async def test_a_token_ends_with_its_life_and_with_its_secret_but_not_with_the_process(
    centre: CallCentre, host: Host, client: httpx.AsyncClient
) -> None:
    good = await token(client)
    async with (
        serve(build_app(elements=fabric_elements(centre, host))) as (name, port),
        httpx.AsyncClient(base_url=f"http://{name}:{port}") as restarted,
    ):
        assert (await restarted.get(INFO, headers=good)).status_code == 200
    foreign = fabric_elements(centre, host, secret=b"of another node")
    async with (
        serve(build_app(elements=foreign)) as (name, port),
        httpx.AsyncClient(base_url=f"http://{name}:{port}") as other,
    ):
        assert (await other.get(INFO, headers=good)).status_code == 403
    host.secret = "another secret"
    assert (await client.get(INFO, headers=good)).status_code == 403


async def test_an_expired_token_is_refused(host: Host, centre: CallCentre) -> None:
    tokens, (app,) = FabricTokens(b"x", host), host.apps()
    text = tokens.issue(app, now=1_000_000, life_s=600)
    assert tokens.read(text, ak="", now=1_599_999) == app
    assert tokens.read(text, ak="", now=1_600_000) is None
    assert tokens.read(text, ak="another", now=1_000_001) is None
    for at in range(32):  # no digit of it may be changed, the end of life least of all
        forged = text[:at] + f"{int(text[at], 16) ^ 1:x}" + text[at + 1 :]
        assert tokens.read(forged, ak="", now=1_000_001) is None


async def test_the_key_header_is_optional_and_must_be_the_tokens(client: httpx.AsyncClient) -> None:
    good = await token(client)
    assert (await client.get(INFO, headers={"authorization": good["Authorization"]})).status_code == 200
    assert (await client.get(INFO, headers=good | {"X-APP-Key": "another"})).json() == REFUSED


async def test_softphone_data_of_all_agents(client: httpx.AsyncClient) -> None:
    answer = await client.get(INFO, headers=await token(client))
    assert answer.json() == {
        "sipServicePort": 5060,
        "sipServiceIp": "192.0.2.5",
        "agents": [
            {"workNo": 101, "sipAccount": "7101", "sipPwd": "sip-101", "accountCode": "ada"},
            {"workNo": 102, "sipAccount": "7102", "sipPwd": "sip-102"},
            {"workNo": 120},
        ],
    }


async def test_system_data_tells_passwords_only_when_the_tenant_allows_it(
    client: httpx.AsyncClient, host: Host
) -> None:
    good = await token(client)
    body = (await client.get(SYS, headers=good)).json()
    assert (body["serviceIp"], body["servicePort"], body["sipServicePort"]) == ("192.0.2.6", "8080", "5060")
    assert body["agents"][0] == {
        "workNo": 101,
        "agentType": 99,
        "ccRoleId": 2,
        "id": "101",
        "agentStatus": "0",
        "createInCtiFlag": 1,
        "tenantId": "202600000001",
        "sipAccount": "7101",
        "accountId": "101",
        "accountCode": "ada",
        "accountName": "Ada",
        "selfPhone": "7101",
    }
    assert "sip-101" not in json.dumps(body)
    assert [agent["ccRoleId"] for agent in body["agents"]] == [2, 2, 3]
    host.tenant = msgspec.structs.replace(
        host.tenant, info=msgspec.structs.replace(host.tenant.info, shows_sip_secrets=True)
    )
    body = (await client.get(SYS, headers=good)).json()
    assert (body["agents"][0]["sipPwd"], "password" in body["agents"][0]) == ("sip-101", False)


async def test_the_agent_of_a_business_account(client: httpx.AsyncClient) -> None:
    good = await token(client)
    found = await client.post(ACCOUNT, json={"accountCode": "ada"}, headers=good)
    assert found.json() == {
        "returnCode": "0",
        "description": "success",
        "data": {"workNo": 101, "agentType": 99, "agentStatus": "0"},
    }
    for account in ("nobody", "gone"):
        missing = (await client.post(ACCOUNT, json={"accountCode": account}, headers=good)).json()
        assert (missing["returnCode"], missing["data"]) == ("1", {"workNo": ""})
    assert (await client.post(ACCOUNT, json={}, headers=good)).status_code == 400


async def test_one_app_cannot_ask_without_end(client: httpx.AsyncClient) -> None:
    good = await token(client)
    answers = [await client.get(INFO, headers=good) for _ in range(100)]
    assert {answer.status_code for answer in answers} == {200}
    for _ in range(400):  # ten a second are let through, so a slow machine needs more of them
        answer = await client.get(INFO, headers=good)
        if answer.status_code != 200:
            break
    assert (answer.status_code, set(answer.json())) == (429, {"errorCode", "exceptionInfo"})


async def test_the_right_spelling_of_the_path_does_not_exist(client: httpx.AsyncClient) -> None:
    answer = await client.get("/apiaccess/CC-Management/v1/queryAgentInfo", headers=await token(client))
    assert answer.status_code == 404


FIELDS = st.dictionaries(
    st.sampled_from(["app_key", "app_secret", "accountCode", "username", "password"]),
    st.none() | st.booleans() | st.integers() | st.text(max_size=80) | st.lists(st.integers(), max_size=2),
)
REQUESTS = st.tuples(
    st.sampled_from(["GET", "POST", "PUT", "DELETE"]),
    st.sampled_from([TOKEN, ACCOUNT, INFO, SYS]),
    FIELDS.map(lambda fields: json.dumps(fields).encode()) | st.binary(max_size=20),
    st.text(alphabet=st.characters(min_codepoint=33, max_codepoint=126), max_size=12),
)


def test_no_input_makes_a_server_error() -> None:
    @settings(max_examples=20, deadline=None, derandomize=True, database=None, phases=(Phase.generate,))
    @given(st.lists(REQUESTS, min_size=5, max_size=12))
    def look(sent: list[tuple[str, str, bytes, str]]) -> None:
        asyncio.run(_send(sent))

    look()


async def _send(sent: list[tuple[str, str, bytes, str]]) -> None:
    async with CallCentre.open() as centre:
        transport = httpx.ASGITransport(app=build_app(elements=fabric_elements(centre, Host(centre))))
        async with httpx.AsyncClient(transport=transport, base_url="http://fabric") as client:
            good = await token(client)
            for method, path, content, life in sent:
                headers = good | {"X-Token-Expire": life}
                answer = await client.request(method, path, content=content, headers=headers)
                assert answer.status_code < 500, (method, path, content, answer.text)
