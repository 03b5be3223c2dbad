"""The e-mail channel: implements `FetchAdapter`."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Literal

from opencec.adapters.channels.email.composing import as_bytes, compose, recipients_of
from opencec.adapters.channels.email.gateways import EmailSettings
from opencec.adapters.channels.email.imap import ImapMailbox
from opencec.adapters.channels.email.pop3 import Pop3Mailbox
from opencec.adapters.channels.email.reading import read_mail
from opencec.adapters.channels.email.smtp import SmtpSender
from opencec.ports.channels import (
    ChannelBroken,
    ChannelCapabilities,
    ChannelCheck,
    DeliveryReport,
    InboundMessage,
    OutboundFile,
    OutboundMessage,
    Sent,
)

__all__ = ["EmailChannel"]

_CAPABILITIES = ChannelCapabilities(
    kinds=frozenset(("image", "audio", "video", "document")),
    most_file_bytes=18 * 1024 * 1024,
    reports_delivery=True,
    reports_reading=True,
    per_second=5.0,
)
"""18 MiB become 25 in base64, which most servers take."""


class EmailChannel:
    """One mailbox, and the server that its answers go through.

    Args:
        settings: Both.
    """

    type: Literal["EMAIL"] = "EMAIL"
    capabilities = _CAPABILITIES

    def __init__(self, settings: EmailSettings) -> None:
        self._settings = settings
        is_imap = settings.receiving.protocol == "imap"
        self._mailbox = ImapMailbox(settings) if is_imap else Pop3Mailbox(settings)
        self._sender = SmtpSender(settings.sending, sender=settings.address)

    async def receive(
        self,
        *,
        cursor: str,
        take: Callable[[InboundMessage | DeliveryReport], Awaitable[None]],
        advance: Callable[[str], Awaitable[None]],
    ) -> None:
        """See the port."""
        mails = self._mailbox.mails(cursor)
        try:
            async for mail in mails:
                found = await asyncio.to_thread(read_mail, mail.raw, own=self._settings.address, is_cut=mail.is_cut)
                if found is not None:
                    await take(found)
                await advance(mail.cursor)
        finally:
            await mails.aclose()  # type: ignore[attr-defined]

    async def send(self, message: OutboundMessage, files: Sequence[OutboundFile]) -> Sent:
        """See the port."""
        recipients = recipients_of(message, self._settings)
        mail = await asyncio.to_thread(compose, message, files, self._settings)
        await self._sender.send(as_bytes(mail), recipients, message=message.message)
        return Sent(platform_id=str(mail["Message-ID"]).strip("<>"))

    async def check(self) -> Sequence[ChannelCheck]:
        """See the port."""
        return [
            await _checked(f"receiving ({self._settings.receiving.protocol})", self._mailbox.check),
            await _checked("sending (smtp)", self._sender.check),
        ]


async def _checked(part: str, check: Callable[[], Awaitable[str]]) -> ChannelCheck:
    try:
        return ChannelCheck(part=part, is_ok=True, text=await check())
    except ChannelBroken as error:
        return ChannelCheck(part=part, is_ok=False, text=str(error))
