"""Phones without sockets: what the SIP wire would send comes here, what they say goes straight into the wire.

Answers are made from templates, so the phones cost little; `cpu_s` tells how much, to be taken off.
"""

from __future__ import annotations

import asyncio
import re
import time
from typing import Any

from opencec.sip.flow import Flow

__all__ = ["MemoryPhones"]

_LINE = re.compile(rb"\r\n([^:\r]+): *([^\r]*)")
_SDP = (
    b"v=0\r\no=- 1 1 IN IP4 192.0.2.10\r\ns=-\r\nc=IN IP4 192.0.2.10\r\nt=0 0\r\nm=audio 4000 RTP/AVP 0 8 101\r\n"
    b"a=rtpmap:0 PCMU/8000\r\na=rtpmap:8 PCMA/8000\r\na=rtpmap:101 telephone-event/8000\r\na=fmtp:101 0-15\r\n"
    b"a=ptime:20\r\na=sendrecv\r\n"
)
_TALK_S = 0.1


class MemoryPhones:
    """One address for all callers, one for all agents' phones; stands in for the wire's `Datagrams`."""

    SERVER = ("127.0.0.1", 5060)
    CALLERS = ("127.0.0.1", 6001)
    PHONES = ("127.0.0.1", 6002)

    def __init__(self, wire: Any) -> None:
        self._wire = wire
        self._loop = asyncio.get_running_loop()
        self._flows = {port: Flow("udp", self.SERVER, port) for port in (self.CALLERS, self.PHONES)}
        self._serial = 0
        self._left = 0
        self._legs: dict[bytes, list[bytes]] = {}
        """By Call-ID of the caller: what a request in its dialog needs (number, To, target)."""
        self.cpu_s = 0.0
        self.failed = 0
        self.dropped = 0
        self.local = self.SERVER

    def attach(self) -> None:
        """Become the wire's UDP socket."""
        self._wire._datagrams = self

    def close(self) -> None:
        """As `Datagrams`."""

    def expect(self, calls: int) -> asyncio.Future[None]:
        """Ends when so many legs of agents have got their BYE."""
        self._left = calls
        self._done: asyncio.Future[None] = self._loop.create_future()
        return self._done

    def call(self, code: str) -> None:
        """A caller dials."""
        began = time.thread_time()
        self._serial += 1
        n, (host, port) = self._serial, self.CALLERS
        self._legs[b"c%d" % n] = [b"", b""]
        head = (
            f"INVITE sip:{code}@127.0.0.1:5060 SIP/2.0\r\nVia: SIP/2.0/UDP {host}:{port};branch=z9hG4bKi{n};rport\r\n"
            f'Max-Forwards: 70\r\nFrom: "Caller" <sip:1555{n:07d}@{host}>;tag=c{n}\r\nTo: <sip:{code}@127.0.0.1>\r\n'
            f"Call-ID: c{n}\r\nCSeq: 1 INVITE\r\nContact: <sip:caller@{host}:{port}>\r\n"
            "Allow: INVITE, ACK, CANCEL, OPTIONS, BYE, REFER, NOTIFY, INFO, PRACK, UPDATE\r\n"
            "Supported: replaces, timer, 100rel\r\nUser-Agent: Phone 1.0\r\nContent-Type: application/sdp\r\n"
            f"Content-Length: {len(_SDP)}\r\n\r\n"
        )
        self._say(self.CALLERS, head.encode() + _SDP)
        self.cpu_s += time.thread_time() - began

    def send(self, data: bytes, remote: tuple[str, int]) -> bool:
        """A datagram of the system."""
        began = time.thread_time()
        lines = {name.lower(): value for name, value in _LINE.findall(data.partition(b"\r\n\r\n")[0])}
        if remote == self.CALLERS:
            self._caller_hears(data, lines)
        else:
            self._phone_hears(data, lines)
        self.cpu_s += time.thread_time() - began
        return True

    def _say(self, who: tuple[str, int], data: bytes) -> None:
        self._loop.call_soon(self._arrive, data, self._flows[who])

    def _arrive(self, data: bytes, flow: Any) -> None:
        self._wire._datagram_came(data, flow)
        self._wire.batch_ended()

    def _caller_hears(self, data: bytes, lines: dict[bytes, bytes]) -> None:
        call = lines[b"call-id"]
        if not data.startswith(b"SIP/2.0 "):
            self._answer(self.CALLERS, lines, b"200 OK")
            return
        status = int(data[8:11])
        if status < 200:
            return
        if lines[b"cseq"].endswith(b"BYE"):
            self._legs.pop(call, None)
            return
        self._legs[call] = [lines[b"to"], lines.get(b"contact", b"<sip:1@127.0.0.1>").strip(b"<>").partition(b">")[0]]
        self._in_dialog(call, b"ACK", 1)
        if status >= 300:
            self.failed += 1
            self._over()

    def _in_dialog(self, call: bytes, method: bytes, sequence: int) -> None:
        began = time.thread_time()
        if call not in self._legs:
            return  # the second of two ACKs
        to, target = self._legs[call]
        n = int(call[1:])
        host, port = self.CALLERS
        text = (
            b"%s %s SIP/2.0\r\nVia: SIP/2.0/UDP %s:%d;branch=z9hG4bK%s%d;rport\r\nMax-Forwards: 70\r\n"
            b'From: "Caller" <sip:1555%07d@%s>;tag=c%d\r\nTo: %s\r\nCall-ID: %s\r\nCSeq: %d %s\r\n'
            b"Content-Length: 0\r\n\r\n"
        )
        domain = host.encode()
        values = (method, target, domain, port, method[:1], n, n, domain, n, to, call, sequence, method)
        self._say(self.CALLERS, text % values)
        self.cpu_s += time.thread_time() - began if method == b"BYE" else 0.0

    def _phone_hears(self, data: bytes, lines: dict[bytes, bytes]) -> None:
        if data.startswith(b"INVITE "):
            self._answer(self.PHONES, lines, b"180 Ringing")
            self._answer(self.PHONES, lines, b"200 OK", _SDP)
        elif data.startswith(b"ACK "):
            found = re.search(rb"sip:1555(\d+)@", lines[b"to"] + lines[b"from"])
            if found is not None:
                self._loop.call_later(_TALK_S, self._in_dialog, b"c%d" % int(found[1]), b"BYE", 2)
        elif data.startswith(b"BYE "):
            self._answer(self.PHONES, lines, b"200 OK")
            self._over()

    def _over(self) -> None:
        self._left -= 1
        if self._left == 0:
            self._loop.call_later(0.05, lambda: self._done.done() or self._done.set_result(None))

    def _answer(self, who: tuple[str, int], lines: dict[bytes, bytes], status: bytes, sdp: bytes = b"") -> None:
        to = lines[b"to"]
        if b"tag=" not in to:
            to += b";tag=p" + lines[b"call-id"][:12]
        text = (
            b"SIP/2.0 %s\r\nVia: %s\r\nFrom: %s\r\nTo: %s\r\nCall-ID: %s\r\nCSeq: %s\r\nContact: <sip:phone@%s:%d>\r\n"
        )
        head = text % (
            status, lines[b"via"], lines[b"from"], to, lines[b"call-id"], lines[b"cseq"], who[0].encode(), who[1],
        )  # fmt: skip
        if sdp:
            head += b"Content-Type: application/sdp\r\n"
        self._say(who, head + b"Content-Length: %d\r\n\r\n" % len(sdp) + sdp)
