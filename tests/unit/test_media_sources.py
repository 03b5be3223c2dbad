"""Whom a leg of the media engine hears: latching, spoofing, time-outs, statistics, RTCP."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from fakes.media_phone import EngineRig, Phone, pair, presence
from opencec.workers.protocol import (
    FirstPacket,
    MediaTimeout,
    Quality,
    Stats,
    UpdateLeg,
)
from opencec.workers.rtp.packet import Packet, build

pytestmark = pytest.mark.unit


@pytest.fixture
def rig() -> Iterator[EngineRig]:
    with EngineRig.running((31_700, 31_799)) as running:
        yield running


def test_strangers_wrong_ssrc_replays_and_garbage_never_reach_a_listener(rig: EngineRig) -> None:
    a, b = pair(rig)
    rig.run(30)
    stranger = Phone(hertz=1900, ssrc=1)
    stranger.target = a.target
    replay = [build(Packet(0, False, a.sequence - k, a.timestamp, 1, stranger.next_payload())) for k in range(2, 8)]

    def send(turn: int) -> None:
        a.send()
        b.send()
        stranger.sequence = a.sequence
        stranger.send()
        a.send(stranger.packet(ssrc=777))
        a.send(replay[turn % 6])
        a.send(b"\x80\x00garbage")
        a.send(bytes(172))
        a.send(stranger.packet(payload_type=96))

    rig.run(60, send)
    assert presence(b.samples(last=50), 1900) < 0.001
    assert presence(b.samples(last=50), 400) > 0.98
    quality = rig.do(Stats(id="q", leg="a")).result
    assert isinstance(quality, Quality)
    assert quality.packets_discarded >= 180
    stranger.close()


def test_strangers_before_the_first_packet_are_not_heard(rig: EngineRig) -> None:
    a, b = Phone(hertz=400, ssrc=1), Phone(hertz=700, ssrc=2)
    rig.open("a", a, signalling_host="192.0.2.1")
    rig.open("b", b)
    rig.join_all("m", "a", "b")
    stranger = Phone(hertz=1900, ssrc=9)
    stranger.target = a.target

    def send(turn: int) -> None:
        b.send()
        stranger.send()
        if turn >= 30:
            a.send()

    rig.run(80, send)
    assert stranger.listen() == []
    assert all(presence(b.samples(last=n), 1900) < 0.001 for n in (40, 80))
    assert presence(b.samples(last=40), 400) > 0.98
    stranger.close()


def test_phone_behind_nat_is_found_and_its_audio_returns_to_it(rig: EngineRig) -> None:
    a, b = Phone(hertz=400, ssrc=1), Phone(hertz=700, ssrc=2)
    private = Phone(ssrc=9)
    rig.open("a", a, remote=private.address)
    rig.open("b", b)
    rig.join_all("m", "a", "b")
    rig.run(40)
    assert presence(a.samples(last=20), 700) > 0.98
    assert presence(b.samples(last=20), 400) > 0.98
    rig.run(130)  # past the three seconds: final
    leg = rig.engine.registry.legs["a"]
    assert leg.is_connected
    assert leg.latch.fixed == a.address
    private.close()


def test_stream_that_restarts_with_another_ssrc_is_followed_after_the_old_one_fell_silent(rig: EngineRig) -> None:
    a, b = pair(rig)
    rig.run(30)
    a.ssrc, a.sequence, a.timestamp = 4242, 7, 99
    rig.run(60)
    assert presence(b.samples(last=20), 400) > 0.98


def test_re_invite_lets_a_new_address_in(rig: EngineRig) -> None:
    a, b = pair(rig)
    rig.run(30)
    moved = Phone(hertz=1100, ssrc=55)
    moved.target = a.target
    rig.phones[0] = moved
    rig.do(UpdateLeg(id="u", leg="a", revision=1, remote=moved.address, signalling_host="127.0.0.1"))
    rig.run(50)
    assert presence(b.samples(last=20), 1100) > 0.98
    assert presence(moved.samples(last=20), 700) > 0.98
    a.close()


def test_media_time_out_is_told_once_and_again_after_packets_came_back(rig: EngineRig) -> None:
    a = Phone(ssrc=1)
    rig.open("a", a, media_timeout_ms=2_000)
    quiet = (lambda turn: None,)
    rig.run(20)
    rig.run(200, *quiet)
    rig.run(50)
    rig.run(200, *quiet)
    assert len(rig.events(MediaTimeout)) == 2
    assert 2_000 <= rig.events(MediaTimeout)[0].silent_ms <= 2_600
    assert len(rig.events(FirstPacket)) == 1


def test_rtcp_is_sent_every_five_seconds_and_read(rig: EngineRig) -> None:
    from opencec.workers.rtp import rtcp

    a = Phone(ssrc=77)
    opened = rig.open("a", a, rtcp_mux=True)
    assert opened.rtcp_port == opened.port
    reports = []

    def send(turn: int) -> None:
        a.send()
        if turn % 100 == 50:
            a.send(rtcp.build_report(ssrc=77, cname="x@y", sender=rtcp.SenderInfo(1 << 40, 0, 1, 160), block=None))

    for _ in range(6):
        rig.run(100, send)
        reports += [p for p in a.heard if p.payload_type == 72]  # 200 without its marker bit
        a.heard.clear()
    assert len(reports) >= 2
    block = rtcp.ReportBlock(opened.ssrc, 0, 4, 0, 16, 0, 0)
    a.send(rtcp.build_report(ssrc=77, cname="x@y", sender=None, block=block))
    rig.run(3)
    quality = rig.do(Stats(id="q", leg="a")).result
    assert isinstance(quality, Quality)
    assert (quality.remote_lost, quality.remote_jitter_ms) == (4, 2.0)
    assert quality.packets_discarded == 0
