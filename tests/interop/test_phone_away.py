"""An agent whose phone unregisters: nothing rings, the client is told, and the waiting call comes with the phone."""

from __future__ import annotations

import asyncio

import pytest

from fakes.running_system import PASSWORD, DemoAgent, RunningSystem
from opencec.app.demo.softphone import PhoneLine

pytestmark = pytest.mark.interop

BUSY, IDLE = 3, 4
"""cc-gateway.md 4.1."""


async def test_a_call_waits_for_the_phone_and_the_client_is_told_the_truth(
    system: RunningSystem, line: PhoneLine
) -> None:
    agent = await DemoAgent(system, line, workno=109).sign_in()
    try:
        before = len(agent.events)
        line.user_agent.unregister(agent.phone, now=line.now())
        line.wire.flush()
        told = await agent.event("AgentState_SetNotReady_Success", after=before, wait_s=12)
        assert told["content"]["reason"] == "5"
        status = await agent.do("GET", "onlineagent", "agentstatus")
        assert status["result"]["agentState"] == BUSY
        call = await line.call("1001")
        await asyncio.wait_for(call.answered.wait(), 5)
        assert "AgentEvent_Ringing" not in agent.kinds(before)
        assert await line.register(agent.phone, PASSWORD) == 200
        await agent.event("AgentState_CancelNotReady_Success", after=before)
        await agent.event("AgentEvent_Ringing", after=before)
        call.hang_up()
        await agent.event("AgentState_Ready", after=before)
        status = await agent.do("GET", "onlineagent", "agentstatus")
        assert status["result"]["agentState"] == IDLE
    finally:
        await agent.close()
