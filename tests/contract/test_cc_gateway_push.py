"""Pushed events, against a real receiver on loopback: both forms, order, trouble of every kind, restarts."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from fakes.call_centre import PASSWORD, CallCentre
from fakes.gateway_client import Clients, gateway_clients
from fakes.journal import MemoryJournal
from fakes.push_receiver import PushReceiver
from opencec.services.feed import FeedLimits

pytestmark = pytest.mark.contract

FIRST = ["AgentOther_InService", "AgentState_Ready"]
BUSY = "AgentState_SetNotReady_Success"


@pytest.fixture(autouse=True)
def quick_retries(monkeypatch: pytest.MonkeyPatch) -> None:
    """Back-off as in the field, only faster."""
    monkeypatch.setattr("opencec.services.push._FIRST_RETRY_S", 0.02)
    monkeypatch.setattr("opencec.services.push._LAST_RETRY_S", 0.2)
    monkeypatch.setattr("opencec.adapters.outbound_http.callbacks._FIRST_DOWN_S", 0.02)


async def test_list_form_with_token_and_guid(centre: CallCentre, clients: Clients) -> None:
    async with PushReceiver.serve() as receiver:
        agent = clients(101)
        await agent.sign_in(callBackUri=f"{receiver.url}/event/pushresult?x=1", serviceToken="tok-1")
        assert await receiver.wait(2) == FIRST
        post = receiver.posts[0]
        assert post.target == "/event/pushresult?x=1"
        assert (post.headers["Guid"], post.headers["service_token"]) == (agent.guid, "tok-1")
        assert post.headers["Content-Type"] == "application/json; charset=UTF-8"
        assert list(post.body) == ["workNo", "eventList"]
        assert post.body["workNo"] == "101"
        assert post.body["eventList"][0]["workNo"] == "101"
        await agent.ok("POST", "/onlineagent/{a}/saybusy?reason=200")
        assert await receiver.wait(3) == [*FIRST, BUSY]
        assert receiver.taken[2]["content"] == {"reason": "200"}
        contact = await centre.call_in()
        assert contact not in str(receiver.taken)


async def test_single_form_has_one_event_a_post_and_no_other_keys(clients: Clients) -> None:
    async with PushReceiver.serve() as receiver:
        receiver.mood = "empty"
        agent = clients(101)
        await agent.sign_in(pushUrl=f"{receiver.url}/event?token=abc123&a=b")
        assert await receiver.wait(2) == FIRST
        assert [post.target for post in receiver.posts] == ["/event?token=abc123&a=b"] * 2
        assert receiver.posts[0].body == {
            "message": "", "retcode": "0",
            "event": {"eventType": "AgentOther_InService", "workNo": "101", "content": None},
        }  # fmt: skip
        assert "service_token" not in receiver.posts[0].headers
        assert "Guid" not in receiver.posts[0].headers
        assert receiver.connections == 1, "one connection is used again"


async def test_polls_are_refused_in_push_mode_and_heartbeats_in_poll_mode(clients: Clients) -> None:
    async with PushReceiver.serve() as receiver:
        pushed, polling = clients(101), clients(102)
        await pushed.sign_in(pushUrl=receiver.url)
        await polling.sign_in()
        assert (await pushed.send("GET", "/agentevent/{a}")).json()["retcode"] == "000-001"
        alive = await pushed.send("POST", "/onlineagent/{a}/handshake")
        assert alive.content == b'{"message":"","retcode":"0"}'
        beat = await pushed.ok("PUT", "/onlineagent/{a}/heartbeat")
        assert beat["loginTime"].isdigit()
        for method, path in (("POST", "/onlineagent/{a}/handshake"), ("PUT", "/onlineagent/{a}/heartbeat")):
            assert (await polling.send(method, path)).json()["retcode"] == "000-001"
        assert await polling.events() == FIRST


async def test_heartbeat_changes_the_token(clients: Clients) -> None:
    async with PushReceiver.serve() as receiver:
        receiver.mood_of = lambda post: "refuse" if post.headers["service_token"] == "old" else None
        agent = clients(101)
        await agent.sign_in(callBackUri=receiver.url, serviceToken="old")
        async with asyncio.timeout(5):
            while len(receiver.posts) < 2:
                await asyncio.sleep(0.01)
        assert receiver.taken == [], "a receiver that says no gets the events again"
        headers = {"Guid": agent.guid, "service_token": "bad token"}
        path = "/agentgateway/resource/onlineagent/101/handshake"
        assert (await agent.http.post(path, headers=headers)).json()["retcode"] == "100-001"
        headers["service_token"] = "new"
        assert (await agent.http.post(path, headers=headers)).json()["retcode"] == "0"
        assert await receiver.wait(2) == FIRST


@pytest.mark.parametrize("mood", ["error", "close", "hang", "redirect", "garbage", "refuse"])
async def test_failing_receiver_gets_everything_in_order_later(clients: Clients, mood: str) -> None:
    async with PushReceiver.serve() as receiver:
        receiver.moods.extend([mood] * 3)  # type: ignore[list-item]
        agent = clients(101)
        await agent.sign_in(callBackUri=receiver.url, serviceToken="t")
        for reason in (201, 202, 203):
            await agent.ok("POST", f"/onlineagent/{{a}}/saybusy?reason={reason}&prolong=true")
        assert await receiver.wait(5) == [*FIRST, BUSY, BUSY, BUSY]
        assert [event["content"]["reason"] for event in receiver.taken[2:]] == ["201", "202", "203"]
        assert len(receiver.posts) >= 4
        assert "/elsewhere" not in {post.target for post in receiver.posts}, "redirects are not followed"


@pytest.mark.parametrize("mood", ["huge", "last", "slow"])
async def test_odd_answers_are_answers(clients: Clients, mood: str) -> None:
    async with PushReceiver.serve() as receiver:
        receiver.mood = mood  # type: ignore[assignment]
        agent = clients(101)
        await agent.sign_in(pushUrl=receiver.url)
        await agent.ok("POST", "/onlineagent/{a}/saybusy")
        assert await receiver.wait(3) == [*FIRST, BUSY]
        assert len(receiver.posts) == 3


async def test_dead_and_hanging_receivers_hold_up_nobody_else(clients: Clients) -> None:
    async with PushReceiver.serve() as good, PushReceiver.serve() as hanging:
        hanging.mood = "hang"
        stuck, dead, well = clients(101), clients(102), clients(103)
        await stuck.sign_in(pushUrl=hanging.url)
        await dead.sign_in(pushUrl="http://127.0.0.1:1/nobody")
        await well.sign_in(pushUrl=good.url)
        loop = asyncio.get_running_loop()
        for _ in range(10):
            began = loop.time()
            await well.ok("POST", "/onlineagent/{a}/saybusy")
            await well.ok("POST", "/onlineagent/{a}/sayfree")
            count = len(good.taken)
            await good.wait(max(2, count))
            assert loop.time() - began < 1.0
        assert await good.wait(22) == [*FIRST, *([BUSY, "AgentState_Ready"] * 10)]
        assert hanging.taken == []


async def test_one_post_a_session_and_sessions_side_by_side(clients: Clients) -> None:
    async with PushReceiver.serve() as receiver:
        receiver.mood = "slow"
        agents = [clients(101 + number) for number in range(5)]
        for agent in agents:
            await agent.sign_in(pushUrl=receiver.url)
        for agent in agents:
            for reason in (201, 202, 203):
                await agent.ok("POST", f"/onlineagent/{{a}}/saybusy?reason={reason}&prolong=true")
        await receiver.wait(25, wait_s=10)
        assert 2 <= receiver.at_once <= 4, "sessions side by side, over at most the allowed connections"
        for agent in agents:
            own = [event for event in receiver.taken if event["workNo"] == str(agent.agent)]
            assert [event["eventType"] for event in own] == [*FIRST, BUSY, BUSY, BUSY]
            assert [event["content"]["reason"] for event in own[2:]] == ["201", "202", "203"]


async def test_unacknowledged_events_survive_a_restart_of_control() -> None:
    journal = MemoryJournal()
    async with PushReceiver.serve() as receiver:
        async with CallCentre.open(journal) as centre, gateway_clients(centre) as clients:
            agent = clients(101)
            await agent.sign_in(callBackUri=receiver.url, serviceToken="t-9")
            await receiver.wait(2)
            receiver.mood = "error"
            await agent.ok("POST", "/onlineagent/{a}/saybusy?reason=201")
            await agent.ok("POST", "/onlineagent/{a}/sayfree")
            guid = agent.guid
        receiver.mood = "ok"
        receiver.posts.clear()
        async with CallCentre.open(journal) as centre, gateway_clients(centre) as clients:
            assert await receiver.wait(4) == [*FIRST, BUSY, "AgentState_Ready"]
            post = receiver.posts[0]
            assert (post.headers["Guid"], post.headers["service_token"]) == (guid, "t-9")
            again = clients(101)
            again.guid = guid
            assert (await again.send("POST", "/onlineagent/{a}/handshake")).json()["retcode"] == "0"
            assert (await again.send("GET", "/agentevent/{a}")).json()["retcode"] == "000-001"


async def test_snapshot_keeps_receivers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("opencec.services.tenant_runtime._SNAPSHOT_EVERY", 2)
    journal = MemoryJournal()
    async with PushReceiver.serve() as receiver:
        receiver.mood = "error"
        async with CallCentre.open(journal) as centre, gateway_clients(centre) as clients:
            agent = clients(101)
            await agent.sign_in(pushUrl=receiver.url)
            await agent.ok("POST", "/onlineagent/{a}/saybusy")
            await asyncio.sleep(0.05)
            assert await journal.latest_snapshot(centre.port.tenant) is not None
        receiver.mood = "ok"
        async with CallCentre.open(journal):
            assert await receiver.wait(3) == [*FIRST, BUSY]


async def test_silent_pushed_agent_is_signed_out_and_heartbeats_keep_it() -> None:
    limits = FeedLimits(wait_ms=50, silence_ms=1_500)
    async with (
        PushReceiver.serve() as receiver,
        CallCentre.open(limits=limits) as centre,
        gateway_clients(centre) as clients,
    ):
        silent, alive = clients(101), clients(102)
        await silent.sign_in(pushUrl=receiver.url)
        await alive.sign_in(pushUrl=receiver.url)
        async with asyncio.timeout(8):
            while "AgentOther_ShutdownService" not in receiver.kinds():
                await alive.ok("PUT", "/onlineagent/{a}/heartbeat")
                await asyncio.sleep(0.1)
        last = receiver.taken[-1]
        assert (last["eventType"], last["workNo"]) == ("AgentOther_ShutdownService", "101")
        assert await alive.ok("GET", "/onlineagent/{a}/agentstatus") == {"agentState": 4, "isWorking": False}


async def test_receiver_that_stays_away_ends_the_session_not_the_memory() -> None:
    limits = FeedLimits(wait_ms=50, capacity=4)
    async with CallCentre.open(limits=limits) as centre, gateway_clients(centre) as clients:
        agent = clients(101)
        await agent.sign_in(pushUrl="http://127.0.0.1:1/")
        for reason in (201, 202, 203):
            await agent.call("POST", f"/onlineagent/{{a}}/saybusy?reason={reason}&prolong=true")
        desk = centre.gateway.desk(centre.port.tenant)
        async with asyncio.timeout(5):
            while desk.sessions.count():
                await asyncio.sleep(0.05)
        async with asyncio.timeout(5):
            while desk.pusher.is_trying():
                await asyncio.sleep(0.05)


async def test_taken_over_session_hears_its_last_words(clients: Clients) -> None:
    async with PushReceiver.serve() as first, PushReceiver.serve() as second:
        await clients(101).sign_in(pushUrl=first.url)
        await first.wait(2)
        await clients(101).sign_in("/onlineagent/{a}/forcelogin", pushUrl=second.url)
        assert await first.wait(3) == [*FIRST, "AgentOther_ShutdownService"]
        assert await second.wait(2) == FIRST


REFUSED = [
    {"pushUrl": "ftp://127.0.0.1/"},
    {"pushUrl": "http://192.0.2.7/"},
    {"pushUrl": "https://10.0.0.1/"},
    {"pushUrl": "https://169.254.169.254/latest/"},
    {"pushUrl": "https://[::1]/"},
    {"pushUrl": "https://[::ffff:10.0.0.1]/"},
    {"pushUrl": "https://user:pass@example.com/"},
    {"pushUrl": "https://0x7f.1/"},
    {"pushUrl": "https:///path"},
    {"pushUrl": "https://example.com:99999/"},
    {"pushUrl": "//example.com/"},
    {"callBackUri": "not a url", "serviceToken": "t"},
    {"callBackUri": "https://example.com/", "serviceToken": "with space"},
    {"callBackUri": "https://example.com/", "serviceToken": "x" * 51},
    {"callBackUri": "https://example.com/" + "x" * 190, "serviceToken": "t"},
]


async def test_addresses_and_tokens_that_cannot_be_used(clients: Clients) -> None:
    agent = clients(101)
    for fields in REFUSED:
        body = {"password": PASSWORD, "phonenum": "7101", **fields}
        answer = (await agent.send("PUT", "/onlineagent/{a}", body)).json()
        assert answer["retcode"] == "100-001", fields


async def test_name_that_leads_to_a_forbidden_address_is_not_connected(monkeypatch: pytest.MonkeyPatch) -> None:
    async with PushReceiver.serve() as receiver:
        port = int(receiver.url.rpartition(":")[2])
        monkeypatch.setattr("opencec.adapters.outbound_http.guard._look_up", lambda host, port: ["10.1.2.3"])
        async with CallCentre.open() as centre, gateway_clients(centre) as clients:
            await clients(101).sign_in(pushUrl=f"http://inner.example.com:{port}/")
            async with asyncio.timeout(5):
                while not centre.gateway.metrics.pushes.values.get(("address",)):
                    await asyncio.sleep(0.01)
        assert receiver.connections == 0


async def test_https_receiver_with_a_trusted_certificate(tmp_path: Path) -> None:
    async with (
        PushReceiver.serve(tls=tmp_path) as receiver,
        CallCentre.open(ca_file=receiver.ca_file) as centre,
        gateway_clients(centre) as clients,
    ):
        await clients(101).sign_in(callBackUri=f"{receiver.url}/push", serviceToken="t")
        assert await receiver.wait(2) == FIRST


async def test_https_receiver_with_an_unknown_certificate_gets_nothing(tmp_path: Path) -> None:
    async with (
        PushReceiver.serve(tls=tmp_path) as receiver,
        CallCentre.open() as centre,
        gateway_clients(centre) as clients,
    ):
        await clients(101).sign_in(callBackUri=f"{receiver.url}/push", serviceToken="t")
        async with asyncio.timeout(5):
            while not centre.gateway.metrics.pushes.values.get(("tls",)):
                await asyncio.sleep(0.01)
        assert receiver.posts == []
