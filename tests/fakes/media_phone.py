"""A phone on loopback for tests of the media worker, and a rig that runs an engine's ticks without waiting."""

from __future__ import annotations

import socket
import struct
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from opencec.workers.media import g711
from opencec.workers.media.engine import PHASES, Engine
from opencec.workers.media.wav import wav_header
from opencec.workers.protocol import Command, Event, LegOpened, Mix, OpenLeg, Reply
from opencec.workers.rtp.packet import Packet, build, parse
from opencec.workers.rtp.sockets import PortPool

__all__ = ["EngineRig", "Phone", "channels", "pair", "presence", "tone", "write_prompt", "write_recording"]

_ids = count(1)


def tone(hertz: float, *, seconds: float = 1.0, amplitude: float = 3000.0) -> NDArray[np.int16]:
    """(frames, 160) int16 at 14-bit scale."""
    at = np.arange(int(seconds * 8000)) / 8000.0
    wave = amplitude * np.sin(2 * np.pi * hertz * at)
    return np.rint(wave[: len(wave) // 160 * 160]).astype(np.int16).reshape(-1, 160)


def presence(samples: NDArray[np.int16], hertz: float) -> float:
    """Share of the energy that a tone has in samples, 0-1 (correlation with its sine and cosine)."""
    wave = samples.reshape(-1).astype(float)
    if not wave.any():
        return 0.0
    at = 2 * np.pi * hertz * np.arange(len(wave)) / 8000.0
    part = (wave @ np.cos(at)) ** 2 + (wave @ np.sin(at)) ** 2
    return float(part * 2 / len(wave) / (wave @ wave))


def write_prompt(path: Path) -> str:
    """A second of 1,500 Hz as 16-bit PCM; the path as a worker takes it."""
    samples = (np.sin(2 * np.pi * 1500 * np.arange(8000) / 8000) * 12000).astype("<i2").tobytes()
    head = b"fmt " + struct.pack("<IHHIIHH", 16, 1, 1, 8000, 16000, 2, 16) + b"data" + struct.pack("<I", len(samples))
    path.write_bytes(b"RIFF" + struct.pack("<I", 4 + len(head) + len(samples)) + b"WAVE" + head + samples)
    return str(path)


def write_recording(path: Path, left: NDArray[np.int16], right: NDArray[np.int16]) -> str:
    """A recording as workers write it, of samples at 14-bit scale; the path as a worker takes it."""
    both = np.stack([g711.encode(side.reshape(-1), "PCMU") for side in (left, right)], axis=1)
    path.write_bytes(wav_header(both.size) + both.tobytes())
    return str(path)


def channels(path: str | Path) -> tuple[NDArray[np.int16], ...]:
    """Left and right of a finished recording, at 14-bit scale; its header is checked."""
    data = Path(path).read_bytes()
    assert data[:4] == b"RIFF"
    assert struct.unpack_from("<HHI", data, 20) == (7, 2, 8000)
    assert int.from_bytes(data[4:8], "little") == len(data) - 8
    assert int.from_bytes(data[54:58], "little") == len(data) - 58
    both = np.frombuffer(data[58:], np.uint8).reshape(-1, 2)
    return tuple(g711.decode(both[:, side].copy(), "PCMU") for side in (0, 1))


class Phone:
    """Sends a tone frame by frame, keeps what it hears."""

    def __init__(self, *, hertz: float = 440.0, codec: g711.Codec = "PCMU", ssrc: int = 0x1111, port: int = 0) -> None:
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(("127.0.0.1", port))
        self.socket.setblocking(False)
        self.codec = codec
        self.payload_type = 0 if codec == "PCMU" else 8
        self.ssrc = ssrc
        self.sequence = 1000
        self.timestamp = 50_000
        self._frames = g711.encode(tone(hertz), codec)
        self._at = 0
        self.target: tuple[str, int] | None = None
        self.heard: list[Packet] = []

    @property
    def address(self) -> tuple[str, int]:
        host, port = self.socket.getsockname()
        return host, port

    def next_payload(self) -> bytes:
        frame = self._frames[self._at % len(self._frames)]
        self._at += 1
        return frame.tobytes()

    def packet(self, payload: bytes | None = None, **changes: int) -> bytes:
        """The next packet of the stream; `changes` replace header fields."""
        body = self.next_payload() if payload is None else payload
        made = Packet(self.payload_type, False, self.sequence, self.timestamp, self.ssrc, body)
        self.sequence = (self.sequence + 1) & 0xFFFF
        self.timestamp = (self.timestamp + len(body)) & 0xFFFFFFFF
        return build(made._replace(**changes))

    def send(self, data: bytes | None = None) -> None:
        assert self.target is not None
        self.socket.sendto(self.packet() if data is None else data, self.target)

    def listen(self) -> list[Packet]:
        """Take what has come; returns the new packets."""
        new = []
        while True:
            try:
                packet = parse(self.socket.recv(2048))
            except (BlockingIOError, ConnectionRefusedError):
                break
            assert packet is not None
            new.append(packet)
        self.heard += new
        return new

    def samples(self, *, last: int = 25) -> NDArray[np.int16]:
        """What was heard in the last packets, decoded."""
        audio = [p.payload for p in self.heard if p.payload_type == self.payload_type][-last:]
        return g711.decode(np.frombuffer(b"".join(audio), np.uint8).copy(), self.codec)

    def close(self) -> None:
        self.socket.close()


class EngineRig:
    """An engine, its phones, and a clock that is turned by hand."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.now_ms = 1_000_000
        self.tick = 1
        self.phones: list[Phone] = []
        self.replies: list[Reply] = []

    @classmethod
    @contextmanager
    def running(cls, ports: tuple[int, int]) -> Iterator[EngineRig]:
        clock: list[EngineRig] = []
        engine = Engine(
            name="media-test", ports=PortPool(*ports), now_ms=lambda: clock[0].now_ms if clock else 1_000_000
        )
        rig = cls(engine)
        clock.append(rig)
        engine.start()
        try:
            yield rig
        finally:
            engine.stop()
            for phone in rig.phones:
                phone.close()

    def do(self, command: Command, *, wait: bool = True) -> Reply:
        """Carry out a command and return its reply."""
        before = len(self.replies)
        self.engine.commands.execute(command, self.replies.append)
        self._settle(lambda: len(self.replies) > before, wait=wait)
        return self.replies[-1]

    def _settle(self, is_done: Callable[[], bool], *, wait: bool = True) -> None:
        """Let the threads beside the audio answer."""
        pause = threading.Event()
        for _ in range(5000):
            self.engine.run_posted()
            if is_done() or not wait:
                return
            pause.wait(0.001)
        raise AssertionError("nothing came within 5 s")

    def open(self, leg: str, phone: Phone, *, mix: str = "m", **fields: object) -> LegOpened:
        """Open a leg towards a phone."""
        settings: dict[str, object] = {
            "id": f"c{next(_ids)}",
            "leg": leg,
            "mix": mix,
            "remote": phone.address,
            "signalling_host": "127.0.0.1",
            "codec": phone.codec,
            "payload_type": phone.payload_type,
        }
        reply = self.do(OpenLeg(**{**settings, **fields}))  # type: ignore[arg-type]
        assert isinstance(reply.result, LegOpened), reply
        phone.target = (reply.result.host, reply.result.port)
        if phone not in self.phones:
            self.phones.append(phone)
        return reply.result

    def join(self, mix: str, gains: dict[str, dict[str, float]], *, revision: int = 1) -> None:
        assert self.do(Mix(id=f"c{next(_ids)}", mix=mix, revision=revision, gains=gains)).ok

    def join_all(self, mix: str, *legs: str, revision: int = 1) -> None:
        """Everybody hears everybody else."""
        self.join(mix, {a: {b: 1.0 for b in legs if b != a} for a in legs}, revision=revision)

    def run(self, ticks: int, before: Callable[[int], None] | None = None) -> None:
        """Run ticks of 20 ms; by default every phone sends a packet before each."""
        for turn in range(ticks):
            if before is None:
                for phone in self.phones:
                    phone.send()
            else:
                before(turn)
            for index in range(PHASES):
                self.engine.run_phase(index, self.tick)
            self.engine.run_posted()
            for phone in self.phones:
                phone.listen()
            self.tick += 1
            self.now_ms += 20

    def events(self, kind: type[Event]) -> list[Event]:
        return [event for event in self.engine.events.unacknowledged if isinstance(event, kind)]

    def acknowledge_all(self) -> None:
        """As control does: the engine forgets its events."""
        told = self.engine.events.unacknowledged
        if told:
            self.engine.events.acknowledge(told[-1].number)

    def wait_until(self, is_done: Callable[[], bool]) -> None:
        """Until something is so that the threads beside the audio bring about."""
        self._settle(is_done)

    def wait_for(self, kind: type[Event]) -> Event:
        """The first event of a kind, which a thread beside the audio may still be about to cause."""
        self._settle(lambda: bool(self.events(kind)))
        return self.events(kind)[0]


def pair(rig: EngineRig, *, codecs: tuple[g711.Codec, g711.Codec] = ("PCMU", "PCMU")) -> tuple[Phone, Phone]:
    """Two phones in the mix "m", legs "a" (400 Hz) and "b" (700 Hz), that hear each other."""
    a, b = Phone(hertz=400, codec=codecs[0], ssrc=1), Phone(hertz=700, codec=codecs[1], ssrc=2)
    rig.open("a", a)
    rig.open("b", b)
    rig.join_all("m", "a", "b")
    return a, b
