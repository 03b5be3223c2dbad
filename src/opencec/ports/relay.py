"""Video relays, as services use them. `MediaListener` hears their news, `MediaRefused` is their refusal."""

from __future__ import annotations

from typing import Protocol

from opencec.ports.media import MediaListener
from opencec.workers.protocol import Reply
from opencec.workers.relay_protocol import RelayCommand

__all__ = ["Relays"]


class Relays(Protocol):
    """All video relays of this node."""

    async def send(self, command: RelayCommand) -> Reply:
        """Carry out one command; the relay is found by leg, contact or recording.

        Raises:
            MediaRefused: with the reason.
        """
        ...

    def holds(self, leg: str) -> bool:
        """Whether a connected relay has this leg."""
        ...

    def listen(self, listener: MediaListener) -> None:
        """Tell this listener everything from now on."""
        ...
