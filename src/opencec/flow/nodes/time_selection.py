"""Time Selection: in service time or not (ivr-flows 4.8)."""

from __future__ import annotations

from opencec.flow.calendar import WorkingTime, is_service_time, problems
from opencec.flow.check import Check
from opencec.flow.errors import NodeFailed
from opencec.flow.node import INNER_ERROR, Exit, Go, Move, NodeType, Parameters
from opencec.flow.run import Run

__all__ = ["TimeSelection", "TimeSelectionParameters"]

OUTSIDE = "NON_SPECIFIC_TIME"
"""Preset branch: outside service time."""


class TimeSelectionParameters(Parameters, frozen=True):
    working_time: WorkingTime


class TimeSelection(NodeType[TimeSelectionParameters]):
    tag = "time"
    title = "Time Selection"
    parameters = TimeSelectionParameters

    def exits(self, parameters: TimeSelectionParameters) -> tuple[Exit, ...]:
        return (Exit("next"), Exit(OUTSIDE), Exit(INNER_ERROR, is_required=False))

    def check(self, parameters: TimeSelectionParameters, check: Check) -> None:
        for field, reason in problems(parameters.working_time):
            check.problem(f"working_time.{field}", reason)

    def enter(self, run: Run, parameters: TimeSelectionParameters) -> Move:
        try:
            served = is_service_time(parameters.working_time, now=run.now, timezone=run.session.context.timezone)
        except KeyError as error:
            raise NodeFailed(f"no time zone {error}") from None
        return Go("next" if served else OUTSIDE)
