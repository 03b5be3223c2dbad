"""Start: where a call enters the flow. Exactly one in a flow (ivr-flows 3)."""

from __future__ import annotations

from opencec.flow.node import Exit, Go, Move, NodeType, Parameters
from opencec.flow.run import Run

__all__ = ["Start", "StartParameters"]


class StartParameters(Parameters, frozen=True):
    """None."""


class Start(NodeType[StartParameters]):
    tag = "start"
    title = "Start"
    parameters = StartParameters

    def exits(self, parameters: StartParameters) -> tuple[Exit, ...]:
        return (Exit("next"),)

    def enter(self, run: Run, parameters: StartParameters) -> Move:
        return Go("next")
