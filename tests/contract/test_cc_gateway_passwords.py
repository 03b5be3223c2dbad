"""Changing passwords, signing in by account, forced change, locks over restarts."""

from __future__ import annotations

import asyncio

import msgspec
import pytest

from fakes.call_centre import PASSWORD, CallCentre
from fakes.gateway_client import Clients, gateway_clients
from fakes.journal import MemoryJournal
from opencec.ports.configuration import AgentPasswordConfig

pytestmark = pytest.mark.contract

PATH = "/onlineagent/{a}/modifyaccountpwdex"
REFUSED = [
    ("", "New-pass-1", "110-003"),
    (PASSWORD, PASSWORD, "110-017"),
    (PASSWORD, "Short-1", "110-020"),
    (PASSWORD, "A-1" + "x" * 30, "110-020"),
    (PASSWORD, "onlysmall", "110-019"),
    (PASSWORD, "12345678", "110-019"),
    (PASSWORD, "agent 101", "110-018"),
    (PASSWORD, "101 TNEGA", "110-018"),
]


async def test_password_rules(clients: Clients) -> None:
    agent = clients(101)
    await agent.sign_in()
    for old, new, code in REFUSED:
        assert (await agent.call("POST", PATH, {"oldPassword": old, "newPassword": new}))[0] == code, new
    assert (await agent.call("POST", PATH))[0] == "110-003"
    await agent.sign_in("/onlineagent/{a}/forcelogin")


async def test_changed_password_is_the_one_that_signs_in_and_the_last_three_do_not_come_back(
    centre: CallCentre, clients: Clients
) -> None:
    agent = clients(101)
    await agent.sign_in()
    await agent.ok("POST", PATH, {"oldPassword": PASSWORD, "newPassword": "Second-1"})
    await agent.ok("POST", "/onlineagent/{a}/modifyaccountpwd?oldpassword=Second-1&newpassword=Third-%231x")
    assert (await agent.call("POST", PATH, {"oldPassword": "Third-#1x", "newPassword": "Second-1"}))[0] == "110-019"
    centre.port.reload_passwords()
    wrong = await clients(101).send("PUT", "/onlineagent/{a}", {"password": PASSWORD, "phonenum": "7101"})
    assert wrong.json()["retcode"] == "100-004"
    await clients(101).sign_in("/onlineagent/{a}/forcelogin", password="Third-#1x")
    assert centre.port.store is not None
    assert centre.port.store.hashes["101"] == "plain:Third-#1x"
    assert centre.port.store.rows["101"].history[0] == "plain:Second-1"


async def test_guessing_the_old_password_locks(clients: Clients) -> None:
    agent = clients(101)
    await agent.sign_in()
    bad = {"oldPassword": "guess", "newPassword": "Another-1"}
    codes = [(await agent.call("POST", PATH, bad))[0] for _ in range(7)]
    assert codes == ["110-003"] * 5 + ["110-021"] * 2


async def test_lock_survives_a_restart() -> None:
    journal = MemoryJournal()
    body = {"password": "guess", "phonenum": "7101"}
    async with CallCentre.open(journal) as centre, gateway_clients(centre) as clients:
        for _ in range(6):
            await clients(101).send("PUT", "/onlineagent/{a}", body)
    good = {"password": PASSWORD, "phonenum": "7101"}
    async with CallCentre.open(journal) as centre, gateway_clients(centre) as clients:
        assert (await clients(101).send("PUT", "/onlineagent/{a}", good)).json()["retcode"] == "110-016"
        await clients(102).sign_in()


async def test_forced_change_takes_no_calls_until_then(centre: CallCentre, clients: Clients) -> None:
    port = centre.port
    assert port.passwords.agent_of("a101") == 101
    assert port.store is not None
    port.store.rows["101"] = AgentPasswordConfig(workno="101", must_change=True, changed_at=1)
    port.reload_passwords()
    agent = clients(101)
    response = await agent.send("PUT", "/onlineagent/{a}", {"password": PASSWORD, "phonenum": "7101"})
    assert response.json()["result"]["isForceChange"] == "true"
    agent.guid = response.headers["Set-GUID"].partition("=")[2]
    assert (await agent.ok("GET", "/onlineagent/{a}/agentstatus"))["agentState"] == 3
    for path in ("/onlineagent/{a}/resetskill/true", "/onlineagent/{a}/sayfree", "/onlineagent/{a}/cancelbusy"):
        assert (await agent.call("POST", path))[0] == "100-009"
    await agent.ok("POST", PATH, {"oldPassword": PASSWORD, "newPassword": "My-own-1"})
    await agent.ok("POST", "/onlineagent/{a}/resetskill/true")
    await agent.ok("POST", "/onlineagent/{a}/sayfree")


async def test_days_until_the_password_ends(centre: CallCentre, clients: Clients) -> None:
    port = centre.port
    assert port.passwords
    assert port.store is not None
    now = port.now()
    for workno, days in (("101", 3), ("102", 40)):
        port.store.rows[workno] = AgentPasswordConfig(workno=workno, changed_at=now - days * 86_400_000)
    port.password_days = 30
    port.reload_passwords()
    first = await clients(101).send("PUT", "/onlineagent/{a}", {"password": PASSWORD, "phonenum": "7101"})
    second = await clients(102).send("PUT", "/onlineagent/{a}", {"password": PASSWORD, "phonenum": "7102"})
    told = [(r.json()["result"]["isForceChange"], r.json()["result"]["timeRemaining"]) for r in (first, second)]
    assert told == [("false", "27"), ("true", "0")]


async def test_sign_in_by_account(clients: Clients) -> None:
    agent = clients(101)
    path = "/onlineagent/loginbyaccount"
    body = {"account": "a101", "password": PASSWORD, "autoanswer": "false", "status": 4, "checkInWebm": False}
    answer = await agent.send("PUT", path, body)
    result = answer.json()["result"]
    assert (result["workno"], result["phoneNum"], result["isForceChange"]) == ("101", "7101", "false")
    agent.guid = answer.headers["Set-GUID"].partition("=")[2]
    assert await agent.events() == ["AgentOther_InService", "AgentState_Ready"]
    assert (await agent.send("PUT", path, body)).json()["retcode"] == "100-002"
    codes = [(await agent.send("PUT", path, {**body, "password": "no"})).json()["retcode"] for _ in range(6)]
    assert codes == ["100-062"] * 5 + ["100-061"]
    assert (await agent.send("PUT", path, {**body, "account": "nobody"})).json()["retcode"] == "100-062"
    assert (await agent.send("PUT", path)).json()["retcode"] == "100-062"


async def test_forced_sign_in_without_phone_uses_the_configured_one(clients: Clients) -> None:
    agent = clients(101)
    await agent.sign_in()
    await agent.sign_in("/onlineagent/{a}/forceloginexwithoutphone", phonenum="9999")
    me = await agent.ok("GET", "/onlineagent/{a}/logininfo")
    assert (me["phonenum"], me["workno"], me["status"]) == ("7101", "101", 4)


async def test_all_agents_events_are_for_those_who_may_watch(centre: CallCentre, clients: Clients) -> None:
    agent, inspector = clients(101), clients(120)
    await agent.sign_in()
    path = "/agentevent/allagentevent"
    assert (await agent.send("GET", path)).json()["retcode"] == "300-001"
    response = await inspector.send("PUT", "/onlineagent/{a}/loginex", {"password": PASSWORD})
    inspector.guid = response.headers["Set-GUID"].partition("=")[2]
    assert (await inspector.send("GET", path)).content == b'{"message":"","retcode":"0"}'
    waiting = asyncio.ensure_future(inspector.send("GET", path))
    await asyncio.sleep(0.02)
    await agent.ok("POST", "/onlineagent/{a}/saybusy?reason=200")
    events = (await waiting).json()["event"]
    assert [(event["eventType"], event["workNo"], event["content"]) for event in events] == [
        ("AgentState_SetNotReady_Success", "101", {"reason": "200"})
    ]
    assert await agent.events() == ["AgentOther_InService", "AgentState_Ready", "AgentState_SetNotReady_Success"]


def test_history_never_shows() -> None:
    row = AgentPasswordConfig(workno="1", history=("plain:secret",))
    assert "secret" not in repr(row)
    assert msgspec.structs.asdict(row)["history"] == ("plain:secret",)
