"""Video calls: queue 3 by access code 1003, pictures relayed between phones, switched on and off, muted, held."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import AsyncIterator

import pytest

from fakes.films import decode_levels, encode, needs_ffmpeg, payloads, probe
from fakes.running_system import DemoAgent, RunningSystem, strength
from fakes.video_line import VideoEnd, VideoLine
from opencec.app.demo.softphone import PhoneCall

pytestmark = pytest.mark.interop

CUSTOMER, AGENT = b"customer", b"agent"


@pytest.fixture
async def line(system: RunningSystem) -> AsyncIterator[VideoLine]:
    opened = VideoLine(system.sip)
    await opened.open()
    yield opened
    await opened.close()


@pytest.fixture
async def agent(system: RunningSystem, line: VideoLine) -> AsyncIterator[DemoAgent]:
    one = DemoAgent(system, line, workno=101, agent_type=11)
    line.frequency_of = lambda _: 600.0
    line.on_call = one.calls.append
    yield await one.sign_in()
    await one.close()


async def talk(
    line: VideoLine, agent: DemoAgent, number: str = "1003"
) -> tuple[PhoneCall, VideoEnd, dict[str, object]]:
    """A customer's video call at the agent; the agent's Talking event."""
    before = len(agent.events)
    call = await line.call_with_video(number)
    await agent.event("AgentEvent_Ringing", after=before)
    assert (await agent.do("PUT", "voicecall", "answer"))["retcode"] == "0"
    talking = await agent.event("AgentEvent_Talking", after=before)
    return call, line.videos[call.leg], talking["content"]


@pytest.mark.parametrize("codec", ["VP8", "H264"])
async def test_customer_and_agent_see_and_hear_each_other(line: VideoLine, agent: DemoAgent, codec: str) -> None:
    line.codecs = (codec,)
    call, customer, talking = await talk(line, agent)
    assert talking["mediaAbility"] == "3"
    desk = line.videos[agent.calls[-1].leg]
    await customer.saw(AGENT, 20)
    await desk.saw(CUSTOMER, 20)
    assert desk.format.codec == customer.format.codec == codec
    assert not customer.frames_of(CUSTOMER)
    frames = desk.frames_of(CUSTOMER)
    assert frames == list(range(frames[0], frames[0] + len(frames)))  # none lost, none twice, in order
    assert strength(call.heard, 600.0) > 0.9
    call.hang_up()
    await agent.event("AgentState_Ready", after=agent.kinds().index("AgentEvent_Talking"))


@needs_ffmpeg
async def test_a_recorded_video_call_leaves_a_film(system: RunningSystem, line: VideoLine, agent: DemoAgent) -> None:
    codec = "VP8"
    line.codecs = (codec,)
    for name, level in ((CUSTOMER, 60), (AGENT, 180)):
        levels = [level + number % 20 for number in range(40)]
        line.pictures[name] = [payloads(codec, one) for one in encode(codec, levels, key_every=5)]
    call, customer, talking = await talk(line, agent)
    async with asyncio.timeout(10):
        while len(customer.seen) < 60:
            await asyncio.sleep(0.05)
    call.hang_up()
    async with asyncio.timeout(60):
        while not (films := list((system.folder / "data" / "recordings").glob(f"*/*/{talking['callid']}.mkv"))):
            await asyncio.sleep(0.5)
    found = probe(films[0])
    assert [one["codec_type"] for one in found["streams"]] == ["video", "video", "audio"]
    assert {one["codec_name"] for one in found["streams"][:2]} == {codec.lower()}
    for track, level in ((0, 60), (1, 180)):
        shown = decode_levels(films[0], track)
        assert len(shown) > 40
        start = shown[0][1] - level
        assert [one for _, one in shown] == pytest.approx(
            [level + (start + number) % 20 for number in range(len(shown))], abs=2
        )
    assert not list(films[0].parent.glob(films[0].stem + ".video*"))


async def test_ringing_says_that_the_call_has_video(line: VideoLine, agent: DemoAgent) -> None:
    await talk(line, agent)
    ringing = next(event for event in agent.events if event["eventType"] == "AgentEvent_Ringing")
    assert (ringing["content"]["mediaAbility"], ringing["content"]["mediaType"]) == ("3", "19")


async def test_an_agent_phone_without_video_makes_it_a_voice_call(line: VideoLine, agent: DemoAgent) -> None:
    line.is_blind = True
    call, customer, talking = await talk(line, agent)
    assert talking["mediaAbility"] == "1"
    await customer.sees_nothing()
    assert agent.calls[-1].leg not in line.videos
    async with asyncio.timeout(3):
        while strength(call.heard, 600.0) < 0.9:
            await asyncio.sleep(0.1)


async def test_video_that_comes_for_a_voice_queue_is_refused_and_the_call_goes_on(
    line: VideoLine, agent: DemoAgent
) -> None:
    _, customer, talking = await talk(line, agent, "1001")
    assert talking["mediaAbility"] == "1"
    assert customer.remote is None


async def test_a_held_party_sees_nothing_and_then_again(line: VideoLine, agent: DemoAgent) -> None:
    _, customer, _ = await talk(line, agent)
    await customer.saw(AGENT)
    assert (await agent.do("POST", "voicecall", "hold"))["retcode"] == "0"
    await customer.sees_nothing()
    assert (await agent.do("POST", "voicecall", "gethold"))["retcode"] == "0"
    await customer.saw(AGENT)


async def test_the_agent_freezes_its_own_picture(line: VideoLine, agent: DemoAgent) -> None:
    assert (await agent.do("POST", "voicecall", "beginmutevideo"))["retcode"] == "200-019"
    assert (await agent.do("POST", "voicecall", "endmutevideo"))["retcode"] == "200-021"
    _, customer, _ = await talk(line, agent)
    desk = line.videos[agent.calls[-1].leg]
    assert (await agent.do("POST", "voicecall", "endmutevideo"))["retcode"] == "200-022"
    assert (await agent.do("POST", "voicecall", "beginmutevideo"))["retcode"] == "0"
    assert (await agent.do("POST", "voicecall", "beginmutevideo"))["retcode"] == "200-020"
    await customer.sees_nothing()
    await desk.saw(CUSTOMER)
    assert (await agent.do("POST", "voicecall", "endmutevideo"))["retcode"] == "0"
    await customer.saw(AGENT)


async def test_a_voice_call_becomes_one_of_video_and_back(line: VideoLine, agent: DemoAgent) -> None:
    call, _, _ = await talk(line, agent, "1001")
    before = len(agent.events)
    assert (await agent.do("POST", "voicecall", "mediaswitch", {"mediaability": 1}))["retcode"] == "0"
    switched = await agent.event("AgentEvent_MediaSwith", after=before)
    assert (switched["content"]["reason"], switched["content"]["mediaType"]) == (0, 19)
    customer, desk = line.videos[call.leg], line.videos[agent.calls[-1].leg]
    await desk.saw(CUSTOMER, 10)
    await customer.saw(AGENT, 10)
    assert (await agent.do("POST", "voicecall", "mediaswitch", {"mediaability": 1}))["retcode"] == "200-020"
    before = len(agent.events)
    assert (await agent.do("POST", "voicecall", "mediaswitch", {"mediaability": 0}))["retcode"] == "0"
    back = await agent.event("AgentEvent_MediaSwith", after=before)
    assert (back["content"]["reason"], back["content"]["mediaType"]) == (0, 5)
    await customer.sees_nothing()


async def test_a_switch_that_the_other_phone_refuses_is_told(line: VideoLine, agent: DemoAgent) -> None:
    await talk(line, agent, "1001")
    line.is_blind = True
    before = len(agent.events)
    assert (await agent.do("POST", "voicecall", "mediaswitch", {"mediaability": 1}))["retcode"] == "0"
    assert (await agent.event("AgentEvent_MediaSwith", after=before))["content"]["reason"] == 1


async def test_pictures_flow_on_while_control_is_killed(
    system: RunningSystem, line: VideoLine, agent: DemoAgent
) -> None:
    _, customer, _ = await talk(line, agent)
    desk = line.videos[agent.calls[-1].leg]
    await customer.saw(AGENT)
    os.kill(system.pid("control"), signal.SIGKILL)
    await customer.saw(AGENT, 20)
    await desk.saw(CUSTOMER, 20)
    frames = desk.frames_of(CUSTOMER)
    assert frames == list(range(frames[0], frames[0] + len(frames)))
    async with asyncio.timeout(15):
        while (await agent.do("POST", "voicecall", "beginmutevideo"))["retcode"] != "0":
            await asyncio.sleep(0.3)
    await customer.sees_nothing()


async def test_pictures_come_back_after_the_relay_was_killed(
    system: RunningSystem, line: VideoLine, agent: DemoAgent
) -> None:
    call, customer, _ = await talk(line, agent)
    await customer.saw(AGENT)
    os.kill(system.pid("relay"), signal.SIGKILL)
    await customer.saw(AGENT, 20, wait_s=15)
    await line.videos[agent.calls[-1].leg].saw(CUSTOMER, 20, wait_s=15)
    assert strength(call.heard, 600.0) > 0.9
