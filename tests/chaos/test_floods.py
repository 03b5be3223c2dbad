"""Floods and bad peers against the running system: they are slowed and locked out, and good calls do not notice."""

from __future__ import annotations

import asyncio
import random
import socket
import struct
from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path

import pytest

from fakes.running_system import PASSWORD, DemoAgent, RunningSystem, phone_line, strength
from fakes.wire_peer import UdpPeer, options, status_of, wrong_password
from opencec.app.demo.softphone import PhoneCall, PhoneLine, tone
from opencec.sip.sdp import SessionDescription
from opencec.sip.sdp_negotiation import describe_audio

pytestmark = pytest.mark.chaos

SPOOFED_HZ = 1700.0


@pytest.fixture
async def line(system: RunningSystem) -> AsyncIterator[PhoneLine]:
    opened = await phone_line(system)
    yield opened
    await opened.close()


def memory_mb(pid: int) -> float:
    """Resident memory of a process."""
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * 4096 / 1e6


def media_address(line: PhoneLine, call: PhoneCall) -> tuple[str, int]:
    """Where the system takes this call's RTP."""
    dialog = line.user_agent.snapshot(call.leg)
    assert dialog is not None
    assert dialog.remote_sdp is not None
    audio = describe_audio(SessionDescription.parse(dialog.remote_sdp))
    assert audio is not None
    return audio.host, audio.port


async def a_good_call(line: PhoneLine) -> None:
    """The echo number gives a caller its own voice."""
    call = await line.call("1004", frequency=1000.0)
    await asyncio.wait_for(call.answered.wait(), 8)
    await asyncio.sleep(1.5)
    assert strength(call.heard, 1000.0) > 0.9
    call.hang_up()


async def flood(peer: UdpPeer, method: str, count: int) -> list[int]:
    """Send wrong passwords, about 500 a second; the statuses that came back."""
    seen: list[int] = []
    for number in range(count):
        peer.send(wrong_password(method, peer.host))
        if number % 10 == 9:
            await asyncio.sleep(0.02)
            seen += map(status_of, peer.waiting())
    await asyncio.sleep(1.0)
    return seen + [status_of(answer) for answer in peer.waiting()]


@pytest.mark.parametrize(("method", "first"), [("REGISTER", 10), ("INVITE", 20)])
async def test_wrong_passwords_lock_their_sources_out_and_nobody_else(
    system: RunningSystem, line: PhoneLine, method: str, first: int
) -> None:
    control = system.pid("control")
    before = memory_mb(control)
    peers = [UdpPeer(system.sip, f"127.0.0.{first + number}") for number in range(6)]
    floods = [asyncio.create_task(flood(peer, method, 500)) for peer in peers]
    await asyncio.sleep(0.3)
    await a_good_call(line)
    for statuses in await asyncio.gather(*floods):
        refused = [status for status in statuses if status == 403]
        # Not answered more often than it takes to lock a source out; repetitions of final responses to INVITE aside.
        assert 1 <= len(refused) <= (25 if method == "REGISTER" else 200)
        assert set(statuses) <= {100, 403}
    with pytest.raises(TimeoutError):
        await peers[0].ask(options(peers[0].host), within_s=1.0)
    locked_out = PhoneLine(system.sip, host=peers[1].host)
    await locked_out.open()
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(locked_out.register("7108", PASSWORD), 1.0)
    await locked_out.close()
    assert await line.register("7108", PASSWORD) == 200
    assert system.pid("control") == control
    assert memory_mb(control) - before < 60
    for peer in peers:
        peer.close()


async def test_garbage_datagrams_are_dropped(system: RunningSystem, line: PhoneLine) -> None:
    source = random.Random(4475)
    peer = UdpPeer(system.sip, "127.0.0.40")
    good = options(peer.host)
    for number in range(2_000):
        match number % 4:
            case 0:
                data = source.randbytes(source.choice((0, 1, 20, 500, 1_400, 9_000)))
            case 1:
                data = good[: source.randrange(len(good))]
            case 2:
                mutable = bytearray(good)
                for _ in range(source.randrange(1, 12)):
                    mutable[source.randrange(len(mutable))] = source.randrange(256)
                data = bytes(mutable)
            case _:
                data = b"INVITE sip:1004@127.0.0.1 SIP/2.0\r\n" + b"Via: SIP/2.0/UDP x;branch=z9\r\n" * 40 + b"\r\n"
        peer.send(data)
        if number % 50 == 49:
            await asyncio.sleep(0.01)
    await a_good_call(line)
    assert not [answer for answer in peer.waiting() if status_of(answer) == 500]
    peer.close()


async def test_oversize_messages_are_refused(system: RunningSystem, line: PhoneLine) -> None:
    peer = UdpPeer(system.sip, "127.0.0.41")
    peer.send(options(peer.host, extra=f"X-Long: {'x' * 64_000}\r\n"))
    peer.send(options(peer.host, extra="".join(f"X-{number}: y\r\n" for number in range(4_000))))
    reader, writer = await asyncio.open_connection(*system.sip)
    writer.write(options(transport="TCP").replace(b"Content-Length: 0", b"Content-Length: 100000000"))
    writer.write(bytes(200_000))
    with suppress(ConnectionError):
        await writer.drain()
    async with asyncio.timeout(8):
        with suppress(ConnectionError):
            assert b"SIP/2.0 200" not in await reader.read()
    writer.close()
    await a_good_call(line)
    assert 200 not in map(status_of, peer.waiting())
    peer.close()


async def test_slow_and_silent_connections_are_closed_and_hinder_nobody(system: RunningSystem) -> None:
    slow = [await asyncio.open_connection(*system.sip) for _ in range(20)]
    silent = [await asyncio.open_connection(*system.sip) for _ in range(1_000)]
    text = options(transport="TCP")
    for position in range(40):
        for _, writer in slow:
            with suppress(ConnectionError):
                writer.write(text[position : position + 1])
        if position % 10 == 0:
            reader, writer = await asyncio.open_connection(*system.sip)
            writer.write(options(transport="TCP"))
            async with asyncio.timeout(3):
                assert (await reader.readuntil(b"\r\n\r\n")).startswith(b"SIP/2.0 200")
            writer.close()
        await asyncio.sleep(0.1)
    async with asyncio.timeout(14):
        for reader, _ in slow + silent:
            with suppress(ConnectionError):
                assert await reader.read() == b""
    for _, writer in slow + silent:
        writer.close()


async def test_strangers_packets_do_not_reach_a_listener(system: RunningSystem, line: PhoneLine) -> None:
    agent = DemoAgent(system, line, workno=101, frequency=600.0, auto_answer=True)
    line.frequency_of = lambda _: 600.0
    line.on_call = agent.calls.append
    await agent.sign_in()
    call = await line.call("1001", frequency=1000.0)
    await agent.event("AgentEvent_Talking")
    await asyncio.sleep(0.5)
    sound = tone(SPOOFED_HZ)
    strangers = [UdpPeer(("127.0.0.1", 0), host) for host in ("127.0.0.50", "127.0.0.1")]
    targets = [media_address(line, leg) for leg in (call, agent.calls[-1])]
    for number in range(75):
        header = struct.pack("!BBHII", 0x80, 0, number, number * 160, 77)
        payload = sound[number * 160 % 8000 :][:160]
        for stranger in strangers:
            for target in targets:
                with suppress(OSError):
                    stranger.socket.sendto(header + payload, target)
                    stranger.socket.sendto(random.Random(number).randbytes(172), target)
        await asyncio.sleep(0.02)
    for heard, own in ((call.heard, 600.0), (agent.calls[-1].heard, 1000.0)):
        assert strength(heard, own) > 0.9
        assert strength(heard, SPOOFED_HZ) < 0.02
    call.hang_up()
    await agent.close()
    for stranger in strangers:
        stranger.close()


def test_control_lived_through_all_of_it(system: RunningSystem) -> None:
    log = system.log.read_text()
    assert "died" not in log
    assert "Traceback" not in log
    with socket.create_connection(system.sip, 2):
        pass
