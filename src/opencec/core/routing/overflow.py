"""Queue rules (tenant-console.md 5.3, ivr-flows.md 8): no agent on duty, full, too long; wait, release, queue, flow."""

from __future__ import annotations

from typing import Literal

import msgspec

from opencec.core.config import Overflow
from opencec.core.ids import QueueId
from opencec.core.state import TenantState

__all__ = ["Placement", "Rule", "Step", "place", "rule_now"]

Rule = Literal["no_agent", "full", "timeout", "removed"]


class Step(msgspec.Struct, frozen=True, gc=False):
    """A rule that fired on the way."""

    queue: QueueId
    rule: Rule
    action: Literal["release", "queue", "flow"]
    target: str


class Placement(msgspec.Struct, frozen=True, gc=False):
    """Where a contact ends up that is sent to a queue. Exactly one of queue, flow and `released_by` is set."""

    steps: tuple[Step, ...] = ()
    queue: QueueId | None = None
    flow: str | None = None
    released_by: Rule | None = None


def rule_now(state: TenantState, queue: QueueId, *, is_new: bool) -> tuple[Rule, Overflow] | None:
    """The rule that keeps a contact out of `queue` at this moment. One that comes back is never one too many."""
    found = state.queues.get(queue)
    if found is None:
        return "removed", Overflow("release")
    if not found.on_duty and found.profile.on_no_agent.action != "wait":
        return "no_agent", found.profile.on_no_agent
    is_full = is_new and found.length >= found.profile.max_waiting
    if is_full and found.profile.on_full.action != "wait":
        return "full", found.profile.on_full
    return None


def place(
    state: TenantState, queue: QueueId, *, is_new: bool = True, fired: tuple[Rule, Overflow] | None = None
) -> Placement:
    """Follow the rules from `queue` on. `fired`: a rule that has fired there already (time-out).

    Rules that lead in a circle release the contact.
    """
    fired = fired or rule_now(state, queue, is_new=is_new)
    if fired is None:
        return Placement(queue=queue)
    steps: list[Step] = []
    seen: set[QueueId] = set()
    while True:
        fired = fired or rule_now(state, queue, is_new=is_new)
        if fired is None:
            return Placement(steps=tuple(steps), queue=queue)
        rule, overflow = fired
        seen.add(queue)
        following = _following(state, overflow, seen)
        if overflow.action == "flow" and overflow.target:
            steps.append(Step(queue, rule, "flow", overflow.target))
            return Placement(steps=tuple(steps), flow=overflow.target)
        if following is None:
            steps.append(Step(queue, rule, "release", ""))
            return Placement(steps=tuple(steps), released_by=rule)
        steps.append(Step(queue, rule, "queue", overflow.target))
        queue, fired, is_new = following, None, True


def _following(state: TenantState, overflow: Overflow, seen: set[QueueId]) -> QueueId | None:
    if overflow.action != "queue" or not overflow.target.isdecimal():
        return None
    target = QueueId(int(overflow.target))
    return target if target in state.queues and target not in seen else None
