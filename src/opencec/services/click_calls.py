"""Click-to-call: a customer's page gets a number of its own that lives for a minute and can be dialled once.

Journaled: a number, the call that was made with it and how that ended survive a restart of control.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Sequence

import msgspec

from opencec.core.errors import OpenCecError
from opencec.core.events import ContactArrived, ContactEnded, Event
from opencec.core.ids import ContactId
from opencec.ports.ids import Ids
from opencec.services.agent_port import TenantPort

__all__ = ["ClickCall", "ClickCalls", "ClickRefused"]

_FORGET_MS = 600_000
"""How a call ended can be asked so long."""
_ARRIVAL_MS = 30_000
"""A call that was let in has media and is in the core by then."""
_DIGITS = 10**19


class ClickRefused(OpenCecError):
    """No call can be made. Codes: in_call (one goes on already), too_many_callers, off_hours, no_agent, no_route."""


class ClickCall(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One call of a customer, from the click on."""

    channel: str
    user: str
    number: str
    """Twenty digits that nobody guesses: who knows them may dial, once."""
    caller: str
    """Who must dial."""
    route: str
    """The called route that the call enters by."""
    data: str = ""
    """Call data that the agent gets."""
    created_at: int
    """Milliseconds UTC."""
    expires_at: int
    """Dialled before, or never."""
    contact: str = ""
    dialled_at: int = 0
    has_arrived: bool = False
    """The core knows the contact."""
    outcome: str = ""
    """How it ended: a disposition of call records."""
    ended_at: int = 0
    is_dropped: bool = False
    """The customer wants no more of it."""

    def is_lost(self, now: int) -> bool:
        """It was let in and never came to the core: there was no media for it."""
        return bool(self.contact) and not self.has_arrived and now - self.dialled_at >= _ARRIVAL_MS

    def is_over(self, now: int) -> bool:
        """Nothing can come of it any more."""
        if self.contact:
            return bool(self.ended_at) or self.is_lost(now)
        return self.is_dropped or self.expires_at <= now


class ClickCalls:
    """The calls of one tenant's pages: participant and observer of its journal. A customer has one at a time."""

    name = "click_calls"

    def __init__(self, *, ids: Ids, lifetime_ms: int = 60_000, capacity: int = 5_000) -> None:
        """Args:
        ids: Makes numbers and callers.
        lifetime_ms: A number that is not dialled lives so long.
        capacity: Most calls kept at once.
        """
        self._ids = ids
        self._lifetime_ms = lifetime_ms
        self._capacity = capacity
        self._calls: dict[tuple[str, str], ClickCall] = {}
        self._by_number: dict[str, tuple[str, str]] = {}
        self._by_contact: dict[str, tuple[str, str]] = {}
        self._waiting: dict[tuple[str, str], asyncio.Event] = {}

    # --- doing ------------------------------------------------------------------------------------------------------

    async def open(self, port: TenantPort, *, channel: str, user: str, route: str, data: str) -> ClickCall:
        """A number for a customer; it may be dialled when this returns. An earlier one that was not is worth nothing.

        Raises:
            ClickRefused: in_call, too_many_callers.
            TenantOverloaded: try again later.
        """
        now = port.now()
        self._forget_old(now)
        known = self._calls.get((channel, user))
        if known is not None and known.contact and not known.is_over(now):
            raise ClickRefused("in_call", "a call goes on already")
        if known is None and len(self._calls) >= self._capacity:
            raise ClickRefused("too_many_callers", "too many callers at the moment, try again later")
        secret = hashlib.sha256(self._ids.token(24).encode()).digest()
        call = ClickCall(
            channel=channel,
            user=user,
            number=str(_DIGITS + int.from_bytes(secret[:12]) % (9 * _DIGITS)),
            caller=f"web-{secret[16:20].hex()}",
            route=route,
            data=data,
            created_at=now,
            expires_at=now + self._lifetime_ms,
        )
        await port.record(self.name, msgspec.msgpack.encode(call), committed=lambda: self._keep(call))
        if self._calls.get((channel, user)) is not call:
            raise ClickRefused("in_call", "the earlier number was dialled meanwhile")
        return call

    def admit(self, number: str, *, caller: str, now: int) -> ClickCall | None:
        """The call that a number still stands for, when the right caller dials it."""
        call = self._calls.get(self._by_number.get(number, ("", "")))
        if call is None or call.number != number or call.caller != caller:
            return None
        return None if call.contact or call.is_over(now) else call

    def dialled(self, number: str, *, contact: str, now: int) -> bytes:
        """The number is used up; the fact, to be journaled by who lets the call in."""
        call = self._calls[self._by_number[number]]
        used = msgspec.structs.replace(call, contact=contact, dialled_at=now)
        self._keep(used)
        return msgspec.msgpack.encode(used)

    def drop(self, port: TenantPort, *, channel: str, user: str) -> ClickCall | None:
        """The customer hangs up, or does not want to call any more; None: there is nothing to hang up."""
        call = self._calls.get((channel, user))
        if call is None or call.is_over(port.now()):
            return None
        dropped = msgspec.structs.replace(call, is_dropped=True)
        self._keep(dropped)  # at once: an INVITE that comes while the journal writes finds it
        port.record_nowait(self.name, msgspec.msgpack.encode(dropped))
        return dropped

    # --- asking -----------------------------------------------------------------------------------------------------

    def find(self, *, channel: str, user: str) -> ClickCall | None:
        """The newest call of a customer."""
        return self._calls.get((channel, user))

    def dropped_contacts(self) -> list[ContactId]:
        """Contacts that are to be hung up: after a restart, once more."""
        return [ContactId(c.contact) for c in self._calls.values() if c.is_dropped and c.contact and not c.ended_at]

    async def changed(self, *, channel: str, user: str, wait_s: float) -> None:
        """Returns when something has happened to a customer's call, or after a time."""
        wake = self._waiting.setdefault((channel, user), asyncio.Event())
        try:
            async with asyncio.timeout(wait_s):
                await wake.wait()
        except TimeoutError:
            return

    # --- the journal ------------------------------------------------------------------------------------------------

    def on_outcome(self, seq: int, at: int, events: Sequence[Event]) -> None:
        """What the core says of these contacts; also in replay."""
        for event in events:
            key = self._by_contact.get(getattr(event, "contact", None) or "")
            if key is None:
                continue
            call = self._calls[key]
            if isinstance(event, ContactArrived):
                self._keep(msgspec.structs.replace(call, has_arrived=True))
            elif isinstance(event, ContactEnded):
                self._keep(msgspec.structs.replace(call, outcome=event.cdr.disposition, ended_at=at))
            else:
                self._wake(key)

    def replay(self, body: bytes) -> None:
        """Take a fact in again after a restart."""
        self._keep(msgspec.msgpack.decode(body, type=ClickCall))

    def snapshot(self) -> bytes:
        """All calls."""
        return msgspec.msgpack.encode(tuple(self._calls.values()))

    def restore(self, blob: bytes) -> None:
        """Become what `snapshot` saw."""
        self._calls, self._by_number, self._by_contact = {}, {}, {}
        for call in msgspec.msgpack.decode(blob, type=tuple[ClickCall, ...]):
            self._keep(call)

    def _keep(self, call: ClickCall) -> None:
        key = (call.channel, call.user)
        if (old := self._calls.get(key)) is not None:
            if old.contact and not call.contact and not old.is_over(call.created_at):
                return  # dialled while another number was made
            if old.contact and old.contact == call.contact:  # a fact that was journaled before what the core told
                has_arrived = call.has_arrived or old.has_arrived
                ended_at, outcome = (call.ended_at, call.outcome) if call.ended_at else (old.ended_at, old.outcome)
                call = msgspec.structs.replace(call, has_arrived=has_arrived, ended_at=ended_at, outcome=outcome)
            self._unlist(old)
        self._calls[key] = call
        self._by_number[call.number] = key
        if call.contact:
            self._by_contact[call.contact] = key
        self._wake(key)

    def _unlist(self, call: ClickCall) -> None:
        self._by_number.pop(call.number, None)
        self._by_contact.pop(call.contact, None)

    def _wake(self, key: tuple[str, str]) -> None:
        wake = self._waiting.pop(key, None)
        if wake is not None:
            wake.set()

    def _forget_old(self, now: int) -> None:
        for key, call in list(self._calls.items()):
            end = call.ended_at or call.dialled_at or call.expires_at
            if call.is_over(now) and end + _FORGET_MS < now:
                self._unlist(call)
                self._wake(key)
                del self._calls[key]
