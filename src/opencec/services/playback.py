"""Recordings played to the phones of agents: the core's orders for the media workers, and what the workers say."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import partial
from typing import Literal

import structlog

from opencec.core.commands import Command as CoreCommand
from opencec.core.commands import PlaybackOver
from opencec.core.contact import Contact
from opencec.core.effects import ControlPlayback, StartPlayback
from opencec.core.ids import ContactId, LegId
from opencec.core.tenant import TenantCore
from opencec.ports.media import Media, MediaRefused
from opencec.services.lanes import Lanes
from opencec.workers.protocol import (
    Command,
    Event,
    Hello,
    PausePlay,
    Play,
    Played,
    PromptSource,
    ResumePlay,
    SeekPlay,
    StopPlay,
)

__all__ = ["Playbacks"]

_log = structlog.get_logger()

_MARKS = (":recording", ":voice")
"""In every id that the core gives a playback, and in no other play's: of an agent's phone, of a conference."""
_REASONS: dict[str, Literal["end", "stopped", "failed", "closed"]] = {
    "end": "end",
    "stopped": "stopped",
    "closed": "closed",
    "error": "failed",
}


class Playbacks:
    """Playbacks of one tenant. The core holds their state; after a restart there is nothing to take over."""

    def __init__(
        self,
        core: TenantCore,
        *,
        media: Media,
        lanes: Lanes,
        absolute: Callable[[str], str],
        report: Callable[[CoreCommand], Awaitable[None]],
    ) -> None:
        """Args:
        core: Of the tenant, to be read.
        media: The workers.
        lanes: What concerns a contact happens in its lane.
        absolute: File of a path below the recordings folder.
        report: Tells the core a fact.
        """
        self._core = core
        self._media = media
        self._lanes = lanes
        self._absolute = absolute
        self._report = report

    async def carry_out(self, effect: StartPlayback | ControlPlayback) -> None:
        """Begin a playback, or do something with one."""
        if isinstance(effect, StartPlayback):
            await self._start(effect)
        else:
            await self._control(effect)

    async def _start(self, effect: StartPlayback) -> None:
        """Begin a playback; one that cannot begin is over."""
        source = PromptSource(path=self._absolute(effect.path))
        command = Play(
            id=f"play:{effect.key}",
            leg=effect.leg,
            play=effect.play,
            sources=(source,) * effect.times,
            start_ms=effect.start_ms,
        )
        try:
            await self._media.send(command)
        except MediaRefused as error:
            # A worker that found the file bad has said so by an event, too; the second word is not heard.
            _log.info("playback.refused", code=error.code, contact=effect.contact)
            await self._report(PlaybackOver(contact=effect.contact, play=effect.play, reason="failed"))

    async def _control(self, effect: ControlPlayback) -> None:
        """Pause, go on, move or stop."""
        try:
            await self._media.send(_order(effect))
        except MediaRefused as error:
            # It has ended or its leg has: the events of both follow.
            _log.info("playback.order_refused", action=effect.action, code=error.code, contact=effect.contact)

    # --- the workers' listener --------------------------------------------------------------------------------------

    def on_media_event(self, event: Event) -> Awaitable[object] | None:
        """The end of a playback."""
        if not isinstance(event, Played) or not any(mark in event.play for mark in _MARKS):
            return None
        contact = self._core.contact(ContactId(event.play.partition(":")[0]))
        if contact is None or event.play not in {play for play, _ in _plays(contact)}:
            return None
        reason = _REASONS.get(event.reason, "stopped")
        return self._report(PlaybackOver(contact=contact.id, play=event.play, reason=reason))

    def on_worker(self, hello: Hello) -> None:
        """Nothing to take over: the core knows what plays."""

    def on_lost(self, legs: frozenset[str]) -> None:
        """A worker died: its legs move, their playbacks do not."""
        for contact in list(self._core.live_contacts()):
            for play, leg in _plays(contact):
                if leg in legs:
                    over = PlaybackOver(contact=contact.id, play=play, reason="failed")
                    self._lanes.submit(contact.id, partial(self._report, over))


def _plays(contact: Contact) -> list[tuple[str, LegId]]:
    """What plays to the legs of a contact: play and leg."""
    playback, conference = contact.playback, contact.conference
    found = [(playback.play, playback.leg)] if playback is not None and playback.is_begun else []
    if conference is not None:
        found += [(f"{voice.play}:{leg}", leg) for voice in conference.voices for leg in voice.legs]
    return found


def _order(effect: ControlPlayback) -> Command:
    command_id = f"playback:{effect.key}"
    if effect.action == "pause":
        return PausePlay(id=command_id, leg=effect.leg, play=effect.play)
    if effect.action == "resume":
        return ResumePlay(id=command_id, leg=effect.leg, play=effect.play)
    if effect.action == "stop":
        return StopPlay(id=command_id, leg=effect.leg, play=effect.play)
    is_relative = effect.to_ms is None
    position = effect.by_ms if effect.to_ms is None else effect.to_ms
    return SeekPlay(id=command_id, leg=effect.leg, play=effect.play, position_ms=position, relative=is_relative)
