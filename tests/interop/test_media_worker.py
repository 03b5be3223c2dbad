"""The media worker as a process: its socket, reconnects, kills, and real time."""

from __future__ import annotations

import os
import select
import signal
import socket
import struct
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from fakes.media_phone import Phone, presence
from opencec.workers import protocol
from opencec.workers.media.wav import recover
from opencec.workers.protocol import (
    Acknowledge,
    CloseLeg,
    ClosePort,
    Command,
    Digit,
    DigitPressed,
    Event,
    Hello,
    LegOpened,
    Message,
    Mix,
    OpenLeg,
    Play,
    Quality,
    Record,
    RecordingClosed,
    Reply,
    Stats,
    ToneSource,
    WorkerStatus,
)

pytestmark = pytest.mark.interop


class Control:
    """A control's end of the socket."""

    def __init__(self, path: str) -> None:
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.socket.settimeout(5)
        self.socket.connect(path)
        self.events: list[Event] = []
        self._bytes = b""
        hello = self.receive()
        assert isinstance(hello, Hello)
        self.hello = hello

    def receive(self) -> Message:
        while len(self._bytes) < 4 or len(self._bytes) < 4 + int.from_bytes(self._bytes[:4], "big"):
            data = self.socket.recv(65_536)
            if not data:
                raise EOFError
            self._bytes += data
        size = int.from_bytes(self._bytes[:4], "big")
        body, self._bytes = self._bytes[4 : 4 + size], self._bytes[4 + size :]
        return protocol.decode(body)

    def receive_all(self) -> None:
        """Until the worker closes the connection."""
        while True:
            self.receive()

    def send(self, message: Message) -> None:
        self.socket.sendall(protocol.encode(message))

    def do(self, command: Command) -> Reply:
        self.send(command)
        while not isinstance(message := self.receive(), Reply):
            self.events.append(message)  # type: ignore[arg-type]
        assert message.id == command.id
        return message

    def wait_for(self, kind: type[Event]) -> Event:
        for event in self.events:
            if isinstance(event, kind):
                return event
        while not isinstance(message := self.receive(), kind):
            self.events.append(message)  # type: ignore[arg-type]
        self.events.append(message)
        return message

    def open(self, leg: str, phone: Phone) -> None:
        reply = self.do(OpenLeg(id=f"open-{leg}", leg=leg, mix="m", remote=phone.address, signalling_host="127.0.0.1"))
        assert isinstance(reply.result, LegOpened), reply
        phone.target = (reply.result.host, reply.result.port)

    def close(self) -> None:
        self.socket.close()


class Worker:
    def __init__(self, directory: Path) -> None:
        self.path = str(directory / "media.sock")
        self.process = subprocess.Popen(
            [
                sys.executable,
                "-m",
                "opencec.workers.media",
                "--name",
                "media-0",
                "--listen",
                f"unix:{self.path}",
                "--rtp-ports",
                "33000-33399",
            ],
            stderr=(directory / "log").open("wb"),
        )
        until = time.monotonic() + 20
        while not os.path.exists(self.path):
            assert self.process.poll() is None, (directory / "log").read_text()
            assert time.monotonic() < until
            select.select([], [], [], 0.02)

    def stop(self, number: int = signal.SIGTERM) -> int:
        if self.process.poll() is None:
            self.process.send_signal(number)
        return self.process.wait(10)


@pytest.fixture
def worker(tmp_path: Path) -> Iterator[Worker]:
    running = Worker(tmp_path)
    yield running
    running.stop(signal.SIGKILL)


@pytest.fixture
def phones() -> Iterator[tuple[Phone, Phone]]:
    both = Phone(hertz=400, ssrc=1), Phone(hertz=700, ssrc=2)
    yield both
    for phone in both:
        phone.close()


def talk(phones: tuple[Phone, ...], seconds: float, before: Callable[[int], bool] = lambda turn: True) -> None:
    """Send in real time, a packet of each phone every 20 ms; `before(turn)` may swallow a turn of the first phone."""
    start = time.monotonic()
    for turn in range(int(seconds * 50)):
        for phone in phones:
            if phone is not phones[0] or before(turn):
                phone.send()
        while (rest := start + (turn + 1) * 0.02 - time.monotonic()) > 0:
            select.select([phone.socket for phone in phones], [], [], rest)
            for phone in phones:
                phone.listen()


def call(control: Control, phones: tuple[Phone, Phone]) -> None:
    control.open("a", phones[0])
    control.open("b", phones[1])
    assert control.do(Mix(id="mix", mix="m", revision=1, gains={"a": {"b": 1.0}, "b": {"a": 1.0}})).ok


def test_call_through_a_real_worker(worker: Worker, phones: tuple[Phone, Phone]) -> None:
    control = Control(worker.path)
    call(control, phones)
    talk(phones, 1.5)
    assert presence(phones[0].samples(), 700) > 0.98
    assert presence(phones[1].samples(), 400) > 0.98
    quality = control.do(CloseLeg(id="close", leg="a")).result
    assert isinstance(quality, Quality)
    assert quality.packets_received >= 70
    assert quality.jitter_ms < 20
    status = control.do(Stats(id="status")).result
    assert isinstance(status, WorkerStatus)
    assert status.legs == 1
    assert status.load < 0.9
    control.close()


def test_events_are_kept_until_acknowledged_and_calls_go_on_without_control(
    worker: Worker, phones: tuple[Phone, Phone]
) -> None:
    first = Control(worker.path)
    call(first, phones)
    first.do(Play(id="p", leg="a", play="music", sources=(ToneSource(name="ringback"),), layer="background", loop=True))
    for digit in "12":
        first.do(Digit(id=f"d{digit}", leg="a", digit=digit))
    numbers = [event.number for event in first.events]
    first.send(Acknowledge(number=numbers[0]))
    first.do(Stats(id="s1"))
    first.close()
    talk(phones, 1.0)
    assert presence(phones[1].samples(), 400) > 0.98

    second = Control(worker.path)
    assert {leg.leg for leg in second.hello.legs} == {"a", "b"}
    state = next(leg for leg in second.hello.legs if leg.leg == "a")
    assert (state.mix, state.mix_revision, state.plays) == ("m", 1, ("music",))
    pressed = second.wait_for(DigitPressed)
    assert isinstance(pressed, DigitPressed)
    assert (pressed.digit, pressed.number) == ("2", numbers[1])
    again = second.do(Digit(id="d2", leg="a", digit="2"))
    assert again.ok
    second.do(Stats(id="s2"))
    assert [e.digit for e in second.events if isinstance(e, DigitPressed)] == ["2"]  # not executed twice

    third = Control(worker.path)  # the newest wins: the second one is cut off
    with pytest.raises((EOFError, ConnectionResetError)):
        second.receive_all()
    assert third.do(Stats(id="s3")).ok
    third.close()
    second.close()


def test_what_is_not_of_the_protocol_ends_the_connection_only(worker: Worker) -> None:
    for data in (b"\xff\xff\xff\xff", b"\x00\x00\x00\x03abc"):
        control = Control(worker.path)
        control.socket.sendall(data)
        with pytest.raises(EOFError):
            control.receive()
        control.close()
    control = Control(worker.path)
    assert control.do(Stats(id="s")).ok
    control.close()


def test_terminated_worker_closes_its_recordings(worker: Worker, phones: tuple[Phone, Phone], tmp_path: Path) -> None:
    control = Control(worker.path)
    call(control, phones)
    talk(phones, 0.3)
    path = str(tmp_path / "1.wav")
    assert control.do(Record(id="r", recording="r1", path=path, left="a", right="b")).ok
    talk(phones, 1.3)
    assert worker.stop() == 0
    closed = control.wait_for(RecordingClosed)
    assert isinstance(closed, RecordingClosed)
    assert closed.reason == "stopped"
    assert os.path.getsize(path) == closed.bytes
    assert 1200 <= closed.duration_ms <= 1500
    assert not os.path.exists(worker.path)
    control.close()


def test_draining_worker_ends_after_its_last_leg(worker: Worker, phones: tuple[Phone, Phone]) -> None:
    control = Control(worker.path)
    call(control, phones)
    control.do(ClosePort(id="drain"))
    assert control.do(OpenLeg(id="late", leg="late", mix="m")).error == "overloaded"
    for leg in "ab":
        control.do(CloseLeg(id=f"close-{leg}", leg=leg))
    assert worker.process.wait(10) == 0
    control.close()


def test_recording_of_a_killed_worker_is_whole(worker: Worker, phones: tuple[Phone, Phone], tmp_path: Path) -> None:
    control = Control(worker.path)
    call(control, phones)
    talk(phones, 0.3)
    path = str(tmp_path / "1.wav")
    control.do(Record(id="r", recording="r1", path=path, left="a", right="b"))
    talk(phones, 2.6)
    worker.stop(signal.SIGKILL)
    size = recover(path)
    assert size >= 1.5 * 16_000
    data = Path(path).read_bytes()
    assert struct.unpack_from("<I", data, 54)[0] == size == len(data) - 58
    assert recover(path) == size
    control.close()


def test_listening_socket_can_be_inherited(tmp_path: Path) -> None:
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    path = str(tmp_path / "inherited.sock")
    listener.bind(path)
    listener.listen(8)
    with (tmp_path / "log").open("wb") as log:
        process = subprocess.Popen(
            [
                sys.executable,
                "-m",
                "opencec.workers.media",
                "--name",
                "media-1",
                "--listen",
                f"fd:{listener.fileno()}",
                "--rtp-ports",
                "33400-33499",
                "--phase",
                "2.5",
            ],
            pass_fds=[listener.fileno()],
            stderr=log,
        )
    control = Control(path)  # waits in the kernel until the worker is there
    assert control.hello.worker == "media-1"
    process.terminate()
    assert process.wait(10) == 0
    assert os.path.exists(path)  # not ours to remove
    control.close()
    listener.close()


def test_delay_is_small_and_returns_within_five_seconds_after_a_burst(
    worker: Worker, phones: tuple[Phone, Phone]
) -> None:
    """A tone never pauses, so nothing here is corrected "in silence"; frames carry their time of sending."""
    control = Control(worker.path)
    call(control, phones)
    a, b = phones
    delays: list[tuple[float, float]] = []  # (sent, delay ms)
    start = time.monotonic()
    held: list[bytes] = []

    def payload(now: float) -> bytes:
        return struct.pack("<d", now).ljust(160, b"\x55")

    for turn in range(350):
        now = time.monotonic()
        data = a.packet(payload(now))
        b.send()
        if 100 <= turn < 110:
            held.append(data)
        else:
            for old in held:
                a.send(old)
            held.clear()
            a.send(data)
        while (rest := start + (turn + 1) * 0.02 - time.monotonic()) > 0:
            select.select([a.socket, b.socket], [], [], rest)
            arrived = time.monotonic()
            a.listen()
            for packet in b.listen():
                if packet.payload[8:12] == b"\x55" * 4:
                    sent = struct.unpack_from("<d", packet.payload)[0]
                    delays.append((sent - start, (arrived - sent) * 1000))
    steady = [delay for sent, delay in delays if sent < 1.9]
    later = [delay for sent, delay in delays if sent > 2.2 + 4.0]
    assert sorted(steady)[len(steady) // 2] <= 60
    assert sorted(later)[len(later) // 2] <= 60
    control.close()
