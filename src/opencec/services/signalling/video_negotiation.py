"""Video within calls: which legs get it, what their answers and re-INVITEs say of it, and what the core is told."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable

import structlog

from opencec.core.agent import VIDEO_TYPES
from opencec.core.commands import LegVideo as LegVideoTold
from opencec.core.contact import Contact, ContactState
from opencec.core.effects import SetVideo
from opencec.core.ids import ContactId, LegId
from opencec.services.signalling.context import SignallingContext
from opencec.services.signalling.leg_media import LegMedia
from opencec.services.signalling.leg_video import choose_format
from opencec.services.signalling.legs import LegRecord
from opencec.sip.sdp import SessionDescription
from opencec.sip.sdp_video import OUR_FORMATS, VideoDescription, VideoFormat, describe_video

__all__ = ["VideoNegotiation"]

_log = structlog.get_logger()

_TRIES, _PAUSE_S = 30, 0.1
"""A relay that died alone is back within a second or two; then the call goes on as one of voice."""


class VideoNegotiation:
    """Runs in the lanes of contacts."""

    def __init__(self, context: SignallingContext, *, media: LegMedia) -> None:
        self._context = context
        self._media = media
        self._video = media.video

    # --- calls that come in -----------------------------------------------------------------------------------------

    def is_offered(self, record: LegRecord) -> bool:
        """Whether an INVITE offers video that we can take."""
        if not self._video.is_available or not record.offer:
            return False
        remote = describe_video(SessionDescription.parse(record.offer))
        return remote is not None and remote.kind == record.kind and choose_format(remote, ()) is not None

    async def arrived(self, record: LegRecord) -> None:
        """A call was taken in: it gets its video if the core wants that, which knows what its access code is for."""
        if not self._is_shown(record) or record.video is not None:
            return
        if await self._take(record, SessionDescription.parse(record.offer)):
            self._context.save(record)
        else:
            await self._tell(record)

    def _is_shown(self, record: LegRecord) -> bool:
        """What the core believes."""
        contact = self._contact(record)
        leg = contact.legs.get(LegId(record.leg)) if contact is not None else None
        return leg is not None and leg.has_video

    async def _take(self, record: LegRecord, offer: SessionDescription) -> bool:
        """Open the video that a peer offers; False: none, or nothing in common with the other parties."""
        remote = describe_video(offer)
        found = choose_format(remote, self._others(record)) if remote is not None else None
        return found is not None and await self._video.open(record, remote, (found,))

    # --- calls that we make -----------------------------------------------------------------------------------------

    async def offer(self, record: LegRecord) -> None:
        """Open video for a leg that we invite, in what the other parties chose."""
        chosen = [
            other.video.formats[0]
            for other in self._others(record)
            if other.video is not None and len(other.video.formats) == 1
        ]
        formats = tuple(one for one in OUR_FORMATS if one.can_carry(chosen[0])) if chosen else OUR_FORMATS
        if chosen and chosen[0].parameters:
            formats = (chosen[0],)  # the same profile, to the letter
        await self._video.open(record, None, formats)

    async def take_answer(self, record: LegRecord, answer: SessionDescription) -> bool:
        """What the peer's answer says of the video that we offered; True: the record has changed."""
        if record.video is None:
            return False
        remote = describe_video(answer)
        if remote is not None and remote == record.video.remote:
            return False
        if remote is None or not await self._video.update(record, remote):
            await self._video.close(record.leg, record)
        return True

    async def answered(self, record: LegRecord) -> None:
        """A leg that we invited was answered: tell the core what it carries."""
        if record.video is not None:
            await self._tell(record)

    # --- changes ----------------------------------------------------------------------------------------------------

    async def take_offer(self, record: LegRecord, offer: SessionDescription) -> bool:
        """A peer's re-INVITE: video comes, changes or goes. True: the core is to be told once it is answered."""
        remote = describe_video(offer)
        had_video = record.video is not None
        if remote is None:
            if had_video:
                await self._video.close(record.leg, record)
            return had_video
        if not had_video:
            return self._may_show(record) and await self._take(record, offer)
        if remote != record.video.remote and not await self._video.update(record, remote):  # type: ignore[union-attr]
            await self._video.close(record.leg, record)
            return True
        return False

    async def set(self, effect: SetVideo) -> None:
        """The core wants video in a leg, or none: by re-INVITE, told when that is answered."""
        context = self._context
        record = context.leg(effect.leg)
        dialog = context.user_agent.snapshot(effect.leg)
        if record is None or record.is_over or record.over is not None or dialog is None:
            return
        if (record.video is not None) == effect.is_on:
            await self._tell(record)
            return
        if effect.is_on:
            await self.offer(record)
            if record.video is None:
                await self._tell(record, is_refused=True)
                return
        else:
            await self._video.close(record.leg, record)
        context.save(record)
        context.user_agent.reinvite(record.leg, self._media.offer(record, dialog.local_sdp), now=context.now())
        context.flush()
        if not effect.is_on:
            await self._tell(record)

    async def changed(self, record: LegRecord, *, had_video: bool) -> None:
        """An answer to our re-INVITE was taken in: tell the core what has come of it."""
        if record.video is not None or had_video:
            await self._tell(record, is_refused=had_video and record.video is None)

    async def refused(self, record: LegRecord) -> None:
        """Our re-INVITE failed: video that was only offered is closed, the session is as it was before."""
        if record.video is not None and record.video.remote is None:
            await self._video.close(record.leg, record)
            self._context.save(record)
            await self._tell(record, is_refused=True)

    # --- relays that died -------------------------------------------------------------------------------------------

    async def drop(self, leg: str) -> None:
        """A relay gave the leg's pictures up: the peer is told by re-INVITE, the core at once."""
        context = self._context
        record, dialog = context.leg(leg), context.user_agent.snapshot(leg)
        if record is None or record.video is None or record.is_over or record.over is not None:
            return
        await self._video.close(leg, record)
        context.save(record)
        if dialog is not None and dialog.phase == "confirmed":
            context.user_agent.reinvite(leg, self._media.offer(record, dialog.local_sdp), now=context.now())
            context.flush()
        await self._tell(record)

    async def close_unknown(self, leg: str) -> None:
        """Pictures that a relay still holds for a leg that has none any more."""
        record = self._context.leg(leg)
        if record is None or record.video is None:
            await self._video.close(leg)

    async def settle(self, leg: str, *, rearrange: Callable[[str], Awaitable[None]]) -> None:
        """After a restart: the core may not know what the leg carries, its relay may have died meanwhile."""
        record = self._context.leg(leg)
        if record is None or (record.video is None and not self._is_shown(record)):
            return
        if record.video is None or self._video.holds(leg):
            await self._tell(record)
        else:
            await self.move(record.contact, rearrange=rearrange)

    async def move(self, contact: str, *, rearrange: Callable[[str], Awaitable[None]]) -> None:
        """Legs whose relay died: opened at another one and offered again, or voice calls from now on."""
        context = self._context
        for record in self._legs(contact):
            dialog = context.user_agent.snapshot(record.leg)
            if record.video is None or record.is_over or record.over is not None or self._video.holds(record.leg):
                continue
            remote, formats = record.video.remote, record.video.formats
            record.video = None
            is_plain = record.kind == "rtp"
            is_open = dialog is not None and dialog.phase == "confirmed"
            if is_open:
                await self._reopen(record, remote if is_plain else None, formats)
            _log.info("leg.video_moved" if record.video is not None else "leg.video_lost", leg=record.leg)
            context.save(record)
            if dialog is not None and is_open:
                context.user_agent.reinvite(record.leg, self._media.offer(record, dialog.local_sdp), now=context.now())
                context.flush()
            if record.video is None:
                await self._tell(record)
        await rearrange(contact)

    async def _reopen(
        self, record: LegRecord, remote: VideoDescription | None, formats: tuple[VideoFormat, ...]
    ) -> None:
        """At any relay; when there is none at the moment, at the first that comes back in time."""
        for _ in range(_TRIES):
            if await self._video.open(record, remote, formats) or record.is_over or record.over is not None:
                return
            await asyncio.sleep(_PAUSE_S)

    # --- both -------------------------------------------------------------------------------------------------------

    async def _tell(self, record: LegRecord, *, is_refused: bool = False) -> None:
        told = LegVideoTold(leg=LegId(record.leg), has_video=record.video is not None, is_refused=is_refused)
        await self._context.report(record.leg, told)

    async def tell(self, record: LegRecord) -> None:
        """Tell the core what a leg carries."""
        await self._tell(record)

    def _contact(self, record: LegRecord) -> Contact | None:
        line = self._context.lines.get(record.tenant)
        return line.runtime.core.contact(ContactId(record.contact)) if line is not None else None

    def _may_show(self, record: LegRecord) -> bool:
        """A peer may bring video into a call in which it talks to somebody whose kind of agent has it."""
        contact, line = self._contact(record), self._context.lines.get(record.tenant)
        if contact is None or line is None or contact.state is not ContactState.TALKING:
            return False
        agents = [line.runtime.core.agent(agent) for agent in contact.agents]
        return bool(agents) and all(agent is not None and agent.agent_type in VIDEO_TYPES for agent in agents)

    def _legs(self, contact: str) -> list[LegRecord]:
        lines = self._context.lines.values()
        return [record for line in lines for record in line.facts.legs.values() if record.contact == contact]

    def _others(self, record: LegRecord) -> Iterable[LegRecord]:
        return [other for other in self._legs(record.contact) if other.leg != record.leg and not other.is_over]
