"""The ICS gateway put together with the tenants of this node."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from opencec.core.ids import QueueId, TenantId
from opencec.elements.ics_gateway import IcsLine, IcsPusher, IcsSessions, IcsTenant, QueueCount
from opencec.ports.clock import Clock
from opencec.ports.configuration import QueueConfig, TenantConfig
from opencec.ports.outbound_http import OutboundHttp
from opencec.services.agent_port import TenantPort
from opencec.services.chat.customer_side import CustomerChats, MediaStore

__all__ = ["ChatsOfTenant", "TenantIcsHost", "TenantOfIcs", "ics_pusher"]


class ChatsOfTenant(NamedTuple):
    """What one tenant has behind its interfaces of customers."""

    port: TenantPort
    config: TenantConfig
    chats: CustomerChats
    media: MediaStore
    ics: IcsSessions
    outbound: OutboundHttp


def ics_pusher(
    sessions: IcsSessions,
    *,
    chats: CustomerChats,
    config: Callable[[], TenantConfig],
    outbound: OutboundHttp,
    clock: Clock,
) -> IcsPusher:
    """What pushes a tenant's events, by its configuration of each moment."""

    def line() -> IcsLine:
        now = config()
        return IcsLine(_channel(now), now.info.outbound_hosts)

    return IcsPusher(sessions, chats=chats, line=line, outbound=outbound, clock=clock)


def _channel(config: TenantConfig) -> str:
    found = (known.channel for known in config.channels if known.type == "WEB" and known.is_enabled)
    return next(found, "")


class TenantOfIcs:
    """Implements `elements.ics_gateway.IcsTenant`.

    Args:
        parts: The tenant as it is now.
    """

    def __init__(self, parts: ChatsOfTenant) -> None:
        self._port, self._config = parts.port, parts.config
        self.chats = parts.chats
        self.media = parts.media
        self.sessions = parts.ics
        self._outbound = parts.outbound

    @property
    def tenant(self) -> TenantId:
        """The VDN."""
        return self._port.tenant

    @property
    def networks(self) -> tuple[str, ...]:
        """Who may call."""
        return self._config.info.ics_networks

    @property
    def needs_code(self) -> bool:
        """Whether calls need the image code."""
        return self._config.info.ics_needs_code

    @property
    def channel(self) -> str:
        """The tenant's first channel of type WEB."""
        return _channel(self._config)

    def check_address(self, url: str) -> None:
        """Whether events may be pushed there."""
        self._outbound.check(url, hosts=self._config.info.outbound_hosts)

    def text_queue(self, code: str) -> int | None:
        """The text queue of an access code."""
        queue = self._queue(code)
        return queue.queue if queue is not None and queue.media == "text" else None

    def has_code(self, code: str) -> bool:
        """Whether an access code of any medium exists."""
        return any(route.dialled == code for route in self._config.routes)

    def count(self, code: str) -> QueueCount | None:
        """How it looks in the queue of an access code."""
        queue = self._queue(code)
        if queue is None:
            return None
        if queue.media == "text":
            info = self._port.chats.queue_info(QueueId(queue.queue))
            return QueueCount(info.on_duty, info.free, info.waiting, queue.max_waiting)
        agents = [view for view in self._port.queries.agents() if view.state != "signed_out"]
        serving = [view for view in agents if queue.queue in view.serving]
        free = sum(view.state == "idle" for view in serving)
        waiting = self._port.queries.waiting(QueueId(queue.queue))
        return QueueCount(len(serving), free, waiting, queue.max_waiting)

    def _queue(self, code: str) -> QueueConfig | None:
        target = next(
            (route.target for route in self._config.routes if route.dialled == code and route.device == "queue"), ""
        )
        return next((queue for queue in self._config.queues if str(queue.queue) == target), None)


class TenantIcsHost:
    """Implements `elements.ics_gateway.IcsHost`.

    Args:
        parts: Finds a tenant of this node.
    """

    def __init__(self, parts: Callable[[TenantId], ChatsOfTenant | None]) -> None:
        self._parts = parts

    def tenant(self, vdn: int) -> IcsTenant | None:
        """A tenant by its VDN."""
        parts = self._parts(TenantId(vdn))
        return None if parts is None else TenantOfIcs(parts)
