"""Video calls per core: the relay's CPU time for both parties' pictures at 500 kbit/s each, plain RTP and SRTP.

    python bench/relay.py             5 runs of 40 calls for 10 seconds of video; writes bench/results/relay.json
    python bench/relay.py --quick     1 run of 10 calls for 4 seconds

The engine runs in this process, driven as its own loop drives it: every 20 ms of video each party's packet of 1,250
bytes waits at its socket, the poller tells, the relay reads, forwards and does what time brings. Only the relay's own
CPU time counts, the system's for its sockets included; what the phones do lies between the measurements. SRTP has real
keys and real ciphers; handshakes are the bench of `webrtc`.
"""

from __future__ import annotations

import argparse
import os
import select
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from instance import machine, report, spread
from opencec.workers.protocol import LegOpened
from opencec.workers.relay.engine import RelayEngine
from opencec.workers.relay_protocol import Forward, OpenVideo
from opencec.workers.rtp.packet import Packet, build
from opencec.workers.rtp.sockets import PortPool, connect
from opencec.workers.rtp.transport import RemoteDescription, SecuredLeg, TransportListener
from opencec.workers.rtp.webrtc.dtls import SrtpKeys
from opencec.workers.rtp.webrtc.srtp import SrtpPair

PORTS = (38_000, 38_999)
TICKS_PER_S, PAYLOAD = 50, 1_238
"""A packet of 1,250 bytes every 20 ms: 500 kbit/s."""
PICTURE, REST = b"\x10\x10\x02\x00\x9d\x01\x2a\x40\x01\xf0\x00", b"\x00"
PROFILE, SALT = b"SRTP_AEAD_AES_128_GCM", 12


@dataclass
class Phone:
    """One party. `keys`: its SRTP, None: plain."""

    keys: SrtpPair | None
    socket: socket.socket = field(default_factory=lambda: socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
    sequence: int = 0
    seen: int = 0

    def __post_init__(self) -> None:
        self.socket.bind(("127.0.0.1", 0))
        self.socket.setblocking(False)

    def show(self, *, is_first: bool) -> None:
        """Send the next packet."""
        head = PICTURE if is_first else REST
        packet = build(Packet(96, True, self.sequence & 0xFFFF, self.sequence * 1_800, 7, head.ljust(PAYLOAD, b"x")))
        self.sequence += 1
        self.socket.send(packet if self.keys is None else self.keys.protect_rtp(packet))

    def look(self) -> None:
        """Take what has come: pictures are counted, the rest is reports."""
        while True:
            try:
                data = self.socket.recv(2048)
            except (BlockingIOError, ConnectionRefusedError):
                return
            self.seen += len(data) > PAYLOAD


class KeyedPath:
    """A secured path whose keys are there from the beginning (`Transport`)."""

    def __init__(
        self, leg: SecuredLeg, *, keys: SrtpPair, peer: tuple[str, int], sock: socket.socket, port: int
    ) -> None:
        self.local = LegOpened(leg=leg.leg, host=leg.local_host, port=port, rtcp_port=port, ssrc=1)
        self._peer, self.socket = peer, sock
        self.protect_rtp, self.unprotect_rtp = keys.protect_rtp, keys.unprotect_rtp
        self.protect_rtcp, self.unprotect_rtcp = keys.protect_rtcp, keys.unprotect_rtcp

    def start(self) -> None:
        connect(self.socket, self._peer)

    def update(self, description: RemoteDescription) -> None:
        """The far end stays where it is."""

    def handle_other(self, data: bytes, address: tuple[str, int]) -> None:
        """Nothing but video comes."""

    def released(self) -> None:
        """The socket is never taken back."""

    def close(self) -> None:
        """There is nothing to end."""


def _key_pair() -> tuple[SrtpPair, SrtpPair]:
    ours, theirs = os.urandom(16 + SALT), os.urandom(16 + SALT)
    return SrtpPair(SrtpKeys(PROFILE, ours, theirs)), SrtpPair(SrtpKeys(PROFILE, theirs, ours))


class Relay:
    """The engine and all phones of its calls."""

    def __init__(self, *, is_secure: bool) -> None:
        self._is_secure = is_secure
        self._poller = select.epoll()
        self._here: dict[str, tuple[SrtpPair, tuple[str, int]]] = {}
        self.phones: list[Phone] = []
        self.engine = RelayEngine(name="bench", ports=PortPool(*PORTS), poller=self._poller, webrtc=lambda: self._path)

    def _path(
        self, command: SecuredLeg, *, socket: socket.socket, port: int, ssrc: int, listener: TransportListener
    ) -> KeyedPath:
        keys, peer = self._here[command.leg]
        listener("connected", "")
        return KeyedPath(command, keys=keys, peer=peer, sock=socket, port=port)

    def call(self, number: int) -> None:
        """Two parties who see each other."""
        legs = [f"c{number}/1", f"c{number}/2"]
        for leg in legs:
            here, there = _key_pair() if self._is_secure else (None, None)
            phone = Phone(there)
            self.phones.append(phone)
            address = phone.socket.getsockname()
            if here is not None:
                self._here[leg] = here, address
            command = OpenVideo(
                id=leg,
                leg=leg,
                mix=f"c{number}",
                kind="webrtc" if self._is_secure else "rtp",
                remote=None if self._is_secure else address,
                rtcp_mux=True,
                max_kbps=1_000_000,  # the clock here runs faster than that on the wall
            )
            opened = self._do(command)
            assert isinstance(opened, LegOpened)
            phone.socket.connect(("127.0.0.1", self.engine.registry.legs[leg].pair.port))
        self._do(Forward(id=f"f{number}", mix=f"c{number}", revision=1, sees={legs[0]: legs[1], legs[1]: legs[0]}))

    def _do(self, command: OpenVideo | Forward) -> object:
        replies: list[Any] = []
        self.engine.execute(command, replies.append)
        assert replies[0].ok, replies[0]
        return replies[0].result

    def tick(self, now_s: float) -> None:
        """What the relay's loop does in 20 ms."""
        while found := self._poller.poll(0, 64):
            for descriptor, _ in found:
                self.engine.readable(descriptor)
        self.engine.turn(now_s)

    def close(self) -> None:
        self.engine.stop()
        self._poller.close()
        for phone in self.phones:
            phone.socket.close()


@contextmanager
def _running(*, is_secure: bool, calls: int) -> Iterator[Relay]:
    relay = Relay(is_secure=is_secure)
    relay.engine.recorder.begin()
    try:
        for number in range(calls):
            relay.call(number)
        relay.engine.run_posted()
        yield relay
    finally:
        relay.close()


def measure(*, is_secure: bool, calls: int, seconds: int) -> dict[str, Any]:
    """One run; the first half second warms up."""
    warm_up, ticks = TICKS_PER_S // 2, TICKS_PER_S * seconds
    with _running(is_secure=is_secure, calls=calls) as relay:
        spent_ns = 0
        for tick in range(warm_up + ticks):
            for phone in relay.phones:
                phone.show(is_first=tick == 0)
            began = time.thread_time_ns()
            relay.tick(tick / TICKS_PER_S)
            if tick >= warm_up:
                spent_ns += time.thread_time_ns() - began
            for phone in relay.phones:
                phone.look()
        lost = sum(warm_up + ticks - phone.seen for phone in relay.phones)
    call_s = calls * seconds
    return {
        "cpu_us_per_packet": round(spent_ns / 1000 / (2 * calls * ticks), 2),
        "cpu_ms_per_call_second": round(spent_ns / 1e6 / call_s, 3),
        "calls_per_core": round(call_s * 1e9 / spent_ns),
        "lost": lost,
    }


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="one run of 10 calls for 4 seconds of video")
    options = parser.parse_args()
    calls, seconds, runs = (10, 4, 1) if options.quick else (40, 10, 5)
    where, paths = machine(), {}
    for name, is_secure in (("plain", False), ("webrtc", True)):
        found = [measure(is_secure=is_secure, calls=calls, seconds=seconds) for _ in range(runs)]
        paths[name] = {key: spread([run[key] for run in found]) for key in found[0]}
    report(
        "relay",
        {
            "what": "video calls of two parties with 500 kbit/s each, one relay; `webrtc`: both parties by SRTP",
            "machine": where,
            "calls_at_once": calls,
            "seconds_of_video": seconds,
            **paths,
        },
    )
    return 0 if all(path["lost"]["max"] == 0 for path in paths.values()) else 1


if __name__ == "__main__":
    raise SystemExit(main())
