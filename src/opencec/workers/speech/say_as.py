"""Turn the pieces of an utterance into words before any engine sees them.

Engines read amounts and dates differently and telephone numbers wrongly, so the words are made here, per language. The
result is also what the prompt cache is keyed by.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable
from typing import Literal

from opencec.workers.speech import chinese, english
from opencec.workers.speech.values import BadValue
from opencec.workers.speech_protocol import Piece, Text

__all__ = ["BadValue", "language_of", "normalise"]

Language = Literal["en", "zh"]

_MOST_TEXT = 4096

_SPELL_OUT: dict[Language, Callable[[str], str]] = {"en": english.spell_out, "zh": chinese.spell_out}
_MONEY: dict[Language, Callable[[str, str], str]] = {"en": english.money_words, "zh": chinese.money_words}
_VALUES: dict[Language, dict[str, Callable[[str], str]]] = {
    "en": {
        "number": english.number_words,
        "ordinal": english.ordinal_words,
        "digits": english.digit_words,
        "telephone": english.telephone_words,
        "date": english.date_words,
        "time": english.time_words,
        "position": english.position_words,
    },
    "zh": {
        "number": chinese.number_words,
        "ordinal": chinese.ordinal_words,
        "digits": chinese.digit_words,
        "telephone": chinese.telephone_words,
        "date": chinese.date_words,
        "time": chinese.time_words,
        "position": chinese.position_words,
    },
}


def language_of(tag: str) -> Language | None:
    """`en_US`, `en-GB`, `zh_CN`, ... -> the languages that there are words for, or None."""
    match tag.replace("-", "_").partition("_")[0].lower():
        case "en":
            return "en"
        case "zh" | "cmn":
            return "zh"
    return None


def normalise(pieces: tuple[Piece, ...], language: Language) -> str:
    """The words of an utterance, white space reduced to single blanks.

    Raises:
        BadValue: a value does not have the form that its kind asks for, the text is too long, or nothing is left.
    """
    if sum(len(piece.text if isinstance(piece, Text) else piece.value) for piece in pieces) > _MOST_TEXT:
        raise BadValue(f"longer than {_MOST_TEXT} characters")
    words = " ".join(_words(piece, language) for piece in pieces)
    if language == "zh":
        words = words.replace(" ，", "，")
    printable = "".join(char if unicodedata.category(char)[0] != "C" else " " for char in words)
    result = " ".join(printable.split())
    if not any(char.isalnum() for char in result):
        raise BadValue("nothing to say")
    return result


def _words(piece: Piece, language: Language) -> str:
    if isinstance(piece, Text):
        return _SPELL_OUT[language](unicodedata.normalize("NFC", piece.text))
    if piece.kind == "money":
        return _MONEY[language](piece.value, piece.currency)
    return _VALUES[language][piece.kind](piece.value)
