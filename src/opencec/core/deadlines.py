"""Deadlines: one heap of (time, owner), cleaned lazily, so that setting and moving one is cheap."""

from __future__ import annotations

from collections.abc import Hashable
from heapq import heapify, heappop, heappush
from typing import Generic, TypeVar

__all__ = ["Deadlines"]

Owner = TypeVar("Owner", bound=Hashable)

_SLACK = 1_024
"""Dead heap entries that are always tolerated; above that, as many as there are live ones."""


class Deadlines(Generic[Owner]):
    """At most one deadline for each owner. Owners of one heap are of one orderable type.

    A deadline that moves back leaves its heap entry where it is; the entry is moved when it comes to the top. Equal
    times come in the order of their owners, so that a rebuilt heap acts like the one that grew.
    """

    __slots__ = ("_due", "_entry", "_heap")

    def __init__(self) -> None:
        self._due: dict[Owner, int] = {}
        self._entry: dict[Owner, int] = {}  # the time under which the owner's valid heap entry stands
        self._heap: list[tuple[int, Owner]] = []

    def __len__(self) -> int:
        return len(self._due)

    def get(self, owner: Owner) -> int | None:
        """The owner's deadline, ms UTC."""
        return self._due.get(owner)

    def set(self, owner: Owner, at: int) -> None:
        """Give the owner this deadline (ms UTC) in place of any other."""
        self._due[owner] = at
        entry = self._entry.get(owner)
        if entry is None or at < entry:
            self._entry[owner] = at
            heap = self._heap
            heappush(heap, (at, owner))
            if len(heap) > 2 * len(self._due) + _SLACK:
                self._rebuild()

    def drop(self, owner: Owner) -> None:
        """The owner has no deadline any more."""
        self._due.pop(owner, None)
        self._entry.pop(owner, None)

    def first(self) -> tuple[int, Owner] | None:
        """The earliest deadline and its owner."""
        heap = self._heap
        while heap:
            at, owner = heap[0]
            if self._entry.get(owner) == at:
                due = self._due[owner]
                if due == at:
                    return at, owner
                self._entry[owner] = due
                heappush(heap, (due, owner))
            heappop(heap)
        return None

    def _rebuild(self) -> None:
        self._entry = dict(self._due)
        self._heap = [(at, owner) for owner, at in self._due.items()]
        heapify(self._heap)
