"""SRTP of one leg in both directions."""

from __future__ import annotations

from pylibsrtp import Error, Policy, Session

from opencec.workers.media.webrtc.dtls import SrtpKeys

__all__ = ["SrtpPair"]

_PROFILES = {
    b"SRTP_AEAD_AES_128_GCM": Policy.SRTP_PROFILE_AEAD_AES_128_GCM,
    b"SRTP_AES128_CM_SHA1_80": Policy.SRTP_PROFILE_AES128_CM_SHA1_80,
}


class SrtpPair:
    """Protects what we send, checks and opens what comes; replays and forgeries give None (RFC 3711 3.3)."""

    def __init__(self, keys: SrtpKeys) -> None:
        profile = _PROFILES[keys.profile]
        self._ours = Session(Policy(key=keys.ours, ssrc_type=Policy.SSRC_ANY_OUTBOUND, srtp_profile=profile))
        self._theirs = Session(Policy(key=keys.theirs, ssrc_type=Policy.SSRC_ANY_INBOUND, srtp_profile=profile))

    def protect_rtp(self, packet: bytes | memoryview) -> bytes:
        """SRTP of one RTP packet."""
        return bytes(self._ours.protect(bytes(packet)))

    def unprotect_rtp(self, packet: bytes | memoryview) -> bytes | None:
        """The RTP packet, or None."""
        try:
            return bytes(self._theirs.unprotect(bytes(packet)))
        except (Error, TypeError):
            return None

    def protect_rtcp(self, packet: bytes) -> bytes:
        """SRTCP of one compound packet."""
        return bytes(self._ours.protect_rtcp(packet))

    def unprotect_rtcp(self, packet: bytes | memoryview) -> bytes | None:
        """The compound RTCP packet, or None."""
        try:
            return bytes(self._theirs.unprotect_rtcp(bytes(packet)))
        except (Error, TypeError):
            return None
