"""Exact bytes over UDP to the running system: CANCEL at every moment, lost answers, RFC 4475, and a call afterwards."""

from __future__ import annotations

import asyncio
import os
import re
import secrets
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from fakes.running_system import RunningSystem, strength
from fakes.sipp import new_caller
from fakes.wire_peer import UdpPeer, options, status_of
from opencec.app.demo.softphone import PhoneLine

pytestmark = pytest.mark.interop

_SHARED = Path(os.environ.get("OPENCEC_SHARED") or Path(__file__).parents[3] / "shared")
RFC4475 = _SHARED / "data" / "rfc4475"

SDP = "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio 40998 RTP/AVP 0\r\n"


@pytest.fixture
async def peer(system: RunningSystem) -> AsyncIterator[UdpPeer]:
    opened = UdpPeer(system.sip)
    yield opened
    opened.close()


class Call:
    """The messages of one call."""

    def __init__(self, peer: UdpPeer, number: str = "1001") -> None:
        self.peer = peer
        self.number = number
        self.caller = new_caller()
        self.branch, self.call_id = f"z9hG4bK{secrets.token_hex(6)}", secrets.token_hex(8)
        self.seen: list[bytes] = []

    def message(self, method: str, *, cseq: int = 1, to: str = "", branch: str = "", body: str = "") -> bytes:
        kind = "Content-Type: application/sdp\r\n" if body else ""
        return (
            f"{method} sip:{self.number}@127.0.0.1 SIP/2.0\r\n"
            f"Via: SIP/2.0/UDP 127.0.0.1:{self.peer.port};branch={branch or self.branch};rport\r\n"
            f"From: <sip:{self.caller}@127.0.0.1>;tag=f\r\nTo: <sip:{self.number}@127.0.0.1>{to}\r\n"
            f"Call-ID: {self.call_id}\r\nCSeq: {cseq} {method}\r\nMax-Forwards: 70\r\n"
            f"Contact: <sip:{self.caller}@127.0.0.1:{self.peer.port}>\r\n{kind}"
            f"Content-Length: {len(body)}\r\n\r\n{body}"
        ).encode()

    async def final(self, method: str, *, cseq: int = 1) -> bytes:
        """The final response to a request of this call; everything else is kept in `seen`."""
        wanted = f"CSeq: {cseq} {method}".encode()
        async with asyncio.timeout(8):
            while True:
                answer = await self.peer.receive(within_s=8)
                if self.call_id.encode() not in answer:
                    continue
                self.seen.append(answer)
                if status_of(answer) >= 200 and wanted in answer:
                    return answer


def to_tag(answer: bytes) -> str:
    line = next(line for line in answer.decode().split("\r\n") if line.startswith("To:"))
    return ";tag=" + line.partition(";tag=")[2]


async def cancelled_after(peer: UdpPeer, delay_s: float) -> Call:
    """INVITE, and CANCEL a moment later; whatever wins, the call is brought to its end as the RFC says."""
    call = Call(peer)
    peer.send(call.message("INVITE", body=SDP))
    await asyncio.sleep(delay_s)
    peer.send(call.message("CANCEL"))
    invited = await call.final("INVITE")
    if not any(status_of(answer) == 200 and b"CANCEL" in answer for answer in call.seen):
        assert status_of(await call.final("CANCEL")) == 200
    if status_of(invited) == 487:
        peer.send(call.message("ACK", to=to_tag(invited)))
    else:
        # It crossed the 200: the CANCEL has no effect, so the caller hangs up (RFC 3261 15).
        assert status_of(invited) == 200
        fresh = f"z9hG4bK{secrets.token_hex(6)}"
        peer.send(call.message("ACK", to=to_tag(invited), branch=fresh))
        peer.send(call.message("BYE", cseq=2, to=to_tag(invited), branch=fresh + "b"))
        assert status_of(await call.final("BYE", cseq=2)) == 200
    return call


async def test_cancel_at_any_moment_ends_the_call_and_leaves_at_most_one_record(
    system: RunningSystem, peer: UdpPeer
) -> None:
    calls = [await cancelled_after(peer, delay_ms / 1000) for delay_ms in (0, 0, 1, 2, 3, 4, 6, 8, 12, 20, 60)]
    outcomes = {status_of(answer) for call in calls for answer in call.seen if b"INVITE" in answer}
    assert 200 in outcomes, "the last ones came after the answer"
    await asyncio.sleep(1.0)
    rows = await asyncio.to_thread(system.cdrs)
    for call in calls:
        assert [row["disposition"] for row in rows if row["caller"] == call.caller] in ([], ["abandoned"])
    assert (await asyncio.to_thread(system.status))["live_calls"] == 0


async def test_cancel_of_nothing_is_answered_481(peer: UdpPeer) -> None:
    call = Call(peer)
    peer.send(call.message("CANCEL"))
    assert status_of(await call.final("CANCEL")) == 481


async def test_an_answer_that_was_lost_comes_again(system: RunningSystem, peer: UdpPeer) -> None:
    call = Call(peer, "1004")
    peer.send(call.message("INVITE", body=SDP))
    first = await call.final("INVITE")  # taken as lost, and the next as well
    second, third = await call.final("INVITE"), await call.final("INVITE")
    assert first == second == third
    peer.send(call.message("ACK", to=to_tag(third), branch="z9hG4bKack" + call.call_id))
    peer.send(call.message("BYE", cseq=2, to=to_tag(third), branch="z9hG4bKbye" + call.call_id))
    assert status_of(await call.final("BYE", cseq=2)) == 200


async def test_an_empty_rport_is_filled_in(peer: UdpPeer) -> None:
    for extra in (b";rport", b";rport;received=127.0.0.1", b";received=198.51.100.9;rport"):
        answer = await peer.ask(options().replace(b";rport", extra))
        assert f"rport={peer.port}".encode() in answer
        assert b"received=127.0.0.1" in answer


async def test_in_dialog_requests_of_no_dialog_are_answered_481(peer: UdpPeer) -> None:
    for method in ("BYE", "INFO", "UPDATE", "INVITE"):
        call = Call(peer)
        peer.send(call.message(method, to=";tag=none"))
        answer = await call.final(method)
        assert status_of(answer) == 481, answer
        if method == "INVITE":
            peer.send(call.message("ACK", to=to_tag(answer)))


# --- RFC 4475 -------------------------------------------------------------------------------------------------------

NOTHING: set[int] = set()
TORTURE: dict[str, set[int]] = {
    "intmeth": {501},
    "esc02": {501},
    "lwsdisp": {200},
    "semiuri": {200},
    "transports": {200},
    "mpart01": {481, 501, 405},
    "unreason": NOTHING,
    "noreason": NOTHING,
    "badinv01": {400},
    "clerr": {400},
    "ncl": {400},
    "scalar02": {400},
    "scalarlg": NOTHING,
    "quotbal": {400},
    "ltgtruri": {400},
    "lwsruri": {400},
    "lwsstart": {400},
    "trws": {400},
    "escruri": {400},
    "regbadct": {400, 401},
    "badaspec": {400},
    "baddn": {400},
    "badvers": {505},
    "mismatch01": {400},
    "mismatch02": {501},
    "bigcode": NOTHING,
    "badbranch": {200},
    "insuf": {400},
    "unkscm": {416},
    "novelsc": {416},
    "unksm2": {400, 401},
    "bext01": {420},
    "invut": {415},
    "regaut01": {401},
    "multi01": {400},
    "mcl01": {400},
    "bcast": NOTHING,
    "zeromf": {200},
    "cparam01": {401},
    "cparam02": {401},
    "regescrt": {401},
    "escnull": {401},
    "dblreq": {401},
    "sdp01": {406},
    "wsinv": {481},
    "esc01": {404, 488},
    "longreq": {404, 488},
    "baddate": {404, 488},
    "inv2543": {404, 488},
}
"""Final statuses that may come. INVITEs call numbers that the demo tenant does not have; REGISTERs are challenged."""


@pytest.mark.skipif(not RFC4475.is_dir(), reason=f"RFC 4475 messages are not at {RFC4475} (set OPENCEC_SHARED)")
async def test_rfc4475_messages_get_their_answers_and_calls_go_on(system: RunningSystem, line: PhoneLine) -> None:
    assert len(TORTURE) == 49
    wrong: list[str] = []
    for number, (name, expected) in enumerate(TORTURE.items()):
        # Answers go to the port of the Via, 5060 as a rule, on the address they came from; `rport` brings them here.
        # A source of its own each: unreadable messages are answered at a limited rate.
        peer = UdpPeer(system.sip, f"127.0.1.{number + 1}")
        message = (RFC4475 / f"{name}.dat").read_bytes()
        peer.send(addressed(message, number))
        seen = await final_statuses(peer, wait_s=1.5 if expected else 0.15)
        if not (seen <= expected and bool(seen) == bool(expected)):
            wrong.append(f"{name}: {sorted(seen)} instead of {sorted(expected)}")
        peer.close()
    assert not wrong, "\n".join(wrong)
    call = await line.call("1004", frequency=1000.0)
    await asyncio.wait_for(call.answered.wait(), 5)
    await asyncio.sleep(1.5)
    assert strength(call.heard, 1000.0) > 0.9
    call.hang_up()


def addressed(message: bytes, number: int) -> bytes:
    """The message with `rport` in its first Via, so that the answer comes back, and a transaction of its own.

    Several of them have the same branch: they were not meant to arrive at one place within half a minute.
    """
    message = message.replace(b"=z9hG4bKkdjuw", b"=z9hG4bKkdjuw%d" % number)
    via = re.search(rb"\r\n(?:v|via)[ \t]*:((?:[^\r]|\r\n[ \t])*)", message, re.IGNORECASE)
    if via is None or b"rport" in via[1]:
        return message
    place = via.start(1) + via[1].index(b";") if b";" in via[1] else via.end(1)
    return message[:place] + b";rport" + message[place:]


async def final_statuses(peer: UdpPeer, *, wait_s: float) -> set[int]:
    """The first final status, if one comes in time."""
    try:
        async with asyncio.timeout(wait_s):
            while (status := status_of(await peer.receive(within_s=wait_s))) < 200:
                pass
    except TimeoutError:
        return set()
    return {status}
