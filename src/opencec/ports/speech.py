"""Speech out: a synthesizer that turns text and values into telephone audio files, and a catalogue of recorded ones."""

from __future__ import annotations

from typing import Protocol

import msgspec

from opencec.flow.orders import Prompt, SpokenPrompt, SpokenValue

__all__ = ["PromptCatalogue", "PromptRenderer", "SpeechFailed", "SpeechSynthesizer", "Spoken"]


class Spoken(msgspec.Struct, frozen=True, kw_only=True):
    """A finished utterance: WAV, 8 kHz mono mu-law (format 7)."""

    path: str
    duration_ms: int


class SpeechFailed(Exception):
    """Nothing could be synthesized, or a recorded prompt is missing.

    `code`: `unavailable` (no worker, no engine), `overloaded`, `deadline`, `bad_request`, `engine`, `disk`,
    `cancelled`, `unknown_prompt`.
    """

    def __init__(self, code: str, detail: str = "") -> None:
        super().__init__(f"{code}: {detail}" if detail else code)
        self.code = code
        self.detail = detail


class SpeechSynthesizer(Protocol):
    """Text and values to a file. The same words give the same file from a cache."""

    async def synthesize(self, parts: tuple[SpokenPrompt | SpokenValue, ...], *, timeout_ms: int = 5_000) -> Spoken:
        """One utterance of all parts; language, voice and speed are those of the first.

        Raises:
            SpeechFailed: within `timeout_ms`, with the reason.
        """
        ...


class PromptCatalogue(Protocol):
    """Recorded resources by name and language."""

    def find(self, name: str, language: str) -> str | None:
        """Path of the WAV file in `language`, else in the default language, else None."""
        ...


class PromptRenderer(Protocol):
    """Prompts of an order to files, in playing order: what goes into the media worker's `PromptSource`s."""

    async def render(self, prompts: tuple[Prompt, ...], *, timeout_ms: int = 5_000) -> tuple[str, ...]:
        """Paths of WAV files that exist.

        Raises:
            SpeechFailed: a prompt has no recording, no synthesis and no fallback.
        """
        ...
