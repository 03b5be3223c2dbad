"""The media of one leg: opened at a worker, described in SDP, changed by re-INVITEs, closed."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Literal

from opencec.ports.media import Media, MediaRefused
from opencec.services.signalling.leg_video import LegVideo
from opencec.services.signalling.legs import LegRecord
from opencec.sip.sdp import SessionDescription
from opencec.sip.sdp_negotiation import AudioDescription, LocalAudio, make_answer, make_offer
from opencec.workers.protocol import CloseLeg, LegOpened, OpenLeg, Quality, UpdateLeg

__all__ = ["LegMedia"]

_DTMF_PAYLOAD = 101


class LegMedia:
    """Opens, describes, updates and closes the media of legs."""

    def __init__(self, media: Media, *, video: LegVideo, keep: Callable[[LegRecord, Quality], None]) -> None:
        """Args:
        video: The video sides of the same legs.
        keep: Given the last statistics of each leg that closes; the same ones again when it closes again.
        """
        self._media = media
        self.video = video
        self._keep = keep

    async def open(self, record: LegRecord, remote: AudioDescription | None) -> None:
        """Open the leg at a worker and keep what it opened in the record.

        Raises:
            MediaRefused: no worker takes it.
        """
        role: Literal["passive", "active"] = remote.dtls_role if remote is not None else "passive"
        command = OpenLeg(
            id=f"open:{record.leg}:{record.media_revision}",
            leg=record.leg,
            mix=record.contact,
            near=record.near,
            kind=record.kind,
            local_host=record.local_host,
            remote=_address(remote),
            signalling_host=record.signalling_host,
            codec=remote.codec if remote else "PCMU",
            payload_type=remote.payload_type if remote else 0,
            dtmf_payload_type=remote.telephone_event if remote else _DTMF_PAYLOAD,
            ptime=remote.ptime if remote else 20,
            direction=remote.our_direction if remote else "sendrecv",
            rtcp_mux=record.kind == "webrtc" or (remote is not None and remote.rtcp_mux),
            ice_ufrag=remote.ice_ufrag if remote else "",
            ice_pwd=remote.ice_pwd if remote else "",
            fingerprint=remote.fingerprint if remote else "",
            dtls_role=role,
        )
        reply = await self._media.send(command)
        if not isinstance(reply.result, LegOpened):
            raise MediaRefused("bad_request", "the worker opened nothing")
        record.opened = reply.result
        record.remote = remote

    async def update(self, record: LegRecord, remote: AudioDescription) -> None:
        """Tell the worker the peer's newest description.

        Raises:
            MediaRefused: the leg is gone.
        """
        record.media_revision += 1
        record.remote = remote
        await self._media.send(
            UpdateLeg(
                id=f"update:{record.leg}:{record.media_revision}",
                leg=record.leg,
                revision=record.media_revision,
                remote=_address(remote),
                signalling_host=record.signalling_host,
                codec=remote.codec,
                payload_type=remote.payload_type,
                dtmf_payload_type=remote.telephone_event,
                ptime=remote.ptime,
                direction=remote.our_direction,
                rtcp_mux=record.kind == "webrtc" or remote.rtcp_mux,
                ice_ufrag=remote.ice_ufrag,
                ice_pwd=remote.ice_pwd,
                fingerprint=remote.fingerprint,
                dtls_role=remote.dtls_role,
            )
        )

    async def close(self, leg: str, record: LegRecord | None = None) -> None:
        """Close the leg and its video; one that no worker has is fine. With its record its statistics are kept."""
        await self.video.close(leg, record)
        try:
            reply = await self._media.send(CloseLeg(id=f"close:{leg}", leg=leg))
        except MediaRefused:
            return
        if record is not None and isinstance(reply.result, Quality):
            self._keep(record, reply.result)

    def offer(self, record: LegRecord, previous: bytes | None = None) -> bytes:
        """Our session description as an offer."""
        return make_offer(
            _local(record),
            session_id=_session_id(record.leg),
            previous=_parsed(previous),
            audio_index=record.remote.index if record.remote else 0,
            mid=(record.remote.mid if record.remote else None) or "0",
            video=self.video.local(record),
        ).serialize()

    def answer(self, record: LegRecord, offer: SessionDescription, previous: bytes | None = None) -> bytes:
        """Our answer to an offer.

        Raises:
            SdpError: nothing in common (answer 488).
        """
        return make_answer(
            offer,
            _local(record),
            session_id=_session_id(record.leg),
            previous=_parsed(previous),
            video=self.video.local(record),
        ).serialize()


def _address(remote: AudioDescription | None) -> tuple[str, int] | None:
    return None if remote is None else (remote.host, remote.port)


def _parsed(description: bytes | None) -> SessionDescription | None:
    return SessionDescription.parse(description) if description else None


def _session_id(leg: str) -> int:
    return int.from_bytes(hashlib.sha256(leg.encode()).digest()[:6], "big")


def _local(record: LegRecord) -> LocalAudio:
    opened = record.opened
    if opened is None:
        raise MediaRefused("unknown_leg", record.leg)
    return LocalAudio(
        host=record.local_host,
        port=opened.port,
        # A dynamic payload type keeps its meaning for the whole dialog (RFC 3264 8.3.2).
        telephone_event=(record.remote.telephone_event if record.remote else None) or _DTMF_PAYLOAD,
        rtcp_port=opened.rtcp_port if record.kind == "rtp" else 0,
        ice_ufrag=opened.ice_ufrag,
        ice_pwd=opened.ice_pwd,
        fingerprint=opened.fingerprint,
        ssrc=opened.ssrc,
    )
