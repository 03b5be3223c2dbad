"""Everything that is wrong with a flow document: node, field, reason. A flow without problems can be published."""

from __future__ import annotations

from collections import Counter
from typing import NamedTuple

import msgspec

from opencec.flow.check import Check, Problem, References
from opencec.flow.errors import ExpressionError
from opencec.flow.model import MAX_TEXT, Flow, Node
from opencec.flow.node import AnyNode, Parameters
from opencec.flow.nodes import NODE_TYPES
from opencec.flow.variables import coerce

__all__ = ["Checked", "CheckedNode", "Problem", "References", "check_flow", "validate"]


class CheckedNode(NamedTuple):
    """A node with decoded parameters and its lines."""

    node: Node
    type: AnyNode
    parameters: Parameters
    lines: dict[str, str]
    """Exit -> id of the node that it leads to."""


class Checked(NamedTuple):
    """What validation found out on its way."""

    nodes: dict[str, CheckedNode]
    problems: tuple[Problem, ...]


def validate(flow: Flow, references: References | None = None) -> tuple[Problem, ...]:
    """The problems of a flow, empty if it can be published."""
    return check_flow(flow, references).problems


def check_flow(flow: Flow, references: References | None = None) -> Checked:
    """Decode the parameters, check nodes and lines."""
    known = references or References()
    problems = [*_document(flow, known), *_variables(flow)]
    types = {variable.name: variable.type for variable in flow.variables}
    nodes: dict[str, CheckedNode] = {}
    for node in flow.nodes:
        if node.id in nodes:
            problems.append(Problem(node=node.id, field="id", reason="two nodes have this id"))
            continue
        decoded = _decode(node, problems)
        if decoded is None:
            continue
        check = Check(node.id, variables=dict(types), references=known)
        decoded.type.check(decoded.parameters, check)
        problems += check.found
        nodes[node.id] = decoded
    problems += _lines(flow, nodes)
    problems += _shape(flow, nodes)
    return Checked(nodes, tuple(problems))


def _document(flow: Flow, known: References) -> list[Problem]:
    problems: list[Problem] = []
    if not flow.id:
        problems.append(Problem(node="", field="id", reason="must not be empty"))
    if not flow.name:
        problems.append(Problem(node="", field="name", reason="must not be empty"))
    if flow.version < 1:
        problems.append(Problem(node="", field="version", reason="must be 1 or more"))
    if len(flow.access_code) > 24 or not set(flow.access_code) <= set("0123456789*#"):
        problems.append(Problem(node="", field="access_code", reason="at most 24 characters of 0-9, * and #"))
    if flow.on_error and known.flows is not None and flow.on_error not in known.flows:
        problems.append(Problem(node="", field="on_error", reason=f"no flow {flow.on_error!r}"))
    return problems


def _variables(flow: Flow) -> list[Problem]:
    problems: list[Problem] = []
    seen: set[str] = set()
    for index, variable in enumerate(flow.variables):
        scope, _, name = variable.name.partition(".")
        field = f"variables[{index}]"
        plain = name.replace("_", "a")
        if scope not in {"FLOW", "GLOBAL"} or not plain.isalnum() or plain[0].isdigit():
            problems.append(Problem(node="", field=f"{field}.name", reason="must be FLOW.name or GLOBAL.name"))
        if variable.name in seen:
            problems.append(Problem(node="", field=f"{field}.name", reason=f"{variable.name} is declared twice"))
        seen.add(variable.name)
        if variable.value is None:
            continue
        try:
            coerce(variable.value, variable.type)
        except ExpressionError as error:
            problems.append(Problem(node="", field=f"{field}.value", reason=str(error)))
    return problems


def _decode(node: Node, problems: list[Problem]) -> CheckedNode | None:
    """The node with typed parameters, or None and a problem."""
    if not node.id:
        problems.append(Problem(node=node.id, field="id", reason="must not be empty"))
        return None
    for field, text in (("name", node.name), ("description", node.description)):
        if len(text) > MAX_TEXT:
            problems.append(Problem(node=node.id, field=field, reason=f"longer than {MAX_TEXT} characters"))
    kind = NODE_TYPES.get(node.type)
    if kind is None:
        problems.append(Problem(node=node.id, field="type", reason=f"no node type {node.type!r}"))
        return None
    try:
        parameters: Parameters = msgspec.convert(node.parameters, kind.parameters)
    except msgspec.ValidationError as error:
        reason, _, path = str(error).partition(" - at `$")
        problems.append(Problem(node=node.id, field=path.rstrip("`").lstrip("."), reason=reason))
        return None
    return CheckedNode(node, kind, parameters, {})


def _lines(flow: Flow, nodes: dict[str, CheckedNode]) -> list[Problem]:
    """Enter the lines into the nodes; report unknown ends, unknown exits, doubles and missing lines."""
    problems: list[Problem] = []
    ids = {node.id for node in flow.nodes}
    for edge in flow.edges:
        if edge.source not in ids:
            problems.append(Problem(node=edge.source, field="edges", reason="a line begins at no node"))
        elif edge.target not in ids:
            problems.append(
                Problem(node=edge.source, field=f"exits.{edge.exit}", reason=f"leads to no node ({edge.target!r})")
            )
        elif edge.source in nodes:
            node = nodes[edge.source]
            allowed = {exit.name for exit in node.type.exits(node.parameters)}
            field = f"exits.{edge.exit}"
            if edge.exit not in allowed:
                problems.append(Problem(node=edge.source, field=field, reason="the node has no such exit"))
            elif edge.exit in node.lines:
                problems.append(Problem(node=edge.source, field=field, reason="two lines leave by this exit"))
            else:
                node.lines[edge.exit] = edge.target
    for id, node in nodes.items():
        for exit in node.type.exits(node.parameters):
            if exit.is_required and exit.name not in node.lines and not _is_reported(problems, id, exit.name):
                problems.append(Problem(node=id, field=f"exits.{exit.name}", reason="leads nowhere"))
    return problems


def _is_reported(problems: list[Problem], node: str, exit: str) -> bool:
    return any(problem.node == node and problem.field == f"exits.{exit}" for problem in problems)


def _shape(flow: Flow, nodes: dict[str, CheckedNode]) -> list[Problem]:
    """Exactly one start, nothing leads back to it, no node on its own."""
    starts = [node.id for node in flow.nodes if node.type == "start"]
    if len(starts) != 1:
        return [Problem(node="", field="nodes", reason=f"needs exactly one start, has {len(starts)}")]
    problems: list[Problem] = []
    incoming = Counter(edge.target for edge in flow.edges)
    if incoming[starts[0]]:
        problems.append(Problem(node=starts[0], field="", reason="no line may lead to the start"))
    reached: set[str] = set()
    ahead = [starts[0]]
    while ahead:
        id = ahead.pop()
        if id in reached or id not in nodes:
            continue
        reached.add(id)
        ahead += nodes[id].lines.values()
    problems += [Problem(node=id, field="", reason="isolated: no way leads here") for id in nodes if id not in reached]
    return problems
