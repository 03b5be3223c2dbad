"""Legs whose media worker died: opened at another worker and renegotiated, so that the call goes on."""

from __future__ import annotations

import asyncio
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

_TRIES, _PAUSE_S = 40, 0.1
"""A worker that died alone is back within a second or two; then its legs end, with cause `media_lost`."""


class Relocation:
    """Moves the legs of one contact at a time, in its lane."""

    def __init__(
        self,
        context: SignallingContext,
        *,
        media: LegMedia,
        rearrange: Callable[[str], Awaitable[None]],
        end_dialog: Callable[[LegRecord], None],
    ) -> None:
        """Args:
        rearrange: Makes mix, sounds and recording of a contact anew.
        end_dialog: Refuses, cancels or hangs up.
        """
        self._context = context
        self._media = media
        self._rearrange = rearrange
        self._end_dialog = end_dialog

    async def move(self, contact: str) -> None:
        """Give every leg of the contact that has lost its worker new media, then the contact its audio."""
        context = self._context
        lost = [
            record
            for line in context.lines.values()
            for record in list(line.facts.legs.values())
            if record.contact == contact and _needs_media(record) and not context.media.holds(record.leg)
        ]
        moved = [record.leg for record in lost if await self._move(record)]
        served = {_contact_served(context, leg) or contact for leg in moved}
        for one in sorted(served):
            await self._rearrange(one)

    async def _move(self, record: LegRecord) -> bool:
        """By re-INVITE; a leg without an established dialog ends."""
        context = self._context
        dialog = context.user_agent.snapshot(record.leg)
        if dialog is None or dialog.phase != "confirmed":
            await self._give_up(record)
            return False
        record.media_revision += 1
        try:
            await self._open(record)
        except MediaRefused as error:
            _log.warning("leg.not_moved", leg=record.leg, code=error.code)
            await self._give_up(record)
            return False
        if not _needs_media(record):  # it ended meanwhile
            await self._media.close(record.leg)
            return False
        _log.info("leg.moved", leg=record.leg)
        context.save(record)
        context.user_agent.reinvite(record.leg, self._media.offer(record, dialog.local_sdp), now=context.now())
        context.flush()
        return True

    async def _open(self, record: LegRecord) -> None:
        """At any worker; when there is none at the moment, at the first that comes back.

        Raises:
            MediaRefused: none took it in time.
        """
        for _ in range(_TRIES):
            try:
                # Plain RTP goes on to the same address at once; a browser needs its answer first (new ICE and DTLS).
                await self._media.open(record, record.remote if record.kind == "rtp" else None)
            except MediaRefused as error:
                if error.code not in ("no_worker", "worker_lost"):
                    raise
                if not _needs_media(record):
                    raise
                await asyncio.sleep(_PAUSE_S)
            else:
                return
        raise MediaRefused("no_worker", "no media worker came back in time")

    async def _give_up(self, record: LegRecord) -> None:
        context = self._context
        record.is_over = True
        context.save(record)
        await context.report(record.leg, LegEnded(leg=LegId(record.leg), cause="media_lost"))
        self._end_dialog(record)


def _contact_served(context: SignallingContext, leg: str) -> str | None:
    """The contact that a leg serves now: an agent's phone serves several."""
    line = context.line_of(leg)
    contact = line.runtime.core.contact_of(LegId(leg)) if line is not None else None
    return str(contact.id) if contact is not None else None


def _needs_media(record: LegRecord) -> bool:
    return record.opened is not None and not record.is_over and record.over is None
