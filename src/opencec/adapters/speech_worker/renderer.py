"""Prompts of an order to files: recordings, pieces of recordings, and speech, in playing order."""

from __future__ import annotations

import asyncio
from itertools import groupby
from typing import assert_never

from opencec.adapters.speech_worker.pieces import position_recordings
from opencec.flow.orders import Prompt, SpokenPrompt, SpokenValue, ValueKind, VoicePrompt
from opencec.ports.speech import PromptCatalogue, SpeechFailed, SpeechSynthesizer

__all__ = ["SpeechPrompts"]


class SpeechPrompts:
    """`PromptRenderer`: recordings from a catalogue, the rest from a synthesizer (None = there is none)."""

    def __init__(self, catalogue: PromptCatalogue, synthesizer: SpeechSynthesizer | None) -> None:
        self._catalogue = catalogue
        self._synthesizer = synthesizer

    async def render(self, prompts: tuple[Prompt, ...], *, timeout_ms: int = 5_000) -> tuple[str, ...]:
        """Paths of WAV files, in playing order. Neighbouring spoken prompts become one utterance, which sounds better.

        Raises:
            SpeechFailed: `unknown_prompt` for a missing recording; else what the synthesizer said.
        """
        loop = asyncio.get_running_loop()
        deadline = loop.time() + timeout_ms / 1000
        paths: list[str] = []
        for _, group in groupby(enumerate(prompts), key=_kind):
            parts = tuple(prompt for _, prompt in group)
            left_ms = max(1, int((deadline - loop.time()) * 1000))
            paths += await self._group(parts, left_ms)
        return tuple(paths)

    async def _group(self, parts: tuple[Prompt, ...], left_ms: int) -> tuple[str, ...]:
        first = parts[0]
        match first:
            case VoicePrompt():
                return (self._recording(first.name, first.language),)
            case SpokenValue(kind=ValueKind.POSITION):
                recorded = self._position(first)
                if recorded:
                    return recorded
            case SpokenPrompt() | SpokenValue():
                pass
            case _:
                assert_never(first)
        fallback = first.fallback if isinstance(first, SpokenPrompt) else ""
        try:
            return (await self._speak(parts, left_ms),)
        except SpeechFailed:
            if not fallback:
                raise
            return (self._recording(fallback, first.language),)

    async def _speak(self, parts: tuple[Prompt, ...], left_ms: int) -> str:
        if self._synthesizer is None:
            raise SpeechFailed("unavailable", "no speech worker")
        spoken = tuple(part for part in parts if not isinstance(part, VoicePrompt))
        return (await self._synthesizer.synthesize(spoken, timeout_ms=left_ms)).path

    def _recording(self, name: str, language: str) -> str:
        path = self._catalogue.find(name, language)
        if path is None:
            raise SpeechFailed("unknown_prompt", f"{name} ({language})")
        return path

    def _position(self, value: SpokenValue) -> tuple[str, ...]:
        """The recordings of a position, if all are there in its very language."""
        if not value.value.isdecimal() or len(value.value) > 3:
            return ()
        names = position_recordings(int(value.value), value.language)
        paths = tuple(self._catalogue.find(name, value.language) for name in names)
        return tuple(path for path in paths if path is not None) if None not in paths else ()


def _kind(numbered: tuple[int, Prompt]) -> tuple[object, ...]:
    """Prompts of one kind that stand together are one utterance; recordings, positions and fallbacks stand alone."""
    number, prompt = numbered
    if isinstance(prompt, VoicePrompt):
        return (number,)
    stands_alone = prompt.fallback if isinstance(prompt, SpokenPrompt) else prompt.kind is ValueKind.POSITION
    return (number,) if stands_alone else (prompt.language, prompt.voice, prompt.speed)
