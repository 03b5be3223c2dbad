"""The audio facts of a session description: where to, in which codec, secured how, on hold or not."""

from __future__ import annotations

import ipaddress
from typing import Literal

import msgspec

from opencec.sip.sdp import Direction, MediaDescription, SessionDescription, attributes_of

__all__ = [
    "AudioDescription",
    "Codec",
    "describe_audio",
    "direction_with_host",
    "fingerprint_of",
    "is_private_host",
    "is_unspecified_host",
    "mirror",
    "rtcp_address",
    "transport_kind",
]

Codec = Literal["PCMU", "PCMA"]
_STATIC: dict[str, str] = {"0": "PCMU/8000", "8": "PCMA/8000"}  # RFC 3551 6
_PLAIN = frozenset({"RTP/AVP", "RTP/AVPF"})
_SECURED = frozenset({"UDP/TLS/RTP/SAVPF", "UDP/TLS/RTP/SAVP", "RTP/SAVPF", "RTP/SAVP"})
_PTIMES = frozenset({10, 20, 30, 40, 50, 60, 80, 100, 120})


def is_unspecified_host(host: str) -> bool:
    """Whether an address means "send nothing" (`0.0.0.0`, RFC 3264 8.4) or its IPv6 like."""
    return host in ("0.0.0.0", "::", "")


def is_private_host(host: str) -> bool:
    """Whether an address cannot be reached from elsewhere: private, loopback, link-local, shared or unspecified.

    A name (not an address) is not private.
    """
    try:
        address = ipaddress.ip_address(host.strip("[]"))
    except ValueError:
        return False
    return not address.is_global


class AudioDescription(msgspec.Struct, frozen=True, kw_only=True):
    """The first usable audio section, as its sender sees it.

    Attributes:
        index: place of the section among all sections.
        kind: `rtp`, or `webrtc` (ICE and DTLS-SRTP).
        host: where it wants media, `0.0.0.0` when on hold the old way; a name is possible.
        port: 1-65535; 9 with a browser that has sent no candidates yet.
        codecs: (codec, payload type) pairs we can use, in the sender's order; at least one.
        telephone_event: payload type of telephone-event/8000 (RFC 4733), None when it has none.
        ptime: packet time it wishes, milliseconds.
        direction: as it sees it; the old hold by address is already sendonly or inactive here.
        rtcp_mux: whether RTCP may share the port (RFC 5761).
        rtcp: where it wants RTCP when not multiplexed.
        ice_ufrag: ICE user fragment, "" without ICE.
        ice_pwd: ICE password.
        fingerprint: `sha-256 AA:BB:...`, "" without DTLS.
        setup: actpass, active, passive, holdconn, "" when absent (RFC 4145).
        candidates: the values of `a=candidate`.
        mid: identification tag (RFC 5888), None when absent.
        is_bundled: whether the section is in a BUNDLE group (RFC 9143).
    """

    index: int
    kind: Literal["rtp", "webrtc"]
    host: str
    port: int
    codecs: tuple[tuple[Codec, int], ...]
    telephone_event: int | None = None
    ptime: int = 20
    direction: Direction = "sendrecv"
    rtcp_mux: bool = False
    rtcp: tuple[str, int] | None = None
    ice_ufrag: str = ""
    ice_pwd: str = ""
    fingerprint: str = ""
    setup: str = ""
    candidates: tuple[str, ...] = ()
    mid: str | None = None
    is_bundled: bool = False

    @property
    def codec(self) -> Codec:
        """The codec its sender likes best."""
        return self.codecs[0][0]

    @property
    def payload_type(self) -> int:
        """The payload type of `codec`."""
        return self.codecs[0][1]

    @property
    def pcmu(self) -> int | None:
        """Payload type of PCMU, None when not offered."""
        return self.payload_type_of("PCMU")

    @property
    def pcma(self) -> int | None:
        """Payload type of PCMA, None when not offered."""
        return self.payload_type_of("PCMA")

    def payload_type_of(self, codec: Codec) -> int | None:
        """Return the payload type of a codec, None when not offered."""
        return next((payload_type for name, payload_type in self.codecs if name == codec), None)

    @property
    def is_held(self) -> bool:
        """Whether its sender put us on hold: it does not want to hear us."""
        return self.direction in ("sendonly", "inactive")

    @property
    def our_direction(self) -> Direction:
        """The widest direction we may have towards it."""
        return mirror(self.direction)

    @property
    def dtls_role(self) -> Literal["passive", "active"]:
        """Our DTLS role: active only towards a passive peer (RFC 5763 5); a browser is thus always the client."""
        return "active" if self.setup == "passive" else "passive"

    def is_behind_nat(self, signalling_host: str) -> bool:
        """Whether media cannot come from this address: private, and not where the signalling came from."""
        return self.host != signalling_host and is_private_host(self.host) and not is_unspecified_host(self.host)


_MIRROR: dict[Direction, Direction] = {
    "sendrecv": "sendrecv",
    "sendonly": "recvonly",
    "recvonly": "sendonly",
    "inactive": "inactive",
}


def mirror(direction: Direction) -> Direction:
    """Return the same direction as the other side sees it."""
    return _MIRROR[direction]


def describe_audio(session: SessionDescription) -> AudioDescription | None:
    """Return the first audio section that we can serve, or None.

    Served are PCMU and PCMA over plain RTP or over ICE with DTLS-SRTP; a section with SDES keys alone is not.
    """
    for index, media in enumerate(session.media):
        if media.kind == "audio" and media.port:
            audio = _describe(session, media, index)
            if audio is not None:
                return audio
    return None


def _describe(session: SessionDescription, media: MediaDescription, index: int) -> AudioDescription | None:
    kind = transport_kind(session, media)
    codecs, telephone_event = _payload_types(media)
    host = session.host_for(media)
    if kind is None or not codecs or not host:
        return None
    mid = media.attribute("mid")
    return AudioDescription(
        index=index,
        kind=kind,
        host=host,
        port=media.port,
        codecs=codecs,
        telephone_event=telephone_event,
        ptime=_ptime(media),
        direction=direction_with_host(session.direction_of(media), host if kind == "rtp" else ""),
        rtcp_mux=media.attribute("rtcp-mux") is not None,
        rtcp=rtcp_address(media, host),
        ice_ufrag=session.attribute_for(media, "ice-ufrag") or "",
        ice_pwd=session.attribute_for(media, "ice-pwd") or "",
        fingerprint=fingerprint_of(session, media),
        setup=(session.attribute_for(media, "setup") or "").lower(),
        candidates=tuple(attributes_of(media.attributes, "candidate")),
        mid=mid,
        is_bundled=mid is not None and any(mid in group for group in _bundles(session)),
    )


def transport_kind(session: SessionDescription, media: MediaDescription) -> Literal["rtp", "webrtc"] | None:
    """Return how a section wants its packets; None: in a way that we cannot serve."""
    protocol = media.protocol.upper()
    if protocol in _PLAIN:
        return "rtp"
    if protocol in _SECURED and fingerprint_of(session, media) and session.attribute_for(media, "ice-ufrag"):
        return "webrtc"
    return None


def fingerprint_of(session: SessionDescription, media: MediaDescription) -> str:
    """Return the SHA-256 fingerprint when there are several, else the first (RFC 8122 5)."""
    found = attributes_of(media.attributes, "fingerprint") or attributes_of(session.attributes, "fingerprint")
    strong = [value for value in found if value.lower().startswith("sha-256 ")]
    return next(iter(strong or found), "")


def _bundles(session: SessionDescription) -> list[list[str]]:
    groups = [value.split() for value in attributes_of(session.attributes, "group")]
    return [group[1:] for group in groups if group and group[0] == "BUNDLE"]


def _payload_types(media: MediaDescription) -> tuple[tuple[tuple[Codec, int], ...], int | None]:
    maps = dict(_STATIC)
    for value in attributes_of(media.attributes, "rtpmap"):
        payload_type, _, encoding = value.partition(" ")
        maps[payload_type] = encoding.strip().upper()
    codecs: list[tuple[Codec, int]] = []
    telephone_event: int | None = None
    for text in media.formats:
        if not (text.isascii() and text.isdigit()) or len(text) > 3 or int(text) > 127:
            continue
        encoding = maps.get(text, "").removesuffix("/1")
        if encoding == "PCMU/8000":
            codecs.append(("PCMU", int(text)))
        elif encoding == "PCMA/8000":
            codecs.append(("PCMA", int(text)))
        elif encoding == "TELEPHONE-EVENT/8000" and telephone_event is None:
            telephone_event = int(text)
    return tuple(codecs), telephone_event


def _ptime(media: MediaDescription) -> int:
    # Some devices write "20.0" or a list; anything odd means the default.
    text = (media.attribute("ptime") or "").partition(".")[0]
    ptime = int(text) if text.isascii() and text.isdigit() and len(text) <= 3 else 20
    return ptime if ptime in _PTIMES else 20


def direction_with_host(direction: Direction, host: str) -> Direction:
    """Treat RFC 2543's hold by address as the direction it means: that side receives nothing.

    `host` is "" for a browser, whose 0.0.0.0 only says that its candidates come later.
    """
    if not host or not is_unspecified_host(host):
        return direction
    return "sendonly" if direction in ("sendrecv", "sendonly") else "inactive"


def rtcp_address(media: MediaDescription, host: str) -> tuple[str, int] | None:
    """Return RTCP's address (RFC 3605), by default the port above; None when it shares the port."""
    if media.attribute("rtcp-mux") is not None:
        return None
    words = (media.attribute("rtcp") or "").split()
    if words and words[0].isascii() and words[0].isdigit() and len(words[0]) <= 5 and 0 < int(words[0]) < 65_536:
        return (words[3] if len(words) == 4 else host), int(words[0])
    return (host, media.port + 1) if media.port < 65_535 else None
