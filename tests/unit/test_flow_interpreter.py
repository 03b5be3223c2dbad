"""The interpreter: ids, restarts, stale inputs, errors, guards, jumps between flows."""

from __future__ import annotations

import time
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fakes.flows import NOW, Caller, declare, flow
from opencec.flow.compile import FlowLibrary, compile_flow
from opencec.flow.errors import UnknownFlow
from opencec.flow.inputs import Answered, DigitsCollected, HungUp, PlaybackEnded, TransferFailed, TransferSucceeded
from opencec.flow.interpreter import MAX_NODES, Interpreter, restore
from opencec.flow.model import Variable
from opencec.flow.orders import Answer, EndCall, PlayAndCollect, PlayPrompts, TransferToFlow, VoicePrompt
from opencec.flow.session import Context
from opencec.flow.waiting import WaitingTreatment
from opencec.flow.waiting import start as start_waiting

pytestmark = pytest.mark.unit

PLAY: tuple[str, dict[str, Any]] = ("playback", {"prompts": [{"type": "voice", "name": "hello"}]})
END: tuple[str, dict[str, Any]] = ("end", {})


def assign(**values: str) -> tuple[str, dict[str, Any]]:
    return "assign", {"assignments": [{"variable": f"FLOW.{name}", "value": text} for name, text in values.items()]}


def test_order_ids_grow_and_name_the_contact() -> None:
    caller = Caller(flow({"a": PLAY, "b": PLAY, "end": END}, ["start>a", "a>b", "b>end"]))
    ids = [caller.last.order]
    ids.append(caller.give(PlaybackEnded).order)
    ids.append(caller.give(PlaybackEnded).order)
    assert ids == ["c1:1", "c1:2", "c1:3"]
    assert caller.step.session.ended


def test_ids_go_on_after_the_orders_a_contact_had_before() -> None:
    caller = Caller(flow({"a": PLAY, "end": END}, ["start>a", "a>end"]), counter=41)
    assert caller.last.order == "c1:42"


def test_ids_stay_clear_of_those_that_the_waiting_treatment_used() -> None:
    main = flow(
        {"t": ("transfer", {"transfer_type": 3, "target": "Sales"}), "a": PLAY, "end": END},
        ["start>t", "t:failure>a", "a>end"],
    )
    caller = Caller(main)
    waited = start_waiting(
        WaitingTreatment(), contact="c1", language="en_US", counter=caller.step.session.counter, position=1, now=NOW
    )
    assert [order.order for order in waited.orders] == ["c1:2", "c1:3"]
    failed = TransferFailed(order="c1:1")
    step = caller.interpreter.resume(caller.step.session, failed, now=NOW, counter=waited.session.counter)
    assert step.orders[0].order == "c1:4"


def test_a_restored_session_reissues_the_same_orders() -> None:
    caller = Caller(flow({"a": PLAY, "end": END}, ["start>a", "a>end"]))
    session = restore(msgspec.msgpack.encode(caller.step.session))
    assert caller.interpreter.reissue(session).orders == caller.step.orders


def test_the_same_input_to_the_same_session_gives_the_same_step_and_leaves_the_session_alone() -> None:
    caller = Caller(
        flow(
            {"n": assign(x="FLOW.x + 1"), "a": PLAY, "end": END},
            ["start>a", "a>n", "n>end"],
            variables=declare(x=("integer", 1)),
        )
    )
    session = caller.step.session
    before = msgspec.msgpack.encode(session)
    steps = [caller.interpreter.resume(session, PlaybackEnded(order=session.pending), now=NOW) for _ in range(2)]
    assert msgspec.msgpack.encode(session) == before
    assert msgspec.msgpack.encode(steps[0].session) == msgspec.msgpack.encode(steps[1].session)
    assert steps[0].session.variables == {"x": 2}


def test_an_input_for_another_order_or_of_another_kind_changes_nothing() -> None:
    caller = Caller(flow({"a": PLAY, "b": PLAY, "end": END}, ["start>a", "a>b", "b>end"]))
    caller.give(PlaybackEnded)
    node = caller.step.session.node
    for stale in (
        PlaybackEnded(order="c1:1"),
        PlaybackEnded(order="c2:2"),
        DigitsCollected(order=caller.step.session.pending, digits="1"),
    ):
        assert caller.raw(stale) is None
        assert caller.step.session.node == node
    assert isinstance(caller.give(PlaybackEnded), EndCall)
    assert caller.raw(PlaybackEnded(order="c1:3")) is None


def test_hang_up_ends_at_any_node() -> None:
    caller = Caller(flow({"a": PLAY, "end": END}, ["start>a", "a>end"]))
    assert caller.raw(HungUp()) is None
    assert caller.step.session.ended
    assert caller.path == ["start:next", "a:HANGUP"]


def test_a_node_that_must_be_heard_answers_first() -> None:
    caller = Caller(flow({"a": PLAY, "end": END}, ["start>a", "a>end"]), answered=False)
    assert isinstance(caller.last, Answer)
    order = caller.give(Answered)
    assert order == PlayPrompts(order="c1:2", prompts=(VoicePrompt(name="hello"),))


def test_inner_error_takes_its_line_else_the_exception_flow_else_ends() -> None:
    nodes = {"n": assign(x="1 / 0"), "a": PLAY, "end": END}
    variables = declare(x=("integer", 0))
    with_line = flow(nodes, ["start>n", "n>end", "n:SYSERROR_INNER>a", "a>end"], variables=variables)
    caller = Caller(with_line)
    assert isinstance(caller.last, PlayPrompts)
    bare = flow({"n": nodes["n"], "end": END}, ["start>n", "n>end"], variables=variables, on_error="sorry")
    sorry = flow({"a": PLAY, "end": END}, ["start>a", "a>end"], id="sorry", kind="exception")
    caller = Caller(bare, sorry)
    assert caller.step.session.flow == "sorry"
    assert isinstance(caller.last, PlayPrompts)
    assert caller.path == ["start:next", "n:SYSERROR_INNER", "start:next"]
    caller = Caller(bare)
    assert caller.last == EndCall(order="c1:1", cause="error")
    assert caller.step.session.ended


def test_an_exception_flow_that_fails_ends_the_call() -> None:
    bad = flow({"n": assign(x="1/0"), "end": END}, ["start>n", "n>end"], variables=declare(x=("integer", 0)))
    main = msgspec.structs.replace(bad, on_error="sorry")
    sorry = msgspec.structs.replace(bad, id="sorry", kind="exception", on_error="sorry")
    assert Caller(main, sorry).last == EndCall(order="c1:1", cause="error")


def test_a_prompt_that_will_not_play_is_an_inner_error() -> None:
    caller = Caller(flow({"a": PLAY, "end": END}, ["start>a", "a>end"]))
    assert caller.give(PlaybackEnded, reason="error") == EndCall(order="c1:2", cause="error")


def test_a_loop_ends_after_so_many_nodes() -> None:
    looping = flow(
        {"n": assign(x="FLOW.x + 1"), "m": assign(x="FLOW.x")},
        ["start>n", "n>m", "m>n"],
        variables=declare(x=("integer", 0)),
    )
    caller = Caller(looping)
    assert caller.last == EndCall(order="c1:1", cause="loop")
    assert caller.step.session.ended
    assert len(caller.visits) == MAX_NODES + 1  # and the END of the one that was not entered any more


def test_a_subflow_keeps_global_and_forgets_flow_variables() -> None:
    shared = Variable(name="GLOBAL.level", type="integer", value=1)
    set_both = (
        "assign",
        {"assignments": [{"variable": "GLOBAL.level", "value": "7"}, {"variable": "FLOW.x", "value": "9"}]},
    )
    main = flow(
        {"n": set_both, "sub": ("subflow", {"flow": "g"})},
        ["start>n", "n>sub"],
        variables=(*declare(x=("integer", 0)), shared),
    )
    other = flow({"a": PLAY, "end": END}, ["start>a", "a>end"], id="g", variables=(*declare(x=("integer", 3)), shared))
    caller = Caller(main, other)
    session = caller.step.session
    assert (session.flow, session.variables, session.shared) == ("g", {"x": 3}, {"level": 7})


def test_a_subflow_that_does_not_exist_is_an_inner_error() -> None:
    main = flow(
        {"sub": ("subflow", {"flow": "nowhere"}), "a": PLAY, "end": END}, ["start>sub", "sub:SYSERROR_INNER>a", "a>end"]
    )
    assert isinstance(Caller(main).last, PlayPrompts)


def test_a_transfer_to_a_flow_goes_on_with_ids_and_globals() -> None:
    main = flow(
        {"t": ("transfer", {"transfer_type": 2, "target": "77*1", "data": {"a": "b"}}), "end": END},
        ["start>t", "t:failure>end"],
    )
    target = flow({"a": PLAY, "end": END}, ["start>a", "a>end"], id="g", access_code="77*1")
    caller = Caller(main, target, variables={"level": 4})
    assert caller.last == TransferToFlow(order="c1:1", access_code="77*1", data={"a": "b"})
    found = caller.interpreter.library.by_access_code("77*1")
    step = caller.interpreter.continue_in(caller.step.session, found, now=NOW)
    assert step.orders[0].order == "c1:2"
    assert step.session.shared == {"level": 4}
    with pytest.raises(UnknownFlow):
        caller.interpreter.library.by_access_code("78")
    assert isinstance(caller.give(TransferFailed, cause="unknown"), EndCall)


def test_a_running_call_stays_on_its_version() -> None:
    first = flow({"a": PLAY, "end": END}, ["start>a", "a>end"])
    caller = Caller(first)
    second = msgspec.structs.replace(
        flow({"t": ("transfer", {"transfer_type": 3, "target": "Sales"}), "end": END}, ["start>t", "t:failure>end"]),
        version=2,
    )
    caller.interpreter.library.add(compile_flow(second))
    assert isinstance(caller.give(PlaybackEnded), EndCall)
    assert caller.interpreter.start("f", Context(contact="c2"), now=NOW).session.version == 2


def test_a_published_version_cannot_change() -> None:
    first = flow({"end": END}, ["start>end"])
    library = FlowLibrary()
    library.add(compile_flow(first))
    library.add(compile_flow(first))
    with pytest.raises(ValueError, match="published"):
        library.add(compile_flow(msgspec.structs.replace(first, name="Other")))


def test_success_of_a_transfer_ends_the_flows_part() -> None:
    main = flow({"t": ("transfer", {"transfer_type": 3, "target": "Sales"}), "end": END}, ["start>t", "t:failure>end"])
    caller = Caller(main)
    assert caller.give(TransferSucceeded) is None
    assert caller.step.session.ended
    assert caller.path[-1] == "t:TRANSFER"


def _menu_flow() -> Interpreter:
    document = flow(
        {
            "menu": (
                "menu",
                {"prompts": [{"type": "voice", "name": "m"}], "keys": [{"key": "1"}, {"key": "2"}], "max_failures": 1},
            ),
            "id": (
                "collect",
                {
                    "prompts": [{"type": "tts", "text": "Number?"}],
                    "variable": "FLOW.id",
                    "max_length": 4,
                    "max_failures": 0,
                },
            ),
            "b": ("branch", {"conditions": [{"name": "vip", "expression": "FLOW.id.startsWith('9')"}]}),
            "play": PLAY,
            "t": ("transfer", {"transfer_type": 3, "target": "Sales"}),
            "end": END,
        },
        [
            "start>menu",
            "menu:1>id",
            "menu:2>play",
            "menu:other>end",
            "id:success>b",
            "id:failure>menu",
            "b:vip>t",
            "b:default>play",
            "play>t",
            "t:failure>menu",
        ],
        variables=declare(id=("string", "")),
    )
    library = FlowLibrary()
    library.add(compile_flow(document))
    return Interpreter(library)


@settings(max_examples=150, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 3), st.sampled_from(["", "1", "2", "7", "9123", "#"])), max_size=40))
def test_whatever_comes_in_a_live_call_always_waits_for_something(inputs: list[tuple[int, str]]) -> None:
    interpreter = _menu_flow()
    step = interpreter.start("f", Context(contact="c", answered=True), now=NOW)
    seen: set[str] = set()
    for kind, digits in inputs:
        order = step.session.pending
        given = (
            PlaybackEnded(order=order),
            DigitsCollected(order=order, digits=digits, reason="complete" if digits else "no_input"),
            TransferFailed(order=order),
            DigitsCollected(order=order, digits=digits, reason="inter_digit"),
        )[kind]
        step = interpreter.resume(restore(msgspec.msgpack.encode(step.session)), given, now=NOW)
        for issued in step.orders:
            assert issued.order not in seen
            seen.add(issued.order)
        assert step.session.ended or step.session.pending in {o.order for o in step.session.orders} or not step.orders
        if step.session.ended:
            assert isinstance(step.session.orders[-1] if step.orders else EndCall(order=""), EndCall)
            break


def test_thousands_of_runs_a_second() -> None:
    """Not a timing assertion beyond the order of magnitude that the design counts on; the figure is printed."""
    interpreter = _menu_flow()
    runs = 500
    begin = time.process_time()
    for number in range(runs):
        step = interpreter.start("f", Context(contact=str(number), answered=True), now=NOW)
        for keys in ("1", "9123"):
            assert isinstance(step.orders[-1], PlayAndCollect)
            step = interpreter.resume(step.session, DigitsCollected(order=step.session.pending, digits=keys), now=NOW)
        step = interpreter.resume(step.session, TransferSucceeded(order=step.session.pending), now=NOW)
        assert step.session.ended
    rate = runs / (time.process_time() - begin)
    print(f"{rate:.0f} whole runs of 6 nodes a second")
    assert rate > 1_000
