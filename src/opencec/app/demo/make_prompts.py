"""Render the prompts that the demo tenant ships: `python -m opencec.app.demo.make_prompts` (needs espeak-ng).

English by hibari, Chinese by espeak-ng; 8 kHz mono mu-law at -20 dBov. The files are committed and nothing renders them
at run time; run this after changing a text.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

from opencec.app.demo.music import compose
from opencec.workers.speech import chinese, english
from opencec.workers.speech.audio import mu_law_wav, to_telephone
from opencec.workers.speech.engines import Engine, Espeak, Hibari
from opencec.workers.speech.say_as import Language, language_of, normalise
from opencec.workers.speech_protocol import Text

__all__ = ["PROMPTS", "WHOLE_POSITIONS", "main", "phrases"]

PROMPTS = Path(__file__).parent / "prompts"

WHOLE_POSITIONS = 20
"""Positions that are one recording; further ones are put together from pieces."""

_TEXTS: dict[str, dict[str, str]] = {
    "en_US": {
        "welcome": "Welcome to OpenCEC.",
        "menu": "For sales, press 1. For support, press 2.",
        "invalid_key": "Sorry, that is not a valid choice.",
        "connecting_sales": "Connecting you to sales.",
        "connecting_support": "Connecting you to support.",
        "connecting": "Please hold while we connect you.",
        "no_agent": "Sorry, nobody is available at the moment. Please call again later.",
        "unreachable": "Sorry, the number that you called cannot be reached.",
        "goodbye": "Thank you for calling. Goodbye.",
        "position_before": "You are number,",
        "position_after": "in the queue.",
        "number_100": "hundred,",
    },
    "zh_CN": {
        "welcome": "欢迎致电开源呼叫中心。",
        "menu": "销售请按一，技术支持请按二。",
        "invalid_key": "对不起，您的输入有误。",
        "connecting_sales": "正在为您转接销售。",
        "connecting_support": "正在为您转接技术支持。",
        "connecting": "正在为您转接，请稍候。",
        "no_agent": "对不起，现在没有客服人员，请稍后再拨。",
        "unreachable": "对不起，您拨打的号码无法接通。",
        "goodbye": "感谢您的来电，再见。",
        "position_before": "您在队列中排在第",
        "position_after": "位。",
        "number_100": "百",
    },
}
_PIECES: dict[Language, tuple[int, ...]] = {
    "en": (*range(1, 20), *range(20, 100, 10)),
    "zh": tuple(range(11)),
}
"""Numbers from which `adapters/speech_worker/pieces.py` builds every position up to 999."""


def phrases(language: Language) -> Iterator[tuple[str, str]]:
    """Name and words of everything to render for a language."""
    speak = english if language == "en" else chinese
    yield from _TEXTS["en_US" if language == "en" else "zh_CN"].items()
    for number in range(1, WHOLE_POSITIONS + 1):
        yield f"position_{number}", speak.position_words(str(number))
    for number in _PIECES[language]:
        yield f"number_{number}", speak.cardinal(number) + ("," if language == "en" else "")


async def _render(engine: Engine, tag: str, *, speed: str) -> None:
    language = language_of(tag)
    assert language is not None
    voice = engine.voice(language, "default")
    assert voice is not None
    directory = PROMPTS / tag
    directory.mkdir(parents=True, exist_ok=True)
    for name, text in phrases(language):
        words = normalise((Text(text=text),), language)
        samples, rate = await engine.speak(words, voice=voice, speed=speed, is_wanted=lambda: True)
        (directory / f"{name}.wav").write_bytes(mu_law_wav(to_telephone(samples, rate)))


async def main() -> None:
    """Write all files."""
    await _render(Hibari(), "en_US", speed="default")
    await _render(Espeak(), "zh_CN", speed="medium")
    (PROMPTS / "music.wav").write_bytes(mu_law_wav(compose()))


if __name__ == "__main__":
    asyncio.run(main())
