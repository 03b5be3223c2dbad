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
@pytest.mark.parametrize("codec", ["VP8", "H264"])
async def test_a_recorded_video_call_leaves_a_film(
    system: RunningSystem, line: VideoLine, agent: DemoAgent, codec: str
) -> None:
    line.codecs = (codec,)
    for name, level in ((CUSTOMER, 60), (AGENT, 180)):
        levels = [level + number % 20 for number in range(40)]
        line.pictures[name] = [payloads(codec, one) for one in encode(codec, levels, key_every=5)]
    call, customer, talking = await talk(line, agent)
    async with asyncio.timeout(10):
        while sum(packet.marker for packet in customer.seen) < 60:
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


async def test_the_record_of_a_call_tells_of_the_pictures_of_both_legs(
    system: RunningSystem, line: VideoLine, agent: DemoAgent
) -> None:
    """Two times with pictures in one call, voice between them."""
    call, customer, talking = await talk(line, agent)
    await customer.saw(AGENT, 20)
    for medium in (0, 1):
        before = len(agent.events)
        assert (await agent.do("POST", "voicecall", "mediaswitch", {"mediaability": medium}))["retcode"] == "0"
        await agent.event("AgentEvent_MediaSwith", after=before)
    await line.videos[call.leg].saw(AGENT, 20)
    call.hang_up()
    row = await system.cdr(str(talking["callid"]))
    assert {leg["role"] for leg in row["quality"]} == {"customer", "agent"}
    for leg in row["quality"]:
        assert leg["video_packets"] == leg["video_frames"] >= 40
        assert 1 <= leg["video_key_frames"] <= leg["video_frames"]
        assert leg["video_lost"] == 0
        # a packet of 12 to 20 bytes of payload, thirty times a second
        assert 2 < leg["video_kbps"] < 9


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


@pytest.fixture
async def colleague(system: RunningSystem, line: VideoLine, agent: DemoAgent) -> AsyncIterator[DemoAgent]:
    """Agent 102, busy until asked, with a phone of its own on the same line."""
    one = DemoAgent(system, line, workno=102, agent_type=11)
    line.on_call = lambda call: (one if call.leg in line.calls and len(agent.calls) else agent).calls.append(call)
    yield await one.sign_in()
    await one.close()


async def _hand_over(agent: DemoAgent, colleague: DemoAgent, mode: int) -> dict[str, object]:
    before = len(colleague.events)
    body = {"devicetype": 2, "address": "102", "mode": mode}
    assert (await agent.do("POST", "voicecall", "transfer", body))["retcode"] == "0"
    await colleague.event("AgentEvent_Ringing", after=before)
    assert (await colleague.do("PUT", "voicecall", "answer"))["retcode"] == "0"
    return (await colleague.event("AgentEvent_Talking", after=before))["content"]  # type: ignore[no-any-return]


@pytest.mark.parametrize("mode", [0, 2])
async def test_pictures_stay_with_a_call_that_is_transferred(
    line: VideoLine, agent: DemoAgent, colleague: DemoAgent, mode: int
) -> None:
    line.frequency_of = lambda user: 600.0 if user == "7101" else 1900.0
    call, customer, _ = await talk(line, agent)
    await customer.saw(AGENT)
    first = set(line.videos)
    talking = await _hand_over(agent, colleague, mode)
    assert talking["mediaAbility"] == "3"
    (leg,) = set(line.videos) - first
    line.videos[leg].name = b"colleague"
    await customer.saw(b"colleague", 20)
    await line.videos[leg].saw(CUSTOMER, 20)
    since = len(customer.seen)
    await customer.saw(b"colleague")
    assert not customer.frames_of(AGENT, since=since)
    heard = len(call.heard)
    async with asyncio.timeout(5):
        while len(call.heard) < heard + 8_000:
            await asyncio.sleep(0.05)
    assert strength(call.heard[heard:], 1900.0) > 0.9


async def test_a_consult_in_a_video_call_has_pictures_and_a_conference_has_none(
    line: VideoLine, agent: DemoAgent, colleague: DemoAgent
) -> None:
    _, customer, talking = await talk(line, agent)
    desk = line.videos[agent.calls[-1].leg]
    known, before = set(line.videos), len(colleague.events)
    assert (await agent.do("POST", "voicecall", "innerhelp", {"dstaddress": "102"}))["retcode"] == "0"
    await colleague.event("AgentEvent_Ringing", after=before)
    assert (await colleague.do("PUT", "voicecall", "answer"))["retcode"] == "0"
    told = await colleague.event("AgentEvent_Talking", after=before)
    assert told["content"]["mediaAbility"] == "3"
    (leg,) = set(line.videos) - known
    helper = line.videos[leg]
    helper.name = b"helper"
    await desk.saw(b"helper", 10)
    await helper.saw(AGENT, 10)
    await customer.sees_nothing()
    before = len(agent.events)
    assert (await agent.do("POST", "voicecall", "confjoin", {"callid": talking["callid"]}))["retcode"] == "0"
    await agent.event("AgentEvent_Conference", after=before)
    for one in (customer, desk, helper):
        await one.sees_nothing()
    assert (await colleague.do("DELETE", "voicecall", "release"))["retcode"] == "0"
    await customer.saw(AGENT, 10)
    await desk.saw(CUSTOMER, 10)


async def test_two_agents_call_each_other_with_pictures(
    line: VideoLine, agent: DemoAgent, colleague: DemoAgent
) -> None:
    before = len(colleague.events)
    body = {"called": "102", "mediaability": 1}
    assert (await agent.do("PUT", "voicecall", "callinner", body))["retcode"] == "0"
    await colleague.event("AgentEvent_Ringing", after=before)
    assert (await colleague.do("PUT", "voicecall", "answer"))["retcode"] == "0"
    told = await colleague.event("AgentEvent_Talking", after=before)
    assert told["content"]["mediaAbility"] == "3"
    one, other = line.videos.values()
    one.name, other.name = b"one", b"other"
    await one.saw(b"other", 10)
    await other.saw(b"one", 10)


async def test_a_video_call_is_not_released_to_an_outside_number(line: VideoLine, agent: DemoAgent) -> None:
    _, customer, _ = await talk(line, agent)
    body = {"devicetype": 5, "address": "15550199", "mode": 1}
    assert (await agent.do("POST", "voicecall", "transfer", body))["retcode"] == "200-012"
    await customer.saw(AGENT)
