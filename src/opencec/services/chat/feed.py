"""What customers who poll are to be told: an ordered box for each, read in batches, emptied by receipts.

A box is a fold of the journal, like the agents' feed: the core's events fill it, receipts empty it. What a poll gave
stays until the next poll of the same customer says that it arrived: after a crash the last batch may come again,
unchanged (design.md 4).
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable

import msgspec

from opencec.core.errors import OpenCecError
from opencec.core.events import ChatAnswered, ChatEnded, ChatLeftAgent, ChatQueued, Event, MessagePosted
from opencec.core.ids import TenantId
from opencec.services.wait_line import WaitLine

__all__ = ["CustomerFeed", "FeedItem", "NoBox"]

_CAPACITY = 500
"""What waits for one customer; one that is slower loses the box and reads the history."""
_IDLE_S = 3_600.0
"""A box that was not polled for so long is closed, unless its customer has a living chat."""
_TOLD = (MessagePosted, ChatQueued, ChatAnswered, ChatLeftAgent, ChatEnded)

CustomerKey = tuple[str, str]


class NoBox(OpenCecError):
    """The customer has no box (any more): open one, and read the history."""

    def __init__(self) -> None:
        super().__init__("no_box", "nothing is kept for this customer")


class FeedItem(msgspec.Struct, frozen=True, array_like=True):
    """One thing to tell a customer."""

    seq: int
    event: Event


class _Opened(msgspec.Struct, frozen=True, array_like=True, tag="o"):
    channel: str
    customer: str


class _Acknowledged(msgspec.Struct, frozen=True, array_like=True, tag="a"):
    channel: str
    customer: str
    seq: int


class _Closed(msgspec.Struct, frozen=True, array_like=True, tag="c"):
    channel: str
    customer: str


_Fact = _Opened | _Acknowledged | _Closed
_encoder = msgspec.msgpack.Encoder()
_decoder: msgspec.msgpack.Decoder[_Fact] = msgspec.msgpack.Decoder(_Fact)


class _Saved(msgspec.Struct, frozen=True, array_like=True):
    channel: str
    customer: str
    last: int
    items: tuple[FeedItem, ...]


_saved: msgspec.msgpack.Decoder[tuple[_Saved, ...]] = msgspec.msgpack.Decoder(tuple[_Saved, ...])


class _Box:
    __slots__ = ("given", "items", "last", "polled", "waiter")

    def __init__(self, polled: float) -> None:
        self.items: deque[FeedItem] = deque()
        self.last = 0
        self.given = 0
        """Everything up to here was handed out and waits for its receipt."""
        self.polled = polled
        self.waiter: asyncio.Future[bool] | None = None

    def wake(self, has_news: bool) -> None:
        """Answer the poll that waits."""
        waiter, self.waiter = self.waiter, None
        if waiter is not None and not waiter.done():
            waiter.set_result(has_news)

    def acknowledge(self, seq: int) -> None:
        """Everything up to `seq` has arrived."""
        while self.items and self.items[0].seq <= seq:
            self.items.popleft()


class CustomerFeed:
    """All boxes of one tenant: participant of its journal.

    Args:
        tenant: Whose.
        record: Journals a fact of a service without waiting.
        now: Monotonic clock, seconds.
    """

    name = "chat_feed"

    def __init__(self, tenant: TenantId, *, record: Callable[[str, bytes], None], now: Callable[[], float]) -> None:
        self._tenant = tenant
        self._record = record
        self._now = now
        self._boxes: dict[CustomerKey, _Box] = {}
        self._lines: dict[int, WaitLine] = {}

    # --- filling ----------------------------------------------------------------------------------------------------

    def take(self, event: Event, *, channel: str, customer: str) -> None:
        """A committed event of a customer's chat."""
        box = self._boxes.get((channel, customer))
        if box is None or not isinstance(event, _TOLD):
            return
        if isinstance(event, MessagePosted) and event.source == "customer":
            return
        if len(box.items) >= _CAPACITY:
            self._boxes.pop((channel, customer))
            box.wake(True)
            return
        box.last += 1
        box.items.append(FeedItem(box.last, event))
        box.wake(True)

    # --- reading ----------------------------------------------------------------------------------------------------

    def open(self, channel: str, customer: str) -> None:
        """Keep what happens to a customer from now on; again: nothing changes.

        Raises:
            TenantOverloaded: the journal is full or lost.
        """
        if (channel, customer) not in self._boxes:
            self._boxes[channel, customer] = _Box(self._now())
            self._record(self.name, _encoder.encode(_Opened(channel, customer)))

    def close(self, channel: str, customer: str) -> None:
        """Keep nothing for a customer any more.

        Raises:
            TenantOverloaded: the journal is full or lost.
        """
        box = self._boxes.pop((channel, customer), None)
        if box is not None:
            self._record(self.name, _encoder.encode(_Closed(channel, customer)))
            box.wake(True)

    def has(self, channel: str, customer: str) -> bool:
        """Whether something is kept for a customer."""
        return (channel, customer) in self._boxes

    async def poll(self, channel: str, customer: str, *, wait_s: int, most: int = 20) -> list[FeedItem]:
        """What is next, at most `most` items; [] when nothing came in time or a newer poll took over.

        This poll is the receipt of what the one before gave.

        Raises:
            NoBox: nothing is kept for this customer.
            TenantOverloaded: the receipt could not be journaled; poll again.
        """
        box = self._boxes.get((channel, customer))
        if box is None:
            raise NoBox
        box.wake(False)
        box.polled = self._now()
        if box.given and box.items and box.items[0].seq <= box.given:
            self._record(self.name, _encoder.encode(_Acknowledged(channel, customer, box.given)))
            box.acknowledge(box.given)
        if not box.items and wait_s > 0:
            line = self._lines.get(wait_s)
            if line is None:
                line = self._lines[wait_s] = WaitLine(wait_s)
            waiter = box.waiter = line.join()
            has_news = await waiter
            if box.waiter is waiter:
                box.waiter = None
            if (channel, customer) not in self._boxes:
                raise NoBox
            if not has_news:
                return []
        given = [box.items[index] for index in range(min(most, len(box.items)))]
        if given:
            box.given = given[-1].seq
        return given

    def sweep(self, is_alive: Callable[[str, str], bool]) -> None:
        """Close boxes that nobody polls and whose customers have no living chat."""
        limit = self._now() - _IDLE_S
        idle = [key for key, box in self._boxes.items() if box.polled < limit and box.waiter is None]
        for channel, customer in idle:
            if not is_alive(channel, customer):
                self.close(channel, customer)

    def end_polls(self) -> None:
        """Answer every waiting poll with nothing: the server is about to stop."""
        for box in self._boxes.values():
            box.wake(False)

    # --- journal ----------------------------------------------------------------------------------------------------

    def replay(self, body: bytes) -> None:
        """Take a fact in again after a restart."""
        fact = _decoder.decode(body)
        key = (fact.channel, fact.customer)
        if isinstance(fact, _Opened):
            self._boxes.setdefault(key, _Box(self._now()))
        elif isinstance(fact, _Closed):
            self._boxes.pop(key, None)
        elif (box := self._boxes.get(key)) is not None:
            box.acknowledge(fact.seq)

    def snapshot(self) -> bytes:
        """Every box with what its customer has not confirmed."""
        return _encoder.encode(
            tuple(
                _Saved(channel, customer, box.last, tuple(box.items))
                for (channel, customer), box in self._boxes.items()
            )
        )

    def restore(self, blob: bytes) -> None:
        """Become what `snapshot` saw."""
        self._boxes.clear()
        for saved in _saved.decode(blob):
            box = self._boxes[saved.channel, saved.customer] = _Box(self._now())
            box.last = saved.last
            box.items.extend(saved.items)
