"""Selection: the longest idle agent of the best skill level, and the contact that has waited longest."""

from __future__ import annotations

from opencec.core.agent import Agent
from opencec.core.contact import Contact
from opencec.core.skill_queue import SkillQueue
from opencec.core.state import RETRY_MS, TenantState

__all__ = ["choose_agent", "choose_contact"]


def choose_agent(queue: SkillQueue, contact: Contact, *, now: int) -> Agent | None:
    """Longest idle on the best level. An agent that did not take this contact comes last, and not within 5 s.

    Cost: the number of idle agents that refused the contact, plus one.
    """
    refusals = contact.refusals
    if not refusals:
        for idle in queue.levels:
            agent = idle.first()
            if agent is not None:
                return agent
        return None
    second: Agent | None = None
    for candidate in queue.idle():
        refused_at = refusals.get(candidate.id)
        if refused_at is None:
            return candidate
        if second is None and now - refused_at >= RETRY_MS:
            second = candidate
    return second


def choose_contact(state: TenantState, agent: Agent, *, now: int) -> Contact | None:
    """Of all queues the agent serves: the queue of highest priority first, then by priority and age of the contact."""
    best: tuple[int, int, int, int] | None = None
    chosen: Contact | None = None
    for queue_id in agent.queues or ():
        queue = state.queues.get(queue_id)
        if queue is None or not queue.waiting:
            continue
        for priority, since, order, contact_id in queue.waiting:
            contact = state.contacts[contact_id]
            refused_at = contact.refusals.get(agent.id)
            if refused_at is not None and now - refused_at < RETRY_MS:
                continue
            rank = (-queue.profile.priority, priority, since, order)
            if best is None or rank < best:
                best, chosen = rank, contact
            break
    return chosen
