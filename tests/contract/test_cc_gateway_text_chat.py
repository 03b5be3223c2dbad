"""The older text chat at the gateway: its operations, and its events for agents whose clients know no others."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from pathlib import Path

import msgspec
import pytest

from fakes.call_centre import ASYNC, CHAT, CHAT_CONFIG, WEB, CallCentre, chat_profile
from fakes.gateway_client import Clients, GatewayClient, gateway_clients
from fakes.media_files import png
from opencec.adapters.sqlite import Database, SqliteRecords
from opencec.core import events as e
from opencec.core.config import SkillLevel, TenantProfile, TextEvents
from opencec.core.ids import AgentId, ContactId
from opencec.elements.cc_gateway import PREFIX
from opencec.elements.cc_gateway.translate import EventTranslator
from opencec.ports.chat_history import HistoryQuery

pytestmark = pytest.mark.contract
WORDS: dict[int, TextEvents] = {101: "chat", 102: "chat", 103: "both"}


def older_profile() -> TenantProfile:
    """Agents serve text alone; 101 and 102 are told in the older words, 103 in both."""
    profile = chat_profile()
    agents = tuple(
        msgspec.structs.replace(agent, skills=(SkillLevel(CHAT),), text_events=WORDS[agent.id])
        if agent.id in WORDS
        else agent
        for agent in profile.agents
    )
    return msgspec.structs.replace(profile, agents=agents)


@pytest.fixture
async def centre() -> AsyncIterator[CallCentre]:
    async with CallCentre.open(profile=older_profile()) as running:
        yield running


@pytest.fixture
async def clients(centre: CallCentre) -> AsyncIterator[Clients]:
    async with gateway_clients(centre) as maker:
        yield maker


async def signed_in(clients: Clients, agent: int, *, answers: bool = False) -> GatewayClient:
    client = clients(agent)
    await client.sign_in(autoanswer=answers, status=4)
    await client.events()
    return client


async def test_a_chat_from_ring_to_disconnection(centre: CallCentre, clients: Clients) -> None:
    agent = await signed_in(clients, 101)
    chat = await centre.chats.open(WEB, "alice", name="Alice", data="vip")
    await centre.chats.post(chat.contact, source="customer", key="c1", content="Hello")
    assert await agent.events() == ["AgentState_Busy", "AgentChat_Ring"]
    assert agent.last("AgentChat_Ring") == {
        "callId": chat.contact,
        "caller": "alice",
        "called": WEB,
        "isInnerCall": False,
        "attachData": "vip",
        "realCaller": "alice",
        "userInfo": "",
        "displayName": "Alice",
        "subMediaType": "2",
    }
    assert [one["workno"] for one in await agent.ok("GET", "/agentgroup/{a}/allchatagents")] == ["101"]
    assert await agent.ok("PUT", f"/textchat/{{a}}/answer/{chat.contact}") == chat.contact
    assert await agent.events() == ["AgentChat_Connected", "AgentChat_DataRecved"]
    assert agent.last("AgentChat_Connected") == {
        "callId": chat.contact,
        "caller": "alice",
        "called": WEB,
        "isInnerCall": False,
        "uvid": "",
        "attachData": "vip",
    }
    assert agent.last("AgentChat_DataRecved") == {
        "sender": "alice",
        "callId": chat.contact,
        "chatContent": "Hello",
        "isInnerCall": False,
        "chatContentType": "1",
    }
    assert await agent.ok("DELETE", f"/textchat/{{a}}/drop/{chat.contact}") == chat.contact
    assert await agent.events() == ["AgentChat_Disconnected", "AgentState_Ready"]
    assert agent.last("AgentChat_Disconnected") == {"callId": chat.contact}
    assert await agent.ok("GET", "/agentgroup/{a}/allchatagents") == []
    assert (await agent.call("DELETE", f"/textchat/{{a}}/drop/{chat.contact}"))[0] == "200-025"


async def test_a_message_that_is_sent_again_is_said_once(centre: CallCentre, clients: Clients) -> None:
    agent = await signed_in(clients, 101, answers=True)
    chat = await centre.chats.open(WEB, "alice")
    numbered = {"callId": chat.contact, "content": "Hi", "needCheck": False, "chatId": 7}
    for body in (numbered, numbered, {"callId": chat.contact, "content": "Bye"}, {**numbered, "chatId": "8"}):
        assert await agent.ok("PUT", "/textchat/{a}/chatmessage/", body) == chat.contact
    said = await centre.chats.messages(HistoryQuery(contact=chat.contact, after=0))
    assert [one.content for one in said if one.source == "agent"] == ["Hi", "Bye", "Hi"]


async def test_a_file_comes_as_json_with_its_path(centre: CallCentre, clients: Clients) -> None:
    agent = await signed_in(clients, 101, answers=True)
    chat = await centre.chats.open(WEB, "alice")
    await centre.chats.post(
        chat.contact, source="customer", key="f", media="IMAGE", file="f1", file_name="a.png", file_type="image/png"
    )
    await agent.events()
    data = agent.last("AgentChat_DataRecved")
    assert json.loads(data["chatContent"]) == {"filePath": "f1", "fileName": "a.png"}
    assert data["chatContentType"] == "22"


async def test_an_offer_is_refused(centre: CallCentre, clients: Clients) -> None:
    agent = await signed_in(clients, 101)
    chat = await centre.chats.open(WEB, "alice")
    await agent.events()
    await agent.ok("DELETE", f"/textchat/{{a}}/reject/{chat.contact}")
    assert "AgentChat_Disconnected" in await agent.events()


async def test_both_families_are_told_to_who_wants_both(centre: CallCentre, clients: Clients) -> None:
    other = await signed_in(clients, 103, answers=True)
    again = await centre.chats.open(WEB, "bob")
    kinds = await other.events()
    assert kinds[-4:] == ["AgentEvent_Auto_Answer", "AgentChat_Ring", "AgentEvent_Talking", "AgentChat_Connected"]
    await centre.chats.end(again.contact, by="customer")
    assert (await other.events())[:3] == [
        "AgentEvent_Customer_Release",
        "AgentEvent_Call_Release",
        "AgentChat_Disconnected",
    ]


async def test_transfers_start_fail_and_are_done(centre: CallCentre, clients: Clients) -> None:
    first = await signed_in(clients, 101, answers=True)
    chat = await centre.chats.open(WEB, "alice")
    second = await signed_in(clients, 102)
    await first.events()
    move = {"addesstype": "1", "destaddr": "102", "callid": chat.contact, "attachdata": "gold", "mode": "1"}
    await first.ok("POST", "/textchat/{a}/transfer", move)
    assert await first.events() == ["AgentChat_TransferStart"]
    assert first.last("AgentChat_TransferStart") == {"callId": chat.contact}
    await second.ok("DELETE", f"/textchat/{{a}}/reject/{chat.contact}")
    assert await first.events() == ["AgentChat_TransferFailed"]
    await first.ok("POST", "/textchat/{a}/transfer", move)
    await second.ok("PUT", f"/textchat/{{a}}/answer/{chat.contact}")
    assert await first.events() == ["AgentChat_TransferStart", "AgentChat_Disconnected", "AgentState_Ready"]
    await second.events()
    assert second.last("AgentChat_Connected")["attachData"] == "gold"
    blind = {"addesstype": 10, "destaddr": "4", "callid": chat.contact, "attachdata": "", "mode": 0}
    await second.ok("POST", "/textchat/{a}/transfer", blind)
    view = centre.chats.chat(chat.contact)
    assert view is not None
    assert (view.agent, view.data) == (101, "gold")


async def test_agents_write_to_each_other(centre: CallCentre, clients: Clients) -> None:
    first, second = await signed_in(clients, 101), await signed_in(clients, 102)
    assert await first.ok("PUT", "/textchat/{a}/internalcall/102") == "102"
    assert await first.events() == ["AgentState_Busy", "AgentChat_CallOutCreated"]
    created = first.last("AgentChat_CallOutCreated")
    assert created == {"callId": created["callId"], "called": "102", "caller": "101", "isInnerCall": True}
    await second.ok("DELETE", f"/textchat/{{a}}/reject/{created['callId']}")
    assert await first.events() == ["AgentChat_CalloutFailed", "AgentState_Ready"]
    assert first.last("AgentChat_CalloutFailed") == created
    await first.ok("PUT", "/textchat/{a}/internalcall/102")
    await first.events()
    contact = first.last("AgentChat_CallOutCreated")["callId"]
    await second.ok("PUT", f"/textchat/{{a}}/answer/{contact}")
    await first.ok("PUT", "/textchat/{a}/chatmessage", {"callId": contact, "content": "Lunch?"})
    assert await first.events() == ["AgentChat_Connected"]
    await second.events()
    assert second.last("AgentChat_Ring")["isInnerCall"] is True
    data = second.last("AgentChat_DataRecved")
    assert (data["sender"], data["chatContent"], data["isInnerCall"]) == ("101", "Lunch?", True)
    await second.ok("DELETE", f"/textchat/{{a}}/drop/{contact}")
    assert await first.events() == ["AgentChat_Disconnected", "AgentState_Ready"]


async def test_an_inspector_sets_how_many_chats_come(centre: CallCentre, clients: Clients) -> None:
    await signed_in(clients, 101)
    inspector = clients(120)
    await inspector.sign_in(phonenum="7120")
    await inspector.ok("POST", "/querymonitor/{a}/setmaxchatnum/1/1?agents=101")
    assert centre.chats.capacity(AgentId(101)) == 1
    code, _ = await inspector.call("POST", "/querymonitor/{a}/setmaxchatnum/1/9?agents=101;102")
    assert code == "600-001"
    assert centre.chats.capacity(AgentId(101)) == 1


async def test_a_forced_sign_in_learns_its_chats(centre: CallCentre, clients: Clients) -> None:
    await signed_in(clients, 101, answers=True)
    chat = await centre.chats.open(WEB, "alice")
    again = clients(101)
    await again.sign_in("/onlineagent/{a}/forcelogin", autoanswer=True, status=4)
    assert "AgentChat_Connected" in await again.events()
    assert again.last("AgentChat_Connected")["callId"] == chat.contact


def test_a_restored_translator_says_the_same_bytes() -> None:
    before = EventTranslator(older_profile().id)
    before.translate(e.ConfigurationChanged(at=1, profile=older_profile()))
    contact, agent = ContactId("1700000000-1"), AgentId(101)
    before.translate(e.ChatArrived(at=2, contact=contact, channel=WEB, channel_type="WEB", customer="alice", data="x"))
    after = EventTranslator(older_profile().id)
    after.restore(before.snapshot())
    answered = e.ChatAnswered(at=3, contact=contact, agent=agent)
    told = before.translate(answered)
    assert told == after.translate(answered)
    assert [(who, b"AgentChat_Connected" in said) for who, said in told] == [(101, True)]


async def send_file(
    agent: GatewayClient, query: str, data: bytes, *, part: str = "media", name: str = "photo.png"
) -> tuple[str, dict[str, str]]:
    response = await agent.http.post(
        f"{PREFIX}/textchat/{agent.agent}/mediafile?{query}",
        files={part: (name, data, "application/octet-stream")},
        headers={"Guid": agent.guid},
    )
    answer = response.json()
    return answer["retcode"], answer["result"]


async def test_a_file_is_sent_once_and_fetched_again(centre: CallCentre, clients: Clients) -> None:
    agent, picture = await signed_in(clients, 101, answers=True), png()
    chat = await centre.chats.open(WEB, "alice")
    query = f"callId={chat.contact}&isNeedConfirm=false&chatId=3&msgType=22&remark=Look"
    code, sent = await send_file(agent, query, picture)
    assert (code, sent) == ("0", {"filePath": sent["filePath"], "fileName": "photo.png", "chatId": 3})
    assert await send_file(agent, query, picture, part="file") == ("0", sent)
    said = await centre.chats.messages(HistoryQuery(contact=chat.contact, after=0))
    assert [(one.media, one.file, one.content) for one in said if one.source == "agent"] == [
        ("IMAGE", sent["filePath"], "Look")
    ]
    fetched = await agent.send("GET", f"/textchat/{{a}}/mediafile?filePath={sent['filePath']}")
    assert (fetched.content, fetched.headers["content-type"]) == (picture, "image/png")
    assert await centre.port.media.for_customer(sent["filePath"], channel=WEB, customer="alice")
    stranger = await signed_in(clients, 102)
    assert (await stranger.call("GET", f"/textchat/{{a}}/mediafile?filePath={sent['filePath']}"))[0] == "000-002"
    assert (await send_file(stranger, query, picture))[0] == "200-025"
    await agent.ok("PUT", "/textchat/{a}/chatmessage", {"callId": chat.contact, "content": "Hi", "chatId": 4})
    assert (await send_file(agent, query.replace("chatId=3", "chatId=4"), picture))[0] == "000-002"
    await agent.ok("DELETE", f"/textchat/{{a}}/drop/{chat.contact}")
    assert await send_file(agent, query, picture) == ("0", sent)
    assert (await send_file(agent, query.replace("chatId=3", "chatId=5"), picture))[0] == "200-025"


async def test_files_do_not_go_to_colleagues(clients: Clients) -> None:
    first, second = await signed_in(clients, 101), await signed_in(clients, 102, answers=True)
    await first.ok("PUT", "/textchat/{a}/internalcall/102")
    await second.events()
    contact = second.last("AgentChat_Connected")["callId"]
    assert (await send_file(first, f"callId={contact}", png()))[0] == "000-002"
    row = f"/textchat/{{a}}/callcontent?callId={contact}"
    await second.ok("PUT", "/textchat/{a}/chatmessage", {"callId": contact, "content": "Yes?"})
    [said] = (await first.ok("GET", row))["weccCallContentList"]
    assert (said["sender"], said["reciver"], said["content"]) == ("102", "101", "Yes?")


@pytest.mark.parametrize(
    ("name", "data", "part", "code"),
    [
        ("program.exe", b"MZ" + bytes(200), "media", "700-023"),
        ("photo.png", png()[:400], "media", "700-024"),
        ("photo.png", b"", "media", "700-100"),
        ("photo.png", png(), "picture", "000-002"),
    ],
)
async def test_files_that_are_not_taken(
    centre: CallCentre, clients: Clients, name: str, data: bytes, part: str, code: str
) -> None:
    agent = await signed_in(clients, 101, answers=True)
    chat = await centre.chats.open(WEB, "alice")
    assert (await send_file(agent, f"callId={chat.contact}", data, part=part, name=name))[0] == code
    said = await centre.chats.messages(HistoryQuery(contact=chat.contact, after=0))
    assert [one for one in said if one.source == "agent"] == []


async def test_what_was_said_is_listed_by_pages_during_the_chat_and_after(
    centre: CallCentre, clients: Clients, tmp_path: Path
) -> None:
    records = SqliteRecords(Database(tmp_path / "opencec.db"))
    desk = centre.keep_records(records.for_tenant(1))
    agent, other = await signed_in(clients, 101, answers=True), await signed_in(clients, 103)
    chat = await centre.chats.open(WEB, "alice")
    await centre.chats.post(chat.contact, source="customer", key="c1", content="Hello")
    await agent.ok("PUT", "/textchat/{a}/chatmessage", {"callId": chat.contact, "content": "Hi"})
    path = f"/textchat/{{a}}/callcontent?callId={chat.contact}&pageNo=2&pageSize=2"
    living = await agent.ok("GET", path)
    assert {key: living[key] for key in ("totalPageNo", "totalCount", "pageNo", "pageSize")} == {
        "totalPageNo": 2,
        "totalCount": 3,  # the welcome too
        "pageNo": 2,
        "pageSize": 2,
    }
    row = living["weccCallContentList"][0]
    assert (row["sender"], row["reciver"], row["content"], row["direction"]) == ("101", "alice", "Hi", "2")
    first = await agent.ok("GET", path.replace("pageNo=2", "pageNo=1"))
    assert [(one["sender"], one["content"]) for one in first["weccCallContentList"]] == [
        (WEB, "Welcome."),
        ("alice", "Hello"),
    ]
    assert (await agent.ok("GET", path.replace("pageNo=2", "pageNo=3")))["weccCallContentList"] == []
    assert (await other.call("GET", path))[0] == "200-025"
    await agent.ok("DELETE", f"/textchat/{{a}}/drop/{chat.contact}")
    await centre.projection.flush()
    assert await agent.ok("GET", path) == living
    assert (await other.call("GET", path))[0] == "200-025"
    desk.board.close()
    await records.close()


async def test_an_agent_lists_its_chats_that_are_over(centre: CallCentre, clients: Clients, tmp_path: Path) -> None:
    records = SqliteRecords(Database(tmp_path / "opencec.db"))
    desk = centre.keep_records(records.for_tenant(1))
    agent = await signed_in(clients, 101, answers=True)
    for customer, name, channel in (("alice", "Alice", WEB), ("bob", "Bob", WEB), ("carol", "Carol", ASYNC)):
        chat = await centre.chats.open(channel, customer, name=name)
        await centre.chats.post(chat.contact, source="customer", key="c1", content="Hello")
        await agent.ok("PUT", "/textchat/{a}/chatmessage", {"callId": chat.contact, "content": "Hi"})
        await agent.ok("DELETE", f"/textchat/{{a}}/drop/{chat.contact}")
    await centre.projection.flush()

    async def listed(**wanted: str) -> list[str]:
        page = await agent.ok("POST", "/textchat/{a}/callsession", {"pageNo": "1", "pageSize": "10", **wanted})
        return [row["caller"] for row in page["weccCallBillList"]]

    assert sorted(await listed(mediaType="1", callType="")) == ["alice", "bob", "carol"]
    assert await listed(callerName="Bob") == ["bob"]
    assert await listed(caller="alice", subMediaType="2") == ["alice"]
    assert await listed(realCaller="alice", caller="bob") == []
    assert await listed(subMediaType="3") == ["carol"]
    assert await listed(called=ASYNC) == ["carol"]
    assert await listed(mediaType="5") == []
    assert await listed(endTime="1000") == []
    page = await agent.ok("POST", "/textchat/{a}/callsession", {"caller": "alice", "startTime": "1", "pageSize": "1"})
    assert (page["totalPageNo"], page["totalCount"], page["pageNo"], page["pageSize"]) == (1, 1, 1, 1)
    [row] = page["weccCallBillList"]
    assert (row["called"], row["skillId"], row["callerName"], row["vdnId"]) == (WEB, "4", "Alice", "1")
    assert (row["receiveMsgNum"], row["sendMsgNum"]) == (1, 2)  # the welcome too
    assert row["innerCall"] is False
    assert row["beginTime"] <= row["connectTime"] <= row["endTime"]
    other = await signed_in(clients, 103)
    page = await other.ok("POST", "/textchat/{a}/callsession", {})
    assert (page["totalCount"], page["weccCallBillList"]) == (0, [])
    centre.chats.configure(msgspec.structs.replace(CHAT_CONFIG, channels=()))  # chats of channels that are gone
    assert sorted(await listed()) == ["alice", "bob", "carol"]
    desk.board.close()
    await records.close()
