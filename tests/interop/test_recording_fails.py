"""A disk that refuses a recording on the running system: the agent is told, begins another, and that is kept."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from fakes.running_system import DemoAgent, RunningSystem, phone_line, strength

pytestmark = pytest.mark.interop

CUSTOMER, AGENT = 1000.0, 600.0


@pytest.fixture
def refusing_disk(system: RunningSystem) -> Iterator[Path]:
    """A file lies where the tenant's folder of recordings should; remove it and recordings can be made."""
    folder = system.folder / "data" / "recordings" / "1"
    aside = folder.with_name("aside")
    if folder.exists():
        folder.rename(aside)
    folder.write_bytes(b"")
    yield folder
    if aside.exists():
        if folder.is_file():
            folder.unlink()
        folder.mkdir(exist_ok=True)
        for day in aside.iterdir():
            (folder / day.name).mkdir(exist_ok=True)
            for file in day.iterdir():
                file.rename(folder / day.name / file.name)
            day.rmdir()
        aside.rmdir()


async def test_a_recording_that_fails_is_told_and_begun_again(system: RunningSystem, refusing_disk: Path) -> None:
    lines = [await phone_line(system) for _ in range(2)]
    agent = DemoAgent(system, lines[1], workno=101)
    agent.line.frequency_of = lambda _: AGENT
    agent.line.on_call = agent.calls.append
    await agent.sign_in()
    customer = await lines[0].call("1001", frequency=CUSTOMER)
    callid = (await agent.event("AgentEvent_Ringing"))["content"]["callid"]
    assert (await agent.do("PUT", "voicecall", "answer"))["retcode"] == "0"
    await agent.event("AgentMediaEvent_Record_Fail")
    await asyncio.to_thread(refusing_disk.unlink)
    before = len(agent.events)
    assert (await agent.do("PUT", "recordplay", "recordwithoutfilename"))["retcode"] == "0"
    await agent.event("AgentMediaEvent_Record", after=before)
    await asyncio.sleep(2.0)  # so much is recorded
    customer.hang_up()
    await system.cdr(callid)
    data = (await asyncio.to_thread(system.recording, callid)).read_bytes()
    start = data.index(b"data") + 8
    sides = np.frombuffer(data[start : start + (len(data) - start) // 2 * 2], np.uint8).reshape(-1, 2)
    for side, own in ((0, CUSTOMER), (1, AGENT)):
        assert strength(sides[:, side].tobytes(), own, last_s=1.0) > 0.8
    assert "AgentMediaEvent_Record_Fail" not in agent.kinds(before)
    await agent.close()
    for line in lines:
        await line.close()
