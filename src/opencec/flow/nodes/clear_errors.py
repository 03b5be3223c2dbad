"""Error Count Clearance: forget the caller's time-outs and wrong inputs so far (ivr-flows 3, 5)."""

from __future__ import annotations

from opencec.flow.node import Exit, Go, Move, NodeType, Parameters
from opencec.flow.run import Run

__all__ = ["ClearErrors", "ClearErrorsParameters"]


class ClearErrorsParameters(Parameters, frozen=True):
    """None."""


class ClearErrors(NodeType[ClearErrorsParameters]):
    tag = "clear_errors"
    title = "Error Count Clearance"
    parameters = ClearErrorsParameters

    def exits(self, parameters: ClearErrorsParameters) -> tuple[Exit, ...]:
        return (Exit("next"),)

    def enter(self, run: Run, parameters: ClearErrorsParameters) -> Move:
        run.session.timeouts = run.session.nomatches = 0
        return Go("next")
