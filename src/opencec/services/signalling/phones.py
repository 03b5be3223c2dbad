"""Which phones can be rung: the core is told when the last device of a phone is gone, and when one is back."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from opencec.core.commands import PhoneFound, PhoneLost
from opencec.services.lanes import Job
from opencec.services.signalling.authentication import AccountBook
from opencec.services.signalling.context import SignallingContext
from opencec.sip.flow import Target

__all__ = ["Phones"]

_RETURN_S = 10.0
"""How long after a restart devices may take to connect again: every connection was cut by it."""


class Phones:
    """Watches registrations and connections. One per process."""

    def __init__(self, context: SignallingContext, *, accounts: AccountBook, is_live: Callable[[Target], bool]) -> None:
        """Args:
        accounts: Looks accounts up; temporary ones of customers are no phones.
        is_live: Whether a flow's connection still exists (always for UDP).
        """
        self._context = context
        self._accounts = accounts
        self._is_live = is_live

    def flow_closed(self, connection_id: str) -> None:
        """A connection is gone: look at the phones that were registered over it."""
        for binding in self._context.registrar.on_connection(connection_id):
            self.look(binding.aor)

    def look(self, phone: str) -> None:
        """Something changed about a phone: tell the core how it is when the lane gets to it."""
        self._context.lanes.submit(f"phone {phone}", self._telling(phone))

    def settle(self) -> None:
        """After a restart: devices that do not come back are found out, and those that did while nobody noted it."""
        asyncio.get_running_loop().call_later(_RETURN_S, self._look_at_all)

    def _look_at_all(self) -> None:
        for line in self._context.lines.values():
            registered = {binding.aor for binding in line.facts.bindings.values()}
            for phone in sorted(registered | line.runtime.core.away_phones()):
                self.look(phone)

    def _telling(self, phone: str) -> Job:
        async def job() -> None:
            context = self._context
            account = self._accounts(phone)
            line = context.lines.get(account.tenant) if account is not None else None
            if account is None or line is None or account.is_customer:
                return
            bindings = context.registrar.bindings(phone, context.now())
            is_found = any(self._is_live(binding.flow) for binding in bindings)
            await line.runtime.report(PhoneFound(phone=phone) if is_found else PhoneLost(phone=phone))

        return job
