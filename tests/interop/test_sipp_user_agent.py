"""A small application (user agent and wire on loopback) against real sipp: normal, cancelled and broken calls."""

from __future__ import annotations

import asyncio
import secrets
import shutil
import socket
import time
from pathlib import Path

import pytest

from opencec.adapters.sipwire import LocalAddresses, SipWire
from opencec.sip.leg_events import (
    Cancelled,
    Confirmed,
    DialogChanged,
    Ended,
    Event,
    InviteReceived,
    ReInviteReceived,
)
from opencec.sip.user_agent import UserAgent

pytestmark = [
    pytest.mark.interop,
    pytest.mark.skipif(shutil.which("sipp") is None, reason="sipp is not installed (Debian package sip-tester)"),
]

SDP = (
    b"v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n"
    b"m=audio 40000 RTP/AVP 0\r\na=rtpmap:0 PCMU/8000\r\n"
)


class App:
    """Answers calls as told and notes what happened."""

    def __init__(self, transport: str = "udp") -> None:
        kind = socket.SOCK_DGRAM if transport == "udp" else socket.SOCK_STREAM
        self.sock = socket.socket(socket.AF_INET, kind)
        self.sock.bind(("127.0.0.1", 0))
        self.port = self.sock.getsockname()[1]
        self.transport = transport
        self.agent = UserAgent(
            tokens=lambda: secrets.token_hex(16), local_address=LocalAddresses({"udp": self.port, "tcp": self.port})
        )
        self.wire = SipWire(self.agent, self.now, on_event=self.take, process_token=secrets.token_hex(4))
        self.events: list[Event] = []
        self.answers = True
        self.answer_after_s = 0.0
        self.early_media = False

    @staticmethod
    def now() -> int:
        return time.monotonic_ns() // 1_000_000

    async def __aenter__(self) -> App:
        if self.transport == "udp":
            await self.wire.start(udp=self.sock)
        else:
            await self.wire.start(tcp=self.sock)
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.wire.close()
        self.sock.close()

    def take(self, event: Event) -> None:
        if not isinstance(event, DialogChanged):
            self.events.append(event)
        if isinstance(event, InviteReceived) and self.answer_after_s:
            asyncio.get_running_loop().call_later(self.answer_after_s, self.accept, event.leg)
        elif isinstance(event, InviteReceived):
            if self.early_media:
                self.agent.provisional(event.leg, 183, now=self.now(), sdp=SDP, reliable=True)
            else:
                self.agent.provisional(event.leg, 180, now=self.now())
            if self.answers:
                self.agent.accept(event.leg, now=self.now(), sdp=SDP)
        elif isinstance(event, ReInviteReceived):
            self.agent.accept_reinvite(event.leg, SDP, now=self.now())

    def accept(self, leg: str) -> None:
        self.agent.accept(leg, now=self.now(), sdp=SDP)
        self.wire.flush()

    def kinds(self) -> list[str]:
        return [type(event).__name__ for event in self.events]

    async def sipp(self, *arguments: str, calls: int = 1, cwd: Path) -> None:
        """Run sipp against this application; fails the test when a call fails."""
        process = await asyncio.create_subprocess_exec(
            "sipp",
            f"127.0.0.1:{self.port}",
            *("-i", "127.0.0.1", "-m", str(calls), "-nostdin", "-timeout", "8s", "-timeout_error", "-trace_err"),
            *("-t", "u1" if self.transport == "udp" else "t1"),
            *arguments,
            cwd=cwd,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        try:
            async with asyncio.timeout(12):
                output, _ = await process.communicate()
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()
        assert process.returncode == 0, f"{errors_in(cwd)}\n{output.decode()[-3000:]}"


def errors_in(folder: Path) -> str:
    """What sipp wrote about unexpected messages."""
    return "".join(path.read_text() for path in folder.glob("*_errors.log"))


HEAD = """<?xml version="1.0" encoding="ISO-8859-1" ?><scenario name="test">"""
TAIL = "</scenario>"
SDP_TEXT = SDP.decode().replace("\r\n", "\n").strip()


def request(method: str, cseq: int, *, branch: str = "[branch]", to: str = "[peer_tag_param]", body: str = "") -> str:
    """A `send` step."""
    kind = "Content-Type: application/sdp\n" if body else ""
    return f"""
<send><![CDATA[

{method} sip:1000@[remote_ip]:[remote_port] SIP/2.0
Via: SIP/2.0/[transport] [local_ip]:[local_port];branch={branch}
From: <sip:sipp@[local_ip]:[local_port]>;tag=[pid]t[call_number]
To: <sip:1000@[remote_ip]:[remote_port]>{to}
Call-ID: [call_id]
CSeq: {cseq} {method}
Contact: <sip:sipp@[local_ip]:[local_port];transport=[transport]>
Max-Forwards: 70
{kind}Content-Length: [len]

{body}
]]></send>"""


def retransmitting(step: str) -> str:
    """The step with sipp's own retransmission timer."""
    return step.replace("<send>", '<send retrans="500">')


def expect(status: int, *, optional: bool = False, cseq: str = "", timeout: str = "") -> str:
    """A `recv` step for a response."""
    words = ' optional="true"' if optional else ""
    words += f' timeout="{timeout}"' if timeout else ""
    return f'<recv response="{status}"{words}></recv>'


def invite(cseq: int = 1, **kwargs: str) -> str:
    return retransmitting(
        request("INVITE", cseq, to=kwargs.get("to", ""), branch=kwargs.get("branch", "[branch]"), body=SDP_TEXT)
    )


def scenario(tmp_path: Path, *steps: str) -> str:
    """Write a scenario file and give its name."""
    path = tmp_path / "scenario.xml"
    path.write_text(HEAD + "".join(steps) + TAIL)
    return str(path)


PROGRESS = expect(100, optional=True) + expect(180, optional=True) + expect(183, optional=True)


@pytest.mark.parametrize("transport", ["udp", "tcp"])
async def test_basic_calls(tmp_path: Path, transport: str) -> None:
    async with App(transport) as app:
        await app.sipp("-sn", "uac", "-d", "50", "-r", "20", calls=20, cwd=tmp_path)
        assert app.kinds().count("Confirmed") == 20
        assert app.kinds().count("Ended") == 20
        assert app.agent.legs() == []


async def test_cancel(tmp_path: Path) -> None:
    async with App() as app:
        app.answers = False
        steps = [
            invite(branch="z9hG4bK-c-[call_number]"),
            expect(100, optional=True) + expect(180),
            retransmitting(request("CANCEL", 1, to="", branch="z9hG4bK-c-[call_number]")),
            expect(200) + expect(487),
            request("ACK", 1, branch="z9hG4bK-c-[call_number]"),
        ]
        await app.sipp("-sf", scenario(tmp_path, *steps), cwd=tmp_path)
        assert app.kinds() == ["InviteReceived", "Cancelled"]
        assert isinstance(app.events[-1], Cancelled)


async def test_lost_ack(tmp_path: Path) -> None:
    async with App() as app:
        steps = [
            invite(),
            PROGRESS + expect(200),
            request("ACK", 1).replace("<send>", '<send lost="100">'),
            '<pause milliseconds="1800"/>',  # the 200 comes twice more meanwhile
            request("ACK", 1),
            '<pause milliseconds="50"/>',
            retransmitting(request("BYE", 2)),
            expect(200),
        ]
        await app.sipp("-sf", scenario(tmp_path, *steps), cwd=tmp_path)
        assert app.kinds() == ["InviteReceived", "Confirmed", "Ended"]


async def test_early_media_then_cancel(tmp_path: Path) -> None:
    async with App() as app:
        app.answers, app.early_media = False, True
        steps = [
            invite(branch="z9hG4bK-e-[call_number]"),
            expect(100, optional=True) + expect(183),
            '<pause milliseconds="100"/>',
            retransmitting(request("CANCEL", 1, to="", branch="z9hG4bK-e-[call_number]")),
            expect(200) + expect(487),
            request("ACK", 1, branch="z9hG4bK-e-[call_number]"),
        ]
        await app.sipp("-sf", scenario(tmp_path, *steps), cwd=tmp_path)
        assert app.kinds() == ["InviteReceived", "Cancelled"]


async def test_reliable_early_media(tmp_path: Path) -> None:
    async with App() as app:
        app.early_media = True
        first = invite().replace("Max-Forwards: 70", "Supported: 100rel\nMax-Forwards: 70")
        prack = retransmitting(request("PRACK", 2)).replace(
            "Max-Forwards: 70", "RAck: [$rseq] 1 INVITE\nMax-Forwards: 70"
        )
        read = '<action><ereg regexp="[0-9]+" search_in="hdr" header="RSeq:" assign_to="rseq"/></action>'
        steps = [
            first,
            expect(100, optional=True),
            f'<recv response="183">{read}</recv>',
            '<pause milliseconds="200"/>',  # time for a 200 that would not wait for PRACK
            prack,
            expect(200) + expect(200),
            request("ACK", 1),
            retransmitting(request("BYE", 3)),
            expect(200),
        ]
        await app.sipp("-sf", scenario(tmp_path, *steps), cwd=tmp_path)
        assert app.kinds() == ["InviteReceived", "ReliableProgressAcknowledged", "Confirmed", "Ended"]


async def test_reinvite(tmp_path: Path) -> None:
    async with App() as app:
        steps = [
            invite(),
            PROGRESS + expect(200),
            request("ACK", 1),
            invite(2, to="[peer_tag_param]"),
            expect(100, optional=True) + expect(200),
            request("ACK", 2),
            retransmitting(request("INVITE", 3)),  # without an offer
            expect(100, optional=True) + expect(200),
            request("ACK", 3, body=SDP_TEXT),
            retransmitting(request("BYE", 4)),
            expect(200),
        ]
        await app.sipp("-sf", scenario(tmp_path, *steps), cwd=tmp_path)
        assert app.kinds() == [
            "InviteReceived",
            "Confirmed",
            "ReInviteReceived",
            "ReInviteConfirmed",
            "ReInviteReceived",
            "ReInviteConfirmed",
            "Ended",
        ]


async def test_wrong_cseq_within_the_dialog(tmp_path: Path) -> None:
    async with App() as app:
        steps = [
            invite(5),
            PROGRESS + expect(200),
            request("ACK", 5),
            retransmitting(request("INFO", 5)),
            expect(500),
            retransmitting(request("BYE", 6)),
            expect(200),
        ]
        await app.sipp("-sf", scenario(tmp_path, *steps), cwd=tmp_path)
        assert isinstance(app.events[-1], Ended)


async def test_repeated_invite_is_one_call(tmp_path: Path) -> None:
    async with App() as app:
        app.answer_after_s = 1.0
        steps = [
            invite(),
            # It never sees what tells it to stop repeating until the answer comes.
            '<recv response="100" optional="true" lost="100"></recv><recv response="200"></recv>',
            request("ACK", 1),
            retransmitting(request("BYE", 2)),
            expect(200),
        ]
        await app.sipp("-sf", scenario(tmp_path, *steps), cwd=tmp_path)
        assert app.kinds() == ["InviteReceived", "Confirmed", "Ended"]


async def test_repetitions_after_the_answer(tmp_path: Path) -> None:
    async with App() as app:
        again = invite(branch="z9hG4bK-p-[call_number]")
        steps = [
            again,
            PROGRESS + expect(200),
            request("ACK", 1),
            again.replace(' retrans="500"', ""),
            request("ACK", 1),
            '<pause milliseconds="100"/>',
            retransmitting(request("BYE", 2, branch="z9hG4bK-b-[call_number]")),
            expect(200),
            request("BYE", 2, branch="z9hG4bK-b-[call_number]"),
            '<pause milliseconds="20"/>',
        ]
        await app.sipp("-sf", scenario(tmp_path, *steps), cwd=tmp_path)
        assert app.kinds() == ["InviteReceived", "Confirmed", "Ended"]
        assert isinstance(app.events[1], Confirmed)
