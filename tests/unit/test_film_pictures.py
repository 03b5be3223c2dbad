"""Pictures from RTP: what senders cut up comes together again, and nothing that a decoder would choke on."""

from __future__ import annotations

import io
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fakes.films import payloads
from opencec.adapters.film.matroska import MatroskaWriter, VideoTrack
from opencec.adapters.film.pictures import Assembly, Picture, assembly_of
from opencec.adapters.film.stream import PartyStream, TimedPicture
from opencec.workers.rtp.packet import Packet, build

pytestmark = pytest.mark.unit

SPS = bytes.fromhex("6742c01ed9008c7ff9f016e0202028000003000800000301e478b16c")
PPS = bytes.fromhex("68cb83cb20")
START = b"\x00\x00\x00\x01"
_VP8_KEY = b"\x10\x02\x00\x9d\x01\x2a\x40\x01\xf0\x00"

bodies = st.lists(st.binary(min_size=1, max_size=900), min_size=1, max_size=6)


def _assembly(codec: str) -> Assembly:
    found = assembly_of(codec)
    assert found is not None
    return found


def _vp8(number: int, body: bytes) -> bytes:
    return (_VP8_KEY if number == 0 else b"\x11\x02\x00") + body


def _h264(number: int, body: bytes) -> bytes:
    """An access unit; the body has no zeros, so no start code either."""
    body = body.replace(b"\x00", b"\x01")
    key = START + SPS + START + PPS + START + b"\x65\x88" if number == 0 else START + b"\x41\x9a"
    return key + body


def _units(data: bytes) -> list[bytes]:
    at, found = 0, []
    while at < len(data):
        size = int.from_bytes(data[at : at + 4], "big")
        found.append(data[at + 4 : at + 4 + size])
        at += 4 + size
    return found


def _packets(codec: str, pictures: list[bytes], *, most: int, first: int = 65_530) -> list[Packet]:
    made: list[Packet] = []
    for number, picture in enumerate(pictures):
        parts = payloads(codec, picture, most=most)
        for index, payload in enumerate(parts):
            sequence = (first + len(made)) & 0xFFFF
            made.append(Packet(96, index == len(parts) - 1, sequence, number * 3000, 7, payload))
    return made


def _take_all(packets: list[Packet], codec: str) -> list[Picture]:
    assembly = _assembly(codec)
    return [picture for packet in packets for picture in assembly.take(packet, 0)]


@given(bodies=bodies, most=st.integers(3, 500))
def test_vp8_pictures_come_together_again(bodies: list[bytes], most: int) -> None:
    pictures = [_vp8(number, body) for number, body in enumerate(bodies)]
    found = _take_all(_packets("VP8", pictures, most=most), "VP8")
    assert [one.data for one in found] == pictures
    assert [one.setup is not None for one in found] == [number == 0 for number in range(len(bodies))]
    assert found[0].setup is not None
    assert found[0].setup[:2] == (320, 240)


@given(bodies=bodies, most=st.integers(3, 500))
def test_h264_pictures_come_together_again(bodies: list[bytes], most: int) -> None:
    pictures = [_h264(number, body) for number, body in enumerate(bodies)]
    found = _take_all(_packets("H264", pictures, most=most), "H264")
    assert [_units(one.data) for one in found] == [picture.split(START)[1:] for picture in pictures]
    setup = found[0].setup
    assert setup is not None
    assert setup.private[:6] == bytes((1, *SPS[1:4], 0xFF, 0xE1))
    assert (SPS in setup.private, PPS in setup.private) == (True, True)


@given(
    codec=st.sampled_from(["VP8", "H264"]),
    count=st.integers(2, 12),
    order=st.randoms(use_true_random=False),
    doubled=st.booleans(),
)
def test_packets_in_another_order_make_the_same_pictures(codec: str, count: int, order: object, doubled: bool) -> None:
    make = _vp8 if codec == "VP8" else _h264
    pictures = [make(number, b"x" * 50) for number in range(count)]
    packets = _packets(codec, pictures, most=20)
    rest = packets[1:]
    order.shuffle(rest)  # type: ignore[attr-defined]
    sent = [packets[0], *rest, *(rest if doubled else [])]
    found = _play(codec, [(packet, number) for number, packet in enumerate(sent)])
    straight = _take_all(packets, codec)
    assert [one.picture.data for one in found] == [one.data for one in straight]
    assert len(found) == count


def _play(codec: str, packets: list[tuple[Packet, int]]) -> list[TimedPicture]:
    stream = PartyStream()
    found = list(stream.change_codec(codec))
    for packet, at_ns in packets:
        found += stream.take(build(packet), at_ns)
    return found + list(stream.drain())


@given(lost=st.sets(st.integers(1, 59), min_size=1, max_size=8))
def test_only_pictures_that_a_decoder_can_show_outlive_a_loss(lost: set[int]) -> None:
    pictures = [_vp8(number % 5, b"%d" % number) for number in range(60)]  # every fifth is a key frame
    packets = _packets("VP8", pictures, most=500)
    sent = [(packet, number * 40_000_000) for number, packet in enumerate(packets) if number not in lost]
    found = {one.picture.data for one in _play("VP8", sent)}
    is_whole = False
    for number, picture in enumerate(pictures):
        is_whole = number not in lost and (is_whole or number % 5 == 0)
        assert (picture in found) == is_whole


@pytest.mark.parametrize("missing", [0, 1, 2])
def test_a_picture_whose_slice_is_missing_is_left_out(missing: int) -> None:
    slices = [b"\x65\x88first", b"\x65\x48second", b"\x65\x28third"]
    sets = payloads("H264", START + SPS + START + PPS)[0]
    packets = [Packet(96, index == 3, 1 + index, 0, 7, payload) for index, payload in enumerate([sets, *slices])]
    assert len(_play("H264", [(packet, 0) for packet in packets])) == 1
    del packets[1 + missing]
    following = Packet(96, True, 5, 3000, 7, b"\x41\x9apredicted")
    assert _play("H264", [(packet, 0) for packet in [*packets, following]]) == []


def test_padding_is_no_loss() -> None:
    packets = [Packet(96, True, 1, 0, 7, b"\x10" + _vp8(0, b"a")), Packet(96, True, 3, 3000, 7, b"\x10\x11\x02\x00b")]
    padding = b"\xa0" + build(Packet(96, False, 2, 0, 7, b"\0\0\0\4"))[1:]
    stream = PartyStream()
    found = list(stream.change_codec("VP8"))
    for data in (build(packets[0]), padding, build(packets[1])):
        found += stream.take(data, 0)
    assert len(found) == 2


def test_pictures_keep_the_senders_time_and_follow_its_drift() -> None:
    sender_ns = [number * 40_000_000 for number in range(5000)]
    jitter = [(number * 7919) % 11 * 1_000_000 for number in range(5000)]
    packets = [
        (Packet(96, True, number & 0xFFFF, number * 3600, 7, b"\x10" + _vp8(number, b"")), int(at * 1.0005) + late)
        for number, (at, late) in enumerate(zip(sender_ns, jitter, strict=True))
    ]
    times = [one.at_ns for one in _play("VP8", packets)]
    steps = [after - before for before, after in pairwise(times)]
    assert all(abs(step - 40_000_000) < 200_000 for step in steps)
    assert abs(times[-1] - int(sender_ns[-1] * 1.0005)) < 12_000_000  # the sender's clock alone would be 100 ms off


@given(payload=st.lists(st.binary(max_size=60), max_size=30), codec=st.sampled_from(["VP8", "H264", "AV1"]))
def test_rubbish_makes_no_trouble(payload: list[bytes], codec: str) -> None:
    stream = PartyStream()
    found = list(stream.change_codec(codec))
    for number, data in enumerate(payload):
        found += stream.take(data, number)
        found += stream.take(build(Packet(96, True, number, number * 3000, 7, data)), number)
    for one in found + list(stream.drain()):
        assert one.picture.data


@given(unit=st.binary(max_size=80))
def test_any_parameter_set_is_understood_or_left_alone(unit: bytes) -> None:
    packets = [
        Packet(96, False, 1, 0, 7, b"\x67" + unit),
        Packet(96, False, 2, 0, 7, PPS),
        Packet(96, True, 3, 0, 7, b"\x65\x88picture"),
    ]
    for picture in _take_all(packets, "H264"):
        assert picture.setup is not None
        assert 0 < picture.setup.width <= 16_384


def test_too_long_descriptions_of_tracks_are_refused() -> None:
    writer = MatroskaWriter(io.BytesIO())
    track = VideoTrack(1, "Customer", "V_MPEG4/ISO/AVC", 320, 240, bytes(9_000), True)
    with pytest.raises(ValueError, match="too long"):
        writer.close([track], duration_ms=0, date_ns=0)
