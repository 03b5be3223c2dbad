"""Quirks of clients in the field, one test for each (cc-gateway.md 1, 2, 3.1, 5.1.1)."""

from __future__ import annotations

import json
import re

import pytest

from fakes.call_centre import PASSWORD, CallCentre
from fakes.gateway_client import Clients, GatewayClient
from opencec.elements.cc_gateway import PREFIX, TABLE

pytestmark = pytest.mark.contract

SIGN_IN_FORMS = ("", "/forcelogin", "/loginex", "/forceloginex", "/forceloginexwithoutphone")


async def code_of(
    agent: GatewayClient, method: str, path: str, content: bytes = b"", **headers: str
) -> tuple[int, str]:
    """Status and result code of a request as it is."""
    sent = {"Guid": agent.guid, **{name.replace("_", "-"): value for name, value in headers.items()}}
    response = await agent.http.request(
        method, PREFIX + path.replace("{a}", str(agent.agent)), content=content, headers=sent
    )
    return response.status_code, response.json()["retcode"]


async def test_numbers_and_booleans_come_as_text(clients: Clients) -> None:
    agent = clients(101)
    await agent.sign_in(status="3", agenttype="4", releasephone="false", autoanswer="True", autoenteridle="FALSE")
    me = await agent.ok("GET", "/onlineagent/{a}/logininfo")
    assert (me["status"], me["autoanswer"], me["autoenteridle"], me["releasephone"]) == (3, True, False, False)


async def test_typed_clients_send_every_field_null_or_zero(clients: Clients) -> None:
    agent = clients(101)
    await agent.sign_in(
        ip=None, entryIp=None, vcPhoneNumber=None, callBackUri=None, serviceToken=None, pushUrl=None, releasephone=None,
        listenStatus=None, phonelinkage=None, checkInWebm=None, checkInMailm=None,
    )  # fmt: skip
    body = {"called": "15550199", "caller": None, "skillid": 0, "callappdata": None, "callcontrolid": 0}
    assert re.fullmatch(r"\d+-\d+", await agent.ok("PUT", "/voicecall/{a}/callout", body))


async def test_smallest_sign_in_has_password_and_phone(clients: Clients) -> None:
    agent = clients(101)
    answer = await agent.send("PUT", "/onlineagent/{a}", {"password": PASSWORD, "phonenum": "7101"})
    assert answer.json()["retcode"] == "0"


async def test_no_body_with_text_plain_on_every_method(clients: Clients) -> None:
    agent = clients(101)
    await agent.sign_in()
    for method, path, code in (
        ("POST", "/onlineagent/{a}/saybusy", "0"),
        ("GET", "/onlineagent/{a}/agentstatus", "0"),
        ("PUT", "/voicecall/{a}/answer", "200-002"),
        ("DELETE", "/voicecall/{a}/release", "200-017"),
    ):
        assert await code_of(agent, method, path, Content_Type="text/plain") == (200, code)


async def test_null_is_no_body_on_every_operation(clients: Clients) -> None:
    """Nothing, `null`, blanks and `{}` mean the same to every operation that asks for no field."""
    agent = clients(101)
    await agent.sign_in()
    differing = []
    for operation in TABLE.operations:
        if operation.group in ("sign_in", "sign_out") or operation.name in ("getAgentEvent", "getAllAgentEvent"):
            continue
        path = operation.path.replace("{agentid:agent}", "{a}")
        path = re.sub(r"\{\w+:?\w*\}(?=/|$)", "1", path.replace("{a}", "@")).replace("@", "{a}")
        bodies = (b"null", b"  null ", b"{}")
        codes = [(await code_of(agent, operation.methods[0], path, body))[1] for body in bodies]
        if len(set(codes)) > 1 and operation.name not in _THAT_CHANGE_WHEN_REPEATED:
            differing.append((operation.name, codes))
    assert differing == []


_THAT_CHANGE_WHEN_REPEATED = {
    "modifyAccountPwd",
    "modifyAccountPwdEx",
    "sayBusy",
    "cancelBusy",
    "rest",
    "cancelRest",
    "sayWork",
    "cancelWork",
}


async def test_body_repeats_the_path(clients: Clients) -> None:
    agent = clients(101)
    await agent.sign_in()
    body = b'{"callid":"1700000000-9","agentid":"999"}'
    assert await code_of(agent, "POST", "/voicecall/{a}/dropcall/1700000000-9", body) == (200, "200-026")


async def test_json_on_delete_and_get(clients: Clients) -> None:
    agent = clients(101)
    await agent.sign_in()
    assert await code_of(agent, "GET", "/onlineagent/{a}/agentstatus", b'{"confid":1}') == (200, "0")
    assert await code_of(agent, "DELETE", "/onlineagent/{a}/logout", b'{"confid":1}') == (200, "0")


async def test_body_in_iso_8859_1(centre: CallCentre, clients: Clients) -> None:
    agent = clients(101)
    await agent.sign_in()
    await centre.call_in()
    await agent.events()
    content = '{"calldata":"Gr\u00fc\u00dfe ?"}'.encode("iso-8859-1")
    declared = {"Content_Type": "application/json; charset=UTF-8"}
    assert await code_of(agent, "POST", "/calldata/{a}/setcalldataex", content, **declared) == (200, "0")
    assert await agent.ok("GET", "/calldata/{a}/appdata") == "Gr\u00fc\u00dfe ?"


async def test_booleans_with_capitals_in_path_and_query(clients: Clients) -> None:
    agent = clients(101)
    await agent.sign_in()
    for method, path in (
        ("POST", "/onlineagent/{a}/autoenteridle/True"),
        ("POST", "/onlineagent/{a}/autoanswer/False"),
        ("POST", "/onlineagent/{a}/resetskill/TRUE"),
        ("GET", "/calldata/{a}/callinfo?isNoContainLastCall=False"),
        ("POST", "/onlineagent/{a}/saybusy?reason=200&prolong=True"),
    ):
        assert await code_of(agent, method, path) == (200, "0"), path


async def test_unknown_query_parameters_on_any_address(clients: Clients) -> None:
    agent = clients(101)
    await agent.sign_in()
    for path in ("/onlineagent/{a}/agentstatus", "/agentgroup/{a}/idleagent", "/queuedevice/{a}/vdnskill/1"):
        assert await code_of(agent, "GET", f"{path}?resteasy_jsapi_anti_cache=1700000000000&time=1&x=%zz") == (200, "0")


async def test_trailing_slash_is_answered_not_redirected(clients: Clients) -> None:
    agent = clients(101)
    await agent.sign_in()
    for path in ("/agentgroup/{a}/iscensor/", "/onlineagent/{a}/agentstatus/", "/agentevent/{a}/"):
        assert await code_of(agent, "GET", path) == (200, "0")


@pytest.mark.parametrize("name", ["skillid", "skillId"])
async def test_both_spellings_of_skillid(clients: Clients, name: str) -> None:
    agent = clients(101)
    await agent.sign_in()
    assert await code_of(agent, "POST", f"/onlineagent/{{a}}/resetskill/false?{name}=2") == (200, "0")
    (served,) = await agent.ok("GET", "/queuedevice/{a}/waitnumbyagent")
    assert served["id"] == 2


async def test_both_methods_where_clients_differ(clients: Clients) -> None:
    agent = clients(101)
    await agent.sign_in()
    for path, methods in (
        ("/voicecall/{a}/release", ("DELETE", "POST")),
        ("/voicecall/{a}/phonehangup", ("PUT", "POST")),
        ("/calldata/{a}/setcalldataex", ("PUT", "POST")),
    ):
        codes = {await code_of(agent, method, path, b"null") for method in methods}
        assert len(codes) == 1, path
        assert codes.pop()[0] == 200


async def test_failures_are_http_200_with_message_retcode_result_in_order(clients: Clients) -> None:
    agent = clients(101)
    response = await agent.send("GET", "/onlineagent/{a}/agentstatus")
    assert response.status_code == 200
    assert response.content == b'{"message":"no right to call this interface","retcode":"000-003","result":{}}'
    assert response.headers["content-type"] == "application/json;charset=UTF-8"


@pytest.mark.parametrize("form", SIGN_IN_FORMS)
async def test_every_form_of_sign_in_sets_the_guid(clients: Clients, form: str) -> None:
    agent = clients(101)
    body = {"password": PASSWORD, "phonenum": "7101"}
    response = await agent.send("PUT", f"/onlineagent/{{a}}{form}", body)
    value = response.headers["Set-GUID"]
    assert re.fullmatch(r"JSESSIONID=[A-Za-z0-9.-]+", value), "clients delete : and =, and take all behind the first ="
    assert response.headers["Guid"] == value.split("=")[1]


async def test_guid_header_in_any_case_and_cookies_are_ignored(clients: Clients) -> None:
    agent = clients(101)
    await agent.sign_in()
    url = f"{PREFIX}/onlineagent/101/agentstatus"
    for name in ("guid", "GUID", "gUID"):
        headers = {name: agent.guid, "Cookie": "JSESSIONID=somebody.else; Path=/; Secure"}
        assert (await agent.http.get(url, headers=headers)).json()["retcode"] == "0"
    cookie = {"Cookie": f"JSESSIONID={agent.guid}"}
    assert (await agent.http.get(url, headers=cookie)).json()["retcode"] == "000-003"


async def test_work_numbers_from_one_to_six_digits(clients: Clients) -> None:
    agent = clients(101)
    await agent.sign_in()
    for number, code in (("1", "300-002"), ("999999", "300-002"), ("1000000", "000-002"), ("0", "000-002")):
        assert await code_of(agent, "GET", f"/agentgroup/{{a}}/agentbyworkno/{number}") == (200, code)


async def test_ids_of_others_are_ids_of_nobody(clients: Clients) -> None:
    """Another tenant's agents, queues, calls and VDN are answered as unknown ones."""
    agent = clients(101)
    await agent.sign_in()
    for method, path, code in (
        ("GET", "/agentgroup/{a}/agentbyworkno/2001", "300-002"),
        ("GET", "/queuedevice/{a}/vdnskill/2", "600-002"),
        ("GET", "/queuedevice/{a}/skillwaitnum/4000", "000-002"),
        ("GET", "/calldata/{a}/callinfobycallid/1700000000-77", "000-002"),
        ("POST", "/voicecall/{a}/dropcall/1700000000-77", "200-026"),
    ):
        assert await code_of(agent, method, path) == (200, code)


async def test_values_that_are_too_long(clients: Clients) -> None:
    agent = clients(101)
    await agent.sign_in()
    long, good = "9" * 600, {"password": PASSWORD, "phonenum": "7101"}
    for method, path, body, code in (
        ("PUT", "/voicecall/{a}/callout", {"called": long}, "000-002"),
        ("POST", "/onlineagent/{a}/resetskill/false?skillid=" + "1;" * 60, None, "000-002"),
        ("PUT", "/onlineagent/{a}", {"password": long, "phonenum": "7101"}, "100-001"),
        (
            "PUT",
            "/onlineagent/{a}",
            {**good, "pushUrl": f"https://x/{long}"},
            "100-001",
        ),
        ("POST", f"/voicecall/{{a}}/dropcall/{long}", None, "000-002"),
    ):
        content = json.dumps(body).encode() if body is not None else b""
        assert await code_of(agent, method, path, content) == (200, code), path[:60]


@pytest.mark.parametrize("content", [b"{", b'{"called":', b"[1,2", b"{'called':'1'}", b'{"called":"1"}x', b"\xff\xfe"])
async def test_malformed_json(clients: Clients, content: bytes) -> None:
    agent = clients(101)
    await agent.sign_in()
    assert await code_of(agent, "PUT", "/voicecall/{a}/callout", content) == (200, "000-002")
    assert await code_of(agent, "PUT", "/onlineagent/{a}", content) == (200, "100-001")
