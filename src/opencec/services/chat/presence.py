"""Whether customers are still there: who has not been heard of for its channel's session time has gone.

Liveness is never journaled; after a restart everybody's silence counts from then on (design.md 3).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

__all__ = ["CustomerPresence"]

CustomerKey = tuple[str, str]
"""Channel and customer."""


class CustomerPresence:
    """Customers of one tenant who are in a chat by an interface that shows whether they are there.

    Args:
        monotonic: The clock, seconds.
        session_s: How long a customer of a channel may be silent; 0 = for ever.
    """

    def __init__(self, monotonic: Callable[[], float], *, session_s: Callable[[str], float]) -> None:
        self._monotonic = monotonic
        self._session_s = session_s
        self._seen: dict[CustomerKey, float] = {}
        self._attached: dict[CustomerKey, int] = {}

    def seen(self, channel: str, customer: str) -> None:
        """The customer has asked for something."""
        self._seen[channel, customer] = self._monotonic()

    def attach(self, channel: str, customer: str) -> Callable[[], None]:
        """The customer holds a connection. Returns what ends that."""
        key = (channel, customer)
        self._attached[key] = self._attached.get(key, 0) + 1
        self.seen(channel, customer)

        def detach() -> None:
            left = self._attached.pop(key, 0) - 1
            if left > 0:
                self._attached[key] = left
            self.seen(channel, customer)

        return detach

    def is_there(self, channel: str, customer: str) -> bool:
        """Whether the customer holds a connection, or was heard of a short while ago."""
        key = (channel, customer)
        if key in self._attached:
            return True
        seen = self._seen.get(key)
        return seen is not None and self._monotonic() - seen <= (self._session_s(channel) or float("inf"))

    def gone(self, open_chats: Iterable[CustomerKey]) -> list[CustomerKey]:
        """Those of the customers with an open chat who were heard of once, and not for too long."""
        now = self._monotonic()
        found = []
        wanted = set(open_chats)
        for key in wanted:
            seen = self._seen.setdefault(key, now)
            session_s = self._session_s(key[0])
            if session_s and key not in self._attached and now - seen > session_s:
                found.append(key)
        for key in [key for key in self._seen if key not in wanted and key not in self._attached]:
            if now - self._seen[key] > (self._session_s(key[0]) or 0.0):
                del self._seen[key]
        return found

    def restart_clocks(self) -> None:
        """An outage of ours is not their silence."""
        now = self._monotonic()
        for key in self._seen:
            self._seen[key] = now
