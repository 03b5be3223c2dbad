"""baresip as an agent's phone and as a caller: digest, audio both ways by tones, a channel of the recording each."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import numpy as np
import pytest

from fakes.baresip import HAS_BARESIP, Baresip, loudness
from fakes.running_system import PASSWORD, DemoAgent, RunningSystem, strength
from opencec.app.demo.softphone import PhoneLine

pytestmark = [
    pytest.mark.interop,
    pytest.mark.skipif(not HAS_BARESIP, reason="baresip is not installed (Debian package baresip-core)"),
]

PHONE_HZ, OTHER_HZ = 700.0, 1000.0

Starter = Callable[..., "asyncio.Future[Baresip]"]


@pytest.fixture
async def baresip(system: RunningSystem, tmp_path: Path) -> AsyncIterator[Starter]:
    """Starts one baresip with an account of the demo tenant."""
    started: list[Baresip] = []

    async def start(user: str, *, options: str = "", transport: str = "udp") -> Baresip:
        host, port = system.sip
        uri = f"<sip:{user}@{host}:{port};transport={transport}>"
        account = f"{uri};auth_pass={PASSWORD};audio_codecs=PCMU,PCMA;regint=600{options}"
        phone = Baresip(tmp_path, account, PHONE_HZ)
        started.append(phone)
        await phone.start()
        await phone.expect("200 OK")
        return phone

    yield start  # type: ignore[misc]
    for phone in started:
        await phone.stop()


def channels(path: Path) -> tuple[bytes, bytes]:
    """Left and right of a dual-channel mu-law WAV."""
    data = path.read_bytes()
    start = data.index(b"data") + 8
    both = np.frombuffer(data[start : start + (len(data) - start) // 2 * 2], np.uint8).reshape(-1, 2)
    return both[:, 0].tobytes(), both[:, 1].tobytes()


@pytest.mark.parametrize("transport", ["udp", "tcp"])
async def test_baresip_is_the_phone_of_an_agent(
    system: RunningSystem, line: PhoneLine, baresip: Starter, transport: str
) -> None:
    phone = await baresip("7104", options=";answermode=auto", transport=transport)
    agent = DemoAgent(system, line, workno=104, auto_answer=True, has_own_phone=True)
    await agent.sign_in()
    call = await line.call("1001", frequency=OTHER_HZ)
    callid = (await agent.event("AgentEvent_Talking"))["content"]["callid"]
    await asyncio.sleep(3.0)
    assert strength(call.heard, PHONE_HZ) > 0.9
    call.hang_up()
    row = await system.cdr(callid)
    assert (row["disposition"], row["agent"]) == ("answered", "104")
    await agent.close()
    await phone.stop()
    assert loudness(phone.heard, OTHER_HZ, from_s=1.0, to_s=2.0) > 0.8
    left, right = channels(await asyncio.to_thread(system.recording, callid))
    assert strength(left, OTHER_HZ) > 0.9
    assert strength(right, PHONE_HZ) > 0.9
    assert strength(left, PHONE_HZ) < 0.05
    assert strength(right, OTHER_HZ) < 0.05


async def test_baresip_calls_an_agent(system: RunningSystem, line: PhoneLine, baresip: Starter) -> None:
    agent = DemoAgent(system, line, workno=105, frequency=OTHER_HZ, auto_answer=True)
    line.frequency_of = lambda _: OTHER_HZ
    line.on_call = agent.calls.append
    await agent.sign_in()
    caller = await baresip("7106")
    await caller.command("dial", f"sip:1001@{system.sip[0]}:{system.sip[1]}")
    callid = (await agent.event("AgentEvent_Talking"))["content"]["callid"]
    await asyncio.sleep(3.0)
    assert strength(agent.calls[-1].heard, PHONE_HZ) > 0.9
    await caller.command("hangup")
    row = await system.cdr(callid)
    assert (row["disposition"], row["caller"], row["agent"]) == ("answered", "7106", "105")
    await agent.close()
    await caller.stop()
    assert loudness(caller.heard, OTHER_HZ, from_s=1.0, to_s=2.0) > 0.8
    left, right = channels(await asyncio.to_thread(system.recording, callid))
    assert strength(left, PHONE_HZ) > 0.9
    assert strength(right, OTHER_HZ) > 0.9
