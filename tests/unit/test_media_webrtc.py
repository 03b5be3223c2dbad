"""A WebRTC leg against a peer that checks connectivity, shakes hands and speaks SRTP, over real loopback sockets."""

from __future__ import annotations

import queue
import socket
import struct

import pytest

from fakes.webrtc_peer import WebRtcPeer, connectivity_check
from opencec.workers.protocol import OpenLeg
from opencec.workers.rtp.webrtc import create_transport

pytestmark = pytest.mark.unit

RTP = struct.pack("!BBHII", 0x80, 0, 7, 160, 0x1234) + bytes(range(160))


class Peer(WebRtcPeer):
    """A peer with the transport that it talks to."""

    def __init__(self, *, fingerprint: str | None = None) -> None:
        super().__init__(fingerprint=fingerprint)
        self.states: queue.Queue[tuple[str, str]] = queue.Queue()
        self.leg_socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.leg_socket.bind(("127.0.0.1", 0))
        self.leg_socket.setblocking(False)
        self.transport = create_transport(
            OpenLeg(id="1", leg="leg", mix="mix", **self.description),  # type: ignore[arg-type]
            socket=self.leg_socket,
            port=self.leg_socket.getsockname()[1],
            ssrc=99,
            listener=lambda state, reason: self.states.put((state, reason)),
        )
        self.meet(self.transport.local)
        self.transport.start()

    def close(self) -> None:
        self.transport.close()
        self.leg_socket.close()
        super().close()


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
    keys = peer.keys()
    assert peer.transport.unprotect_rtp(keys.protect_rtp(RTP)) == RTP
    assert keys.unprotect_rtp(peer.transport.protect_rtp(RTP)) == RTP


def test_a_replayed_packet_is_refused(peer: Peer) -> None:
    peer.check()
    peer.shake_hands()
    peer.states.get(timeout=3)
    packet = peer.keys().protect_rtp(RTP)
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
        connectivity_check(f"{local.ice_ufrag}:peer", local.ice_pwd, nominate=False), peer.socket.getsockname()
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
