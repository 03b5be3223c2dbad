"""Fairness: does a tenant that floods at ten times its quota move another tenant's p99?

Two tenants on one event loop and one journal (SQLite, real), as in control. The quiet tenant's agents give 200 commands
a second; measured is the time of each from being given until it is committed and told. Beside it the other tenant is

    silent     does nothing,
    quota      brings the calls of its quota, 25 a second, each with agent, phone and talk, and 250 commands a second,
    flood      ten times both: calls over the quota are refused by the same rate limit as in signalling,
    saturated  gives commands as fast as the loop takes them: the inbox is always full, the rest is refused.

    python bench/fairness.py            5 runs of 4 s a mode, writes bench/results/fairness.json
    python bench/fairness.py --runs 1 --rounds 2
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import json
import os
import platform
import statistics
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any

import uvloop

from opencec.adapters.sqlite import SqliteJournal
from opencec.adapters.system import SystemClock
from opencec.core.commands import (
    CallArrived,
    Configure,
    LegAlerting,
    LegAnswered,
    LegEnded,
    RecordingDone,
    ResetSkills,
    SayBusy,
    SayFree,
    SignIn,
)
from opencec.core.config import AgentProfile, CalledRoute, QueueProfile, SkillLevel, TenantProfile
from opencec.core.effects import Effect, EndLeg, RingPhone, StopRecording
from opencec.core.errors import OpenCecError
from opencec.core.ids import AgentId, QueueId, SessionId, TenantId
from opencec.services.agent_port import TenantOverloaded
from opencec.services.contact_serials import ContactSerials
from opencec.services.effect_words import contact_of
from opencec.services.lanes import Lanes
from opencec.services.tenant_rate import TenantRate
from opencec.services.tenant_runtime import TenantRuntime

RESULT = Path(__file__).parent / "results" / "fairness.json"
GOAL = "a tenant flooding at ten times its quota does not move another tenant's p99"
AGENTS = 200
QUIET_PER_S = 200
CALLS_PER_S, COMMANDS_PER_S = 25, 250
TALK_S = 1.0
SLICE_S = 1.0
SWITCH_S = 0.001
"""As control sets it."""


class Tenant:
    """A runtime with agents; phones ring, are lifted and talk for a second."""

    def __init__(self, number: int, journal: Any, lanes: Lanes, serials: ContactSerials, clock: SystemClock) -> None:
        self.runtime = TenantRuntime(TenantId(number), journal=journal, clock=clock, lanes=lanes, serials=serials)
        self.number = number
        self.clock = clock
        self.refused = 0
        self.calls = 0

    async def open(self, group: asyncio.TaskGroup) -> None:
        await self.runtime.replay("bench")
        group.create_task(self.runtime.run(self.carry_out))
        agents = tuple(
            AgentProfile(AgentId(1001 + n), "", (SkillLevel(QueueId(1)),), phone=str(71001 + n)) for n in range(AGENTS)
        )
        queues = (QueueProfile(QueueId(1), "Sales", wrap_up_ms=0),)
        routes = (CalledRoute("1001", "queue", "1"),)
        profile = TenantProfile(id=TenantId(self.number), agents=agents, queues=queues, routes=routes)
        await self.runtime.execute(Configure(profile=profile))
        for agent in agents:
            await self.runtime.execute(
                SignIn(agent=agent.id, session=SessionId(f"s{agent.id}"), phone=agent.phone, auto_answer=True)
            )
            await self.runtime.execute(ResetSkills(agent=agent.id))

    async def carry_out(self, effect: Effect) -> None:
        """What signalling costs is not measured here; that an effect takes the loop's time for a moment is."""
        _spend(40e-6)
        loop = asyncio.get_running_loop()
        if isinstance(effect, RingPhone):
            self.give(LegAlerting(leg=effect.leg))
            self.give(LegAnswered(leg=effect.leg))
            customer = f"{contact_of(effect)}/1"
            loop.call_later(TALK_S, lambda: self.give(LegEnded(leg=customer, cause="hangup")))  # type: ignore[arg-type]
        elif isinstance(effect, StopRecording):
            self.give(RecordingDone(contact=effect.contact, path="x.wav", duration_ms=1000))
        elif isinstance(effect, EndLeg):
            self.give(LegEnded(leg=effect.leg, cause="normal"))

    def give(self, command: Any) -> None:
        try:
            self.runtime.submit(command)
        except TenantOverloaded:
            self.refused += 1

    def call(self) -> None:
        self.calls += 1
        self.give(CallArrived(contact=self.runtime.new_contact_id(), caller="15550100", called="1001", source="trunk"))


def _spend(seconds: float) -> None:
    until = time.perf_counter() + seconds
    while time.perf_counter() < until:
        pass


async def paced(per_s: float, seconds: float, act: Callable[[int], None]) -> None:
    """Act evenly over time, whatever the loop's load."""
    loop = asyncio.get_running_loop()
    began, done = loop.time(), 0
    while (passed := loop.time() - began) < seconds:
        while done < passed * per_s:
            act(done)
            done += 1
        await asyncio.sleep(0.005)


def toggle(tenant: Tenant, number: int) -> None:
    """An agent that takes no calls goes busy and idle in turns."""
    agent = AgentId(1001 + AGENTS // 2 + number // 2 % (AGENTS // 2))
    tenant.give(SayBusy(agent=agent) if number % 2 == 0 else SayFree(agent=agent))


def load(mode: str, noisy: Tenant, seconds: float) -> list[Awaitable[None]]:
    """What the noisy tenant does."""
    if mode == "silent":
        return []
    if mode == "saturated":
        return [_saturate(noisy, seconds)]
    factor = 10 if mode == "flood" else 1
    rate = TenantRate()

    def offer(_: int) -> None:
        if rate.take(noisy.number, per_s=CALLS_PER_S, now=noisy.clock.now()):
            noisy.call()
        else:
            noisy.refused += 1

    return [
        paced(CALLS_PER_S * factor, seconds, offer),
        paced(COMMANDS_PER_S * factor, seconds, lambda number: toggle(noisy, number)),
    ]


async def _saturate(noisy: Tenant, seconds: float) -> None:
    loop = asyncio.get_running_loop()
    until, numbers = loop.time() + seconds, count()
    while loop.time() < until:
        before = noisy.refused
        for _ in range(200):
            toggle(noisy, next(numbers))
            if noisy.refused > before:
                break
        await asyncio.sleep(0)


@dataclass
class Measured:
    """Of one mode of one run."""

    samples: list[float] = field(default_factory=list)
    """Milliseconds from a command of the quiet tenant until its commit."""
    lags: list[float] = field(default_factory=list)
    refused: int = 0

    def row(self) -> dict[str, float]:
        samples, lags = sorted(self.samples), sorted(self.lags)
        return {
            "p50_ms": round(samples[len(samples) // 2], 3),
            "p99_ms": round(samples[int(len(samples) * 0.99)], 3),
            "loop_lag_p99_ms": round(lags[int(len(lags) * 0.99)], 3),
            "refused": self.refused,
        }


async def measure(quiet: Tenant, noisy: Tenant, mode: str, *, seconds: float, into: Measured) -> None:
    samples = into.samples
    tasks: set[asyncio.Task[None]] = set()

    async def one(number: int) -> None:
        began = time.perf_counter()
        agent = AgentId(1001 + number // 2 % AGENTS)
        try:
            await quiet.runtime.execute(SayBusy(agent=agent) if number % 2 == 0 else SayFree(agent=agent))
        except OpenCecError:
            return
        samples.append((time.perf_counter() - began) * 1000)

    def start(number: int) -> None:
        task = asyncio.create_task(one(number))
        tasks.add(task)
        task.add_done_callback(tasks.discard)

    noisy.refused = 0
    watch = asyncio.create_task(_lag(into.lags))
    await asyncio.gather(*load(mode, noisy, seconds), paced(QUIET_PER_S, seconds, start))
    while tasks or noisy.runtime.waiting_commands():  # noqa: ASYNC110 - over in a moment
        await asyncio.sleep(0.01)
    watch.cancel()
    into.refused += noisy.refused


async def _lag(lags: list[float]) -> None:
    loop = asyncio.get_running_loop()
    while True:
        due = loop.time() + 0.005
        await asyncio.sleep(0.005)
        lags.append(max(0.0, loop.time() - due) * 1000)


async def run(rounds: int, modes: tuple[str, ...]) -> dict[str, dict[str, float]]:
    """The modes take turns of a second, so that whatever else the machine does meets all of them."""
    found = {mode: Measured() for mode in modes}
    with tempfile.TemporaryDirectory() as folder:
        clock = SystemClock()
        journal: Any = SqliteJournal(Path(folder) / "journal.db")
        lanes, serials = Lanes(), ContactSerials()
        tenants = [Tenant(number, journal, lanes, serials, clock) for number in (1, 2)]
        try:
            async with asyncio.TaskGroup() as group:
                lanes.open(group)
                for tenant in tenants:
                    await tenant.open(group)
                gc.freeze()
                for _ in range(rounds):
                    for mode in modes:
                        await measure(*tenants, mode, seconds=SLICE_S, into=found[mode])
                        await asyncio.sleep(1.2 * TALK_S if mode != "silent" else 0)
                raise _Done
        except* _Done:
            pass
        await journal.close()
    return {mode: measured.row() for mode, measured in found.items()}


class _Done(Exception):
    """Ends the task group."""


def main() -> int:
    sys.setswitchinterval(SWITCH_S)
    parser = argparse.ArgumentParser(description=GOAL)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--rounds", type=int, default=4)
    options = parser.parse_args()
    modes = ("silent", "quota", "flood", "saturated")
    runs = []
    for number in range(options.runs):
        runs.append(uvloop.run(run(options.rounds, modes)))
        print(f"run {number + 1}: " + "  ".join(f"{mode} {runs[-1][mode]['p99_ms']:.1f} ms" for mode in modes))
    table = {
        mode: {name: round(statistics.median(r[mode][name] for r in runs), 3) for name in runs[0][mode]}
        | {"p99_ms_runs": [r[mode]["p99_ms"] for r in runs]}
        for mode in modes
    }
    for mode, row in table.items():
        print(
            f"{mode:10} p50 {row['p50_ms']:6.2f} ms  p99 {row['p99_ms']:6.2f} ms  "
            f"loop lag p99 {row['loop_lag_p99_ms']:6.2f} ms  refused {row['refused']:8.0f}"
        )
    if options.runs >= 5:
        result = {
            "goal": GOAL,
            "date": time.strftime("%Y-%m-%d"),
            "machine": f"{platform.machine()}, {os.cpu_count()} cores, {platform.system()} {platform.release()}",
            "load_average": os.getloadavg()[0],
            "python": platform.python_version(),
            "seconds_per_run": options.rounds * SLICE_S,
            "quiet_commands_per_s": QUIET_PER_S,
            "quota": {"calls_per_s": CALLS_PER_S, "commands_per_s": COMMANDS_PER_S},
            "quiet_tenant": table,
        }
        RESULT.parent.mkdir(exist_ok=True)
        RESULT.write_text(json.dumps(result, indent=2) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
