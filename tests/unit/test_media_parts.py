"""The media worker's pure parts: laws, RTP and RTCP formats, latching, statistics, tones, tone detection."""

from __future__ import annotations

import struct

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from opencec.workers.media import g711, tones
from opencec.workers.media.admission import LoadWatch
from opencec.workers.media.dtmf import EventReceiver, EventSender
from opencec.workers.media.inband import InbandDigits, find_pairs
from opencec.workers.media.jitter import DelayGuard, frames_to_wait
from opencec.workers.media.mixing import Hearing, Mixer
from opencec.workers.media.prompts import BadSource, read_wav
from opencec.workers.media.quality import Jitter, mos
from opencec.workers.media.rows import Rows
from opencec.workers.media.transmit import Packer
from opencec.workers.media.wav import wav_header
from opencec.workers.rtp import packet as rtp
from opencec.workers.rtp import rtcp
from opencec.workers.rtp.latching import WINDOW_MS, Latch

pytestmark = pytest.mark.unit

SDP = ("192.0.2.10", 4000)
NAT = ("198.51.100.7", 31000)


# --- G.711 ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("codec", ["PCMU", "PCMA"])
def test_every_code_survives_decoding_and_encoding(codec: g711.Codec) -> None:
    codes = np.arange(256, dtype=np.uint8)
    again = g711.encode(g711.decode(codes, codec), codec)
    different = codes[again != codes].tolist()
    assert different == ([0x7F] if codec == "PCMU" else [])  # mu-law has two zeros


@pytest.mark.parametrize(
    ("codec", "code", "sample"),
    [("PCMU", 0xFF, 0), ("PCMU", 0x00, -8031), ("PCMU", 0x80, 8031), ("PCMA", 0xD5, 2), ("PCMA", 0x2A, -8064)],
)
def test_known_values_of_both_laws(codec: g711.Codec, code: int, sample: int) -> None:
    assert g711.decode(np.array([code, code], np.uint8), codec)[0] == sample


@pytest.mark.parametrize("codec", ["PCMU", "PCMA"])
def test_quantisation_error_stays_within_the_step_of_the_segment(codec: g711.Codec) -> None:
    samples = np.arange(-8000, 8001, dtype=np.int16)
    samples = samples[: len(samples) // 2 * 2]
    back = g711.decode(g711.encode(samples, codec), codec).astype(int)
    assert np.all(np.abs(back - samples) <= np.maximum(4, np.abs(samples.astype(int)) / 16))


@pytest.mark.parametrize("codec", ["PCMU", "PCMA"])
def test_sum_of_four_loud_speakers_saturates(codec: g711.Codec) -> None:
    loud = np.full(2, 4 * 8031, np.int16)
    assert g711.decode(g711.encode(loud, codec), codec)[0] >= 8000
    assert g711.decode(g711.encode(-loud, codec), codec)[0] <= -8000


# --- RTP --------------------------------------------------------------------------------------------------------------


def test_packet_with_csrc_extension_and_padding_is_reduced_to_its_payload() -> None:
    plain = rtp.build(rtp.Packet(0, True, 7, 160, 99, b"voice"))
    head = bytes((0xB0 | 2,)) + plain[1:12] + bytes(8) + struct.pack("!HH", 0xBEDE, 1) + bytes(4)
    packet = rtp.parse(head + b"voice" + b"\0\0\3")
    assert packet == rtp.Packet(0, True, 7, 160, 99, b"voice")


@pytest.mark.parametrize(
    "data",
    [b"", b"\x80" * 11, b"\x40" + bytes(171), b"\x8f" + bytes(20), b"\x90" + bytes(13), b"\xa0" + bytes(11) + b"\xff"],
)
def test_header_that_does_not_add_up_is_no_packet(data: bytes) -> None:
    assert rtp.parse(data) is None


@given(st.binary(max_size=300))
def test_no_datagram_breaks_the_parsers(data: bytes) -> None:
    rtp.kind_of(data)
    rtp.parse(data)
    rtcp.parse(data)


def test_kinds_are_told_apart() -> None:
    assert rtp.kind_of(b"\x00\x01" + bytes(18)) == "other"  # STUN
    assert rtp.kind_of(b"\x16\xfe\xfd" + bytes(10)) == "other"  # DTLS
    assert rtp.kind_of(b"\x80\xc8" + bytes(26)) == "rtcp"
    assert rtp.kind_of(b"\x80\x80" + bytes(170)) == "rtp"  # marker set
    assert rtp.kind_of(b"INVITE sip:") == "garbage"


def test_sequence_distance_goes_through_the_wrap() -> None:
    assert rtp.sequence_distance(2, 65_534) == 4
    assert rtp.sequence_distance(65_534, 2) == -4


# --- RTCP and quality -------------------------------------------------------------------------------------------------


def test_sender_report_survives_building_and_parsing() -> None:
    sender = rtcp.SenderInfo(rtcp.ntp_of(1_700_000_000_500_000_000), 160, 50, 8000)
    block = rtcp.ReportBlock(7, 12, -3, 70_000, 9, 0x12345678, 655)
    data = rtcp.build_report(ssrc=5, cname="a@b", sender=sender, block=block)
    assert len(data) % 4 == 0
    assert rtcp.parse(data) == rtcp.Incoming(5, sender, (block,), False)


def test_round_trip_is_arrival_minus_report_minus_delay() -> None:
    sent_ns = 1_700_000_000_000_000_000
    last = rtcp.ntp_of(sent_ns) >> 16 & 0xFFFFFFFF
    block = rtcp.ReportBlock(1, 0, 0, 0, 0, last, 65_536 // 2)
    trip = rtcp.round_trip_ms(block, arrival_ns=sent_ns + 530_000_000)
    assert trip == pytest.approx(30.0, abs=0.1)
    assert rtcp.round_trip_ms(block._replace(last_report=0), arrival_ns=sent_ns) is None


def test_truncated_report_is_refused() -> None:
    data = rtcp.build_report(ssrc=5, cname="a@b", sender=None, block=rtcp.ReportBlock(1, 0, 0, 0, 0, 0, 0))
    assert rtcp.parse(data[:-4]) is None


def test_jitter_of_a_steady_stream_is_zero_and_of_an_alternating_one_its_step() -> None:
    steady, alternating = Jitter(), Jitter()
    for k in range(400):
        steady.feed(arrival_ms=20.0 * k, timestamp=160 * k)
        alternating.feed(arrival_ms=20.0 * k + (8.0 if k % 2 else 0.0), timestamp=160 * k)
    assert steady.value_ms == 0.0
    assert alternating.value_ms == pytest.approx(8.0, abs=0.1)


def test_mos_falls_with_loss_and_with_delay() -> None:
    assert mos(loss=0.0, delay_ms=50.0) == pytest.approx(4.41, abs=0.02)
    assert 3.0 < mos(loss=0.05, delay_ms=50.0) < 4.2
    assert mos(loss=0.0, delay_ms=400.0) < 3.7
    assert mos(loss=1.0, delay_ms=1000.0) == 1.0


# --- latching ---------------------------------------------------------------------------------------------------------


def test_sdp_address_is_fixed_at_its_first_packet() -> None:
    latch = Latch(sdp=SDP, signalling_host=NAT[0])
    assert latch.target == SDP
    assert latch.consider(SDP, now_ms=0) == "fixed"
    assert latch.consider(NAT, now_ms=1) == "refused"


def test_phone_behind_nat_is_latched_by_the_signalling_address_but_the_sdp_wins_for_three_seconds() -> None:
    latch = Latch(sdp=SDP, signalling_host=NAT[0])
    assert latch.consider(NAT, now_ms=0) == "provisional"
    assert latch.target == NAT
    assert latch.consider((NAT[0], NAT[1] + 2), now_ms=10) == "refused"
    assert latch.consider(SDP, now_ms=WINDOW_MS - 1) == "fixed"
    assert latch.target == SDP


def test_nat_address_is_final_after_three_seconds() -> None:
    latch = Latch(sdp=SDP, signalling_host=NAT[0])
    latch.consider(NAT, now_ms=0)
    assert latch.consider(NAT, now_ms=WINDOW_MS) == "fixed"
    assert latch.consider(SDP, now_ms=WINDOW_MS + 1) == "refused"


def test_third_party_is_never_heard() -> None:
    latch = Latch(sdp=SDP, signalling_host=NAT[0])
    assert latch.consider(("203.0.113.66", 4000), now_ms=0) == "refused"
    assert Latch(sdp=None, signalling_host=NAT[0]).consider(NAT, now_ms=0) == "refused"


def test_new_description_opens_the_decision_and_sending_goes_on_meanwhile() -> None:
    latch = Latch(sdp=SDP, signalling_host=NAT[0])
    latch.consider(NAT, now_ms=0)
    latch.consider(NAT, now_ms=WINDOW_MS)
    latch.update(sdp=SDP, signalling_host=NAT[0])
    assert latch.target == NAT
    assert latch.consider((NAT[0], 40_000), now_ms=9_000) == "provisional"
    latch.update(sdp=("192.0.2.99", 5000), signalling_host=NAT[0])
    assert latch.target == ("192.0.2.99", 5000)


@pytest.mark.parametrize("address", [("0.0.0.0", 4000), ("192.0.2.10", 0)])
def test_held_or_refused_stream_is_no_place_to_send_to(address: tuple[str, int]) -> None:
    assert Latch(sdp=address, signalling_host="").target is None


# --- jitter policy ----------------------------------------------------------------------------------------------------


def test_waits_after_a_hole_are_what_the_buffer_lost() -> None:
    assert frames_to_wait(gap=0, starved=2) == 0
    assert frames_to_wait(gap=0, starved=9) == 1
    assert frames_to_wait(gap=5, starved=3) == 2
    assert frames_to_wait(gap=1, starved=3) == 0


def test_delay_guard_judges_whole_windows() -> None:
    guard = DelayGuard()
    assert [guard.feed(age) for age in (30, 35, 25)] == ["steady"] * 3
    guard.restart()
    assert [guard.feed(age) for age in (50, 55, 48)][-1] == "trim"
    guard.restart()
    assert [guard.feed(age) for age in (210, 215, 205)][-1] == "force"
    assert guard.surplus_frames == 8
    guard.restart()
    assert [guard.feed(age) for age in (1, 0.5, 2)][-1] == "pause"


# --- DTMF -------------------------------------------------------------------------------------------------------------


def event(code: int, duration: int, *, end: bool = False) -> bytes:
    return bytes((code, 0x8A if end else 0x0A)) + duration.to_bytes(2, "big")


def test_retransmitted_ends_make_one_digit() -> None:
    receiver = EventReceiver()
    got = []
    for tick, payload in enumerate([event(5, 160), event(5, 320), *[event(5, 480, end=True)] * 3]):
        got += receiver.feed(payload, timestamp=1000, tick=tick)
    assert [(d.digit, d.duration_ms) for d in got] == [("5", 60)]


def test_digit_with_lost_ends_is_told_when_its_packets_stop() -> None:
    receiver = EventReceiver()
    assert receiver.feed(event(11, 320), timestamp=1000, tick=0) == []
    assert receiver.expire(3) == []
    assert [d.digit for d in receiver.expire(6)] == ["#"]
    assert receiver.expire(20) == []


def test_digit_whose_start_was_lost_and_next_digit_whose_predecessor_lost_its_end() -> None:
    receiver = EventReceiver()
    assert [d.digit for d in receiver.feed(event(1, 800, end=True), timestamp=1000, tick=0)] == ["1"]
    assert receiver.feed(event(2, 160), timestamp=3000, tick=9) == []
    assert [d.digit for d in receiver.feed(event(2, 160), timestamp=5000, tick=12)] == ["2"]


def test_same_key_twice_makes_two_digits() -> None:
    receiver = EventReceiver()
    got = [d.digit for ts in (1000, 3000) for d in receiver.feed(event(7, 480, end=True), timestamp=ts, tick=0)]
    assert got == ["7", "7"]


def test_key_held_beyond_one_event_is_one_long_digit() -> None:
    receiver = EventReceiver()
    receiver.feed(event(3, 0xFFFF), timestamp=1000, tick=0)
    receiver.feed(event(3, 160), timestamp=1000 + 0xFFFF, tick=1)
    (digit,) = receiver.feed(event(3, 320, end=True), timestamp=1000 + 0xFFFF, tick=2)
    assert digit.duration_ms == (0xFFFF + 320) // 8


@pytest.mark.parametrize("payload", [b"", b"\x05", event(16, 160), event(200, 160, end=True)])
def test_events_that_are_no_digits_are_ignored(payload: bytes) -> None:
    receiver = EventReceiver()
    assert receiver.feed(payload, timestamp=1, tick=0) == []
    assert not receiver.is_pressed


def test_sender_and_receiver_agree() -> None:
    sender, receiver, got = EventSender(), EventReceiver(), []
    sender.queue("12*#", duration_ms=100, gap_ms=40)
    for tick in range(100):
        packets = sender.step(tick * 160)
        for payload, timestamp, _ in packets:
            got += receiver.feed(payload, timestamp=timestamp, tick=tick)
    assert [(d.digit, d.duration_ms) for d in got] == [(d, 100) for d in "12*#"]
    assert not sender.is_active
    with pytest.raises(ValueError, match="substring"):
        sender.queue("x", duration_ms=100, gap_ms=40)


# --- in-band DTMF -----------------------------------------------------------------------------------------------------


def detect(wave: np.ndarray[tuple[int], np.dtype[np.int16]]) -> str:
    detector, digits = InbandDigits(), ""
    frames = np.concatenate([wave, np.zeros(-len(wave) % 160 + 640, np.int16)]).reshape(-1, 160)
    pairs = find_pairs(frames)
    for digit, share in zip(pairs.digit, pairs.share, strict=True):
        pressed = detector.feed(int(digit), float(share))
        digits += pressed.digit if pressed else ""
    return digits


@pytest.mark.parametrize("offset", [0, 40, 80, 130])
@pytest.mark.parametrize("digit", list(tones.DIGITS))
def test_tone_pair_is_found_wherever_it_begins(digit: str, offset: int) -> None:
    wave = np.concatenate([np.zeros(offset, np.int16), tones.dtmf(digit, duration_ms=80).reshape(-1)])
    assert detect(wave) == digit


def test_sequence_of_quick_digits_with_noise_is_found() -> None:
    rng = np.random.default_rng(5)
    parts = [np.concatenate([tones.dtmf(d, duration_ms=60).reshape(-1), np.zeros(480, np.int16)]) for d in "0123456789"]
    wave = np.concatenate(parts)
    noisy = (wave + rng.normal(0, 60, len(wave))).astype(np.int16)
    assert detect(noisy) == "0123456789"


def test_tone_shorter_than_23_ms_is_no_digit() -> None:
    assert detect(tones.dtmf("5", duration_ms=20).reshape(-1)[:150]) == ""


def test_speech_like_sounds_make_no_digits() -> None:
    rng = np.random.default_rng(11)
    at = np.arange(8000 * 60) / 8000
    pitch = 110 + 40 * np.sin(2 * np.pi * 0.7 * at) + 15 * rng.standard_normal(len(at)).cumsum() / 300
    phase = 2 * np.pi * np.cumsum(pitch) / 8000
    formant = 600 + 400 * np.sin(2 * np.pi * 1.3 * at)
    voice = sum(np.sin(k * phase) * np.exp(-(((k * pitch - formant) / 500) ** 2)) for k in range(1, 25))
    voice = voice + 0.5 * sum(np.sin(k * phase) * np.exp(-(((k * pitch - 1500) / 300) ** 2)) for k in range(5, 25))
    loudness = np.clip(np.sin(2 * np.pi * 3 * at), 0, 1)
    wave = (voice * loudness * 1500 + rng.normal(0, 50, len(at))).astype(np.int16)
    assert detect(wave) == ""
    assert detect(rng.normal(0, 1500, 8000 * 10).astype(np.int16)) == ""


@pytest.mark.parametrize("hertz", [(440, 480), (350, 440), (480, 620), (1000,), (697,), (1336,)])
def test_call_progress_tones_are_no_digits(hertz: tuple[int, ...]) -> None:
    assert detect(tones.sine(hertz=hertz, level_dbm0=-9.0, samples=8000)) == ""


# --- mixing -----------------------------------------------------------------------------------------------------------


def frames_of(rows: Rows, values: dict[int, tuple[int, g711.Codec]]) -> np.ndarray[tuple[int, int], np.dtype[np.uint8]]:
    frames = rows.history[0]
    for row, (sample, codec) in values.items():
        frames[row] = g711.encode(np.full(160, sample, np.int16), codec)
    return frames


def test_gains_scale_and_sums_saturate() -> None:
    rows = Rows(8)
    a, b, c = (rows.take() for _ in range(3))
    mixer = Mixer(8)
    mixer.set(Hearing(a, False, ((b, False, 0.5), (c, False, 1.0))))
    mixer.set(Hearing(b, False, ((c, False, 0.0),)))
    mixer.set(Hearing(c, False, ((a, False, 1.0), (b, False, 1.0))))
    mixer.apply(frames_of(rows, {a: (6000, "PCMU"), b: (5000, "PCMU"), c: (1000, "PCMU")}), rows)
    heard = {row: int(g711.decode(rows.heard[row].copy(), "PCMU")[0]) for row in (a, b, c)}
    assert heard[a] == pytest.approx(3500, rel=0.05)
    assert heard[b] == 0
    assert heard[c] >= 8000


def test_laws_are_transcoded_between_speaker_and_listener() -> None:
    rows = Rows(8)
    a, b = rows.take(), rows.take()
    rows.is_a_law[b] = True
    mixer = Mixer(8)
    mixer.set(Hearing(a, False, ((b, True, 1.0),)))
    mixer.set(Hearing(b, True, ((a, False, 1.0),)))
    mixer.apply(frames_of(rows, {a: (1000, "PCMU"), b: (-2000, "PCMA")}), rows)
    assert g711.decode(rows.heard[a].copy(), "PCMU")[0] == pytest.approx(-2000, rel=0.05)
    assert g711.decode(rows.heard[b].copy(), "PCMA")[0] == pytest.approx(1000, rel=0.05)


def test_large_conference_hears_everybody_but_oneself() -> None:
    rows = Rows(32)
    legs = [rows.take() for _ in range(12)]
    mixer = Mixer(32)
    for leg in legs:
        mixer.set(Hearing(leg, False, tuple((other, False, 1.0) for other in legs if other != leg)))
    mixer.apply(frames_of(rows, {leg: (100 * (k + 1), "PCMU") for k, leg in enumerate(legs)}), rows)
    total = sum(100 * (k + 1) for k in range(12))
    for k, leg in enumerate(legs):
        expected = min(8031, total - 100 * (k + 1))
        assert g711.decode(rows.heard[leg].copy(), "PCMU")[0] == pytest.approx(expected, rel=0.06)


# --- rows, packets, sounds --------------------------------------------------------------------------------------------


def test_rows_grow_and_free_rows_are_silent_again() -> None:
    rows = Rows(4)
    taken = [rows.take() for _ in range(10)]
    assert taken == list(range(2, 12))
    assert rows.capacity == 16
    rows.rx[taken[3]] = 7
    rows.received[taken[3]] = 9
    rows.history[:, taken[3]] = 7
    rows.give_back(taken[3])
    assert rows.take() == taken[3]
    assert rows.received[taken[3]] == 0
    assert (rows.said[taken[3]] == 0xFF).all()
    assert (rows.history[:, taken[3]] == 0xFF).all()
    for row in reversed(taken):
        rows.give_back(row)
    assert rows.used == 2


@pytest.mark.parametrize(("ptime", "sizes"), [(10, [80] * 12), (30, [240] * 4), (40, [320] * 3), (60, [480] * 2)])
def test_packer_makes_packets_of_the_wanted_time(ptime: int, sizes: list[int]) -> None:
    packer = Packer(ptime)
    packets = [packet for k in range(6) for packet in packer.feed(bytes((k,)) * 160, 160 * k)]
    assert [len(payload) for payload, _ in packets] == sizes
    assert [timestamp for _, timestamp in packets] == [ptime * 8 * k for k in range(len(sizes))]
    assert b"".join(payload for payload, _ in packets) == b"".join(bytes((k,)) * 160 for k in range(6))


def wav(kind: int, bits: int, body: bytes, *, rate: int = 8000, channels: int = 1) -> bytes:
    form = struct.pack("<HHIIHH", kind, channels, rate, rate * bits // 8, bits // 8, bits)
    chunks = b"fmt " + struct.pack("<I", 16) + form + b"LIST" + struct.pack("<I", 3) + b"abc\0"
    chunks += b"data" + struct.pack("<I", len(body)) + body
    return b"RIFF" + struct.pack("<I", 4 + len(chunks)) + b"WAVE" + chunks


def test_sounds_of_all_three_formats_are_read() -> None:
    samples = (np.sin(np.arange(400)) * 8000).astype("<i2")
    pcm = read_wav(wav(1, 16, samples.tobytes()))
    mu = read_wav(wav(7, 8, g711.encode_from_16_bit(samples.astype(np.int16), "PCMU").tobytes()))
    a = read_wav(wav(6, 8, g711.encode_from_16_bit(samples.astype(np.int16), "PCMA").tobytes()))
    assert pcm.length == mu.length == a.length == 3
    assert (pcm.frames("PCMU") == mu.frames("PCMU")).all()
    assert (pcm.frames("PCMA") == a.frames("PCMA")).all()
    assert (mu.frames("PCMU").reshape(-1)[400:] == 0xFF).all()


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"RIFFxxxxWAVE",
        wav(1, 16, b""),
        wav(1, 16, bytes(320), rate=44100),
        wav(1, 16, bytes(320), channels=2),
        wav(3, 32, bytes(320)),
        wav_header(320) + bytes(320),
    ],
)
def test_unplayable_files_are_refused(data: bytes) -> None:
    with pytest.raises(BadSource):
        read_wav(data)


# --- admission --------------------------------------------------------------------------------------------------------


def test_one_stall_refuses_nobody_but_lasting_lateness_does() -> None:
    watch = LoadWatch(legs_limit=10)
    for k in range(200):
        watch.feed(late_ms=40.0 if k < 8 else 0.1, busy_ms=1.0)
    assert watch.accepts(legs=5)
    assert watch.lag_ms == 40.0
    assert not watch.accepts(legs=10)
    for _ in range(30):
        watch.feed(late_ms=25.0, busy_ms=1.0)
    assert not watch.accepts(legs=5)
    for _ in range(200):
        watch.feed(late_ms=0.1, busy_ms=4.5)
    assert not watch.accepts(legs=5)
    assert watch.load == pytest.approx(0.9)
