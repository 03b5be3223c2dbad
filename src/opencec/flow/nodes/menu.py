"""Menu Configuration: prompt, then one key with a branch of its own each (ivr-flows 4.4)."""

from __future__ import annotations

from opencec.flow.check import Check
from opencec.flow.errors import NodeFailed
from opencec.flow.failures import PRESETS, fail
from opencec.flow.inputs import DigitsCollected, Input
from opencec.flow.node import INNER_ERROR, Exit, Go, Move, NodeType, Parameters, Wait
from opencec.flow.orders import PlayAndCollect
from opencec.flow.prompts import PromptSpec, check_prompts, prompts_of
from opencec.flow.run import Run

__all__ = ["Menu", "MenuKey", "MenuParameters"]

OTHER = "other"
"""Exit for "timeout or other key"."""


class MenuKey(Parameters, frozen=True):
    key: str
    """One of `0-9 * #`; also the name of the exit."""
    description: str = ""
    """Shown in visual menus and in the analysis of hot keys."""


class MenuParameters(Parameters, frozen=True):
    prompts: tuple[PromptSpec, ...]
    keys: tuple[MenuKey, ...]
    wait_seconds: int = 5
    """For the key, from the end of the prompt."""
    max_failures: int = 3
    """Further tries after no key or a wrong one; the next failure leaves by `other`."""
    error_prompts: tuple[PromptSpec, ...] = ()
    """Played after a wrong key; empty = the prompt again."""
    timeout_prompts: tuple[PromptSpec, ...] = ()
    """Played after no key; empty = the prompt again."""
    barge_in: bool = True
    """A key stops the prompt."""


class Menu(NodeType[MenuParameters]):
    tag = "menu"
    title = "Menu Configuration"
    parameters = MenuParameters
    awaits = (DigitsCollected,)
    needs_media = True

    def exits(self, parameters: MenuParameters) -> tuple[Exit, ...]:
        keys = tuple(Exit(row.key) for row in parameters.keys)
        return (*keys, Exit(OTHER), *PRESETS, Exit(INNER_ERROR, is_required=False))

    def check(self, parameters: MenuParameters, check: Check) -> None:
        check_prompts(check, "prompts", parameters.prompts)
        check_prompts(check, "error_prompts", parameters.error_prompts, needed=False)
        check_prompts(check, "timeout_prompts", parameters.timeout_prompts, needed=False)
        check.within("wait_seconds", parameters.wait_seconds, 1, 60)
        check.within("max_failures", parameters.max_failures, 0, 9)
        if not parameters.keys:
            check.problem("keys", "needs a key")
        seen: set[str] = set()
        for index, row in enumerate(parameters.keys):
            if len(row.key) != 1 or row.key not in "0123456789*#":
                check.problem(f"keys[{index}].key", "a key is one of 0-9, * and #")
            if row.key in seen:
                check.problem(f"keys[{index}].key", f"key {row.key} is there twice")
            seen.add(row.key)
            check.text(f"keys[{index}].description", row.description, needed=False)

    def enter(self, run: Run, parameters: MenuParameters) -> Move:
        return self._ask(run, parameters, parameters.prompts)

    def resume(self, run: Run, parameters: MenuParameters, given: Input) -> Move:
        if not isinstance(given, DigitsCollected) or given.reason == "error":
            raise NodeFailed("the prompt would not play")
        run.keys = given.digits
        if any(row.key == given.digits for row in parameters.keys):
            return Go(given.digits)
        is_silent = not given.digits
        leave = fail(run, "timeout" if is_silent else "nomatch", max_failures=parameters.max_failures, way_out=OTHER)
        if leave is not None:
            return leave
        other = parameters.timeout_prompts if is_silent else parameters.error_prompts
        return self._ask(run, parameters, other or parameters.prompts)

    def _ask(self, run: Run, parameters: MenuParameters, prompts: tuple[PromptSpec, ...]) -> Move:
        run.order(
            PlayAndCollect(
                order=run.next_id(),
                prompts=prompts_of(run, prompts),
                barge_in=parameters.barge_in,
                first_digit_ms=parameters.wait_seconds * 1_000,
            )
        )
        return Wait()
