"""The pictures of contacts: the core's wish for each becomes forwarding and a recording at the relays."""

from __future__ import annotations

from collections.abc import Callable

import structlog
from msgspec import structs

from opencec.core.effects import ArrangeAudio, PauseRecording, StartRecording, StopRecording
from opencec.core.ids import LegId
from opencec.ports.media import MediaRefused
from opencec.ports.relay import Relays
from opencec.workers.protocol import StopRecord
from opencec.workers.relay_protocol import Forward, RecordVideo

__all__ = ["ContactVideo"]

_log = structlog.get_logger()


class ContactVideo:
    """Carries out what `ArrangeAudio` says of pictures, and recordings of them, for one tenant."""

    def __init__(self, tenant: int, *, relays: Relays | None, recording_path: Callable[[str], str]) -> None:
        """Args:
        relays: None: there are no pictures.
        recording_path: Absolute path of a contact's video as received, its folder made.
        """
        self._tenant = tenant
        self._relays = relays
        self._recording_path = recording_path
        self._arrangements: dict[str, ArrangeAudio] = {}
        """Of contacts that show or have shown pictures."""
        self._viewers: dict[LegId, str] = {}
        """Legs that see or saw somebody, and in which contact they did last."""
        self._recordings: dict[str, StartRecording] = {}
        self._moves = 0

    async def arrange(self, effect: ArrangeAudio) -> None:
        """Show what the core wants seen; the highest revision wins."""
        known = self._arrangements.get(effect.contact)
        if known is not None and known.revision > effect.revision:
            return
        if known is None and not effect.sees and not any(leg in self._viewers for leg in _legs(effect)):
            return
        self._keep(effect)
        await self._forward(effect, key=effect.key)

    def _keep(self, effect: ArrangeAudio) -> None:
        self._arrangements[effect.contact] = effect
        self._viewers.update(dict.fromkeys(effect.sees, effect.contact))

    async def _forward(self, effect: ArrangeAudio, *, key: str) -> None:
        sees = {str(viewer): str(source) for viewer, source in effect.sees.items()}
        command = Forward(
            id=f"see:{self._tenant}:{key}",
            mix=effect.contact,
            revision=effect.revision,
            sees=sees,
            legs=_legs(effect),
        )
        await self._send(command)

    def adopt(self, arrangement: ArrangeAudio, *, recording: StartRecording | None, has_video: bool) -> None:
        """After a restart: this is what the relays show and record already; what is owed comes again by itself."""
        if has_video:
            self._keep(arrangement)
            if recording is not None:
                self._recordings[recording.contact] = recording

    async def start_recording(self, effect: StartRecording) -> None:
        """Record the pictures of both sides, of a contact that has any; again with other legs when one was replaced."""
        relays = self._relays
        if relays is None or not (relays.holds(effect.left) or relays.holds(effect.right)):
            return
        self._recordings[effect.contact] = effect
        await self._send(
            RecordVideo(
                id=f"film:{self._tenant}:{effect.key}",
                recording=f"{self._tenant}:{effect.contact}",
                path=self._recording_path(effect.contact),
                left="" if effect.is_paused else effect.left,
                right="" if effect.is_paused else effect.right,
            )
        )

    async def pause_recording(self, effect: PauseRecording) -> None:
        """Pictures are no more recorded than sound is until the next `StartRecording` of the contact."""
        started = self._recordings.get(effect.contact)
        if started is not None:
            await self.start_recording(structs.replace(started, key=effect.key, is_paused=True))

    async def stop_recording(self, effect: StopRecording) -> None:
        """Close the recording of pictures, if there is one."""
        if self._recordings.pop(effect.contact, None) is not None:
            recording = f"{self._tenant}:{effect.contact}"
            await self._send(StopRecord(id=f"film:{self._tenant}:{effect.key}", recording=recording))

    async def rearrange(self, contact: str) -> None:
        """Legs of the contact moved to another relay: everything again."""
        self._moves += 1
        arrangement = self._arrangements.get(contact)
        if arrangement is not None:
            await self._forward(arrangement, key=f"{arrangement.key}/move{self._moves}")
        recording = self._recordings.get(contact)
        if recording is not None:
            await self.start_recording(recording)

    def forget(self, contact: str) -> None:
        """The contact has ended."""
        if self._arrangements.pop(contact, None) is not None:
            self._viewers = {leg: one for leg, one in self._viewers.items() if one != contact}

    async def _send(self, command: Forward | RecordVideo | StopRecord) -> None:
        if self._relays is None:
            return
        try:
            await self._relays.send(command)
        except MediaRefused as error:
            # No leg of the contact has pictures (yet), or the relay died: its legs' events say what is to be done.
            _log.info("video.refused", command=type(command).__name__, code=error.code)


def _legs(effect: ArrangeAudio) -> tuple[LegId, ...]:
    """Whom the contact has: all that hear, are heard, or are seen."""
    heard = (leg for legs in effect.hears.values() for leg in legs)
    return tuple(dict.fromkeys((*effect.hears, *heard, *effect.sounds, *effect.sees, *effect.sees.values())))
