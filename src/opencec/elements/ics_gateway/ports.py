"""What the ICS gateway needs of the rest of the system."""

from __future__ import annotations

from typing import NamedTuple, Protocol

from opencec.core.ids import TenantId
from opencec.elements.ics_gateway.sessions import IcsSessions
from opencec.services.chat.customer_side import CustomerChats, MediaStore

__all__ = ["IcsHost", "IcsTenant", "QueueCount"]


class QueueCount(NamedTuple):
    """How it looks in the queue of an access code."""

    signed_in: int
    free: int
    waiting: int
    most_waiting: int


class IcsTenant(Protocol):
    """A tenant that lets some addresses use this interface."""

    @property
    def tenant(self) -> TenantId:
        """The VDN."""
        ...

    @property
    def networks(self) -> tuple[str, ...]:
        """Who may call; empty: nobody."""
        ...

    @property
    def needs_code(self) -> bool:
        """Whether calls need the image code."""
        ...

    @property
    def channel(self) -> str:
        """Configuration id of the channel that texts come in by; "" = the tenant has none."""
        ...

    @property
    def sessions(self) -> IcsSessions:
        """Who is signed in."""
        ...

    def check_address(self, url: str) -> None:
        """Whether events may be pushed there. Raises OutboundFailed."""
        ...

    @property
    def chats(self) -> CustomerChats:
        """Its text contacts."""
        ...

    @property
    def media(self) -> MediaStore:
        """Its files."""
        ...

    def text_queue(self, code: str) -> int | None:
        """The text queue of an access code."""
        ...

    def has_code(self, code: str) -> bool:
        """Whether an access code of any medium exists."""
        ...

    def count(self, code: str) -> QueueCount | None:
        """How it looks in the queue of an access code."""
        ...


class IcsHost(Protocol):
    """The tenants of this node."""

    def tenant(self, vdn: int) -> IcsTenant | None:
        """A tenant by its VDN."""
        ...
