"""Bodies of the workbench's chats. Names in camel case, as the customers' side has them."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

from opencec.ports.phrases import LONGEST_TEXT, LONGEST_TITLE

__all__ = [
    "Capacity",
    "CapacityBody",
    "ChatFile",
    "ChatNote",
    "ChatTransferBody",
    "DeskChat",
    "DeskChats",
    "DeskMessage",
    "HistoryPage",
    "HistoryRow",
    "InnerChat",
    "InnerChatBody",
    "MessagePage",
    "PhraseBody",
    "PhraseList",
    "PhraseRow",
    "PostBody",
    "ReadBody",
    "StoredFile",
    "TypingBody",
]


class _Body(BaseModel):
    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True)


class ChatFile(_Body):
    id: str
    name: str
    size: int
    type: str
    thumbnail: bool


class DeskMessage(_Body):
    """One message; `number` ascends in the tenant and is the cursor of the stream."""

    number: int
    message_code: str
    at: int
    source: Literal["customer", "agent", "robot", "system"]
    sender_name: str
    media_type: str
    content: str
    file: ChatFile | None = None
    key: str | None = None
    """The sender's key, of messages of this agent."""
    agent: str | None = None


class DeskChat(_Body):
    """One open chat of the agent. Times in milliseconds UTC."""

    contact: str
    state: Literal["offered", "talking", "offline"]
    direction: Literal["inbound", "internal"]
    queue: int
    channel: str
    channel_type: str
    customer: str
    customer_name: str
    locale: str
    data: str
    arrived_at: int
    waiting_since: int | None
    unread: int
    last_message: DeskMessage | None = None
    read_number: int
    """The customer has read up to here."""
    offer_until: int | None = None
    transfer_to: str | None = None
    is_offline: bool
    """A message was left: nobody waits at the other end."""
    is_away: bool


class Capacity(_Body):
    count: int
    """Most at once in this session."""
    most: int
    """What the administrator allows."""


class DeskChats(_Body):
    chats: list[DeskChat]
    capacity: Capacity
    after: int
    """Where the stream is to go on."""


class MessagePage(_Body):
    messages: list[DeskMessage]


class HistoryRow(_Body):
    """One contact of a customer, over any medium."""

    contact: str
    medium: Literal["audio", "video", "text"]
    channel_type: str
    queue: int
    begin: int
    end: int | None
    agents: list[str]
    note: str
    rating: int | None


class HistoryPage(_Body):
    contacts: list[HistoryRow]
    before: str | None
    """For the page of what is older; null: there is none."""


class PostBody(_Body):
    key: str = Field(min_length=1, max_length=128)
    media_type: Literal["TEXT", "IMAGE", "AUDIO", "VIDEO", "DOCUMENT"] = "TEXT"
    content: str = Field("", max_length=65_536)
    file: str | None = Field(None, max_length=64)


class ReadBody(_Body):
    number: int = Field(ge=0, le=10**15)


class TypingBody(_Body):
    on: bool


class ChatTransferBody(_Body):
    kind: Literal["queue", "agent"]
    address: str = Field(max_length=24, pattern=r"^[0-9]+$")
    mode: Literal["release", "success"] = "release"


class ChatNote(_Body):
    note: str = Field(max_length=4_000)


class CapacityBody(_Body):
    count: int = Field(ge=0, le=60)
    """0: as configured."""


class InnerChatBody(_Body):
    to: int = Field(ge=1, le=999_999)


class InnerChat(_Body):
    contact: str


class StoredFile(_Body):
    id: str
    name: str
    size: int
    type: str
    thumbnail: bool


class PhraseBody(_Body):
    title: str = Field(min_length=1, max_length=LONGEST_TITLE)
    text: str = Field(min_length=1, max_length=LONGEST_TEXT)


class PhraseRow(PhraseBody):
    id: str
    is_own: bool


class PhraseList(_Body):
    phrases: list[PhraseRow]
