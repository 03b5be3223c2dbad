"""Offers and answers: places of sections, codecs, hold, browsers, versions."""

from __future__ import annotations

from typing import get_args

import msgspec
import pytest

from opencec.sip.errors import SdpError
from opencec.sip.sdp import Direction, SessionDescription
from opencec.sip.sdp_negotiation import LocalAudio, answer_direction, describe_audio, make_answer, make_offer, renew

pytestmark = pytest.mark.unit

_LOCAL = LocalAudio(host="192.0.2.1", port=16_384)
_SECURED = LocalAudio(
    host="192.0.2.1",
    port=16_386,
    candidates=(("198.51.100.1", 16_386),),
    ice_ufrag="ours",
    ice_pwd="secretsecretsecretsecret",
    fingerprint="sha-256 11:22",
    ssrc=77,
)
_BROWSER_LINES = (
    "a=group:BUNDLE a v d",
    "m=audio 9 UDP/TLS/RTP/SAVPF 111 0 8 126",
    "a=mid:a",
    "a=ice-ufrag:u",
    "a=ice-pwd:p",
    "a=fingerprint:sha-256 AA",
    "a=setup:actpass",
    "a=rtcp-mux",
    "a=rtpmap:111 opus/48000/2",
    "a=rtpmap:126 telephone-event/8000",
    "m=video 9 UDP/TLS/RTP/SAVPF 96",
    "a=mid:v",
    "a=rtcp-mux",
    "m=application 9 UDP/DTLS/SCTP webrtc-datachannel",
    "a=mid:d",
)


def _offer(*lines: str) -> SessionDescription:
    head = ("v=0", "o=- 1 2 IN IP4 192.0.2.10", "s=-", "c=IN IP4 192.0.2.10", "t=0 0")
    return SessionDescription.parse("\r\n".join([*head, *lines, ""]).encode())


def _answer(*lines: str, local: LocalAudio = _LOCAL, direction: Direction = "sendrecv") -> SessionDescription:
    return make_answer(_offer(*lines), local, session_id=5, direction=direction)


def test_offer_of_a_plain_leg() -> None:
    assert make_offer(_LOCAL, session_id=42).serialize().decode().split("\r\n") == [
        "v=0",
        "o=- 42 1 IN IP4 192.0.2.1",
        "s=-",
        "c=IN IP4 192.0.2.1",
        "t=0 0",
        "m=audio 16384 RTP/AVP 0 8 101",
        "a=rtpmap:0 PCMU/8000",
        "a=rtpmap:8 PCMA/8000",
        "a=rtpmap:101 telephone-event/8000",
        "a=fmtp:101 0-15",
        "a=ptime:20",
        "a=sendrecv",
        "",
    ]


def test_answer_takes_one_codec_and_the_offers_payload_types() -> None:
    session = _answer("m=audio 4000 RTP/AVP 18 97 0 96", "a=rtpmap:97 PCMA/8000", "a=rtpmap:96 telephone-event/8000")
    (media,) = session.media
    assert media.formats == ("97", "96")
    assert media.attribute("rtpmap") == "97 PCMA/8000"
    assert media.attribute("fmtp") == "96 0-15"
    only_pcmu = msgspec.structs.replace(_LOCAL, codecs=("PCMU",))
    assert _answer("m=audio 4000 RTP/AVP 8 0", local=only_pcmu).media[0].formats == ("0",)


def test_no_telephone_event_unless_offered() -> None:
    (media,) = _answer("m=audio 4000 RTP/AVP 0").media
    assert media.formats == ("0",)
    assert media.attribute("fmtp") is None


def test_other_sections_are_refused_in_place() -> None:
    session = _answer(
        "m=video 5000 RTP/AVP 96",
        "m=audio 4000 RTP/SAVP 0",
        "m=audio 4002 RTP/AVP 0",
        "m=image 6000 udptl t38",
    )
    assert [(media.kind, media.port, media.protocol) for media in session.media] == [
        ("video", 0, "RTP/AVP"),
        ("audio", 0, "RTP/SAVP"),
        ("audio", 16_384, "RTP/AVP"),
        ("image", 0, "udptl"),
    ]
    assert session.media[3].formats == ("t38",)


def test_answer_to_a_browser() -> None:
    session = _answer(*_BROWSER_LINES, local=_SECURED)
    assert session.serialize().decode().split("\r\n") == [
        "v=0",
        "o=- 5 1 IN IP4 192.0.2.1",
        "s=-",
        "c=IN IP4 192.0.2.1",
        "t=0 0",
        "a=ice-lite",
        "a=group:BUNDLE a",
        "a=msid-semantic:WMS *",
        "m=audio 16386 UDP/TLS/RTP/SAVPF 0 126",
        "a=mid:a",
        "a=rtpmap:0 PCMU/8000",
        "a=rtpmap:126 telephone-event/8000",
        "a=fmtp:126 0-15",
        "a=ptime:20",
        "a=sendrecv",
        "a=rtcp-mux",
        "a=ice-ufrag:ours",
        "a=ice-pwd:secretsecretsecretsecret",
        "a=fingerprint:sha-256 11:22",
        "a=setup:passive",
        "a=candidate:1 1 udp 2130706431 192.0.2.1 16386 typ host",
        "a=candidate:2 1 udp 2130706175 198.51.100.1 16386 typ host",
        "a=end-of-candidates",
        "a=msid:opencec audio",
        "a=ssrc:77 cname:opencec",
        "m=video 0 UDP/TLS/RTP/SAVPF 96",
        "a=mid:v",
        "a=inactive",
        "m=application 0 UDP/DTLS/SCTP webrtc-datachannel",
        "a=mid:d",
        "a=inactive",
        "",
    ]


def test_browser_without_bundle_or_mid() -> None:
    lines = [line for line in _BROWSER_LINES[:10] if "BUNDLE" not in line and "mid" not in line]
    session = _answer(*lines, local=_SECURED)
    assert session.attribute("group") is None
    assert session.media[0].attribute("mid") is None


@pytest.mark.parametrize(
    ("theirs", "ours"), [("actpass", "passive"), ("active", "passive"), ("passive", "active"), ("", "passive")]
)
def test_dtls_roles(theirs: str, ours: str) -> None:
    lines = [line for line in _BROWSER_LINES if "setup" not in line]
    if theirs:
        lines.insert(2, f"a=setup:{theirs}")
    assert _answer(*lines, local=_SECURED).media[0].attribute("setup") == ours


def test_offer_to_a_browser_and_its_answer() -> None:
    offer = make_offer(_SECURED, session_id=9)
    audio = describe_audio(SessionDescription.parse(offer.serialize()))
    assert audio is not None
    assert (audio.kind, audio.setup, audio.mid, audio.is_bundled, audio.rtcp_mux) == (
        "webrtc",
        "actpass",
        "0",
        True,
        True,
    )
    assert offer.attribute("ice-lite") == ""
    peer = msgspec.structs.replace(_SECURED, host="192.0.2.50", ice_ufrag="peer")
    answer = describe_audio(make_answer(offer, peer, session_id=1))
    assert answer is not None
    assert (answer.ice_ufrag, answer.codec, answer.telephone_event) == ("peer", "PCMU", 101)


@pytest.mark.parametrize(
    ("line", "wanted", "expected"),
    [
        ("a=sendrecv", "sendrecv", "sendrecv"),
        ("a=sendonly", "sendrecv", "recvonly"),
        ("a=recvonly", "sendrecv", "sendonly"),
        ("a=inactive", "sendrecv", "inactive"),
        ("a=sendrecv", "sendonly", "sendonly"),
        ("a=sendonly", "sendonly", "inactive"),
        ("c=IN IP4 0.0.0.0", "sendrecv", "recvonly"),
    ],
)
def test_hold_is_answered(line: str, wanted: Direction, expected: Direction) -> None:
    session = _answer("m=audio 4000 RTP/AVP 0", line, direction=wanted)
    assert session.direction_of(session.media[0]) == expected


@pytest.mark.parametrize("offered", get_args(Direction))
@pytest.mark.parametrize("wanted", get_args(Direction))
def test_an_answer_never_claims_what_the_offer_denies(offered: Direction, wanted: Direction) -> None:
    answer = answer_direction(offered, wanted)
    sends, receives = answer in ("sendrecv", "sendonly"), answer in ("sendrecv", "recvonly")
    assert sends == (offered in ("sendrecv", "recvonly") and wanted in ("sendrecv", "sendonly"))
    assert receives == (offered in ("sendrecv", "sendonly") and wanted in ("sendrecv", "recvonly"))


def test_hold_offer_keeps_session_and_raises_version() -> None:
    first = SessionDescription.parse(make_offer(_LOCAL, session_id=42).serialize())
    again = make_offer(_LOCAL, session_id=99, previous=first)
    assert again == first
    held = make_offer(_LOCAL, session_id=99, previous=again, direction="sendonly")
    assert (held.origin.session_id, held.origin.version) == (42, 2)
    assert held.direction_of(held.media[0]) == "sendonly"
    resumed = make_offer(_LOCAL, session_id=99, previous=held)
    assert resumed.origin.version == 3


def test_new_address_raises_version() -> None:
    first = make_offer(_LOCAL, session_id=42)
    moved = make_offer(msgspec.structs.replace(_LOCAL, host="192.0.2.2"), session_id=42, previous=first)
    assert (moved.origin.version, moved.origin.address) == (2, "192.0.2.2")
    assert renew(moved, moved) == moved


def test_offer_after_an_answer_keeps_the_places_of_sections() -> None:
    answer = _answer("m=video 5000 RTP/AVP 96", "m=audio 4000 RTP/AVP 0")
    offer = make_offer(_LOCAL, session_id=5, previous=answer, audio_index=1, direction="sendonly")
    assert [(media.kind, media.port) for media in offer.media] == [("video", 0), ("audio", 16_384)]
    assert offer.origin.version == answer.origin.version + 1


def test_separate_rtcp_port_is_said_when_it_is_not_the_next() -> None:
    local = msgspec.structs.replace(_LOCAL, rtcp_port=20_001)
    assert make_offer(local, session_id=1).media[0].attribute("rtcp") == "20001"
    usual = msgspec.structs.replace(_LOCAL, rtcp_port=16_385)
    assert make_offer(usual, session_id=1).media[0].attribute("rtcp") is None


@pytest.mark.parametrize(
    ("lines", "local", "code"),
    [
        (("m=audio 4000 RTP/AVP 18",), _LOCAL, "sip.sdp.no_audio"),
        (("m=audio 4000 RTP/AVP 0",), _SECURED, "sip.sdp.kind"),
        (_BROWSER_LINES, _LOCAL, "sip.sdp.kind"),
        (("m=audio 4000 RTP/AVP 8",), msgspec.structs.replace(_LOCAL, codecs=("PCMU",)), "sip.sdp.no_codec"),
    ],
)
def test_no_agreement(lines: tuple[str, ...], local: LocalAudio, code: str) -> None:
    with pytest.raises(SdpError) as caught:
        _answer(*lines, local=local)
    assert caught.value.code == code
