"""Digits in SIP INFO: `application/dtmf-relay` (`Signal=5`, `Duration=160`) and `application/dtmf` (a digit)."""

from __future__ import annotations

__all__ = ["parse_info_digit"]

_DIGITS = frozenset("0123456789*#ABCD")
_NUMBERED = {"10": "*", "11": "#"}
_DEFAULT_MS = 160
_MAX_MS = 5_000
_MAX_BODY = 256


def parse_info_digit(content_type: str, body: bytes) -> tuple[str, int] | None:
    """Digit and duration in milliseconds, None when the body holds none."""
    kind = content_type.partition(";")[0].strip().lower()
    text = body[:_MAX_BODY].decode("ascii", "replace").strip()
    if kind == "application/dtmf":
        return _digit(text, _DEFAULT_MS)
    if kind != "application/dtmf-relay":
        return None
    fields: dict[str, str] = {}
    for line in text.splitlines():
        name, _, value = line.partition("=")
        fields[name.strip().lower()] = value.strip()
    duration = fields.get("duration", "")
    return _digit(fields.get("signal", ""), int(duration) if duration.isdigit() else _DEFAULT_MS)


def _digit(text: str, duration_ms: int) -> tuple[str, int] | None:
    digit = _NUMBERED.get(text, text.upper())
    if len(digit) != 1 or digit not in _DIGITS:
        return None
    return digit, min(duration_ms, _MAX_MS)
