"""Web chat by ccmessaging and by its cookie twin: codes, texts and types as catalogued, tokens, receipts, bad input."""

from __future__ import annotations

import asyncio
import base64
import json
from collections.abc import AsyncIterator
from typing import Any

import pytest

from fakes.call_centre import CallCentre
from fakes.customer_pages import BASE, Pages, customer_pages
from fakes.web_chats import CHANNEL
from fakes.web_server import talk
from opencec.elements.messaging import TWIN_PREFIX
from opencec.services.chat.customer_side import CustomerId, QueuePlace

pytestmark = pytest.mark.contract

PNG = b"\x89PNG\r\n\x1a\n" + b"picture" * 40


@pytest.fixture
async def pages(centre: CallCentre) -> AsyncIterator[Pages]:
    async with customer_pages(centre) as pages:
        yield pages


async def test_a_token_looks_like_the_vendors_and_every_answer_is_strings(pages: Pages) -> None:
    shopper = await pages.shopper()
    assert shopper.token.startswith("eyJjcmVhdGVUaW1l")
    assert shopper.token.endswith("In0%3D")
    foreign = {"userId": "u", "userName": "n", "channelId": "202600000002000001", "locale": "en"}
    for body in (foreign, foreign | {"channelId": "202600000009000001"}):
        answer = await pages.http.post(f"{BASE}/applyToken", json=body, headers=pages.app)
        assert (answer.status_code, answer.json()) == (200, {"resultCode": "1"})
    missing = await pages.http.post(f"{BASE}/applyToken", json={"userId": "u"}, headers=pages.app)
    assert (missing.status_code, missing.json()["resultCode"]) == (400, "2")


async def test_the_vendors_own_sequence(pages: Pages) -> None:
    """CONNECT with content, poll, CHAT, an answer, DISCONNECT by the agent, survey, rating (ccmessaging-channels 9)."""
    web, shopper = pages.web.chats, await pages.shopper()
    assert (await shopper.send("CONNECT", "hello"))["resultCode"] == "0"
    assert await shopper.poll() == {
        "resultCode": "0",
        "resultDesc": "query user messages success.",
        "downlinkMessages": [],
    }
    web.answer("u-1")
    assert (await shopper.send("CHAT", "Is it red?")) == {
        "resultCode": "0",
        "resultDesc": "sendUserMessage successfully.",
    }
    web.say("u-1", "It is.")
    connected, said = (await shopper.poll())["downlinkMessages"]
    assert (connected["sourceType"], connected["senderNickname"]) == ("SYSTEM", "system")
    assert said | {"messageCode": "", "timestamp": 0, "receiveTime": 0} == {
        "channel": "WEB",
        "content": "It is.",
        "from": CHANNEL,
        "to": "u-1",
        "controlType": "CHAT",
        "mediaType": "TEXT",
        "sourceType": "AGENT",
        "senderNickname": "Ada",
        "senderAvatar": None,
        "timestamp": 0,
        "simQuestions": None,
        "callId": "1700000000-1",
        "robotGender": None,
        "isOfflineStatus": False,
        "messageCode": "",
        "interIdx": None,
        "contentType": None,
        "mediaFileType": None,
        "queueFlag": None,
        "receiveTime": 0,
        "associationContentId": None,
    }
    assert len(said["messageCode"]) == 64
    web.hang_up("u-1")
    (gone,) = (await shopper.poll())["downlinkMessages"]
    assert (gone["controlType"], gone["sourceType"], gone["mediaType"], gone["content"], gone["isOfflineStatus"]) == (
        "DISCONNECT",
        "AGENT",
        None,
        None,
        False,
    )
    assert (await shopper.poll())["downlinkMessages"] == [], "the end is told once"
    survey = await shopper.post("getsatisfactionsurveymode", language="en_US")
    assert (survey["resultCode"], survey["satisfactionSurvey"]["surveyType"]) == ("0", "WEB")
    assert [level["satisfactionLevelKey"] for level in survey["satisfactionSurvey"]["satisfactionLevel"]] == list(
        "12345"
    )
    rated = await shopper.post(
        "saveSatisfaction", channel="WEB", userId="u-1", evaluation="5", comment="fine", channelConfigId=CHANNEL
    )
    assert (rated["resultCode"], web.ratings) == ("0", [("u-1", 5, "fine", None, None)])


async def test_the_next_poll_is_the_receipt(pages: Pages) -> None:
    web, shopper = pages.web.chats, await pages.shopper()
    await shopper.send("CONNECT")
    web.say("u-1", "one")
    first = await shopper.poll()
    assert [said.content for said in web.boxes["u-1"]] == ["one"], "told, not yet taken"
    web.say("u-1", "two")
    second = await shopper.poll()
    assert [said.content for said in web.boxes["u-1"]] == ["two"]
    assert [m["content"] for m in (*first["downlinkMessages"], *second["downlinkMessages"])] == ["one", "two"]


async def test_who_comes_straight_back_is_held_until_there_is_something(pages: Pages) -> None:
    web, shopper = pages.web.chats, await pages.shopper()
    await shopper.send("CONNECT")
    await shopper.poll()
    polling = asyncio.create_task(shopper.poll())
    await asyncio.sleep(0.1)
    assert not polling.done()
    web.say("u-1", "there you are")
    assert [m["content"] for m in (await polling)["downlinkMessages"]] == ["there you are"]


async def test_of_two_polls_at_once_the_newer_is_served(pages: Pages) -> None:
    web, shopper = pages.web.chats, await pages.shopper()
    await shopper.send("CONNECT")
    await shopper.poll()
    older = asyncio.create_task(shopper.poll())
    await asyncio.sleep(0.05)
    newer = asyncio.create_task(shopper.poll())
    assert (await older)["downlinkMessages"] == []
    web.say("u-1", "once")
    found = (await newer)["downlinkMessages"] + (await shopper.poll())["downlinkMessages"]
    assert [m["content"] for m in found] == ["once"]


async def test_read_receipts_only_when_asked_for(pages: Pages) -> None:
    web, shopper = pages.web.chats, await pages.shopper()
    await shopper.send("CONNECT")
    await shopper.poll()
    await shopper.send("CHAT", "hello")
    web.agent_reads("u-1")
    assert (await shopper.poll())["downlinkMessages"] == []
    (read,) = (await shopper.poll(isNeedRead="true"))["downlinkMessages"]
    assert (read["controlType"], json.loads(read["content"])) == ("READ", [web.said[0][1].code])
    said = web.say("u-1", "and you")
    assert (await shopper.send("READ", json.dumps([said.code])))["resultCode"] == "0"
    assert web.read_by_customer["u-1"] == said.number


@pytest.mark.parametrize(
    ("denies", "control", "code", "text"),
    [
        ("off_hours", "CONNECT", "12", "The current time is not within the working time of the service agents"),
        ("off_hours", "TRANS2AGENT", "12", "The current time is not within the working time of the service agents."),
        ("no_agent", "CONNECT", "13", "No ccucs address available!"),
    ],
)
async def test_refused_sessions_in_the_documented_words(
    pages: Pages, denies: str, control: str, code: str, text: str
) -> None:
    pages.web.chats.denies = denies
    shopper = await pages.shopper()
    assert await shopper.send(control) == {"resultCode": code, "resultDesc": text}


async def test_texts_without_a_session_or_too_long_or_of_unknown_kinds(pages: Pages) -> None:
    shopper = await pages.shopper()
    failed = {"resultCode": "13", "resultDesc": "sendUserMessage failed"}
    assert await shopper.send("CHAT", "hello") == failed
    assert await shopper.send("DISCONNECT") == {"resultCode": "13", "resultDesc": "disconnect failed"}
    await shopper.send("CONNECT")
    assert await shopper.send("CHAT", "ä" * 513) == failed, "1 KB, not 1,024 characters"
    assert (await shopper.send("CHAT", "ä" * 512))["resultCode"] == "0"
    assert await shopper.send("CHAT") == failed
    assert (await shopper.send("CHAT", "x", mediaType="HOLOGRAM"))["resultCode"] == "3"
    assert (await shopper.send("DANCE"))["resultCode"] == "3"
    assert (await shopper.send("CHAT", "x", **{"from": "somebody-else"}))["resultCode"] == "3"
    assert (await shopper.send("CHAT", "{}", mediaType="WEBCARD")) == failed
    assert (await shopper.send("CHAT", '{"redirectUrl":"https://shop.example.com"}', mediaType="WEBCARD"))[
        "resultCode"
    ] == "0"
    assert len(pages.web.chats.said) == 2


@pytest.mark.parametrize("path", ["sendAsync", "sendSync"])
async def test_both_spellings_of_the_asynchronous_form(pages: Pages, path: str) -> None:
    shopper = await pages.shopper()
    body = {"controlType": "CONNECT", "mediaType": "TEXT", "sourceType": "CUSTOMER", "from": "u-1", "to": CHANNEL}
    assert await shopper.post(path, channel="WEB", **body) == {
        "resultCode": "0",
        "resultDesc": "send sendMessageForOpenApiAsync success.",
    }


async def test_a_repeated_post_is_one_message(pages: Pages) -> None:
    shopper = await pages.shopper()
    await shopper.send("CONNECT")
    for _ in range(3):
        assert (await shopper.send("CHAT", "once", timestamp="1763802000123"))["resultCode"] == "0"
    await shopper.send("CHAT", "once", timestamp="1763802000456")
    assert [said.content for _, said in pages.web.chats.said] == ["once", "once"]


async def test_ten_megabytes_are_refused_before_they_are_read(pages: Pages) -> None:
    shopper = await pages.shopper()
    lines = [f"{name}: {value}" for name, value in shopper.headers.items()]
    head = "\r\n".join([f"POST {BASE}/send HTTP/1.1", "Host: x", "Content-Length: 10000000", *lines, "", ""])
    host, port = pages.address.split(":")
    answer = await talk((host, int(port)), head.encode() + b'{"content":"xxx')
    assert answer.startswith(b"HTTP/1.1 413")


async def test_files_go_up_and_come_down_and_not_to_others(pages: Pages) -> None:
    shopper, other = await pages.shopper(), await pages.shopper("u-2")
    await shopper.send("CONNECT")
    up = await shopper.post(
        "uploadFileStream", channel="WEB", fileType="png", fileStream=base64.b64encode(PNG).decode()
    )
    assert up["returnCode"] == "0"
    assert (await shopper.send("CHAT", f"{up['objectKey']},png", mediaType="IMAGE"))["resultCode"] == "0"
    assert (await shopper.send("CHAT", f"a.png,6,{up['objectKey']},png", mediaType="FILE"))["resultCode"] == "0"
    down = await shopper.post("downloadFileStream", fileId=up["objectKey"], fileType="png", channel="WEB")
    assert (down["resultCode"], base64.b64decode(down["fileStream"])) == ("0", PNG)
    foreign = await other.post("downloadFileStream", fileId=up["objectKey"], fileType="png", channel="WEB")
    assert foreign == {"resultCode": "13", "resultDesc": "fsservice downloadFile is failed"}
    await other.send("CONNECT")
    assert (await other.send("CHAT", up["objectKey"], mediaType="IMAGE"))["resultCode"] == "13"


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"fileType": "png"}, "2"),
        ({"fileType": "exe", "fileStream": "AAAA"}, "3"),
        ({"fileType": "png", "fileStream": "not base64!"}, "3"),
        ({"fileType": "png", "fileStream": base64.b64encode(b"MZ" * 20).decode()}, "13"),
    ],
)
async def test_uploads_that_fail(pages: Pages, fields: dict[str, str], code: str) -> None:
    shopper = await pages.shopper()
    assert await shopper.post("uploadFileStream", channel="WEB", **fields) == {"returnCode": code}


async def test_downloads_that_fail(pages: Pages) -> None:
    shopper = await pages.shopper()
    assert (await shopper.post("downloadFileStream", fileType="png")) == {
        "resultCode": "401",
        "resultDesc": "objectKey is null!",
    }
    assert (await shopper.post("downloadFileStream", fileId="a", fileType="exe"))["resultDesc"] == (
        "param filetype Out of range!"
    )


async def test_queue_information(pages: Pages) -> None:
    web, shopper = pages.web.chats, await pages.shopper()
    assert await shopper.post("queryQueueInfo", userId="u-1", channelConfigId=CHANNEL) == {"resultCode": "160004"}
    await shopper.send("CONNECT")
    web.places["u-1"] = QueuePlace(
        position=2, total_wait_s=7, queue_wait_s=5, most_wait_s=600, longest_wait_s=30, estimate_s=40
    )
    assert await shopper.post("queryQueueInfo", userId="u-1", channelConfigId=CHANNEL) == {
        "resultCode": "0",
        "position": 2,
        "totalWaitTime": 7,
        "currentDeviceWaitTime": 5,
        "configMaxcWaitTime": 600,
        "longestWaitTime": 30,
        "estimateWaitTime": 40,
    }
    (told,) = (await shopper.poll())["downlinkMessages"]
    assert (told["content"], told["queueFlag"], told["sourceType"]) == ("You are number 2.", "Y", "SYSTEM")
    assert (await shopper.poll())["downlinkMessages"] == [], "said every ten seconds only"
    web.answer("u-1")
    assert await shopper.post("queryQueueInfo", userId="u-1") == {"resultCode": "160021"}
    assert await shopper.post("queryQueueInfo", userId="u-2") == {"resultCode": "1"}


async def test_history_and_words_for_later_and_phrases(pages: Pages) -> None:
    shopper = await pages.shopper()
    await shopper.send("CONNECT")
    await shopper.send("CHAT", "first")
    pages.web.chats.say("u-1", "second")
    found = await shopper.post("queryHistoryChatMessage", channelId=CHANNEL, userId="u-1", limit="10", offset="0")
    told = [(m["sourceType"], m["content"]) for m in found["messageList"]]
    assert told == [("USER", "first"), ("AGENT", "second")]
    assert (await shopper.post("queryHistoryChatMessage", userId="u-2"))["resultCode"] == "1"
    left = await shopper.post(
        "doLeaveMessage", callId="u-1", caller="+1 555 0100", leaveMessage="call me", channel="WEB"
    )
    assert left == {"resultCode": "0", "resultDesc": "Save leaveMessage success!"}
    assert pages.web.chats.left == [("u-1", "+1 555 0100", "call me")]
    assert (await shopper.post("doLeaveMessage", callId="u-1", caller="", leaveMessage="x"))["resultCode"] == "2"
    phrase = await shopper.post("queryPhraseByKeyword", strContent="red", locale="en", channel="WEB")
    assert phrase == {"resultCode": "1", "resultDesc": "Robot is no exsit"}


@pytest.mark.parametrize("bad", ["", "x", "eyJjcmVhdGVUaW1lIjoiMSJ9", "%ff", "a" * 5000])
async def test_a_token_that_is_none_of_ours(pages: Pages, bad: str) -> None:
    answer = await pages.http.get(f"{BASE}/poll", headers=pages.app | {"ccmessaging-token": bad})
    assert (answer.status_code, answer.json()["resultCode"]) == (401, "401")


async def test_without_a_bearer_token_nothing(pages: Pages) -> None:
    shopper = await pages.shopper()
    answer = await pages.http.get(f"{BASE}/poll", headers={"ccmessaging-token": shopper.token})
    assert (answer.status_code, answer.json()["errorCode"]) == (403, "0")


async def test_an_old_token_is_renewed_in_a_session_and_refused_without(pages: Pages, centre: CallCentre) -> None:
    who = CustomerId(CHANNEL, "u-1", "Ines", "en")
    old = pages.tokens.issue(who, proof="app", now=centre.clock.now() - 3_601_000)
    headers = pages.app | {"ccmessaging-token": old}
    assert (await pages.http.get(f"{BASE}/poll", headers=headers)).status_code == 401
    await (await pages.shopper()).send("CONNECT")
    answer = await pages.http.get(f"{BASE}/poll", headers=headers)
    assert answer.status_code == 200
    renewed = answer.headers["ccmessaging-token"]
    facts = pages.tokens.read(renewed)
    assert facts is not None
    assert (facts.who, renewed != old) == (who, True)
    ancient = pages.tokens.issue(who, proof="app", now=centre.clock.now() - 13 * 3_600_000)
    assert (await pages.http.get(f"{BASE}/poll", headers=pages.app | {"ccmessaging-token": ancient})).status_code == 401


async def test_no_bit_of_a_token_can_be_changed(pages: Pages, centre: CallCentre) -> None:
    raw = base64.b64decode(
        pages.tokens.issue(CustomerId(CHANNEL, "u-1"), proof="app", now=centre.clock.now()).replace("%3D", "=")
    )
    for forged in (raw.replace(b"u-1", b"u-2"), raw.replace(CHANNEL.encode(), b"202600000002000001")):
        assert pages.tokens.read(base64.b64encode(forged).decode()) is None


async def test_the_cookie_twin(pages: Pages) -> None:
    web, shopper = pages.web.chats, await pages.shopper()
    headers = {"Cookie": f"x=1; ccmessaging-token={shopper.token}"}

    async def ask(method: str, operation: str, body: Any = None, **more: str) -> dict[str, Any]:
        content = b"" if body is None else json.dumps(body).encode()
        answer = await pages.http.request(method, f"{TWIN_PREFIX}/{operation}", content=content, headers=headers | more)
        assert answer.status_code == 200, answer.text
        return answer.json()

    assert (await ask("POST", "sendMessageForWebChannel", {"controlType": "CONNECT"}))["resultCode"] == "0"
    await ask("POST", "sendMessageForWebChannel", {"controlType": "CHAT", "mediaType": "TEXT", "content": "hi"})
    web.say("u-1", "hello")
    found = await ask("GET", "getMessageForWebChannel")
    assert [m["content"] for m in found["downlinkMessages"]] == ["hello"]
    config = await ask("GET", "queryChannelConfigByChannelAndId")
    assert (config["useRobot"], config["queueReminderInterval"], "resultCode" in config) == ("false", 10, False)
    left = await ask("POST", "doLeaveMessage", {"phoneNo": "5550100", "leaveMessage": "call"})
    assert (left["resultCode"], left["returnCode"]) == ("0", "0")
    assert (await ask("POST", "queryQueueInfo"))["resultCode"] == "4"
    document = await ask("POST", "downloadDocument", {"messageCode": "x", "fileSuffix": "pdf"})
    assert document["resultCode"] == "2"
    answer = await pages.http.get(
        f"{TWIN_PREFIX}/getMessageForWebChannel", headers=headers | {"Origin": "https://evil.example.net"}
    )
    assert answer.status_code == 401, "a foreign page cannot use the cookie"
    assert (await pages.http.get(f"{TWIN_PREFIX}/getMessageForWebChannel")).status_code == 401
