"""Fairness of tenants on one loop: a flood keeps to its own turns, its own share of a commit and its own inbox.

The clock stands still, so that only the bounds in commands and entries count; what it costs in time: bench/fairness.py.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

import pytest

from fakes.journal import MemoryJournal
from opencec.core.commands import Configure, ResetSkills, Rest, SayBusy, SayFree, SignIn
from opencec.core.config import AgentProfile, QueueProfile, SkillLevel, TenantProfile
from opencec.core.effects import Effect
from opencec.core.events import Event
from opencec.core.ids import AgentId, QueueId, SessionId, TenantId
from opencec.ports.journal import AppendDone
from opencec.services.agent_port import TenantOverloaded
from opencec.services.contact_serials import ContactSerials
from opencec.services.lanes import Lanes
from opencec.services.tenant_runtime import TenantRuntime

pytestmark = pytest.mark.sim

AGENT = AgentId(101)
TURN, IN_FLIGHT, INBOX = 64, 64, 10_000


class StandingClock:
    """Implements `Clock`; time passes when the test says so."""

    def __init__(self) -> None:
        self.at_ms = 1_760_000_000_000

    def now(self) -> int:
        return self.at_ms

    def monotonic(self) -> float:
        return self.at_ms / 1000

    def advance_to(self, at_ms: int) -> None:
        self.at_ms = max(self.at_ms, at_ms)


class SlowJournal(MemoryJournal):
    """Commits when it is told to: a disk that takes its time."""

    def __init__(self) -> None:
        super().__init__()
        self.is_slow = False
        self.groups: list[list[int]] = []
        self._waiting: list[tuple[int, int, Sequence[bytes], AppendDone]] = []

    def append_nowait(self, tenant: int, epoch: int, entries: Sequence[bytes], done: AppendDone) -> None:
        if self.is_slow:
            self._waiting.append((tenant, epoch, entries, done))
        else:
            super().append_nowait(tenant, epoch, entries, done)

    def commit(self) -> None:
        """One group: all that waits."""
        group, self._waiting = self._waiting, []
        self.groups.append([tenant for tenant, _, _, _ in group])
        for waiting in group:
            super().append_nowait(*waiting)


class Counting:
    """Observer that counts outcomes."""

    def __init__(self) -> None:
        self.outcomes = 0

    def on_outcome(self, seq: int, at: int, events: Sequence[Event]) -> None:
        self.outcomes += 1


class Pair:
    """A tenant that floods and a quiet one."""

    def __init__(self) -> None:
        self.clock = StandingClock()
        self.journal = SlowJournal()
        lanes, serials = Lanes(), ContactSerials()
        self.noisy, self.quiet = (
            TenantRuntime(TenantId(number), journal=self.journal, clock=self.clock, lanes=lanes, serials=serials)
            for number in (1, 2)
        )
        self.told = Counting()
        self.noisy.observe(self.told)

    async def open(self, group: asyncio.TaskGroup) -> None:
        for runtime in (self.noisy, self.quiet):
            await runtime.replay("test")
            group.create_task(runtime.run(_nothing))
            agents = (AgentProfile(AGENT, "", (SkillLevel(QueueId(1)),), phone="7101"),)
            profile = TenantProfile(id=runtime.tenant, agents=agents, queues=(QueueProfile(QueueId(1), "Sales"),))
            await runtime.execute(Configure(profile=profile))
            await runtime.execute(SignIn(agent=AGENT, session=SessionId("s"), phone="7101"))
            await runtime.execute(ResetSkills(agent=AGENT))

    def flood(self, commands: int = INBOX) -> None:
        for number in range(commands):
            self.noisy.submit(_toggle(number))


def _toggle(number: int) -> SayBusy | SayFree:
    return SayBusy(agent=AGENT) if number % 2 == 0 else SayFree(agent=AGENT)


async def _nothing(effect: Effect) -> None:
    return None


class _Done(Exception):
    """Ends the task group."""


@asynccontextmanager
async def _pair() -> AsyncIterator[Pair]:
    pair = Pair()
    try:
        async with asyncio.TaskGroup() as group:
            await pair.open(group)
            yield pair
            raise _Done
    except* _Done:
        pass


async def test_a_quiet_tenant_waits_for_a_few_turns_of_a_flood_not_for_its_inbox() -> None:
    async with _pair() as pair:
        pair.flood()
        for number in range(20):
            before = pair.told.outcomes
            await pair.quiet.execute(_toggle(number))
            assert pair.told.outcomes - before <= 4 * TURN
        assert pair.noisy.waiting_commands() > INBOX // 2


async def test_a_flood_fills_its_own_inbox_and_is_told_when_to_come_again() -> None:
    async with _pair() as pair:
        pair.flood()
        with pytest.raises(TenantOverloaded) as refused:
            pair.noisy.submit(_toggle(0))
        assert refused.value.retry_after_s >= 1
        assert await pair.quiet.execute(_toggle(0))


async def test_a_slow_disk_holds_a_bounded_share_of_each_tenant() -> None:
    """However slow the disk: the group that a quiet tenant's entry is in has few entries of the flood."""
    async with _pair() as pair:
        pair.journal.is_slow = True
        pair.flood()
        for number in range(8):
            asked = asyncio.ensure_future(pair.quiet.execute(_toggle(number)))
            for _ in range(50):
                await asyncio.sleep(0)
            pair.journal.commit()
            await asked
        for group in pair.journal.groups:
            assert group.count(1) <= IN_FLIGHT
            assert group.count(2) == 1
        assert sum(group.count(1) for group in pair.journal.groups) >= 8 * IN_FLIGHT // 2
        pair.journal.is_slow = False
        pair.journal.commit()


async def test_everything_of_a_flood_is_handled_once_the_disk_allows() -> None:
    async with _pair() as pair:
        pair.journal.is_slow = True
        pair.flood(1_000)
        for _ in range(200):
            await asyncio.sleep(0)
        before = pair.told.outcomes
        pair.journal.is_slow = False
        pair.journal.commit()
        last = await pair.noisy.execute(SayBusy(agent=AGENT, reason=200))
        assert pair.told.outcomes == before + 1_000 + 1
        assert last


async def test_a_deadline_that_is_due_goes_before_a_full_inbox() -> None:
    async with _pair() as pair:
        await pair.noisy.execute(Rest(agent=AGENT, seconds=60, cause=1))
        due = pair.noisy.core.next_deadline()
        assert due is not None
        pair.clock.at_ms = due + 1
        pair.flood()
        while pair.noisy.waiting_commands() == INBOX:
            await asyncio.sleep(0)
        later = pair.noisy.core.next_deadline()
        assert later is None or later > pair.clock.at_ms
        assert await pair.quiet.execute(_toggle(0))
