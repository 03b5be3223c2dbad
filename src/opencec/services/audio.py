"""The audio of contacts: the core's wish for each becomes one mix, background sounds and a recording at the workers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

import structlog
from msgspec import structs

from opencec.core.effects import ArrangeAudio, PauseRecording, PressDigits, Sound, StartRecording, StopRecording
from opencec.core.ids import LegId
from opencec.ports.media import Media, MediaRefused
from opencec.workers.protocol import (
    Mix,
    PauseRecord,
    Play,
    PromptSource,
    Record,
    Recover,
    SendDigits,
    Source,
    StopPlay,
    StopRecord,
    ToneSource,
)

__all__ = ["ContactAudio", "WaitingSounds"]

_log = structlog.get_logger()

_ECHO_GAIN = 1.0


class WaitingSounds(Protocol):
    """What callers hear in a queue: see `services.waiting`."""

    async def begin(self, contact: str, leg: str, *, queue: int) -> None:
        """The leg waits in this queue from now on; again for the same queue: nothing."""
        ...

    async def end(self, contact: str, leg: str) -> None:
        """The leg waits no longer."""
        ...


class ContactAudio:
    """Carries out `ArrangeAudio`, recordings and digits of one tenant. Forgets a contact when its legs are gone."""

    def __init__(
        self,
        tenant: int,
        *,
        media: Media,
        waiting: WaitingSounds,
        music: Callable[[int | None], str],
        recording_path: Callable[[str], str],
        absolute: Callable[[str], str],
    ) -> None:
        """Args:
        music: Path of the music of a queue (None: the tenant's).
        absolute: File of a path below the recordings folder, for voices.
        recording_path: Absolute path of a contact's recording, its folder made.
        """
        self._tenant = tenant
        self._media = media
        self._waiting = waiting
        self._music = music
        self._recording_path = recording_path
        self._absolute = absolute
        self._arrangements: dict[str, ArrangeAudio] = {}
        self._recordings: dict[str, StartRecording] = {}
        self._sounds: dict[str, tuple[str, str]] = {}
        """Leg -> contact that it serves, and id of the background that plays on it."""
        self._voices: dict[str, str] = {}
        """Leg -> sound file of the voice that plays on it."""
        self._claims: dict[str, tuple[int, str]] = {}
        """Leg -> newest revision that spoke of it, and that revision's contact: an agent's leg serves several."""
        self._mixed: set[str] = set()
        """Contacts whose mix a worker may know: for the others, "nobody hears anybody" needs no order."""
        self._unsure: set[str] = set()
        """Contacts of an earlier process whose newest arrangement may be carried out in part."""
        self._moves = 0

    async def arrange(self, effect: ArrangeAudio) -> None:
        """Make a contact sound as the core wants it; the highest revision wins."""
        contact = effect.contact
        known = self._arrangements.get(contact)
        if known is not None and known.revision > effect.revision:
            return
        effect = self._claim(effect)
        self._arrangements[contact] = effect
        await self._send_mix(effect, key=effect.key)
        legs = {*effect.hears, *effect.sounds, *self._sounding(contact)}
        if contact in self._unsure:
            self._unsure.discard(contact)
            for leg in legs:
                await self._make_sure(effect, leg)
        for leg in legs:
            await self._sound(contact, leg, sound=effect.sounds.get(leg), key=effect.key)

    def _claim(self, effect: ArrangeAudio) -> ArrangeAudio:
        """Without legs that serve another contact since: contacts are arranged side by side, in lanes of their own."""
        lost: set[LegId] = set()
        for leg in {*effect.hears, *effect.sounds}:
            if self._claims.get(leg, (0, ""))[0] > effect.revision:
                lost.add(leg)
            else:
                self._claims[leg] = (effect.revision, effect.contact)
        if not lost:
            return effect
        return structs.replace(
            effect,
            hears={leg: heard for leg, heard in effect.hears.items() if leg not in lost},
            sounds={leg: sound for leg, sound in effect.sounds.items() if leg not in lost},
        )

    async def _send_mix(self, effect: ArrangeAudio, *, key: str) -> None:
        gains: dict[str, dict[str, float]] = {
            listener: dict.fromkeys(map(str, speakers), 1.0) for listener, speakers in effect.hears.items() if speakers
        }
        for leg, sound in effect.sounds.items():
            if sound.kind == "echo":
                gains[leg] = {leg: _ECHO_GAIN}
        if not gains and effect.contact not in self._mixed and _has_own_legs(effect):
            return
        self._mixed.add(effect.contact)
        mix = Mix(id=f"{self._tenant}:{key}", mix=effect.contact, revision=effect.revision, gains=gains)
        await self._send(mix)

    async def _make_sure(self, effect: ArrangeAudio, leg: LegId) -> None:
        """Whatever the process before let play on a leg and is not wanted now ends; what is wanted is ordered again."""
        wanted = _play_id(leg, effect.sounds.get(leg))
        self._sounds.pop(leg, None)
        for kind in ("music", "ringback", "busy", "voice"):
            play = f"{leg}:{kind}"
            if play != wanted:
                await self._send(StopPlay(id=f"stop:{self._tenant}:{effect.key}:{play}", leg=leg, play=play))
        if not wanted.endswith("waiting"):
            await self._waiting.end(effect.contact, leg)

    def _sounding(self, contact: str) -> list[LegId]:
        return [LegId(leg) for leg, (served, _) in self._sounds.items() if served == contact]

    async def _sound(self, contact: str, leg: LegId, *, sound: Sound | None, key: str) -> None:
        playing = self._sounds.get(leg, ("", ""))[1]
        wanted = _play_id(leg, sound)
        path = sound.path if sound is not None else ""
        if playing == wanted and self._voices.get(leg, "") == path:
            return
        self._voices.pop(leg, None)
        if playing.endswith("waiting"):
            await self._waiting.end(contact, leg)
        elif playing and not wanted:
            await self._send(StopPlay(id=f"stop:{self._tenant}:{key}:{leg}", leg=leg, play=playing))
        if not wanted or sound is None:
            self._sounds.pop(leg, None)
            return
        self._sounds[leg] = (contact, wanted)
        if sound.kind == "waiting":
            await self._waiting.begin(contact, leg, queue=sound.queue or 0)
            return
        if path:
            self._voices[leg] = path
        source = self._source(sound)
        play = Play(
            id=f"play:{self._tenant}:{key}:{leg}",
            leg=leg,
            play=wanted,
            sources=(source,),
            layer="background",
            loop=True,
        )
        await self._send(play)

    def _source(self, sound: Sound) -> Source:
        if sound.kind == "voice":
            return PromptSource(path=self._absolute(sound.path))
        return PromptSource(path=self._music(sound.queue)) if sound.kind == "music" else _tone(sound)

    def adopt(
        self, arrangement: ArrangeAudio, *, recording: StartRecording | None = None, is_carried_out: bool = True
    ) -> None:
        """After a restart: this is what the workers play, mix and record already.

        Args:
            arrangement: The audio of a contact as the core wants it.
            recording: Its open recording.
            is_carried_out: False: the effect that orders it is not confirmed, so the workers may do anything between
                the arrangement before and this one.
        """
        if recording is not None:
            self._recordings[recording.contact] = recording
        self._mixed.add(arrangement.contact)
        if not is_carried_out:
            self._unsure.add(arrangement.contact)
            return
        self._arrangements[arrangement.contact] = arrangement
        for leg, sound in arrangement.sounds.items():
            if playing := _play_id(leg, sound):
                self._sounds[leg] = (arrangement.contact, playing)
                if sound.path:
                    self._voices[leg] = sound.path
        for leg in {*arrangement.hears, *arrangement.sounds}:
            self._claims[leg] = (arrangement.revision, arrangement.contact)

    async def start_recording(self, effect: StartRecording) -> None:
        """Record both sides of a contact; again with other legs when one was replaced."""
        self._recordings[effect.contact] = effect
        await self._send(
            Record(
                id=f"{self._tenant}:{effect.key}",
                recording=f"{self._tenant}:{effect.contact}",
                path=self._recording_path(effect.contact),
                left=effect.left,
                right=effect.right,
                paused=effect.is_paused,
            )
        )

    async def pause_recording(self, effect: PauseRecording) -> None:
        """The recording holds silence until the next `StartRecording` of the contact."""
        started = self._recordings.get(effect.contact)
        if started is not None:
            self._recordings[effect.contact] = structs.replace(started, is_paused=True)
        recording = f"{self._tenant}:{effect.contact}"
        await self._send(PauseRecord(id=f"{self._tenant}:{effect.key}", recording=recording))

    async def stop_recording(self, effect: StopRecording) -> None:
        """Close the contact's recording; one that its worker left behind when it died is finished by another."""
        self._recordings.pop(effect.contact, None)
        recording = f"{self._tenant}:{effect.contact}"
        try:
            await self._media.send(StopRecord(id=f"{self._tenant}:{effect.key}", recording=recording))
        except MediaRefused:
            path = self._recording_path(effect.contact)
            await self._send(Recover(id=f"recover:{self._tenant}:{effect.key}", recording=recording, path=path))

    async def press(self, effect: PressDigits) -> None:
        """Send digits to the far end of a leg."""
        await self._send(SendDigits(id=f"{self._tenant}:{effect.key}", leg=effect.leg, digits=effect.digits))

    async def rearrange(self, contact: str) -> None:
        """Legs of the contact moved to another worker: everything again; the recording goes on in the same file."""
        arrangement = self._arrangements.get(contact)
        if arrangement is not None:
            self._moves += 1
            for leg in self._sounding(contact):
                sound = self._sounds.pop(leg)[1]
                if sound.endswith("waiting"):
                    await self._waiting.end(contact, leg)
            again = structs.replace(arrangement, key=f"{arrangement.key}/move{self._moves}")
            await self.arrange(again)
        recording = self._recordings.get(contact)
        if recording is not None:
            await self.start_recording(recording)
        guests = [
            other
            for other, wish in self._arrangements.items()
            if other != contact and any(leg.startswith(f"{contact}/") for leg in wish.hears)
        ]
        for other in guests:
            await self.remix(other)

    async def remix(self, contact: str) -> None:
        """Legs that a contact hears have come to its worker: its mix again."""
        arrangement = self._arrangements.get(contact)
        if arrangement is not None:
            self._moves += 1
            await self._send_mix(arrangement, key=f"{arrangement.key}/mix{self._moves}")

    def forget(self, contact: str) -> None:
        """The contact has ended."""
        self._arrangements.pop(contact, None)
        self._mixed.discard(contact)
        self._unsure.discard(contact)
        for leg in self._sounding(contact):
            del self._sounds[leg]
            self._voices.pop(leg, None)
        for claimed in [leg for leg, (_, served) in self._claims.items() if served == contact]:
            del self._claims[claimed]

    async def _send(self, command: Mix | Play | StopPlay | Record | PauseRecord | Recover | SendDigits) -> None:
        try:
            await self._media.send(command)
        except MediaRefused as error:
            # The leg ended meanwhile, or its worker died: the events of both follow and say what is to be done.
            _log.info("audio.refused", command=type(command).__name__, code=error.code)


def _has_own_legs(effect: ArrangeAudio) -> bool:
    """No leg here has served another contact, whose mix a worker may still know."""
    return all(leg.startswith(f"{effect.contact}/") for leg in {*effect.hears, *effect.sounds})


def _play_id(leg: str, sound: Sound | None) -> str:
    if sound is None or sound.kind == "echo":
        return ""
    queue = f"{sound.queue}:" if sound.queue is not None else ""
    return f"{leg}:{queue}{sound.kind}"


def _tone(sound: Sound) -> ToneSource:
    return ToneSource(name="busy" if sound.kind == "busy" else "ringback")
