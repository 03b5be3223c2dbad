"""Subscriptions to recognised speech: registering, lifetime, cancelling, and what a recogniser's result becomes."""

from __future__ import annotations

import asyncio

import msgspec
import pytest

from fakes.call_centre import PASSWORD, CallCentre, profile_of
from fakes.gateway_client import Clients, GatewayClient, gateway_clients
from fakes.journal import MemoryJournal
from fakes.push_receiver import PushReceiver
from opencec.core.config import TenantProfile
from opencec.services.recognition_subscriptions import RecognitionResult, Utterance

pytestmark = pytest.mark.contract

REGISTER = "/config/subscribe/register"
GOOD = {
    "subscribeType": "1", "serviceToken": "tok-1", "serviceCallBackUri": "https://asr.example.com/in",
    "nlpFlag": "false",
}  # fmt: skip
HEARD = RecognitionResult(
    contact="1700000000-5", agent="101", talker="15550123", is_customer=True, customer="15550123",
    utterances=(Utterance(content="where is my order", confidence=0.931),),
)  # fmt: skip
REFUSED = [
    ({"subscribeType": "2"}, "107-002"),
    ({"serviceCallBackUri": "https://10.0.0.1/"}, "107-002"),
    ({"serviceCallBackUri": "x" * 201}, "107-002"),
    ({"nlpFlag": None}, "107-002"),
    ({"nlpFlag": "true"}, "107-049"),
    ({"serviceToken": "two words"}, "107-051"),
]


def profile() -> TenantProfile:
    """Agent 120 manages the system."""
    plain = profile_of()
    agents = tuple(
        msgspec.structs.replace(agent, rights=("system",)) if agent.id == 120 else agent for agent in plain.agents
    )
    return msgspec.structs.replace(plain, agents=agents)


async def manager(clients: Clients) -> GatewayClient:
    agent = clients(120)
    answer = await agent.send("PUT", "/onlineagent/{a}/forceloginex", {"password": PASSWORD})
    agent.guid = answer.headers["Set-GUID"].partition("=")[2]
    return agent


async def test_what_cannot_be_subscribed() -> None:
    async with CallCentre.open(profile=profile()) as centre, gateway_clients(centre) as clients:
        agent = await manager(clients)
        assert (await agent.call("POST", REGISTER))[0] == "107-002"
        for change, code in REFUSED:
            assert (await agent.call("POST", REGISTER, {**GOOD, **change}))[0] == code, change
        assert centre.gateway.desk(centre.port.tenant).subscriptions.count() == 0
        agent.guid = "x"
        assert (await agent.call("POST", REGISTER, GOOD))[0] == "000-003"


async def test_results_reach_the_receiver_until_it_cancels_also_after_a_restart() -> None:
    journal = MemoryJournal()
    async with PushReceiver.serve() as receiver:
        receiver.mood = "error"
        async with CallCentre.open(journal, profile=profile()) as centre, gateway_clients(centre) as clients:
            agent = await manager(clients)
            body = {**GOOD, "serviceCallBackUri": f"{receiver.url}/in"}
            id = (await agent.ok("POST", REGISTER, body))["serverId"]
            path = f"/config/subscribe/handshake/{id}"
            assert (await agent.send("GET", path)).content == b'{"message":"success","retcode":"0"}'
            assert (await agent.send("POST", path)).json()["retcode"] == "107-050"
            headers = {"Guid": agent.guid, "service_token": "tok-2"}
            answer = await agent.http.post(f"/agentgateway/resource{path}", headers=headers)
            assert answer.json()["retcode"] == "0"
        async with CallCentre.open(journal, profile=profile()) as centre, gateway_clients(centre) as clients:
            agent = await manager(clients)
            subscriptions = centre.gateway.desk(centre.port.tenant).subscriptions
            assert subscriptions.count() == 1
            subscriptions.publish(HEARD)
            async with asyncio.timeout(5):
                while not receiver.posts:
                    await asyncio.sleep(0.01)
            post = receiver.posts[0]
            assert post.target == "/in/v100/subscribe/asrevent/asrresult"
            assert post.headers["service_token"] == "tok-2"
            assert post.body == {
                "serverid": id, "subscribetype": "1", "initialagentid": "101", "ccid": "1", "vdnid": "1",
                "curcallid": "1700000000-5", "curuserdn": "15550123", "talkertype": "2", "talkerid": "15550123",
                "result": [{"confidence": "0.93", "content": "where is my order", "iscontentenc": "0"}],
                "asrusercase": "0",
            }  # fmt: skip
            cancel = "/config/subscribe/cancel"
            await agent.ok("POST", cancel, {"serverId": id})
            assert (await agent.call("POST", cancel, {"serverId": id}))[0] == "107-031"
            assert (await agent.send("GET", path)).json()["retcode"] == "107-032"


async def test_silent_subscription_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("opencec.services.recognition_subscriptions._SILENCE_S", 0.3)
    monkeypatch.setattr("opencec.services.recognition_subscriptions._SWEEP_S", 0.05)
    async with CallCentre.open(profile=profile()) as centre, gateway_clients(centre) as clients:
        agent = await manager(clients)
        await agent.ok("POST", REGISTER, GOOD)
        subscriptions = centre.gateway.desk(centre.port.tenant).subscriptions
        assert subscriptions.count() == 1
        async with asyncio.timeout(5):
            while subscriptions.count():
                await asyncio.sleep(0.02)
