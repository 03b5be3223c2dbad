"""Values and running text as English words (American usage)."""

from __future__ import annotations

import re

from opencec.workers.speech.values import BadValue, clock, day, decimal

__all__ = [
    "cardinal",
    "date_words",
    "digit_words",
    "money_words",
    "number_words",
    "ordinal_words",
    "position_words",
    "spell_out",
    "telephone_words",
    "time_words",
]

_SMALL = [
    "zero",
    "one",
    "two",
    "three",
    "four",
    "five",
    "six",
    "seven",
    "eight",
    "nine",
    "ten",
    "eleven",
    "twelve",
    "thirteen",
    "fourteen",
    "fifteen",
    "sixteen",
    "seventeen",
    "eighteen",
    "nineteen",
]
_TENS = ["-", "-", "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"]
_SCALES = ((10**12, "trillion"), (10**9, "billion"), (10**6, "million"), (10**3, "thousand"), (100, "hundred"))
_ORDINALS = {
    "one": "first",
    "two": "second",
    "three": "third",
    "five": "fifth",
    "eight": "eighth",
    "nine": "ninth",
    "twelve": "twelfth",
}
_MONTHS = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
]
_SYMBOLS = {"*": "star", "#": "pound"}
_CURRENCIES = {
    "USD": ("dollar", "dollars", "cent", "cents"),
    "CAD": ("Canadian dollar", "Canadian dollars", "cent", "cents"),
    "AUD": ("Australian dollar", "Australian dollars", "cent", "cents"),
    "HKD": ("Hong Kong dollar", "Hong Kong dollars", "cent", "cents"),
    "EUR": ("euro", "euros", "cent", "cents"),
    "GBP": ("pound", "pounds", "penny", "pence"),
    "CNY": ("yuan", "yuan", "fen", "fen"),
    "JPY": ("yen", "yen", "sen", "sen"),
    "INR": ("rupee", "rupees", "paisa", "paise"),
}
"""One, many, one hundredth, many hundredths."""


def cardinal(number: int) -> str:
    """A whole number from 0: `twenty one`, `one hundred five`."""
    if number < 20:
        return _SMALL[number]
    if number < 100:
        tens, ones = divmod(number, 10)
        return _TENS[tens] + (f" {_SMALL[ones]}" if ones else "")
    for scale, name in _SCALES:
        if number >= scale:
            count, rest = divmod(number, scale)
            return f"{cardinal(count)} {name}" + (f" {cardinal(rest)}" if rest else "")
    raise AssertionError("unreachable: every number from 100 has a scale")


def ordinal(number: int) -> str:
    """`twenty first`, `one hundredth`."""
    head, _, last = cardinal(number).rpartition(" ")
    if last in _ORDINALS:
        last = _ORDINALS[last]
    elif last.endswith("y"):
        last = last[:-1] + "ieth"
    else:
        last += "th"
    return f"{head} {last}".strip()


def number_words(text: str) -> str:
    """Raises BadValue: not a number."""
    value = decimal(text)
    words = cardinal(value.whole)
    if value.fraction:
        words += " point " + " ".join(_SMALL[int(digit)] for digit in value.fraction)
    return f"minus {words}" if value.is_negative else words


def ordinal_words(text: str) -> str:
    """Raises BadValue: not a whole number from 0."""
    value = decimal(text)
    if value.is_negative or value.fraction:
        raise BadValue(f"{text[:40]!r} has no ordinal")
    return ordinal(value.whole)


def position_words(text: str) -> str:
    """Raises BadValue: not a place in a queue."""
    value = decimal(text)
    if value.is_negative or value.fraction or value.whole < 1:
        raise BadValue(f"{text[:40]!r} is no place in a queue")
    return f"You are number {cardinal(value.whole)} in the queue."


def _characters(text: str) -> list[str]:
    """Each digit, key or letter as a word; everything else ends a group (an empty word)."""
    words = []
    for char in text:
        if char.isascii() and char.isdecimal():
            words.append(_SMALL[int(char)])
        elif char in _SYMBOLS:
            words.append(_SYMBOLS[char])
        elif char.isalpha():
            words.append(char.upper())
        else:
            words.append("")
    return words


def digit_words(text: str) -> str:
    """Digit by digit, a short pause after every third of a long run. Raises BadValue: nothing to say."""
    words = [word for word in _characters(text) if word]
    if not words:
        raise BadValue("no digits")
    if len(words) <= 4:
        return " ".join(words)
    return ", ".join(" ".join(words[at : at + 3]) for at in range(0, len(words), 3))


def telephone_words(text: str) -> str:
    """Digit by digit in the number's own groups, else in the usual ones. Raises BadValue: no digits."""
    plain = text.strip()
    groups = [group for group in re.split(r"[^0-9A-Za-z*#]+", plain) if group]
    if not groups:
        raise BadValue("no digits")
    if len(groups) == 1:
        groups = _telephone_groups(groups[0])
    words = ", ".join(" ".join(word for word in _characters(group) if word) for group in groups)
    return f"plus {words}" if plain.startswith("+") else words


def _telephone_groups(digits: str) -> list[str]:
    if len(digits) == 11 and digits.startswith("1"):
        return [digits[0], digits[1:4], digits[4:7], digits[7:]]
    if len(digits) == 10:
        return [digits[:3], digits[3:6], digits[6:]]
    if len(digits) <= 5:
        return [digits]
    first = len(digits) - 4
    return [digits[at : min(at + 3, first)] for at in range(0, first, 3)] + [digits[first:]]


def money_words(text: str, currency: str) -> str:
    """Amounts in whole units and hundredths. Raises BadValue: not an amount."""
    value = decimal(text)
    code = (currency or "USD").upper()
    if code not in _CURRENCIES or len(value.fraction.rstrip("0")) > 2:
        return f"{number_words(text)} {' '.join(code) if code not in _CURRENCIES else _CURRENCIES[code][1]}"
    one, many, part, parts = _CURRENCIES[code]
    hundredths = int((value.fraction + "00")[:2])
    words = []
    if value.whole or not hundredths:
        words.append(f"{cardinal(value.whole)} {one if value.whole == 1 else many}")
    if hundredths:
        words.append(f"{cardinal(hundredths)} {part if hundredths == 1 else parts}")
    return ("minus " if value.is_negative else "") + " and ".join(words)


def _year(number: int) -> str:
    high, low = divmod(number, 100)
    if number < 1000 or 2000 <= number < 2010:
        return cardinal(number)
    if low == 0:
        return cardinal(number) if high % 10 == 0 else f"{cardinal(high)} hundred"
    return f"{cardinal(high)} {'oh ' if low < 10 else ''}{cardinal(low)}"


def date_words(text: str) -> str:
    """`March twelfth, twenty twenty six`. Raises BadValue: not a date."""
    value = day(text)
    return f"{_MONTHS[value.month - 1]} {ordinal(value.day)}, {_year(value.year)}"


def time_words(text: str) -> str:
    """Twelve-hour clock. Raises BadValue: not a time."""
    hour, minute, second = clock(text)
    if second == 0 and minute == 0 and hour in (0, 12):
        return "noon" if hour else "midnight"
    words = cardinal(hour % 12 or 12)
    if minute:
        words += f" {'oh ' if minute < 10 else ''}{cardinal(minute)}"
    elif second:
        words += " o'clock"
    if second:
        words += f" and {cardinal(second)} second{'' if second == 1 else 's'}"
    return f"{words} {'P.M.' if hour >= 12 else 'A.M.'}"


_IN_TEXT = re.compile(
    r"(?<![\w.])(?P<date>\d{4}-\d{2}-\d{2})(?!\w)"
    r"|(?<![\w.,])(?P<phone>\+?\(?\d[\d() -]{5,24}\d)(?![\w])"
)
"""What the engines read wrongly; money, times and plain numbers they read well (measured)."""


def spell_out(text: str) -> str:
    """Running text with ISO dates and telephone numbers as words."""

    def words(found: re.Match[str]) -> str:
        if found["date"]:
            try:
                return date_words(found["date"])
            except BadValue:
                return found[0]
        if sum(char.isdecimal() for char in found["phone"]) < 7:
            return found[0]
        return telephone_words(found["phone"])

    return _IN_TEXT.sub(words, text)
