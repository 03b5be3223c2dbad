"""A leg with a secured transport in the phases: a transport that only turns bytes over stands for DTLS-SRTP."""

from __future__ import annotations

import socket
from collections.abc import Iterator

import pytest

from fakes.media_phone import EngineRig, Phone, presence
from opencec.workers.protocol import (
    CloseLeg,
    IceState,
    LegFailed,
    LegOpened,
    OpenLeg,
    Quality,
    Stats,
    UpdateLeg,
)
from opencec.workers.rtp import rtcp
from opencec.workers.rtp.transport import RemoteDescription, TransportListener

pytestmark = pytest.mark.unit


def turn_over(data: bytes | memoryview) -> bytes:
    """Header in clear, the rest inverted, a tag of four bytes: enough to tell protected from plain."""
    return bytes(data[:12]) + bytes(byte ^ 0xFF for byte in data[12:]) + b"TAG!"


def turn_back(data: bytes | memoryview) -> bytes | None:
    if bytes(data[-4:]) != b"TAG!":
        return None
    return bytes(data[:12]) + bytes(byte ^ 0xFF for byte in data[12:-4])


class TurningTransport:
    """Connects when the test says so."""

    def __init__(
        self, command: OpenLeg, sock: socket.socket, port: int, ssrc: int, listener: TransportListener
    ) -> None:
        self.local = LegOpened(leg=command.leg, host="127.0.0.1", port=port, rtcp_port=port, ssrc=ssrc, ice_ufrag="u")
        self.socket = sock
        self.listener = listener
        self.calls: list[str] = []
        self.others: list[bytes] = []

    def start(self) -> None:
        self.calls.append("start")

    def update(self, description: RemoteDescription) -> None:
        self.calls.append(f"update {description.ice_ufrag}")

    def released(self) -> None:
        self.calls.append("released")

    def protect_rtp(self, packet: bytes | memoryview) -> bytes:
        return turn_over(packet)

    def unprotect_rtp(self, packet: bytes | memoryview) -> bytes | None:
        return turn_back(packet)

    def protect_rtcp(self, packet: bytes) -> bytes:
        return turn_over(packet)

    def unprotect_rtcp(self, packet: bytes | memoryview) -> bytes | None:
        return turn_back(packet)

    def handle_other(self, data: bytes, address: tuple[str, int]) -> None:
        self.others.append(data)

    def close(self) -> None:
        self.calls.append("close")


class Browser(Phone):
    """A phone that turns its packets over."""

    def send(self, data: bytes | None = None) -> None:
        super().send(turn_over(self.packet() if data is None else data))

    def listen(self) -> list:  # type: ignore[type-arg]
        new = super().listen()
        plain = [p._replace(payload=bytes(b ^ 0xFF for b in p.payload[:-4])) for p in new]
        assert all(p.payload.endswith(b"TAG!") for p in new)
        self.heard[len(self.heard) - len(new) :] = plain
        return plain


@pytest.fixture
def rig() -> Iterator[EngineRig]:
    with EngineRig.running((32_200, 32_299)) as running:
        transports: list[TurningTransport] = []

        def create(
            command: OpenLeg, *, socket: socket.socket, port: int, ssrc: int, listener: TransportListener
        ) -> TurningTransport:
            if command.fingerprint == "bad":
                raise ValueError("unusable")
            transports.append(TurningTransport(command, socket, port, ssrc, listener))
            return transports[-1]

        running.engine.registry._webrtc = lambda: create
        running.transports = transports  # type: ignore[attr-defined]
        yield running


def browser_call(rig: EngineRig) -> tuple[Browser, Phone, TurningTransport]:
    browser, phone = Browser(hertz=400, ssrc=1), Phone(hertz=700, ssrc=2)
    rig.open("web", browser, kind="webrtc", remote=None)
    rig.open("sip", phone)
    rig.join_all("m", "web", "sip")
    return browser, phone, rig.transports[0]  # type: ignore[attr-defined]


def connect(rig: EngineRig, browser: Browser, transport: TurningTransport) -> None:
    transport.socket.connect(browser.address)
    transport.listener("connected", "")
    rig.engine.run_posted()


def test_secured_leg_joins_the_phases_when_its_keys_exist(rig: EngineRig) -> None:
    browser, phone, transport = browser_call(rig)
    assert transport.calls == ["start"]
    rig.run(10)
    assert browser.heard == []
    while transport.socket.recv(2048)[12:13] is None:  # what came before the keys is the transport's to read
        pass
    connect(rig, browser, transport)
    assert [e.leg for e in rig.events(IceState)] == ["web"]
    rig.run(60)
    assert presence(browser.samples(), 700) > 0.98
    assert presence(phone.samples(), 400) > 0.98
    leg = rig.engine.registry.legs["web"]
    assert leg.phase.rows.fast[leg.row]


def test_what_does_not_authenticate_is_not_heard_and_stun_goes_to_the_transport(rig: EngineRig) -> None:
    browser, phone, transport = browser_call(rig)
    connect(rig, browser, transport)
    rig.run(30)

    def send(turn: int) -> None:
        phone.send()
        browser.send()
        browser.socket.sendto(bytes((0x80, 0)) + bytes(170), browser.target)  # type: ignore[arg-type]
        if turn % 10 == 0:
            for data in (b"\x00\x01" + bytes(30), b"", b"\x80", b"\x80" + bytes(1400)):
                browser.socket.sendto(data, browser.target)  # type: ignore[arg-type]

    rig.run(50, send)
    assert presence(phone.samples(), 400) > 0.98
    assert len(transport.others) == 5
    quality = rig.do(Stats(id="q", leg="web")).result
    assert isinstance(quality, Quality)
    assert quality.packets_discarded >= 45
    assert quality.packets_lost == 0


def test_rtcp_of_a_secured_leg_is_protected_both_ways(rig: EngineRig) -> None:
    browser, _, transport = browser_call(rig)
    connect(rig, browser, transport)
    rig.run(20)
    ssrc = transport.local.ssrc
    block = rtcp.ReportBlock(ssrc, 0, 3, 0, 8, 0, 0)
    browser.send(rtcp.build_report(ssrc=1, cname="b", sender=None, block=block))
    browser.heard.clear()
    rig.run(255)
    quality = rig.do(Stats(id="q", leg="web")).result
    assert isinstance(quality, Quality)
    assert (quality.remote_lost, quality.remote_jitter_ms) == (3, 1.0)
    assert [p for p in browser.heard if p.payload_type in (72, 73)]


def test_ice_restart_gives_the_socket_back_and_takes_it_again(rig: EngineRig) -> None:
    browser, phone, transport = browser_call(rig)
    connect(rig, browser, transport)
    rig.run(30)
    assert rig.do(UpdateLeg(id="u", leg="web", revision=1, ice_ufrag="new", ice_pwd="p", fingerprint="sha-256 AA")).ok
    transport.listener("connecting", "")
    rig.engine.run_posted()
    assert transport.calls == ["start", "update new", "released"]
    rig.run(10, lambda turn: phone.send())
    connect(rig, browser, transport)
    rig.run(50)
    assert presence(phone.samples(last=20), 400) > 0.98


def test_failed_transport_ends_the_leg_with_its_reason(rig: EngineRig) -> None:
    _, _, transport = browser_call(rig)
    transport.listener("failed", "dtls time-out")
    rig.engine.run_posted()
    (failed,) = rig.events(LegFailed)
    assert (failed.leg, failed.reason) == ("web", "dtls time-out")
    assert "web" not in rig.engine.registry.legs
    assert transport.calls[-1] == "close"
    assert rig.do(CloseLeg(id="c", leg="web")).ok


def test_unusable_description_is_refused_and_its_port_given_back(rig: EngineRig) -> None:
    free = rig.engine.registry._ports.free
    reply = rig.do(OpenLeg(id="o", leg="x", mix="m", kind="webrtc", fingerprint="bad"))
    assert (reply.ok, reply.error) == (False, "bad_request")
    assert rig.engine.registry._ports.free == free
    assert rig.do(OpenLeg(id="o2", leg="y", mix="m")).ok
