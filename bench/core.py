"""Routing core: whole contact lifecycles a second at 10,000 signed-in agents, and the CPU time of one decision.

A lifecycle is: the call arrives at a queue, is offered, the phone rings, is lifted (automatic answer), the caller hangs
up after the talk, the recording closes. Calls overlap: thousands are live at any time, and a part of them waits.

    python bench/core.py            writes bench/results/core.json
"""

from __future__ import annotations

import gc
import json
import platform
import statistics
import sys
from collections import deque
from pathlib import Path
from time import process_time_ns

from opencec.core.commands import (
    CallArrived,
    Configure,
    LegAlerting,
    LegAnswered,
    LegEnded,
    RecordingDone,
    ResetSkills,
    SignIn,
)
from opencec.core.config import AgentProfile, CalledRoute, QueueProfile, SkillLevel, TenantProfile
from opencec.core.effects import RingPhone
from opencec.core.tenant import Outcome, TenantCore

AGENTS = 10_000
QUEUES = 50
LIFECYCLES = 30_000
RUNS = 5
LIVE = 4_000
GOAL_PER_S, GOAL_P99_US = 20_000, 100.0
START = 1_760_000_000_000


def centre() -> TenantCore:
    """10,000 idle agents, each in four of 50 queues on two levels."""
    agents = tuple(
        AgentProfile(
            id=1001 + n,
            name="",
            skills=tuple(SkillLevel((n + 13 * k) % QUEUES + 1, 1 + k % 2) for k in range(4)),
            phone=f"7{1001 + n}",
        )
        for n in range(AGENTS)
    )
    queues = tuple(QueueProfile(id=n, name=f"q{n}") for n in range(1, QUEUES + 1))
    routes = tuple(CalledRoute(f"10{n:02}", "queue", str(n)) for n in range(1, QUEUES + 1))
    core = TenantCore(1)
    core.handle(Configure(profile=TenantProfile(id=1, agents=agents, queues=queues, routes=routes)), now=START)
    for agent in agents:
        core.handle(SignIn(agent=agent.id, session=f"s{agent.id}", phone=""), now=START)
        core.handle(ResetSkills(agent=agent.id), now=START)
    return core


class Load:
    """Feeds lifecycles; `samples` gets the CPU time of each `handle`, ns, when it is a list."""

    def __init__(self, core: TenantCore, samples: list[int] | None) -> None:
        self.core = core
        self.samples = samples
        self.now = START + 1000
        self.live: deque[str] = deque()
        self.done = 0

    def handle(self, command: object) -> Outcome:
        if self.samples is None:
            return self.core.handle(command, now=self.now)  # type: ignore[arg-type]
        begin = process_time_ns()
        outcome = self.core.handle(command, now=self.now)  # type: ignore[arg-type]
        self.samples.append(process_time_ns() - begin)
        return outcome

    def ring(self, outcome: Outcome) -> None:
        """The phones that were rung ring and are lifted."""
        for effect in outcome.effects:
            if type(effect) is RingPhone:
                self.handle(LegAlerting(leg=effect.leg))
                self.handle(LegAnswered(leg=effect.leg))

    def run(self, lifecycles: int, serial: int) -> None:
        for n in range(serial, serial + lifecycles):
            self.now += 1
            contact = f"1760000000-{n}"
            self.live.append(contact)
            called = f"10{n % QUEUES + 1:02}"
            self.ring(self.handle(CallArrived(contact=contact, caller="15550100", called=called)))
            if len(self.live) > LIVE:
                self.finish()
        while self.live:
            self.finish()

    def finish(self) -> None:
        contact = self.live.popleft()
        self.ring(self.handle(LegEnded(leg=f"{contact}/1")))
        self.handle(RecordingDone(contact=contact, path="a.wav", duration_ms=1000))
        self.done += 1


def one_run(serial: int, *, sampled: bool) -> tuple[float, list[int]]:
    """Lifecycles per CPU second, or the samples."""
    core = centre()
    samples: list[int] | None = [] if sampled else None
    load = Load(core, samples)
    load.run(2_000, serial + 10_000_000)
    if samples is not None:
        samples.clear()
    gc.collect()
    gc.freeze()
    begin = process_time_ns()
    load.run(LIFECYCLES, serial)
    spent = process_time_ns() - begin
    gc.unfreeze()
    assert not list(core.live_contacts())
    return LIFECYCLES / (spent / 1e9), samples or []


def main() -> None:
    rates = [one_run(n * 100_000_000, sampled=False)[0] for n in range(RUNS)]
    medians, p99s = [], []
    for n in range(RUNS):
        samples = sorted(one_run(n * 100_000_000, sampled=True)[1])
        medians.append(samples[len(samples) // 2] / 1000)
        p99s.append(samples[len(samples) * 99 // 100] / 1000)
    result = {
        "what": "routing core, one process, CPU time",
        "machine": f"{platform.machine()} {platform.system()}, Python {platform.python_version()}",
        "cpu": _cpu(),
        "agents": AGENTS,
        "live_calls": LIVE,
        "lifecycles_per_s": _spread(rates),
        "decision_p50_us": _spread(medians),
        "decision_p99_us": _spread(p99s),
        "goal": {"lifecycles_per_s": GOAL_PER_S, "decision_p99_us": GOAL_P99_US},
    }
    path = Path(__file__).parent / "results" / "core.json"
    path.parent.mkdir(exist_ok=True)
    path.write_text(json.dumps(result, indent=2) + "\n")
    print(json.dumps(result, indent=2))


def _spread(values: list[float]) -> dict[str, float]:
    return {
        "median": round(statistics.median(values), 1),
        "min": round(min(values), 1),
        "max": round(max(values), 1),
    }


def _cpu() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor()
    return next((line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")), "")


if __name__ == "__main__":
    sys.exit(main())
