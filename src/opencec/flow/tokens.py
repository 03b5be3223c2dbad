"""Cut an expression into tokens in one pass over the text (ivr-flows 4.7)."""

from __future__ import annotations

from typing import Literal, NamedTuple

from opencec.flow.errors import ExpressionError
from opencec.flow.model import MAX_TEXT

__all__ = ["MAX_TOKENS", "Token", "tokenize"]

MAX_TOKENS = 500
"""Each token nests evaluation by one call at most, so this also keeps far from the recursion limit."""

_TWO = frozenset({"==", "!=", ">=", "<=", "&&", "||"})
_ONE = frozenset("+-*/%<>!(),.")
_DIGITS = frozenset("0123456789")
_ESCAPES = {"n": "\n", "t": "\t", "\\": "\\", "'": "'", '"': '"'}
_MAX_NUMBER = 18
"""Digits of a number: what always fits into 64 bits."""


class Token(NamedTuple):
    kind: Literal["number", "string", "name", "operator", "end"]
    text: str
    position: int


def tokenize(text: str) -> list[Token]:
    """All tokens, the last one of kind `end`.

    Raises:
        ExpressionError: text or token list too long, unknown character, unterminated string, number too long.
    """
    if len(text) > MAX_TEXT:
        raise ExpressionError(f"longer than {MAX_TEXT} characters")
    tokens: list[Token] = []
    at = 0
    while at < len(text):
        char = text[at]
        if char.isspace():
            at += 1
            continue
        token, at = _token(text, at, char)
        tokens.append(token)
        if len(tokens) > MAX_TOKENS:
            raise ExpressionError(f"more than {MAX_TOKENS} words")
    tokens.append(Token("end", "", len(text)))
    return tokens


def _token(text: str, at: int, char: str) -> tuple[Token, int]:
    if char in _DIGITS:
        return _number(text, at)
    if char in "'\"":
        return _string(text, at, char)
    if char.isalpha() or char == "_":
        end = at + 1
        while end < len(text) and (text[end].isalnum() or text[end] == "_"):
            end += 1
        return Token("name", text[at:end], at), end
    if text[at : at + 2] in _TWO:
        return Token("operator", text[at : at + 2], at), at + 2
    if char in _ONE:
        return Token("operator", char, at), at + 1
    raise ExpressionError(f"unexpected {char!r}", position=at)


def _number(text: str, at: int) -> tuple[Token, int]:
    end = at
    while end < len(text) and text[end] in _DIGITS:
        end += 1
    if end + 1 < len(text) and text[end] == "." and text[end + 1] in _DIGITS:
        end += 1
        while end < len(text) and text[end] in _DIGITS:
            end += 1
    if end - at > _MAX_NUMBER:
        raise ExpressionError("number too long", position=at)
    return Token("number", text[at:end], at), end


def _string(text: str, at: int, quote: str) -> tuple[Token, int]:
    pieces: list[str] = []
    here = at + 1
    while here < len(text):
        char = text[here]
        if char == quote:
            return Token("string", "".join(pieces), at), here + 1
        if char == "\\" and here + 1 < len(text):
            here += 1
            char = _ESCAPES.get(text[here], text[here])
        pieces.append(char)
        here += 1
    raise ExpressionError("string without an end", position=at)
