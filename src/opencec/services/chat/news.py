"""Who hears of chats, as it happens: agents of their own, customers of theirs, and whoever watches all."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import TypeVar

import structlog

from opencec.core.ids import AgentId
from opencec.services.chat.views import ChatNews

__all__ = ["ChatNewsDesk", "Listener"]

_log = structlog.get_logger()
K = TypeVar("K", bound=Hashable)

Listener = Callable[[ChatNews], None]
"""Called at the commit, in the order of the journal; it must be quick and must not raise."""


class ChatNewsDesk:
    """Listeners of one tenant. Nothing is kept for those that come later: they read the history from their cursor."""

    def __init__(self) -> None:
        self._agents: dict[AgentId, list[Listener]] = {}
        self._customers: dict[tuple[str, str], list[Listener]] = {}
        self._all: list[Listener] = []

    def of_agent(self, agent: AgentId, listener: Listener) -> Callable[[], None]:
        """News of the chats that an agent takes part in or is offered. Returns what ends it."""
        return _enter(self._agents, agent, listener)

    def of_customer(self, channel: str, customer: str, listener: Listener) -> Callable[[], None]:
        """News of a customer's chats in a channel. Returns what ends it."""
        return _enter(self._customers, (channel, customer), listener)

    def of_all(self, listener: Listener) -> Callable[[], None]:
        """All news. Returns what ends it."""
        self._all.append(listener)
        return lambda: _remove(self._all, listener)

    def hears(self, channel: str, customer: str) -> bool:
        """Whether somebody listens for a customer."""
        return (channel, customer) in self._customers

    @property
    def watches_all(self) -> bool:
        """Whether somebody listens for everything."""
        return bool(self._all)

    def tell(self, news: ChatNews, *, customer: tuple[str, str], agents: tuple[AgentId, ...]) -> None:
        """Tell whom it concerns."""
        for agent in agents:
            _call(self._agents.get(agent), news)
        _call(self._customers.get(customer), news)
        _call(self._all, news)


def _call(listeners: list[Listener] | None, news: ChatNews) -> None:
    for listener in tuple(listeners or ()):
        try:
            listener(news)
        except Exception:
            _log.exception("chat.listener_failed")


def _enter(book: dict[K, list[Listener]], key: K, listener: Listener) -> Callable[[], None]:
    book.setdefault(key, []).append(listener)

    def leave() -> None:
        listeners = book.get(key)
        if listeners is not None:
            _remove(listeners, listener)
            if not listeners:
                del book[key]

    return leave


def _remove(listeners: list[Listener], listener: Listener) -> None:
    if listener in listeners:
        listeners.remove(listener)
