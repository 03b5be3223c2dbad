"""A WebRTC leg against a peer that checks connectivity, shakes hands and speaks SRTP, over real loopback sockets."""

from __future__ import annotations

import hashlib
import hmac
import queue
import secrets
import select
import socket
import struct
import time
import zlib

import pytest

from opencec.workers.media.webrtc import create_transport
from opencec.workers.media.webrtc.certificate import identity
from opencec.workers.media.webrtc.dtls import DtlsHandshake
from opencec.workers.media.webrtc.srtp import SrtpPair
from opencec.workers.protocol import OpenLeg

pytestmark = pytest.mark.unit

RTP = struct.pack("!BBHII", 0x80, 0, 7, 160, 0x1234) + bytes(range(160))


def udp() -> socket.socket:
    made = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    made.bind(("127.0.0.1", 0))
    made.setblocking(False)
    return made


def check(username: str, password: str, *, nominate: bool) -> bytes:
    """A connectivity check, built after RFC 8489 without the code under test."""
    name = username.encode()
    body = struct.pack("!HH", 6, len(name)) + name + b"\0" * (-len(name) % 4)
    if nominate:
        body += struct.pack("!HH", 0x25, 0)
    transaction = secrets.token_bytes(12)

    def header(length: int) -> bytes:
        return struct.pack("!HHI", 1, length, 0x2112A442) + transaction

    mac = hmac.new(password.encode(), header(len(body) + 24) + body, hashlib.sha1).digest()
    body += struct.pack("!HH", 8, 20) + mac
    crc = zlib.crc32(header(len(body) + 8) + body) ^ 0x5354554E
    body += struct.pack("!HHI", 0x8028, 4, crc)
    return header(len(body)) + body


class Peer:
    """A browser, as far as one leg is concerned."""

    def __init__(self, *, ufrag: str = "peer", fingerprint: str | None = None) -> None:
        self.socket = udp()
        self.ufrag = ufrag
        self.dtls = DtlsHandshake("active")
        self.fingerprint = fingerprint or identity().fingerprint
        self.states: queue.Queue[tuple[str, str]] = queue.Queue()
        self.leg_socket = udp()
        self.port = self.leg_socket.getsockname()[1]
        self.transport = create_transport(
            OpenLeg(
                id="1",
                leg="leg",
                mix="mix",
                kind="webrtc",
                ice_ufrag=ufrag,
                ice_pwd="p" * 24,
                fingerprint=self.fingerprint,
            ),
            socket=self.leg_socket,
            port=self.port,
            ssrc=99,
            listener=lambda state, reason: self.states.put((state, reason)),
        )
        self.transport.start()

    def read(self, wait_s: float = 2.0) -> bytes | None:
        ready, _, _ = select.select([self.socket], [], [], wait_s)
        return self.socket.recv(2048) if ready else None

    def send(self, data: bytes) -> None:
        self.socket.sendto(data, ("127.0.0.1", self.port))

    def check(self, password: str = "", *, nominate: bool = True) -> bytes | None:
        local = self.transport.local
        self.send(check(f"{local.ice_ufrag}:{self.ufrag}", password or local.ice_pwd, nominate=nominate))
        return self.read(0.3)

    def shake_hands(self) -> None:
        self.dtls.begin()
        until = time.monotonic() + 5
        while not self.dtls.is_done and time.monotonic() < until:
            for flight in self.dtls.outgoing():
                self.send(flight)
            data = self.read(0.2)
            if data is not None and 20 <= data[0] <= 63:
                self.dtls.feed(data)
        for flight in self.dtls.outgoing():
            self.send(flight)

    def close(self) -> None:
        self.transport.close()
        self.leg_socket.close()
        self.socket.close()


@pytest.fixture
def peer() -> object:
    made = Peer()
    yield made
    made.close()


def test_a_checked_and_proven_peer_gets_keys_for_both_directions(peer: Peer) -> None:
    answer = peer.check()
    assert answer is not None
    assert answer[:2] == b"\x01\x01"
    peer.shake_hands()
    assert peer.states.get(timeout=3) == ("connected", "")
    keys = SrtpPair(peer.dtls.keys(peer.transport.local.fingerprint))
    assert peer.transport.unprotect_rtp(keys.protect_rtp(RTP)) == RTP
    assert keys.unprotect_rtp(peer.transport.protect_rtp(RTP)) == RTP


def test_a_replayed_packet_is_refused(peer: Peer) -> None:
    peer.check()
    peer.shake_hands()
    peer.states.get(timeout=3)
    packet = SrtpPair(peer.dtls.keys(peer.transport.local.fingerprint)).protect_rtp(RTP)
    assert peer.transport.unprotect_rtp(packet) == RTP
    assert peer.transport.unprotect_rtp(packet) is None
    assert peer.transport.unprotect_rtp(packet[:-1] + b"\0") is None


def test_a_check_with_a_wrong_password_gets_no_answer(peer: Peer) -> None:
    assert peer.check("wrong") is None


def test_consent_checks_are_answered_while_connected(peer: Peer) -> None:
    peer.check()
    peer.shake_hands()
    peer.states.get(timeout=3)
    local = peer.transport.local
    peer.transport.handle_other(
        check(f"{local.ice_ufrag}:peer", local.ice_pwd, nominate=False), peer.socket.getsockname()
    )
    answer = peer.read()
    assert answer is not None
    assert answer[:2] == b"\x01\x01"


def test_another_certificate_than_the_one_of_the_sdp_fails() -> None:
    peer = Peer(fingerprint="sha-256 " + ":".join(["AB"] * 32))
    try:
        peer.check()
        peer.shake_hands()
        state, reason = peer.states.get(timeout=3)
        assert state == "failed"
        assert "certificate" in reason
    finally:
        peer.close()


def test_garbage_does_no_harm(peer: Peer) -> None:
    for data in (b"", b"\0", b"\x00\x01\xff\xff" + b"\x21\x12\xa4\x42" + b"x" * 40, b"\x16" * 30, b"\xff" * 200):
        peer.send(data)
    peer.check()
    peer.shake_hands()
    assert peer.states.get(timeout=3)[0] == "connected"
