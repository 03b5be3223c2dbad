"""What the operators and string functions of an expression do to values (ivr-flows 4.7)."""

from __future__ import annotations

import math
from collections.abc import Callable

from opencec.flow.errors import ExpressionError
from opencec.flow.model import MAX_TEXT, Value

__all__ = ["BINARY", "METHODS", "as_bool", "as_text", "negate"]

_LIMIT = 2**63
"""Integers are 64-bit, as in the engine whose grammar this is; beyond is an error and not a slow big number."""

Number = int | float


def as_text(value: Value) -> str:
    """The value as spoken or compared text: None is empty, booleans are lower case, 3.0 is `3`."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    return str(value)


def as_bool(value: Value) -> bool:
    """A condition's result.

    Raises:
        ExpressionError: not a boolean.
    """
    if isinstance(value, bool):
        return value
    raise ExpressionError(f"{as_text(value)[:40]!r} is not true or false")


def _number(value: Value) -> Number | None:
    """The value as a number, or None if it is none. Digits that callers press are strings, so these count."""
    if isinstance(value, bool) or value is None:
        return None
    if isinstance(value, int | float):
        return value
    text = value.strip()
    if not text or len(text) > 32 or text[0] not in "+-.0123456789":
        return None
    try:
        return int(text)
    except ValueError:
        pass
    try:
        number = float(text)
    except ValueError:
        return None
    return number if math.isfinite(number) else None


def _need(value: Value) -> Number:
    number = _number(value)
    if number is None:
        raise ExpressionError(f"{as_text(value)[:40]!r} is not a number")
    return number


def _checked(number: Number) -> Number:
    if isinstance(number, int):
        if not -_LIMIT <= number < _LIMIT:
            raise ExpressionError("number too large")
    elif not math.isfinite(number):
        raise ExpressionError("number too large")
    return number


def negate(value: Value) -> Value:
    return _checked(-_need(value))


def _add(left: Value, right: Value) -> Value:
    if isinstance(left, str) or isinstance(right, str):
        text = as_text(left) + as_text(right)
        if len(text) > MAX_TEXT:
            raise ExpressionError(f"text longer than {MAX_TEXT} characters")
        return text
    return _checked(_need(left) + _need(right))


def _subtract(left: Value, right: Value) -> Value:
    return _checked(_need(left) - _need(right))


def _multiply(left: Value, right: Value) -> Value:
    return _checked(_need(left) * _need(right))


def _divide(left: Value, right: Value) -> Value:
    above, below = _need(left), _need(right)
    if below == 0:
        raise ExpressionError("division by zero")
    if isinstance(above, int) and isinstance(below, int) and above % below == 0:
        return _checked(above // below)
    return _checked(above / below)


def _remainder(left: Value, right: Value) -> Value:
    """With the sign of the dividend, as in Java."""
    above, below = _need(left), _need(right)
    if below == 0:
        raise ExpressionError("division by zero")
    if isinstance(above, int) and isinstance(below, int):
        rest = abs(above) % abs(below)
        return -rest if above < 0 else rest
    return math.fmod(above, below)


def _pair(left: Value, right: Value) -> tuple[Number, Number] | tuple[str, str]:
    """Both as numbers if at least one is a number and the other can be; two strings compare as text."""
    if isinstance(left, str) and isinstance(right, str):
        return left, right
    first, second = _number(left), _number(right)
    if first is None or second is None:
        raise ExpressionError(f"cannot compare {as_text(left)[:40]!r} with {as_text(right)[:40]!r}")
    return first, second


def _order(left: Value, right: Value) -> int:
    first, second = _pair(left, right)
    return (first > second) - (first < second)  # type: ignore[operator]  # a pair is always of one kind


def _equal(left: Value, right: Value) -> bool:
    if left is None or right is None or isinstance(left, bool) or isinstance(right, bool):
        return as_text(left) == as_text(right)
    if isinstance(left, str) and isinstance(right, str):
        return left == right
    first, second = _number(left), _number(right)
    return first is not None and first == second


BINARY: dict[str, Callable[[Value, Value], Value]] = {
    "+": _add,
    "-": _subtract,
    "*": _multiply,
    "/": _divide,
    "%": _remainder,
    "==": _equal,
    "!=": lambda left, right: not _equal(left, right),
    "<": lambda left, right: _order(left, right) < 0,
    "<=": lambda left, right: _order(left, right) <= 0,
    ">": lambda left, right: _order(left, right) > 0,
    ">=": lambda left, right: _order(left, right) >= 0,
}


# --- string functions: (fewest, most arguments, function) -----------------------------------------------------------


def _index(value: Value) -> int:
    number = _need(value)
    if not float(number).is_integer():
        raise ExpressionError("an index must be a whole number")
    return int(number)


def _substring(text: str, start: Value, end: Value = None) -> Value:
    first = _index(start)
    last = len(text) if end is None else _index(end)
    if not 0 <= first <= last <= len(text):
        raise ExpressionError(f"substring({first}, {last}) is outside a text of {len(text)} characters")
    return text[first:last]


def _char_at(text: str, index: Value) -> Value:
    at = _index(index)
    if not 0 <= at < len(text):
        raise ExpressionError(f"charAt({at}) is outside a text of {len(text)} characters")
    return text[at]


def _replace(text: str, old: Value, new: Value) -> Value:
    search, put = as_text(old), as_text(new)
    if not search:
        raise ExpressionError("replace needs a text to look for")
    if len(text) + text.count(search) * (len(put) - len(search)) > MAX_TEXT:
        raise ExpressionError(f"text longer than {MAX_TEXT} characters")
    return text.replace(search, put)


METHODS: dict[str, tuple[int, int, Callable[..., Value]]] = {
    "length": (0, 0, len),
    "isEmpty": (0, 0, lambda text: not text),
    "trim": (0, 0, lambda text: text.strip()),
    "toUpperCase": (0, 0, lambda text: text.upper()[:MAX_TEXT]),
    "toLowerCase": (0, 0, lambda text: text.lower()[:MAX_TEXT]),
    "substring": (1, 2, _substring),
    "charAt": (1, 1, _char_at),
    "indexOf": (1, 1, lambda text, part: text.find(as_text(part))),
    "contains": (1, 1, lambda text, part: as_text(part) in text),
    "startsWith": (1, 1, lambda text, part: text.startswith(as_text(part))),
    "endsWith": (1, 1, lambda text, part: text.endswith(as_text(part))),
    "equals": (1, 1, lambda text, other: text == as_text(other)),
    "equalsIgnoreCase": (1, 1, lambda text, other: text.casefold() == as_text(other).casefold()),
    "concat": (1, 1, lambda text, other: _add(text, as_text(other))),
    "replace": (2, 2, _replace),
    "toNumber": (0, 0, _need),
}
