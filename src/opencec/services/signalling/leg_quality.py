"""A worker's last statistics of a leg, as the records keep them."""

from __future__ import annotations

from opencec.ports.records import LegQuality
from opencec.services.signalling.legs import LegRecord
from opencec.workers.protocol import Quality

__all__ = ["add_video", "quality_row"]


def add_video(record: LegRecord, quality: Quality) -> None:
    """A leg's pictures are over for now: keep their statistics beside those of earlier times in the same call."""
    if not quality.packets_received:
        return
    before = record.video_quality or Quality(leg=record.leg)
    record.video_quality = Quality(
        leg=record.leg,
        packets_received=before.packets_received + quality.packets_received,
        packets_lost=before.packets_lost + quality.packets_lost,
        jitter_ms=max(before.jitter_ms, quality.jitter_ms),
        pictures_received=before.pictures_received + quality.pictures_received,
        key_pictures_received=before.key_pictures_received + quality.key_pictures_received,
        octets_received=before.octets_received + quality.octets_received,
        lasted_ms=before.lasted_ms + quality.lasted_ms,
    )


def quality_row(record: LegRecord, quality: Quality) -> LegQuality | None:
    """The row of a leg; None for one that never carried anything."""
    video = record.video_quality or Quality(leg=record.leg)
    if not (quality.packets_received or quality.packets_sent or video.packets_received):
        return None
    return LegQuality(
        leg=record.leg,
        callid=record.contact,
        vdn=record.tenant,
        role=record.role,
        packets=quality.packets_received,
        lost=quality.packets_lost,
        jitter_ms=quality.jitter_ms,
        mos=quality.mos,
        video_packets=video.packets_received,
        video_lost=video.packets_lost,
        video_jitter_ms=video.jitter_ms,
        video_frames=video.pictures_received,
        video_key_frames=video.key_pictures_received,
        video_kbps=round(video.octets_received * 8 / video.lasted_ms, 1) if video.lasted_ms else 0.0,
    )
