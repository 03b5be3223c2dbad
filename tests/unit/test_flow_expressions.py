"""Expressions and templates: precedence, values, limits, linear time."""

from __future__ import annotations

import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from opencec.flow.errors import ExpressionError
from opencec.flow.expressions import parse, parse_template
from opencec.flow.model import Value

pytestmark = pytest.mark.unit

VALUES: dict[str, Value] = {
    "FLOW.tier": "gold",
    "FLOW.count": 3,
    "FLOW.digits": "0123",
    "FLOW.empty": None,
    "FLOW.ok": True,
    "FLOW.amount": 12.5,
    "SYS.systemTime": "153000",
    "GLOBAL.x": "5",
}


def lookup(name: str) -> Value:
    try:
        return VALUES[name]
    except KeyError:
        raise ExpressionError(f"no variable {name}") from None


def value(text: str) -> Value:
    return parse(text).evaluate(lookup)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1 + 2 * 3", 7),
        ("(1 + 2) * 3", 9),
        ("2 - 3 - 4", -5),
        ("7 / 2", 3.5),
        ("8 / 2", 4),
        ("-7 % 3", -1),
        ("1 + 2 > 2 && 3 < 4", True),
        ("false || true && false", False),
        ("(false || true) && true", True),
        ("1 < 2 == true", True),
        ("!FLOW.ok || FLOW.count >= 3", True),
        ("FLOW.tier=='gold' && SYS.systemTime<'173000'", True),
        ('FLOW.tier != "silver"', True),
        ("'it\\'s' + ' ' + 5", "it's 5"),
        ("FLOW.digits == 123", True),
        ("FLOW.digits == '123'", False),
        ("GLOBAL.x > 4", True),
        ("FLOW.empty == null", True),
        ("FLOW.empty == ''", True),
        ("FLOW.tier == 5", False),
        ("FLOW.amount * 2", 25.0),
        ("FLOW.digits.substring(1, 3)", "12"),
        ("FLOW.digits.substring(2)", "23"),
        ("FLOW.digits.length() == 4", True),
        ("FLOW.tier.toUpperCase().endsWith('LD')", True),
        ("FLOW.tier.contains('ol') && FLOW.tier.startsWith('g')", True),
        ("' a '.trim().concat('b').replace('b', 'c')", "ac"),
        ("FLOW.tier.indexOf('z')", -1),
        ("FLOW.tier.charAt(0)", "g"),
        ("FLOW.tier.equalsIgnoreCase('GOLD')", True),
        ("'12'.toNumber() + 1", 13),
    ],
)
def test_value_of(text: str, expected: Value) -> None:
    result = value(text)
    assert result == expected
    assert type(result) is type(expected)


def test_the_deciding_side_keeps_the_other_from_being_evaluated() -> None:
    assert value("false && FLOW.nowhere") is False
    assert value("true || 1 / 0") is True


@pytest.mark.parametrize(
    ("text", "position"),
    [
        ("1 +", 3),
        ("(1", 2),
        ("FLOW.", 5),
        ("'open", 0),
        ("a == 1", 0),
        ("1 2", 2),
        ("FLOW.x.eval('1')", 7),
        ("FLOW.x.substring()", 7),
        ("1 = 2", 2),
        ("12345678901234567890", 0),
    ],
)
def test_what_does_not_parse_says_where(text: str, position: int) -> None:
    with pytest.raises(ExpressionError) as caught:
        parse(text)
    assert caught.value.position == position


@pytest.mark.parametrize(
    "text",
    [
        "1 / 0",
        "5 % 0",
        "FLOW.tier + 1 > 2",
        "FLOW.tier * 2",
        "!FLOW.tier",
        "1 && true",
        "9000000000000000000 * 9",
        "FLOW.nowhere",
        "FLOW.tier.substring(3, 9)",
        "FLOW.tier.charAt(9)",
        "FLOW.tier.replace('', 'x')",
    ],
)
def test_what_cannot_be_evaluated_raises(text: str) -> None:
    with pytest.raises(ExpressionError):
        value(text)


def test_limits_on_length_words_depth_and_growth() -> None:
    for text in ("1" + " " * 4096, "+".join(["1"] * 400), "(" * 100 + "1" + ")" * 100, "!" * 60 + "true"):
        with pytest.raises(ExpressionError):
            parse(text)
    doubling = "'" + "x" * 100 + "'" + ".replace('x', 'xxxxxxxx')" * 5
    with pytest.raises(ExpressionError):
        value(doubling)


def test_the_longest_chain_that_parses_also_evaluates() -> None:
    assert value("+".join(["1"] * 250)) == 250
    assert value("&&".join(["true"] * 250)) is True
    assert value("'a'" + ".trim()" * 120) == "a"
    assert sys.getrecursionlimit() <= 1000


@settings(max_examples=200, deadline=None)
@given(st.text(alphabet="FLOW.x'\"\\()!&|<>=+-*/%., 019truefalsn$", max_size=120))
def test_any_text_gives_a_value_or_an_expression_error(text: str) -> None:
    try:
        parse(text).evaluate(lambda name: "7")
    except ExpressionError:
        pass


@settings(max_examples=100, deadline=None)
@given(
    st.recursive(
        st.integers(0, 50).map(str),
        lambda inner: st.tuples(inner, st.sampled_from("+-*"), inner).map(
            lambda parts: f"({parts[0]} {parts[1]} {parts[2]})"
        ),
        max_leaves=12,
    )
)
def test_arithmetic_agrees_with_python(text: str) -> None:
    assert value(text) == eval(text, {"__builtins__": {}})


def test_template_fills_in_expressions() -> None:
    template = parse_template("Dear ${FLOW.tier} customer, ${FLOW.count + 1} calls, ${FLOW.amount}, ${FLOW.ok}.")
    assert template.fill(lookup) == "Dear gold customer, 4 calls, 12.5, true."
    assert template.variables == {"FLOW.tier", "FLOW.count", "FLOW.amount", "FLOW.ok"}
    assert parse_template("cost: $5 {x}").fill(lookup) == "cost: $5 {x}"


def test_template_without_an_end_and_too_long_a_result_raise() -> None:
    with pytest.raises(ExpressionError):
        parse_template("hello ${FLOW.x")
    long = parse_template("${FLOW.x}" * 5)
    with pytest.raises(ExpressionError):
        long.fill(lambda name: "y" * 1000)
