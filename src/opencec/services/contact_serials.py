"""The serial part of call ids (cc-gateway.md 1)."""

from __future__ import annotations

from opencec.core.ids import ContactId

__all__ = ["ContactSerials"]


class ContactSerials:
    """The serial part of contact ids, one sequence for all tenants of a node."""

    def __init__(self) -> None:
        self.last = 0

    def new(self, now: int) -> ContactId:
        """A fresh id at `now` (ms UTC)."""
        self.last += 1
        return ContactId(f"{now // 1000}-{self.last}")

    def seen(self, contact: ContactId) -> None:
        """An id of an earlier process: never give its serial out again."""
        self.skip(int(contact.rpartition("-")[2]))

    def skip(self, serial: int) -> None:
        """Go on behind `serial`."""
        self.last = max(self.last, serial)
