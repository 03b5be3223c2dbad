"""Click-to-call in the vendor's words (api-fabric.md 4.9): check, create, events, drop."""

from __future__ import annotations

from opencec.elements.messaging.ports import WebChannel
from opencec.elements.messaging.schemas import CallBody, CallContent, CallEvent, CallSupport, Result
from opencec.services.chat.customer_side import CustomerId
from opencec.services.click_calls import ClickRefused
from opencec.services.customer_calls import CallNews, CallPhase, TenantCustomerCalls

__all__ = ["CustomerCalling"]

_EVENTS: dict[CallPhase, tuple[int, str]] = {
    "ready": (168101, "Call connected"),
    "queued": (168102, "Call in queue"),
    "ended": (168103, "Call disconnected"),
    "timeout": (168104, "Call queued timeout"),
    "failed": (168105, "Call failed"),
}
"""Only 168101 is published; the others are ours, the text tells the type."""
_NO_EVENT = CallEvent("0", "ClickToCall polled without any events")
_NOBODY = frozenset({"off_hours", "no_agent"})


class CustomerCalling:
    """The calls of one customer.

    Args:
        channel: Where the customer is.
        who: The customer.
    """

    def __init__(self, channel: WebChannel, who: CustomerId) -> None:
        self._channel = channel
        self._who = who

    def support(self) -> CallSupport:
        """Whether the page may offer a call."""
        calls = self._channel.calls
        has_gateway = calls is not None and bool(calls.gateway.addresses)
        is_supported = calls is not None and has_gateway and calls.is_supported(self._channel.config)
        return CallSupport("0", "success", has_gateway, is_supported)

    async def create(self, body: CallBody) -> Result:
        """A number for the customer; the first event tells it."""
        if body.channel != "WEB" or body.media_ability not in ("0", "1"):
            return Result("3", "param channel or mediaAbility Out of range!")
        if self._channel.calls is None:
            return Result("13", "connect failed")
        try:
            await self._channel.calls.open(self._who, self._channel.config, has_video=body.media_ability == "1")
        except ClickRefused as error:
            return Result("13", "No agents available currently" if error.code in _NOBODY else "connect failed")
        return Result("0", "success")

    async def event(self, *, hold_s: float) -> CallEvent:
        """What has happened to the call since the last time; held while nothing has, at most so long."""
        calls = self._channel.calls
        if calls is None:
            return _NO_EVENT
        news = await calls.news(self._who, hold_s=hold_s)
        return _event(news, calls) if news.phase in _EVENTS else _NO_EVENT

    def drop(self) -> Result:
        """The customer hangs up."""
        is_dropped = self._channel.calls is not None and self._channel.calls.drop(self._who)
        return Result("0", "success") if is_dropped else Result("13", "there is no call")


def _event(news: CallNews, calls: TenantCustomerCalls) -> CallEvent:
    number, text = _EVENTS[news.phase]
    call = news.call
    if call is None or news.phase != "ready":
        cause = (call.outcome if call is not None else "") or news.phase
        return CallEvent("0", text, number, CallContent(number, cause))
    content = CallContent(
        0,
        "",
        calls.gateway.domain,
        list(calls.gateway.addresses),
        accessCode=call.number,
        clickToCallCaller=call.caller,
    )
    return CallEvent("0", text, number, content)
