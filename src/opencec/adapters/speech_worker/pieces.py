"""Positions in a queue from recorded pieces, so that announcements need no synthesis."""

from __future__ import annotations

__all__ = ["position_recordings"]

_WHOLE = 20
"""Up to here a position is one recording, `position_7`."""
_MOST = 999


def position_recordings(position: int, language: str) -> tuple[str, ...]:
    """Names of the recordings that announce a position, empty if there are none for it.

    Args:
        position: place in the queue, 1 = next.
        language: `en_US`, `zh_CN`, ...
    """
    if not 1 <= position <= _MOST:
        return ()
    if position <= _WHOLE:
        return (f"position_{position}",)
    match language[:2]:
        case "en":
            numbers = _english(position)
        case "zh":
            numbers = _chinese(position)
        case _:
            return ()
    return ("position_before", *(f"number_{number}" for number in numbers), "position_after")


def _english(number: int) -> list[int]:
    """123 -> one, hundred, twenty, three."""
    hundreds, rest = divmod(number, 100)
    parts = [hundreds, 100] if hundreds else []
    if rest >= 20:
        parts.append(rest // 10 * 10)
        rest %= 10
    return [*parts, rest] if rest else parts


def _chinese(number: int) -> list[int]:
    """123 -> 一百二十三; 105 -> 一百零五."""
    hundreds, tens, ones = number // 100, number // 10 % 10, number % 10
    parts = [hundreds, 100] if hundreds else []
    if tens:
        parts += [tens, 10]
    elif ones:
        parts.append(0)
    return [*parts, ones] if ones else parts
