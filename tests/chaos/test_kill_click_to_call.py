"""`kill -9` of control between a click and its call, and in the call: the number is good for one call, still."""

from __future__ import annotations

import asyncio

import httpx
import pytest

from fakes.hand_caller import over_websocket
from fakes.kill_kit import kill_control
from fakes.running_system import DemoAgent, RunningSystem, phone_line
from fakes.web_callers import WebCaller

pytestmark = pytest.mark.chaos


async def test_a_number_outlives_control_and_so_does_that_it_was_dialled(system: RunningSystem) -> None:
    line = await phone_line(system)
    agent = DemoAgent(system, line, workno=108)
    line.on_call = agent.calls.append
    await agent.sign_in()
    async with httpx.AsyncClient(base_url=system.url, timeout=15) as http:
        caller = await WebCaller.of(system, http, "clicker")
        assert (await caller.post("createClickToCall", mediaAbility="0"))["resultCode"] == "0"
        content = (await caller.event())["content"]
        await kill_control(system)
        phone = await over_websocket(content["gwAddresses"][0])
        phone.user = content["clickToCallCaller"]
        answer = await phone.call(content["accessCode"])
        assert answer.startswith("SIP/2.0 200"), answer
        await kill_control(system)
        again = await over_websocket(content["gwAddresses"][0])
        again.user = content["clickToCallCaller"]
        assert (await again.call(content["accessCode"])).startswith("SIP/2.0 403")
        assert (await caller.post("createClickToCall", mediaAbility="0"))["resultDesc"] == "connect failed"
        assert (await caller.post("dropClickToCall"))["resultCode"] == "0"
        async with asyncio.timeout(20):
            while (await caller.event())["resultDesc"] != "Call disconnected":
                continue
        await again.close()
        await phone.close()
    await agent.close()
    await line.close()
