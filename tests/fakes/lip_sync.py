"""A sender that claps, heard and seen at once, and a receiver that tells by reports and stamps how far both lie."""

from __future__ import annotations

import asyncio
import secrets
import socket
import time

import numpy as np

from fakes.video_line import VideoEnd
from fakes.video_phone import vp8_picture
from opencec.app.demo.softphone import PhoneCall
from opencec.workers.media import g711
from opencec.workers.rtp import rtcp
from opencec.workers.rtp.packet import Packet, build, kind_of, parse

__all__ = ["Clapper", "Witness"]

_FRAME_MS, _PICTURE_MS, _CLAP_MS = 20, 40, 800
_CLAP, _SILENCE = b"\x00" * 160, b"\xff" * 160


class Clapper:
    """Takes the sending of a call over. Every 0.8 s a frame of sound and a picture begin at the same instant."""

    def __init__(self, call: PhoneCall, video: VideoEnd, *, encoding_ms: int) -> None:
        """Args:
        encoding_ms: So long after it was taken a picture leaves; sound leaves when its frame is full.
        """
        call.stop_sending()
        video.stop_sending()
        self._call, self._video = call, video
        self._encoding_ms = encoding_ms
        self._ssrc, self._sequence = secrets.randbits(32), 0
        self._stamp0 = secrets.randbits(31)

    async def run(self, *, seconds: float) -> None:
        """Clap so long, in real time."""
        begun = time.time()
        jobs = [(at + _FRAME_MS, 0, at) for at in range(0, int(seconds * 1000), _FRAME_MS)]
        jobs += [(at + self._encoding_ms, 1, at) for at in range(0, int(seconds * 1000), _PICTURE_MS)]
        jobs += [(at, 2, at) for at in range(500, int(seconds * 1000), 500)]
        for leaves, kind, at in sorted(jobs):
            await asyncio.sleep(max(0.0, begun + leaves / 1000 - time.time()))
            if kind == 0:
                self._call.send_frame(_CLAP if at % _CLAP_MS == 0 else _SILENCE)
            elif kind == 1:
                self._show(at)
            else:
                self._report(begun, at)
        await asyncio.sleep(1.5)

    def _show(self, at_ms: int) -> None:
        name = b"clap" if at_ms % _CLAP_MS == 0 else b"still"
        payload = vp8_picture(name + b"#%d" % at_ms, is_key=at_ms % _CLAP_MS == 0)
        self._sequence = (self._sequence + 1) & 0xFFFF
        packet = Packet(
            self._video.format.payload_type, True, self._sequence, self._stamp_of(at_ms), self._ssrc, payload
        )
        assert self._video.remote is not None
        self._video.send(build(packet))

    def _report(self, begun: float, at_ms: int) -> None:
        """The stamp that a picture taken right now would have, and the clock on the wall."""
        ntp = rtcp.ntp_of(int((begun + at_ms / 1000) * 1e9))
        sender = rtcp.SenderInfo(ntp, self._stamp_of(at_ms), 1, 1)
        self._video.send_report(rtcp.build_report(ssrc=self._ssrc, cname="clapper", sender=sender, block=None))

    def _stamp_of(self, at_ms: int) -> int:
        return (self._stamp0 + at_ms * 90) & 0xFFFFFFFF


class Witness:
    """Hears and sees a call. What counts are the stamps of packets and what reports say of them."""

    def __init__(self, call: PhoneCall, video: VideoEnd) -> None:
        self._video = video
        self._began = len(video.seen)
        self._sounds: list[Packet] = []
        self._reports: dict[int, list[rtcp.SenderInfo]] = {}
        call.on_packet = self._hear
        video.on_rtcp = self._take
        self._sound_reports = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._sound_reports.bind((call.line.host, call.port + 1))
        self._sound_reports.setblocking(False)
        asyncio.get_running_loop().add_reader(self._sound_reports, self._read_reports)

    def close(self) -> None:
        """Give the socket back."""
        asyncio.get_running_loop().remove_reader(self._sound_reports)
        self._sound_reports.close()

    def _read_reports(self) -> None:
        self._take(self._sound_reports.recv(2048))

    def _hear(self, data: bytes) -> None:
        if kind_of(data) == "rtcp":
            self._take(data)
        elif (packet := parse(data)) is not None:
            self._sounds.append(packet)

    def _take(self, data: bytes) -> None:
        found = rtcp.parse(data)
        if found is not None and found.sender is not None:
            self._reports.setdefault(found.ssrc, []).append(found.sender)

    def skews_ms(self) -> list[float]:
        """Of each clap: how much later its sound was than its picture, by the sender's wall clock of both streams."""
        seen = [self._wall_ms(packet, 90.0) for packet in self._video.seen[self._began :] if b"clap#" in packet.payload]
        heard = []
        for packet in self._sounds:
            levels = np.abs(g711.decode(np.frombuffer(packet.payload, np.uint8), "PCMU").astype(int))
            loud = np.flatnonzero(levels > 2_000)
            if len(loud):
                at_ms = self._wall_ms(packet, 8.0) + loud[0] / 8.0
                if not heard or at_ms - heard[-1] > _CLAP_MS / 2:
                    heard.append(at_ms)
        return [min((at - one for at in heard), key=abs) for one in seen if heard]

    def _wall_ms(self, packet: Packet, ticks_per_ms: float) -> float:
        """When the packet's first sample or its picture was, by the newest report of its stream."""
        report = self._reports[packet.ssrc][-1]
        ahead = ((packet.timestamp - report.timestamp + 0x80000000) & 0xFFFFFFFF) - 0x80000000
        return rtcp.unix_ns_of(report.ntp) / 1e6 + ahead / ticks_per_ms
