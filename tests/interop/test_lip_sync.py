"""Sound and picture at the receiver: both streams' reports and stamps say when each was taken, nothing else is read."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from fakes.lip_sync import Clapper, Witness
from fakes.running_system import DemoAgent, RunningSystem
from fakes.video_line import VideoLine

pytestmark = pytest.mark.interop

MOST_MS = 80
"""Of sound before or after its picture."""


@pytest.fixture
async def line(system: RunningSystem) -> AsyncIterator[VideoLine]:
    opened = VideoLine(system.sip)
    await opened.open()
    yield opened
    await opened.close()


@pytest.fixture
async def agent(system: RunningSystem, line: VideoLine) -> AsyncIterator[DemoAgent]:
    one = DemoAgent(system, line, workno=101, agent_type=11)
    line.frequency_of = lambda _: 0.0
    line.on_call = one.calls.append
    yield await one.sign_in()
    await one.close()


@pytest.mark.parametrize("encoding_ms", [0, 200])
async def test_lips_match_at_the_receiver(line: VideoLine, agent: DemoAgent, encoding_ms: int) -> None:
    """A clap each half second, heard and seen; a camera whose encoder is slow says so in its reports alone."""
    call = await line.call_with_video("1003", caller="15550100")
    await agent.event("AgentEvent_Ringing")
    assert (await agent.do("PUT", "voicecall", "answer"))["retcode"] == "0"
    await agent.event("AgentEvent_Talking")
    desk = agent.calls[-1]
    witness = Witness(desk, line.videos[desk.leg])
    clapper = Clapper(call, line.videos[call.leg], encoding_ms=encoding_ms)
    await clapper.run(seconds=8)
    witness.close()
    skews = witness.skews_ms()
    assert len(skews) >= 8, skews
    print(f"encoder {encoding_ms} ms: sound after picture by {min(skews):.0f} to {max(skews):.0f} ms")
    late = sorted(skews)[len(skews) // 2]
    assert abs(late) < MOST_MS, skews
    assert sum(abs(skew) < MOST_MS for skew in skews) >= len(skews) - 1, skews
