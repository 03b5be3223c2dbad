"""Branch Judgment: the first condition that is true decides, else the default (ivr-flows 4.7)."""

from __future__ import annotations

from opencec.flow.check import Check
from opencec.flow.node import INNER_ERROR, Exit, Go, Move, NodeType, Parameters
from opencec.flow.operators import as_bool
from opencec.flow.run import Run

__all__ = ["Branch", "BranchParameters", "Condition"]

DEFAULT = "default"
_MOST = 20


class Condition(Parameters, frozen=True):
    name: str
    """Also the name of the exit."""
    expression: str
    """Must be true or false, for example `FLOW.tier == 'gold' && SYS.systemTime < '173000'`."""


class BranchParameters(Parameters, frozen=True):
    conditions: tuple[Condition, ...]


class Branch(NodeType[BranchParameters]):
    tag = "branch"
    title = "Branch Judgment"
    parameters = BranchParameters

    def exits(self, parameters: BranchParameters) -> tuple[Exit, ...]:
        named = tuple(Exit(condition.name) for condition in parameters.conditions)
        return (*named, Exit(DEFAULT), Exit(INNER_ERROR, is_required=False))

    def check(self, parameters: BranchParameters, check: Check) -> None:
        check.within("conditions", len(parameters.conditions), 1, _MOST)
        seen = {DEFAULT, INNER_ERROR}
        for index, condition in enumerate(parameters.conditions):
            where = f"conditions[{index}]"
            check.text(f"{where}.name", condition.name)
            if condition.name in seen:
                check.problem(f"{where}.name", f"{condition.name} is taken")
            seen.add(condition.name)
            check.expression(f"{where}.expression", condition.expression)

    def enter(self, run: Run, parameters: BranchParameters) -> Move:
        for condition in parameters.conditions:
            if as_bool(run.evaluate(condition.expression)):
                return Go(condition.name)
        return Go(DEFAULT)
