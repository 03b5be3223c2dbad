"""The chat's state machine: a text contact. Every move is a row of MOVES; nothing else changes `Chat.state`."""

from __future__ import annotations

from enum import StrEnum
from typing import Literal

import msgspec

from opencec.core.contact import Device, Stay
from opencec.core.errors import IllegalTransition
from opencec.core.events import (
    ChatAnswered,
    ChatCameBack,
    ChatEnded,
    ChatGreeted,
    ChatLeftAgent,
    ChatOffered,
    ChatOfferEnded,
    ChatOverflowed,
    ChatQueued,
    ChatTransferEnded,
    ChatTransferStarted,
    ChatWentOffline,
    ContactSegment,
    Event,
)
from opencec.core.ids import AgentId, ContactId, OfferId, QueueId

__all__ = ["MOVES", "Chat", "ChatHandover", "ChatOffer", "ChatState", "ChatTrigger", "Said"]


class ChatState(StrEnum):
    """Where a chat is."""

    ROUTING = "routing"
    """Between two places; never outlives a command."""
    GREETED = "greeted"
    """The channel's own words answer; no agent was asked for yet."""
    QUEUED = "queued"
    OFFERED = "offered"
    """Shown to one agent, who has not answered yet."""
    TALKING = "talking"
    OFFLINE = "offline"
    """The customer is away and may come back: kept for its agent."""
    ENDED = "ended"


_ROUTING, _GREETED, _QUEUED, _OFFERED, _TALKING, _OFFLINE, _ENDED = ChatState

ChatTrigger = type[Event] | tuple[type[Event], str]
"""An event, or one kind of it."""

MOVES: dict[tuple[ChatState, ChatTrigger], ChatState] = {
    (_ROUTING, ChatGreeted): _GREETED,
    (_GREETED, ChatQueued): _QUEUED,
    (_GREETED, ChatOverflowed): _ROUTING,
    (_ROUTING, ChatQueued): _QUEUED,
    (_ROUTING, ChatOffered): _OFFERED,
    (_ROUTING, ChatOverflowed): _ROUTING,  # did not get in
    (_QUEUED, ChatOverflowed): _ROUTING,
    (_QUEUED, (ChatOverflowed, "wait")): _QUEUED,
    (_QUEUED, ChatOffered): _OFFERED,
    (_OFFERED, ChatOfferEnded): _ROUTING,
    (_OFFERED, ChatAnswered): _TALKING,
    (_TALKING, ChatLeftAgent): _ROUTING,
    (_OFFLINE, (ChatLeftAgent, "stays")): _OFFLINE,
    # an agent waits for the outcome of its transfer, and talks on meanwhile
    (_TALKING, ChatTransferStarted): _ROUTING,
    (_ROUTING, (ChatTransferEnded, "back")): _TALKING,
    (_QUEUED, (ChatTransferEnded, "back")): _TALKING,
    (_OFFERED, (ChatTransferEnded, "done")): _OFFERED,
    (_QUEUED, (ChatTransferEnded, "done")): _QUEUED,
    (_ROUTING, (ChatLeftAgent, "stays")): _ROUTING,  # the second agent of a chat between agents
    (_OFFERED, (ChatLeftAgent, "stays")): _OFFERED,
    (_QUEUED, (ChatLeftAgent, "stays")): _QUEUED,
    # the customer goes and comes
    (_QUEUED, ChatWentOffline): _QUEUED,
    (_OFFERED, ChatWentOffline): _OFFERED,
    (_TALKING, ChatWentOffline): _OFFLINE,
    (_QUEUED, ChatCameBack): _QUEUED,
    (_OFFERED, ChatCameBack): _OFFERED,
    (_TALKING, ChatCameBack): _TALKING,  # answered while the customer was away
    (_OFFLINE, ChatCameBack): _ROUTING,
    (_OFFLINE, (ChatCameBack, "kept")): _TALKING,
}
MOVES |= {(state, ChatEnded): _ENDED for state in ChatState if state is not _ENDED}


class ChatOffer(msgspec.Struct, kw_only=True, gc=False):
    """A chat shown to one agent."""

    id: OfferId
    agent: AgentId
    queue: QueueId | None
    began_at: int
    until: int


class ChatHandover(msgspec.Struct, kw_only=True, gc=False):
    """A transfer whose outcome an agent waits for."""

    agent: AgentId
    kind: Literal["queue", "agent"]
    address: str
    until: int
    queue: QueueId | None
    """Of the chat before."""


class Said(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """What became of an idempotency key."""

    number: int
    message: str
    at: int


class Chat(msgspec.Struct, kw_only=True, gc=False):
    """One chat and all that its CDR will say. Outside the core: read only."""

    id: ContactId
    state: ChatState = ChatState.ROUTING
    since: int = 0
    """Begin of the state, ms UTC."""
    direction: Literal["inbound", "internal"] = "inbound"
    channel: str = ""
    channel_type: str = ""
    customer: str = ""
    customer_name: str = ""
    locale: str = ""
    data: str = ""
    is_offline: bool = False
    """A message was left: nobody waits at the other end."""
    is_away: bool = False
    began_at: int = 0
    chat_until: int = 0
    """Longest chat: the deadline of last resort."""
    away_until: int = 0
    """How long it is kept for a customer who is away."""
    # queue and offer
    queue: QueueId | None = None
    """The newest skill queue."""
    priority: int = 0
    queued_since: int = 0
    queue_order: int = 0
    queue_until: int = 0
    """Longest wait in this queue, ms UTC; 0 = no limit."""
    refusals: dict[AgentId, int] = {}
    """Agents that did not take it, or passed it on, and when."""
    offer: ChatOffer | None = None
    offer_count: int = 0
    # agents
    agent: AgentId | None = None
    """Who talks in it, or keeps it while the customer is away."""
    dialler: AgentId | None = None
    """Who began a chat between agents."""
    dialled: AgentId | None = None
    """With whom."""
    last_agent: AgentId | None = None
    handover: ChatHandover | None = None
    # messages
    last_number: int = 0
    customer_count: int = 0
    agent_count: int = 0
    unread: int = 0
    """Messages of the customer since the agent last read or wrote."""
    customer_read: int = 0
    agent_read: int = 0
    waits_since: int = 0
    """The oldest message of the customer that no agent has answered, ms UTC; 0 = none."""
    reminded_at: int = 0
    spoke_at: int = 0
    """The newest message of customer or agent, ms UTC."""
    said: dict[str, Said] = {}
    """What the newest idempotency keys led to."""
    # figures of the CDR
    answered_at: int = 0
    wait_ms: int = 0
    talk_ms: int = 0
    stay: Stay | None = None
    segments: tuple[ContactSegment, ...] = ()

    def move(self, event: Event, trigger: ChatTrigger | None = None) -> None:
        """Make the move that `event` means and count the time spent in the state that it ends.

        Raises:
            IllegalTransition: No row; nothing has changed.
        """
        state = self.state
        target = MOVES.get((state, trigger or type(event)))
        if target is None:
            raise IllegalTransition(state, event)
        if target is not state:
            self.wait_ms, self.talk_ms = self.figures(event.at)
            self.state = target
            self.since = event.at

    def figures(self, at: int) -> tuple[int, int]:
        """Waiting and talking time, ms, with the state that lasts until `at`."""
        open_ms = at - self.since
        is_talk = self.state is _TALKING or self.handover is not None
        is_wait = not is_talk and self.state in (_QUEUED, _OFFERED)
        return self.wait_ms + (open_ms if is_wait else 0), self.talk_ms + (open_ms if is_talk else 0)

    @property
    def is_internal(self) -> bool:
        """A chat between agents."""
        return self.direction == "internal"

    @property
    def agents(self) -> tuple[AgentId, ...]:
        """Who takes part; not the one it is offered to."""
        return tuple(one for one in (self.dialler, self.agent) if one is not None)

    def has(self, agent: AgentId) -> bool:
        """Whether an agent takes part."""
        return agent in (self.agent, self.dialler)

    def open_stay(self, device: Device, address: str, at: int) -> None:
        """Begin a segment of the CDR."""
        self.stay = Stay(device=device, address=address, began_at=at)

    def close_stay(self, leave_reason: int, at: int) -> None:
        """End the open segment (none: nothing); `leave_reason` as ivr-flows.md 10."""
        if self.stay is not None:
            self.segments = (*self.segments, self.stay.close(leave_reason, at))
            self.stay = None
