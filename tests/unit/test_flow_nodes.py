"""Each node type: what it orders, where it leads."""

from __future__ import annotations

from typing import Any

import pytest

from fakes.flows import Caller, declare, flow
from opencec.flow.inputs import Answered, DigitsCollected, PlaybackEnded, Timer, TransferFailed
from opencec.flow.model import Flow
from opencec.flow.orders import (
    Answer,
    EndCall,
    PlayAndCollect,
    PlayPrompts,
    Ringing,
    SpokenPrompt,
    SpokenValue,
    TransferToAgent,
    TransferToFlow,
    TransferToNumber,
    TransferToQueue,
    ValueKind,
    VoicePrompt,
)

pytestmark = pytest.mark.unit

HELLO = [{"type": "voice", "name": "hello"}]
END: tuple[str, dict[str, Any]] = ("end", {})


def menu_flow(preset: str = "", **parameters: Any) -> Flow:
    """A menu with keys 1 and *; `preset` is the exit of a further line."""
    menu = {"prompts": HELLO, "keys": [{"key": "1"}, {"key": "*"}], "max_failures": 1} | parameters
    nodes = {"menu": ("menu", menu), "one": END, "star": ("end", {"cause": "busy"}), "other": END}
    lines = ["start>menu", "menu:1>one", "menu:*>star", "menu:other>other"]
    if preset:
        nodes["preset"] = END
        lines.append(f"menu:{preset}>preset")
    return flow(nodes, lines)


# --- ring and answer ------------------------------------------------------------------------------------------------


def test_ring_without_parameters_does_not_wait() -> None:
    caller = Caller(
        flow({"r": ("ring", {}), "a": ("answer", {}), "end": END}, ["start>r", "r>a", "a>end"]), answered=False
    )
    assert caller.step.orders == (Ringing(order="c1:1"), Answer(order="c1:2"))
    assert isinstance(caller.give(Answered), EndCall)


def test_ring_for_a_time_waits_for_the_timer() -> None:
    caller = Caller(flow({"r": ("ring", {"duration_seconds": 3}), "end": END}, ["start>r", "r>end"]), answered=False)
    assert caller.last == Ringing(order="c1:1", duration_ms=3_000)
    assert isinstance(caller.give(Timer), EndCall)


def test_after_early_media_a_menu_works_without_an_answer() -> None:
    document = flow(
        {"r": ("ring", {"prompts": HELLO}), "m": ("menu", {"prompts": HELLO, "keys": [{"key": "1"}]}), "end": END},
        ["start>r", "r>m", "m:1>end", "m:other>end"],
    )
    caller = Caller(document, answered=False)
    assert caller.last == Ringing(order="c1:1", prompts=(VoicePrompt(name="hello"),))
    order = caller.give(PlaybackEnded)
    assert isinstance(order, PlayAndCollect)
    assert order.use_buffered
    assert not caller.step.session.answered


def test_ring_and_answer_do_nothing_on_an_answered_call() -> None:
    caller = Caller(
        flow({"r": ("ring", {"duration_seconds": 3}), "a": ("answer", {}), "end": END}, ["start>r", "r>a", "a>end"])
    )
    assert caller.step.orders == (EndCall(order="c1:1"),)


# --- prompts ------------------------------------------------------------------------------------------


def test_prompts_are_filled_in_and_in_the_calls_language() -> None:
    prompts = [
        {"type": "voice", "name": "hello_${FLOW.tier}"},
        {"type": "tts", "text": "You owe ${FLOW.sum} dollars", "voice": "male", "speed": "high", "fallback": "f"},
        {"type": "value", "value": "FLOW.sum * 2", "kind": "money", "currency": "USD"},
        {"type": "value", "value": "FLOW.nothing"},
    ]
    document = flow(
        {"p": ("playback", {"prompts": prompts}), "end": END},
        ["start>p", "p>end"],
        variables=declare(tier=("string", "gold"), sum=("float", 2.5), nothing=("string", None)),
    )
    assert Caller(document, language="zh_CN").last == PlayPrompts(
        order="c1:1",
        prompts=(
            VoicePrompt(name="hello_gold", language="zh_CN"),
            SpokenPrompt(text="You owe 2.5 dollars", language="zh_CN", voice="male", speed="high", fallback="f"),
            SpokenValue(kind=ValueKind.MONEY, value="5", language="zh_CN", currency="USD"),
        ),
    )


def test_assigning_sys_language_changes_the_prompts_from_then_on() -> None:
    document = flow(
        {
            "n": ("assign", {"assignments": [{"variable": "SYS.language", "value": "'zh_CN'"}]}),
            "p": ("playback", {"prompts": HELLO}),
            "end": END,
        },
        ["start>n", "n>p", "p>end"],
    )
    assert Caller(document).last == PlayPrompts(order="c1:1", prompts=(VoicePrompt(name="hello", language="zh_CN"),))


# --- menu ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("key", "node"), [("1", "one"), ("*", "star")])
def test_menu_leads_by_key(key: str, node: str) -> None:
    caller = Caller(menu_flow())
    assert caller.last == PlayAndCollect(order="c1:1", prompts=(VoicePrompt(name="hello"),))
    caller.give(DigitsCollected, digits=key)
    assert caller.path[-1] == f"{node}:END"
    assert caller.visits[1].keys == key


def test_menu_repeats_until_the_failures_exceed_the_limit() -> None:
    caller = Caller(menu_flow())
    again = caller.give(DigitsCollected, reason="no_input")
    assert again == PlayAndCollect(order="c1:2", prompts=(VoicePrompt(name="hello"),))
    assert isinstance(caller.give(DigitsCollected, digits="9"), EndCall)
    assert caller.path[-1] == "other:END"


def test_menu_plays_its_error_and_timeout_prompts() -> None:
    caller = Caller(
        menu_flow(
            error_prompts=[{"type": "voice", "name": "wrong"}],
            max_failures=3,
            timeout_prompts=[{"type": "voice", "name": "late"}],
        )
    )
    played = [caller.give(DigitsCollected, digits="9"), caller.give(DigitsCollected, reason="no_input")]
    assert [order.prompts[0].name for order in played] == ["wrong", "late"]  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("line", "inputs"),
    [
        ("timeout1", [""]),
        ("timeout2", ["", ""]),
        ("nomatch1", ["9"]),
        ("nomatch1", ["", "9"]),
        ("nomatch2", ["8", "9"]),
        ("error3", ["8", "", "9"]),
    ],
)
def test_preset_branches_go_before_the_menus_own_tries(line: str, inputs: list[str]) -> None:
    caller = Caller(menu_flow(line, max_failures=9))
    for keys in inputs:
        assert not caller.step.session.ended
        caller.give(DigitsCollected, digits=keys, reason="complete" if keys else "no_input")
    assert caller.path[-2:] == [f"menu:{line}", "preset:END"]


def test_error_count_clearance_forgets() -> None:
    document = flow(
        {
            "m": ("menu", {"prompts": HELLO, "keys": [{"key": "1"}], "max_failures": 9}),
            "clear": ("clear_errors", {}),
            "late": ("end", {}),
        },
        ["start>m", "m:1>clear", "m:other>late", "m:timeout2>late", "clear>m"],
    )
    caller = Caller(document)
    for keys in ("", "1", "", "1", ""):
        caller.give(DigitsCollected, digits=keys, reason="complete" if keys else "no_input")
    assert not caller.step.session.ended
    caller.give(DigitsCollected, reason="no_input")
    assert caller.path[-1] == "late:END"


# --- digit collection -------------------------------------------------------------------------------------------------


def collect_flow(**parameters: Any) -> Flow:
    collect = {"prompts": HELLO, "variable": "FLOW.id", "min_length": 3, "max_length": 5, "max_failures": 0}
    return flow(
        {"c": ("collect", collect | parameters), "good": END, "bad": END},
        ["start>c", "c:success>good", "c:failure>bad"],
        variables=declare(id=("string", "")),
    )


def test_collection_stores_the_digits() -> None:
    caller = Caller(collect_flow(wait_seconds=7, between_keys_seconds=2))
    assert caller.last == PlayAndCollect(
        order="c1:1",
        prompts=(VoicePrompt(name="hello"),),
        max_digits=5,
        min_digits=3,
        end_keys="#",
        first_digit_ms=7_000,
        inter_digit_ms=2_000,
    )
    caller.give(DigitsCollected, digits="1234", reason="end_key", end_key="#")
    assert caller.path[-1] == "good:END"
    assert caller.step.session.variables == {"id": "1234"}
    assert caller.visits[1].keys == "1234#"


@pytest.mark.parametrize(
    ("digits", "reason", "node"),
    [
        ("123", "inter_digit", "good"),
        ("12", "inter_digit", "bad"),
        ("12", "end_key", "bad"),
        ("", "no_input", "bad"),
        ("", "end_key", "bad"),
    ],
)
def test_collection_needs_the_fewest_digits(digits: str, reason: str, node: str) -> None:
    caller = Caller(collect_flow())
    caller.give(DigitsCollected, digits=digits, reason=reason)
    assert caller.path[-1] == f"{node}:END"


def test_an_end_key_alone_is_an_empty_answer_where_that_is_allowed() -> None:
    caller = Caller(collect_flow(min_length=0))
    caller.give(DigitsCollected, digits="", reason="end_key", end_key="#")
    assert caller.path[-1] == "good:END"
    caller = Caller(collect_flow(min_length=0))
    caller.give(DigitsCollected, digits="", reason="no_input")
    assert caller.path[-1] == "bad:END"


# --- branch, assign, time ------------------------------------------------------------


@pytest.mark.parametrize(("number", "node"), [("15550100", "us"), ("4930", "eu"), ("86", "rest")])
def test_branch_takes_the_first_true_condition(number: str, node: str) -> None:
    conditions = [
        {"name": "us", "expression": "SYS.callingNumber.startsWith('1')"},
        {"name": "eu", "expression": "SYS.callingNumber.startsWith('4') || SYS.callingNumber.startsWith('1')"},
    ]
    document = flow(
        {"b": ("branch", {"conditions": conditions}), "us": END, "eu": END, "rest": END},
        ["start>b", "b:us>us", "b:eu>eu", "b:default>rest"],
    )
    assert Caller(document, calling_number=number).path[-1] == f"{node}:END"


def test_assignments_convert_to_the_declared_type_in_order() -> None:
    assignments = [
        {"variable": "FLOW.n", "value": "FLOW.text + 1"},
        {"variable": "FLOW.text", "value": "FLOW.n * 2"},
        {"variable": "FLOW.flag", "value": "FLOW.n == 71"},
    ]
    document = flow(
        {"n": ("assign", {"assignments": assignments}), "end": END},
        ["start>n", "n>end"],
        variables=declare(n=("integer", 0), text=("string", "7"), flag=("boolean", None)),
    )
    assert Caller(document).step.session.variables == {"n": 71, "text": "142", "flag": True}


def test_a_value_that_does_not_fit_the_type_is_an_inner_error() -> None:
    document = flow(
        {"n": ("assign", {"assignments": [{"variable": "FLOW.n", "value": "'abc'"}]}), "end": END, "bad": END},
        ["start>n", "n>end", "n:SYSERROR_INNER>bad"],
        variables=declare(n=("integer", 0)),
    )
    assert Caller(document).path[-1] == "bad:END"


@pytest.mark.parametrize(("timezone", "node"), [("UTC", "open"), ("Asia/Shanghai", "shut")])
def test_time_selection_uses_the_tenants_clock(timezone: str, node: str) -> None:
    working = {"weekdays": [1], "periods": [{"start": "09:00", "end": "17:00"}]}
    document = flow(
        {"t": ("time", {"working_time": working}), "open": END, "shut": END},
        ["start>t", "t>open", "t:NON_SPECIFIC_TIME>shut"],
    )
    assert Caller(document, timezone=timezone).path[-1] == f"{node}:END"


def test_system_variables() -> None:
    text = "${SYS.systemDate} ${SYS.systemTime} ${SYS.systemMonth} ${SYS.timeStamp} ${SYS.callId} ${SYS.calledNumber}"
    document = flow({"p": ("playback", {"prompts": [{"type": "tts", "text": text}]}), "end": END}, ["start>p", "p>end"])
    order = Caller(document, timezone="Asia/Shanghai", called_number="1000").last
    assert isinstance(order, PlayPrompts)
    assert order.prompts[0] == SpokenPrompt(text="20260302 190000 202603 1772449200 c1 1000")


# --- transfer ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("parameters", "expected"),
    [
        (
            {"transfer_type": 3, "target": "${FLOW.q}", "priority": 5, "data": {"who": "${SYS.callingNumber}"}},
            TransferToQueue(order="c1:1", queue="Sales", priority=5, data={"who": "15550100"}),
        ),
        (
            {"transfer_type": 4, "target": "101", "timeout_seconds": 20},
            TransferToAgent(order="c1:1", agent="101", timeout_ms=20_000),
        ),
        (
            {"transfer_type": 5, "target": "9000", "caller": "${SYS.calledNumber}", "record": True},
            TransferToNumber(order="c1:1", number="9000", caller="1006", record=True, timeout_ms=30_000),
        ),
        ({"transfer_type": 2, "target": "1234"}, TransferToFlow(order="c1:1", access_code="1234")),
    ],
)
def test_transfer_by_type(parameters: dict[str, Any], expected: Any) -> None:
    document = flow(
        {"t": ("transfer", parameters), "end": END},
        ["start>t", "t:failure>end"],
        variables=declare(q=("string", "Sales")),
    )
    caller = Caller(document, calling_number="15550100", called_number="1006")
    assert caller.last == expected


def test_a_failed_transfer_goes_on_and_tells_why() -> None:
    document = flow(
        {
            "t": ("transfer", {"transfer_type": 3, "target": "Sales"}),
            "b": ("branch", {"conditions": [{"name": "busy", "expression": "SYS.transferCause == 'queue_full'"}]}),
            "busy": END,
            "end": END,
        },
        ["start>t", "t:failure>b", "b:busy>busy", "b:default>end"],
    )
    caller = Caller(document)
    caller.give(TransferFailed, cause="queue_full")
    assert caller.path[-1] == "busy:END"


def test_too_much_call_data_and_an_empty_target_are_inner_errors() -> None:
    for parameters in (
        {"transfer_type": 3, "target": "Sales", "data": {str(n): "x" * 4000 for n in range(5)}},
        {"transfer_type": 3, "target": "${FLOW.q}"},
    ):
        document = flow(
            {"t": ("transfer", parameters), "end": END, "bad": END},
            ["start>t", "t:failure>end", "t:SYSERROR_INNER>bad"],
            variables=declare(q=("string", "")),
        )
        assert Caller(document).path[-1] == "bad:END"
