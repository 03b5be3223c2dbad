"""GUIDs: renewal on request and by time (AUTHMODE 2), the grace of the old one, restarts."""

from __future__ import annotations

import asyncio

import httpx
import pytest

from fakes.call_centre import CallCentre
from fakes.gateway_client import Clients, GatewayClient, gateway_clients
from fakes.journal import MemoryJournal
from fakes.push_receiver import PushReceiver

pytestmark = pytest.mark.contract

STATUS = "/onlineagent/{a}/agentstatus"


def told(response: httpx.Response) -> str:
    """The GUID that an answer announces, "" for none."""
    return response.headers.get("Set-GUID", "=").partition("=")[2]


async def code_of(agent: GatewayClient, guid: str) -> str:
    agent.guid = guid
    return (await agent.call("GET", STATUS))[0]


async def test_static_guid_is_never_announced_again(clients: Clients) -> None:
    agent = clients(101)
    await agent.sign_in()
    for _ in range(3):
        assert told(await agent.send("GET", "/agentevent/{a}")) == ""


async def test_update_guid_gives_another_one_and_the_old_one_a_grace() -> None:
    async with CallCentre.open(guid_grace_ms=300) as centre, gateway_clients(centre) as clients:
        agent = clients(101)
        await agent.sign_in()
        old = agent.guid
        answer = await agent.send("PUT", "/onlineagent/{a}/updateGuid", "null")
        new = told(answer)
        assert answer.headers["Set-GUID"] == f"JSESSIONID={new}"
        assert answer.json() == {"message": "", "retcode": "0", "result": {}}
        assert new not in ("", old)
        assert (await code_of(agent, old), await code_of(agent, new)) == ("0", "0")
        async with asyncio.timeout(5):
            while await code_of(agent, old) == "0":
                await asyncio.sleep(0.05)
        assert (await code_of(agent, old), await code_of(agent, new)) == ("000-003", "0")


async def test_dynamic_guid_comes_with_the_poll_and_is_told_until_it_is_used() -> None:
    async with CallCentre.open(guid_renew_ms=100) as centre, gateway_clients(centre) as clients:
        agent = clients(101)
        await agent.sign_in()
        old, new = agent.guid, ""
        async with asyncio.timeout(5):
            while not new:
                new = told(await agent.send("GET", "/agentevent/{a}"))
        assert told(await agent.send("GET", "/agentevent/{a}")) == new, "the client did not hear it: it is told again"
        agent.guid = new
        await agent.ok("POST", "/onlineagent/{a}/saybusy")
        agent.guid = old
        assert told(await agent.send("GET", "/agentevent/{a}")) not in ("", old)


async def test_dynamic_guid_survives_a_restart_and_comes_with_heartbeats() -> None:
    journal = MemoryJournal()
    async with PushReceiver.serve() as receiver:
        async with CallCentre.open(journal, guid_renew_ms=1) as centre, gateway_clients(centre) as clients:
            agent = clients(101)
            await agent.sign_in(callBackUri=receiver.url, serviceToken="t")
            await receiver.wait(2)
            old = agent.guid
            new = told(await agent.send("POST", "/onlineagent/{a}/handshake"))
            assert new not in ("", old)
            agent.guid = new
            await agent.ok("POST", "/onlineagent/{a}/saybusy")
            await receiver.wait(3)
            assert receiver.posts[-1].headers["Guid"] == new, "pushes carry the newest GUID"
        async with CallCentre.open(journal, guid_renew_ms=10_000) as centre, gateway_clients(centre) as clients:
            agent = clients(101)
            assert (await code_of(agent, new), await code_of(agent, old)) == ("0", "0")
            announced = told(await agent.send("PUT", "/onlineagent/{a}/heartbeat"))
            assert announced not in ("", old, new), "the old one was shown, and its successor is known by hash alone"
            assert (await code_of(agent, new), await code_of(agent, announced)) == ("0", "0")


async def test_ended_session_has_no_good_guid(clients: Clients) -> None:
    agent = clients(101)
    await agent.sign_in()
    old = agent.guid
    new = told(await agent.send("PUT", "/onlineagent/{a}/updateGuid"))
    agent.guid = new
    await agent.ok("DELETE", "/onlineagent/{a}/logout")
    assert (await code_of(agent, new), await code_of(agent, old)) == ("100-006", "000-003")
