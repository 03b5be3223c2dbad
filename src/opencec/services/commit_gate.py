"""Nothing leaves this process before what it tells of is journaled: the gate holds it until then.

A 200 to a BYE, an ACK or a 100 makes the peer forget: sent before the commit, a crash in between would lose the fact
for good. Held until the commit (a few milliseconds), the peer repeats itself to the next process instead.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable

__all__ = ["CommitGate"]


class CommitGate:
    """Shared by all tenants of a node, because one peer may speak of any of them."""

    def __init__(self) -> None:
        self._next = 0
        self._open: dict[int, None] = {}
        """Entries that were queued and are not committed, oldest first."""
        self._held: deque[tuple[int, Callable[[], None]]] = deque()

    def queued(self) -> int:
        """An entry was given to the journal; returns its ticket."""
        ticket = self._next
        self._next += 1
        self._open[ticket] = None
        return ticket

    def committed(self, ticket: int) -> None:
        """The entry is on disk: what waited for it goes out."""
        self._open.pop(ticket, None)
        oldest = next(iter(self._open), self._next)
        while self._held and self._held[0][0] <= oldest:
            self._held.popleft()[1]()

    def hold(self, action: Callable[[], None]) -> None:
        """Run `action` once everything queued so far is committed, in the order of the calls; at once if it is."""
        if self._open or self._held:
            self._held.append((self._next, action))
        else:
            action()
