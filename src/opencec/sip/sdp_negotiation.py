"""Offers and answers (RFC 3264) of a G.711 endpoint: plain RTP, or ICE-lite with DTLS-SRTP for browsers (RFC 8829)."""

from __future__ import annotations

from typing import Literal

import msgspec

from opencec.sip.errors import SdpError
from opencec.sip.sdp import Attribute, Direction, MediaDescription, Origin, SessionDescription
from opencec.sip.sdp_audio import AudioDescription, Codec, describe_audio, is_private_host, is_unspecified_host
from opencec.sip.sdp_video import LocalVideo, describe_video, video_section

__all__ = [
    "AudioDescription",
    "LocalAudio",
    "answer_direction",
    "describe_audio",
    "is_private_host",
    "is_unspecified_host",
    "make_answer",
    "make_offer",
    "renew",
]

_STATIC: dict[Codec, int] = {"PCMU": 0, "PCMA": 8}
_CANDIDATE_PRIORITY = 2_130_706_431  # host, component 1, highest local preference (RFC 8445 5.1.2.1)
_SECURED_PROTOCOL = "UDP/TLS/RTP/SAVPF"


class LocalAudio(msgspec.Struct, frozen=True, kw_only=True):
    """Our side of an audio leg, as the media worker opened it.

    Attributes:
        host: our address as the peer reaches it.
        port: our RTP port.
        codecs: what an offer lists, in order; an answer takes the first of the offer's that is in here.
        telephone_event: payload type an offer lists, None for none; an answer takes the offer's.
        ptime: packet time we wish, milliseconds.
        rtcp_port: only when RTCP does not use the port above.
        candidates: further addresses of ours for browsers, best first; `host` and `port` come before them.
        ice_ufrag: our ICE user fragment, "" for plain RTP.
        ice_pwd: our ICE password.
        fingerprint: `sha-256 AA:BB:...` of our certificate.
        ssrc: announced to browsers when not 0.
    """

    host: str
    port: int
    codecs: tuple[Codec, ...] = ("PCMU", "PCMA")
    telephone_event: int | None = 101
    ptime: int = 20
    rtcp_port: int = 0
    candidates: tuple[tuple[str, int], ...] = ()
    ice_ufrag: str = ""
    ice_pwd: str = ""
    fingerprint: str = ""
    ssrc: int = 0

    @property
    def kind(self) -> Literal["rtp", "webrtc"]:
        """What this side can talk."""
        return "webrtc" if self.ice_ufrag else "rtp"


def answer_direction(offered: Direction, wanted: Direction) -> Direction:
    """Return the widest direction within `wanted` (ours) that answers `offered` (theirs) (RFC 3264 6.1)."""
    may_send = offered in ("sendrecv", "recvonly") and wanted in ("sendrecv", "sendonly")
    may_receive = offered in ("sendrecv", "sendonly") and wanted in ("sendrecv", "recvonly")
    if may_send:
        return "sendrecv" if may_receive else "sendonly"
    return "recvonly" if may_receive else "inactive"


def renew(current: SessionDescription, previous: SessionDescription | None) -> SessionDescription:
    """Give a description the session id and version it needs after `previous`, our last one in the same dialog.

    The version grows by one when anything differs and stays when nothing does (RFC 3264 8, RFC 4028 7.4 relies on it).
    """
    if previous is None:
        return current
    same = msgspec.structs.replace(current, origin=previous.origin)
    if same == previous:
        return same
    origin = msgspec.structs.replace(
        previous.origin, version=previous.origin.version + 1, address=current.origin.address
    )
    return msgspec.structs.replace(current, origin=origin)


def make_offer(
    local: LocalAudio,
    *,
    session_id: int,
    direction: Direction = "sendrecv",
    previous: SessionDescription | None = None,
    audio_index: int = 0,
    mid: str = "0",
    video: LocalVideo | None = None,
) -> SessionDescription:
    """Make an offer of one audio section, and one of video when there is any.

    Args:
        local: our side.
        session_id: of a first offer, unguessable not needed, unique per leg; later ones take `previous`'s.
        direction: ours; sendonly or inactive holds the peer.
        previous: our last description in this dialog: its sections keep their places, all but the audio one refused.
        audio_index: place of the audio section in `previous`.
        mid: identification tag of the section for browsers, as negotiated before.
        video: our side of the video; it takes the place that video had in `previous`.
    """
    payloads = [(codec, _STATIC[codec]) for codec in local.codecs]
    audio = _audio_section(
        local,
        protocol=_SECURED_PROTOCOL if local.kind == "webrtc" else "RTP/AVP",
        payloads=payloads,
        telephone_event=local.telephone_event,
        direction=direction,
        rtcp_mux=local.kind == "webrtc",
        setup="actpass",
        mid=mid if local.kind == "webrtc" else None,
    )
    sections = [_refuse(section) for section in previous.media] if previous is not None else []
    if audio_index < len(sections):
        sections[audio_index] = audio
    else:
        sections.append(audio)
    if video is not None:
        _place_video(sections, video, direction=direction, audio_mid=mid)
    bundle = mid if local.kind == "webrtc" else None
    return renew(_session(local, session_id=session_id, bundle=bundle, media=tuple(sections)), previous)


def _place_video(sections: list[MediaDescription], video: LocalVideo, *, direction: Direction, audio_mid: str) -> None:
    index = next((at for at, section in enumerate(sections) if section.kind == "video"), len(sections))
    is_secured = bool(video.ice_ufrag)
    known = sections[index].attribute("mid") if index < len(sections) else None
    mid = known or (str(index) if str(index) != audio_mid else f"{index}v")
    section = video_section(
        video,
        protocol=_SECURED_PROTOCOL if is_secured else "RTP/AVP",
        direction=direction,
        rtcp_mux=is_secured,
        mid=mid if is_secured else None,
        secured=_secured_attributes(video, "actpass") if is_secured else [],
    )
    sections[index : index + 1] = [section]


def make_answer(
    offer: SessionDescription,
    local: LocalAudio,
    *,
    session_id: int,
    direction: Direction = "sendrecv",
    previous: SessionDescription | None = None,
    video: LocalVideo | None = None,
) -> SessionDescription:
    """Answer an offer: its first usable audio in one codec, its video if we opened it, the rest refused (port 0).

    Args:
        offer: the peer's.
        local: our side; of the kind that `describe_audio(offer)` says.
        session_id: of a first description; later ones take `previous`'s.
        direction: what we want; narrowed to what the offer allows.
        previous: our last description in this dialog.
        video: our side of its first usable video section, in the one format that was chosen; None refuses it.

    Raises:
        SdpError: nothing usable in the offer (answer 488), or `local` is of the other kind or has no codec of it.
    """
    audio = describe_audio(offer)
    if audio is None:
        raise SdpError("sip.sdp.no_audio", "No usable audio in the offer")
    if audio.kind != local.kind:
        raise SdpError("sip.sdp.kind", f"Offer wants {audio.kind}")
    payload = next((pair for pair in audio.codecs if pair[0] in local.codecs), None)
    if payload is None:
        raise SdpError("sip.sdp.no_codec", "No codec in common")
    section = _audio_section(
        local,
        protocol=offer.media[audio.index].protocol,
        payloads=[payload],
        telephone_event=audio.telephone_event,
        direction=answer_direction(audio.direction, direction),
        rtcp_mux=audio.rtcp_mux,
        setup=audio.dtls_role,
        mid=audio.mid,
    )
    sections = [section if index == audio.index else _refuse(media) for index, media in enumerate(offer.media)]
    if video is not None:
        _answer_video(sections, offer, video, direction)
    bundle = audio.mid if audio.is_bundled else None
    return renew(_session(local, session_id=session_id, bundle=bundle, media=tuple(sections)), previous)


def _answer_video(
    sections: list[MediaDescription], offer: SessionDescription, video: LocalVideo, wanted: Direction
) -> None:
    offered = describe_video(offer)
    if offered is None or (offered.kind == "webrtc") != bool(video.ice_ufrag):
        return
    sections[offered.index] = video_section(
        video,
        protocol=offer.media[offered.index].protocol,
        direction=answer_direction(offered.direction, wanted),
        rtcp_mux=offered.rtcp_mux or offered.kind == "webrtc",
        mid=offered.mid,
        secured=_secured_attributes(video, offered.dtls_role) if offered.kind == "webrtc" else [],
    )


def _session(
    local: LocalAudio, *, session_id: int, bundle: str | None, media: tuple[MediaDescription, ...]
) -> SessionDescription:
    attributes: list[Attribute] = []
    if local.kind == "webrtc":
        attributes.append(("ice-lite", None))
        if bundle is not None:
            attributes.append(("group", f"BUNDLE {bundle}"))
        attributes.append(("msid-semantic", "WMS *"))
    return SessionDescription(
        origin=Origin(session_id, 1, local.host), host=local.host, attributes=tuple(attributes), media=media
    )


def _audio_section(
    local: LocalAudio,
    *,
    protocol: str,
    payloads: list[tuple[Codec, int]],
    telephone_event: int | None,
    direction: Direction,
    rtcp_mux: bool,
    setup: str,
    mid: str | None,
) -> MediaDescription:
    attributes: list[Attribute] = [("mid", mid)] if mid is not None else []
    attributes += [("rtpmap", f"{payload_type} {codec}/8000") for codec, payload_type in payloads]
    formats = [str(payload_type) for _, payload_type in payloads]
    if telephone_event is not None:
        formats.append(str(telephone_event))
        attributes.append(("rtpmap", f"{telephone_event} telephone-event/8000"))
        attributes.append(("fmtp", f"{telephone_event} 0-15"))
    attributes += [("ptime", str(local.ptime)), (direction, None)]
    if rtcp_mux:
        attributes.append(("rtcp-mux", None))
    elif local.rtcp_port and local.rtcp_port != local.port + 1:
        attributes.append(("rtcp", str(local.rtcp_port)))
    if local.kind == "webrtc":
        attributes += _secured_attributes(local, setup)
    return MediaDescription(
        kind="audio", port=local.port, protocol=protocol, formats=tuple(formats), attributes=tuple(attributes)
    )


def _secured_attributes(local: LocalAudio | LocalVideo, setup: str) -> list[Attribute]:
    attributes: list[Attribute] = [
        ("ice-ufrag", local.ice_ufrag),
        ("ice-pwd", local.ice_pwd),
        ("fingerprint", local.fingerprint),
        ("setup", setup),
    ]
    candidates, kind = (local.candidates, "audio") if isinstance(local, LocalAudio) else ((), "video")
    for rank, (host, port) in enumerate([(local.host, local.port), *candidates]):
        # A step of 256 lowers the local preference, the middle 16 bits of the priority.
        priority = _CANDIDATE_PRIORITY - 256 * rank
        attributes.append(("candidate", f"{rank + 1} 1 udp {priority} {host} {port} typ host"))
    attributes.append(("end-of-candidates", None))
    # The stream id makes `event.streams[0]` of the browser's track event exist.
    attributes.append(("msid", f"opencec {kind}"))
    if local.ssrc:
        attributes.append(("ssrc", f"{local.ssrc} cname:opencec"))
    return attributes


def _refuse(media: MediaDescription) -> MediaDescription:
    """Refuse a section: port 0, format list kept because the grammar wants one (RFC 3264 6)."""
    mid = media.attribute("mid")
    attributes: tuple[Attribute, ...] = (("mid", mid),) if mid is not None else ()
    return MediaDescription(
        kind=media.kind,
        port=0,
        protocol=media.protocol,
        formats=media.formats,
        attributes=(*attributes, ("inactive", None)),
    )
