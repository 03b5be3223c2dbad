"""Polls of customers: everything since the last poll, held for those who come straight back.

A client that asks every few seconds is answered at once; one that asks again as soon as it has its answer is held until
there is something, so that it costs a request every eight seconds and gets its messages without delay. The next poll is
the receipt of the one before.
"""

from __future__ import annotations

import hashlib
from collections import OrderedDict

import msgspec

from opencec.elements.messaging.schemas import DownLink
from opencec.elements.messaging.translate import down_link, queue_link, read_link
from opencec.ports.clock import Clock
from opencec.services.chat.customer_side import CustomerChats, CustomerId, Queued, Said

__all__ = ["Polls"]

_HOLD_S = 8
_AT_ONCE_MS = 1_500
"""Who comes back within this time after an answer is held."""
_READ_AT_ONCE = 50
_FORGET_MS = 900_000


class _Poller:
    """What is kept between two polls of one customer; all of it can be lost without harm."""

    __slots__ = ("answered_at", "last_at", "queue_told", "read_told")

    def __init__(self, read_told: int, now: int) -> None:
        self.answered_at = 0
        self.last_at = now
        self.queue_told = 0
        self.read_told = read_told


class Polls:
    """The pollers of all tenants.

    Args:
        clock: Time of the holds.
        hold_s: Longest hold, whole seconds.
    """

    def __init__(self, clock: Clock, *, hold_s: int = _HOLD_S) -> None:
        self._clock = clock
        self.hold_s = hold_s
        self._pollers: OrderedDict[tuple[str, str], _Poller] = OrderedDict()

    async def poll(
        self, chats: CustomerChats, who: CustomerId, *, language: str, queue_every_s: int, wants_read: bool
    ) -> list[DownLink]:
        """What is new for a customer.

        Args:
            chats: The tenant's text contacts.
            who: The customer.
            language: Of the system's name.
            queue_every_s: How often the place in the queue is told.
            wants_read: Tell what the agent has read, too.
        """
        chats.seen(who)
        poller = self._poller(chats, who)
        found = await self._aside(chats, who, poller, language, queue_every_s, wants_read)
        is_loop = self._clock.now() - poller.answered_at < _AT_ONCE_MS
        is_held = not found and is_loop and chats.line(who).state in ("greeted", "queued", "talking", "offline")
        told = await chats.poll(who, wait_s=self.hold_s if is_held else 0)
        chats.seen(who)
        if not told and is_held:
            found = await self._aside(chats, who, poller, language, queue_every_s, wants_read)
        poller.answered_at = self._clock.now()
        is_queued = chats.line(who).state == "queued"
        links = [
            down_link(one, who, language=language, is_queued=is_queued) for one in told if not isinstance(one, Queued)
        ]
        return links + found

    async def _aside(
        self,
        chats: CustomerChats,
        who: CustomerId,
        poller: _Poller,
        language: str,
        queue_every_s: int,
        wants_read: bool,
    ) -> list[DownLink]:
        """What is told but not kept: the place in the queue, and what the agent has read."""
        found: list[DownLink] = []
        now = self._clock.now()
        is_due = now - poller.queue_told >= queue_every_s * 1000
        if is_due and (place := chats.place(who)) is not None:
            poller.queue_told = now
            text = chats.queue_text(who, place.position)
            code = hashlib.sha256(f"queue {who.channel} {who.user} {now}".encode()).hexdigest()
            found.append(queue_link(who, text, at=now, code=code, language=language))
        if wants_read and (number := chats.agent_read(who)) > poller.read_told:
            found.append(await self._read(chats, who, number, after=poller.read_told))
            poller.read_told = number
        return found

    async def _read(self, chats: CustomerChats, who: CustomerId, number: int, *, after: int) -> DownLink:
        own: list[Said] = await chats.said_after(who, after, limit=_READ_AT_ONCE)
        codes = [one.code for one in own if one.source == "customer" and one.number <= number]
        code = hashlib.sha256(f"read {who.channel} {who.user} {number}".encode()).hexdigest()
        return read_link(who, msgspec.json.encode(codes).decode(), at=self._clock.now(), code=code)

    def _poller(self, chats: CustomerChats, who: CustomerId) -> _Poller:
        now, key = self._clock.now(), (who.channel, who.user)
        poller = self._pollers.get(key)
        if poller is None:
            poller = self._pollers[key] = _Poller(0, now)
            while now - next(iter(self._pollers.values())).last_at > _FORGET_MS:
                self._pollers.popitem(last=False)
        self._pollers.move_to_end(key)
        poller.last_at = now
        return poller
