"""Takes a customer's message from a channel into the customer's chat: each once, whatever is handed over twice.

The chat gets the message under a key made of the platform's id, then the record is written. A crash in between brings
the message again, and the chat knows the key. So nothing is lost, and nothing is shown twice while the chat lives.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Protocol

import structlog

from opencec.core.errors import OpenCecError
from opencec.core.events.chats import MessageMedia, MessageSource
from opencec.core.ids import AgentId, ContactId
from opencec.ports.channel_configuration import ChannelConfig
from opencec.ports.channel_mail import ChannelMail, ChannelRecord
from opencec.ports.channels import InboundFile, InboundMessage
from opencec.ports.clock import Clock
from opencec.ports.media_files import MediaFile, MediaKind
from opencec.services.channels.splitting import split_text
from opencec.services.media_cache import MediaRefused, TenantMedia, customer_owner

__all__ = ["ChannelIntake", "ChatOf", "Chats", "PostOf", "thread_of"]

_log = structlog.get_logger()

_MOST_TEXT = 4_000
"""Characters of one message in a chat."""
_MOST_PIECES = 25
_MEDIA: dict[MediaKind, MessageMedia] = {
    "image": "IMAGE",
    "audio": "AUDIO",
    "video": "VIDEO",
    "document": "DOCUMENT",
}
_PASSING = frozenset(("overloaded", "media_unavailable"))
"""Refusals that pass: the message is taken later, and until then the channel's cursor stays before it."""


class ChatOf(Protocol):
    """Of a chat: its id."""

    @property
    def contact(self) -> ContactId: ...


class PostOf(Protocol):
    """Of a message that was posted: its 64-digit id."""

    @property
    def message(self) -> str: ...


class Chats(Protocol):
    """What the intake needs of a tenant's chats."""

    def chat_of(self, channel: str, customer: str) -> ChatOf | None:
        """The living chat of a customer."""
        ...

    async def open(self, channel: str, customer: str, *, name: str, data: str, is_offline: bool) -> ChatOf:
        """Open one, or give the living one."""
        ...

    async def post(
        self,
        contact: ContactId,
        *,
        source: MessageSource,
        key: str,
        agent: AgentId | None = None,
        media: MessageMedia = "TEXT",
        content: str = "",
        file: str = "",
        file_name: str = "",
        reply_to: str = "",
        sent_at: int = 0,
    ) -> PostOf:
        """Say something; the same key again is the same message."""
        ...


class ChannelIntake:
    """Takes messages for one tenant."""

    def __init__(self, chats: Chats, *, mail: ChannelMail, media: TenantMedia, clock: Clock) -> None:
        self._chats = chats
        self._mail = mail
        self._media = media
        self._clock = clock

    async def take(self, channel: ChannelConfig, message: InboundMessage) -> None:
        """Take one message; returns when it is journaled and recorded.

        Raises:
            OpenCecError: not now (`overloaded`, `media_unavailable`); hand it over again.
        """
        if await self._mail.find(channel.channel, [message.platform_id]) is not None:
            return
        customer = await self._customer(channel.channel, message)
        if message.is_automatic and self._chats.chat_of(channel.channel, customer) is None:
            # An out-of-office note or newsletter, and nobody talks with its sender: no agent's work.
            await self._record(channel.channel, message, customer, contact="", posted="", problem="automatic")
            return
        try:
            contact, posted = await self._say(channel.channel, customer, message)
        except OpenCecError as error:
            if error.code in _PASSING:
                raise
            _log.error("channel.message_refused", channel=channel.name, code=error.code)
            await self._record(channel.channel, message, customer, contact="", posted="", problem=error.code)
            return
        await self._record(channel.channel, message, customer, contact=contact, posted=posted)

    async def _customer(self, channel: str, message: InboundMessage) -> str:
        """Whose thread it is. Only our own ids, which cannot be guessed, let another address join a thread."""
        if message.reply_to:
            ours = [one for one in message.in_reply_to if one.startswith(message.reply_to)]
            found = await self._mail.find(channel, ours)
            if found is not None and found.direction == "out" and "," not in found.customer:
                return found.customer
        return message.customer

    async def _say(self, channel: str, customer: str, message: InboundMessage) -> tuple[ContactId, str]:
        owner = customer_owner(channel, customer)
        files: list[MediaFile] = []
        notes: list[str] = []
        for file in message.files:
            await self._keep(file, owner, files, notes)
        opened = await self._chats.open(
            channel, customer, name=message.customer_name, data=message.subject, is_offline=True
        )
        is_new = not await self._mail.of_contact(channel, opened.contact, limit=1)  # the same after a crash
        text = "\n\n".join(part for part in (message.subject if is_new else "", message.text, *notes) if part)
        posted = ""
        for number, piece in enumerate(_pieces(text)):
            said = await self._chats.post(
                opened.contact,
                source="customer",
                key=_key(message.platform_id, f"t{number}"),
                content=piece,
                reply_to=message.reply_to,
                sent_at=message.sent_at,
            )
            posted = posted or said.message
        for number, kept in enumerate(files):
            await self._media.share(kept.id, channel=channel, customer=customer)
            said = await self._chats.post(
                opened.contact,
                source="customer",
                key=_key(message.platform_id, f"f{number}"),
                media=_MEDIA[kept.kind],
                content=kept.id,
                file=kept.id,
                file_name=kept.name,
                sent_at=message.sent_at,
            )
            posted = posted or said.message
        return opened.contact, posted

    async def _keep(self, file: InboundFile, owner: str, files: list[MediaFile], notes: list[str]) -> None:
        try:
            files.append(await self._media.store(file.name, file.data, declared_type=file.declared_type, owner=owner))
        except MediaRefused as error:
            if error.code in _PASSING:
                raise
            notes.append(f"[{file.name[:100]}: {error.code}]")

    async def _record(
        self, channel: str, message: InboundMessage, customer: str, *, contact: str, posted: str, problem: str = ""
    ) -> None:
        await self._mail.add(
            ChannelRecord(
                channel=channel,
                platform_id=message.platform_id,
                direction="in",
                customer=customer,
                contact=contact,
                message=posted,
                subject=message.subject,
                html=message.html,
                quoted=message.quoted,
                in_reply_to=message.in_reply_to,
                problem=problem,
                at=self._clock.now(),
            )
        )


def thread_of(records: Sequence[ChannelRecord]) -> tuple[str, tuple[str, ...]]:
    """Subject, and platform ids (oldest first) of what an answer answers.

    Args:
        records: Of its contact, newest first.
    """
    newest = next((one for one in records if one.direction == "in"), None)
    if newest is None:
        return (records[0].subject if records else ""), ()
    return newest.subject, (*reversed(newest.in_reply_to), newest.platform_id)


def _pieces(text: str) -> list[str]:
    pieces = split_text(text or "(no text)", _MOST_TEXT)
    if len(pieces) > _MOST_PIECES:
        pieces = [*pieces[: _MOST_PIECES - 1], "(The message goes on; the whole of it is in the mailbox.)"]
    return pieces


def _key(platform_id: str, part: str) -> str:
    return hashlib.sha256(f"{platform_id}\n{part}".encode()).hexdigest()[:40]
