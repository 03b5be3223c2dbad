"""What plays to one leg: a prompt layer over a background layer, each a list of sounds, perhaps looped."""

from __future__ import annotations

from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from opencec.workers.media.g711 import Codec
from opencec.workers.media.prompts import Sound

__all__ = ["EndedPlay", "Player", "Track"]

Layer = Literal["prompt", "background"]
Reason = Literal["end", "stopped", "replaced", "barged", "closed", "error"]


class EndedPlay(NamedTuple):
    """A play that is over and how much of it was heard."""

    play: str
    reason: Reason
    played_ms: int


class Track:
    """One play: where it is in its sounds."""

    __slots__ = ("_at", "_sound", "loop", "play", "played", "sounds")

    def __init__(self, play: str, sounds: tuple[Sound, ...], *, loop: bool, start_ms: int = 0) -> None:
        self.play = play
        self.sounds = sounds
        self.loop = loop
        self.played = 0
        self._sound = 0
        self._at = 0
        self._skip(start_ms // 20)

    def _skip(self, frames: int) -> None:
        total = sum(sound.length for sound in self.sounds)
        frames = frames % total if self.loop else min(frames, total)
        while self._sound < len(self.sounds) and frames >= self.sounds[self._sound].length:
            frames -= self.sounds[self._sound].length
            self._sound += 1
        self._at = frames

    def next_frame(self, codec: Codec) -> NDArray[np.uint8] | None:
        """(160,) uint8, or None when the play is over."""
        if self._sound >= len(self.sounds):
            if not self.loop:
                return None
            self._sound = self._at = 0
        sound = self.sounds[self._sound]
        frame: NDArray[np.uint8] = sound.frames(codec)[self._at]
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
            frame = self.prompt.next_frame(codec)
            if frame is not None:
                return frame, ended
            ended.append(_ended(self.prompt, "end"))
            self.prompt = None
        if self.background is not None:
            frame = self.background.next_frame(codec)
            if frame is not None:
                return frame, ended
            ended.append(_ended(self.background, "end"))
            self.background = None
        return None, ended

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
    return EndedPlay(track.play, reason, track.played * 20)
