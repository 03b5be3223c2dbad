"""The workbench's chats over HTTP: list, stream by cursor, files, phrases, and nobody else's."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, NamedTuple

import httpx
import pytest

from fakes.call_centre import CHAT, WEB, CallCentre, chat_profile
from fakes.gateway_client import GatewayClient
from fakes.installation import DemoInstallation
from fakes.web_server import serve
from opencec.adapters.sqlite import Database, SqliteRecords
from opencec.elements.cc_gateway import PREFIX, build_gateway_app
from opencec.elements.console import build_console_api
from opencec.httpkit.application import build_app

pytestmark = pytest.mark.contract

PIXEL = bytes.fromhex(
    "89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c489"
    "0000000d49444154789c6360606060000000050001a5f645400000000049454e44ae426082"
)


class Office(NamedTuple):
    centre: CallCentre
    http: httpx.AsyncClient

    async def sign_in(self, agent: int) -> GatewayClient:
        client = GatewayClient(self.http, agent)
        await client.sign_in(autoanswer=False, status=4)
        return client

    async def ask(self, client: GatewayClient, method: str, path: str, **more: Any) -> httpx.Response:
        headers = {"Guid": client.guid}
        return await self.http.request(method, f"/api/v1/desk/{client.agent}{path}", headers=headers, **more)


@pytest.fixture
async def office(tmp_path: Path) -> AsyncIterator[Office]:
    async with CallCentre.open(profile=chat_profile()) as centre:
        records = SqliteRecords(Database(tmp_path / "opencec.db"))
        installation = DemoInstallation(centre)
        installation.agent_desk = desk = centre.keep_records(records.for_tenant(1))
        app = build_app(
            elements={PREFIX: build_gateway_app(centre.gateway)},
            api=build_console_api(installation, clock=centre.clock, guard=centre.guard),  # type: ignore[arg-type]
        )
        async with serve(app) as (host, port), httpx.AsyncClient(base_url=f"http://{host}:{port}", timeout=20) as http:
            yield Office(centre, http)
            desk.board.close()
        await records.close()


async def frames(office: Office, client: GatewayClient, after: int, until: Any) -> list[dict[str, Any]]:
    """Frames of the stream up to the first that `until` accepts."""
    found: list[dict[str, Any]] = []
    path = f"/api/v1/desk/{client.agent}/chats/live?after={after}"
    async with office.http.stream("GET", path, headers={"Guid": client.guid}) as answer:
        assert answer.status_code == 200
        async for line in answer.aiter_lines():
            frame = json.loads(line)
            if frame["type"] != "beat":
                found.append(frame)
                if until(frame):
                    return found
    return found


async def test_a_chat_from_its_offer_to_its_end(office: Office) -> None:
    agent = await office.sign_in(101)
    chat = await office.centre.chats.open(WEB, "alice", name="Alice")
    await office.centre.chats.post(chat.contact, source="customer", key="c1", content="<b>Hello</b>")
    listed = (await office.ask(agent, "GET", "/chats")).json()
    assert listed["capacity"] == {"count": 2, "most": 2}
    row = listed["chats"][0]
    assert (row["contact"], row["state"], row["unread"], row["queue"]) == (chat.contact, "offered", 1, int(CHAT))
    assert row["lastMessage"]["content"] == "<b>Hello</b>"
    assert row["offerUntil"] > row["arrivedAt"]
    assert (await office.ask(agent, "POST", f"/chats/{chat.contact}/answer", json={})).status_code == 204
    body = {"key": "a1", "mediaType": "TEXT", "content": "Good day"}
    first = await office.ask(agent, "POST", f"/chats/{chat.contact}/messages", json=body)
    again = await office.ask(agent, "POST", f"/chats/{chat.contact}/messages", json=body)
    assert first.status_code == 200
    assert first.json() == again.json()
    assert len(first.json()["messageCode"]) == 64
    page = (await office.ask(agent, "GET", f"/chats/{chat.contact}/messages")).json()["messages"]
    assert [message["source"] for message in page] == ["system", "customer", "agent"]
    assert (await office.ask(agent, "POST", f"/chats/{chat.contact}/read", json={"number": 99})).status_code == 204
    for path, sent in (("typing", {"on": True}), ("invite-rating", {})):
        assert (await office.ask(agent, "POST", f"/chats/{chat.contact}/{path}", json=sent)).status_code == 204
    assert (await office.ask(agent, "PUT", f"/chats/{chat.contact}/note", json={"note": "Nice"})).status_code == 204
    assert (await office.ask(agent, "POST", f"/chats/{chat.contact}/end", json={})).status_code == 204
    assert (await office.ask(agent, "POST", f"/chats/{chat.contact}/end", json={})).status_code == 204
    assert (await office.ask(agent, "GET", "/chats")).json()["chats"] == []
    assert len((await office.ask(agent, "GET", f"/chats/{chat.contact}/messages")).json()["messages"]) == 4
    await office.centre.chats.rate(chat.contact, score=5, comment="Good")
    await office.centre.projection.flush()
    back = await office.centre.chats.open(WEB, "alice", name="Alice")
    history = (await office.ask(agent, "GET", f"/customers/{WEB}/alice/history")).json()
    assert back.offered_to == 101
    assert [(one["contact"], one["medium"], one["rating"], one["note"]) for one in history["contacts"]] == [
        (chat.contact, "text", 5, "Nice")
    ]
    assert history["contacts"][0]["agents"] == ["101"]


async def test_the_stream_tells_each_message_once_by_its_cursor(office: Office) -> None:
    agent = await office.sign_in(101)
    chat = await office.centre.chats.open(WEB, "alice")
    await office.centre.chats.answer(chat.contact, 101)
    after = (await office.ask(agent, "GET", "/chats")).json()["after"]
    stream = asyncio.create_task(frames(office, agent, after, lambda frame: frame.get("content") == "m4"))
    for number in range(5):
        await office.centre.chats.post(chat.contact, source="customer", key=f"k{number}", content=f"m{number}")
        await asyncio.sleep(0.01)
    told = await stream
    messages = [frame for frame in told if frame["type"] == "message"]
    assert [frame["content"] for frame in messages] == ["m0", "m1", "m2", "m3", "m4"]
    resumed = await frames(office, agent, messages[2]["number"], lambda frame: frame.get("content") == "m4")
    assert [frame["content"] for frame in resumed if frame["type"] == "message"] == ["m3", "m4"]
    ends = asyncio.create_task(frames(office, agent, messages[-1]["number"], lambda frame: frame["type"] == "gone"))
    await asyncio.sleep(0.1)
    await office.centre.chats.end(chat.contact, by="customer")
    assert (await ends)[-1]["contact"] == chat.contact


async def test_files_go_with_messages_and_only_to_those_who_talk(office: Office) -> None:
    agent, other = await office.sign_in(101), await office.sign_in(102)
    chat = await office.centre.chats.open(WEB, "alice")
    mine = agent if chat.offered_to == 101 else other
    stranger = other if mine is agent else agent
    await office.centre.chats.answer(chat.contact, mine.agent)
    stored = await office.ask(mine, "POST", "/files", files={"file": ("dot.png", PIXEL, "image/png")})
    assert stored.status_code == 201, stored.text
    file = stored.json()
    body = {"key": "f", "mediaType": "IMAGE", "content": "", "file": file["id"]}
    posted = (await office.ask(mine, "POST", f"/chats/{chat.contact}/messages", json=body)).json()
    assert (posted["mediaType"], posted["file"]["id"], posted["file"]["type"]) == ("IMAGE", file["id"], "image/png")
    got = await office.ask(mine, "GET", f"/files/{file['id']}")
    assert (got.status_code, got.content) == (200, PIXEL)
    assert got.headers["x-content-type-options"] == "nosniff"
    assert (await office.ask(stranger, "GET", f"/files/{file['id']}")).status_code == 404
    await office.centre.port.media.for_customer(file["id"], channel=WEB, customer="alice")
    forged = {"file": ("dot.png", b"<script>alert(1)</script>", "image/png")}
    assert (await office.ask(mine, "POST", "/files", files=forged)).status_code in (415, 422)


async def test_another_agents_chats_are_not_there(office: Office) -> None:
    agent, other = await office.sign_in(101), await office.sign_in(102)
    chat = await office.centre.chats.open(WEB, "alice")
    mine, stranger = (agent, other) if chat.offered_to == 101 else (other, agent)
    await office.centre.chats.answer(chat.contact, mine.agent)
    for method, path, body in (
        ("GET", f"/chats/{chat.contact}/messages", None),
        ("POST", f"/chats/{chat.contact}/messages", {"key": "x", "content": "x"}),
        ("POST", f"/chats/{chat.contact}/answer", {}),
        ("POST", f"/chats/{chat.contact}/end", {}),
        ("POST", f"/chats/{chat.contact}/read", {"number": 1}),
        ("POST", f"/chats/{chat.contact}/invite-rating", {}),
        ("PUT", f"/chats/{chat.contact}/note", {"note": "x"}),
        ("POST", f"/chats/{chat.contact}/transfer", {"kind": "queue", "address": "4"}),
        ("GET", f"/customers/{WEB}/alice/history", None),
    ):
        answer = await office.ask(stranger, method, path, json=body)
        assert 400 <= answer.status_code < 500, (path, answer.status_code)
        assert answer.json()["code"]
    moved = await office.ask(mine, "POST", f"/chats/{chat.contact}/transfer", json={"kind": "agent", "address": "102"})
    assert moved.status_code == (204 if mine.agent == 101 else 409)


async def test_phrases_are_the_tenants_and_the_agents_own(office: Office) -> None:
    agent, other = await office.sign_in(101), await office.sign_in(102)
    phrase = {"title": "Bye", "text": "Goodbye!"}
    assert (await office.ask(agent, "PUT", "/phrases/p1", json=phrase)).status_code == 204
    mine = (await office.ask(agent, "GET", "/phrases")).json()["phrases"]
    assert [(one["id"], one["isOwn"]) for one in mine] == [("p1", True), ("hello", False)]
    assert len((await office.ask(other, "GET", "/phrases")).json()["phrases"]) == 1
    assert (await office.ask(other, "DELETE", "/phrases/p1")).status_code == 404
    assert (await office.ask(agent, "DELETE", "/phrases/p1")).status_code == 204


async def test_agents_write_to_each_other_beside_their_customers(office: Office) -> None:
    agent, other = await office.sign_in(101), await office.sign_in(102)
    contact = (await office.ask(agent, "POST", "/chats", json={"to": 102})).json()["contact"]
    assert (await office.ask(other, "GET", "/chats")).json()["chats"][0]["direction"] == "internal"
    assert (await office.ask(other, "POST", f"/chats/{contact}/answer", json={})).status_code == 204
    body = {"key": "i", "content": "Can you help?"}
    assert (await office.ask(agent, "POST", f"/chats/{contact}/messages", json=body)).status_code == 200
    heard = (await office.ask(other, "GET", f"/chats/{contact}/messages")).json()["messages"]
    assert [message["content"] for message in heard] == ["Can you help?"]
    assert (await office.ask(agent, "PUT", "/chat-capacity", json={"count": 1})).status_code == 204
    assert (await office.ask(agent, "GET", "/chats")).json()["capacity"] == {"count": 1, "most": 2}
