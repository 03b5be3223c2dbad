"""A tenant's text contacts and files as the interfaces of customers use them: plain values, and what can be asked."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Literal, NamedTuple, Protocol

import msgspec

from opencec.core.errors import OpenCecError

__all__ = [
    "Answered",
    "ChatDenied",
    "CustomerChats",
    "CustomerId",
    "Ended",
    "Line",
    "LineState",
    "MediaName",
    "MediaStore",
    "Posted",
    "QueuePlace",
    "Queued",
    "Said",
    "Stored",
    "Told",
]

LineState = Literal["none", "greeted", "queued", "talking", "offline", "ended"]
MediaName = Literal["TEXT", "IMAGE", "AUDIO", "VIDEO", "DOCUMENT", "LOCATION", "CARD"]


class ChatDenied(OpenCecError):
    """A talk could not begin or go on: `off_hours`, `no_agent`, `busy`, `not_open`, `too_many`, ..."""


class CustomerId(NamedTuple):
    """One identity: who writes, through which channel."""

    channel: str
    user: str
    name: str = ""
    locale: str = ""


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """Where a customer's talk is."""

    state: LineState = "none"
    contact: str = ""
    agent_name: str = ""
    reason: str = ""
    """Why it ended."""
    ended_by: Literal["", "customer", "agent", "system"] = ""


class QueuePlace(msgspec.Struct, frozen=True, kw_only=True):
    """A customer's place in a queue; times in whole seconds."""

    position: int
    total_wait_s: int
    queue_wait_s: int
    most_wait_s: int
    longest_wait_s: int
    estimate_s: int
    skill: int = 0
    agents: int = 0
    """Signed in to the queue."""


class Stored(NamedTuple):
    """A file of the media cache."""

    id: str
    name: str
    size: int
    type: str
    suffix: str
    has_thumbnail: bool


class Said(msgspec.Struct, frozen=True, kw_only=True):
    """One message of a talk."""

    number: int
    code: str
    """64 hexadecimal digits."""
    at: int
    source: Literal["customer", "agent", "robot", "system"]
    sender: str
    media: MediaName
    content: str
    contact: str
    key: str = ""
    file: Stored | None = None
    is_survey: bool = False
    """The customer is asked to rate the talk."""


class Queued(msgspec.Struct, frozen=True, kw_only=True):
    """The customer waits for an agent from now on."""

    contact: str
    at: int
    code: str


class Answered(msgspec.Struct, frozen=True, kw_only=True):
    """An agent takes part from now on."""

    contact: str
    at: int
    code: str
    agent: int = 0


class Ended(msgspec.Struct, frozen=True, kw_only=True):
    """The talk is over."""

    contact: str
    at: int
    code: str
    by: Literal["customer", "agent", "system"]
    agent_name: str = ""
    reason: str = ""
    goes_on: bool = False
    """The customer may write on; an agent will see it."""


Told = Said | Queued | Answered | Ended


class Posted(NamedTuple):
    """What became of a message."""

    number: int
    code: str
    at: int


class CustomerChats(Protocol):
    """The text contacts of one tenant, as their customers use them. What a method returns from is journaled."""

    async def connect(
        self, who: CustomerId, *, key: str, data: str, queue: int | None = None, asks_agent: bool = False
    ) -> Line:
        """Begin to talk, or go on. Raises ChatDenied.

        Args:
            who: The customer.
            key: Of this request.
            data: Goes along to the agent.
            queue: Another than the channel's.
            asks_agent: For an agent at once, also where the channel's own words answer first.
        """
        ...

    async def post(
        self, who: CustomerId, *, key: str, media: MediaName, content: str, file: str, sent_at: int
    ) -> Posted:
        """Say something; the same key again is the same message. Raises ChatDenied."""
        ...

    async def read(self, who: CustomerId, *, number: int = 0, codes: Sequence[str] = ()) -> None:
        """Everything up to a number, or up to the newest of some messages, was read."""
        ...

    async def end(self, who: CustomerId) -> bool:
        """End the talk; False when there was none."""
        ...

    async def leave_message(self, who: CustomerId, *, key: str, phone: str, text: str) -> Posted:
        """Leave words that are routed when an agent comes. Raises ChatDenied."""
        ...

    async def rate(
        self, who: CustomerId, *, key: str, score: int, comment: str, nps: int | None, fcr: bool | None
    ) -> None:
        """How it was. Raises ChatDenied without a talk to rate."""
        ...

    def keep_for_polls(self, who: CustomerId) -> None:
        """From now on keep what happens for the customer's polls."""
        ...

    async def poll(self, who: CustomerId, *, wait_s: int, most: int = 20) -> list[Told]:
        """What is next; this poll is the receipt of what the one before gave. [] after `wait_s` seconds without news,
        or when a newer poll took over."""
        ...

    async def said_after(self, who: CustomerId, number: int, *, limit: int) -> list[Said]:
        """Messages of all talks of the customer after a number, in order."""
        ...

    async def history(self, who: CustomerId, *, since: int, until: int, limit: int, offset: int) -> list[Said]:
        """Messages of a time, oldest first; times in ms UTC, `until` not included."""
        ...

    def line(self, who: CustomerId) -> Line:
        """Where the talk is."""
        ...

    def agent_read(self, who: CustomerId) -> int:
        """Number of the last message that the agent has read."""
        ...

    def place(self, who: CustomerId) -> QueuePlace | None:
        """The place in the queue; None when not queuing."""
        ...

    def typing(self, who: CustomerId, on: bool) -> None:
        """The customer is writing, or not any more."""
        ...

    def seen(self, who: CustomerId) -> None:
        """The customer is there: a poll, or a frame."""
        ...

    def watch(self, who: CustomerId, listener: Callable[[str], None]) -> Callable[[], None]:
        """Tell of `message`, `state`, `read`, `typing`, `quiet` until the returned function is called."""
        ...

    def queue_text(self, who: CustomerId, position: int) -> str:
        """What is said to a customer who waits."""
        ...

    def is_open(self, channel: str) -> bool:
        """Whether it is the channel's working time."""
        ...


class MediaStore(Protocol):
    """The media cache of one tenant, as customers use it. Raises OpenCecError with its codes."""

    @property
    def most_bytes(self) -> int:
        """The largest file."""
        ...

    async def store(self, who: CustomerId, *, name: str, data: bytes, declared: str, most_bytes: int | None) -> Stored:
        """Take a file of a customer."""
        ...

    async def find(self, who: CustomerId, id: str) -> Stored:
        """A file that this customer may have."""
        ...

    async def content(self, who: CustomerId, id: str, *, thumbnail: bool) -> bytes:
        """Its bytes."""
        ...
