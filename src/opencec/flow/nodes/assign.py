"""Variable Assignment: set FLOW and GLOBAL variables, and SYS.language, one after another (ivr-flows 6)."""

from __future__ import annotations

from opencec.flow.check import Check
from opencec.flow.node import Go, Move, NodeType, Parameters
from opencec.flow.run import Run

__all__ = ["Assign", "AssignParameters", "Assignment"]


class Assignment(Parameters, frozen=True):
    variable: str
    value: str
    """An expression; text needs quotes. The result is converted to the variable's declared type."""


class AssignParameters(Parameters, frozen=True):
    assignments: tuple[Assignment, ...]


class Assign(NodeType[AssignParameters]):
    tag = "assign"
    title = "Variable Assignment"
    parameters = AssignParameters

    def check(self, parameters: AssignParameters, check: Check) -> None:
        if not parameters.assignments:
            check.problem("assignments", "needs an assignment")
        for index, assignment in enumerate(parameters.assignments):
            check.writable(f"assignments[{index}].variable", assignment.variable)
            check.expression(f"assignments[{index}].value", assignment.value)

    def enter(self, run: Run, parameters: AssignParameters) -> Move:
        for assignment in parameters.assignments:
            run.assign(assignment.variable, run.evaluate(assignment.value))
        return Go("next")
