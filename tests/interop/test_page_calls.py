"""Click-to-call on the running system: a page without an account dials its number once, over a WebSocket."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator

import httpx
import pytest

from fakes.hand_caller import HandCaller, over_websocket
from fakes.running_system import DemoAgent, RunningSystem, strength
from fakes.web_callers import WebCaller
from opencec.app.demo.softphone import PhoneLine

pytestmark = pytest.mark.interop

AGENT_HZ, CUSTOMER_HZ = 600.0, 800.0


@pytest.fixture
async def agent(system: RunningSystem, line: PhoneLine) -> AsyncIterator[DemoAgent]:
    agent = DemoAgent(system, line, workno=108)
    line.frequency_of = lambda _: AGENT_HZ
    line.on_call = agent.calls.append
    await agent.sign_in()
    yield agent
    await agent.close()


async def page_phone(content: dict[str, object]) -> HandCaller:
    """The SIP client of a page, as the event tells where it goes and who it is."""
    (address,) = content["gwAddresses"]  # type: ignore[misc]
    phone = await over_websocket(str(address))
    phone.user = str(content["clickToCallCaller"])
    return phone


async def test_a_click_becomes_a_call_that_an_agent_takes_once(system: RunningSystem, agent: DemoAgent) -> None:
    async with httpx.AsyncClient(base_url=system.url, timeout=15) as http:
        caller = await WebCaller.of(system, http, "clicker", name="Ines Ünlü")
        assert await caller.get("checkClickToCallSupport") == {
            "resultCode": "0",
            "resultDesc": "success",
            "webRTCSupported": True,
            "clickToCallSupported": True,
        }
        assert (await caller.post("createClickToCall", mediaAbility="0"))["resultCode"] == "0"
        ready = await caller.event()
        assert (ready["resultDesc"], ready["eventId"]) == ("Call connected", 168101)
        content = ready["content"]
        stranger = await over_websocket(content["gwAddresses"][0])
        stranger.user = "web-00000000"
        assert (await stranger.call(content["accessCode"])).startswith("SIP/2.0 403"), "the number is not the caller's"
        await stranger.close()
        phone = await page_phone(content)
        calling = asyncio.create_task(phone.call(content["accessCode"]))
        assert (await caller.event())["resultDesc"] == "Call in queue"
        ringing = await agent.event("AgentEvent_Ringing")
        assert (ringing["content"]["caller"], ringing["content"]["called"]) == (phone.user, "1001")
        assert (await agent.do("PUT", "voicecall", "answer"))["retcode"] == "0"
        assert (await calling).startswith("SIP/2.0 200")
        await agent.event("AgentEvent_Talking")
        info = (await agent.do("GET", "calldata", "callinfo"))["result"]
        assert info["callid"] == ringing["content"]["callid"]
        data = (await agent.do("GET", "calldata", "appdata"))["result"]
        assert json.loads(data) == {"userId": "clicker", "userName": "Ines Ünlü", "channelId": caller.channel}
        heard = await phone.talk(2.0, CUSTOMER_HZ)
        assert strength(heard, AGENT_HZ) > 0.9
        assert strength(agent.calls[0].heard, CUSTOMER_HZ) > 0.9
        again = await page_phone(content)
        assert (await again.call(content["accessCode"])).startswith("SIP/2.0 403"), "once"
        await again.close()
        assert (await caller.post("createClickToCall", mediaAbility="0"))["resultDesc"] == "connect failed"
        assert (await caller.post("dropClickToCall"))["resultCode"] == "0"
        assert (await caller.event())["resultDesc"] == "Call disconnected"
        assert (await caller.event())["resultDesc"] == "ClickToCall polled without any events"
        await phone.close()
    assert (await system.cdr(info["callid"]))["disposition"] == "answered"


async def test_a_call_that_the_page_hangs_up_in_the_queue_is_disconnected(
    system: RunningSystem, agent: DemoAgent
) -> None:
    async with httpx.AsyncClient(base_url=system.url, timeout=15) as http:
        caller = await WebCaller.of(system, http, "leaver")
        assert (await caller.post("createClickToCall", mediaAbility="0"))["resultCode"] == "0"
        content = (await caller.event())["content"]
        phone = await page_phone(content)
        assert (await phone.call(content["accessCode"])).startswith("SIP/2.0 200"), "it hears that it waits"
        await agent.event("AgentEvent_Ringing")
        assert (await caller.event())["resultDesc"] == "Call in queue"
        assert (await caller.post("dropClickToCall"))["resultCode"] == "0"
        assert (await phone.request()).startswith("BYE ")
        assert (await caller.event())["resultDesc"] == "Call disconnected"
        assert (await caller.post("dropClickToCall"))["resultCode"] == "13"
        await phone.close()
