"""A worker's last statistics of a leg, as the records keep them."""

from __future__ import annotations

from opencec.ports.records import LegQuality
from opencec.services.signalling.legs import LegRecord
from opencec.workers.protocol import Quality

__all__ = ["quality_row"]


def quality_row(record: LegRecord, quality: Quality) -> LegQuality | None:
    """The row of a leg; None for one that never carried audio."""
    if not quality.packets_received and not quality.packets_sent:
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
    )
