"""A text that is longer than a platform takes becomes several, cut where a reader would pause."""

from __future__ import annotations

from collections.abc import Iterator

__all__ = ["split_text"]

_BREAKS = ("\n\n", "\n", ". ", "。", "！", "？", "! ", "? ", "; ", "；", ", ", "，", " ")


def split_text(text: str, most: int) -> list[str]:
    """Pieces of at most `most` characters, in order; one piece when it fits or `most` is 0."""
    if most <= 0 or len(text) <= most:
        return [text]
    return list(_pieces(text, most))


def _pieces(text: str, most: int) -> Iterator[str]:
    while len(text) > most:
        at = _cut(text, most)
        piece = text[:at].rstrip()
        if piece:
            yield piece
        text = text[at:].lstrip()
    if text:
        yield text


def _cut(text: str, most: int) -> int:
    """The last good place in the second half, else the limit; never inside a pair of joined characters."""
    for mark in _BREAKS:
        found = text.rfind(mark, most // 2, most)
        if found >= 0:
            return min(found + len(mark), most)
    at = most
    while at > most // 2 and _is_joined(text, at):
        at -= 1
    return at


def _is_joined(text: str, at: int) -> bool:
    """Whether the character at `at` is drawn together with the one before it (emoji of several characters)."""
    return text[at] in "\u200d\ufe0f" or text[at - 1] == "\u200d" or 0x1F3FB <= ord(text[at]) <= 0x1F3FF
