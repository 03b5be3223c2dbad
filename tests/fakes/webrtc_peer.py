"""A browser as far as one leg of a media worker is concerned: connectivity checks, DTLS as the active side, SRTP."""

from __future__ import annotations

import hashlib
import hmac
import secrets
import select
import socket
import struct
import time
import zlib

from opencec.workers.protocol import LegOpened
from opencec.workers.rtp.webrtc.certificate import identity
from opencec.workers.rtp.webrtc.dtls import DtlsHandshake
from opencec.workers.rtp.webrtc.srtp import SrtpPair

__all__ = ["PEER_PWD", "WebRtcPeer", "connectivity_check"]

PEER_PWD = "p" * 24
"""The peer's own ICE password; an ICE-lite agent never needs it."""


def connectivity_check(username: str, password: str, *, nominate: bool) -> bytes:
    """A binding request, built after RFC 8489 without the code under test."""
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


class WebRtcPeer:
    """One peer connection. `description` holds what `OpenLeg` wants of it; `meet` says what the leg answered."""

    def __init__(self, *, ufrag: str = "peer", fingerprint: str | None = None) -> None:
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(("127.0.0.1", 0))
        self.socket.setblocking(False)
        self.ufrag = ufrag
        self.dtls = DtlsHandshake("active")
        self.fingerprint = fingerprint or identity().fingerprint
        self.local: LegOpened | None = None

    @property
    def description(self) -> dict[str, str]:
        return {"kind": "webrtc", "ice_ufrag": self.ufrag, "ice_pwd": PEER_PWD, "fingerprint": self.fingerprint}

    def meet(self, local: LegOpened) -> None:
        self.local = local

    def read(self, wait_s: float = 2.0) -> bytes | None:
        ready, _, _ = select.select([self.socket], [], [], wait_s)
        return self.socket.recv(2048) if ready else None

    def send(self, data: bytes) -> None:
        assert self.local is not None
        self.socket.sendto(data, ("127.0.0.1", self.local.port))

    def check(self, password: str = "", *, nominate: bool = True) -> bytes | None:
        """Send a check; the answer, if there is one."""
        assert self.local is not None
        username = f"{self.local.ice_ufrag}:{self.ufrag}"
        self.send(connectivity_check(username, password or self.local.ice_pwd, nominate=nominate))
        return self.read(0.3)

    def shake_hands(self, *, limit_s: float = 5.0) -> None:
        """The whole DTLS handshake (or what comes of it in the time)."""
        self.dtls.begin()
        until = time.monotonic() + limit_s
        while not self.dtls.is_done and time.monotonic() < until:
            for flight in self.dtls.outgoing():
                self.send(flight)
            data = self.read(0.2)
            if data is not None and 20 <= data[0] <= 63:
                self.dtls.feed(data)
        for flight in self.dtls.outgoing():
            self.send(flight)

    def keys(self) -> SrtpPair:
        """What protects the audio, after the handshake."""
        assert self.local is not None
        return SrtpPair(self.dtls.keys(self.local.fingerprint))

    def close(self) -> None:
        self.socket.close()
