"""A lean load generator for the whole system: callers, agents' phones (SIP over UDP) and agents' event polls (HTTP).

Messages are templates and nothing is parsed that is not needed, so that a call costs this process a fraction of what it
costs the system. No media is sent: what the system sends goes to one socket that nobody reads.
"""

from __future__ import annotations

import hashlib
import heapq
import http.client
import json
import re
import select
import socket
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

__all__ = ["Call", "SipLoad"]

HOST = "127.0.0.1"
_BUFFER = 8 * 1024 * 1024
_LATE_S = 20.0
"""A call that is not over after so long beyond its talk has failed."""
_STAYS_S = 3_600.0
_RESEND_S = (0.5, 1.5, 3.5)
"""Requests without any answer (RFC 3261 17.1.1.2, timer A)."""
_CALL_ID = re.compile(rb"\r\n(?:Call-ID|i): *([^\r]+)", re.IGNORECASE)
_TO = re.compile(rb"\r\n(?:To|t): *([^\r]+)", re.IGNORECASE)
_FROM = re.compile(rb"\r\n(?:From|f): *([^\r]+)", re.IGNORECASE)
_CSEQ = re.compile(rb"\r\nCSeq: *([^\r]+)", re.IGNORECASE)
_CONTACT = re.compile(rb"\r\n(?:Contact|m): *<?([^>;\r]+)", re.IGNORECASE)
_AUDIO = re.compile(rb"\r\nm=audio (\d+) ")
_VIA = re.compile(rb"\r\n((?:Via|v): *[^\r]+)", re.IGNORECASE)
_CHALLENGE = re.compile(rb'(\w+)="?([^",]+)"?')


def _header(pattern: re.Pattern[bytes], message: bytes) -> bytes:
    found = pattern.search(message)
    return found[1] if found else b""


@dataclass
class Call:
    """One call from INVITE to the last 200."""

    number: int
    began: float
    caller_up: float = 0.0
    agent_up: float = 0.0
    bye_sent: float = 0.0
    caller_over: float = 0.0
    agent_over: float = 0.0
    status: int = 0
    to: bytes = b""
    target: bytes = b""
    sent: dict[bytes, bytes] = field(default_factory=dict)
    """Requests without an answer so far, by method."""
    resent: int = 0

    @property
    def is_over(self) -> bool:
        """Both sides have ended in order."""
        return bool(self.caller_over and self.agent_over)


class SipLoad:
    """Phones, callers and polls of one process, one thread.

    Args:
        sip_port: SIP port of the system.
        http_port: HTTP port of the system.
        password: Of every agent and phone.
        first_media_port: The legs' media go to this port and the following ones, in the order in which legs begin, for
            another program to send and receive there; None: all go to a socket that nobody reads.
    """

    def __init__(self, *, sip_port: int, http_port: int, password: str, first_media_port: int | None = None) -> None:
        self.server = (HOST, sip_port)
        self.http_port = http_port
        self.password = password
        self.callers = self._udp()
        self.phones = self._udp()
        self.sink = self._udp()
        self.media_targets: dict[int, int] = {}
        """Where the system wants media, by number of the leg."""
        self._first_media_port = first_media_port
        self._media: dict[bytes, int] = {}
        self.calls: dict[bytes, Call] = {}
        self.events = 0
        self.poll_errors = 0
        self.lost_phones: list[str] = []
        self._serial = 0
        self._legs: dict[bytes, Call | None] = {}
        self._timers: list[tuple[float, int, Callable[[], None]]] = []
        self._timer_serial = 0
        self._registering: dict[bytes, str] = {}
        self._polls: dict[int, _Poll] = {}
        self._epoll = select.epoll()
        self._epoll.register(self.callers, select.EPOLLIN)
        self._epoll.register(self.phones, select.EPOLLIN)
        self._talk_s = 2.0

    @staticmethod
    def _udp() -> socket.socket:
        made = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        made.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _BUFFER)
        made.bind((HOST, 0))
        made.setblocking(False)
        return made

    # --- agents -------------------------------------------------------------------------------------------------------

    def sign_in(self, worknos: list[str]) -> None:
        """Register all phones, sign all agents in (automatic answer, automatic idle), start polling."""
        self.register([f"7{workno}" for workno in worknos])
        with ThreadPoolExecutor(4) as pool:
            guids = list(pool.map(self._sign_in_one, worknos))
        for workno, guid in zip(worknos, guids, strict=True):
            poll = _Poll(self.http_port, workno, guid)
            self._polls[poll.fileno] = poll
            self._epoll.register(poll.fileno, select.EPOLLIN)
            poll.ask()

    def register(self, users: list[str]) -> None:
        """Register phones; they answer whoever calls.

        Raises:
            SystemExit: not all could.
        """
        for user in users:
            self._register(user)
        until = time.monotonic() + 30
        while self._registering and time.monotonic() < until:
            self.turn(0.05)
        if self._registering:
            raise SystemExit(f"{len(self._registering)} phones could not register")

    def _sign_in_one(self, workno: str) -> str:
        connection = http.client.HTTPConnection(HOST, self.http_port, timeout=60)
        base = f"/agentgateway/resource/onlineagent/{workno}"
        body = {
            "password": self.password,
            "phonenum": f"7{workno}",
            "autoanswer": True,
            "autoenteridle": True,
            "releasephone": True,
            "status": 4,
        }
        connection.request("PUT", f"{base}/forcelogin", json.dumps(body), {"Content-Type": "application/json"})
        answer = connection.getresponse()
        told = json.loads(answer.read())
        if told["retcode"] != "0":
            raise SystemExit(f"agent {workno} cannot sign in: {told}")
        guid = (answer.getheader("Set-GUID") or "").partition("=")[2]
        connection.request("POST", f"{base}/resetskill/true", headers={"Guid": guid})
        connection.getresponse().read()
        connection.close()
        return guid

    def _register(self, user: str, challenge: bytes = b"", sequence: int = 1) -> None:
        port = self.phones.getsockname()[1]
        uri = f"sip:{HOST}"
        authorization = self._authorization(user, uri, challenge) if challenge else ""
        text = (
            f"REGISTER {uri} SIP/2.0\r\nVia: SIP/2.0/UDP {HOST}:{port};branch=z9hG4bKr{user}-{sequence};rport\r\n"
            f"Max-Forwards: 70\r\nFrom: <sip:{user}@{HOST}>;tag=r{user}\r\nTo: <sip:{user}@{HOST}>\r\n"
            f"Call-ID: r{user}\r\nCSeq: {sequence} REGISTER\r\nContact: <sip:{user}@{HOST}:{port}>\r\n"
            f"Expires: 3600\r\n{authorization}Content-Length: 0\r\n\r\n"
        )
        self._registering[f"r{user}".encode()] = user
        self.phones.sendto(text.encode(), self.server)

    def _authorization(self, user: str, uri: str, challenge: bytes) -> str:
        """MD5 with qop auth (RFC 2617)."""
        parts = {name.decode().lower(): value.decode() for name, value in _CHALLENGE.findall(challenge)}
        realm, nonce = parts["realm"], parts["nonce"]

        def md5(text: str) -> str:
            return hashlib.md5(text.encode()).hexdigest()

        secret, method = md5(f"{user}:{realm}:{self.password}"), md5(f"REGISTER:{uri}")
        response = md5(f"{secret}:{nonce}:00000001:bench:auth:{method}")
        return (
            f'Authorization: Digest username="{user}", realm="{realm}", nonce="{nonce}", uri="{uri}", '
            f'response="{response}", algorithm=MD5, cnonce="bench", qop=auth, nc=00000001\r\n'
        )

    # --- calls --------------------------------------------------------------------------------------------------------

    def run(self, *, rate: float, seconds: float, code: str = "1001", talk_s: float = 2.0) -> list[Call]:
        """Make calls at an even rate for so long, then wait until all are over.

        Returns:
            All of them; `is_over` tells the good ones.
        """
        self.calls, self._talk_s = {}, talk_s
        made: list[Call] = []
        began = time.monotonic()
        count, due = round(rate * seconds), began
        while len(made) < count or not all(call.is_over or call.status >= 300 for call in self.calls.values()):
            now = time.monotonic()
            while len(made) < count and now >= due:
                made.append(self._invite(code))
                due += 1 / rate
            if len(made) == count and now > due + talk_s + _LATE_S:
                break
            wait_s = min(0.05, max(0.0, due - now)) if len(made) < count else 0.05
            self.turn(wait_s)
            if len(made) == count and len(self.calls) == 0:
                break
        return made

    def rest(self, seconds: float) -> None:
        """Only poll, answer and register for so long."""
        until = time.monotonic() + seconds
        while (left_s := until - time.monotonic()) > 0:
            self.turn(min(0.1, left_s))

    def turn(self, wait_s: float) -> None:
        """Wait for something to do, at most so long, and do it."""
        now = time.monotonic()
        if self._timers:
            wait_s = min(wait_s, max(0.0, self._timers[0][0] - now))
        for descriptor, _ in self._epoll.poll(wait_s):
            if descriptor == self.callers.fileno():
                self._drain(self.callers, self._caller_hears)
            elif descriptor == self.phones.fileno():
                self._drain(self.phones, self._phone_hears)
            else:
                self._poll_hears(self._polls[descriptor])
        now = time.monotonic()
        while self._timers and self._timers[0][0] <= now:
            heapq.heappop(self._timers)[2]()

    @staticmethod
    def _drain(sock: socket.socket, hear: Callable[[bytes], None]) -> None:
        for _ in range(256):
            try:
                hear(sock.recv(8192))
            except BlockingIOError:
                return

    def _after(self, seconds: float, do: Callable[[], None]) -> None:
        self._timer_serial += 1
        heapq.heappush(self._timers, (time.monotonic() + seconds, self._timer_serial, do))

    def forget_media(self) -> None:
        """All legs are over: the next is number 0 again."""
        self._media.clear()
        self.media_targets.clear()

    def _heard_sdp(self, key: bytes, message: bytes) -> None:
        """Keep where a leg's media is to go."""
        if key in self._media and (found := _AUDIO.search(message)):
            self.media_targets[self._media[key]] = int(found[1])

    def _sdp(self, key: bytes) -> bytes:
        if self._first_media_port is None:
            port = self.sink.getsockname()[1]
        else:
            port = self._first_media_port + self._media.setdefault(key, len(self._media))
        return (
            f"v=0\r\no=- 1 1 IN IP4 {HOST}\r\ns=-\r\nc=IN IP4 {HOST}\r\nt=0 0\r\nm=audio {port} RTP/AVP 0 101\r\n"
            "a=rtpmap:0 PCMU/8000\r\na=rtpmap:101 telephone-event/8000\r\na=fmtp:101 0-15\r\na=ptime:20\r\n"
        ).encode()

    def call(self, code: str) -> Call:
        """Call now, and stay until the other side hangs up."""
        self._talk_s = _STAYS_S
        return self._invite(code)

    def _invite(self, code: str) -> Call:
        self._serial += 1
        number = self._serial
        call = Call(number, time.monotonic())
        port, sdp = self.callers.getsockname()[1], self._sdp(f"c{number}".encode())
        head = (
            f"INVITE sip:{code}@{HOST}:{self.server[1]} SIP/2.0\r\n"
            f"Via: SIP/2.0/UDP {HOST}:{port};branch=z9hG4bKi{number};rport\r\nMax-Forwards: 70\r\n"
            f"From: <sip:1555{number:07d}@{HOST}>;tag=c{number}\r\nTo: <sip:{code}@{HOST}>\r\nCall-ID: c{number}\r\n"
            f"CSeq: 1 INVITE\r\nContact: <sip:caller@{HOST}:{port}>\r\nContent-Type: application/sdp\r\n"
            f"Content-Length: {len(sdp)}\r\n\r\n"
        )
        self.calls[f"c{number}".encode()] = call
        self._send(call, b"INVITE", head.encode() + sdp)
        return call

    def _send(self, call: Call, method: bytes, message: bytes) -> None:
        """Send a request, again when no answer comes."""
        call.sent[method] = message
        self.callers.sendto(message, self.server)

        def again() -> None:
            if method in call.sent:
                call.resent += 1
                self.callers.sendto(message, self.server)

        for delay_s in _RESEND_S:
            self._after(delay_s, again)

    def _in_dialog(self, call: Call, method: str, sequence: int) -> bytes:
        port = self.callers.getsockname()[1]
        return (
            f"{method} {call.target.decode()} SIP/2.0\r\n"
            f"Via: SIP/2.0/UDP {HOST}:{port};branch=z9hG4bK{method[0].lower()}{call.number}-{sequence};rport\r\n"
            f"Max-Forwards: 70\r\nFrom: <sip:1555{call.number:07d}@{HOST}>;tag=c{call.number}\r\n"
            f"To: {call.to.decode()}\r\nCall-ID: c{call.number}\r\nCSeq: {sequence} {method}\r\n"
            "Content-Length: 0\r\n\r\n"
        ).encode()

    def _caller_hears(self, message: bytes) -> None:
        call = self.calls.get(_header(_CALL_ID, message))
        if call is None:
            return
        if not message.startswith(b"SIP/2.0 "):
            self._answer_request(self.callers, message)
            if message.startswith(b"BYE "):
                call.caller_over = time.monotonic()
            return
        status, method = int(message[8:11]), _header(_CSEQ, message).partition(b" ")[2]
        call.sent.pop(method, None)
        if method == b"INVITE" and status >= 200:
            self._invite_answered(call, status, message)
        elif method == b"BYE" and status >= 200:
            call.caller_over = time.monotonic()
            call.status = max(call.status, status)

    def _invite_answered(self, call: Call, status: int, message: bytes) -> None:
        call.to = _header(_TO, message)
        call.target = _header(_CONTACT, message) or f"sip:{HOST}:{self.server[1]}".encode()
        call.status = status
        self.callers.sendto(self._in_dialog(call, "ACK", 1), self.server)
        self._heard_sdp(f"c{call.number}".encode(), message)
        if status < 300 and not call.caller_up:
            call.caller_up = time.monotonic()
            self._talk(call)

    def _talk(self, call: Call) -> None:
        """Both sides are up: hang up after the talk."""
        if call.caller_up and call.agent_up:
            self._after(self._talk_s, lambda: self._hang_up(call))

    def _hang_up(self, call: Call) -> None:
        if not call.caller_over:
            call.bye_sent = time.monotonic()
            self._send(call, b"BYE", self._in_dialog(call, "BYE", 2))

    # --- phones -------------------------------------------------------------------------------------------------------

    def _phone_hears(self, message: bytes) -> None:
        key = _header(_CALL_ID, message)
        if message.startswith(b"SIP/2.0 "):
            self._registered(key, message)
        elif message.startswith(b"INVITE "):
            caller = re.search(rb"sip:1555(\d+)@", _header(_FROM, message))
            call = self.calls.get(b"c%d" % int(caller[1])) if caller else None
            self._legs[key] = call
            if b"tag=" not in _header(_TO, message):
                self._respond(self.phones, message, b"180 Ringing")
            self._respond(self.phones, message, b"200 OK", self._sdp(key))
            self._heard_sdp(key, message)
        elif message.startswith(b"ACK "):
            self._heard_sdp(key, message)
            call = self._legs.get(key)
            if call is not None and not call.agent_up:
                call.agent_up = time.monotonic()
                self._talk(call)
        else:
            self._answer_request(self.phones, message)
            if message.startswith(b"BYE ") and (call := self._legs.pop(key, None)) is not None:
                call.agent_over = time.monotonic()

    def _registered(self, key: bytes, message: bytes) -> None:
        user = self._registering.get(key)
        if user is None:
            return
        if message.startswith(b"SIP/2.0 401"):
            challenges = re.findall(rb"\r\nWWW-Authenticate: *([^\r]+)", message, re.IGNORECASE)
            md5 = [challenge for challenge in challenges if b"SHA-256" not in challenge]
            self._register(user, (md5 or challenges)[0], 2)
        elif message.startswith(b"SIP/2.0 200"):
            del self._registering[key]
        else:
            self.lost_phones.append(f"{user}: {message[8:40]!r}")

    def _answer_request(self, sock: socket.socket, message: bytes) -> None:
        if message.startswith(b"INVITE "):
            key = _header(_CALL_ID, message)
            self._respond(sock, message, b"200 OK", self._sdp(key))
            self._heard_sdp(key, message)
        elif not message.startswith(b"ACK "):
            self._respond(sock, message, b"200 OK")

    def _respond(self, sock: socket.socket, message: bytes, status: bytes, sdp: bytes = b"") -> None:
        to, call_id = _header(_TO, message), _header(_CALL_ID, message)
        lines = [b"SIP/2.0 " + status, *_VIA.findall(message), b"From: " + _header(_FROM, message)]
        lines.append(b"To: " + (to if b"tag=" in to else to + b";tag=p" + call_id[:12]))
        lines += [b"Call-ID: " + call_id, b"CSeq: " + _header(_CSEQ, message)]
        if sdp or status.startswith(b"180"):
            port = sock.getsockname()[1]
            lines.append(b"Contact: <sip:phone@%s:%d>" % (HOST.encode(), port))
        if sdp:
            lines.append(b"Content-Type: application/sdp")
        lines.append(b"Content-Length: %d\r\n\r\n" % len(sdp))
        sock.sendto(b"\r\n".join(lines) + sdp, self.server)

    # --- polls --------------------------------------------------------------------------------------------------------

    def _poll_hears(self, poll: _Poll) -> None:
        body = poll.hear()
        if body is None:
            return
        if b'"event"' in body:
            self.events += 1
        elif b'"retcode":"0"' not in body:
            self.poll_errors += 1
            self._epoll.unregister(poll.fileno)
            return
        poll.ask()


class _Poll:
    """One agent's long poll on a connection that stays open."""

    def __init__(self, port: int, workno: str, guid: str) -> None:
        self._sock = socket.create_connection((HOST, port))
        self._sock.setblocking(False)
        self.fileno = self._sock.fileno()
        self._request = (
            f"GET /agentgateway/resource/agentevent/{workno} HTTP/1.1\r\nHost: {HOST}:{port}\r\nGuid: {guid}\r\n\r\n"
        ).encode()
        self._heard = b""

    def ask(self) -> None:
        """Send the request."""
        self._sock.send(self._request)

    def hear(self) -> bytes | None:
        """The body of an answer that is complete.

        Raises:
            SystemExit: the system closed the connection.
        """
        part = self._sock.recv(65536)
        if not part:
            raise SystemExit("the system closed an agent's connection")
        self._heard += part
        head, blank, body = self._heard.partition(b"\r\n\r\n")
        found = re.search(rb"content-length: *(\d+)", head, re.IGNORECASE)
        if not blank or found is None or len(body) < int(found[1]):
            return None
        self._heard = b""
        return body
