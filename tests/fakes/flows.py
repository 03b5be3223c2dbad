"""Build flow documents and drive calls through them in tests."""

from __future__ import annotations

from typing import Any

import msgspec

from opencec.flow.compile import FlowLibrary, compile_flow
from opencec.flow.inputs import Input
from opencec.flow.interpreter import Interpreter, restore
from opencec.flow.model import Edge, Flow, Node, Value, Variable
from opencec.flow.orders import Order
from opencec.flow.session import Context, Step, Visit

NOW = 1_772_449_200_000
"""Monday 2 March 2026, 11:00 UTC."""


def flow(nodes: dict[str, tuple[str, dict[str, Any]]], edges: list[str], **fields: Any) -> Flow:
    """A flow from `{id: (type, parameters)}` and edges as `"a>b"` (exit next) or `"a:exit>b"`; start is added."""
    lines = []
    for edge in edges:
        source, target = edge.split(">")
        source, _, exit = source.partition(":")
        lines.append(Edge(source=source, target=target, exit=exit or "next"))
    made = [Node(id="start", type="start")]
    made += [Node(id=id, type=kind, parameters=parameters) for id, (kind, parameters) in nodes.items()]
    return Flow(**({"id": "f", "name": "F", "nodes": tuple(made), "edges": tuple(lines)} | fields))


def declare(**variables: tuple[str, Value]) -> tuple[Variable, ...]:
    """FLOW variables `name=(type, value)`."""
    return tuple(Variable(name=f"FLOW.{name}", type=kind, value=value) for name, (kind, value) in variables.items())  # type: ignore[arg-type]


class Caller:
    """One call; every session goes through its journaled form, so that each test is also a restart test."""

    def __init__(self, *flows: Flow, **context: Any) -> None:
        library = FlowLibrary()
        for document in flows:
            library.add(compile_flow(document))
        self.interpreter = Interpreter(library)
        self.now = NOW
        self.visits: list[Visit] = []
        self.context = Context(**({"contact": "c1", "answered": True} | context))
        self.step = self._take(self.interpreter.start(flows[0].id, self.context, now=self.now))

    def _take(self, step: Step) -> Step:
        self.visits += step.visits
        self.step = Step(restore(msgspec.msgpack.encode(step.session)), step.orders, step.visits)
        return self.step

    def give(self, kind: type[Any], **fields: Any) -> Order | None:
        """Answer the pending order; the last order that follows, or None."""
        given: Input = kind(order=self.step.session.pending, **fields)
        return self.raw(given)

    def raw(self, given: Input) -> Order | None:
        self._take(self.interpreter.resume(self.step.session, given, now=self.now))
        return self.last

    @property
    def last(self) -> Order | None:
        return self.step.orders[-1] if self.step.orders else None

    @property
    def path(self) -> list[str]:
        return [f"{visit.node}:{visit.exit}" for visit in self.visits]
