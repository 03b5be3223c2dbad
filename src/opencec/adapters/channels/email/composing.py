"""A mail of ours: an answer of an agent as other programs, and the customer's, expect it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime

from opencec.adapters.channels.email.gateways import EmailSettings
from opencec.adapters.channels.email.reading import contact_of_subject
from opencec.ports.channels import OutboundFile, OutboundMessage, SendFailed

__all__ = ["as_bytes", "compose", "recipients_of"]

_MOST_REFERENCES = 20
_LONG_LINES = SMTP.clone(max_line_length=990)
"""Python writes a word that does not fit a line as an encoded one, and an id written like that belongs to no thread.
Lines have 998 characters at most (RFC 5322 2.1.1)."""


def compose(message: OutboundMessage, files: Sequence[OutboundFile], settings: EmailSettings) -> EmailMessage:
    """The mail of a message. The same message gives the same Message-ID at each try.

    Raises:
        SendFailed: there is no address that it could go to.
    """
    mail = EmailMessage(policy=SMTP)
    domain = settings.address.rpartition("@")[2]
    mail["From"] = _address(settings.address, _line(message.sender_name or settings.sender_name))
    mail["To"] = ", ".join(recipients_of(message, settings))
    mail["Subject"] = _subject(message)
    mail["Date"] = format_datetime(datetime.fromtimestamp(message.at / 1000, UTC))
    mail["Message-ID"] = f"<{message.message}@{domain}>"
    before = [one for one in message.in_reply_to if re.fullmatch(r"[!-;=?-~]{1,200}", one) and "@" in one]
    if before:
        mail["In-Reply-To"] = f"<{before[-1]}>"
        mail["References"] = " ".join(f"<{one}>" for one in before[-_MOST_REFERENCES:])
    mail["X-Auto-Response-Suppress"] = "OOF, AutoReply"
    mail.set_content(message.text or "(see attachment)", charset="utf-8", cte="quoted-printable")
    for file in files:
        kind, _, sub = file.type.partition("/")
        mail.add_attachment(file.data, maintype=kind, subtype=sub, filename=_line(file.name))
    return mail


def as_bytes(mail: EmailMessage) -> bytes:
    """The mail as it goes over the wire, ids whole."""
    return mail.as_bytes(policy=_LONG_LINES)


def recipients_of(message: OutboundMessage, settings: EmailSettings) -> list[str]:
    """Addresses, each once, never our own.

    Raises:
        SendFailed: none, more than the channel may write to, or one that is none.
    """
    named = list(dict.fromkeys(one.strip().lower() for one in message.customer.split(",") if one.strip()))
    wanted = [one for one in named if one != settings.address]
    if not wanted:
        raise SendFailed("no recipient", is_final=True)
    if len(wanted) > settings.most_recipients:
        raise SendFailed(f"more than {settings.most_recipients} recipients", is_final=True)
    if wrong := [one for one in wanted if not re.fullmatch(r"[^@\s<>,;:\"()]{1,64}@[a-z0-9.-]{1,255}", one)]:
        raise SendFailed(f"no mail address: {wrong[0][:100]!r}", is_final=True)
    return wanted


def _subject(message: OutboundMessage) -> str:
    """`Re: <subject> [#<contact>]`: the token finds the contact when a program drops References."""
    subject = _line(message.subject)
    if message.in_reply_to and not re.match(r"(re|aw|回复|答复)\s*[:：]", subject, re.IGNORECASE):
        subject = f"Re: {subject}".strip()
    known = contact_of_subject(subject)
    if known != message.contact:
        subject = f"{subject.replace(f'[#{known}]', '').strip()} [#{message.contact}]".strip()
    return subject


def _address(address: str, name: str) -> Address:
    user, _, domain = address.rpartition("@")
    return Address(display_name=name, username=user, domain=domain)


def _line(text: str) -> str:
    """On one line: no header can be slipped in."""
    return re.sub(r"[\x00-\x1f\x7f\u2028\u2029]+", " ", text).strip()[:500]
