"""A skill queue at work: who waits in it, who serves it, and which of those are idle, longest first."""

from __future__ import annotations

from bisect import bisect_left, insort
from collections import OrderedDict
from collections.abc import Iterator

from opencec.core.agent import Agent
from opencec.core.config import QueueProfile
from opencec.core.contact import Contact
from opencec.core.ids import AgentId, ContactId, QueueId

__all__ = ["IdleAgents", "SkillQueue", "WaitingKey"]

IdleAgents = OrderedDict[AgentId, Agent]
"""The idle agents of one level, in the order in which they became idle. Adding, removing, first: O(1)."""

WaitingKey = tuple[int, int, int, ContactId]
"""Sorts waiting contacts: priority (high first), age (old first), order of arrival."""


def waiting_key(contact: Contact) -> WaitingKey:
    """Where a contact stands among those that wait."""
    return (-contact.priority, contact.queued_since, contact.queue_order, contact.id)


class SkillQueue:
    """Derived from agents and contacts; rebuilt after a restore, never stored."""

    __slots__ = ("_levels", "id", "levels", "on_duty", "profile", "waiting")

    def __init__(self, profile: QueueProfile) -> None:
        self.id: QueueId = profile.id
        self.profile = profile
        self.waiting: list[WaitingKey] = []
        """Sorted; a deque or heap would not tell positions."""
        self.on_duty: set[AgentId] = set()
        """Signed-in agents that serve the queue, whatever their state."""
        self.levels: list[IdleAgents] = []
        """Idle agents, best level first."""
        self._levels: dict[int, IdleAgents] = {}

    def level(self, level: int) -> IdleAgents:
        """The idle agents of one skill level."""
        found = self._levels.get(level)
        if found is None:
            found = self._levels[level] = OrderedDict()
            self.levels = [self._levels[number] for number in sorted(self._levels)]
        return found

    def idle(self) -> Iterator[Agent]:
        """Idle agents in the order in which they are to be chosen."""
        for agents in self.levels:
            yield from agents.values()

    def enter(self, contact: Contact) -> None:
        """The contact waits here."""
        insort(self.waiting, waiting_key(contact))

    def leave(self, contact: Contact) -> None:
        """The contact waits here no more."""
        index = bisect_left(self.waiting, waiting_key(contact))
        if index < len(self.waiting) and self.waiting[index][3] == contact.id:
            del self.waiting[index]

    def position(self, contact: Contact) -> int | None:
        """1 = next; None = does not wait here."""
        index = bisect_left(self.waiting, waiting_key(contact))
        if index < len(self.waiting) and self.waiting[index][3] == contact.id:
            return index + 1
        return None
