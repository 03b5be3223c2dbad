"""A small SIP phone for demos, tests and benches: registers, calls, answers, sends a tone and keeps what it hears.

It is a peer of the system, not a part of it: real SIP over UDP, real RTP, one socket each. One user agent and one SIP
socket (`PhoneLine`) serve many phones of a process.
"""

from __future__ import annotations

import asyncio
import math
import secrets
import socket
import struct
import time
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field

import numpy as np

from opencec.adapters.sipwire import LocalAddresses, SipWire
from opencec.sip import leg_events as sip
from opencec.sip.flow import Destination
from opencec.sip.sdp import SessionDescription
from opencec.sip.sdp_negotiation import LocalAudio, describe_audio, make_answer, make_offer
from opencec.sip.user_agent import UserAgent
from opencec.sip.user_agent_settings import Identity, Login
from opencec.workers.media.g711 import encode_from_16_bit

__all__ = ["PhoneCall", "PhoneLine"]

_FRAME = 160
_FRAME_S = 0.02
_TONE_LEVEL = 8000
_DTMF_EVENTS = {digit: number for number, digit in enumerate("0123456789*#ABCD")}
_TELEPHONE_EVENT = 101


def tone(frequency: float, *, seconds: float = 1.0) -> bytes:
    """Mu-law samples of a sine that repeats without a click after `seconds` (whole periods)."""
    t = np.arange(int(8000 * seconds)) / 8000
    pcm = (np.sin(2 * math.pi * frequency * t) * _TONE_LEVEL).astype(np.int16)
    return encode_from_16_bit(pcm, "PCMU").tobytes()


class _Rtp(asyncio.DatagramProtocol):
    def __init__(self, call: PhoneCall) -> None:
        self._call = call

    def datagram_received(self, data: bytes, address: tuple[str, int]) -> None:
        self._call.heard_packet(data)


@dataclass(eq=False)
class PhoneCall:
    """One call of a phone."""

    line: PhoneLine
    leg: str
    frequency: float
    keeps_audio: bool = True
    heard: bytearray = field(default_factory=bytearray)
    """Mu-law as it came, in order of arrival."""
    received: int = 0
    state: str = "new"
    status: int = 0
    headers: dict[str, str] = field(default_factory=dict)
    answered: asyncio.Event = field(default_factory=asyncio.Event)
    ended: asyncio.Event = field(default_factory=asyncio.Event)
    on_packet: Callable[[bytes], None] = lambda _: None
    """Told every RTP packet as it came."""
    first_audio_at: float = 0.0
    last_audio_at: float = 0.0
    longest_gap_s: float = 0.0
    _transport: asyncio.DatagramTransport | None = None
    _sender: asyncio.Task[None] | None = None
    _remote: tuple[str, int] | None = None
    _digits: list[str] = field(default_factory=list)
    _sequence: int = field(default_factory=lambda: secrets.randbelow(30000))
    _timestamp: int = field(default_factory=lambda: secrets.randbelow(2**31))
    _ssrc: int = field(default_factory=lambda: secrets.randbits(32))

    async def open(self) -> LocalAudio:
        """Open the RTP socket; returns our side of the SDP."""
        sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        sock.bind((self.line.host, 0))
        sock.setblocking(False)
        loop = asyncio.get_running_loop()
        self._transport, _ = await loop.create_datagram_endpoint(lambda: _Rtp(self), sock=sock)
        return LocalAudio(host=self.line.host, port=sock.getsockname()[1], codecs=("PCMU",))

    def take_remote(self, sdp: bytes | None) -> None:
        """The far end's description: send there from now on."""
        audio = describe_audio(SessionDescription.parse(sdp)) if sdp else None
        if audio is None:
            return
        self._remote = (audio.host, audio.port)
        if self._sender is None:
            self._sender = asyncio.get_running_loop().create_task(self._send())

    async def _send(self) -> None:
        samples = tone(self.frequency) if self.frequency else b"\xff" * 8000
        position, due = 0, time.monotonic()
        while self._transport is not None and self._remote is not None:
            if self._digits:
                await self._send_digit(self._digits.pop(0))
                due = time.monotonic()
                continue
            payload = samples[position : position + _FRAME]
            position = (position + _FRAME) % len(samples)
            self._packet(0, payload)
            self._timestamp += _FRAME
            due += _FRAME_S
            await asyncio.sleep(max(0.0, due - time.monotonic()))

    async def _send_digit(self, digit: str) -> None:
        started = self._timestamp
        for number in range(11):
            duration = min(8, number + 1) * _FRAME
            body = struct.pack("!BBH", _DTMF_EVENTS[digit], 10 | (0x80 if number >= 8 else 0), duration)
            self._packet(_TELEPHONE_EVENT, body, timestamp=started, is_first=number == 0)
            await asyncio.sleep(_FRAME_S)
        self._timestamp = started + 11 * _FRAME
        for _ in range(4):
            self._packet(0, b"\xff" * _FRAME)
            self._timestamp += _FRAME
            await asyncio.sleep(_FRAME_S)

    def _packet(self, kind: int, payload: bytes, *, timestamp: int | None = None, is_first: bool = False) -> None:
        if self._transport is None or self._remote is None:
            return
        self._sequence = (self._sequence + 1) & 0xFFFF
        stamp = (self._timestamp if timestamp is None else timestamp) & 0xFFFFFFFF
        header = struct.pack("!BBHII", 0x80, kind | (0x80 if is_first else 0), self._sequence, stamp, self._ssrc)
        self._transport.sendto(header + payload, self._remote)

    def heard_packet(self, data: bytes) -> None:
        """One RTP packet from the system."""
        self.on_packet(data)
        if len(data) < 12 or data[1] & 0x7F not in (0, 8):
            return
        now = time.monotonic()
        if self.last_audio_at:
            self.longest_gap_s = max(self.longest_gap_s, now - self.last_audio_at)
        else:
            self.first_audio_at = now
        self.last_audio_at = now
        self.received += 1
        if self.keeps_audio:
            self.heard += data[12:]

    @property
    def port(self) -> int:
        """Where sound is received; 0 when the call is over."""
        return int(self._transport.get_extra_info("sockname")[1]) if self._transport is not None else 0

    def stop_sending(self) -> None:
        """No tone any more: what `send_frame` gets goes out."""
        if self._sender is not None:
            self._sender.cancel()

    def send_frame(self, samples: bytes) -> None:
        """20 ms of mu-law."""
        self._packet(0, samples)
        self._timestamp += _FRAME

    def press(self, digits: str) -> None:
        """Send digits by RFC 4733."""
        self._digits.extend(digits)

    def hang_up(self) -> None:
        """BYE, CANCEL or refusal, whatever fits."""
        self.line.user_agent.bye(self.leg, now=self.line.now())
        self.line.wire.flush()

    def close(self) -> None:
        """The call is over: stop sending."""
        if self._sender is not None:
            self._sender.cancel()
            self._sender = None
        if self._transport is not None:
            self._transport.close()
            self._transport = None
        self.ended.set()
        self.answered.set()


class PhoneLine:
    """A SIP socket with any number of accounts and calls."""

    def __init__(
        self, server: tuple[str, int], *, host: str = "127.0.0.1", port: int = 0, keeps_audio: bool = True
    ) -> None:
        """Args:
        server: Host and port of the system.
        host: Our address.
        port: Our port; 0 = any.
        """
        self._wanted_port = port
        self.server = Destination(server[0], server[1], "udp")
        self.host = host
        self.keeps_audio = keeps_audio
        self.calls: dict[str, PhoneCall] = {}
        self.on_call: Callable[[PhoneCall], None] = lambda _: None
        """Told every call that comes in, already answered."""
        self.answers: Callable[[str], bool] = lambda _: True
        """Whether a call to this account is answered at once; else it rings (180)."""
        self.frequency_of: Callable[[str], float] = lambda _: 440.0
        self.registered: dict[str, asyncio.Future[int]] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    @staticmethod
    def now() -> int:
        """Milliseconds."""
        return int(time.time() * 1000)

    async def open(self) -> None:
        """Bind the socket."""
        sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        sock.bind((self.host, self._wanted_port))
        sock.setblocking(False)
        self._socket = sock
        self.port = sock.getsockname()[1]
        addresses = LocalAddresses({"udp": self.port})
        self.user_agent = UserAgent(tokens=lambda: secrets.token_hex(12), local_address=addresses)
        self.wire = SipWire(self.user_agent, self.now, on_event=self._on_event)
        await self.wire.start(udp=sock)

    async def close(self) -> None:
        """End calls and the socket."""
        for call in list(self.calls.values()):
            call.hang_up()
            call.close()
        await self.wire.close()
        self._socket.close()

    async def register(self, user: str, password: str, *, domain: str = "127.0.0.1") -> int:
        """Register an account; the final status."""
        done: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        self.registered[user] = done
        self.user_agent.register(
            user,
            registrar_uri=f"sip:{domain}",
            destination=self.server,
            aor=f"sip:{user}@{domain}",
            now=self.now(),
            contact_user=user,
            login=Login(user, password),
            expires_s=600,
        )
        self.wire.flush()
        return await done

    async def call(
        self, number: str, *, caller: str = "15550100", frequency: float = 1000.0, login: Login | None = None
    ) -> PhoneCall:
        """Call a number of the system; await `answered` or `ended` of the call."""
        leg = secrets.token_hex(8)
        call = PhoneCall(self, leg, frequency, self.keeps_audio)
        local = await call.open()
        self.calls[leg] = call
        self.user_agent.invite(
            leg,
            target_uri=f"sip:{number}@{self.server.host}:{self.server.port}",
            destination=self.server,
            local=Identity(f"sip:{caller}@{self.host}"),
            effect_id=leg,
            now=self.now(),
            sdp=make_offer(local, session_id=int(leg[:8], 16)).serialize(),
            login=login,
            contact_user=caller,
        )
        self.wire.flush()
        return call

    def _on_event(self, event: sip.Event) -> None:
        match event:
            case sip.InviteReceived():
                self._spawn(self._take_call(event))
            case sip.RegistrationChanged():
                done = self.registered.get(event.key)
                if done is not None and not done.done():
                    done.set_result(event.status)
            case sip.Progress():
                if (call := self.calls.get(event.leg)) is not None:
                    call.state = "ringing"
                    call.take_remote(event.sdp)
            case sip.Answered():
                if (call := self.calls.get(event.leg)) is not None:
                    call.state = "up"
                    call.take_remote(event.sdp)
                    call.answered.set()
            case sip.ReInviteReceived():
                self._spawn(self._renegotiate(event))
            case sip.Failed() | sip.Ended() | sip.Cancelled():
                self._over(event)
            case _:
                pass

    def _over(self, event: sip.Failed | sip.Ended | sip.Cancelled) -> None:
        call = self.calls.pop(event.leg, None)
        if call is not None:
            call.state = "over"
            call.status = event.status if isinstance(event, sip.Failed) else 200
            call.close()

    async def _take_call(self, event: sip.InviteReceived) -> None:
        user = event.request.to.uri.user or ""
        call = PhoneCall(self, event.leg, self.frequency_of(user), self.keeps_audio)
        call.headers = {name.lower(): value for name, value in event.request.headers.items()}
        self.calls[event.leg] = call
        local = await call.open()
        call.take_remote(event.request.body)
        self.user_agent.provisional(event.leg, 180, now=self.now())
        self.on_call(call)
        if self.answers(user):
            self.answer(call, event.request.body, local)
        else:
            call.state = "ringing"
        self.wire.flush()

    def answer(self, call: PhoneCall, offer: bytes, local: LocalAudio) -> None:
        """Lift the phone."""
        sdp = make_answer(SessionDescription.parse(offer), local, session_id=1).serialize()
        self.user_agent.accept(call.leg, now=self.now(), sdp=sdp)
        call.state = "up"
        call.answered.set()
        self.wire.flush()

    async def _renegotiate(self, event: sip.ReInviteReceived) -> None:
        call = self.calls.get(event.leg)
        dialog = self.user_agent.snapshot(event.leg)
        if call is None or dialog is None or event.sdp is None:
            self.user_agent.reject_reinvite(event.leg, 488, now=self.now())
        else:
            call.take_remote(event.sdp)
            self.user_agent.accept_reinvite(event.leg, dialog.local_sdp, now=self.now())
        self.wire.flush()

    def _spawn(self, work: Coroutine[None, None, None]) -> None:
        task: asyncio.Task[None] = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
