"""Voice Playback and Digit Collection: prompt, then a digit string into a variable (ivr-flows 4.3)."""

from __future__ import annotations

from opencec.flow.check import Check
from opencec.flow.errors import NodeFailed
from opencec.flow.failures import PRESETS, fail
from opencec.flow.inputs import DigitsCollected, Input
from opencec.flow.node import INNER_ERROR, Exit, Go, Move, NodeType, Parameters, Wait
from opencec.flow.orders import PlayAndCollect
from opencec.flow.prompts import PromptSpec, check_prompts, prompts_of
from opencec.flow.run import Run

__all__ = ["Collect", "CollectParameters"]

_KEYS = frozenset("0123456789*#")


class CollectParameters(Parameters, frozen=True):
    prompts: tuple[PromptSpec, ...]
    variable: str
    """FLOW or GLOBAL variable that takes the digits."""
    min_length: int = 1
    max_length: int = 1
    end_keys: str = "#"
    """Keys that end the input; they are not part of it."""
    wait_seconds: int = 5
    """For the first key, from the end of the prompt."""
    between_keys_seconds: int = 3
    max_failures: int = 3
    """Further tries after no input or a wrong one; the next failure leaves by `failure`."""
    error_prompts: tuple[PromptSpec, ...] = ()
    """Played after a wrong input; empty = the prompt again."""
    timeout_prompts: tuple[PromptSpec, ...] = ()
    """Played after no input; empty = the prompt again."""
    barge_in: bool = True
    """A key stops the prompt."""


class Collect(NodeType[CollectParameters]):
    tag = "collect"
    title = "Voice Playback and Digit Collection"
    parameters = CollectParameters
    awaits = (DigitsCollected,)
    needs_media = True

    def exits(self, parameters: CollectParameters) -> tuple[Exit, ...]:
        return (Exit("success"), Exit("failure"), *PRESETS, Exit(INNER_ERROR, is_required=False))

    def check(self, parameters: CollectParameters, check: Check) -> None:
        check_prompts(check, "prompts", parameters.prompts)
        check_prompts(check, "error_prompts", parameters.error_prompts, needed=False)
        check_prompts(check, "timeout_prompts", parameters.timeout_prompts, needed=False)
        check.writable("variable", parameters.variable)
        check.within("max_length", parameters.max_length, 1, 32)
        check.within("min_length", parameters.min_length, 0, parameters.max_length)
        check.within("wait_seconds", parameters.wait_seconds, 1, 60)
        check.within("between_keys_seconds", parameters.between_keys_seconds, 1, 60)
        check.within("max_failures", parameters.max_failures, 0, 9)
        if not set(parameters.end_keys) <= _KEYS:
            check.problem("end_keys", "keys are 0-9, * and #")

    def enter(self, run: Run, parameters: CollectParameters) -> Move:
        return self._ask(run, parameters, parameters.prompts)

    def resume(self, run: Run, parameters: CollectParameters, given: Input) -> Move:
        if not isinstance(given, DigitsCollected) or given.reason == "error":
            raise NodeFailed("the prompt would not play")
        run.keys = given.digits + given.end_key
        is_long_enough = parameters.min_length <= len(given.digits) <= parameters.max_length
        if is_long_enough and (given.digits or given.reason == "end_key"):
            run.assign(parameters.variable, given.digits)
            return Go("success")
        is_silent = given.reason == "no_input"
        leave = fail(
            run, "timeout" if is_silent else "nomatch", max_failures=parameters.max_failures, way_out="failure"
        )
        if leave is not None:
            return leave
        other = parameters.timeout_prompts if is_silent else parameters.error_prompts
        return self._ask(run, parameters, other or parameters.prompts)

    def _ask(self, run: Run, parameters: CollectParameters, prompts: tuple[PromptSpec, ...]) -> Move:
        run.order(
            PlayAndCollect(
                order=run.next_id(),
                prompts=prompts_of(run, prompts),
                barge_in=parameters.barge_in,
                max_digits=parameters.max_length,
                min_digits=parameters.min_length,
                end_keys=parameters.end_keys,
                first_digit_ms=parameters.wait_seconds * 1_000,
                inter_digit_ms=parameters.between_keys_seconds * 1_000,
            )
        )
        return Wait()
