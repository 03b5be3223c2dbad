"""A skill queue at work: who waits in it, who serves it, and which of those are idle, longest first."""

from __future__ import annotations

from bisect import bisect_left, insort
from collections import deque
from collections.abc import Iterator

from opencec.core.agent import Agent
from opencec.core.chat_line import ChatLine
from opencec.core.config import QueueProfile
from opencec.core.contact import Contact
from opencec.core.ids import AgentId, ContactId, QueueId

__all__ = ["IdleAgents", "SkillQueue", "WaitingKey", "waiting_key"]

WaitingKey = tuple[int, int, int, ContactId]
"""Sorts waiting contacts: priority (high first), age (old first), order of arrival."""

_SLACK = 64
"""Entries of agents that left which are always tolerated; above that, as many as there are idle ones."""


def waiting_key(contact: Contact) -> WaitingKey:
    """Where a contact stands among those that wait."""
    return (-contact.priority, contact.queued_since, contact.queue_order, contact.id)


class IdleAgents:
    """The idle agents of one level, in the order in which they became idle. Adding, leaving, first: O(1).

    An entry is good as long as its rank is the agent's: who leaves gives up the rank (`Agent.idle_rank` 0) and is
    found out when its entry comes to the front. With thousands of agents in several queues each, taking them out of
    ordered maps was the dearest part of an offer (cache misses).
    """

    __slots__ = ("_entries", "_limit")

    def __init__(self) -> None:
        self._entries: deque[tuple[int, Agent]] = deque()
        self._limit = _SLACK

    def add(self, entry: tuple[int, Agent]) -> None:
        """An agent became idle: its rank and itself."""
        self._entries.append(entry)
        if len(self._entries) > self._limit:
            self._entries = deque(one for one in self._entries if one[1].idle_rank == one[0])
            self._limit = 2 * len(self._entries) + _SLACK

    def first(self) -> Agent | None:
        """Who has been idle longest and can be reached."""
        entries = self._entries
        while entries:
            rank, agent = entries[0]
            if agent.idle_rank == rank:
                return agent if not agent.is_away else next(iter(self), None)
            entries.popleft()
        return None

    def __iter__(self) -> Iterator[Agent]:
        return (agent for rank, agent in self._entries if agent.idle_rank == rank and not agent.is_cut_off)


class SkillQueue:
    """Derived from agents and contacts; rebuilt after a restore, never stored."""

    __slots__ = ("_levels", "chats", "id", "levels", "on_duty", "profile", "waiting")

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
        self.chats = ChatLine()
        """Text contacts that wait, and who is to be asked."""

    @property
    def length(self) -> int:
        """Contacts that wait, calls and chats."""
        return len(self.waiting) + len(self.chats.waiting)

    def level(self, level: int) -> IdleAgents:
        """The idle agents of one skill level."""
        found = self._levels.get(level)
        if found is None:
            found = self._levels[level] = IdleAgents()
            self.levels = [self._levels[number] for number in sorted(self._levels)]
        return found

    def idle(self) -> Iterator[Agent]:
        """Idle agents in the order in which they are to be chosen."""
        for agents in self.levels:
            yield from agents

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
