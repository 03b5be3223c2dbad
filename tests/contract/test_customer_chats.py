"""Customers and agents through every interface, on the real core, journal, history and media cache."""

from __future__ import annotations

import base64
import io
from collections.abc import AsyncIterator

import pytest
from PIL import Image

from fakes.call_centre import WEB, CallCentre, chat_profile
from fakes.customer_pages import Pages, customer_pages
from fakes.journal import MemoryJournal
from fakes.web_chats import DeskHost
from opencec.core.commands import ResetSkills, SignIn
from opencec.core.ids import AgentId, ContactId

pytestmark = pytest.mark.contract

ADA = AgentId(101)


@pytest.fixture
async def centre() -> AsyncIterator[CallCentre]:
    async with CallCentre.open(profile=chat_profile()) as running:
        yield running


@pytest.fixture
async def pages(centre: CallCentre) -> AsyncIterator[Pages]:
    async with customer_pages(centre, DeskHost(centre)) as pages:
        yield pages


async def sign_in(centre: CallCentre, *, auto_answer: bool = False) -> None:
    session = centre.port.new_session_id()
    await centre.port.execute(SignIn(agent=ADA, session=session, phone="", auto_answer=auto_answer))
    await centre.port.execute(ResetSkills(agent=ADA))


def contact_of(centre: CallCentre, user: str) -> ContactId:
    view = centre.chats.chat_of(WEB, user)
    assert view is not None
    return view.contact


def picture() -> bytes:
    made = io.BytesIO()
    Image.new("RGB", (640, 480), "green").save(made, "PNG")
    return made.getvalue()


async def test_without_an_agent_the_documented_refusal_and_words_for_later_wait(
    centre: CallCentre, pages: Pages
) -> None:
    shopper = await pages.shopper()
    assert await shopper.send("CONNECT") == {"resultCode": "13", "resultDesc": "No ccucs address available!"}
    left = await shopper.post("doLeaveMessage", callId="u-1", caller="5550100", leaveMessage="call me")
    assert left["resultCode"] == "0"
    await sign_in(centre, auto_answer=True)
    view = centre.chats.chat_of(WEB, "u-1")
    assert view is not None
    assert (view.agent, view.data) == (ADA, "5550100"), "it is routed when an agent comes"
    told = await shopper.post("queryHistoryChatMessage", userId="u-1", channelId=WEB)
    assert [m["content"] for m in told["messageList"] if m["sourceType"] == "USER"] == ["call me"]


async def test_ccmessaging_from_connect_to_rating(centre: CallCentre, pages: Pages) -> None:
    await sign_in(centre)
    shopper = await pages.shopper()
    assert (await shopper.send("CONNECT", "hello"))["resultCode"] == "0"
    waiting = await shopper.post("queryQueueInfo", userId="u-1", channelConfigId=WEB)
    assert (waiting["resultCode"], waiting["position"]) == ("0", 1)
    contact = contact_of(centre, "u-1")
    assert (await shopper.send("CHAT", "Is it red?", timestamp="1763802000123"))["resultCode"] == "0"
    assert (await shopper.send("CHAT", "Is it red?", timestamp="1763802000123"))["resultCode"] == "0"
    await centre.chats.answer(contact, ADA)
    await centre.chats.read(contact, reader="agent", number=9, agent=ADA)
    said = await centre.chats.post(contact, source="agent", agent=ADA, key="a", content="It is.")
    told = (await shopper.poll(isNeedRead="true"))["downlinkMessages"]
    assert [m["content"] for m in told if m["sourceType"] == "AGENT" and m["controlType"] == "CHAT"] == ["It is."]
    assert "The call is connected to an agent." in [m["content"] for m in told]
    assert [m["controlType"] for m in told if m["controlType"] == "READ"] == ["READ"]
    assert said.message in [m["messageCode"] for m in told]
    assert (await shopper.post("queryQueueInfo"))["resultCode"] == "160021"
    assert (await shopper.send("TRANS2AGENT"))["resultDesc"] == (
        "fail to transfer from robot to agent,it has been agent service."
    )
    await centre.chats.end(contact, by="agent", agent=ADA)
    (gone,) = (await shopper.poll())["downlinkMessages"]
    assert (gone["controlType"], gone["sourceType"], gone["senderNickname"]) == ("DISCONNECT", "AGENT", "Agent 101")
    rated = await shopper.post("saveSatisfaction", userId="u-1", evaluation="4", comment="", channelConfigId=WEB)
    assert rated["resultCode"] == "0"
    ratings = await centre.chats.history.ratings([contact])
    assert ratings[contact].score == 4
    history = (await shopper.post("queryHistoryChatMessage", userId="u-1", channelId=WEB))["messageList"]
    assert [m["content"] for m in history if m["sourceType"] == "USER"] == ["Is it red?"]


async def test_the_widget_and_an_agent_with_a_picture_each_way(centre: CallCentre, pages: Pages) -> None:
    await sign_in(centre)
    session = await pages.session(userName="Ines")
    user, bearer = session["userId"], {"Authorization": f"Bearer {session['token']}"}
    async with pages.socket(session["token"]) as page:
        await page.frame("welcome")
        await page.send({"type": "connect", "key": "k-1"})
        await page.frame("ack")
        contact = contact_of(centre, user)
        await centre.chats.answer(contact, ADA)
        while (state := await page.frame("state"))["state"] != "talking":
            pass
        assert state["agentName"] == "Agent 101"
        up = await pages.http.post(
            "/chat/v1/files", files={"file": ("red.png", picture(), "image/png")}, headers=bearer
        )
        assert (up.status_code, up.json()["thumbnail"]) == (200, True)
        await page.send({"type": "post", "key": "k-2", "mediaType": "IMAGE", "content": up.json()["id"]})
        mine = await page.frame("message")
        while mine["source"] != "customer":
            mine = await page.frame("message")
        assert (mine["mediaType"], mine["file"]["name"], mine["key"]) == ("IMAGE", "red.png", "k-2")
        media = centre.port.media
        file = await media.store("reply.png", picture(), owner="agent:101", declared_type="png")
        foreign = await pages.http.get(f"/chat/v1/files/{file.id}", headers=bearer)
        assert foreign.status_code == 404, "not sent yet"
        await media.share(file.id, channel=WEB, customer=user)
        await centre.chats.post(contact, source="agent", agent=ADA, key="a", media="IMAGE", file=file.id)
        theirs = await page.frame("message")
        assert (theirs["source"], theirs["senderName"], theirs["file"]["id"]) == ("agent", "Agent 101", file.id)
        down = await pages.http.get(f"/chat/v1/files/{file.id}?thumbnail=1", headers=bearer)
        assert (down.status_code, down.headers["content-type"].startswith("image/")) == (200, True)
        centre.chats.typing(contact, by="agent", is_on=True, agent=ADA)
        assert (await page.frame("typing"))["on"] is True
        await centre.chats.invite_rating(contact, ADA)
        assert len((await page.frame("survey"))["levels"]) == 5
        await page.send({"type": "end", "key": "k-3"})
        assert (await page.frame("ack"))["key"] == "k-3"


async def test_a_forged_type_is_refused_in_both_forms(centre: CallCentre, pages: Pages) -> None:
    shopper, session = await pages.shopper(), await pages.session()
    forged = base64.b64encode(b"<html><script>alert(1)</script>").decode()
    assert await shopper.post("uploadFileStream", fileType="png", fileStream=forged) == {"returnCode": "13"}
    answer = await pages.http.post(
        "/chat/v1/files",
        files={"file": ("a.png", b"<html><script>alert(1)</script>", "image/png")},
        headers={"Authorization": f"Bearer {session['token']}"},
    )
    assert (answer.status_code, answer.json()["code"][:10]) == (415, "media_type")


async def test_a_restart_in_mid_chat_shows_nothing_twice_and_loses_nothing(centre: CallCentre) -> None:
    journal = MemoryJournal()
    async with (
        CallCentre.open(journal, profile=chat_profile()) as before,
        customer_pages(before, DeskHost(before)) as pages,
    ):
        await sign_in(before, auto_answer=True)
        shopper, session = await pages.shopper("polls"), await pages.session()
        token, user = session["token"], session["userId"]
        await shopper.send("CONNECT")
        async with pages.socket(token) as page:
            await page.send({"type": "connect", "key": "k"})
            await page.frame("ack")
            for who in ("polls", user):
                contact = contact_of(before, who)
                await before.chats.post(contact, source="agent", agent=ADA, key="a", content="one")
            seen = await page.frame("message")
            while seen["content"] != "one":
                seen = await page.frame("message")
        first = (await shopper.poll())["downlinkMessages"]
    async with (
        CallCentre.open(journal, profile=chat_profile()) as after,
        customer_pages(after, DeskHost(after)) as pages,
    ):
        again = type(shopper)(pages, "polls", shopper.token)
        repeated = (await again.poll())["downlinkMessages"]
        assert [m["messageCode"] for m in repeated] == [m["messageCode"] for m in first], "unchanged, same ids"
        contact = contact_of(after, user)
        await after.chats.post(contact, source="agent", agent=ADA, key="b", content="two")
        async with pages.socket(token, after=seen["number"]) as page:
            welcome = await page.frame("welcome")
            assert (welcome["state"]["state"], welcome["state"]["agentName"]) == ("talking", "Agent 101")
            assert (await page.frame("message"))["content"] == "two"
        assert (await again.poll())["downlinkMessages"] == []
