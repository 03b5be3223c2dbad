"""The port of channels: how messages of customers come in from a platform, and how answers go out to it.

One adapter for each type of channel. What is the same for all is not theirs: order, repetition, limits of rate, the
outbox, dead letters, chats. An adapter only speaks its platform's language. It receives in one of two ways, and may
implement either: by webhook (`WebhookAdapter`: WeChat, Facebook, X, LINE, WhatsApp, Instagram, Telegram, 5G message)
or by going and looking (`FetchAdapter`: e-mail, and SMS over its standing connection).
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Literal, Protocol

import msgspec

from opencec.ports.channel_configuration import ChannelType
from opencec.ports.media_files import MediaKind

__all__ = [
    "ChannelAdapter",
    "ChannelBroken",
    "ChannelCapabilities",
    "ChannelCheck",
    "DeliveryReport",
    "DeliveryState",
    "FetchAdapter",
    "InboundFile",
    "InboundMessage",
    "OutboundFile",
    "OutboundMessage",
    "SendFailed",
    "Sent",
    "SignatureInvalid",
    "WebhookAdapter",
    "WebhookAnswer",
    "WebhookRequest",
]

DeliveryState = Literal["queued", "sent", "delivered", "read", "failed"]
"""`sent`: the platform has it; `failed`: for good, it is a dead letter."""


class ChannelBroken(Exception):
    """The platform cannot be asked: unreachable, refuses our credentials, talks nonsense. It may pass."""

    code = "channel_broken"


class SendFailed(Exception):
    """The platform has not taken a message."""

    code = "channel_send_failed"

    def __init__(self, reason: str, *, is_final: bool = False, retry_after_s: float | None = None) -> None:
        """Args:
        reason: For the administrator.
        is_final: No repetition will help: refused address, content, or account.
        retry_after_s: The platform's own wish.
        """
        super().__init__(reason)
        self.reason = reason
        self.is_final = is_final
        self.retry_after_s = retry_after_s


class SignatureInvalid(Exception):
    """A webhook's request is not from the platform: nothing of it is used."""

    code = "signature_invalid"


class ChannelCapabilities(msgspec.Struct, frozen=True, kw_only=True):
    """What a type of channel can carry."""

    kinds: frozenset[MediaKind] = frozenset()
    """Files that it carries."""
    most_file_bytes: int = 0
    """Of all files of one message together."""
    most_text: int = 0
    """Characters of one message; longer texts are split. 0: no limit."""
    reports_delivery: bool = False
    reports_reading: bool = False
    is_idempotent: bool = False
    """The platform takes our message id and drops a repetition. Without, a crash between sending and its receipt may
    deliver the same message (with the same id) a second time: at least once."""
    per_second: float = 10.0
    """Messages of one channel a second that the platform allows."""


class InboundFile(msgspec.Struct, frozen=True, kw_only=True):
    """A file of a customer, not checked yet."""

    name: str
    declared_type: str = ""
    data: bytes


class InboundMessage(msgspec.Struct, frozen=True, kw_only=True):
    """What a customer wrote."""

    platform_id: str
    """The platform's id; the same id is the same message, whenever it comes."""
    customer: str
    """The platform's id of the customer."""
    customer_name: str = ""
    text: str = ""
    quoted: str = ""
    """What the text quotes of earlier messages; shown folded."""
    html: str = ""
    """The same as HTML that was made safe; "": there is none."""
    subject: str = ""
    files: tuple[InboundFile, ...] = ()
    thread: str = ""
    """What of the platform's own conversations it belongs to; "": the platform has none."""
    reply_to: str = ""
    """Our message (its 64-digit id) that it answers."""
    in_reply_to: tuple[str, ...] = ()
    """Platform ids that it names as what went before, newest first."""
    contact: str = ""
    """The contact that it names itself (a token in a subject)."""
    sent_at: int = 0
    """Milliseconds UTC; 0: unknown."""
    is_automatic: bool = False
    """Written by a program (an out-of-office note): shown, never answered by a program of ours."""


class DeliveryReport(msgspec.Struct, frozen=True, kw_only=True):
    """What a platform says of a message of ours, later."""

    message: str
    """Our 64-digit id, or "" when only `platform_id` is known."""
    platform_id: str = ""
    state: Literal["delivered", "read", "failed"]
    reason: str = ""


class OutboundFile(msgspec.Struct, frozen=True, kw_only=True):
    """A file to be sent along."""

    name: str
    type: str
    kind: MediaKind
    data: bytes


class OutboundMessage(msgspec.Struct, frozen=True, kw_only=True):
    """One message for one customer."""

    message: str
    """Our id, 64 hexadecimal digits; the same at each try, so that a platform or reader can drop a second copy."""
    channel: str
    customer: str
    contact: str
    text: str = ""
    file: str = ""
    """Id in the media cache."""
    thread: str = ""
    subject: str = ""
    in_reply_to: tuple[str, ...] = ()
    """Platform ids of the conversation, oldest first."""
    sender_name: str = ""
    at: int
    """When it was posted, milliseconds UTC."""


class Sent(msgspec.Struct, frozen=True, kw_only=True):
    """The platform has taken a message."""

    platform_id: str = ""


class ChannelCheck(msgspec.Struct, frozen=True, kw_only=True):
    """One line of a connection test."""

    part: str
    is_ok: bool
    text: str


class ChannelAdapter(Protocol):
    """One channel on its platform."""

    @property
    def type(self) -> ChannelType:
        """Which platform."""
        ...

    @property
    def capabilities(self) -> ChannelCapabilities:
        """What it can carry."""
        ...

    async def send(self, message: OutboundMessage, files: Sequence[OutboundFile]) -> Sent:
        """Hand one message to the platform.

        Raises:
            SendFailed: it has not taken it.
        """
        ...

    async def check(self) -> Sequence[ChannelCheck]:
        """Try the connection and credentials, without sending anything. Never raises."""
        ...


class WebhookRequest(msgspec.Struct, frozen=True, kw_only=True):
    """A platform's request, untouched: signatures are made over the bytes."""

    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    """Names in lower case."""
    body: bytes


class WebhookAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """What the platform is answered, once the messages are journaled."""

    status: int = 200
    type: str = "text/plain"
    body: bytes = b""
    messages: tuple[InboundMessage, ...] = ()
    reports: tuple[DeliveryReport, ...] = ()


class WebhookAdapter(ChannelAdapter, Protocol):
    """A platform that calls us."""

    async def answer(self, request: WebhookRequest) -> WebhookAnswer:
        """Check the request's signature and take it apart; or answer the platform's question when a webhook is set up.

        Raises:
            SignatureInvalid: not from the platform.
        """
        ...


class FetchAdapter(ChannelAdapter, Protocol):
    """A platform that we look after."""

    async def receive(
        self,
        *,
        cursor: str,
        take: Callable[[InboundMessage | DeliveryReport], Awaitable[None]],
        advance: Callable[[str], Awaitable[None]],
    ) -> None:
        """Receive until cancelled: hand over every message in order, then tell the new cursor.

        Args:
            cursor: What was told last, "" at first.
            take: Takes one; returns when it is journaled. The same one may be handed over again.
            advance: Keeps the cursor.

        Raises:
            ChannelBroken: start again after a pause.
        """
        ...
