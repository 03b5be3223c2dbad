"""An agent's work number, said to everybody in a call."""

from __future__ import annotations

import structlog

from opencec.core.effects import SayWorkNumber
from opencec.flow.orders import Prompt, SpokenPrompt, SpokenValue, ValueKind
from opencec.ports.media import Media, MediaRefused
from opencec.ports.speech import PromptRenderer, SpeechFailed
from opencec.workers.protocol import Play, PromptSource

__all__ = ["WorkNumberVoice"]

_log = structlog.get_logger()

_WORDS: dict[str, tuple[str, str]] = {"en_US": ("Agent", "at your service."), "zh_CN": ("工号", "为您服务。")}
"""What stands before and after the digits."""


class WorkNumberVoice:
    """Carries out `SayWorkNumber` of one tenant."""

    def __init__(self, *, media: Media, renderer: PromptRenderer, language: str) -> None:
        """Args:
        media: The workers.
        renderer: Makes sound of words.
        language: The tenant's, `en_US`.
        """
        self._media = media
        self._renderer = renderer
        self._language = language

    async def say(self, effect: SayWorkNumber) -> None:
        """Play it on every leg; without a voice nobody hears anything, and the log says why."""
        try:
            paths = await self._renderer.render(self._prompts(str(effect.agent)))
        except SpeechFailed as error:
            _log.warning("work_number.no_sound", contact=effect.contact, code=error.code)
            return
        sources = tuple(PromptSource(path=path) for path in paths)
        for leg in effect.legs:
            play = f"{leg}:work-number"
            try:
                await self._media.send(Play(id=f"say:{effect.key}:{leg}", leg=leg, play=play, sources=sources))
            except MediaRefused as error:  # the leg has ended meanwhile
                _log.info("work_number.refused", contact=effect.contact, code=error.code)

    def _prompts(self, number: str) -> tuple[Prompt, ...]:
        before, after = _WORDS.get(self._language, _WORDS["en_US"])
        language = self._language if self._language in _WORDS else "en_US"
        return (
            SpokenPrompt(text=before, language=language),
            SpokenValue(kind=ValueKind.DIGITS, value=number, language=language),
            SpokenPrompt(text=after, language=language),
        )
