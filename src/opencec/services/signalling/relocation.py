"""Legs whose media worker died: opened at another worker and renegotiated, so that the call goes on."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import structlog

from opencec.core.commands import LegEnded
from opencec.core.ids import LegId
from opencec.ports.media import MediaRefused
from opencec.services.signalling.context import SignallingContext
from opencec.services.signalling.leg_media import LegMedia
from opencec.services.signalling.legs import LegRecord

__all__ = ["Relocation"]

_log = structlog.get_logger()


class Relocation:
    """Moves one leg at a time, in the lane of its contact."""

    def __init__(
        self, context: SignallingContext, *, media: LegMedia, rearrange: Callable[[str], Awaitable[None]]
    ) -> None:
        self._context = context
        self._media = media
        self._rearrange = rearrange

    async def move(self, record: LegRecord) -> None:
        """Give the leg new media by re-INVITE; a leg without an established dialog ends, with cause `lost`."""
        context = self._context
        if record.is_over or context.leg(record.leg) is not record or context.media.holds(record.leg):
            return
        dialog = context.user_agent.snapshot(record.leg)
        if dialog is None or dialog.phase != "confirmed":
            await self._give_up(record)
            return
        record.media_revision += 1
        try:
            # Plain RTP goes on to the same address at once; a browser needs its answer first (new ICE and DTLS).
            await self._media.open(record, record.remote if record.kind == "rtp" else None)
        except MediaRefused as error:
            _log.warning("leg.not_moved", leg=record.leg, code=error.code)
            await self._give_up(record)
            return
        _log.info("leg.moved", leg=record.leg)
        context.save(record)
        context.user_agent.reinvite(record.leg, self._media.offer(record, dialog.local_sdp), now=context.now())
        context.flush()
        await self._rearrange(record.contact)

    async def _give_up(self, record: LegRecord) -> None:
        context = self._context
        context.tell(record.leg, LegEnded(leg=LegId(record.leg), cause="lost"))
        record.is_over = True
        context.save(record)
        context.user_agent.bye(record.leg, now=context.now())
        context.flush()
