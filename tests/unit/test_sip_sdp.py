"""Session descriptions and what they say about audio."""

from __future__ import annotations

import time

import pytest

from opencec.sip.errors import SdpError
from opencec.sip.limits import MAX_SDP_ATTRIBUTES, MAX_SDP_BYTES, MAX_SDP_LINES, MAX_SDP_MEDIA
from opencec.sip.sdp import MediaDescription, Origin, SessionDescription
from opencec.sip.sdp_audio import AudioDescription, describe_audio, is_private_host, is_unspecified_host

pytestmark = pytest.mark.unit

_HEAD = ("v=0", "o=- 1 2 IN IP4 192.0.2.10", "s=call", "c=IN IP4 192.0.2.10", "t=0 0")

BROWSER = """v=0
o=- 4611731400430051336 2 IN IP4 127.0.0.1
s=-
t=0 0
a=group:BUNDLE 0 1
a=extmap-allow-mixed
a=msid-semantic: WMS stream
m=audio 9 UDP/TLS/RTP/SAVPF 111 63 9 0 8 13 110 126
c=IN IP4 0.0.0.0
a=rtcp:9 IN IP4 0.0.0.0
a=ice-ufrag:Oyef
a=ice-pwd:jvhXFPq4FbQcVtsFmzDk2NrX
a=ice-options:trickle
a=fingerprint:sha-1 00:11
a=fingerprint:sha-256 AA:BB:CC
a=setup:actpass
a=mid:0
a=sendrecv
a=rtcp-mux
a=rtcp-rsize
a=rtpmap:111 opus/48000/2
a=rtpmap:63 red/48000/2
a=rtpmap:9 G722/8000
a=rtpmap:0 PCMU/8000
a=rtpmap:8 PCMA/8000
a=rtpmap:13 CN/8000
a=rtpmap:110 telephone-event/48000
a=rtpmap:126 telephone-event/8000
a=candidate:1 1 udp 2122260223 192.0.2.77 50000 typ host generation 0
m=video 9 UDP/TLS/RTP/SAVPF 96
c=IN IP4 0.0.0.0
a=mid:1
a=sendrecv
a=rtcp-mux
a=rtpmap:96 VP8/90000
""".replace("\n", "\r\n").encode()


def _parse(*lines: str) -> SessionDescription:
    return SessionDescription.parse("\r\n".join([*_HEAD, *lines, ""]).encode())


def _audio(*lines: str) -> AudioDescription | None:
    return describe_audio(_parse(*lines))


def _usable(*lines: str) -> AudioDescription:
    audio = _audio(*lines)
    assert audio is not None
    return audio


def test_parts_of_a_description() -> None:
    session = _parse(
        "a=tool:x", "m=audio 4000/2 RTP/AVP 0 8", "i=title", "c=IN IP6 2001:db8::1", "b=AS:64", "a=ptime:20", "a=x"
    )
    assert session.origin == Origin(1, 2, "192.0.2.10")
    assert (session.name, session.host, session.times) == ("call", "192.0.2.10", ("0 0",))
    (media,) = session.media
    assert media == MediaDescription(
        kind="audio",
        port=4000,
        protocol="RTP/AVP",
        formats=("0", "8"),
        host="2001:db8::1",
        bandwidth=("AS:64",),
        attributes=(("ptime", "20"), ("x", None)),
    )
    assert session.host_for(media) == "2001:db8::1"
    assert session.attribute_for(media, "tool") == "x"
    assert media.attribute("x") == ""
    assert media.attribute("y") is None


@pytest.mark.parametrize("body", [BROWSER, "\r\n".join([*_HEAD, "m=audio 1 RTP/AVP 0", "a=x:", ""]).encode()])
def test_written_and_read_again(body: bytes) -> None:
    session = SessionDescription.parse(body)
    assert SessionDescription.parse(session.serialize()) == session


def test_lax_peers_are_understood() -> None:
    lax = SessionDescription.parse(
        b"v=0\no=my phone 12 34 IN IP4 192.0.2.1 \nm=audio 4000 RTP/AVP 0\nc=IN IP4 192.0.2.1/127\n\n"
    )
    assert lax.origin == Origin(12, 34, "192.0.2.1", "my_phone")
    assert lax.name == "-"
    audio = describe_audio(lax)
    assert audio is not None
    assert audio.host == "192.0.2.1"
    assert SessionDescription.parse("v=0\r\ns=Café\r\nq=?\r\n".encode("latin-1")).name == "Café"


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"\r\n\r\n",
        b"hello",
        b"v=1\r\n",
        b"o=- 1 1 IN IP4 h\r\nv=0\r\n",
        b"v=0\r\no=- x 1 IN IP4 h\r\n",
        b"v=0\r\no=- 1\r\n",
        b"v=0\r\no=- 1 " + b"9" * 5_000 + b" IN IP4 h\r\n",
        b"v=0\r\nm=audio\r\n",
        b"v=0\r\nm=audio x RTP/AVP 0\r\n",
        b"v=0\r\nm=audio 65536 RTP/AVP 0\r\n",
        b"v=0\r\nm =audio 1 RTP/AVP 0\r\n",
        b"v=0\r\nc=IN IP5 h\r\n",
        b"v=0\r\nnonsense\r\n",
    ],
)
def test_malformed_descriptions_are_refused(body: bytes) -> None:
    with pytest.raises(SdpError):
        SessionDescription.parse(body)


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"v=0\r\na=" + b"x" * MAX_SDP_BYTES, "sip.sdp.too_large"),
        (b"v=0\r\n" + b"a=x\n" * MAX_SDP_LINES, "sip.sdp.too_many_lines"),
        (b"v=0\r\n" + b"a=x\n" * (MAX_SDP_ATTRIBUTES + 1), "sip.sdp.too_many_attributes"),
        (b"v=0\r\na=" + b"x" * 5_000, "sip.sdp.line_too_long"),
        (b"v=0\r\n" + b"m=a 1 b 0\n" * (MAX_SDP_MEDIA + 1), "sip.sdp.too_many_media"),
    ],
)
def test_limits(body: bytes, code: str) -> None:
    started = time.process_time()
    with pytest.raises(SdpError) as caught:
        SessionDescription.parse(body)
    assert caught.value.code == code
    assert time.process_time() - started < 0.05


def test_line_breaks_never_reach_the_wire() -> None:
    session = SessionDescription(origin=Origin(1, 1, "h"), attributes=(("x", "y\r\nm=audio 1 RTP/AVP 0"),))
    with pytest.raises(SdpError):
        session.serialize()


def test_plain_phone() -> None:
    audio = _usable(
        "m=video 5000 RTP/AVP 96",
        "m=audio 4000 RTP/AVP 18 8 0 101",
        "a=rtpmap:18 G729/8000",
        "a=rtpmap:101 telephone-event/8000",
        "a=ptime:30",
    )
    assert (audio.index, audio.kind, audio.host, audio.port) == (1, "rtp", "192.0.2.10", 4000)
    assert audio.codecs == (("PCMA", 8), ("PCMU", 0))
    assert (audio.codec, audio.payload_type, audio.pcmu, audio.pcma) == ("PCMA", 8, 0, 8)
    assert (audio.telephone_event, audio.ptime, audio.direction) == (101, 30, "sendrecv")
    assert (audio.rtcp_mux, audio.rtcp, audio.is_held) == (False, ("192.0.2.10", 4001), False)


def test_browser() -> None:
    audio = describe_audio(SessionDescription.parse(BROWSER))
    assert audio is not None
    assert (audio.kind, audio.port, audio.codec, audio.telephone_event) == ("webrtc", 9, "PCMU", 126)
    assert (audio.ice_ufrag, audio.ice_pwd) == ("Oyef", "jvhXFPq4FbQcVtsFmzDk2NrX")
    assert (audio.fingerprint, audio.setup, audio.dtls_role) == ("sha-256 AA:BB:CC", "actpass", "passive")
    assert audio.candidates == ("1 1 udp 2122260223 192.0.2.77 50000 typ host generation 0",)
    assert (audio.mid, audio.is_bundled, audio.rtcp_mux, audio.rtcp) == ("0", True, True, None)
    # 0.0.0.0 beside ICE says "candidates follow", not "hold".
    assert (audio.direction, audio.is_held) == ("sendrecv", False)


def test_session_level_security_counts_for_all_sections() -> None:
    audio = _usable(
        "a=ice-ufrag:u", "a=ice-pwd:p", "a=fingerprint:SHA-256 AA", "a=setup:passive", "m=audio 9 RTP/SAVPF 0"
    )  # fmt: skip
    assert (audio.kind, audio.ice_ufrag, audio.fingerprint, audio.dtls_role) == ("webrtc", "u", "SHA-256 AA", "active")


@pytest.mark.parametrize(
    "lines",
    [
        (),
        ("m=audio 0 RTP/AVP 0",),
        ("m=audio 4000 RTP/AVP 18",),
        ("m=audio 4000 RTP/AVP 97", "a=rtpmap:97 PCMU/16000"),
        ("m=audio 4000 RTP/AVP 0", "a=rtpmap:0 opus/48000"),
        ("m=audio 4000 RTP/SAVP 0", "a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:x"),
        ("m=audio 4000 UDP/TLS/RTP/SAVPF 0", "a=fingerprint:sha-256 AA"),
        ("m=audio 4000 TCP/RTP/AVP 0",),
        ("m=image 4000 udptl t38",),
    ],
)
def test_nothing_usable(lines: tuple[str, ...]) -> None:
    assert _audio(*lines) is None


def test_the_first_usable_section_counts() -> None:
    audio = _usable(
        "m=audio 4000 RTP/SAVP 0", "m=audio 4002 RTP/AVP 18", "m=audio 4004 RTP/AVP 0", "m=audio 4006 RTP/AVP 0"
    )
    assert (audio.index, audio.port) == (2, 4004)


def test_dynamic_payload_types() -> None:
    audio = _usable("m=audio 1 RTP/AVP 97 x 200 98", "a=rtpmap:97 pcma/8000/1", "a=rtpmap:98  telephone-event/8000")
    assert audio.codecs == (("PCMA", 97),)
    assert audio.telephone_event == 98


@pytest.mark.parametrize(
    ("lines", "host", "direction", "ours"),
    [
        ((), "192.0.2.10", "sendrecv", "sendrecv"),
        (("a=sendonly",), "192.0.2.10", "sendonly", "recvonly"),
        (("a=recvonly",), "192.0.2.10", "recvonly", "sendonly"),
        (("a=inactive",), "192.0.2.10", "inactive", "inactive"),
        (("c=IN IP4 0.0.0.0",), "0.0.0.0", "sendonly", "recvonly"),
        (("c=IN IP4 0.0.0.0", "a=recvonly"), "0.0.0.0", "inactive", "inactive"),
        (("c=IN IP6 ::",), "::", "sendonly", "recvonly"),
    ],
)
def test_hold_new_and_old(lines: tuple[str, ...], host: str, direction: str, ours: str) -> None:
    audio = _usable("m=audio 4000 RTP/AVP 0", *lines)
    assert (audio.host, audio.direction, audio.our_direction) == (host, direction, ours)
    assert audio.is_held == (direction in ("sendonly", "inactive"))


def test_direction_of_the_session_and_of_the_section() -> None:
    assert _usable("a=inactive", "m=audio 1 RTP/AVP 0").direction == "inactive"
    assert _usable("a=inactive", "m=audio 1 RTP/AVP 0", "a=sendrecv").direction == "sendrecv"


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("a=rtcp:5001", ("192.0.2.10", 5001)),
        ("a=rtcp:5001 IN IP4 192.0.2.9", ("192.0.2.9", 5001)),
        ("a=rtcp:x", ("192.0.2.10", 4001)),
        ("a=rtcp-mux", None),
    ],
)
def test_rtcp_address(line: str, expected: tuple[str, int] | None) -> None:
    assert _usable("m=audio 4000 RTP/AVP 0", line).rtcp == expected


@pytest.mark.parametrize(("text", "expected"), [("20.0", 20), ("10", 10), ("17", 20), ("x", 20), ("", 20), ("²", 20)])
def test_packet_time(text: str, expected: int) -> None:
    assert _usable("m=audio 4000 RTP/AVP 0", f"a=ptime:{text}").ptime == expected


def test_nat_facts() -> None:
    assert [is_private_host(host) for host in ("10.1.2.3", "192.168.0.9", "100.64.0.1", "127.0.0.1", "fe80::1")] == [
        True
    ] * 5
    assert [is_private_host(host) for host in ("8.8.8.8", "[2606:4700::1111]", "phone.example.com")] == [False] * 3
    assert is_unspecified_host("0.0.0.0")
    session = SessionDescription.parse(b"v=0\nc=IN IP4 10.0.0.5\nm=audio 4000 RTP/AVP 0\n")
    audio = describe_audio(session)
    assert audio is not None
    assert audio.is_behind_nat("8.8.8.8")
    assert not audio.is_behind_nat("10.0.0.5")
