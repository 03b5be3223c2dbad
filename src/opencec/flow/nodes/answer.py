"""Answer: take the call. Nodes that play something answer by themselves when the flow has not done it."""

from __future__ import annotations

from opencec.flow.inputs import Answered, Input
from opencec.flow.node import Go, Move, NodeType, Parameters, Wait
from opencec.flow.orders import Answer
from opencec.flow.run import Run

__all__ = ["AnswerCall", "AnswerParameters"]


class AnswerParameters(Parameters, frozen=True):
    """None."""


class AnswerCall(NodeType[AnswerParameters]):
    tag = "answer"
    title = "Answer"
    parameters = AnswerParameters
    awaits = (Answered,)

    def enter(self, run: Run, parameters: AnswerParameters) -> Move:
        if run.session.answered:
            return Go("next")
        run.order(Answer(order=run.next_id()))
        return Wait()

    def resume(self, run: Run, parameters: AnswerParameters, given: Input) -> Move:
        run.session.answered = True
        return Go("next")
