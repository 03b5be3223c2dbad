"""Commands about text contacts."""

from __future__ import annotations

from typing import Literal

from opencec.core.commands.command import CoreCommand
from opencec.core.events.chats import ChatEndReason, MessageMedia, MessageSource
from opencec.core.ids import AgentId, ContactId, QueueId

__all__ = [
    "AnswerChat",
    "AskForAgent",
    "CallInnerChat",
    "CancelChatTransfer",
    "ComeBack",
    "EndChat",
    "GoOffline",
    "OpenChat",
    "PostMessage",
    "ReadMessages",
    "RejectChat",
    "SetChatCapacity",
    "SetChatData",
    "TransferChat",
]


class OpenChat(CoreCommand, frozen=True):
    """A customer wants to talk to an agent. The same contact again: nothing happens."""

    contact: ContactId
    channel: str
    channel_type: str
    customer: str
    queue: QueueId
    customer_name: str = ""
    locale: str = ""
    data: str = ""
    familiar: AgentId | None = None
    """Who is asked first, when free for it."""
    is_offline: bool = False
    """A message is left: it waits until an agent comes, whatever the queue's rules."""
    is_greeted: bool = False
    """The channel's own words answer until the customer asks for an agent."""


class AskForAgent(CoreCommand, frozen=True):
    """A customer who was greeted asks for an agent. One who has asked before: nothing happens."""

    contact: ContactId
    familiar: AgentId | None = None


class PostMessage(CoreCommand, frozen=True):
    """Say something. The same key of the same sender in the same chat again: nothing happens."""

    contact: ContactId
    source: MessageSource
    message: str
    key: str = ""
    agent: AgentId | None = None
    """Of source `agent`."""
    media: MessageMedia = "TEXT"
    content: str = ""
    file: str = ""
    file_name: str = ""
    file_type: str = ""
    """MIME type."""
    file_size: int = 0
    """Bytes."""
    has_thumbnail: bool = False
    reply_to: str = ""
    sent_at: int = 0
    asks_agent: bool = False
    """It asks for an agent, for a customer who was greeted."""
    familiar: AgentId | None = None
    """Who is asked first, then."""
    answer: str = ""
    """What the system says to a customer who was greeted and does not ask for an agent; empty: nothing."""


class ReadMessages(CoreCommand, frozen=True):
    """Everything up to `number` was read. An older number: nothing happens."""

    contact: ContactId
    reader: Literal["customer", "agent"]
    number: int
    agent: AgentId | None = None


class AnswerChat(CoreCommand, frozen=True):
    """Take the offered chat; one that was answered by this agent already: nothing happens."""

    contact: ContactId
    agent: AgentId


class RejectChat(CoreCommand, frozen=True):
    contact: ContactId
    agent: AgentId


class TransferChat(CoreCommand, frozen=True):
    """Pass a chat on. `success`: the agent talks on until the target has answered."""

    contact: ContactId
    agent: AgentId
    kind: Literal["queue", "agent"]
    address: str
    mode: Literal["release", "success"] = "release"
    data: str | None = None
    """New call data; None: it stays."""


class CancelChatTransfer(CoreCommand, frozen=True):
    contact: ContactId
    agent: AgentId


class EndChat(CoreCommand, frozen=True):
    """End a chat; one that is over already: nothing happens. An agent ends its own part of a chat only."""

    contact: ContactId
    by: Literal["customer", "agent", "system"]
    agent: AgentId | None = None
    reason: ChatEndReason | None = None
    """None: by what `by` says."""


class GoOffline(CoreCommand, frozen=True):
    """The customer of an asynchronous channel is away."""

    contact: ContactId


class ComeBack(CoreCommand, frozen=True):
    """The customer is there again; a message of the customer says the same."""

    contact: ContactId


class SetChatData(CoreCommand, frozen=True):
    contact: ContactId
    data: str


class SetChatCapacity(CoreCommand, frozen=True):
    """How many chats an agent takes at most in this session, 1-60; 0 = as configured."""

    agent: AgentId
    count: int


class CallInnerChat(CoreCommand, frozen=True):
    """Write to another agent."""

    contact: ContactId
    agent: AgentId
    to: AgentId
