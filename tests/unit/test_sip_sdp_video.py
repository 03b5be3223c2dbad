"""Video in offers and answers: chosen formats, refusals, browsers without BUNDLE, places kept over re-INVITEs."""

from __future__ import annotations

import pytest

from opencec.sip.sdp import SessionDescription, attributes_of
from opencec.sip.sdp_negotiation import LocalAudio, make_answer, make_offer
from opencec.sip.sdp_video import OUR_FORMATS, LocalVideo, VideoFormat, describe_video

pytestmark = pytest.mark.unit

AUDIO = LocalAudio(host="192.0.2.1", port=4000)
VP8, H264 = OUR_FORMATS
SECURED = {"ice_ufrag": "frag", "ice_pwd": "p" * 24, "fingerprint": "sha-256 AA"}


def _video(*formats: VideoFormat, **more: str) -> LocalVideo:
    return LocalVideo(host="192.0.2.1", port=5000, formats=formats, **more)  # type: ignore[arg-type]


def _again(session: SessionDescription) -> SessionDescription:
    return SessionDescription.parse(session.serialize())


@pytest.mark.parametrize("formats", [(VP8,), (H264,), (VP8, H264)])
def test_what_is_offered_is_understood(formats: tuple[VideoFormat, ...]) -> None:
    found = describe_video(_again(make_offer(AUDIO, session_id=1, video=_video(*formats))))
    assert found is not None
    assert (found.formats, found.port, found.index, found.has_feedback) == (formats, 5000, 1, True)


def test_an_answer_without_video_of_ours_refuses_it_with_port_0() -> None:
    offer = _again(make_offer(AUDIO, session_id=1, video=_video(VP8)))
    answer = _again(make_answer(offer, AUDIO, session_id=2))
    assert [(section.kind, section.port) for section in answer.media] == [("audio", 4000), ("video", 0)]
    assert describe_video(answer) is None


def test_an_answer_has_the_one_format_that_was_chosen() -> None:
    offer = _again(make_offer(AUDIO, session_id=1, video=_video(VP8, H264)))
    answer = _again(make_answer(offer, AUDIO, session_id=2, video=_video(H264)))
    assert answer.media[1].formats == ("97",)


def test_browsers_get_video_outside_of_the_bundle() -> None:
    audio = LocalAudio(host="192.0.2.1", port=4000, **SECURED)  # type: ignore[arg-type]
    offer = _again(make_offer(audio, session_id=1, video=_video(VP8, **SECURED)))
    (bundle,) = attributes_of(offer.attributes, "group")
    mids = [section.attribute("mid") for section in offer.media]
    assert bundle == f"BUNDLE {mids[0]}"
    assert len(set(mids)) == 2
    assert offer.media[1].attribute("ice-ufrag") == "frag"
    assert offer.media[1].attribute("rtcp-mux") is not None


def test_video_that_goes_and_comes_keeps_its_place() -> None:
    first = make_offer(AUDIO, session_id=1, video=_video(VP8))
    without = make_offer(AUDIO, session_id=1, previous=first)
    assert [(section.kind, section.port) for section in without.media] == [("audio", 4000), ("video", 0)]
    back = make_offer(AUDIO, session_id=1, previous=without, video=_video(VP8))
    assert [(section.kind, section.port) for section in back.media] == [("audio", 4000), ("video", 5000)]
    assert back.origin.version == 3


@pytest.mark.parametrize(
    "lines",
    [
        "m=video 0 RTP/AVP 96\r\na=rtpmap:96 VP8/90000\r\n",
        "m=video 5000 RTP/AVP 34\r\n",
        "m=video 5000 RTP/AVP 97\r\na=rtpmap:97 H264/90000\r\n",  # packetization mode 0
        "m=video 5000 RTP/AVP 96\r\na=rtpmap:96 VP9/90000\r\n",
        "m=video 5000 RTP/SAVP 96\r\na=rtpmap:96 VP8/90000\r\n",  # SDES keys alone
        "m=video 9 UDP/TLS/RTP/SAVPF 96\r\na=rtpmap:96 VP8/90000\r\na=bundle-only\r\na=ice-ufrag:x\r\n"
        "a=fingerprint:sha-256 AA\r\n",
    ],
)
def test_video_that_cannot_be_relayed_is_no_video(lines: str) -> None:
    head = "v=0\r\no=- 1 1 IN IP4 192.0.2.2\r\ns=-\r\nc=IN IP4 192.0.2.2\r\nt=0 0\r\nm=audio 4000 RTP/AVP 0\r\n"
    assert describe_video(SessionDescription.parse((head + lines).encode())) is None


@pytest.mark.parametrize(
    ("one", "other", "can"),
    [
        ("profile-level-id=42e01f", "profile-level-id=42001f", True),
        ("profile-level-id=42e01f", "profile-level-id=42e028", True),
        ("profile-level-id=42e01f", "profile-level-id=640c1f", False),
        ("", "profile-level-id=42e01f", True),
    ],
)
def test_profiles_of_h264_must_match(one: str, other: str, can: bool) -> None:
    first = VideoFormat(codec="H264", payload_type=97, parameters=one)
    second = VideoFormat(codec="H264", payload_type=99, parameters=other)
    assert first.can_carry(second) is can
    assert not first.can_carry(VP8)
