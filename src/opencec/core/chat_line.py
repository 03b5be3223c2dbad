"""The chats of one skill queue: which wait in it, and which agents are the next to be asked."""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Iterator
from heapq import heapify, heappop, heappush

from opencec.core.agent import Agent
from opencec.core.chat import Chat
from opencec.core.ids import AgentId, ContactId

__all__ = ["ChatKey", "ChatLine", "chat_key"]

ChatKey = tuple[int, int, int, ContactId]
"""Sorts waiting chats: priority (high first), age (old first), order of arrival."""
_Rank = tuple[int, int, int, AgentId]
"""Sorts agents: level (best first), chats (few first), the newest chat (long ago first)."""

_SLACK = 64
"""Dead entries that are always tolerated; above that, as many as there are agents."""


def chat_key(chat: Chat) -> ChatKey:
    """Where a chat stands among those that wait."""
    return (-chat.priority, chat.queued_since, chat.queue_order, chat.id)


class ChatLine:
    """Derived from agents and chats; rebuilt after a restore, never stored.

    Agents stand in a heap. An entry whose agent has other figures by now is dead, and found out at the top.
    """

    __slots__ = ("_heap", "_ranks", "waiting")

    def __init__(self) -> None:
        self.waiting: list[ChatKey] = []
        self._heap: list[_Rank] = []
        self._ranks: dict[AgentId, _Rank] = {}

    def enter(self, chat: Chat) -> None:
        """The chat waits here."""
        insort(self.waiting, chat_key(chat))

    def leave(self, chat: Chat) -> None:
        """The chat waits here no more."""
        index = bisect_left(self.waiting, chat_key(chat))
        if index < len(self.waiting) and self.waiting[index][3] == chat.id:
            del self.waiting[index]

    def position(self, chat: Chat) -> int | None:
        """1 = next; None = does not wait here."""
        index = bisect_left(self.waiting, chat_key(chat))
        if index < len(self.waiting) and self.waiting[index][3] == chat.id:
            return index + 1
        return None

    def add(self, agent: Agent, level: int) -> None:
        """The agent may be asked: O(log n), nothing when its figures are known."""
        rank = (level, agent.chat_count, agent.chat_rank, agent.id)
        if self._ranks.get(agent.id) == rank:
            return
        self._ranks[agent.id] = rank
        heappush(self._heap, rank)
        if len(self._heap) > 2 * len(self._ranks) + _SLACK:
            self._heap = list(self._ranks.values())
            heapify(self._heap)

    def drop(self, agent: AgentId) -> None:
        """The agent is not to be asked any more."""
        self._ranks.pop(agent, None)

    def candidates(self) -> Iterator[AgentId]:
        """Agents in the order in which they are to be asked. Those taken from here must be given back by `add`."""
        heap = self._heap
        while heap:
            rank = heappop(heap)
            if self._ranks.get(rank[3]) == rank:
                del self._ranks[rank[3]]
                yield rank[3]
