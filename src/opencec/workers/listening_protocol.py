"""Listening to what a leg says: voice activity, who answered a call, and the samples themselves for other programs.

Part of the vocabulary of `workers.protocol`, which names these messages among its own.
"""

from __future__ import annotations

from typing import Literal

from opencec.workers.wire import NumberedEvent, Wire

__all__ = [
    "AnswerClass",
    "Answered",
    "Detect",
    "ListeningCommand",
    "StopDetect",
    "StopTap",
    "Tap",
    "TapClosed",
    "Voice",
]

Answered = Literal["voice", "machine", "fax", "silence", "unsure", "beep"]


class Detect(Wire, frozen=True):
    """Listen to one leg and tell what it is. A repeated `detect` that runs is not started again; others go on beside.

    With `voice` every beginning and end of speech is a `Voice`. With `answer` the call is held to have been answered
    now: one `AnswerClass` says by whom (rules and figures in `workers/media/answering.py`), and after "machine" one
    more says "beep" when the machine's tone has ended, the moment for a message. The detection ends by itself when
    all is told, with the leg, by `StopDetect`, or after `limit_ms`.
    """

    id: str
    leg: str
    detect: str
    voice: bool = False
    answer: bool = False
    limit_ms: int = 0
    """0: as long as the leg (`voice`), a minute (`answer` alone)."""


class StopDetect(Wire, frozen=True):
    id: str
    leg: str
    detect: str


class Tap(Wire, frozen=True):
    """Send what a leg says to a local socket as it comes, for speech recognition: 16-bit PCM, 8 kHz, mono.

    The worker connects to the Unix stream socket `path` and writes one line of JSON, `{"tap", "leg", "rate": 8000,
    "at_ms"}`, then 320 bytes (160 samples, little-endian) every 20 ms, silence where nothing was heard. It never
    waits: a reader that lets the socket's buffer fill (over 4 s of sound) is dropped with `TapClosed`. A repeated
    `tap` that runs is not opened again. `no_reader`: nobody listens on the path.
    """

    id: str
    leg: str
    tap: str
    path: str


class StopTap(Wire, frozen=True):
    id: str
    leg: str
    tap: str


ListeningCommand = Detect | StopDetect | Tap | StopTap


class Voice(NumberedEvent, frozen=True):
    """Speech of a leg has begun or ended."""

    leg: str
    detect: str
    speaking: bool
    level_dbov: float
    """Mean of the speech that ended, or of its first frames."""
    duration_ms: int = 0
    """Of the speech that ended, without the pause that showed its end."""


class AnswerClass(NumberedEvent, frozen=True):
    """Who answered a call."""

    leg: str
    detect: str
    answer: Answered
    after_ms: int
    """Since the detection began."""


class TapClosed(NumberedEvent, frozen=True):
    """No more samples come. `slow`: the reader did not keep up; `gone`: it closed; `closed`: the leg did."""

    leg: str
    tap: str
    reason: Literal["stopped", "closed", "slow", "gone"]
    sent_ms: int
