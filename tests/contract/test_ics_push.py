"""Events of the ICS gateway that are pushed: sign-in, order, framing, dead receivers, silence, restarts, sign-out."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import httpx
import msgspec
import pytest

import opencec.elements.ics_gateway.operations as ics_operations
import opencec.elements.ics_gateway.push as ics_push
from fakes.call_centre import WEB, CallCentre, chat_profile
from fakes.ics import CONFIG, IcsClient, Settings, ics_gateway
from fakes.journal import MemoryJournal
from fakes.push_receiver import PushReceiver
from opencec.adapters.system.clock import SystemClock
from opencec.core.commands import ResetSkills, SignIn
from opencec.core.ids import AgentId

pytestmark = pytest.mark.contract

ADA = AgentId(101)


class LateClock(SystemClock):
    """Runs `ahead_ms` ahead."""

    ahead_ms = 0

    def now(self) -> int:
        return super().now() + self.ahead_ms


@pytest.fixture
def tenant() -> Settings:
    return Settings()


@pytest.fixture
def clock() -> LateClock:
    return LateClock()


@pytest.fixture
async def centre() -> AsyncIterator[CallCentre]:
    async with CallCentre.open(profile=chat_profile()) as running:
        yield running


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ics_push, "_PAUSES_S", (0.01, 0.02, 0.04))
    monkeypatch.setattr(ics_push, "_SWEEP_S", 0.05)
    monkeypatch.setattr(ics_operations, "_HOLD_S", 0.2)


@pytest.fixture
async def http(centre: CallCentre, tenant: Settings, clock: LateClock) -> AsyncIterator[httpx.AsyncClient]:
    async with ics_gateway(centre, lambda: tenant.config, clock=clock) as client:
        yield client


@pytest.fixture
async def receiver() -> AsyncIterator[PushReceiver]:
    async with PushReceiver.serve() as running:
        yield running


async def sign_in(centre: CallCentre) -> None:
    session = centre.port.new_session_id()
    await centre.port.execute(SignIn(agent=ADA, session=session, phone="", auto_answer=True))
    await centre.port.execute(ResetSkills(agent=ADA))


async def until(receiver: PushReceiver, kind: str, *, user: str = "cust1") -> dict[str, Any]:
    """The first event of a kind that the receiver took for a user."""
    async with asyncio.timeout(10):
        while True:
            for event in receiver.taken:
                if (event["eventType"], event["userName"]) == (kind, user):
                    return event
            await asyncio.sleep(0.01)


async def test_login_with_a_push_address_answers_no_object_and_tells_the_receiver(
    http: httpx.AsyncClient, receiver: PushReceiver
) -> None:
    client = IcsClient(http)
    assert await client.login(pushUrl=f"{receiver.url}/in?a=1") == {"message": "", "retcode": "0", "result": None}
    event = await until(receiver, "WECC_PROVIDER_IN_SERVER")
    assert (event["userName"], event["vdnId"]) == ("cust1", 1)
    beat = await client.ask("GET", "onlinewecc", "heartbeat")
    assert beat["result"] == {"loginTime": event["content"]["loginTime"]}
    assert receiver.posts[0].target == "/in?a=1"
    assert receiver.posts[0].body.keys() == {"message", "retcode", "event"}
    assert (await client.ask("GET", "icsevent", ""))["retcode"] == "10-100-002", "pushed sessions are not polled"
    assert (await IcsClient(http).login(pushUrl=receiver.url))["retcode"] == "10-100-008"


async def test_loginex_answers_the_login_time_and_needs_no_image_code(
    centre: CallCentre, http: httpx.AsyncClient, receiver: PushReceiver, tenant: Settings
) -> None:
    tenant.change(ics_needs_code=True)
    await sign_in(centre)
    client = IcsClient(http)
    assert (await client.login("loginex"))["retcode"] == "10-100-007"
    answer = await client.login("loginex", pushUrl=receiver.url, appId=None)
    event = await until(receiver, "WECC_PROVIDER_IN_SERVER")
    assert answer["result"] == event["content"] == {"loginTime": answer["result"]["loginTime"]}
    assert (await client.call(verifyCode=None))["retcode"] == "0"
    plain = IcsClient(http, "cust2")
    await plain.login(pushUrl=receiver.url)
    assert (await plain.call())["retcode"] == "10-300-001"


async def test_loginex_replaces_a_session_whose_end_is_told_first(
    http: httpx.AsyncClient, receiver: PushReceiver
) -> None:
    old, new = IcsClient(http), IcsClient(http)
    first = (await old.login("loginex", pushUrl=receiver.url))["result"]["loginTime"]
    second = (await new.login("loginex", pushUrl=receiver.url))["result"]["loginTime"]
    assert second > first
    assert (await old.ask("GET", "onlinewecc", "heartbeat"))["retcode"] == "10-100-006"
    assert (await new.ask("GET", "onlinewecc", "heartbeat"))["result"] == {"loginTime": second}
    await receiver.wait(3)
    assert [(event["eventType"], event["content"]["loginTime"]) for event in receiver.taken] == [
        ("WECC_PROVIDER_IN_SERVER", first),
        ("WECC_PROVIDER_SHUTDOWN", first),
        ("WECC_PROVIDER_IN_SERVER", second),
    ]


@pytest.mark.parametrize(
    "url", ["http://192.0.2.9/in", "https://example.com/in", "ftp://127.0.0.1/", "x", "http://u:p@127.0.0.1/"]
)
async def test_only_receivers_on_the_tenants_list_are_taken(http: httpx.AsyncClient, url: str) -> None:
    client = IcsClient(http)
    assert (await client.login(pushUrl=url))["retcode"] == "10-100-007"
    assert (await client.login("loginex", pushUrl=url))["retcode"] == "10-100-007"
    assert (await client.login())["retcode"] == "0", "the name is still free"


async def test_a_receiver_that_leaves_the_list_gets_nothing_more(
    http: httpx.AsyncClient, receiver: PushReceiver, tenant: Settings
) -> None:
    client = IcsClient(http)
    await client.login(pushUrl=receiver.url)
    await until(receiver, "WECC_PROVIDER_IN_SERVER")
    tenant.change(outbound_hosts=())
    await client.ask("DELETE", "onlinewecc", "logout")
    assert (await client.login())["retcode"] == "0"
    await asyncio.sleep(0.2)
    assert len(receiver.posts) == 1


async def test_a_chat_is_pushed_in_order_with_its_length_and_in_ascii(
    centre: CallCentre, http: httpx.AsyncClient, receiver: PushReceiver
) -> None:
    await sign_in(centre)
    client = IcsClient(http)
    await client.login("loginex", pushUrl=receiver.url)
    callid = (await client.call())["result"]
    connected = await until(receiver, "WECC_WEBM_CALL_CONNECTED")
    assert (connected["content"]["callId"], connected["content"]["mediaType"]) == (callid, 1)
    receiver.moods.extend(["slow", "error", "ok", "close", "garbage"])
    for number in range(12):
        key, content = f"k{number}", f"№ {number} 你好"
        await centre.chats.post(callid, source="agent", agent=ADA, key=key, content=content)
    sent = await client.ask("POST", "realtimecall", "dosendmessage", {"callId": callid, "content": "ok"})
    assert sent["retcode"] == "0"
    await until(receiver, "WECC_CHAT_POSTDATA_SUCC")
    await client.ask("DELETE", "realtimecall", "dodropcall", callId=callid)
    await until(receiver, "WECC_WEBM_CALL_DISCONNECTED")
    said = [event["content"]["chatContent"] for event in receiver.taken if "RECEIVEDATA" in event["eventType"]]
    assert [text for text in said if text.startswith("№")] == [f"№ {number} 你好" for number in range(12)]
    kinds = receiver.kinds()
    assert kinds.index("WECC_WEBM_CALL_QUEUING") < kinds.index("WECC_WEBM_CALL_CONNECTED")
    assert kinds[-1] == "WECC_WEBM_CALL_DISCONNECTED"
    assert receiver.at_once == 1
    for post in receiver.posts:
        assert "Transfer-Encoding" not in post.headers
        assert post.raw.isascii()
    assert any(b"\\u4f60\\u597d" in post.raw for post in receiver.posts)


async def test_the_first_event_of_a_call_comes_after_its_answer(
    centre: CallCentre, http: httpx.AsyncClient, receiver: PushReceiver
) -> None:
    await sign_in(centre)
    client = IcsClient(http)
    await client.login("loginex", pushUrl=receiver.url)
    await until(receiver, "WECC_PROVIDER_IN_SERVER")
    await client.call()
    assert receiver.kinds() == ["WECC_PROVIDER_IN_SERVER"]
    await until(receiver, "WECC_WEBM_CALL_QUEUING")


async def test_a_receiver_is_tried_three_times_then_the_event_is_dropped_and_the_next_goes_on(
    http: httpx.AsyncClient, receiver: PushReceiver
) -> None:
    receiver.moods.extend(["error", "error", "error"])
    client = IcsClient(http)
    await client.login(pushUrl=receiver.url)
    await client.ask("DELETE", "onlinewecc", "logout")
    await until(receiver, "WECC_PROVIDER_SHUTDOWN")
    assert [post.body["event"]["eventType"] for post in receiver.posts[:3]] == ["WECC_PROVIDER_IN_SERVER"] * 3
    assert "WECC_PROVIDER_IN_SERVER" not in receiver.kinds()


async def test_a_dead_receiver_holds_up_nobody_else(
    centre: CallCentre, http: httpx.AsyncClient, receiver: PushReceiver
) -> None:
    receiver.mood_of = lambda post: "hang" if post.target == "/dead" else None
    await IcsClient(http, "stuck").login(pushUrl=f"{receiver.url}/dead")
    await IcsClient(http, "fine").login(pushUrl=f"{receiver.url}/good")
    await until(receiver, "WECC_PROVIDER_IN_SERVER", user="fine")


async def test_logout_in_a_call_drops_it_and_shuts_down_with_the_login_time(
    centre: CallCentre, http: httpx.AsyncClient, receiver: PushReceiver
) -> None:
    await sign_in(centre)
    client = IcsClient(http)
    login = (await client.login("loginex", pushUrl=receiver.url))["result"]["loginTime"]
    callid = (await client.call())["result"]
    await until(receiver, "WECC_WEBM_CALL_CONNECTED")
    assert await client.ask("DELETE", "onlinewecc", "logout") == {"message": "", "retcode": "0", "result": None}
    assert (await until(receiver, "WECC_PROVIDER_SHUTDOWN"))["content"] == {"loginTime": login}
    assert receiver.kinds()[-2:] == ["WECC_WEBM_CALL_DISCONNECTED", "WECC_PROVIDER_SHUTDOWN"]
    assert receiver.taken[-2]["content"] == {"callId": callid, "mediaType": 1}
    assert centre.chats.chat_of(WEB, "ics-cust1") is None


async def test_150_s_without_a_heartbeat_end_the_session_and_its_call(
    centre: CallCentre, http: httpx.AsyncClient, receiver: PushReceiver, clock: LateClock
) -> None:
    await sign_in(centre)
    client = IcsClient(http)
    login = (await client.login("loginex", pushUrl=receiver.url))["result"]["loginTime"]
    await client.call()
    await until(receiver, "WECC_WEBM_CALL_CONNECTED")
    clock.ahead_ms += 140_000
    assert (await client.ask("GET", "onlinewecc", "heartbeat"))["retcode"] == "0"
    clock.ahead_ms += 140_000
    assert (await client.ask("GET", "onlinewecc", "heartbeat"))["retcode"] == "0"
    clock.ahead_ms += 151_000
    assert (await until(receiver, "WECC_PROVIDER_SHUTDOWN"))["content"] == {"loginTime": login}
    assert "WECC_WEBM_CALL_DISCONNECTED" in receiver.kinds()
    assert (await client.ask("GET", "onlinewecc", "heartbeat"))["retcode"] == "10-100-006"
    assert (await client.login(pushUrl=receiver.url))["retcode"] == "0"


async def test_pushing_goes_on_after_a_restart_and_the_address_is_sealed(receiver: PushReceiver) -> None:
    journal = MemoryJournal()
    async with CallCentre.open(journal, profile=chat_profile()) as before, ics_gateway(before, lambda: CONFIG) as http:
        await sign_in(before)
        client = IcsClient(http)
        login = (await client.login("loginex", pushUrl=f"{receiver.url}/in"))["result"]["loginTime"]
        callid = (await client.call())["result"]
        await until(receiver, "WECC_WEBM_CALL_CONNECTED")
        receiver.mood = "error"
        await before.chats.post(callid, source="agent", agent=ADA, key="a", content="not taken")
        async with asyncio.timeout(5):
            while receiver.posts[-1].body["event"]["content"].get("chatContent") != "not taken":
                await asyncio.sleep(0.001)
        kept = before.ics.snapshot()
        assert b"k1:ics push:" in kept
    receiver.mood = "ok"
    async with CallCentre.open(journal, profile=chat_profile()) as after, ics_gateway(after, lambda: CONFIG) as http:
        client.http = http
        await after.chats.post(callid, source="agent", agent=ADA, key="b", content="still here")
        async with asyncio.timeout(10):
            while (receiver.taken[-1]["content"].get("chatContent")) != "still here":
                await asyncio.sleep(0.01)
        assert (await client.ask("GET", "onlinewecc", "heartbeat"))["result"] == {"loginTime": login}
        await client.ask("DELETE", "onlinewecc", "logout")
        assert (await until(receiver, "WECC_PROVIDER_SHUTDOWN"))["content"] == {"loginTime": login}


async def test_the_end_of_a_session_is_told_after_a_restart(receiver: PushReceiver) -> None:
    journal = MemoryJournal()
    receiver.mood = "hang"
    async with CallCentre.open(journal, profile=chat_profile()) as before, ics_gateway(before, lambda: CONFIG) as http:
        client = IcsClient(http)
        login = (await client.login("loginex", pushUrl=receiver.url))["result"]["loginTime"]
        await client.ask("DELETE", "onlinewecc", "logout")
    receiver.mood = "ok"
    async with CallCentre.open(journal, profile=chat_profile()) as after, ics_gateway(after, lambda: CONFIG):
        assert (await until(receiver, "WECC_PROVIDER_SHUTDOWN"))["content"] == {"loginTime": login}
        async with asyncio.timeout(5):
            while after.ics.pushed():
                await asyncio.sleep(0.01)
    told = len(receiver.posts)
    async with CallCentre.open(journal, profile=chat_profile()) as again, ics_gateway(again, lambda: CONFIG):
        assert again.ics.pushed() == []
    assert len(receiver.posts) == told


@pytest.mark.parametrize("push", [False, True])
async def test_a_guid_that_was_signed_out_is_not_good_after_a_restart(receiver: PushReceiver, push: bool) -> None:
    journal = MemoryJournal()
    body = {"pushUrl": receiver.url} if push else {}
    async with CallCentre.open(journal, profile=chat_profile()) as before, ics_gateway(before, lambda: CONFIG) as http:
        gone, stays = IcsClient(http), IcsClient(http, "cust2")
        await gone.login(**body)
        await stays.login(**body)
        assert (await gone.ask("DELETE", "onlinewecc", "logout"))["retcode"] == "0"
    async with CallCentre.open(journal, profile=chat_profile()) as after, ics_gateway(after, lambda: CONFIG) as http:
        gone.http = stays.http = http
        assert (await gone.ask("GET", "onlinewecc", "heartbeat"))["retcode"] == "10-100-006"
        assert (await stays.ask("GET", "onlinewecc", "heartbeat"))["retcode"] == "0"
        assert (await stays.login())["retcode"] == "10-100-008"
        kept = after.ics.snapshot()
        assert len(msgspec.msgpack.decode(kept)) <= 2
        after.ics.restore(kept)
        assert (await gone.ask("GET", "onlinewecc", "heartbeat"))["retcode"] == "10-100-006"
        assert (await stays.ask("GET", "onlinewecc", "heartbeat"))["retcode"] == "0"
