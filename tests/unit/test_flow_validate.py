"""Validation says which node, which field and why; the shipped schema and the demo flows are right."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import pytest

import opencec.app.demo as demo
from fakes.flows import Caller, declare, flow
from opencec.flow import decode, encode, validate
from opencec.flow.check import References
from opencec.flow.compile import compile_flow
from opencec.flow.errors import InvalidFlow
from opencec.flow.inputs import Answered, DigitsCollected, PlaybackEnded, TransferFailed
from opencec.flow.model import Edge, Flow, Node, Variable
from opencec.flow.nodes import NODE_TYPES
from opencec.flow.orders import EndCall, PlayAndCollect, TransferToNumber, TransferToQueue
from opencec.flow.schema import flow_schema, schema_text

pytestmark = pytest.mark.unit

REPOSITORY = Path(__file__).parents[2]
FLOWS = Path(demo.__file__).parent / "flows"
END: tuple[str, dict[str, Any]] = ("end", {})
HELLO = [{"type": "voice", "name": "hello"}]


def found(document: Flow, references: References | None = None) -> set[tuple[str, str]]:
    return {(problem.node, problem.field) for problem in validate(document, references)}


def test_a_good_flow_has_no_problems() -> None:
    assert validate(flow({"end": END}, ["start>end"])) == ()


@pytest.mark.parametrize(
    ("nodes", "edges", "expected"),
    [
        ({"end": END, "lost": END}, ["start>end"], {("lost", "")}),
        (
            {"p": ("playback", {"prompts": HELLO}), "end": END},
            ["start>p", "start>end"],
            {("start", "exits.next"), ("p", "exits.next"), ("end", "")},
        ),
        ({"p": ("playback", {"prompts": HELLO})}, ["start>p"], {("p", "exits.next")}),
        ({"end": END}, ["start>end", "end>start"], {("end", "exits.next"), ("start", "")}),
        ({"end": END}, ["start>end", "start:sideways>end"], {("start", "exits.sideways")}),
        ({"end": END}, ["start>nowhere"], {("start", "exits.next"), ("end", "")}),
        ({"end": END}, ["start>end", "ghost>end"], {("ghost", "edges")}),
        ({"x": ("teleport", {}), "end": END}, ["start>end"], {("x", "type")}),
        ({"p": ("playback", {}), "end": END}, ["start>end"], {("p", "")}),
        ({"p": ("end", {"cause": "boredom"})}, ["start>p"], {("p", "cause")}),
        ({"p": ("end", {"colour": 1})}, ["start>p"], {("p", "")}),
    ],
)
def test_shape(nodes: dict[str, Any], edges: list[str], expected: set[tuple[str, str]]) -> None:
    assert found(flow(nodes, edges)) >= expected


@pytest.mark.parametrize(
    ("node", "field"),
    [
        (("playback", {"prompts": []}), "prompts"),
        (("playback", {"prompts": [{"type": "tts", "text": "x" * 4097}]}), "prompts[0].text"),
        (("playback", {"prompts": [{"type": "tts", "text": "${FLOW.ghost}"}]}), "prompts[0].text"),
        (("playback", {"prompts": [{"type": "value", "value": "1 +"}]}), "prompts[0].value"),
        (("playback", {"prompts": [{"type": "value", "value": "1", "currency": "dollars"}]}), "prompts[0].currency"),
        (("playback", {"prompts": [{"type": "voice", "name": "missing"}]}), "prompts[0].name"),
        (("menu", {"prompts": HELLO, "keys": []}), "keys"),
        (("menu", {"prompts": HELLO, "keys": [{"key": "12"}]}), "keys[0].key"),
        (("menu", {"prompts": HELLO, "keys": [{"key": "1"}, {"key": "1"}]}), "keys[1].key"),
        (("menu", {"prompts": HELLO, "keys": [{"key": "1"}], "wait_seconds": 0}), "wait_seconds"),
        (("collect", {"prompts": HELLO, "variable": "FLOW.ghost"}), "variable"),
        (("collect", {"prompts": HELLO, "variable": "SYS.callId"}), "variable"),
        (("collect", {"prompts": HELLO, "variable": "FLOW.x", "max_length": 33}), "max_length"),
        (("collect", {"prompts": HELLO, "variable": "FLOW.x", "min_length": 2}), "min_length"),
        (("collect", {"prompts": HELLO, "variable": "FLOW.x", "end_keys": "A"}), "end_keys"),
        (("branch", {"conditions": []}), "conditions"),
        (("branch", {"conditions": [{"name": "default", "expression": "true"}]}), "conditions[0].name"),
        (("branch", {"conditions": [{"name": "a", "expression": "b"}]}), "conditions[0].expression"),
        (("branch", {"conditions": [{"name": str(n), "expression": "true"} for n in range(21)]}), "conditions"),
        (("assign", {"assignments": [{"variable": "FLOW.ghost", "value": "1"}]}), "assignments[0].variable"),
        (("time", {"working_time": {"timezone": "Mars/Olympus"}}), "working_time.timezone"),
        (("transfer", {"transfer_type": 3, "target": "Nowhere"}), "target"),
        (("transfer", {"transfer_type": 4, "target": "999"}), "target"),
        (("transfer", {"transfer_type": 3, "target": "Sales", "record": True}), "record"),
        (("transfer", {"transfer_type": 3, "target": "Sales", "priority": 10}), "priority"),
        (("transfer", {"transfer_type": 9, "target": "Sales"}), "transfer_type"),
        (("subflow", {"flow": "ghost"}), "flow"),
        (("ring", {"prompts": HELLO, "duration_seconds": 3}), "duration_seconds"),
    ],
)
def test_parameters(node: tuple[str, dict[str, Any]], field: str) -> None:
    known = References(
        queues=frozenset({"Sales"}),
        agents=frozenset({"101"}),
        voices=frozenset({"hello"}),
        flows=frozenset({"f"}),
        access_codes=frozenset(),
    )
    document = flow({"n": node, "end": END}, ["start>n", "n>end"], variables=declare(x=("string", "")))
    assert ("n", field) in found(document, known)


def test_the_document_itself() -> None:
    document = Flow(
        id="",
        name="",
        version=0,
        access_code="12a",
        on_error="ghost",
        nodes=(Node(id="a", type="start"), Node(id="a", type="start")),
        edges=(Edge(source="a", target="a"),),
        variables=(
            Variable(name="x"),
            Variable(name="FLOW.1x"),
            Variable(name="FLOW.y", type="integer", value="many"),
            Variable(name="FLOW.y"),
        ),
    )
    assert found(document, References(flows=frozenset())) >= {
        ("", "id"),
        ("", "name"),
        ("", "version"),
        ("", "access_code"),
        ("", "on_error"),
        ("", "nodes"),
        ("a", "id"),
        ("", "variables[0].name"),
        ("", "variables[1].name"),
        ("", "variables[2].value"),
        ("", "variables[3].name"),
    }


def test_compiling_a_bad_flow_raises_with_the_problems() -> None:
    with pytest.raises(InvalidFlow) as caught:
        compile_flow(flow({"end": END}, []))
    assert {problem.node for problem in caught.value.problems} == {"start", "end"}


def test_the_shipped_schema_is_the_generated_one() -> None:
    path = REPOSITORY / "docs" / "reference" / "flow.schema.json"
    assert path.read_text(encoding="utf-8") == schema_text(), "run python -m opencec.flow.schema"


def test_the_schema_knows_every_node_type() -> None:
    schema = flow_schema()
    assert schema["$defs"]["Node"]["properties"]["type"]["enum"] == list(NODE_TYPES)
    for node in NODE_TYPES.values():
        assert node.parameters.__name__ in schema["$defs"]


# --- the demo flows ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", sorted(FLOWS.glob("*.json")), ids=lambda path: path.stem)
def test_demo_flows_are_valid_and_their_prompts_exist(path: Path) -> None:
    document = decode(path.read_bytes())
    for language in ("en_US", "zh_CN"):
        voices = frozenset(wav.stem for wav in (path.parents[1] / "prompts" / language).glob("*.wav"))
        references = References(
            queues=frozenset({"Sales", "Support"}), agents=frozenset(), voices=voices, flows=frozenset()
        )
        assert validate(document, references) == ()
    assert decode(encode(document)) == document


def demo_call(name: str) -> Caller:
    caller = Caller(decode((FLOWS / f"{name}.json").read_bytes()), answered=False)
    caller.give(Answered)
    return caller


@pytest.mark.parametrize(
    ("inputs", "queue"),
    [
        (["1"], "Sales"),
        (["2"], "Support"),
        ([""], "Sales"),
        (["9", "9"], "Sales"),
        (["9", ""], "Sales"),
        (["9", "2"], "Support"),
    ],
)
def test_welcome(inputs: list[str], queue: str) -> None:
    caller = demo_call("welcome")
    for keys in inputs:
        assert isinstance(caller.last, PlayAndCollect)
        caller.give(DigitsCollected, digits=keys, reason="complete" if keys else "no_input")
    order = caller.give(PlaybackEnded)
    assert isinstance(order, TransferToQueue)
    assert order.queue == queue
    caller.give(TransferFailed, cause="no_agent")
    assert isinstance(caller.give(PlaybackEnded), EndCall)


def test_welcome_still_reaches_a_queue_when_prompts_will_not_play() -> None:
    caller = demo_call("welcome")
    assert isinstance(caller.give(DigitsCollected, reason="error"), TransferToQueue)


def test_outbound() -> None:
    caller = demo_call("outbound")
    assert isinstance(caller.last, TransferToNumber)
    assert (caller.last.number, caller.last.record) == ("9000", True)


def test_unknown_fields_in_a_document_are_refused() -> None:
    with pytest.raises(msgspec.ValidationError):
        decode(b'{"id":"x","name":"x","nodes":[],"edges":[],"colour":1}')
