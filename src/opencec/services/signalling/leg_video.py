"""The video of one leg: opened at a relay beside the leg's audio, described in its SDP, changed, closed."""

from __future__ import annotations

from collections.abc import Iterable

import structlog

from opencec.ports.media import MediaRefused
from opencec.ports.relay import Relays
from opencec.services.signalling.leg_quality import add_video
from opencec.services.signalling.legs import LegRecord, LegVideoRecord
from opencec.sip.sdp_video import OUR_FORMATS, LocalVideo, VideoDescription, VideoFormat
from opencec.workers.protocol import CloseLeg, LegOpened, Quality
from opencec.workers.relay_protocol import OpenVideo, UpdateVideo

__all__ = ["LegVideo", "choose_format"]

_log = structlog.get_logger()


def choose_format(remote: VideoDescription, others: Iterable[LegRecord]) -> VideoFormat | None:
    """The format of a leg that offers video: what its peers in the call have, else what it likes best."""
    chosen = [other.video.formats[0] for other in others if other.video is not None and len(other.video.formats) == 1]
    if chosen:
        return remote.format_for(chosen[0])
    return next((found for ours in remote.formats if (found := _known(ours)) is not None), None)


def _known(offered: VideoFormat) -> VideoFormat | None:
    return offered if any(offered.can_carry(ours) for ours in OUR_FORMATS) else None


class LegVideo:
    """Video sides of legs. Without a relay (`relays` None) there are none: every call is a voice call."""

    def __init__(self, relays: Relays | None) -> None:
        self._relays = relays
        self._opened = 0

    @property
    def is_available(self) -> bool:
        """Whether there is a relay at all."""
        return self._relays is not None

    def holds(self, leg: str) -> bool:
        """Whether a connected relay has the leg's video."""
        return self._relays is not None and self._relays.holds(leg)

    async def open(self, record: LegRecord, remote: VideoDescription | None, formats: tuple[VideoFormat, ...]) -> bool:
        """Open the leg's video and keep it in the record; False: no relay takes it, the leg is one of voice.

        Args:
            remote: The peer's description, None when we make the offer.
            formats: What was chosen; several when the peer is to choose.
        """
        if self._relays is None or not formats:
            return False
        if remote is not None and remote.kind != record.kind:
            return False
        revision = record.video_revision = record.video_revision + 1
        command = OpenVideo(
            id=f"video:{record.leg}:{revision}",
            leg=record.leg,
            mix=record.contact,
            near=record.near,
            kind=record.kind,
            local_host=record.local_host,
            remote=(remote.host, remote.port) if remote else None,
            signalling_host=record.signalling_host,
            codec=formats[0].codec,
            payload_type=formats[0].payload_type,
            direction=remote.our_direction if remote else "sendrecv",
            rtcp_mux=remote is not None and remote.rtcp_mux,
            ice_ufrag=remote.ice_ufrag if remote else "",
            ice_pwd=remote.ice_pwd if remote else "",
            fingerprint=remote.fingerprint if remote else "",
            dtls_role=remote.dtls_role if remote else "passive",
            has_feedback=remote.has_feedback if remote else True,
        )
        try:
            reply = await self._relays.send(command)
        except MediaRefused as error:
            _log.warning("leg.no_video", leg=record.leg, code=error.code, detail=error.detail)
            return False
        if not isinstance(reply.result, LegOpened):
            return False
        record.video = LegVideoRecord(opened=reply.result, formats=formats, remote=remote)
        return True

    async def update(self, record: LegRecord, remote: VideoDescription) -> bool:
        """The peer's newest description; False: it has nothing in common with what the leg can show any more."""
        video = record.video
        if video is None or self._relays is None:
            return False
        found = next((found for ours in video.formats if (found := remote.format_for(ours)) is not None), None)
        if found is None or remote.kind != record.kind:
            return False
        record.video_revision += 1
        record.video = LegVideoRecord(opened=video.opened, formats=(found,), remote=remote)
        try:
            await self._relays.send(
                UpdateVideo(
                    id=f"video:{record.leg}:{record.video_revision}",
                    leg=record.leg,
                    revision=record.video_revision,
                    remote=(remote.host, remote.port),
                    signalling_host=record.signalling_host,
                    codec=found.codec,
                    payload_type=found.payload_type,
                    direction=remote.our_direction,
                    rtcp_mux=remote.rtcp_mux,
                    ice_ufrag=remote.ice_ufrag,
                    ice_pwd=remote.ice_pwd,
                    fingerprint=remote.fingerprint,
                    dtls_role=remote.dtls_role,
                    has_feedback=remote.has_feedback,
                )
            )
        except MediaRefused as error:
            _log.warning("leg.no_video", leg=record.leg, code=error.code, detail=error.detail)
            return False
        return True

    async def close(self, leg: str, record: LegRecord | None = None) -> None:
        """Close the leg's video, if it has any."""
        had_video = record is not None and record.video is not None
        if record is not None:
            record.video = None
            record.video_revision += 1
        if self._relays is None or not (had_video or self._relays.holds(leg)):
            return
        revision = record.video_revision if record is not None else 0
        try:
            reply = await self._relays.send(CloseLeg(id=f"video-close:{leg}:{revision}", leg=leg))
        except MediaRefused:
            return
        if record is not None and isinstance(reply.result, Quality):
            add_video(record, reply.result)

    def local(self, record: LegRecord) -> LocalVideo | None:
        """Our half of the leg's video, for its descriptions."""
        video = record.video
        if video is None:
            return None
        opened = video.opened
        return LocalVideo(
            host=record.local_host,
            port=opened.port,
            formats=video.formats,
            rtcp_port=opened.rtcp_port if record.kind == "rtp" else 0,
            ice_ufrag=opened.ice_ufrag,
            ice_pwd=opened.ice_pwd,
            fingerprint=opened.fingerprint,
            ssrc=opened.ssrc,
        )
