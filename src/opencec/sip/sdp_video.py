"""The video facts of a session description, and our video section in offers and answers (RFC 6184, RFC 7741, RFC 4585).

Video never shares the audio's transport: it is the relay's, the audio the media workers'. So our descriptions leave it
out of the BUNDLE group, and a section that is there only inside of a bundle is refused (RFC 9143 7.3).
"""

from __future__ import annotations

from typing import Literal

import msgspec

from opencec.sip.sdp import Attribute, Direction, MediaDescription, SessionDescription, attributes_of
from opencec.sip.sdp_audio import direction_with_host, fingerprint_of, mirror, rtcp_address, transport_kind

__all__ = ["OUR_FORMATS", "LocalVideo", "VideoDescription", "VideoFormat", "describe_video", "video_section"]

VideoCodec = Literal["H264", "VP8"]
_FEEDBACK = ("nack", "nack pli", "ccm fir", "goog-remb")
"""What the relay understands and speaks. Not `transport-cc`: it would have to be answered packet by packet."""
_H264_DEFAULT = "profile-level-id=42e01f;level-asymmetry-allowed=1;packetization-mode=1"
"""Constrained baseline 3.1, which every H.264 phone and browser decodes (RFC 7742 6.2)."""


class VideoFormat(msgspec.Struct, frozen=True, kw_only=True):
    """One codec as described: two formats of one codec differ in `parameters`."""

    codec: VideoCodec
    payload_type: int
    parameters: str = ""
    """`a=fmtp` as written."""

    @property
    def profile(self) -> str:
        """H.264 profile: the first four digits of `profile-level-id`, constrained baseline when absent; else ""."""
        if self.codec != "H264":
            return ""
        return _parameter(self.parameters, "profile-level-id")[:4].lower() or "42e0"

    def can_carry(self, other: VideoFormat) -> bool:
        """Whether pictures of `other` may be passed on as this format, unchanged."""
        if self.codec != other.codec:
            return False
        baseline = ("42e0", "4200", "42c0")
        return self.profile == other.profile or (self.profile in baseline and other.profile in baseline)


OUR_FORMATS = (
    VideoFormat(codec="VP8", payload_type=96),
    VideoFormat(codec="H264", payload_type=97, parameters=_H264_DEFAULT),
)
"""What we offer when nobody has chosen yet."""


class VideoDescription(msgspec.Struct, frozen=True, kw_only=True):
    """The first usable video section, as its sender sees it; fields as in `AudioDescription`."""

    index: int
    kind: Literal["rtp", "webrtc"]
    host: str
    port: int
    formats: tuple[VideoFormat, ...]
    direction: Direction = "sendrecv"
    rtcp_mux: bool = False
    rtcp: tuple[str, int] | None = None
    has_feedback: bool = False
    """It takes NACK and PLI."""
    ice_ufrag: str = ""
    ice_pwd: str = ""
    fingerprint: str = ""
    setup: str = ""
    mid: str | None = None

    @property
    def our_direction(self) -> Direction:
        """The widest direction we may have towards it."""
        return mirror(self.direction)

    @property
    def dtls_role(self) -> Literal["passive", "active"]:
        """Our DTLS role, as for audio."""
        return "active" if self.setup == "passive" else "passive"

    def format_for(self, wanted: VideoFormat) -> VideoFormat | None:
        """The format in which pictures of `wanted` may be exchanged with it, None when there is none."""
        return next((one for one in self.formats if one.can_carry(wanted)), None)


class LocalVideo(msgspec.Struct, frozen=True, kw_only=True):
    """Our side of a video leg, as the relay opened it. `formats`: one once something was chosen."""

    host: str
    port: int
    formats: tuple[VideoFormat, ...]
    rtcp_port: int = 0
    ice_ufrag: str = ""
    ice_pwd: str = ""
    fingerprint: str = ""
    ssrc: int = 0
    max_kbps: int = 2_000


def describe_video(session: SessionDescription) -> VideoDescription | None:
    """Return the first video section that we can serve, or None. H.264 only with packetization mode 1."""
    for index, media in enumerate(session.media):
        if media.kind == "video" and media.port and media.attribute("bundle-only") is None:
            video = _describe(session, media, index)
            if video is not None:
                return video
    return None


def _describe(session: SessionDescription, media: MediaDescription, index: int) -> VideoDescription | None:
    kind, formats, host = transport_kind(session, media), _formats(media), session.host_for(media)
    if kind is None or not formats or not host:
        return None
    feedback = attributes_of(media.attributes, "rtcp-fb")
    return VideoDescription(
        index=index,
        kind=kind,
        host=host,
        port=media.port,
        formats=formats,
        direction=direction_with_host(session.direction_of(media), host if kind == "rtp" else ""),
        rtcp_mux=media.attribute("rtcp-mux") is not None,
        rtcp=rtcp_address(media, host),
        has_feedback=bool(feedback) or media.protocol.upper().endswith("F"),
        ice_ufrag=session.attribute_for(media, "ice-ufrag") or "",
        ice_pwd=session.attribute_for(media, "ice-pwd") or "",
        fingerprint=fingerprint_of(session, media),
        setup=(session.attribute_for(media, "setup") or "").lower(),
        mid=media.attribute("mid"),
    )


def _formats(media: MediaDescription) -> tuple[VideoFormat, ...]:
    maps = _by_payload_type(media, "rtpmap")
    parameters = _by_payload_type(media, "fmtp")
    found: list[VideoFormat] = []
    for text in media.formats:
        if not (text.isascii() and text.isdigit()) or len(text) > 3 or int(text) > 127:
            continue
        encoding, own = maps.get(text, "").upper(), parameters.get(text, "")
        if encoding == "VP8/90000":
            found.append(VideoFormat(codec="VP8", payload_type=int(text), parameters=own))
        elif encoding == "H264/90000" and _parameter(own, "packetization-mode") == "1":
            found.append(VideoFormat(codec="H264", payload_type=int(text), parameters=own))
    return tuple(found)


def _by_payload_type(media: MediaDescription, name: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for value in attributes_of(media.attributes, name):
        payload_type, _, rest = value.partition(" ")
        found[payload_type] = rest.strip()
    return found


def _parameter(parameters: str, name: str) -> str:
    for part in parameters.split(";"):
        key, _, value = part.strip().partition("=")
        if key.lower() == name:
            return value.strip()
    return ""


def video_section(
    local: LocalVideo,
    *,
    protocol: str,
    direction: Direction,
    rtcp_mux: bool,
    mid: str | None,
    secured: list[Attribute],
) -> MediaDescription:
    """Our video section.

    Args:
        local: our side.
        protocol: of the section, `RTP/AVP` or the peer's.
        direction: ours.
        rtcp_mux: whether RTCP shares the port.
        mid: identification tag, None for none.
        secured: ICE and DTLS attributes, [] for plain RTP.
    """
    attributes: list[Attribute] = [("mid", mid)] if mid is not None else []
    for one in local.formats:
        attributes.append(("rtpmap", f"{one.payload_type} {one.codec}/90000"))
        if one.parameters:
            attributes.append(("fmtp", f"{one.payload_type} {one.parameters}"))
        attributes += [("rtcp-fb", f"{one.payload_type} {kind}") for kind in _FEEDBACK]
    attributes.append((direction, None))
    if rtcp_mux:
        attributes.append(("rtcp-mux", None))
    elif local.rtcp_port and local.rtcp_port != local.port + 1:
        attributes.append(("rtcp", str(local.rtcp_port)))
    return MediaDescription(
        kind="video",
        port=local.port,
        protocol=protocol,
        formats=tuple(str(one.payload_type) for one in local.formats),
        bandwidth=(f"AS:{local.max_kbps}",),
        attributes=(*attributes, *secured),
    )
