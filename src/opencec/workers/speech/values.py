"""Read the value forms that say-as takes: decimal numbers, dates, times. Language-neutral."""

from __future__ import annotations

from datetime import date
from typing import NamedTuple

__all__ = ["BadValue", "Clock", "Decimal", "clock", "day", "decimal"]

_MOST_DIGITS = 15


class BadValue(ValueError):
    """The value does not have the form that its kind asks for."""


class Decimal(NamedTuple):
    """A decimal number by its digits, so that nothing is rounded: -12.50 = (True, 12, "50")."""

    is_negative: bool
    whole: int
    fraction: str


class Clock(NamedTuple):
    hour: int
    minute: int
    second: int


def decimal(text: str) -> Decimal:
    """`-1,234.50`, `7`, `+3`.

    Raises:
        BadValue: not a decimal number of at most 15 digits before and 15 after the point.
    """
    plain = text.strip().replace(",", "")
    sign = plain[:1] if plain[:1] in ("-", "+") else ""
    whole, point, fraction = plain[len(sign) :].partition(".")
    parts = [part for part in (whole, fraction) if part]
    if not parts or any(not (part.isascii() and part.isdecimal()) or len(part) > _MOST_DIGITS for part in parts):
        raise BadValue(f"{text[:40]!r} is not a number")
    if point and not fraction:
        raise BadValue(f"{text[:40]!r} is not a number")
    return Decimal(sign == "-" and (int(whole or "0") > 0 or bool(fraction.strip("0"))), int(whole or "0"), fraction)


def day(text: str) -> date:
    """`yyyymmdd` or `yyyy-mm-dd`.

    Raises:
        BadValue: not a date.
    """
    plain = text.strip().replace("-", "")
    if len(plain) == 8 and plain.isascii() and plain.isdecimal():
        try:
            return date(int(plain[:4]), int(plain[4:6]), int(plain[6:]))
        except ValueError:
            pass
    raise BadValue(f"{text[:40]!r} is not a date")


def clock(text: str) -> Clock:
    """`HH:MM`, `HH:MM:SS` or `HHmmss`.

    Raises:
        BadValue: not a time of day.
    """
    plain = text.strip()
    parts = plain.split(":") if ":" in plain else [plain[0:2], plain[2:4], plain[4:]]
    if 2 <= len(parts) <= 3 and all(1 <= len(part) <= 2 and part.isascii() and part.isdecimal() for part in parts):
        hour, minute, second = (*(int(part) for part in parts), 0)[:3]
        if hour < 24 and minute < 60 and second < 60:
            return Clock(hour, minute, second)
    raise BadValue(f"{text[:40]!r} is not a time of day")
