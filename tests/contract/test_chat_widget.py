"""Our own widget's interface: sessions and their proofs, the websocket exactly once, files, the documented scripts."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest
from websockets.exceptions import ConnectionClosed

from fakes.call_centre import CallCentre
from fakes.customer_pages import Pages, customer_pages
from fakes.web_chats import CHANNEL

pytestmark = pytest.mark.contract

PNG = b"\x89PNG\r\n\x1a\n" + b"picture" * 40
SCRIPTS = "/service-cloud/webclient/chat_client/js"
SHOP = "https://shop.example.com"


@pytest.fixture
async def pages(centre: CallCentre) -> AsyncIterator[Pages]:
    async with customer_pages(centre) as pages:
        yield pages


async def test_a_guest_gets_a_session_of_an_hour_and_an_id(pages: Pages) -> None:
    session = await pages.session(userName="Ines", userId="admin")
    assert session["userId"].startswith("guest_"), "who proves nothing chooses no id"
    assert session["expiresIn"] == 3600
    assert session["channel"] == {
        "name": "web",
        "isOpen": True,
        "hasSurvey": True,
        "isAsync": False,
        "maxUploadBytes": 20 * 1024 * 1024,
        "language": "en",
    }
    assert (await pages.session())["userId"] != session["userId"]


async def test_a_whole_talk_over_the_websocket(pages: Pages) -> None:
    web, session = pages.web.chats, await pages.session(userName="Ines")
    user = session["userId"]
    async with pages.socket(session["token"]) as page:
        assert await page.frame() == {"type": "welcome", "state": {"type": "state", "state": "none"}, "after": 0}
        await page.send({"type": "connect", "key": "k-1"})
        assert {(await page.frame())["type"], (await page.frame())["type"]} == {"ack", "state"}
        web.answer(user)
        assert (await page.frame("state")) | {"contact": ""} == {
            "type": "state",
            "state": "talking",
            "contact": "",
            "agentName": "Ada",
        }
        await page.send({"type": "post", "key": "k-2", "mediaType": "TEXT", "content": "Is it red?"})
        ack = await page.frame("ack")
        own = await page.frame("message")
        assert (ack["number"], own["number"], own["key"], own["source"]) == (1, 1, "k-2", "customer")
        web.agent_reads(user)
        assert (await page.frame("read"))["number"] == 1
        web.agent_types(user)
        assert (await page.frame("typing"))["on"] is True
        await page.send({"type": "typing", "on": True})
        await page.send({"type": "read", "number": 1})
        await page.send({"type": "ping"})
        await page.frame("pong")
        assert (web.typed, web.read_by_customer[user]) == ([(user, True)], 1)
        web.hang_up(user)
        assert (await page.frame("state"))["state"] == "ended"
        survey = await page.frame("survey")
        assert (len(survey["levels"]), survey["questions"]) == (5, ["CSAT"])
        await page.send({"type": "rate", "key": "k-3", "score": 4, "comment": "ok", "nps": 9, "fcr": True})
        assert (await page.frame("ack"))["key"] == "k-3"
        assert web.ratings == [(user, 4, "ok", 9, True)]


async def test_everything_after_the_cursor_once_and_in_order(pages: Pages) -> None:
    web, session = pages.web.chats, await pages.session()
    user = session["userId"]
    async with pages.socket(session["token"]) as page:
        await page.send({"type": "connect", "key": "k"})
        await page.frame("ack")
        for n in range(130):
            web.say(user, str(n))
        seen = [await page.frame("message") for _ in range(60)]
    web.say(user, "130")
    async with pages.socket(session["token"], after=seen[-1]["number"]) as page:
        seen += [await page.frame("message") for _ in range(71)]
    assert [frame["content"] for frame in seen] == [str(n) for n in range(131)]
    assert [frame["number"] for frame in seen] == sorted({frame["number"] for frame in seen})


async def test_a_post_sent_again_after_a_lost_connection_counts_once(pages: Pages) -> None:
    session = await pages.session()
    post = {"type": "post", "key": "same", "content": "once"}
    numbers = []
    for _ in range(2):
        async with pages.socket(session["token"]) as page:
            await page.send({"type": "connect", "key": "k"})
            await page.send(post)
            numbers.append((await page.frame("ack"))["number"] if await page.frame("ack") else 0)
    assert len([said for _, said in pages.web.chats.said if said.content == "once"]) == 1


async def test_two_pages_of_one_customer_see_the_same(pages: Pages) -> None:
    session = await pages.session()
    async with pages.socket(session["token"]) as one, pages.socket(session["token"]) as two:
        await one.send({"type": "connect", "key": "k"})
        await one.frame("ack")
        await one.send({"type": "post", "key": "p", "content": "from one"})
        assert (await two.frame("message"))["content"] == "from one"


@pytest.mark.parametrize(
    ("frame", "code"),
    [
        ("{}", "invalid_frame"),
        ("not json", "invalid_frame"),
        ('{"type":"hello"}', "invalid_frame"),
        ('{"type":"post","content":"x"}', "invalid_frame"),
        ('{"type":"post","key":"' + "k" * 65 + '","content":"x"}', "invalid_frame"),
        ('{"type":"dance","key":"k"}', "invalid_frame"),
        ("[" * 2000, "invalid_frame"),
    ],
)
async def test_frames_that_are_none_end_the_connection_with_a_reason(pages: Pages, frame: str, code: str) -> None:
    session = await pages.session()
    async with pages.socket(session["token"]) as page:
        await page.frame("welcome")
        await page.ws.send(frame)
        assert (await page.frame("bye"))["code"] == code
        with pytest.raises(ConnectionClosed):
            await page.ws.recv()


async def test_messages_that_cannot_be_are_refused_by_their_key(pages: Pages) -> None:
    session = await pages.session()
    async with pages.socket(session["token"]) as page:
        await page.send({"type": "post", "key": "early", "content": "x"})
        assert (await page.frame("refused"))["code"] == "not_open"
        await page.send({"type": "connect", "key": "k"})
        for bad in ({"content": ""}, {"content": "x" * 4097}, {"mediaType": "HTML", "content": "<b>"}):
            await page.send({"type": "post", "key": "bad"} | bad)
            assert (await page.frame("refused"))["code"] == "invalid_message"
        await page.send({"type": "post", "key": "file", "mediaType": "IMAGE", "content": "f" * 32})
        assert (await page.frame("refused"))["code"] == "media_not_found"
        await page.send({"type": "rate", "key": "r", "score": 9})
        assert (await page.frame("refused"))["code"] == "invalid_rating"
    assert pages.web.chats.said == []


@pytest.mark.parametrize("token", ["", "x", "eyJjcmVhdGVUaW1lIjoiMSJ9"])
async def test_an_unknown_token_is_told_so(pages: Pages, token: str) -> None:
    async with pages.socket(token) as page:
        assert (await page.frame())["code"] == "token_over"


async def test_a_flood_of_frames_ends(pages: Pages) -> None:
    session = await pages.session()
    async with pages.socket(session["token"]) as page:
        for _ in range(80):
            await page.send({"type": "ping"})
        assert (await page.frame("bye"))["code"] == "too_fast"


async def test_foreign_pages_get_neither_session_nor_socket(pages: Pages) -> None:
    session = await pages.session()
    body = {"channel": CHANNEL, "locale": "en"}
    evil = {"Origin": "https://evil.example.net"}
    refused = await pages.http.post("/chat/v1/sessions", json=body, headers=evil)
    assert (refused.status_code, "access-control-allow-origin" in refused.headers) == (403, False)
    shop = await pages.http.post("/chat/v1/sessions", json=body, headers={"Origin": SHOP})
    assert (shop.status_code, shop.headers["access-control-allow-origin"]) == (200, SHOP)
    with pytest.raises(Exception, match="403"):
        async with pages.socket(session["token"], origin="https://evil.example.net"):
            pass
    async with pages.socket(session["token"], origin=SHOP) as page:
        await page.frame("welcome")


async def test_files_of_the_widget(pages: Pages) -> None:
    session, other = await pages.session(), await pages.session()
    bearer = {"Authorization": f"Bearer {session['token']}"}
    up = await pages.http.post("/chat/v1/files", files={"file": ("Foto 1.png", PNG, "image/png")}, headers=bearer)
    assert (up.status_code, up.json()["name"], up.json()["type"]) == (200, "Foto 1.png", "image/png")
    down = await pages.http.get(f"/chat/v1/files/{up.json()['id']}", headers=bearer)
    assert (down.content, down.headers["x-content-type-options"]) == (PNG, "nosniff")
    assert "sandbox" in down.headers["content-security-policy"]
    foreign = await pages.http.get(
        f"/chat/v1/files/{up.json()['id']}", headers={"Authorization": f"Bearer {other['token']}"}
    )
    assert (foreign.status_code, foreign.json()["code"]) == (404, "media_not_found")
    forged = await pages.http.post("/chat/v1/files", files={"file": ("a.png", b"MZ", "image/png")}, headers=bearer)
    assert (forged.status_code, forged.json()["code"]) == (415, "media_type_mismatch")
    for content in (b"", b"x" * 100):
        bad = await pages.http.post(
            "/chat/v1/files", content=content, headers=bearer | {"Content-Type": "multipart/form-data; boundary=b"}
        )
        assert (bad.status_code, bad.json()["code"]) == (400, "invalid_form")
    assert (await pages.http.post("/chat/v1/files", files={"file": ("a.png", PNG)})).status_code == 401


class Enterprise:
    """Answers `chatThirdPartyValidate`."""

    def __init__(self) -> None:
        self.asked: list[dict[str, Any]] = []
        self.answer: Any = {"retCode": 0, "message": "ok"}

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        length = int(head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0])
        self.asked.append(json.loads(await reader.readexactly(length)))
        text = json.dumps(self.answer).encode()
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(text), text))
        writer.close()


USER_DATA = {
    "thirdUserToken": "page-token",
    "thirdUserName": "Ines",
    "thirdUserId": "cust-4471",
    "tenantSpaceId": "202600000001",
    "channelConfigId": CHANNEL,
    "locale": "en",
}


@pytest.mark.parametrize("name", ["thirdPartyClient.js", "newThirdPartyClient.js"])
async def test_token_mode_asks_the_enterprise_and_the_script_has_its_session(pages: Pages, name: str) -> None:
    enterprise = Enterprise()
    server = await asyncio.start_server(enterprise.serve, "127.0.0.1", 0)
    url = (
        f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/rest/cc-messaging/v1/thirdparty/chatThirdPartyValidate"
    )
    pages.web.config = msgspec.structs.replace(pages.web.config, validate_url=url, secret="key")
    async with server:
        answer = await pages.http.post(f"{SCRIPTS}/{name}?&t=1", json=USER_DATA, headers={"Origin": SHOP})
        assert (answer.status_code, answer.headers["content-type"]) == (200, "text/javascript; charset=utf-8")
        settings = json.loads(answer.text.removeprefix("run(").removesuffix(");"))
        assert (settings["session"]["userId"], settings["channel"]) == ("cust-4471", CHANNEL)
        assert enterprise.asked == [
            {"Token": "page-token", "userName": "Ines", "userId": "cust-4471", "tenantSpaceId": "202600000001"}
        ]
        assert answer.headers["set-cookie"].startswith(f"ccmessaging-token={settings['session']['token']};")
        async with pages.socket(settings["session"]["token"], origin=SHOP) as page:
            await page.frame("welcome")
        enterprise.answer = {"retCode": 1}
        refused = await pages.http.post(f"{SCRIPTS}/{name}", json=USER_DATA, headers={"Origin": SHOP})
        assert refused.status_code == 403
        guest = {name: value for name, value in USER_DATA.items() if name != "thirdUserToken"}
        assert (await pages.http.post(f"{SCRIPTS}/{name}", json=guest, headers={"Origin": SHOP})).status_code == 403


def signed(fields: dict[str, Any], *, host: str, path: str, sk: str = "key", ak: str = "AK1") -> dict[str, Any]:
    """As an enterprise's server signs the user data object."""

    def mac(key: str, text: str) -> str:
        return hmac.new(key.encode(), text.encode(), hashlib.sha256).hexdigest()

    def enc(text: str) -> str:
        plain = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~"
        return "".join(chr(b) if b in plain else f"%{b:02X}" for b in text.encode())

    prefix = f"auth-v2/{ak}/{datetime.now(UTC).strftime('%Y-%m-%dT%H:%M:%SZ')}/host"
    body = json.dumps(fields, separators=(",", ":"), ensure_ascii=False)
    text = "\n".join(["POST", path, "host", f"host:{enc(host)}", enc(body)])
    return fields | {"thirdPartAuthorization": f"{prefix}/{mac(mac(sk, prefix), text)}"}


async def test_authorization_mode_checks_the_signature(pages: Pages) -> None:
    pages.web.config = msgspec.structs.replace(pages.web.config, secret="key", access_key="AK1")
    path = f"{SCRIPTS}/newThirdPartyClient.js"
    fields = {name: value for name, value in USER_DATA.items() if name != "thirdUserToken"} | {
        "thirdUserName": "Inés",
        "timestamp": "1763802000123",
    }
    good = signed(fields, host=pages.address, path=path)
    answer = await pages.http.post(path, json=good, headers={"Origin": SHOP})
    assert answer.status_code == 200, answer.text
    for bad in (
        good | {"thirdUserId": "another"},
        signed(fields, host=pages.address, path=path, sk="guess"),
        signed(fields, host=pages.address, path=path, ak="AK2"),
        signed(fields, host=pages.address, path="/else"),
        good | {"tenantSpaceId": "1"},
    ):
        assert (await pages.http.post(path, json=bad, headers={"Origin": SHOP})).status_code == 403


async def test_wrong_proofs_lock_the_source(pages: Pages) -> None:
    pages.web.config = msgspec.structs.replace(pages.web.config, secret="key")
    answers = [
        await pages.http.post("/chat/v1/sessions", json={"channel": CHANNEL, "thirdPartAuthorization": "auth-v2/x"})
        for _ in range(6)
    ]
    assert [answer.status_code for answer in answers] == [403] * 5 + [429]
