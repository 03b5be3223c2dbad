"""The relay: pictures go from peer to peer, unchanged but for what the receiver must know; garbage never does."""

from __future__ import annotations

import os
import struct
from collections.abc import Iterator
from pathlib import Path

import pytest

from fakes.video_phone import (
    PICTURE,
    PREDICTED,
    RelayRig,
    SecureVideoPhone,
    VideoPhone,
    feedback,
    h264_picture,
    vp8_picture,
)
from opencec.workers.protocol import FirstPacket, LegFailed, Quality, RecordingClosed, StopRecord
from opencec.workers.relay.incoming import Incoming
from opencec.workers.relay.outgoing import AUDIO_DELAY_NS
from opencec.workers.relay.pictures import begins_picture
from opencec.workers.relay.video_file import CODEC, RECORD_HEADER
from opencec.workers.relay_protocol import Forward, RecordVideo, RequestKeyframe, UpdateVideo
from opencec.workers.rtp import rtcp

pytestmark = pytest.mark.unit


@pytest.fixture
def rig() -> Iterator[RelayRig]:
    with RelayRig.running((33_000, 33_399)) as running:
        yield running


def _seen(phone: VideoPhone) -> int:
    phone.look()
    return len(phone.seen)


def _two(rig: RelayRig, left: VideoPhone, right: VideoPhone) -> None:
    rig.join(left, "c/1")
    rig.join(right, "c/2")
    rig.forward(**{"c/1": "c/2", "c/2": "c/1"})


@pytest.mark.parametrize("left", [VideoPhone, SecureVideoPhone])
@pytest.mark.parametrize("right", [VideoPhone, SecureVideoPhone])
def test_pictures_go_both_ways_in_the_receivers_numbers(
    rig: RelayRig, left: type[VideoPhone], right: type[VideoPhone]
) -> None:
    one, two = left(payload_type=96, ssrc=0xA), right(payload_type=102, ssrc=0xB)
    _two(rig, one, two)
    for number in range(12):
        one.show(vp8_picture(b"from one %d" % number, is_key=number == 0))
        two.show(vp8_picture(b"from two %d" % number, is_key=number == 0))
        rig.turn()
    rig.turn_until(lambda: (bool(one.look()) is False and len(one.seen) == len(two.seen) == 12) or bool(two.look()))
    two.look()
    assert [packet.payload[-1:] for packet in two.seen][:3] == [b"0", b"1", b"2"]
    assert {packet.payload_type for packet in two.seen} == {102}
    assert {packet.payload_type for packet in one.seen} == {96}
    assert len({packet.ssrc for packet in one.seen}) == 1
    assert one.seen[0].ssrc not in (0xA, 0xB)
    steps = {(b.sequence - a.sequence) & 0xFFFF for a, b in zip(two.seen, two.seen[1:], strict=False)}
    clock = {(b.timestamp - a.timestamp) & 0xFFFFFFFF for a, b in zip(two.seen, two.seen[1:], strict=False)}
    assert (steps, clock) == ({1}, {3000})
    assert all(packet.marker for packet in two.seen)


def test_nothing_is_seen_before_the_parties_are_joined_and_nothing_after(rig: RelayRig) -> None:
    one, two = VideoPhone(ssrc=1), VideoPhone(ssrc=2)
    rig.join(one, "c/1")
    rig.join(two, "c/2")
    one.show()
    rig.turn()
    assert two.look() == []
    rig.forward(1, **{"c/2": "c/1"})
    one.show()
    rig.turn()
    assert len(two.look()) == 1
    rig.forward(2)
    one.show()
    rig.turn()
    assert two.look() == []
    rig.forward(1, **{"c/2": "c/1"})  # an older wish that came late
    one.show()
    rig.turn()
    assert two.look() == []


def test_a_viewer_begins_with_a_whole_picture_that_was_asked_for(rig: RelayRig) -> None:
    one, two = VideoPhone(ssrc=1), VideoPhone(ssrc=2)
    _two(rig, one, two)
    one.show(PREDICTED)
    rig.turn()
    assert two.look() == []
    one.look()
    assert [form for form in map(_form, one.rtcp) if form] == [(206, 1)]
    one.show(PICTURE)
    one.show(PREDICTED)
    rig.turn()
    assert [packet.payload for packet in two.look()] == [PICTURE, PREDICTED]


def test_pictures_are_counted_by_their_stamps(rig: RelayRig) -> None:
    one, two = VideoPhone(ssrc=1), VideoPhone(ssrc=2)
    _two(rig, one, two)
    for number in range(6):
        stamp = 90_000 + 3_000 * number
        one.show(vp8_picture(b"x" * 89, is_key=number % 3 == 0), marker=False, timestamp=stamp)  # type: ignore[arg-type]
        one.show(b"\x00" + b"y" * 99, timestamp=stamp)
        rig.turn()
    found = rig.quality("c/1")
    assert (found.packets_received, found.pictures_received, found.key_pictures_received) == (12, 6, 2)
    assert found.octets_received == 2 * 100 + 4 * 93 + 6 * 100


def test_a_leg_serves_the_mix_that_names_it_last(rig: RelayRig) -> None:
    """The agent consults a colleague and comes back to the customer: one phone, two calls."""
    desk, customer, helper = VideoPhone(ssrc=1), VideoPhone(ssrc=2), VideoPhone(ssrc=3)
    _two(rig, desk, customer)
    rig.join(helper, "d/1", mix="consult")
    rig.do(Forward(id="held", mix="mix", revision=2, sees={}))
    rig.do(Forward(id="consult", mix="consult", revision=1, sees={"c/1": "d/1", "d/1": "c/1"}))
    for phone in (desk, customer, helper):
        phone.show(vp8_picture(b"%d" % phone.ssrc))
    rig.turn()
    assert [packet.payload[-1:] for packet in desk.look()] == [b"3"]
    assert [packet.payload[-1:] for packet in helper.look()] == [b"1"]
    assert customer.look() == []
    rig.forward(3, **{"c/1": "c/2", "c/2": "c/1"})
    for phone in (desk, customer, helper):
        phone.show(vp8_picture(b"%d" % phone.ssrc))
    rig.turn()
    assert [packet.payload[-1:] for packet in desk.look()] == [b"2"]
    assert [packet.payload[-1:] for packet in customer.look()] == [b"1"]
    assert helper.look() == []
    rig.hang_up("c/1")
    rig.hang_up("d/1")
    rig.hang_up("c/2")
    assert rig.engine.registry.mixes == {}


def test_another_source_follows_without_a_break_in_numbers_or_clock(rig: RelayRig) -> None:
    one, two, three = VideoPhone(ssrc=1), VideoPhone(ssrc=2), VideoPhone(ssrc=3)
    _two(rig, one, two)
    rig.join(three, "c/3")
    one.show()
    rig.turn()
    rig.forward(2, **{"c/2": "c/3"})
    three.sequence, three.timestamp = 100, 77
    three.show()
    rig.turn()
    two.look()
    first, second = two.seen
    assert second.sequence == (first.sequence + 1) & 0xFFFF
    assert 0 < (second.timestamp - first.timestamp) & 0xFFFFFFFF < 90_000


def _form(data: bytes) -> tuple[int, int] | None:
    """Kind and form of the feedback in a compound packet."""
    at = 0
    while at + 4 <= len(data):
        first, kind, words = struct.unpack_from("!BBH", data, at)
        if kind in (205, 206):
            return kind, first & 0x1F
        at += 4 * (words + 1)
    return None


def test_requests_for_pictures_reach_the_sender_and_not_too_often(rig: RelayRig) -> None:
    one, two = VideoPhone(ssrc=1), VideoPhone(ssrc=2)
    _two(rig, one, two)
    one.show()
    rig.turn()
    two.look()
    ours = two.seen[0].ssrc
    rig.engine.registry.legs["c/1"].picture_asked_ns = 0
    two.send_rtcp(feedback(1, about=ours))
    two.send_rtcp(feedback(4, about=0, body=struct.pack("!II", ours, 1 << 24)))
    two.send_rtcp(feedback(1, about=ours))
    two.send_rtcp(feedback(1, about=0xDEAD))  # of somebody else's stream
    rig.turn()
    one.look()
    assert [form for form in map(_form, one.rtcp) if form] == [(206, 1)]


def test_control_may_ask_for_a_picture(rig: RelayRig) -> None:
    one, two = VideoPhone(ssrc=1), VideoPhone(ssrc=2)
    _two(rig, one, two)
    one.show()
    rig.turn()
    rig.do(RequestKeyframe(id="k", leg="c/1"))
    rig.turn()
    one.look()
    assert (206, 1) in map(_form, one.rtcp)


def test_lost_packets_come_again_from_memory(rig: RelayRig) -> None:
    one, two = VideoPhone(ssrc=1), VideoPhone(ssrc=2)
    _two(rig, one, two)
    for number in range(5):
        one.show(vp8_picture(b"%d" % number))
    rig.turn()
    two.look()
    ours, missed = two.seen[0].ssrc, two.seen[2]
    body = struct.pack("!HH", two.seen[1].sequence, 0b1)  # the second and the third
    two.send_rtcp(feedback(1, kind=205, about=ours, body=body))
    rig.turn()
    assert two.look() == [two.seen[1], missed]


def test_nobody_makes_the_relay_repeat_a_flood(rig: RelayRig) -> None:
    one, two = VideoPhone(ssrc=1), VideoPhone(ssrc=2)
    _two(rig, one, two)
    for number in range(20):
        one.show(vp8_picture(b"%d" % number))
    rig.turn()
    two.look()
    body = struct.pack("!HH", two.seen[0].sequence, 0xFFFF)
    for _ in range(100):
        two.send_rtcp(feedback(1, kind=205, about=two.seen[0].ssrc, body=body))
        rig.turn()
    assert len(two.look()) < 320


def test_the_relay_asks_a_sender_for_what_is_missing(rig: RelayRig) -> None:
    one, two = VideoPhone(ssrc=1), VideoPhone(ssrc=2)
    _two(rig, one, two)
    one.show()
    lost = one.packet(PREDICTED)
    one.show(PREDICTED)
    rig.turn()
    one.look()
    assert (205, 1) in map(_form, one.rtcp)
    one.send(lost)
    rig.turn()
    numbers = [packet.sequence for packet in two.look()]
    assert sorted(numbers) == [min(numbers), min(numbers) + 1, min(numbers) + 2] or 0 in numbers
    assert rig.quality("c/1").packets_lost == 0


def test_the_receivers_estimate_reaches_the_sender_but_never_above_its_limit(rig: RelayRig) -> None:
    one, two = VideoPhone(ssrc=1), VideoPhone(ssrc=2)
    _two(rig, one, two)
    one.show()
    rig.turn()
    for bps in (300_000, 90_000_000):
        exponent = max(0, bps.bit_length() - 18)
        body = b"REMB" + struct.pack("!II", 1 << 24 | exponent << 18 | bps >> exponent, 1)
        two.send_rtcp(feedback(15, about=0, body=body))
        rig.turn()
    one.look()
    words = [struct.unpack_from("!I", data, len(data) - 8)[0] for data in one.rtcp if _form(data) == (206, 15)]
    told = [(word & 0x3FFFF) << (word >> 18 & 0x3F) for word in words]
    assert [round(bps, -4) for bps in told] == [300_000, 2_000_000]


def test_sender_reports_say_when_a_picture_was_taken_by_the_clock_of_the_sound(rig: RelayRig) -> None:
    one, two = VideoPhone(ssrc=1), VideoPhone(ssrc=2)
    _two(rig, one, two)
    one.show()
    rig.turn()
    source = rig.engine.registry.legs["c/1"]
    rig.engine.reports.report(rig.engine.registry.legs["c/2"])
    two.look()
    report = next(found for data in two.rtcp if (found := rtcp.parse(data)) and found.sender)
    assert report.sender is not None
    assert report.sender.timestamp == two.seen[0].timestamp
    taken = source.incoming.capture_ns(source.newest_timestamp)
    assert taken is not None
    assert report.sender.ntp == rtcp.ntp_of(taken + AUDIO_DELAY_NS)
    assert report.ssrc == two.seen[0].ssrc
    assert b"c/2@opencec" in two.rtcp[-1]


def test_the_capture_time_does_not_follow_queues_on_the_path() -> None:
    incoming = Incoming()
    for number in range(60):
        queued_ms = 0 if number % 10 == 0 else 25
        now_ns = 10**18 + (number * 33_333_333) + queued_ms * 1_000_000
        incoming.take(ssrc=1, sequence=number, timestamp=number * 3000, now_ns=now_ns)
    taken = incoming.capture_ns(59 * 3000)
    assert taken is not None
    assert abs(taken - (10**18 + 59 * 33_333_333)) < 2_000_000


def _taken_ns(*, encoding_ms: int, clock_ms: int, reports: tuple[int, ...]) -> tuple[int, int]:
    """Capture time that the relay believes in and the true one, of a sender that encodes so long.

    Args:
        encoding_ms: From camera to socket.
        clock_ms: The sender's clock is so far ahead of ours.
        reports: Milliseconds that each of its reports waits on the path, after every tenth picture.
    """
    incoming, begin_ns, taken_ns = Incoming(), 10**18, 0
    for number in range(10 * len(reports)):
        taken_ns = begin_ns + number * 33_333_333
        stamp = (0xFFFFFF00 + number * 3000) & 0xFFFFFFFF
        came_ns = taken_ns + encoding_ms * 1_000_000
        incoming.take(ssrc=1, sequence=number, timestamp=stamp, now_ns=came_ns)
        if number % 10 == 9:
            wall = rtcp.unix_ns_of(rtcp.ntp_of(came_ns + clock_ms * 1_000_000))
            now_stamp = (stamp + encoding_ms * 90) & 0xFFFFFFFF
            late_ns = reports[number // 10] * 1_000_000
            incoming.take_report(ntp_ns=wall, timestamp=now_stamp, now_ns=came_ns + late_ns)
    found = incoming.capture_ns(stamp)
    assert found is not None
    return found, taken_ns


@pytest.mark.parametrize("encoding_ms", [0, 40, 150, 400])
@pytest.mark.parametrize("clock_ms", [-86_400_000, 0, 3_000])
def test_a_slow_encoder_is_known_by_the_senders_reports(encoding_ms: int, clock_ms: int) -> None:
    found, taken = _taken_ns(encoding_ms=encoding_ms, clock_ms=clock_ms, reports=(30, 0, 45, 20))
    assert abs(found - taken) < 2_000_000


def test_reports_of_a_clock_that_is_not_the_streams_are_not_believed() -> None:
    incoming = Incoming()
    for number in range(30):
        incoming.take(ssrc=1, sequence=number, timestamp=number * 3000, now_ns=10**18 + number * 33_333_333)
    incoming.take_report(ntp_ns=0, timestamp=0x7FFF0000, now_ns=10**18 + 10**9)
    taken = incoming.capture_ns(29 * 3000)
    assert taken is not None
    assert abs(taken - (10**18 + 29 * 33_333_333)) < 2_000_000


@pytest.mark.parametrize(
    "garbage",
    [
        b"",
        b"\x80",
        os.urandom(40),
        b"\x80\x60" + bytes(9),
        b"\xbf\x60" + bytes(20),
        b"\x80\xc8\x00\x01" + bytes(4),
        bytes(1600),
    ],
)
def test_garbage_is_counted_and_never_forwarded(rig: RelayRig, garbage: bytes) -> None:
    one, two = VideoPhone(ssrc=1), VideoPhone(ssrc=2)
    _two(rig, one, two)
    one.show()
    rig.turn()
    two.look()
    one.send(garbage)
    one.show(PREDICTED, payload_type=111)  # not what was negotiated
    rig.turn()
    assert two.look() == []
    assert rig.quality("c/1").packets_discarded >= 1


def test_a_stranger_is_not_heard(rig: RelayRig) -> None:
    one, two, stranger = VideoPhone(ssrc=1), VideoPhone(ssrc=2), VideoPhone(ssrc=1)
    rig.phones.append(stranger)
    _two(rig, one, two)
    stranger.target = one.target
    stranger.show()  # from another port than the description said, and no signalling came from its host
    rig.turn()
    assert two.look() == []
    one.show()
    rig.turn()
    stranger.show(PREDICTED)
    rig.turn()
    assert len(two.look()) == 1


def test_a_second_stream_from_the_right_address_does_not_push_a_living_one_aside(rig: RelayRig) -> None:
    one, two = VideoPhone(ssrc=1), VideoPhone(ssrc=2)
    _two(rig, one, two)
    one.show()
    for number in range(5):
        one.send(one.packet(PICTURE, ssrc=666, sequence=number))
    rig.turn()
    assert len(two.look()) == 1


def test_what_exceeds_the_limit_is_dropped(rig: RelayRig) -> None:
    one, two = VideoPhone(ssrc=1), VideoPhone(ssrc=2)
    rig.join(one, "c/1", max_kbps=100)
    rig.join(two, "c/2")
    rig.forward(**{"c/2": "c/1"})
    for _ in range(60):
        one.show(vp8_picture(bytes(1000)))
        rig.turn()
    assert 10 < len(two.look()) < 30
    assert rig.quality("c/1").packets_discarded > 30


def test_a_codec_that_the_viewer_does_not_have_is_not_sent_to_it(rig: RelayRig) -> None:
    one, two = VideoPhone(ssrc=1), VideoPhone(ssrc=2)
    rig.join(one, "c/1", codec="H264")
    rig.join(two, "c/2", codec="VP8")
    rig.forward(**{"c/2": "c/1"})
    one.show(h264_picture())
    rig.turn()
    assert two.look() == []
    rig.do(UpdateVideo(id="u", leg="c/2", revision=1, remote=two.address, codec="H264", rtcp_mux=True))
    one.show(h264_picture())
    rig.turn()
    assert [packet.payload for packet in two.look()] == [h264_picture()]


def test_a_peer_that_is_not_to_receive_gets_nothing(rig: RelayRig) -> None:
    one, two = VideoPhone(ssrc=1), VideoPhone(ssrc=2)
    rig.join(one, "c/1")
    rig.join(two, "c/2", direction="recvonly")
    rig.forward(**{"c/1": "c/2", "c/2": "c/1"})
    one.show()
    two.show()
    rig.turn()
    assert two.look() == []
    assert len(one.look()) == 1


def test_commands_are_carried_out_once_and_legs_are_told_to_a_new_control(rig: RelayRig) -> None:
    one = VideoPhone(ssrc=1)
    command = one.open("c/1")
    rig.phones.append(one)
    assert rig.do(command) == rig.do(command)
    hello = rig.engine.hello(pid=1)
    assert [(leg.leg, leg.mix) for leg in hello.legs] == [("c/1", "mix")]
    one.target = ("127.0.0.1", hello.legs[0].opened.port)
    one.show()
    rig.turn()
    assert [type(event) for event in rig.events] == [FirstPacket]
    assert isinstance(rig.hang_up("c/1").result, Quality)
    assert rig.hang_up("c/1").ok
    assert rig.engine.registry.sockets == {}


def test_a_leg_whose_handshake_fails_is_given_up_and_told(rig: RelayRig) -> None:
    phone = SecureVideoPhone()
    rig.phones.append(phone)
    phone.peer.fingerprint = "sha-256 " + ":".join(["00"] * 32)
    opened = rig.do(phone.open("c/1")).result
    phone.peer.meet(opened)  # type: ignore[arg-type]
    phone.peer.check()
    phone.peer.shake_hands(limit_s=2.0)
    rig.turn_until(lambda: any(isinstance(event, LegFailed) for event in rig.events))
    assert rig.engine.registry.legs == {}


def test_a_recording_holds_what_both_peers_sent(rig: RelayRig, tmp_path: Path) -> None:
    one, two = VideoPhone(ssrc=1), VideoPhone(ssrc=2)
    _two(rig, one, two)
    path = str(tmp_path / "call.video")
    rig.do(RecordVideo(id="r", recording="1:c", path=path, left="c/1", right="c/2"))
    for number in range(3):
        one.show(vp8_picture(b"left %d" % number))
        two.show(vp8_picture(b"right %d" % number))
        rig.turn()
    rig.do(StopRecord(id="s", recording="1:c"))
    rig.turn_until(lambda: any(isinstance(event, RecordingClosed) for event in rig.events))
    closed = next(event for event in rig.events if isinstance(event, RecordingClosed))
    data = Path(path).read_bytes()
    assert (closed.path, closed.bytes, closed.reason) == (path, len(data), "stopped")
    kinds, at = [], 0
    while at < len(data):
        kind, _, size = RECORD_HEADER.unpack_from(data, at)
        kinds.append(kind)
        at += RECORD_HEADER.size + size
    assert sorted(kinds) == [0, 0, 0, 1, 1, 1, CODEC, CODEC + 1]


def test_a_recording_without_legs_is_paused_and_asks_for_whole_pictures_when_it_goes_on(
    rig: RelayRig, tmp_path: Path
) -> None:
    one, two = VideoPhone(ssrc=1), VideoPhone(ssrc=2)
    _two(rig, one, two)
    path = str(tmp_path / "call.video")
    for number, legs in enumerate((("c/1", "c/2"), ("", ""), ("c/1", "c/2"))):
        rig.do(RecordVideo(id=f"r{number}", recording="1:c", path=path, left=legs[0], right=legs[1]))
        assert rig.engine.registry.legs["c/1"].wants_picture is (number != 1)
        one.show(vp8_picture(b"left %d" % number))
        rig.turn()
    rig.do(StopRecord(id="s", recording="1:c"))
    rig.turn_until(lambda: any(isinstance(event, RecordingClosed) for event in rig.events))
    data = Path(path).read_bytes()
    assert [b"left %d" % number in data for number in range(3)] == [True, False, True]


@pytest.mark.parametrize(
    ("codec", "payload", "begins"),
    [
        ("VP8", PICTURE, True),
        ("VP8", PREDICTED, False),
        ("VP8", b"\x90\x80\x05\x10\x02\x00", True),  # with a 7-bit picture id
        ("VP8", b"\x90\x80\x85\x01\x10\x02", True),  # with one of 15 bits
        ("VP8", b"\x90\xe0\x05\x01\x00\x10\x02", True),  # with TL0PICIDX and TID
        ("VP8", b"\x00\x10\x02", False),  # not the first packet of a picture
        ("VP8", b"\x90\x80", False),
        ("H264", b"\x67abc", True),
        ("H264", b"\x65abc", True),
        ("H264", b"\x41abc", False),
        ("H264", b"\x78\x00\x04\x67abc", True),  # STAP-A that begins with a parameter set
        ("H264", b"\x7c\x85abc", True),  # the first fragment of an IDR picture
        ("H264", b"\x7c\x05abc", False),
        ("H264", b"\x7c\x81abc", False),
        ("VP8", b"", False),
    ],
)
def test_beginnings_of_whole_pictures_are_known(codec: str, payload: bytes, begins: bool) -> None:
    assert begins_picture(codec, payload) is begins  # type: ignore[arg-type]
