"""Events of text contacts: where a chat is, what was said in it, how it ended."""

from __future__ import annotations

from typing import Literal

from opencec.core.events.cdr import Cdr
from opencec.core.events.fact import Fact
from opencec.core.ids import AgentId, ContactId, OfferId, QueueId

__all__ = [
    "ChatAgentSilent",
    "ChatAnswered",
    "ChatArrived",
    "ChatCameBack",
    "ChatCapacityChanged",
    "ChatDataSet",
    "ChatDialled",
    "ChatEndReason",
    "ChatEnded",
    "ChatGreeted",
    "ChatLeftAgent",
    "ChatOfferEnded",
    "ChatOffered",
    "ChatOverflowed",
    "ChatQueued",
    "ChatTransferEnded",
    "ChatTransferStarted",
    "ChatWentOffline",
    "MessageMedia",
    "MessagePosted",
    "MessageSource",
    "MessagesRead",
]

MessageSource = Literal["customer", "agent", "robot", "system"]
MessageMedia = Literal[
    "TEXT", "IMAGE", "AUDIO", "VIDEO", "DOCUMENT", "LOCATION", "LINK", "CARD", "HTML", "STICKER", "TEMPLATE", "SURVEY"
]
"""`SURVEY`: the customer is asked to rate the chat."""
ChatEndReason = Literal[
    "customer_left",
    "customer_silent",
    "customer_gone",
    "agent_ended",
    "no_agent",
    "queue_full",
    "queue_timeout",
    "no_route",
    "rejected",
    "no_answer",
    "agent_gone",
    "offline_timeout",
    "too_long",
    "system",
]
"""`customer_gone`: its session ended without a word; `offline_timeout`: away for longer than the channel keeps it."""


class ChatArrived(Fact, frozen=True):
    """A customer wants to talk, or has left a message (`is_offline`)."""

    contact: ContactId
    channel: str
    channel_type: str
    customer: str
    customer_name: str = ""
    locale: str = ""
    data: str = ""
    is_offline: bool = False


class ChatDialled(Fact, frozen=True):
    """An agent writes to another agent."""

    contact: ContactId
    agent: AgentId
    to: AgentId


class ChatDataSet(Fact, frozen=True):
    contact: ContactId
    data: str


class ChatOverflowed(Fact, frozen=True):
    """A queue rule fired; `wait`: the chat stays, and the rule does not fire again."""

    contact: ContactId
    queue: QueueId
    rule: Literal["no_agent", "full", "timeout", "removed"]
    action: Literal["wait", "release", "queue"]
    target: str = ""


class ChatGreeted(Fact, frozen=True):
    """The channel's own words answer until the customer asks for an agent of a queue."""

    contact: ContactId
    queue: QueueId


class ChatQueued(Fact, frozen=True):
    contact: ContactId
    queue: QueueId
    since: int
    """Age counts from here; a chat that comes back keeps its place."""
    until: int = 0
    """Longest wait in this queue, ms UTC; 0 = none."""


class ChatOffered(Fact, frozen=True):
    contact: ContactId
    offer: OfferId
    agent: AgentId
    queue: QueueId | None = None
    """None: straight to the agent (transfer, chat between agents)."""
    until: int = 0
    """The agent must have answered by then, ms UTC."""
    auto_answer: bool = False
    """The agent answers by itself, at once."""


class ChatOfferEnded(Fact, frozen=True):
    """The offer came to nothing; the agent's state stays what it is."""

    contact: ContactId
    offer: OfferId
    agent: AgentId
    reason: Literal["rejected", "no_answer", "agent_gone", "customer_gone", "withdrawn"]


class ChatAnswered(Fact, frozen=True):
    contact: ContactId
    agent: AgentId
    queue: QueueId | None = None
    is_auto: bool = False


class MessagePosted(Fact, frozen=True):
    """One message. `number` ascends in the tenant, in the order of the journal: the cursor of every reader."""

    contact: ContactId
    number: int
    message: str
    """64 hexadecimal digits, the id that interfaces call messageCode."""
    source: MessageSource
    agent: AgentId | None = None
    key: str = ""
    """The sender's idempotency key."""
    media: MessageMedia = "TEXT"
    content: str = ""
    file: str = ""
    """Id in the media cache; empty: none."""
    file_name: str = ""
    file_type: str = ""
    """MIME type."""
    file_size: int = 0
    """Bytes."""
    has_thumbnail: bool = False
    reply_to: str = ""
    channel: str = ""
    customer: str = ""
    """Whose history it belongs to; both empty in a chat between agents."""
    sender_name: str = ""
    sent_at: int = 0
    """When the sender says that it sent it, ms UTC; 0 = unknown."""


class MessagesRead(Fact, frozen=True):
    """The reader has seen everything up to `number`."""

    contact: ContactId
    reader: Literal["customer", "agent"]
    number: int
    agent: AgentId | None = None


class ChatTransferStarted(Fact, frozen=True):
    """The agent talks on until the target has answered."""

    contact: ContactId
    agent: AgentId
    kind: Literal["queue", "agent"]
    address: str
    until: int
    data: str = ""


class ChatTransferEnded(Fact, frozen=True):
    """`failed` and `cancelled`: the agent talks on alone."""

    contact: ContactId
    agent: AgentId
    result: Literal["done", "failed", "cancelled"]
    cause: str = ""


class ChatLeftAgent(Fact, frozen=True):
    """One agent has no part in the chat any more. `stays`: the chat's state is not concerned."""

    contact: ContactId
    agent: AgentId
    reason: Literal["transferred", "agent_gone", "agent_silent", "ended"]
    stays: bool = False


class ChatAgentSilent(Fact, frozen=True):
    """The customer has waited too long for an answer: a reminder."""

    contact: ContactId
    agent: AgentId


class ChatWentOffline(Fact, frozen=True):
    """The customer of an asynchronous channel is away; the chat is kept for its agent until the deadline."""

    contact: ContactId
    until: int


class ChatCameBack(Fact, frozen=True):
    contact: ContactId


class ChatEnded(Fact, frozen=True):
    contact: ContactId
    by: Literal["customer", "agent", "system"]
    reason: ChatEndReason
    cdr: Cdr
    agent: AgentId | None = None
    """Who ended it."""


class ChatCapacityChanged(Fact, frozen=True):
    """How many chats the agent takes at most in this session; 0 = as configured."""

    agent: AgentId
    count: int
