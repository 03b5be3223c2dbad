"""Text contacts at the gateway: offered, answered, talked, passed on and released by clients of today."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator

import msgspec
import pytest

from fakes.call_centre import CHAT, WEB, CallCentre, chat_profile
from fakes.gateway_client import Clients, gateway_clients
from opencec.core.config import SkillLevel, TenantProfile
from opencec.ports.chat_history import HistoryQuery

pytestmark = pytest.mark.contract


def text_only() -> TenantProfile:
    """Agents 101 and 102 serve text alone."""
    profile = chat_profile()
    agents = tuple(
        msgspec.structs.replace(agent, skills=(SkillLevel(CHAT),)) if agent.id in (101, 102) else agent
        for agent in profile.agents
    )
    return msgspec.structs.replace(profile, agents=agents)


@pytest.fixture
async def centre() -> AsyncIterator[CallCentre]:
    async with CallCentre.open(profile=text_only()) as running:
        yield running


@pytest.fixture
async def clients(centre: CallCentre) -> AsyncIterator[Clients]:
    async with gateway_clients(centre) as maker:
        yield maker


async def test_a_text_contact_from_ringing_to_release(centre: CallCentre, clients: Clients) -> None:
    agent = clients(101)
    await agent.sign_in(autoanswer=False, status=4)
    await agent.events()
    chat = await centre.chats.open(WEB, "alice", name="Alice")
    await centre.chats.post(chat.contact, source="customer", key="c1", content="Hello")
    assert await agent.events() == ["AgentState_Busy", "AgentEvent_Ringing"]
    ringing = agent.last("AgentEvent_Ringing")
    assert (ringing["mediaAbility"], ringing["mediaType"], ringing["feature"]) == ("5", "51", "0")
    assert (ringing["caller"], ringing["called"], ringing["callid"]) == ("alice", WEB, chat.contact)
    assert (await agent.ok("GET", "/onlineagent/{a}/agentstatus"))["agentState"] == 7
    await agent.ok("PUT", f"/voicecall/{{a}}/answer?callid={chat.contact}")
    assert await agent.events() == ["AgentEvent_Talking", "AgentEvent_MessageData"]
    assert agent.last("AgentEvent_Talking")["mediaAbility"] == "5"
    data = agent.last("AgentEvent_MessageData")
    message = json.loads(data["message"])
    assert (data["mediaAbility"], data["feature"], data["callid"]) == ("5", 0, chat.contact)
    assert (message["content"], message["sourceType"], message["mediaType"]) == ("Hello", "CUSTOMER", "TEXT")
    assert len(message["messageCode"]) == 64
    await agent.ok("POST", "/mediacall/{a}/sendmessage", {"callid": chat.contact, "userid": "alice", "data": "Hi"})
    structured = {"content": "How are you?", "controlType": "CHAT", "mediaType": "TEXT", "messageCode": "m1"}
    for _ in range(2):
        body = {"callid": chat.contact, "data": json.dumps(structured)}
        await agent.ok("POST", "/mediacall/{a}/sendmessage", body)
    said = await centre.chats.messages(HistoryQuery(contact=chat.contact, after=0))
    assert [one.content for one in said if one.source == "agent"] == ["Hi", "How are you?"]
    await agent.ok("POST", f"/voicecall/{{a}}/dropcall/{chat.contact}")
    assert await agent.events() == ["AgentEvent_Call_Release", "AgentState_Ready"]
    assert centre.chats.chat(chat.contact) is None
    assert (await agent.ok("GET", "/onlineagent/{a}/agentstatus"))["agentState"] == 4


async def test_a_customer_who_leaves_is_told_before_the_release(centre: CallCentre, clients: Clients) -> None:
    agent = clients(101)
    await agent.sign_in(autoanswer=True, status=4)
    await agent.events()
    chat = await centre.chats.open(WEB, "alice")
    assert await agent.events() == ["AgentState_Busy", "AgentEvent_Auto_Answer", "AgentEvent_Talking"]
    await centre.chats.end(chat.contact, by="customer")
    assert await agent.events() == ["AgentEvent_Customer_Release", "AgentEvent_Call_Release", "AgentState_Ready"]


async def test_transfers_blind_and_when_somebody_has_answered(centre: CallCentre, clients: Clients) -> None:
    first, second = clients(101), clients(102)
    await first.sign_in(autoanswer=True, status=4)
    chat = await centre.chats.open(WEB, "alice")
    await second.sign_in(autoanswer=False, status=4)
    await first.events()
    await second.events()
    move = {"callid": chat.contact, "devicetype": 2, "mode": 2, "address": "102", "calldata": "vip"}
    await first.ok("POST", "/mediacall/{a}/transfer", move)
    await second.events()
    assert second.last("AgentEvent_Ringing")["transfrom"] == "101"
    await second.ok("POST", "/voicecall/{a}/reject", {"callid": chat.contact})
    assert await first.events() == ["AgentEvent_SuccTransResult"]
    assert first.last("AgentEvent_SuccTransResult") == {"callId": chat.contact, "result": 1}
    await first.ok("POST", "/mediacall/{a}/transfer", move)
    await second.events()
    await second.ok("PUT", f"/voicecall/{{a}}/answer?callid={chat.contact}")
    assert await first.events() == ["AgentEvent_SuccTransResult", "AgentEvent_Call_Release", "AgentState_Ready"]
    assert first.last("AgentEvent_SuccTransResult")["result"] == 0
    view = centre.chats.chat(chat.contact)
    assert view is not None
    assert (view.agent, view.data) == (102, "vip")
    blind = {"callid": chat.contact, "devicetype": "1", "mode": "0", "address": "4"}
    await second.ok("POST", "/mediacall/{a}/transfer", blind)
    back = centre.chats.chat(chat.contact)
    assert back is not None
    assert back.agent == 101


async def test_an_agent_with_calls_beside_keeps_the_state_of_its_calls(centre: CallCentre, clients: Clients) -> None:
    agent = clients(103)
    await agent.sign_in(autoanswer=True, status=4)
    await agent.events()
    await centre.chats.open(WEB, "alice")
    assert await agent.events() == ["AgentEvent_Auto_Answer", "AgentEvent_Talking"]
    await centre.call_in()
    assert "AgentEvent_Talking" in await agent.events()
    assert agent.last("AgentEvent_Talking")["mediaAbility"] == "1"


@pytest.mark.parametrize(
    ("path", "body", "code"),
    [
        ("sendmessage", {"callid": "1-1", "data": ""}, "106-002"),
        ("sendmessage", {"callid": "1-1", "data": "x"}, "200-025"),
        ("sendmessage", {"data": "x"}, "000-002"),
        ("setcallnums", {"mediaType": "51", "callnums": "61"}, "106-003"),
        ("setcallnums", {"mediaType": "51", "callnums": "0"}, "106-003"),
        ("setcallnums", {"mediaType": "5", "callnums": "2"}, "106-008"),
        ("setcallnums", {"mediaType": "6", "callnums": "2"}, "000-002"),
        ("setcallnums", {"mediaType": "51", "callnums": "3"}, "0"),
        ("transfer", {"callid": "1-1", "devicetype": 4, "mode": 0, "address": "4"}, "106-004"),
        ("transfer", {"callid": "1-1", "devicetype": 1, "mode": 1, "address": "4"}, "000-002"),
        ("transfer", {"callid": "1-1", "devicetype": 1, "mode": 0, "address": "4"}, "200-025"),
    ],
)
async def test_refusals_have_their_codes_and_change_nothing(
    clients: Clients, path: str, body: dict[str, object], code: str
) -> None:
    agent = clients(101)
    await agent.sign_in(autoanswer=False, status=4)
    assert (await agent.call("POST", f"/mediacall/{{a}}/{path}", body))[0] == code


async def test_who_serves_no_text_sets_no_numbers(clients: Clients) -> None:
    agent = clients(120)
    await agent.sign_in(phonenum="7120")
    body = {"mediaType": "51", "callnums": "3"}
    assert (await agent.call("POST", "/mediacall/{a}/setcallnums", body))[0] == "106-012"


async def test_a_forced_sign_in_learns_its_chats(centre: CallCentre, clients: Clients) -> None:
    agent = clients(101)
    await agent.sign_in(autoanswer=True, status=4)
    chat = await centre.chats.open(WEB, "alice")
    again = clients(101)
    await again.sign_in("/onlineagent/{a}/forcelogin", autoanswer=True, status=4)
    assert "AgentEvent_Talking" in await again.events()
    assert again.last("AgentEvent_Talking")["callid"] == chat.contact
