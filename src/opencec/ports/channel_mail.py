"""What came in and went out over channels with threads of their own, so that each message is taken once and answered
in its thread; and how far each channel was looked through."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, Protocol

import msgspec

__all__ = ["ChannelMail", "ChannelRecord"]


class ChannelRecord(msgspec.Struct, frozen=True, kw_only=True):
    """One message on its platform."""

    channel: str
    platform_id: str
    direction: Literal["in", "out"]
    customer: str
    contact: str
    """Empty: it belongs to none (an automatic mail without a talk, or one that could not be taken)."""
    message: str = ""
    """Our 64-digit id."""
    subject: str = ""
    html: str = ""
    """Made safe."""
    quoted: str = ""
    in_reply_to: tuple[str, ...] = ()
    """Platform ids before it, newest first."""
    problem: str = ""
    """Why it has no contact: `automatic`, or the code of a refusal."""
    at: int
    """When it was taken, milliseconds UTC."""


class ChannelMail(Protocol):
    """The records of one tenant."""

    async def add(self, record: ChannelRecord) -> None:
        """Keep a record; one of the same channel and platform id stays as it is."""
        ...

    async def find(self, channel: str, platform_ids: Sequence[str]) -> ChannelRecord | None:
        """The first of these that is known, in the given order."""
        ...

    async def of_contact(self, channel: str, contact: str, *, limit: int = 100) -> Sequence[ChannelRecord]:
        """Records of a contact, newest first."""
        ...

    async def cursor(self, channel: str) -> str:
        """How far a channel was looked through, "" at first."""
        ...

    async def set_cursor(self, channel: str, cursor: str) -> None:
        """Keep that."""
        ...
