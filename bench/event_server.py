"""The server of the benches of events: core, journal, gateway and uvicorn in a process of its own, driven by a pipe."""

from __future__ import annotations

import asyncio
import cProfile
import resource
import socket
import sys
import tempfile
import time
from collections.abc import Sequence
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import numpy as np
import uvloop

__all__ = ["COMMITS_KEPT", "FIRST_AGENT", "PREFIX", "commits_shape", "cpu_s", "more_files", "server_process"]

ROOT = Path(__file__).parent.parent
FIRST_AGENT = 1_001
PREFIX = "/agentgateway/resource"
COMMITS_KEPT = 64
"""Times of commits that are kept for each agent: more than it may have under way."""


def commits_shape(agents: int) -> tuple[int, int]:
    """Shape of the shared array of times, float64 seconds of the monotonic clock."""
    return agents, COMMITS_KEPT


def more_files(count: int) -> None:
    """Let this process open so many files."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, count + 500), hard))


def cpu_s() -> float:
    """CPU time of this process."""
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


def pss_kb() -> int:
    """Proportional set size of this process."""
    text = Path("/proc/self/smaps_rollup").read_text()
    return next(int(line.split()[1]) for line in text.splitlines() if line.startswith("Pss:"))


class _Stamp:
    """Observer that runs before the feed: its time is the commit's."""

    def __init__(self, commits: Any) -> None:
        from opencec.core.events import AgentBecameBusy, AgentBecameIdle

        self._kinds = AgentBecameBusy | AgentBecameIdle
        self._commits = commits
        self._counts = [0] * len(commits)

    def begin(self) -> None:
        """A run begins."""
        self._counts = [0] * len(self._counts)

    def on_outcome(self, seq: int, at: int, events: Sequence[Any]) -> None:
        """See `Observer`."""
        for event in events:
            if isinstance(event, self._kinds):
                number = event.agent - FIRST_AGENT
                count = self._counts[number]
                self._counts[number] = count + 1
                self._commits[number, count % COMMITS_KEPT] = time.monotonic()


async def _serve(pipe: Connection, agents: int, shared: str, profile_file: Path | None) -> None:
    """Answer the parent's orders: ("measure",), ("drive", rate, seconds), ("stop",)."""
    sys.path.insert(0, str(ROOT / "tests"))
    import uvicorn

    from fakes import call_centre
    from opencec.adapters.outbound_http import CallbackLimits
    from opencec.adapters.sqlite import SqliteJournal
    from opencec.core.config import AgentProfile, TenantProfile
    from opencec.elements.cc_gateway import build_gateway_app
    from opencec.httpkit.application import build_app
    from opencec.services.feed import FeedLimits

    call_centre.CALLBACK_LIMITS = CallbackLimits()  # the product's
    commits = np.memmap(shared, np.float64, "r+", shape=commits_shape(agents))
    people = tuple(AgentProfile(FIRST_AGENT + n, f"Agent {n}", phone="7101") for n in range(agents))  # type: ignore[arg-type]
    profile = TenantProfile(id=call_centre.profile_of().id, agents=people)
    loop = asyncio.get_running_loop()
    with tempfile.TemporaryDirectory() as folder, socket.socket(proto=socket.IPPROTO_TCP) as listening:
        journal: Any = SqliteJournal(Path(folder) / "journal.db")
        async with call_centre.CallCentre.open(journal, profile=profile, limits=FeedLimits()) as centre:
            stamp = _Stamp(commits)
            centre.runtime._observers.insert(0, stamp)
            listening.bind(("127.0.0.1", 0))
            app = build_app(elements={PREFIX: build_gateway_app(centre.gateway)})
            config = uvicorn.Config(
                app, http="httptools", ws="none", lifespan="off", log_config=None, access_log=False, backlog=4096
            )
            server = uvicorn.Server(config)
            task = loop.create_task(server._serve([listening]))
            while not server.started:  # noqa: ASYNC110 - uvicorn tells by a flag
                await asyncio.sleep(0.01)
            pipe.send(listening.getsockname()[1])
            feed = centre.gateway.desk(profile.id).feed
            driven = 0
            while (order := await loop.run_in_executor(None, pipe.recv))[0] != "stop":
                if order[0] == "drive":
                    stamp.begin()
                    profiler = cProfile.Profile(time.thread_time) if profile_file else None
                    if profiler:
                        profiler.enable()
                    driven += await _drive(centre, agents, rate=order[1], seconds=order[2], before=driven)
                    if profiler:
                        await asyncio.sleep(0.5)
                        while centre.gateway.desk(profile.id).pusher.is_trying():  # noqa: ASYNC110 - no event for it
                            await asyncio.sleep(0.1)
                        profiler.disable()
                        profiler.dump_stats(str(profile_file))
                pipe.send((cpu_s(), pss_kb(), feed.waiting_polls()))
            feed.end_polls()
            server.should_exit = server.force_exit = True
            await task
        await journal.close()


async def _drive(centre: Any, agents: int, *, rate: int, seconds: float, before: int) -> int:
    """Make agents busy and idle in turns, evenly over time, from where the run before stopped.

    Args:
        centre: With all agents signed in.
        agents: How many.
        rate: Commands a second.
        seconds: For so long.
        before: Commands of the runs before.

    Returns:
        Commands given.
    """
    from opencec.core.commands import SayBusy, SayFree
    from opencec.core.ids import AgentId

    loop = asyncio.get_running_loop()
    began, made = loop.time(), 0
    total = int(rate * seconds)
    while made < total:
        due = min(total, int((loop.time() - began) * rate))
        while made < due:
            number = before + made
            agent, is_busy = AgentId(FIRST_AGENT + number % agents), (number // agents) % 2 == 0
            centre.runtime.submit(SayBusy(agent=agent) if is_busy else SayFree(agent=agent))
            made += 1
        await asyncio.sleep(0.002)
    return made


def server_process(pipe: Connection, agents: int, shared: str, profile_file: Path | None = None) -> None:
    """What the process runs.

    Args:
        pipe: Orders come from it, answers go into it.
        agents: How many there are.
        shared: File of the shared array of times.
        profile_file: Where to leave a profile of the last run; None = none is taken.
    """
    more_files(agents)
    uvloop.run(_serve(pipe, agents, shared, profile_file))
