"""Ring: let the caller hear ringback, or prompts as early media, before the call is answered."""

from __future__ import annotations

from opencec.flow.check import Check
from opencec.flow.errors import NodeFailed
from opencec.flow.inputs import Input, PlaybackEnded, Timer
from opencec.flow.node import Go, Move, NodeType, Parameters, Wait
from opencec.flow.orders import Ringing
from opencec.flow.prompts import PromptSpec, check_prompts, prompts_of
from opencec.flow.run import Run

__all__ = ["Ring", "RingParameters"]


class RingParameters(Parameters, frozen=True):
    prompts: tuple[PromptSpec, ...] = ()
    """Played before the answer, to the end; the caller is not charged. Empty = ringback tone."""
    duration_seconds: int = 0
    """How long to ring when there are no prompts; 0 = go on at once."""


class Ring(NodeType[RingParameters]):
    """On a call that is answered already, prompts are played as usual and ringing without prompts does nothing."""

    tag = "ring"
    title = "Ring"
    parameters = RingParameters
    awaits = (PlaybackEnded, Timer)

    def check(self, parameters: RingParameters, check: Check) -> None:
        check_prompts(check, "prompts", parameters.prompts, needed=False)
        check.within("duration_seconds", parameters.duration_seconds, 0, 120)
        if parameters.prompts and parameters.duration_seconds:
            check.problem("duration_seconds", "has no meaning with prompts: they play to their end")

    def enter(self, run: Run, parameters: RingParameters) -> Move:
        prompts = prompts_of(run, parameters.prompts)
        if run.session.answered and not prompts:
            return Go("next")
        duration_ms = 0 if prompts else parameters.duration_seconds * 1_000
        run.order(Ringing(order=run.next_id(), prompts=prompts, duration_ms=duration_ms))
        run.session.early_media = run.session.early_media or bool(prompts)
        return Wait() if prompts or duration_ms else Go("next")

    def resume(self, run: Run, parameters: RingParameters, given: Input) -> Move:
        if isinstance(given, PlaybackEnded) and given.reason == "error":
            raise NodeFailed("the prompt would not play")
        return Go("next")
