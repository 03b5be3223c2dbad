"""Call Ending: hang up, or refuse a call that was not answered (ivr-flows 3)."""

from __future__ import annotations

from typing import Literal

from opencec.flow.node import End, Exit, Move, NodeType, Parameters
from opencec.flow.orders import EndCall
from opencec.flow.run import Run

__all__ = ["CallEnding", "CallEndingParameters"]


class CallEndingParameters(Parameters, frozen=True):
    cause: Literal["normal", "busy", "rejected"] = "normal"
    """Told to the caller's side when the call was not answered yet."""


class CallEnding(NodeType[CallEndingParameters]):
    tag = "end"
    title = "Call Ending"
    parameters = CallEndingParameters

    def exits(self, parameters: CallEndingParameters) -> tuple[Exit, ...]:
        return ()

    def enter(self, run: Run, parameters: CallEndingParameters) -> Move:
        run.order(EndCall(order=run.next_id(), cause=parameters.cause))
        return End()
