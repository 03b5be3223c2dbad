"""Chats as elements see them: plain values of one moment, and the news that listeners get."""

from __future__ import annotations

from typing import Literal

import msgspec

from opencec.core.chat import Chat
from opencec.core.events import Event, MessagePosted
from opencec.core.ids import AgentId, ContactId, QueueId, TenantId
from opencec.ports.chat_history import ChatMessage

__all__ = [
    "ChatChanged",
    "ChatNews",
    "ChatView",
    "NewMessage",
    "Posted",
    "QueueInfo",
    "ReadTo",
    "Typing",
    "chat_message",
    "ended_view",
]

ChatPhase = Literal["greeted", "queued", "offered", "talking", "offline", "ended"]


class ChatView(msgspec.Struct, frozen=True, kw_only=True):
    """One chat at this moment."""

    contact: ContactId
    state: ChatPhase
    since: int
    """Begin of the state, ms UTC."""
    direction: Literal["inbound", "internal"]
    channel: str
    channel_type: str
    customer: str
    customer_name: str
    locale: str
    data: str
    is_offline: bool
    """A message was left: nobody waits at the other end."""
    is_away: bool
    began_at: int
    queue: QueueId | None
    agent: AgentId | None
    """Who talks in it, or keeps it."""
    offered_to: AgentId | None
    dialler: AgentId | None
    """Who began a chat between agents."""
    transfer_to: str = ""
    """`queue 4` or `agent 102`, while its agent waits for the outcome of a transfer."""
    position: int | None = None
    """1 = next in the queue, 0 = offered."""
    last_number: int = 0
    customer_read: int = 0
    agent_read: int = 0
    unread: int = 0
    """Messages of the customer that the agent has not seen."""
    offer_until: int = 0
    """When the offer ends, ms UTC; 0 = there is none."""
    waits_since: int = 0
    """The oldest message of the customer that no agent has answered, ms UTC; 0 = none."""
    answered_at: int = 0
    end_reason: str = ""
    """Of state `ended`."""

    @property
    def agents(self) -> tuple[AgentId, ...]:
        """Who takes part or is offered it."""
        return tuple(one for one in (self.dialler, self.agent, self.offered_to) if one is not None)

    @classmethod
    def of(cls, chat: Chat, *, position: int | None) -> ChatView:
        """What a living chat looks like."""
        handover = chat.handover
        state: ChatPhase = "queued"
        if handover is not None or chat.state.value == "talking":
            state = "talking"
        elif chat.state.value == "greeted":
            state = "greeted"
        elif chat.state.value == "offered":
            state = "offered"
        elif chat.state.value == "offline":
            state = "offline"
        return cls(
            contact=chat.id,
            state=state,
            since=chat.since,
            direction=chat.direction,
            channel=chat.channel,
            channel_type=chat.channel_type,
            customer=chat.customer,
            customer_name=chat.customer_name,
            locale=chat.locale,
            data=chat.data,
            is_offline=chat.is_offline,
            is_away=chat.is_away,
            began_at=chat.began_at,
            queue=chat.queue,
            agent=chat.agent,
            offered_to=chat.offer.agent if chat.offer is not None else None,
            dialler=chat.dialler,
            transfer_to=f"{handover.kind} {handover.address}" if handover is not None else "",
            position=position,
            last_number=chat.last_number,
            customer_read=chat.customer_read,
            agent_read=chat.agent_read,
            unread=chat.unread,
            offer_until=chat.offer.until if chat.offer is not None else 0,
            waits_since=chat.waits_since,
            answered_at=chat.answered_at,
        )


class Posted(msgspec.Struct, frozen=True):
    """A message that is stored."""

    number: int
    message: str
    at: int
    """Milliseconds UTC."""


class QueueInfo(msgspec.Struct, frozen=True, kw_only=True):
    """How it looks in a queue of text contacts."""

    queue: QueueId
    waiting: int
    """Chats that wait."""
    on_duty: int
    """Signed-in agents that serve it."""
    free: int
    """Those that could take one more."""
    position: int | None = None
    """Of the chat that was asked about."""
    longest_wait_s: int = 0
    """Since when the first one waits."""
    estimate_s: int = 0
    """How long a chat at this place, or a new one, has to wait; 0 = not at all, or unknown."""


class NewMessage(msgspec.Struct, frozen=True, gc=False):
    """Somebody said something."""

    message: ChatMessage
    agents: tuple[AgentId, ...] = ()
    """Who takes part in the chat."""


class ChatChanged(msgspec.Struct, frozen=True):
    """A chat is another than before."""

    chat: ChatView
    event: Event
    """What happened."""


class ReadTo(msgspec.Struct, frozen=True):
    """Everything up to a number was read."""

    contact: ContactId
    reader: Literal["customer", "agent"]
    number: int


class Typing(msgspec.Struct, frozen=True):
    """Somebody types, or has stopped. Never journaled."""

    contact: ContactId
    by: Literal["customer", "agent"]
    is_on: bool
    agent: AgentId | None = None


ChatNews = NewMessage | ChatChanged | ReadTo | Typing


def chat_message(tenant: TenantId, event: MessagePosted) -> ChatMessage:
    """A message as the history keeps it."""
    return ChatMessage(
        vdn=tenant,
        number=event.number,
        contact=event.contact,
        message=event.message,
        at=event.at,
        source=event.source,
        agent=str(event.agent) if event.agent is not None else "",
        sender_name=event.sender_name,
        media=event.media,
        content=event.content,
        file=event.file,
        file_name=event.file_name,
        file_type=event.file_type,
        file_size=event.file_size,
        has_thumbnail=event.has_thumbnail,
        reply_to=event.reply_to,
        channel=event.channel,
        customer=event.customer,
        key=event.key,
        sent_at=event.sent_at,
    )


def ended_view(contact: ContactId, channel: str, customer: str, *, reason: str, at: int) -> ChatView:
    """A chat that is over."""
    return ChatView(
        contact=contact,
        state="ended",
        since=at,
        direction="inbound" if channel else "internal",
        channel=channel,
        channel_type="",
        customer=customer,
        customer_name="",
        locale="",
        data="",
        is_offline=False,
        is_away=False,
        began_at=at,
        queue=None,
        agent=None,
        offered_to=None,
        dialler=None,
        end_reason=reason,
    )
