"""Safe expressions and text templates over flow variables (ivr-flows 4.7).

Precedence: parentheses > calls > `! -` > `* / %` > `+ -` > `> >= < <=` > `== !=` > `&&` > `||`; left to right. `&&` and
`||` do not evaluate their right side when the left one decides. Strings in single or double quotes, numbers, `true`,
`false`, `null`; variables `FLOW.x`, `GLOBAL.x`, `SYS.x`; string functions behind a dot: `FLOW.id.substring(0, 2)`.
Parsing and evaluating take time linear in the text: no regular expressions, no loops, limits on length and depth.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import NamedTuple

from opencec.flow.errors import ExpressionError
from opencec.flow.model import MAX_TEXT, Value
from opencec.flow.operators import BINARY, METHODS, as_bool, as_text, negate
from opencec.flow.tokens import Token, tokenize

__all__ = ["MAX_DEPTH", "SCOPES", "Expression", "Lookup", "Template", "parse", "parse_template"]

MAX_DEPTH = 40
SCOPES = ("FLOW", "GLOBAL", "SYS")

Lookup = Callable[[str], Value]
"""Variable name with its scope (`FLOW.x`) -> value; raises ExpressionError for one that does not exist."""

_Evaluate = Callable[[Lookup], Value]

_BINDING = {
    "||": 1,
    "&&": 2,
    "==": 3,
    "!=": 3,
    "<": 4,
    "<=": 4,
    ">": 4,
    ">=": 4,
    "+": 5,
    "-": 5,
    "*": 6,
    "/": 6,
    "%": 6,
}
_CONSTANTS: dict[str, Value] = {"true": True, "false": False, "null": None}


class Expression(NamedTuple):
    """A parsed expression."""

    evaluate: _Evaluate
    """Raises ExpressionError when the values do not fit."""
    variables: frozenset[str]


class Template(NamedTuple):
    """A parsed text with `${...}` placeholders; each may hold any expression."""

    fill: Callable[[Lookup], str]
    """Raises ExpressionError when the values do not fit, or the text gets too long."""
    variables: frozenset[str]


@lru_cache(maxsize=4096)
def parse(text: str) -> Expression:
    """The expression in `text`.

    Raises:
        ExpressionError: with the position.
    """
    parser = _Parser(tokenize(text))
    evaluate = parser.expression(0)
    parser.finish()
    return Expression(evaluate, frozenset(parser.variables))


@lru_cache(maxsize=4096)
def parse_template(text: str) -> Template:
    """The template in `text`.

    Raises:
        ExpressionError: a placeholder without an end, or one that does not parse.
    """
    if len(text) > MAX_TEXT:
        raise ExpressionError(f"longer than {MAX_TEXT} characters")
    parts: list[str | _Evaluate] = []
    variables: set[str] = set()
    at = 0
    while (begin := text.find("${", at)) >= 0:
        end = text.find("}", begin)
        if end < 0:
            raise ExpressionError("${ without }", position=begin)
        inner = parse(text[begin + 2 : end])
        variables |= inner.variables
        parts += [text[at:begin], inner.evaluate]
        at = end + 1
    parts.append(text[at:])

    def fill(lookup: Lookup) -> str:
        filled = "".join(part if isinstance(part, str) else as_text(part(lookup)) for part in parts)
        if len(filled) > MAX_TEXT:
            raise ExpressionError(f"text longer than {MAX_TEXT} characters")
        return filled

    return Template(fill, frozenset(variables))


class _Parser:
    """Precedence climbing over the tokens; each rule returns a closure that evaluates its part."""

    def __init__(self, tokens: list[Token]) -> None:
        self.tokens = tokens
        self.at = 0
        self.depth = 0
        self.variables: set[str] = set()

    def expression(self, binding: int) -> _Evaluate:
        self._descend()
        left = self._unary()
        while True:
            operator = self._peek()
            power = _BINDING.get(operator.text, 0) if operator.kind == "operator" else 0
            if power <= binding:
                break
            self.at += 1
            left = _combine(operator.text, left, self.expression(power))
        self.depth -= 1
        return left

    def finish(self) -> None:
        token = self._peek()
        if token.kind != "end":
            raise ExpressionError(f"unexpected {token.text!r}", position=token.position)

    def _peek(self) -> Token:
        return self.tokens[self.at]

    def _take(self, text: str) -> bool:
        token = self._peek()
        if token.kind == "operator" and token.text == text:
            self.at += 1
            return True
        return False

    def _need(self, text: str) -> None:
        if not self._take(text):
            token = self._peek()
            raise ExpressionError(f"expected {text!r}", position=token.position)

    def _descend(self) -> None:
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise ExpressionError("nested too deeply", position=self._peek().position)

    def _unary(self) -> _Evaluate:
        for sign in ("!", "-"):
            if self._take(sign):
                self._descend()
                inner = self._unary()
                self.depth -= 1
                if sign == "!":
                    return lambda lookup: not as_bool(inner(lookup))
                return lambda lookup: negate(inner(lookup))
        return self._calls(self._primary())

    def _primary(self) -> _Evaluate:
        token = self._peek()
        self.at += 1
        match token.kind:
            case "number":
                value: Value = float(token.text) if "." in token.text else int(token.text)
                return lambda lookup: value
            case "string":
                return lambda lookup: token.text
            case "name":
                return self._name(token)
        if token.text == "(":
            inner = self.expression(0)
            self._need(")")
            return inner
        what = "the end" if token.kind == "end" else repr(token.text)
        raise ExpressionError(f"unexpected {what}", position=token.position)

    def _name(self, token: Token) -> _Evaluate:
        if token.text in _CONSTANTS:
            constant = _CONSTANTS[token.text]
            return lambda lookup: constant
        if token.text not in SCOPES:
            raise ExpressionError(f"unknown name {token.text!r}", position=token.position)
        self._need(".")
        field = self._peek()
        if field.kind != "name":
            raise ExpressionError("expected a variable name", position=field.position)
        self.at += 1
        name = f"{token.text}.{field.text}"
        self.variables.add(name)
        return lambda lookup: lookup(name)

    def _calls(self, receiver: _Evaluate) -> _Evaluate:
        while self._take("."):
            name = self._peek()
            if name.kind != "name" or name.text not in METHODS:
                raise ExpressionError(f"unknown function {name.text!r}", position=name.position)
            self.at += 1
            receiver = _call(receiver, name, self._arguments())
        return receiver

    def _arguments(self) -> list[_Evaluate]:
        self._need("(")
        arguments: list[_Evaluate] = []
        if self._take(")"):
            return arguments
        while True:
            arguments.append(self.expression(0))
            if self._take(")"):
                return arguments
            self._need(",")


def _combine(operator: str, left: _Evaluate, right: _Evaluate) -> _Evaluate:
    if operator == "&&":
        return lambda lookup: as_bool(left(lookup)) and as_bool(right(lookup))
    if operator == "||":
        return lambda lookup: as_bool(left(lookup)) or as_bool(right(lookup))
    function = BINARY[operator]
    return lambda lookup: function(left(lookup), right(lookup))


def _call(receiver: _Evaluate, name: Token, arguments: list[_Evaluate]) -> _Evaluate:
    fewest, most, function = METHODS[name.text]
    if not fewest <= len(arguments) <= most:
        raise ExpressionError(f"{name.text} does not take {len(arguments)} arguments", position=name.position)
    return lambda lookup: function(as_text(receiver(lookup)), *(argument(lookup) for argument in arguments))
