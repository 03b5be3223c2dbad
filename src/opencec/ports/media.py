"""Media workers, as services use them: commands by leg or mix, events back, and the news of a worker that died.

The vocabulary is that of `opencec.workers.protocol`; a second engine speaks it behind this port.
"""

from __future__ import annotations

from collections.abc import Awaitable
from typing import Protocol

from opencec.workers.protocol import Command, Event, Hello, Reply

__all__ = ["Media", "MediaListener", "MediaRefused"]


class MediaRefused(Exception):
    """A command was not carried out. `code`: those of `Reply.error`, `no_worker`, `worker_lost`, `timeout`."""

    def __init__(self, code: str, detail: str = "") -> None:
        super().__init__(f"{code}: {detail}" if detail else code)
        self.code = code
        self.detail = detail


class MediaListener(Protocol):
    """Who hears the workers."""

    def on_media_event(self, event: Event) -> Awaitable[object] | None:
        """One event, in the order of its worker. It is acknowledged when the awaitable is done (at once for None)."""
        ...

    def on_worker(self, hello: Hello) -> None:
        """A worker is connected (again); this is what it holds."""
        ...

    def on_lost(self, legs: frozenset[str]) -> None:
        """Legs that a worker held and that no worker holds any more: its process died."""
        ...


class Media(Protocol):
    """All media workers of this node."""

    async def send(self, command: Command) -> Reply:
        """Carry out one command; the worker is found by leg, mix or recording.

        A `Mix` may name legs of any worker: it lives with the worker of its own legs (those that were opened in it, or
        that a mix named last), the others are joined to it by internal RTP pairs, about 45 ms of delay each way.
        Gains, levels of a conference and recordings mean the same wherever a leg is; its plays, digits and statistics
        stay with its own worker. When a pair cannot be made everybody else is joined all the same, then it is refused.

        Raises:
            MediaRefused: with the reason.
        """
        ...

    def holds(self, leg: str) -> bool:
        """Whether a connected worker has this leg."""
        ...

    def listen(self, listener: MediaListener) -> None:
        """Tell this listener everything from now on."""
        ...
