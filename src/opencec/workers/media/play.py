"""What plays to one leg: a prompt layer over a background layer, each a list of sounds, perhaps looped."""

from __future__ import annotations

from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from opencec.workers.media.g711 import Codec
from opencec.workers.media.sound import Sound

__all__ = ["EndedPlay", "Player", "Track"]

FRAME_MS = 20

Layer = Literal["prompt", "background"]
Reason = Literal["end", "stopped", "replaced", "barged", "closed", "error"]


class EndedPlay(NamedTuple):
    """A play that is over: how much of it was heard, where in its sounds it ended, and their length."""

    play: str
    reason: Reason
    played_ms: int
    position_ms: int = 0
    duration_ms: int = 0


class Track:
    """One play: where it is in its sounds."""

    __slots__ = ("_at", "_sound", "is_paused", "loop", "play", "played", "sounds")

    def __init__(self, play: str, sounds: tuple[Sound, ...], *, loop: bool, start_ms: int = 0) -> None:
        self.play = play
        self.sounds = sounds
        self.loop = loop
        self.is_paused = False
        self.played = 0
        self._sound = 0
        self._at = 0
        self._go_to(start_ms // FRAME_MS)

    @property
    def duration_ms(self) -> int:
        """Length of all sounds together."""
        return sum(sound.length for sound in self.sounds) * FRAME_MS

    @property
    def position_ms(self) -> int:
        """Where the next frame is."""
        return (sum(sound.length for sound in self.sounds[: self._sound]) + self._at) * FRAME_MS

    @property
    def is_over(self) -> bool:
        """The last frame has been played."""
        return self._sound >= len(self.sounds) and not self.loop

    def seek(self, position_ms: int, *, relative: bool) -> None:
        """Go to a place in the sounds, counted from the beginning or from here."""
        self._go_to((position_ms + (self.position_ms if relative else 0)) // FRAME_MS)

    def _go_to(self, frames: int) -> None:
        total = sum(sound.length for sound in self.sounds)
        frames = frames % total if self.loop else max(0, min(frames, total))
        self._sound = 0
        while self._sound < len(self.sounds) and frames >= self.sounds[self._sound].length:
            frames -= self.sounds[self._sound].length
            self._sound += 1
        self._at = frames
        if self._sound < len(self.sounds):
            self.sounds[self._sound].prepare(self._at)

    def next_frame(self, codec: Codec) -> NDArray[np.uint8] | None:
        """(160,) uint8; None while it is paused, its sound is not read yet, or it is over."""
        if self.is_paused or self.is_over:
            return None
        if self._sound >= len(self.sounds):
            self._sound = self._at = 0
        sound = self.sounds[self._sound]
        frame = sound.frame(self._at, codec)
        if frame is None:
            return None
        self._at += 1
        if self._at >= sound.length:
            self._sound += 1
            self._at = 0
        self.played += 1
        return frame


class Player:
    """Both layers of one leg. While a prompt plays the background stands still and silent."""

    __slots__ = ("_tones", "background", "prompt")

    def __init__(self) -> None:
        self._tones: list[Track] = []
        self.prompt: Track | None = None
        self.background: Track | None = None

    @property
    def is_active(self) -> bool:
        """Something plays."""
        return self.prompt is not None or self.background is not None or bool(self._tones)

    @property
    def paused_plays(self) -> tuple[str, ...]:
        """Ids of the plays that are paused."""
        return tuple(play for play in self.plays if (track := self.find(play)) is not None and track.is_paused)

    @property
    def plays(self) -> tuple[str, ...]:
        """Ids of what plays."""
        return tuple(track.play for track in (self.prompt, self.background) if track is not None)

    def start(self, track: Track, layer: Layer) -> EndedPlay | None:
        """Begin a play; the one that it replaces. A play that runs already goes on as it is."""
        if track.play in self.plays:
            return None
        if layer == "prompt":
            old, self.prompt = self.prompt, track
        else:
            old, self.background = self.background, track
        return _ended(old, "replaced") if old is not None else None

    def dial(self, sounds: tuple[Sound, ...]) -> None:
        """Send in-band tones before everything else, after those that wait already; they are no play."""
        self._tones.append(Track("", sounds, loop=False))

    def next_frame(self, codec: Codec) -> tuple[NDArray[np.uint8] | None, list[EndedPlay]]:
        """The frame of this tick (None: nothing) and the plays that ended before it."""
        ended: list[EndedPlay] = []
        while self._tones:
            frame = self._tones[0].next_frame(codec)
            if frame is not None:
                return frame, ended
            self._tones.pop(0)
        if self.prompt is not None:
            if not self.prompt.is_over:
                return self.prompt.next_frame(codec), ended
            ended.append(_ended(self.prompt, "end"))
            self.prompt = None
        if self.background is not None:
            if not self.background.is_over:
                return self.background.next_frame(codec), ended
            ended.append(_ended(self.background, "end"))
            self.background = None
        return None, ended

    def find(self, play: str) -> Track | None:
        """A play that runs or is paused."""
        return next(
            (track for track in (self.prompt, self.background) if track is not None and track.play == play), None
        )

    def stop(self, play: str, reason: Reason) -> EndedPlay | None:
        """End one play; None when it is not playing."""
        if self.prompt is not None and self.prompt.play == play:
            ended, self.prompt = _ended(self.prompt, reason), None
        elif self.background is not None and self.background.play == play:
            ended, self.background = _ended(self.background, reason), None
        else:
            return None
        return ended

    def stop_all(self, reason: Reason) -> list[EndedPlay]:
        """End everything."""
        return [ended for play in self.plays if (ended := self.stop(play, reason)) is not None]


def _ended(track: Track, reason: Reason) -> EndedPlay:
    return EndedPlay(track.play, reason, track.played * FRAME_MS, track.position_ms, track.duration_ms)
