"""linphonec as an agent's phone and as a caller: digest, audio both ways by tones, a channel of the recording each."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from fakes.baresip import loudness
from fakes.linphone import HAS_LINPHONE, Linphone
from fakes.running_system import PASSWORD, DemoAgent, RunningSystem, strength
from opencec.app.demo.softphone import PhoneLine

pytestmark = [
    pytest.mark.interop,
    pytest.mark.skipif(not HAS_LINPHONE, reason="linphonec is not installed (Debian package linphone-cli)"),
]

PHONE_HZ, OTHER_HZ = 700.0, 1000.0

Starter = Callable[..., "asyncio.Future[Linphone]"]


@pytest.fixture
async def linphone(system: RunningSystem, tmp_path: Path) -> AsyncIterator[Starter]:
    """Starts one linphonec with an account of the demo tenant."""
    started: list[Linphone] = []

    async def start(user: str, *, transport: str = "udp", answers: bool = False) -> Linphone:
        phone = Linphone(tmp_path, system.sip, user, PASSWORD, PHONE_HZ, transport, answers)
        started.append(phone)
        await phone.start()
        return phone

    yield start  # type: ignore[misc]
    for phone in started:
        await phone.stop()


@pytest.mark.parametrize("transport", ["udp", "tcp"])
async def test_linphone_is_the_phone_of_an_agent(
    system: RunningSystem, line: PhoneLine, linphone: Starter, transport: str
) -> None:
    phone = await linphone("7107", transport=transport, answers=True)
    agent = DemoAgent(system, line, workno=107, auto_answer=True, has_own_phone=True)
    await agent.sign_in()
    call = await line.call("1001", frequency=OTHER_HZ)
    callid = (await agent.event("AgentEvent_Talking"))["content"]["callid"]
    await asyncio.sleep(3.0)
    assert strength(call.heard, PHONE_HZ) > 0.8
    call.hang_up()
    row = await system.cdr(callid)
    assert (row["disposition"], row["agent"]) == ("answered", "107")
    assert row["recording"]
    await agent.close()
    await phone.stop()
    assert loudness(phone.heard, OTHER_HZ, from_s=1.0, to_s=2.0) > 0.8


async def test_linphone_calls_an_agent(system: RunningSystem, line: PhoneLine, linphone: Starter) -> None:
    agent = DemoAgent(system, line, workno=108, frequency=OTHER_HZ, auto_answer=True)
    line.frequency_of = lambda _: OTHER_HZ
    line.on_call = agent.calls.append
    await agent.sign_in()
    caller = await linphone("7109")
    await caller.command(f"call sip:1001@{system.sip[0]}:{system.sip[1]}")
    callid = (await agent.event("AgentEvent_Talking"))["content"]["callid"]
    await asyncio.sleep(3.0)
    assert strength(agent.calls[-1].heard, PHONE_HZ) > 0.8
    await caller.command("terminate")
    row = await system.cdr(callid)
    assert (row["disposition"], row["caller"], row["agent"]) == ("answered", "7109", "108")
    await agent.close()
    await caller.stop()
    assert loudness(caller.heard, OTHER_HZ, from_s=1.0, to_s=2.0) > 0.8
