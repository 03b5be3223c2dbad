"""What the customers' side of text contacts needs of the rest of the system."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple, Protocol

from opencec.core.ids import TenantId
from opencec.ports.channel_configuration import ChannelConfig
from opencec.services.chat.customer_side import CustomerChats, MediaStore
from opencec.services.customer_calls import TenantCustomerCalls

__all__ = ["ChatHost", "WebChannel"]


class WebChannel(NamedTuple):
    """A channel of type WEB that is switched on, with what serves it."""

    tenant: TenantId
    config: ChannelConfig
    chats: CustomerChats
    media: MediaStore
    space_id: str
    language: str
    outbound_hosts: tuple[str, ...]
    calls: TenantCustomerCalls | None = None
    """Click-to-call; None: nothing here takes calls."""


class ChatHost(Protocol):
    """The installation, as customers' pages see it."""

    def channel(self, id: str) -> WebChannel | None:
        """The WEB channel of a configuration id."""
        ...

    def page_origins(self) -> Sequence[str]:
        """Origins of all foreign pages that may show a chat."""
        ...
