"""Values and running text as Chinese words (Mandarin, simplified characters)."""

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

_DIGITS = "零一二三四五六七八九"
_SYMBOLS = {"*": "星号", "#": "井号", "+": "加"}
_CURRENCIES = {
    "USD": "美元",
    "EUR": "欧元",
    "GBP": "英镑",
    "JPY": "日元",
    "HKD": "港元",
    "AUD": "澳元",
    "CAD": "加元",
    "INR": "卢比",
}


def _below_ten_thousand(number: int, *, is_first: bool) -> str:
    """`is_first`: nothing stands before it, so ten is 十 and not 一十."""
    words, gap = "", False
    for scale, unit in ((1000, "千"), (100, "百"), (10, "十"), (1, "")):
        digit = number // scale % 10
        if digit == 0:
            gap = bool(words)
            continue
        if gap:
            words += "零"
            gap = False
        if scale == 10 and digit == 1 and not words and is_first:
            words += unit
        elif scale == 1000 and digit == 2:
            words += "两千"
        else:
            words += _DIGITS[digit] + unit
    return words


def cardinal(number: int) -> str:
    """A whole number from 0: 十二, 一百零五, 两千, 一万零三."""
    if number == 0:
        return _DIGITS[0]
    words, gap = "", False
    for scale, unit in ((10**12, "万亿"), (10**8, "亿"), (10**4, "万"), (1, "")):
        part = number // scale % 10_000
        if part == 0:
            gap = bool(words)
            continue
        if words and (gap or part < 1000):
            words += "零"
        gap = False
        words += ("两" if part == 2 and unit else _below_ten_thousand(part, is_first=not words)) + unit
    return words


def _counted(number: int) -> str:
    """Before a measure word two is 两."""
    return "两" if number == 2 else cardinal(number)


def number_words(text: str) -> str:
    """Raises BadValue: not a number."""
    value = decimal(text)
    words = cardinal(value.whole)
    if value.fraction:
        words += "点" + "".join(_DIGITS[int(digit)] for digit in value.fraction)
    return f"负{words}" if value.is_negative else words


def ordinal_words(text: str) -> str:
    """Raises BadValue: not a whole number from 0."""
    value = decimal(text)
    if value.is_negative or value.fraction:
        raise BadValue(f"{text[:40]!r} has no ordinal")
    return f"第{cardinal(value.whole)}"


def position_words(text: str) -> str:
    """Raises BadValue: not a place in a queue."""
    value = decimal(text)
    if value.is_negative or value.fraction or value.whole < 1:
        raise BadValue(f"{text[:40]!r} is no place in a queue")
    return f"您在队列中排在第{cardinal(value.whole)}位。"


def digit_words(text: str, *, one: str = "一") -> str:
    """Digit by digit. Raises BadValue: nothing to say."""
    words = ""
    for char in text:
        if char.isascii() and char.isdecimal():
            words += one if char == "1" else _DIGITS[int(char)]
        elif char in _SYMBOLS:
            words += _SYMBOLS[char]
        elif char.isascii() and char.isalpha():
            words += f" {char.upper()} "
    if not words:
        raise BadValue("no digits")
    return words.strip()


def telephone_words(text: str) -> str:
    """Digit by digit in groups, one as 幺. Raises BadValue: no digits."""
    plain = text.strip()
    groups = [group for group in re.split(r"[^0-9A-Za-z*#]+", plain) if group]
    if not groups:
        raise BadValue("no digits")
    if len(groups) == 1:
        groups = _telephone_groups(groups[0])
    words = "，".join(digit_words(group, one="幺") for group in groups)
    return f"加{words}" if plain.startswith("+") else words


def _telephone_groups(digits: str) -> list[str]:
    """Mobile numbers 3-4-4; others end in a group of four."""
    if len(digits) <= 5:
        return [digits]
    first = len(digits) % 4 or 4
    if first == 1:
        first = 5
    return [digits[:first]] + [digits[at : at + 4] for at in range(first, len(digits), 4)]


def money_words(text: str, currency: str) -> str:
    """元角分 for the yuan, a decimal number for others. Raises BadValue: not an amount."""
    value = decimal(text)
    code = (currency or "CNY").upper()
    if code != "CNY" or len(value.fraction.rstrip("0")) > 2:
        words = _counted(value.whole) if not value.fraction.strip("0") else number_words(text).removeprefix("负")
        unit = _CURRENCIES.get(code) or ("元" if code == "CNY" else f" {' '.join(code)}")
        return ("负" if value.is_negative else "") + words + unit
    jiao, fen = (int(digit) for digit in (value.fraction + "00")[:2])
    words = f"{_counted(value.whole)}元" if value.whole or not (jiao or fen) else ""
    if jiao:
        words += f"{_counted(jiao)}角"
    elif fen and words:
        words += "零"
    if fen:
        words += f"{_counted(fen)}分"
    return ("负" if value.is_negative else "") + words


def date_words(text: str) -> str:
    """二零二六年三月十二日. Raises BadValue: not a date."""
    value = day(text)
    return f"{digit_words(f'{value.year:04d}')}年{cardinal(value.month)}月{cardinal(value.day)}日"


def time_words(text: str) -> str:
    """下午三点三十分. Raises BadValue: not a time."""
    hour, minute, second = clock(text)
    part = "凌晨" if hour < 6 else "上午" if hour < 12 else "中午" if hour == 12 else "下午" if hour < 18 else "晚上"
    words = f"{part}{_counted(hour % 12 or 12) if hour else '零'}点"
    if not minute and not second:
        return words + "整"
    words += ("零" if minute < 10 else "") + (cardinal(minute) if minute else "") + "分"
    return words + (f"{cardinal(second)}秒" if second else "")


_IN_TEXT = re.compile(
    r"(?<![\d.])(?P<date>\d{4}-\d{2}-\d{2})(?!\d)"
    r"|(?<![\d.:])(?P<time>\d{1,2}:\d{2}(?::\d{2})?)(?![\d:])"
    r"|[¥￥](?P<money>\d[\d,]{0,18}(?:\.\d{1,15})?)"
    r"|(?<![\d.])(?P<year>\d{4})(?=年)"
    r"|(?P<mark>(?:号|号码|码|编号|分机)(?:是|为|：|:)?\s?)(?P<code>\d{2,32})(?![\d.])"
    r"|(?<![\d.])(?P<phone>\+?\d[\d() -]{5,24}\d)(?!\d|\.\d)"
    r"|(?P<sign>(?<![0-9A-Za-z)])-)?(?P<number>\d[\d,]{0,18}(?:\.\d{1,15})?)(?P<measure>[个位分小秒元天次件人条份])?"
)
"""Everything with digits: the Chinese voices read ASCII digits unreliably."""


def spell_out(text: str) -> str:
    """Running text with all numbers, dates, times, amounts and telephone numbers as words."""

    def words(found: re.Match[str]) -> str:
        try:
            return _found(found)
        except BadValue:
            return "".join(_DIGITS[int(char)] if "0" <= char <= "9" else char for char in found[0])

    return _IN_TEXT.sub(words, text)


def _found(found: re.Match[str]) -> str:
    for kind, function in (("date", date_words), ("time", time_words), ("year", digit_words)):
        if found[kind]:
            return function(found[kind])
    if found["money"]:
        return money_words(found["money"], "CNY")
    if found["code"]:
        return found["mark"] + digit_words(found["code"])
    if found["phone"]:
        digits = sum(char.isdecimal() for char in found["phone"])
        return telephone_words(found["phone"]) if digits >= 7 else spell_out_groups(found["phone"])
    words = number_words((found["sign"] or "") + found["number"])
    measure = found["measure"] or ""
    return ("两" if words == "二" and measure else words) + measure


def spell_out_groups(text: str) -> str:
    """Numbers that only stand near each other."""
    return re.sub(r"\d+", lambda found: number_words(found[0]), text)
