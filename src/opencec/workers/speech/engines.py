"""The engines: hibari (English, in this process, one thread) and espeak-ng (a program of its own), loaded on first use.

Which engine speaks: English by hibari in its one, female voice; espeak-ng where a male voice is asked for, for Chinese,
and wherever hibari is missing. A request says `default`, `female` or `male`; what an engine has is decided here.
"""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
from collections.abc import Callable
from typing import Any, Protocol

import numpy as np

from opencec.workers.speech.audio import Samples, read_pcm_wav
from opencec.workers.speech.say_as import Language

__all__ = ["Engine", "EngineFailed", "EngineUnavailable", "Espeak", "Hibari", "engines_for"]

_ESPEAK = "espeak-ng"
_SEED = 1
"""Of the noise in hibari's voice: the same words always sound the same."""


class EngineUnavailable(Exception):
    """The engine is not installed or does not load; another may do."""


class EngineFailed(Exception):
    """The engine is there and did not manage these words."""


class Engine(Protocol):
    """One way to turn words into sound."""

    name: str

    def voice(self, language: Language, voice: str) -> str | None:
        """The engine's own name of the voice, part of the cache key; None = it has none."""
        ...

    def speaks_at(self, speed: str) -> str:
        """The engine's own pace, part of the cache key."""
        ...

    def state(self) -> str:
        """`ready`, `unused`, or why it cannot be used."""
        ...

    async def speak(self, words: str, *, voice: str, speed: str, is_wanted: Callable[[], bool]) -> tuple[Samples, int]:
        """Samples (float32, full scale 1.0) and their rate; `is_wanted` is asked between sentences.

        Raises:
            EngineUnavailable, EngineFailed.
        """
        ...


class Hibari:
    """hibari-tts: neural, 24 kHz, about a hundredth of real time on one core. Only the voice inside the package."""

    name = "hibari"
    _SPEEDS = {"default": 0.92, "low": 0.92, "medium": 1.05, "high": 1.25}  # noqa: RUF012  # a table

    def __init__(self) -> None:
        self._model: Any = None
        self._trouble = ""
        self._lock = asyncio.Lock()

    def voice(self, language: Language, voice: str) -> str | None:
        return "heart" if language == "en" and voice in ("default", "female") else None

    def speaks_at(self, speed: str) -> str:
        return str(self._SPEEDS[speed])

    def state(self) -> str:
        return self._trouble or ("ready" if self._model is not None else "unused")

    async def speak(self, words: str, *, voice: str, speed: str, is_wanted: Callable[[], bool]) -> tuple[Samples, int]:
        async with self._lock:
            if not is_wanted():
                raise EngineFailed("not wanted any more")
            return await asyncio.to_thread(self._speak, words, self._SPEEDS[speed], is_wanted)

    def _speak(self, words: str, speed: float, is_wanted: Callable[[], bool]) -> tuple[Samples, int]:
        model = self._load()
        parts: list[Samples] = []
        try:
            for part in model.stream(words, speed=speed, seed=_SEED):
                parts.append(np.asarray(part, np.float32))
                if not is_wanted():
                    raise EngineFailed("not wanted any more")
        except (RuntimeError, ValueError, IndexError, KeyError) as error:
            raise EngineFailed(f"hibari: {error}") from error
        if not parts:
            raise EngineFailed("hibari finds nothing to say")
        return np.concatenate(parts), int(model.sample_rate)

    def _load(self) -> Any:
        if self._trouble:
            raise EngineUnavailable(self._trouble)
        if self._model is None:
            try:
                import hibari

                self._model = hibari.Hibari(threads=1)
            except (ImportError, OSError, RuntimeError) as error:
                self._trouble = f"hibari does not load: {error}"
                raise EngineUnavailable(self._trouble) from error
        return self._model


class Espeak:
    """espeak-ng as a subprocess: formant synthesis, any language, a few milliseconds."""

    name = "espeak-ng"
    _VOICES = {  # noqa: RUF012  # a table
        ("en", "default"): "en-us",
        ("en", "female"): "en-us+f3",
        ("en", "male"): "en-us+m3",
        ("zh", "default"): "cmn-latn-pinyin+f2",
        ("zh", "female"): "cmn-latn-pinyin+f2",
        ("zh", "male"): "cmn-latn-pinyin+m3",
    }
    """`cmn-latn-pinyin` and not `cmn`: that one speaks the numbers of the tones (espeak-ng 1.51)."""
    _WORDS_A_MINUTE = {"default": 150, "low": 150, "medium": 175, "high": 210}  # noqa: RUF012  # a table

    def voice(self, language: Language, voice: str) -> str | None:
        return self._VOICES[language, voice]

    def speaks_at(self, speed: str) -> str:
        return str(self._WORDS_A_MINUTE[speed])

    def state(self) -> str:
        return "ready" if shutil.which(_ESPEAK) else "espeak-ng is not installed (package espeak-ng)"

    async def speak(self, words: str, *, voice: str, speed: str, is_wanted: Callable[[], bool]) -> tuple[Samples, int]:
        program = shutil.which(_ESPEAK)
        if program is None:
            raise EngineUnavailable(self.state())
        pace = str(self._WORDS_A_MINUTE[speed])
        process = await asyncio.create_subprocess_exec(
            program,
            *("-b", "1", "-v", voice, "-s", pace, "--stdin", "--stdout"),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            start_new_session=True,
        )
        try:
            sound, complaint = await process.communicate(words.encode())
        finally:
            if process.returncode is None:  # the deadline struck, or nobody waits any more
                os.killpg(process.pid, signal.SIGKILL)
                await process.wait()
        if process.returncode:
            raise EngineFailed(f"espeak-ng: {complaint.decode(errors='replace').strip()[:200]}")
        try:
            samples, rate = read_pcm_wav(sound)
        except ValueError as error:
            raise EngineFailed(f"espeak-ng: {error}") from error
        if len(samples) == 0:
            raise EngineFailed("espeak-ng finds nothing to say")
        return samples, rate


def engines_for(engines: tuple[Engine, ...], language: Language, voice: str) -> list[tuple[Engine, str]]:
    """The engines that have a voice, best first, with the voice's name."""
    found = [(engine, engine.voice(language, voice)) for engine in engines]
    return [(engine, name) for engine, name in found if name is not None]
