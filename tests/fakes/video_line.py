"""SIP video phones on one line: the small SIP phone with a picture, numbered frames out, what comes kept."""

from __future__ import annotations

import asyncio
import secrets
import socket
from collections.abc import Callable
from dataclasses import dataclass, field

from msgspec import structs

from fakes.video_phone import h264_picture, vp8_picture
from opencec.app.demo.softphone import PhoneCall, PhoneLine
from opencec.sip import leg_events as sip
from opencec.sip.sdp import SessionDescription
from opencec.sip.sdp_negotiation import LocalAudio, make_answer, make_offer
from opencec.sip.sdp_video import OUR_FORMATS, LocalVideo, VideoFormat, describe_video
from opencec.sip.user_agent_settings import Identity
from opencec.workers.rtp.packet import Packet, build, kind_of, parse

__all__ = ["VideoEnd", "VideoLine"]

_FRAME_S = 1 / 30


def _pair(host: str) -> tuple[socket.socket, socket.socket]:
    """Sockets of two ports in a row: RTP and RTCP."""
    while True:
        rtp, rtcp = (socket.socket(socket.AF_INET, socket.SOCK_DGRAM) for _ in range(2))
        rtp.bind((host, 0))
        try:
            rtcp.bind((host, rtp.getsockname()[1] + 1))
        except (OSError, OverflowError):
            rtp.close()
            rtcp.close()
            continue
        rtp.setblocking(False)
        rtcp.setblocking(False)
        return rtp, rtcp


@dataclass
class VideoEnd:
    """The picture side of one call. `name` stands in every frame that it sends."""

    host: str
    name: bytes
    seen: list[Packet] = field(default_factory=list)
    remote: tuple[str, int] | None = None
    format: VideoFormat = OUR_FORMATS[0]
    pictures_asked: int = 0
    on_rtcp: Callable[[bytes], None] = lambda _: None
    pictures: list[list[bytes]] = field(default_factory=list)
    """Payloads of real pictures, sent over and over; none: numbered ones are made up."""
    _number: int = 0
    _wants_key: bool = True
    _sequence: int = field(default_factory=lambda: secrets.randbits(16))
    _ssrc: int = field(default_factory=lambda: secrets.randbits(32))

    def open(self, formats: tuple[VideoFormat, ...]) -> LocalVideo:
        """Open the socket; our side of the SDP."""
        self._socket, self._rtcp = _pair(self.host)
        for one in (self._socket, self._rtcp):
            asyncio.get_running_loop().add_reader(one, self._read, one)
        self._task = asyncio.get_running_loop().create_task(self._send())
        return LocalVideo(host=self.host, port=self._socket.getsockname()[1], formats=formats)

    def close(self) -> None:
        if self._socket.fileno() >= 0:
            for one in (self._socket, self._rtcp):
                asyncio.get_running_loop().remove_reader(one)
                one.close()
            self._task.cancel()

    def stop_sending(self) -> None:
        """Only what the test sends goes out from now on."""
        self._task.cancel()

    def send(self, packet: bytes) -> None:
        """One RTP packet to the system."""
        assert self.remote is not None
        self._socket.sendto(packet, self.remote)

    def send_report(self, packet: bytes) -> None:
        """One RTCP packet to the system, from port to port as without multiplexing."""
        assert self.remote is not None
        self._rtcp.sendto(packet, (self.remote[0], self.remote[1] + 1))

    def frames_of(self, name: bytes, *, since: int = 0) -> list[int]:
        """Numbers of the frames of another end that were seen."""
        payloads = [packet.payload for packet in self.seen[since:]]
        return [int(payload.rpartition(b"#")[2]) for payload in payloads if name + b"#" in payload]

    async def saw(self, name: bytes, count: int = 5, *, wait_s: float = 5.0) -> None:
        """Wait for so many more frames of another end."""
        since = len(self.seen)
        async with asyncio.timeout(wait_s):
            while len(self.frames_of(name, since=since)) < count:
                await asyncio.sleep(0.02)

    async def sees_nothing(self, *, for_s: float = 0.4) -> None:
        """Nothing comes once what was on its way has arrived."""
        await asyncio.sleep(0.1)
        before = len(self.seen)
        await asyncio.sleep(for_s)
        assert len(self.seen) == before

    def _read(self, sock: socket.socket) -> None:
        try:
            data = sock.recv(2048)
        except OSError:
            return
        if kind_of(data) == "rtcp":
            self.on_rtcp(data)
            if b"\x81\xce" in data:  # PLI
                self.pictures_asked += 1
                self._wants_key = True
        elif (packet := parse(data)) is not None:
            self.seen.append(packet)

    async def _send(self) -> None:
        while True:
            if self.remote is not None:
                parts = self._picture()
                for index, payload in enumerate(parts):
                    is_last = index == len(parts) - 1
                    stamp = self._number * 3000
                    packet = Packet(self.format.payload_type, is_last, self._sequence, stamp, self._ssrc, payload)
                    self._sequence = (self._sequence + 1) & 0xFFFF
                    try:
                        self._socket.sendto(build(packet), self.remote)
                    except OSError:
                        pass
                self._number += 1
            await asyncio.sleep(_FRAME_S)

    def _picture(self) -> list[bytes]:
        if self.pictures:
            return self.pictures[self._number % len(self.pictures)]
        make = {"VP8": vp8_picture, "H264": h264_picture}
        made = make[self.format.codec](self.name + b"#%d" % self._number, is_key=self._wants_key)
        self._wants_key = False
        return [made]


class VideoLine(PhoneLine):
    """Its calls offer pictures, and take them. `codecs`: what its phones can; `is_blind`: no pictures any more."""

    codecs: tuple[str, ...] = ("VP8", "H264")
    is_blind = False

    def __init__(self, server: tuple[str, int]) -> None:
        super().__init__(server)
        self.videos: dict[str, VideoEnd] = {}
        self.pictures: dict[bytes, list[list[bytes]]] = {}
        """Real pictures that an end of this name sends."""
        self._sides: dict[str, LocalVideo] = {}

    async def close(self) -> None:
        for video in self.videos.values():
            video.close()
        await super().close()

    def _formats(self) -> tuple[VideoFormat, ...]:
        return tuple(one for one in OUR_FORMATS if one.codec in self.codecs)

    async def call_with_video(self, number: str, *, caller: str = "15550100", name: bytes = b"customer") -> PhoneCall:
        """Call a number with sound and picture."""
        leg = secrets.token_hex(8)
        call = PhoneCall(self, leg, 1000.0)
        local = await call.open()
        self.calls[leg] = call
        video = self.videos[leg] = VideoEnd(self.host, name, pictures=self.pictures.get(name, []))
        side = self._sides[leg] = video.open(self._formats())
        offer = make_offer(local, session_id=int(leg[:8], 16), video=side)
        self.user_agent.invite(
            leg,
            target_uri=f"sip:{number}@{self.server.host}:{self.server.port}",
            destination=self.server,
            local=Identity(f"sip:{caller}@{self.host}"),
            effect_id=leg,
            now=self.now(),
            sdp=offer.serialize(),
            contact_user=caller,
        )
        self.wire.flush()
        return call

    def answer(self, call: PhoneCall, offer: bytes, local: LocalAudio) -> None:
        sdp = self._answer_to(call, offer, local)
        self.user_agent.accept(call.leg, now=self.now(), sdp=sdp)
        call.state = "up"
        call.answered.set()
        self.wire.flush()

    def _answer_to(self, call: PhoneCall, offer: bytes, local: LocalAudio) -> bytes:
        parsed = SessionDescription.parse(offer)
        remote = describe_video(parsed)
        found = None
        if remote is not None and not self.is_blind:
            found = next((one for one in remote.formats if one.codec in self.codecs), None)
        side = None
        if found is not None and remote is not None:
            video = self.videos.get(call.leg)
            if video is None:
                video = self.videos[call.leg] = VideoEnd(self.host, b"agent", pictures=self.pictures.get(b"agent", []))
                self._sides[call.leg] = video.open((found,))
            video.remote, video.format = (remote.host, remote.port), found
            side = structs.replace(self._sides[call.leg], formats=(found,))
        elif call.leg in self.videos:
            self.videos[call.leg].remote = None
        dialog = self.user_agent.snapshot(call.leg)
        previous = SessionDescription.parse(dialog.local_sdp) if dialog is not None and dialog.local_sdp else None
        return make_answer(parsed, local, session_id=1, previous=previous, video=side).serialize()

    def _on_event(self, event: sip.Event) -> None:
        if isinstance(event, sip.Answered) and event.sdp and event.leg in self.videos:
            remote, video = describe_video(SessionDescription.parse(event.sdp)), self.videos[event.leg]
            if remote is not None:
                video.remote, video.format = (remote.host, remote.port), remote.formats[0]
        if isinstance(event, sip.Failed | sip.Ended | sip.Cancelled) and (gone := self.videos.get(event.leg)):
            gone.close()
        super()._on_event(event)

    async def _renegotiate(self, event: sip.ReInviteReceived) -> None:
        call = self.calls.get(event.leg)
        dialog = self.user_agent.snapshot(event.leg)
        if call is None or dialog is None or event.sdp is None:
            self.user_agent.reject_reinvite(event.leg, 488, now=self.now())
        else:
            call.take_remote(event.sdp)
            port = SessionDescription.parse(dialog.local_sdp or b"").media[0].port
            local = LocalAudio(host=self.host, port=port, codecs=("PCMU",))
            self.user_agent.accept_reinvite(event.leg, self._answer_to(call, event.sdp, local), now=self.now())
        self.wire.flush()
