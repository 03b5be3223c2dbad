"""Linear scanning of SIP values: tokens, quoted strings, lists and parameters. Every character is looked at once."""

from __future__ import annotations

import re

from opencec.sip.errors import SipParseError
from opencec.sip.limits import MAX_LIST_ITEMS, MAX_PARAMETERS

__all__ = ["TOKEN_CHARS", "is_token", "parse_params", "quote", "quoted_end", "split_list", "unquote"]

_ALPHANUMERIC = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
TOKEN_CHARS = _ALPHANUMERIC + "-.!%*_+`'~"  # RFC 3261 25.1
_SPACE = " \t"
# Possessive throughout: these never go back, so they are linear whether they match or not.
_QUOTED_TEXT = r'"[^"\\]*+(?:\\.[^"\\]*+)*+"'
_QUOTED = re.compile(_QUOTED_TEXT, re.DOTALL)
# One item of a comma-separated list.
_ITEM = re.compile(rf'(?:[^",<]++|<[^>]*+>|{_QUOTED_TEXT})*+', re.DOTALL)
_MARK = "\ud800"


def is_token(text: str) -> bool:
    """Tell whether `text` is a token of RFC 3261 25.1 (at least one character)."""
    return bool(text) and not text.strip(TOKEN_CHARS)


def quoted_end(text: str, start: int) -> int:
    """Return the index just past the quoted string that opens at `text[start]`.

    Raises:
        SipParseError: the closing quote is missing.
    """
    match = _QUOTED.match(text, start)
    if match is None:
        raise SipParseError("sip.quoted_string", 400, "Unbalanced quotes")
    return match.end()


def unquote(text: str) -> str:
    """Return the content of a quoted string (with its quotes), quoted pairs resolved."""
    inner = text[1:-1]
    if "\\" not in inner:
        return inner
    # Three passes in C. A lone surrogate cannot come out of decoding, so it is free as a mark.
    return inner.replace("\\\\", _MARK).replace("\\", "").replace(_MARK, "\\")


def quote(text: str) -> str:
    """Write a quoted string. Line breaks and NUL, which SIP cannot carry, become spaces."""
    if "\\" in text:
        text = text.replace("\\", "\\\\")
    if '"' in text:
        text = text.replace('"', '\\"')
    if not text.isprintable():
        text = text.replace("\r", " ").replace("\n", " ").replace("\0", " ")
    return f'"{text}"'


def split_list(value: str) -> list[str]:
    """Split at the commas outside of quotes and angle brackets; items are stripped, empty ones kept.

    Raises:
        SipParseError: unbalanced quotes, or more than `MAX_LIST_ITEMS` items.
    """
    if "," not in value:
        return [value.strip(_SPACE)]
    if '"' not in value and "<" not in value:
        items = value.split(",", MAX_LIST_ITEMS)
    else:
        items = _split_marked(value)
    if len(items) > MAX_LIST_ITEMS:
        raise SipParseError("sip.list.too_long", 400, "Too many values in a header field")
    return [item.strip(_SPACE) for item in items]


def _split_marked(value: str) -> list[str]:
    items: list[str] = []
    start, end = 0, len(value)
    while len(items) <= MAX_LIST_ITEMS:
        match = _ITEM.match(value, start)
        stop = match.end() if match else start
        items.append(value[start:stop])
        if stop == end:
            break
        if value[stop] != ",":
            raise SipParseError("sip.list", 400, "Unbalanced quotes or brackets")
        start = stop + 1
    return items


def parse_params(text: str, separator: str = ";") -> dict[str, str | None]:
    """Parse `name=value` pairs apart by `separator`; `text` starts behind the first separator.

    Names are lower-cased, quoted values unquoted, a name without `=` maps to None. White space around every sign is
    allowed. Empty pairs are skipped between commas (the list rule of HTTP) and refused between semicolons.

    Raises:
        SipParseError: malformed, a name given twice, or more than `MAX_PARAMETERS` pairs.
    """
    params: dict[str, str | None] = {}
    if '"' not in text:
        pieces = text.split(separator, MAX_PARAMETERS)
        if len(pieces) > MAX_PARAMETERS:
            raise SipParseError("sip.parameter.too_many", 400, "Too many parameters")
        for piece in pieces:
            if separator == "," and not piece.strip(_SPACE):
                continue
            name, equals, value = piece.partition("=")
            _put(params, name, value.strip(_SPACE) if equals else None)
        return params
    at = 0
    for _ in range(MAX_PARAMETERS + 1):
        at = _quoted_param(text, at, separator, params)
        if at > len(text):
            return params
    raise SipParseError("sip.parameter.too_many", 400, "Too many parameters")


def _quoted_param(text: str, at: int, separator: str, params: dict[str, str | None]) -> int:
    """Read one pair at `at` into `params` and return where the next one starts (past the end when there is none)."""
    end = len(text)
    stop = text.find(separator, at)
    stop = end if stop < 0 else stop
    equals = text.find("=", at, stop)
    if equals < 0 and separator == "," and not text[at:stop].strip(_SPACE):
        return stop + 1
    if equals < 0:
        _put(params, text[at:stop], None)
        return stop + 1
    value_at = equals + 1
    while value_at < end and text[value_at] in _SPACE:
        value_at += 1
    if value_at < end and text[value_at] == '"':
        close = quoted_end(text, value_at)
        stop = text.find(separator, close)
        stop = end if stop < 0 else stop
        if text[close:stop].strip(_SPACE):
            raise SipParseError("sip.parameter", 400, "Text after a quoted parameter value")
        _put(params, text[at:equals], text[value_at:close])
    else:
        _put(params, text[at:equals], text[value_at:stop].strip(_SPACE))
    return stop + 1


def _put(params: dict[str, str | None], name: str, value: str | None) -> None:
    name = name.strip(_SPACE).lower()
    if not is_token(name):
        raise SipParseError("sip.parameter", 400, "Malformed parameter name")
    if name in params:
        raise SipParseError("sip.parameter.duplicate", 400, "Parameter given twice")
    if len(params) >= MAX_PARAMETERS:
        raise SipParseError("sip.parameter.too_many", 400, "Too many parameters")
    if value is not None and value.startswith('"'):
        value = unquote(value)
    params[name] = value
