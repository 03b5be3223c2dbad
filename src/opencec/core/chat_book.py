"""All chats of a tenant, and what is derived from them: who may be asked next, which deadline is due."""

from __future__ import annotations

from opencec.core.agent import Agent, AgentState
from opencec.core.chat import Chat, ChatState
from opencec.core.config import ChannelProfile, QueueProfile, TenantProfile
from opencec.core.deadlines import Deadlines
from opencec.core.ids import AgentId, ContactId, QueueId

__all__ = ["CHAT_RETRY_MS", "ChatBook"]

CHAT_RETRY_MS = 5_000
"""How long an agent that did not take a chat is spared it, when nobody else can."""

_AGENT_IDLE = AgentState.IDLE
_IN_CALL = (AgentState.ALERTING, AgentState.TALKING)
_GREETED = ChatState.GREETED
_OFFERED = ChatState.OFFERED
_OFFLINE = ChatState.OFFLINE
_QUEUED = ChatState.QUEUED
_TALKING = ChatState.TALKING

_NO_CHANNEL = ChannelProfile(id="")
"""Rules of a channel that is no longer configured, and of chats between agents."""
_DEFAULT_CAPACITY = 5


class ChatBook:
    """Chats and indexes. Only the folds of events change either."""

    __slots__ = ("_capacity", "_channels", "arrivals", "chats", "deserted", "due", "freed", "posted", "serving")

    def __init__(self) -> None:
        self.chats: dict[ContactId, Chat] = {}
        self.posted = 0
        """The number of the newest message."""
        self.due: Deadlines[ContactId] = Deadlines()
        self.serving: dict[AgentId, tuple[tuple[QueueId, int], ...]] = {}
        """Text queues that each agent serves, with its levels."""
        self._channels: dict[str, ChannelProfile] = {}
        self._capacity: dict[AgentId, int] = {}
        # what the router has to look at before the turn ends
        self.freed: list[AgentId] = []
        self.arrivals: list[ContactId] = []
        self.deserted: list[QueueId] = []

    def configure(self, profile: TenantProfile) -> None:
        """Derive what depends on the configuration alone."""
        self._channels = {channel.id: channel for channel in profile.channels}
        self._capacity = {agent.id: agent.text_capacity for agent in profile.agents}
        self.due = Deadlines()
        self.serving = {}

    def channel(self, chat: Chat) -> ChannelProfile:
        """The rules of a chat's channel."""
        return self._channels.get(chat.channel, _NO_CHANNEL)

    # --- agents ---------------------------------------------------------------------------------------------------

    def capacity(self, agent: Agent, queue: QueueProfile | None = None) -> int:
        """Most chats at once of an agent: configured, of the queue, of the session; the smallest."""
        most = self._capacity.get(agent.id, _DEFAULT_CAPACITY)
        if agent.chat_capacity and agent.chat_capacity < most:
            most = agent.chat_capacity
        if queue is not None and queue.chat_limit and queue.chat_limit < most:
            most = queue.chat_limit
        return most

    def is_fit(self, agent: Agent, queue: QueueProfile) -> bool:
        """Whether an agent may be offered one more chat of a queue that it serves."""
        if agent.chat_count >= self.capacity(agent, queue):
            return False
        if agent.state is _AGENT_IDLE:
            return True
        if agent.state not in _IN_CALL or not queue.has_chats_beside_call or agent.preset != "none":
            return False
        return agent.before is None or agent.before[0] is _AGENT_IDLE

    # --- deadlines ------------------------------------------------------------------------------------------------

    def schedule(self, chat: Chat, queue: QueueProfile, *, after: int) -> None:
        """Set the chat's deadline to the earliest that its state has. `after`: agents spared until then (ms UTC) may
        have been asked again."""
        due = chat.chat_until
        state = chat.state
        if state is _QUEUED:
            if chat.queue_until and chat.queue_until < due:
                due = chat.queue_until
            for refused_at in chat.refusals.values():
                if after < refused_at + CHAT_RETRY_MS < due:
                    due = refused_at + CHAT_RETRY_MS
        elif state is _OFFERED and chat.offer is not None:
            due = min(due, chat.offer.until)
        elif state is _OFFLINE:
            due = min(due, chat.away_until)
        elif state is _GREETED and (allowed := self.channel(chat).silence_ms):
            due = min(due, max(chat.since, chat.spoke_at) + allowed)
        if chat.handover is not None:
            due = min(due, chat.handover.until)
        elif state is _TALKING and not chat.is_internal:
            due = min(due, self.silence_until(chat, queue) or due)
        self.due.set(chat.id, due)

    def silence_until(self, chat: Chat, queue: QueueProfile) -> int:
        """When agent or customer has been silent for too long, ms UTC; 0 = never."""
        if chat.waits_since:
            allowed = queue.agent_silence_ms
            return max(chat.waits_since, chat.reminded_at) + allowed if allowed else 0
        allowed = self.channel(chat).silence_ms
        return chat.spoke_at + allowed if allowed else 0
