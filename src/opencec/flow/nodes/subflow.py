"""Subflow: go on in another flow; nothing may follow on this canvas (ivr-flows 3)."""

from __future__ import annotations

from opencec.flow.check import Check
from opencec.flow.node import INNER_ERROR, Exit, Jump, Move, NodeType, Parameters
from opencec.flow.run import Run

__all__ = ["Subflow", "SubflowParameters"]


class SubflowParameters(Parameters, frozen=True):
    flow: str
    """Id of the flow. Its FLOW variables start anew; GLOBAL variables go with the call."""


class Subflow(NodeType[SubflowParameters]):
    tag = "subflow"
    title = "Subflow"
    parameters = SubflowParameters

    def exits(self, parameters: SubflowParameters) -> tuple[Exit, ...]:
        return (Exit(INNER_ERROR, is_required=False),)

    def check(self, parameters: SubflowParameters, check: Check) -> None:
        check.text("flow", parameters.flow)
        check.reference("flow", parameters.flow, check.references.flows, "flow")

    def enter(self, run: Run, parameters: SubflowParameters) -> Move:
        return Jump(parameters.flow)
