"""What the customers' interfaces ask of a tenant's click-to-calls: may I call, call, how is it, hang up."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Literal, NamedTuple

import msgspec

from opencec.core.ids import ContactId
from opencec.ports.channel_configuration import ChannelConfig
from opencec.services.agent_port import TenantPort
from opencec.services.chat.customer_side import CustomerChats, CustomerId
from opencec.services.click_calls import ClickCall, ClickCalls, ClickRefused

__all__ = ["CallGateway", "CallNews", "CallPhase", "TenantCustomerCalls"]

CallPhase = Literal["none", "ready", "dialling", "queued", "talking", "ended", "timeout", "failed"]
_SILENT: frozenset[CallPhase] = frozenset({"none", "dialling", "talking"})
"""Nothing is told of these."""
_OVER: frozenset[CallPhase] = frozenset({"ended", "timeout", "failed"})
_REMEMBERED = 10_000
"""Customers of whom it is known what they were told last."""
_FAILED = frozenset({"no_agent", "queue_full", "no_route", "failed", "rejected"})


class CallGateway(NamedTuple):
    """Where a page's SIP client goes."""

    domain: str
    """Of SIP addresses."""
    addresses: tuple[str, ...]
    """WebSocket addresses, `wss://...`; empty: browsers cannot call."""


class CallNews(NamedTuple):
    """How a customer's call is."""

    phase: CallPhase
    call: ClickCall | None = None


class _RouteData(msgspec.Struct, omit_defaults=True, rename="camel"):
    """Call data of a click-to-call, JSON."""

    user_id: str
    user_name: str
    channel_id: str
    chat_contact: str = ""
    """Call id of the text contact that goes on at the same time."""


class TenantCustomerCalls:
    """The click-to-calls of one tenant.

    Args:
        port: The tenant.
        calls: Its numbers and calls.
        chats: Its text contacts.
        gateway: Where pages dial.
        hang_up: Ends the customer's leg of a contact.
    """

    def __init__(
        self,
        port: TenantPort,
        *,
        calls: ClickCalls,
        chats: CustomerChats,
        gateway: CallGateway,
        hang_up: Callable[[ContactId], None],
    ) -> None:
        self._port = port
        self._calls = calls
        self._chats = chats
        self.gateway = gateway
        self._hang_up = hang_up
        self._told: dict[tuple[str, str], tuple[str, CallPhase]] = {}

    def is_supported(self, config: ChannelConfig) -> bool:
        """Whether the channel leads calls anywhere."""
        return self._has_route(config.call_route) or self._has_route(config.call_video_route)

    async def open(self, who: CustomerId, config: ChannelConfig, *, has_video: bool) -> ClickCall:
        """A number for the customer.

        Raises:
            ClickRefused: no_route, off_hours, no_agent, in_call, too_many_callers.
            TenantOverloaded: try again later.
        """
        route = config.call_video_route if has_video else config.call_route
        if not self.gateway.addresses or not self._has_route(route):
            raise ClickRefused("no_route", "the channel leads to no number")
        if not self._chats.is_open(who.channel):
            raise ClickRefused("off_hours", "nobody works at this time")
        if not self._is_staffed(route):
            raise ClickRefused("no_agent", "no agent of the queue is signed in")
        line = self._chats.line(who)
        contact = line.contact if line.state in ("queued", "talking") else ""
        data = msgspec.json.encode(_RouteData(who.user, who.name, who.channel, contact)).decode()
        return await self._calls.open(self._port, channel=who.channel, user=who.user, route=route, data=data)

    async def news(self, who: CustomerId, *, hold_s: float) -> CallNews:
        """How the call is, once for every change; `none`: nothing new came while it was held.

        Args:
            who: The customer.
            hold_s: Longest hold of the answer of a call that lives.
        """
        loop = asyncio.get_running_loop()
        until = loop.time() + hold_s
        while True:
            news = self._news(who)
            if news.phase not in _SILENT and not self._is_told(who, news):
                self._note(who, news)
                return news
            left_s = until - loop.time()
            if news.call is None or news.phase in _OVER or left_s <= 0:
                return CallNews("none", news.call)
            if news.phase == "ready":
                left_s = min(left_s, (news.call.expires_at - self._port.now()) / 1000 + 0.01)
            await self._calls.changed(channel=who.channel, user=who.user, wait_s=left_s)

    def drop(self, who: CustomerId) -> bool:
        """Hang up; False: there is no call."""
        call = self._calls.drop(self._port, channel=who.channel, user=who.user)
        if call is not None and call.contact:
            self._hang_up(ContactId(call.contact))
        return call is not None

    def _news(self, who: CustomerId) -> CallNews:
        call = self._calls.find(channel=who.channel, user=who.user)
        return CallNews("none") if call is None else CallNews(self._phase(call), call)

    def _phase(self, call: ClickCall) -> CallPhase:
        now = self._port.now()
        if call.ended_at:
            if call.outcome == "queue_timeout":
                return "timeout"
            return "failed" if call.outcome in _FAILED and not call.is_dropped else "ended"
        if not call.contact:
            if call.is_dropped:
                return "ended"
            return "ready" if now < call.expires_at else "failed"
        view = self._port.queries.contact(ContactId(call.contact))
        if view is not None:
            return "queued" if view.state in ("queued", "offered") else "talking"
        if call.has_arrived:
            return "talking"  # over, and its end is told with the next commit
        return "failed" if call.is_lost(now) else "dialling"

    def _is_told(self, who: CustomerId, news: CallNews) -> bool:
        number = news.call.number if news.call is not None else ""
        return self._told.get((who.channel, who.user)) == (number, news.phase)

    def _note(self, who: CustomerId, news: CallNews) -> None:
        key = (who.channel, who.user)
        self._told.pop(key, None)
        self._told[key] = (news.call.number if news.call is not None else "", news.phase)
        while len(self._told) > _REMEMBERED:
            del self._told[next(iter(self._told))]

    def _has_route(self, number: str) -> bool:
        return bool(number) and any(route.code == number for route in self._port.queries.profile.routes)

    def _is_staffed(self, number: str) -> bool:
        """False: the number leads to a queue that nobody serves, and that sends nobody elsewhere."""
        profile = self._port.queries.profile
        route = next(route for route in profile.routes if route.code == number)
        queue = next((q for q in profile.queues if route.device == "queue" and str(q.id) == route.target), None)
        if queue is None or queue.on_no_agent.action in ("queue", "flow"):
            return True
        return self._port.chats.queue_info(queue.id).on_duty > 0
