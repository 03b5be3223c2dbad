"""Plays of one leg: sounds, what plays them, moves about in them, and tells that they are over.

Part of the vocabulary of `workers.protocol`, which names these messages among its own.
"""

from __future__ import annotations

from typing import Literal

from opencec.workers.wire import NumberedEvent, Wire

__all__ = [
    "PausePlay",
    "Play",
    "PlayOrder",
    "PlayState",
    "Played",
    "PromptSource",
    "ResumePlay",
    "SeekPlay",
    "SilenceSource",
    "Source",
    "StopPlay",
    "ToneSource",
]


class PromptSource(Wire, frozen=True):
    """A sound file: WAV, 8 kHz, mu-law (format 7), A-law (format 6) or 16-bit PCM. Workers cache decoded files.

    Mono; a file of two channels is a recording: both are heard, mixed, and it is read piece by piece while it plays.
    """

    path: str


class ToneSource(Wire, frozen=True):
    """A call-progress tone, generated: ITU-T E.180 / Precise Tone Plan cadences."""

    name: Literal["ringback", "busy", "congestion", "beep"]


class SilenceSource(Wire, frozen=True):
    duration_ms: int


Source = PromptSource | ToneSource | SilenceSource


class Play(Wire, frozen=True):
    """Play sources one after another to one leg (not to its mix). A new play on the same `layer` replaces it.

    Answered by a `PlayState` when the sounds are read.
    """

    id: str
    leg: str
    play: str
    """Id that `Played` tells; stable over restarts: a play that runs already is not started again."""
    sources: tuple[Source, ...]
    layer: Literal["prompt", "background"] = "prompt"
    """While a prompt plays, the background (music) of the same leg is silent."""
    loop: bool = False
    start_ms: int = 0
    """Where in the sources the play begins; after their end: it is over at once."""


class StopPlay(Wire, frozen=True):
    id: str
    leg: str
    play: str


class PausePlay(Wire, frozen=True):
    """Hold a play where it is: the leg hears its mix alone, not its background. Until resumed, stopped or closed.

    Like the next two answered by a `PlayState`; `unknown_play` when it is over or never was. A play whose sounds are
    still being read takes these orders in turn, before its first frame.
    """

    id: str
    leg: str
    play: str


class ResumePlay(Wire, frozen=True):
    id: str
    leg: str
    play: str


class SeekPlay(Wire, frozen=True):
    """Go to another place in the sources of a play; before the beginning is the beginning, after the end ends it.

    A loop goes round. A paused play stays paused. A relative seek of 0 only asks where the play is.
    """

    id: str
    leg: str
    play: str
    position_ms: int
    """From the beginning, or with `relative` from where the play is now (negative: back)."""
    relative: bool = False


PlayOrder = Play | StopPlay | PausePlay | ResumePlay | SeekPlay


class PlayState(Wire, frozen=True):
    """Where a play is in its sources."""

    play: str
    position_ms: int = 0
    duration_ms: int = 0
    """Of all sources together (one round of a loop)."""
    paused: bool = False


class Played(NumberedEvent, frozen=True):
    leg: str
    play: str
    reason: Literal["end", "stopped", "replaced", "barged", "closed", "error"]
    played_ms: int
    """How much was heard: pauses do not count, what was heard twice counts twice."""
    position_ms: int = 0
    """Where in the sources it ended: what `Play.start_ms` would continue."""
    duration_ms: int = 0
    """Of all sources together."""
