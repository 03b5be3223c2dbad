"""Video phones for tests of the relay, plain and secured, and a rig that turns the relay's loop by hand."""

from __future__ import annotations

import select
import socket
import struct
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import count

from fakes.webrtc_peer import WebRtcPeer
from opencec.workers.protocol import CloseLeg, Event, LegOpened, Quality, Reply, Stats
from opencec.workers.relay.engine import RelayEngine
from opencec.workers.relay_protocol import Forward, OpenVideo, RelayCommand
from opencec.workers.rtp.packet import Packet, build, kind_of, parse
from opencec.workers.rtp.sockets import PortPool

__all__ = ["PICTURE", "PREDICTED", "RelayRig", "SecureVideoPhone", "VideoPhone", "h264_picture", "vp8_picture"]

_ids = count(1)


def vp8_picture(body: bytes = b"picture", *, is_key: bool = True) -> bytes:
    """One packet that is a whole VP8 frame: descriptor with the start bit, frame tag, then anything."""
    tag = bytes([0x10 if is_key else 0x11, 0x02, 0x00])
    return b"\x10" + tag + (b"\x9d\x01\x2a\x40\x01\xf0\x00" if is_key else b"") + body


def h264_picture(body: bytes = b"picture", *, is_key: bool = True) -> bytes:
    """One packet that is a whole H.264 picture, or one that needs another."""
    return bytes([0x65 if is_key else 0x41]) + body


PICTURE, PREDICTED = vp8_picture(), vp8_picture(is_key=False)


class VideoPhone:
    """A peer of one plain leg: RTP and RTCP on one port."""

    def __init__(self, *, payload_type: int = 96, ssrc: int = 0x5EED) -> None:
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(("127.0.0.1", 0))
        self.socket.setblocking(False)
        self.payload_type, self.ssrc = payload_type, ssrc
        self.sequence, self.timestamp = 65_530, 4_294_960_000  # both wrap soon
        self.target: tuple[str, int] | None = None
        self.seen: list[Packet] = []
        self.rtcp: list[bytes] = []

    @property
    def address(self) -> tuple[str, int]:
        host, port = self.socket.getsockname()
        return host, port

    def open(self, leg: str, **fields: object) -> OpenVideo:
        """The command that opens this phone's leg."""
        made = {"payload_type": self.payload_type, "rtcp_mux": True, "remote": self.address, **fields}
        return OpenVideo(id=f"open-{next(_ids)}", leg=leg, **{"mix": "mix", **made})  # type: ignore[arg-type]

    def packet(self, payload: bytes, **changes: int) -> bytes:
        """The next packet of the stream, a picture by itself."""
        made = Packet(self.payload_type, True, self.sequence, self.timestamp, self.ssrc, payload)
        self.sequence = (self.sequence + 1) & 0xFFFF
        self.timestamp = (self.timestamp + 3000) & 0xFFFFFFFF
        return build(made._replace(**changes))  # type: ignore[arg-type]

    def show(self, payload: bytes = PICTURE, **changes: int) -> None:
        """Send the next packet."""
        self.send(self.packet(payload, **changes))

    def send(self, data: bytes) -> None:
        assert self.target is not None
        self.socket.sendto(data, self.target)

    def send_rtcp(self, data: bytes) -> None:
        self.send(data)

    def look(self) -> list[Packet]:
        """Take what has come; the new pictures."""
        new = []
        while True:
            try:
                data = self.socket.recv(2048)
            except (BlockingIOError, ConnectionRefusedError):
                break
            if kind_of(data) == "rtcp":
                self.rtcp.append(data)
            elif (packet := parse(data)) is not None:
                new.append(packet)
        self.seen += new
        return new

    def close(self) -> None:
        self.socket.close()


class SecureVideoPhone(VideoPhone):
    """A browser as far as its video leg is concerned."""

    def __init__(self, *, payload_type: int = 96, ssrc: int = 0x5EED) -> None:
        super().__init__(payload_type=payload_type, ssrc=ssrc)
        self.socket.close()
        self.peer = WebRtcPeer()
        self.socket = self.peer.socket

    def open(self, leg: str, **fields: object) -> OpenVideo:
        return super().open(leg, remote=None, **self.peer.description, **fields)

    def connect(self, local: LegOpened) -> None:
        """Checks and handshake."""
        self.peer.meet(local)
        assert self.peer.check() is not None
        self.peer.shake_hands()
        self._keys = self.peer.keys()

    def send(self, data: bytes) -> None:
        self.peer.send(self._keys.protect_rtp(data))

    def send_rtcp(self, data: bytes) -> None:
        self.peer.send(self._keys.protect_rtcp(data))

    def look(self) -> list[Packet]:
        new = []
        while (data := self.peer.read(0)) is not None:
            if kind_of(data) == "rtcp":
                clear = self._keys.unprotect_rtcp(data)
                assert clear is not None
                self.rtcp.append(clear)
            elif kind_of(data) == "rtp":
                packet = parse(self._keys.unprotect_rtp(data) or b"")
                assert packet is not None
                new.append(packet)
        self.seen += new
        return new


class RelayRig:
    """A relay engine in this process."""

    def __init__(self, engine: RelayEngine, poller: select.epoll) -> None:
        self.engine = engine
        self.poller = poller
        self.events: list[Event] = []
        self.replies: list[Reply] = []
        self.phones: list[VideoPhone] = []
        engine.events.on_event = self.events.append

    @classmethod
    @contextmanager
    def running(cls, ports: tuple[int, int]) -> Iterator[RelayRig]:
        poller = select.epoll()
        engine = RelayEngine(name="relay-test", ports=PortPool(*ports), poller=poller)
        engine.recorder.begin()
        rig = cls(engine, poller)
        try:
            yield rig
        finally:
            engine.stop()
            poller.close()
            for phone in rig.phones:
                phone.close()

    def do(self, command: RelayCommand) -> Reply:
        """Carry out a command."""
        self.engine.execute(command, self.replies.append)
        return self.replies[-1]

    def join(self, phone: VideoPhone, leg: str, **fields: object) -> LegOpened:
        """Open a leg for a phone, with its handshake if it has one."""
        self.phones.append(phone)
        opened = self.do(phone.open(leg, **fields)).result
        assert isinstance(opened, LegOpened)
        phone.target = ("127.0.0.1", opened.port)
        if isinstance(phone, SecureVideoPhone):
            phone.connect(opened)
            self.turn_until(lambda: self.engine.registry.legs[leg].is_connected)
        return opened

    def forward(self, revision: int = 1, /, **sees: str) -> None:
        """Say who sees whom."""
        self.do(Forward(id=f"forward-{next(_ids)}", mix="mix", revision=revision, sees=sees))

    def turn(self) -> None:
        """Let the relay read everything that has come, and do what time wants."""
        for _ in range(8):
            for descriptor, _mask in self.poller.poll(0):
                self.engine.readable(descriptor)
        self.engine.turn(time.monotonic())

    def turn_until(self, holds: Callable[[], bool], *, limit_s: float = 3.0) -> None:
        """Turn until something is so."""
        until = time.monotonic() + limit_s
        while not holds():
            assert time.monotonic() < until, "did not come about"
            self.poller.poll(0.01)
            self.turn()

    def quality(self, leg: str) -> Quality:
        found = self.do(Stats(id=f"stats-{next(_ids)}", leg=leg)).result
        assert isinstance(found, Quality)
        return found

    def hang_up(self, leg: str) -> Reply:
        return self.do(CloseLeg(id=f"close-{next(_ids)}", leg=leg))


def feedback(form: int, *, kind: int = 206, about: int, body: bytes = b"") -> bytes:
    """An empty receiver report and one feedback message."""
    report = struct.pack("!BBHI", 0x80, 201, 1, 1)
    return report + struct.pack("!BBHII", 0x80 | form, kind, 2 + len(body) // 4, 1, about) + body
