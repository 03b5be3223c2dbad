"""Signing in and out, GUIDs, polling, and what survives a restart of control."""

from __future__ import annotations

import asyncio

import pytest

from fakes.call_centre import PASSWORD, CallCentre
from fakes.gateway_client import Clients, gateway_clients
from fakes.journal import MemoryJournal
from opencec.services.feed import FeedLimits

pytestmark = pytest.mark.contract

GOOD = {"password": PASSWORD, "phonenum": "7101"}
REFUSED = [
    ({}, "100-001"),
    ({"password": PASSWORD}, "100-001"),
    ({**GOOD, "password": "x" * 33}, "100-001"),
    ({**GOOD, "status": 6}, "100-001"),
    ({**GOOD, "status": "idle"}, "100-001"),
    ({**GOOD, "autoanswer": "perhaps"}, "100-001"),
    ({**GOOD, "agenttype": 3}, "100-012"),
    ({**GOOD, "ip": "::1"}, "100-016"),
    ({**GOOD, "phonenum": "9999"}, "100-014"),
    ({**GOOD, "password": "wrong"}, "100-004"),
    ([GOOD], "100-001"),
]


async def test_refused_sign_ins(clients: Clients) -> None:
    agent = clients(101)
    for body, code in REFUSED:
        response = await agent.send("PUT", "/onlineagent/{a}", body)
        assert (response.status_code, response.json()["retcode"]) == (200, code), body
        assert "set-guid" not in response.headers
    unknown = await clients(4711).send("PUT", "/onlineagent/{a}", GOOD)
    assert unknown.json()["retcode"] == "100-004"


async def test_polling_rules_apply_when_push_is_not_complete(clients: Clients) -> None:
    await clients(101).sign_in(callBackUri="https://crm.example.com/", serviceToken=None, pushUrl="")


async def test_second_sign_in_needs_force_and_ends_the_first(clients: Clients) -> None:
    first, second = clients(101), clients(101)
    await first.sign_in()
    assert await first.events() == ["AgentOther_InService", "AgentState_Ready"]
    refused = await second.send("PUT", "/onlineagent/{a}", GOOD)
    assert refused.json()["retcode"] == "100-002"
    waiting = asyncio.ensure_future(first.poll())
    await asyncio.sleep(0.02)
    await second.sign_in("/onlineagent/{a}/forcelogin", releasephone="true")
    assert second.guid != first.guid
    last = await waiting
    assert last is not None
    assert last["eventType"] == "AgentOther_ShutdownService"
    assert last["content"]["loginTime"].isdigit()
    assert (await first.send("GET", "/agentevent/{a}")).json()["retcode"] == "100-006"
    assert (await first.call("POST", "/onlineagent/{a}/sayfree"))[0] == "100-006"
    assert await second.events() == ["AgentOther_InService", "AgentState_Ready"]


async def test_forced_sign_in_in_mid_call_learns_state_and_call(centre: CallCentre, clients: Clients) -> None:
    first, second = clients(101), clients(101)
    await first.sign_in()
    contact = await centre.call_in()
    await first.events()
    await second.sign_in("/onlineagent/{a}/forcelogin")
    assert await second.events() == ["AgentOther_InService", "AgentState_Busy", "AgentEvent_Talking"]
    assert second.last("AgentEvent_Talking")["callid"] == contact
    await second.ok("POST", "/voicecall/{a}/hold")
    assert await second.events() == ["AgentEvent_Hold"]


async def test_sign_out(centre: CallCentre, clients: Clients) -> None:
    agent = clients(101)
    await agent.sign_in()
    contact = await centre.call_in()
    await agent.events()
    assert (await agent.call("DELETE", "/onlineagent/{a}/logout"))[0] == "100-010"
    assert (await agent.call("DELETE", "/onlineagent/{a}/forcelogoutwithreason/0"))[0] == "100-005"
    await agent.ok("DELETE", "/onlineagent/{a}/forcelogoutwithreason/3")
    assert centre.runtime.core.contact(contact) is None
    assert (await agent.call("GET", "/onlineagent/{a}/agentstatus"))[0] == "100-006"
    await agent.sign_in()
    assert await agent.events() == ["AgentOther_InService", "AgentState_Ready"]
    waiting = asyncio.ensure_future(agent.send("GET", "/agentevent/{a}"))
    await asyncio.sleep(0.02)
    await agent.ok("DELETE", "/onlineagent/{a}/logout")
    assert (await waiting).json()["retcode"] == "100-006"


async def test_too_many_wrong_passwords_lock_the_account_for_this_source(clients: Clients) -> None:
    agent = clients(102)
    codes = []
    for _ in range(7):
        codes.append((await agent.send("PUT", "/onlineagent/{a}", {**GOOD, "password": "no"})).json()["retcode"])
    assert codes == ["100-004"] * 5 + ["110-016"] * 2
    assert (await agent.send("PUT", "/onlineagent/{a}", GOOD)).json()["retcode"] == "110-016"
    await clients(103).sign_in()


async def test_second_poll_ends_the_first_with_the_empty_answer(clients: Clients) -> None:
    agent = clients(101)
    await agent.sign_in()
    await agent.events()
    first = asyncio.ensure_future(agent.send("GET", "/agentevent/{a}"))
    await asyncio.sleep(0.02)
    second = asyncio.ensure_future(agent.send("GET", "/agentevent/{a}"))
    assert (await first).content == b'{"message":"","retcode":"0"}'
    await agent.ok("POST", "/onlineagent/{a}/saybusy")
    assert (await second).json()["event"]["eventType"] == "AgentState_SetNotReady_Success"


async def test_overloaded_tenant_answers_503_with_retry_after(centre: CallCentre, clients: Clients) -> None:
    agent = clients(101)
    await agent.sign_in()
    centre.port.is_overloaded = True
    response = await agent.send("POST", "/onlineagent/{a}/saybusy")
    assert (response.status_code, response.headers["retry-after"]) == (503, "1")
    assert response.json()["retcode"] == "100-007"


async def test_restart_of_control_keeps_guid_call_and_unconfirmed_events() -> None:
    journal = MemoryJournal()
    async with CallCentre.open(journal) as centre, gateway_clients(centre) as clients:
        agent, gone = clients(101), clients(102)
        await agent.sign_in()
        await gone.sign_in()
        await gone.ok("DELETE", "/onlineagent/{a}/logout")
        await agent.events()
        contact = await centre.call_in()
        assert await agent.events(2) == ["AgentEvent_Incoming_CallInfo", "AgentOther_PhoneAlerting"]
        guid, ended_guid, last = agent.guid, gone.guid, agent.log[-1]
    async with CallCentre.open(journal) as centre, gateway_clients(centre) as clients:
        agent, gone = clients(101), clients(102)
        agent.guid, gone.guid = guid, ended_guid
        again = await agent.poll()
        assert again == last, "the last event may come again, unchanged"
        assert await agent.events() == [
            "AgentOther_PhoneOffhook",
            "AgentState_Busy",
            "AgentEvent_Auto_Answer",
            "AgentEvent_Talking",
            "AgentMediaEvent_Record",
        ]
        assert agent.last("AgentEvent_Talking")["callid"] == contact
        await agent.ok("POST", "/voicecall/{a}/hold")
        assert await agent.events() == ["AgentEvent_Hold"]
        assert (await gone.call("GET", "/onlineagent/{a}/agentstatus"))[0] == "100-006"


async def test_snapshot_keeps_guids_and_queues(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("opencec.services.tenant_runtime._SNAPSHOT_EVERY", 3)
    journal = MemoryJournal()
    async with CallCentre.open(journal) as centre, gateway_clients(centre) as clients:
        agent = clients(101)
        await agent.sign_in()
        assert await agent.events(1) == ["AgentOther_InService"]
        await agent.ok("POST", "/onlineagent/{a}/saybusy")
        guid = agent.guid
        snapshot = await journal.latest_snapshot(centre.port.tenant)
        assert snapshot is not None
        assert snapshot.seq >= 3
    async with CallCentre.open(journal) as centre, gateway_clients(centre) as clients:
        agent = clients(101)
        agent.guid = guid
        assert await agent.events() == ["AgentOther_InService", "AgentState_Ready", "AgentState_SetNotReady_Success"]


async def test_silent_agent_is_signed_out() -> None:
    limits = FeedLimits(wait_ms=50, silence_ms=300)
    async with CallCentre.open(limits=limits) as centre, gateway_clients(centre) as clients:
        agent = clients(101)
        await agent.sign_in()
        async with asyncio.timeout(5):
            while centre.gateway.desk(centre.port.tenant).sessions.count():
                await asyncio.sleep(0.05)
        assert (await agent.poll() or {})["eventType"] == "AgentOther_InService"
        assert (await agent.poll() or {})["eventType"] == "AgentOther_ShutdownService"
        assert (await agent.send("GET", "/agentevent/{a}")).json()["retcode"] == "100-006"
