"""`kill -9` of control while a server speaks for a customer: session and pushing go on, what has ended stays ended."""

from __future__ import annotations

import asyncio

import httpx
import pytest

from fakes.ics import IcsClient
from fakes.kill_kit import journal, kill_control
from fakes.push_receiver import PushReceiver
from fakes.running_system import RunningSystem
from opencec.services.journal_entries import ServiceFact

pytestmark = pytest.mark.chaos


async def test_a_pushed_session_outlives_control_and_its_end_too(system: RunningSystem) -> None:
    async with PushReceiver.serve() as receiver, httpx.AsyncClient(base_url=system.url, timeout=15) as http:
        client = IcsClient(http, "killed1")
        login = (await client.login("loginex", pushUrl=f"{receiver.url}/in"))["result"]["loginTime"]
        assert await receiver.wait(1) == ["WECC_PROVIDER_IN_SERVER"]
        await kill_control(system)
        entries = await asyncio.to_thread(journal, system)
        facts = [entry.body for entry in entries if isinstance(entry, ServiceFact) and entry.service == "ics_sessions"]
        assert len(facts) == 1
        assert receiver.url.encode() not in facts[0], "the address is sealed"
        async with asyncio.timeout(10):
            while True:
                try:
                    beat = await client.ask("GET", "onlinewecc", "heartbeat")
                except httpx.TransportError:
                    await asyncio.sleep(0.1)
                else:
                    break
        assert beat == {"message": "", "retcode": "0", "result": {"loginTime": login}}
        receiver.mood = "hang"
        assert (await client.ask("DELETE", "onlinewecc", "logout"))["retcode"] == "0"
        await kill_control(system)
        receiver.mood = "ok"
        assert (await receiver.wait(2, wait_s=15))[-1] == "WECC_PROVIDER_SHUTDOWN"
        assert receiver.taken[-1]["content"] == {"loginTime": login}
        assert (await client.ask("GET", "onlinewecc", "heartbeat"))["retcode"] == "10-100-006"
