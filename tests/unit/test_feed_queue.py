"""The agents' event queues: order, receipts, bounds, presence, restarts."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable

import pytest

from opencec.core.events import AgentBecameBusy, AgentSignedIn, AgentSignedOut, Event
from opencec.core.ids import AgentId, SessionId
from opencec.services.agent_port import TenantOverloaded
from opencec.services.feed import FeedEnded, FeedLimits, TenantFeed

pytestmark = pytest.mark.unit

AGENT, SESSION = AgentId(101), SessionId("s1")


class Clock:
    def __init__(self) -> None:
        self.seconds = 0.0

    def now(self) -> int:
        return int(self.seconds * 1000)

    def monotonic(self) -> float:
        return self.seconds

    def advance_to(self, at_ms: int) -> None: ...


class Numbers:
    """Says each event's reason."""

    def translate(self, event: Event) -> Iterable[tuple[AgentId, bytes]]:
        if isinstance(event, AgentBecameBusy):
            return [(event.agent, b"%d" % event.reason)]
        if isinstance(event, AgentSignedOut) and event.reason != "logout":
            return [(event.agent, b"bye")]
        return []

    def snapshot(self) -> bytes:
        return b""

    def restore(self, blob: bytes) -> None: ...


class Journal:
    """The part of a tenant port that a feed uses."""

    def __init__(self) -> None:
        self.facts: list[bytes] = []
        self.is_full = False

    async def record(self, service: str, body: bytes, *, committed: Callable[[], None]) -> None:
        if self.is_full:
            raise TenantOverloaded
        await asyncio.sleep(0)
        self.facts.append(body)
        committed()

    def record_nowait(self, service: str, body: bytes) -> None:
        if self.is_full:
            raise TenantOverloaded
        self.facts.append(body)


class Bench:
    def __init__(self, **limits: int) -> None:
        self.clock = Clock()
        self.feed = TenantFeed(Numbers(), clock=self.clock, limits=FeedLimits(**({"wait_ms": 40} | limits)))
        self.journal = Journal()

    def sign_in(self, session: SessionId = SESSION) -> None:
        self.tell(
            AgentSignedIn(
                at=0, agent=AGENT, session=session, phone="1", auto_answer=True, auto_enter_idle=True,
                release_phone=True, agent_type=4, initial="idle",
            )
        )  # fmt: skip

    def sign_out(self, reason: str = "logout", session: SessionId = SESSION) -> None:
        self.tell(AgentSignedOut(at=0, agent=AGENT, session=session, signed_in_at=0, reason=reason))  # type: ignore[arg-type]

    def say(self, *numbers: int) -> None:
        for number in numbers:
            self.tell(AgentBecameBusy(at=0, agent=AGENT, reason=number))

    def tell(self, event: Event) -> None:
        self.feed.on_outcome(0, 0, [event])

    async def poll(self, session: SessionId = SESSION, *, gone: bool = False) -> bytes | None:
        return await self.feed.poll(self.journal, session, has_gone=lambda: gone)  # type: ignore[arg-type]


async def test_one_event_a_poll_in_order_then_nothing() -> None:
    bench = Bench()
    bench.sign_in()
    bench.say(1, 2, 3)
    assert [await bench.poll() for _ in range(4)] == [b"1", b"2", b"3", None]
    assert len(bench.journal.facts) == 3


async def test_waiting_poll_is_answered_by_the_event() -> None:
    bench = Bench(wait_ms=5_000)
    bench.sign_in()
    polls = asyncio.ensure_future(bench.poll())
    await asyncio.sleep(0)
    assert bench.feed.waiting_polls() == 1
    bench.say(7)
    assert await polls == b"7"


async def test_client_that_hung_up_gets_the_event_with_its_next_poll() -> None:
    bench = Bench()
    bench.sign_in()
    bench.say(1)
    assert await bench.poll(gone=True) is None
    assert await bench.poll() == b"1"


async def test_second_poll_ends_the_first_and_no_event_is_lost() -> None:
    bench = Bench(wait_ms=5_000)
    bench.sign_in()
    bench.say(1)
    assert await bench.poll() == b"1"
    first, second = asyncio.ensure_future(bench.poll()), asyncio.ensure_future(bench.poll())
    assert await first is None
    bench.say(2)
    assert await second == b"2"
    assert len(bench.journal.facts) == 1


async def test_receipt_that_could_not_be_journaled_keeps_the_event() -> None:
    bench = Bench()
    bench.sign_in()
    bench.say(1, 2)
    assert await bench.poll() == b"1"
    bench.journal.is_full = True
    with pytest.raises(TenantOverloaded):
        await bench.poll()
    bench.journal.is_full = False
    assert await bench.poll() == b"2"


async def test_restart_repeats_only_what_was_not_confirmed() -> None:
    bench = Bench()
    bench.sign_in()
    bench.say(1, 2, 3)
    assert [await bench.poll(), await bench.poll()] == [b"1", b"2"]
    again = Bench()
    again.sign_in()
    again.say(1, 2, 3)
    for fact in bench.journal.facts:
        again.feed.replay(fact)
    assert [await again.poll() for _ in range(3)] == [b"2", b"3", None]
    restored = Bench()
    restored.feed.restore(bench.feed.snapshot())
    assert [await restored.poll() for _ in range(3)] == [b"2", b"3", None]


async def test_taken_over_client_hears_the_last_words_then_nothing() -> None:
    bench = Bench()
    bench.sign_in()
    bench.say(1, 2, 3)
    assert await bench.poll() == b"1"
    bench.sign_out("takeover")
    bench.sign_in(SessionId("s2"))
    bench.say(4)
    assert await bench.poll() == b"bye"
    with pytest.raises(FeedEnded):
        await bench.poll()
    assert await bench.poll(SessionId("s2")) == b"4"


async def test_signed_out_client_is_told_at_once() -> None:
    bench = Bench(wait_ms=5_000)
    bench.sign_in()
    polls = asyncio.ensure_future(bench.poll())
    await asyncio.sleep(0)
    bench.sign_out()
    with pytest.raises(FeedEnded):
        await polls
    with pytest.raises(FeedEnded):
        await bench.poll(SessionId("never"))


async def test_client_that_is_too_slow_is_dropped_and_signed_out() -> None:
    bench = Bench(capacity=3)
    bench.sign_in()
    bench.say(1, 2, 3)
    assert bench.feed.silent_agents() == []
    bench.say(4)
    with pytest.raises(FeedEnded):
        await bench.poll()
    assert bench.feed.silent_agents() == [AGENT]


async def test_silence_is_counted_from_the_last_poll_and_from_a_restart() -> None:
    bench = Bench(silence_ms=1_000)
    bench.sign_in()
    bench.clock.seconds = 0.9
    assert await bench.poll() is None
    bench.clock.seconds = 1.8
    assert bench.feed.silent_agents() == []
    bench.feed.restart_clocks()
    bench.clock.seconds = 2.7
    assert bench.feed.silent_agents() == []
    bench.clock.seconds = 2.9
    assert bench.feed.silent_agents() == [AGENT]
    assert bench.feed.silent_agents() == [], "named once in each silence time"
