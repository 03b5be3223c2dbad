"""Where the CPU time of one call goes, without network and HTTP: control's parts in this process, phones in memory.

The real node (user agent, signalling, core, journal on disk, records, event feed) carries calls to access code 1001:
INVITE, queue, an agent's phone answers at once, both sides are up, BYE from the caller. Media commands go over the real
socket to a process that answers at once. Agents' polls take their events straight from the feed. What this leaves out,
`bench/full_call.py` measures: system calls for datagrams, and HTTP.

    python bench/call_cost.py            5 runs of 500 calls at 50 calls/s, a profile; writes results/call_cost.json
    python bench/call_cost.py --quick    1 run of 200 calls, no profile, nothing written
"""

from __future__ import annotations

import argparse
import asyncio
import cProfile
import os
import pstats
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections import Counter, defaultdict
from pathlib import Path
from typing import Any

import msgspec
import uvloop

from instance import PASSWORD, machine, report, spread
from memory_phones import MemoryPhones
from opencec.app.context import ControlContext, ListeningSockets, WorkerAddress
from opencec.app.node import Node
from opencec.app.settings import Settings
from opencec.core.commands import ResetSkills, SignIn
from opencec.core.ids import AgentId, SessionId
from opencec.logs import set_up_logs
from opencec.services.feed import FeedEnded
from opencec.services.journal_entries import CoreOutcome, ServiceFact, decode_entry
from opencec.services.load_admission import LoadAdmission
from opencec.sip.flow import Flow
from opencec.sip.registrar import Binding
from opencec.workers import protocol

GOAL_CPU_MS = 2.0
AGENTS = range(101, 111)
_HOUR_MS = 3_600_000


class Bench:
    """A node in a temporary folder, its phones, its agents."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.commits = 0
        """Of the journal, in all runs."""
        path = str(folder / "media.sock")
        self.worker = subprocess.Popen([sys.executable, __file__, "--worker", path])
        while not os.path.exists(path):
            time.sleep(0.02)

        async def never() -> None:
            await asyncio.Event().wait()

        settings = Settings(data_dir=folder / "data", demo_password=PASSWORD, log_level="warning")
        (folder / "data" / "run").mkdir(parents=True)
        context = ControlContext(
            settings,
            ListeningSockets(()),
            (WorkerAddress("media-0", "media", path),),
            None,
            ready=lambda: None,
            heartbeat=lambda: None,
            stopping=never,
            demo=True,
            addresses={"sip": "127.0.0.1:5060"},
        )
        self.node = Node(context)
        self.node.load = LoadAdmission()  # nobody feeds it: a busy machine makes no refusals

    async def open(self, group: asyncio.TaskGroup) -> None:
        """Serve, register the phones, sign the agents in and let them poll."""
        await self.node.open()
        await self.node.run(group)
        self.services = next(iter(self.node.tenants.values()))
        self.phones = MemoryPhones(self.node.wire)
        self.phones.attach()
        now = self.node.clock.now()
        self.node.signalling_context.registrar.restore([self._binding(f"7{agent}", now) for agent in AGENTS], now)
        for agent in map(AgentId, AGENTS):
            session = SessionId(f"bench-{agent}")
            await self.services.runtime.execute(SignIn(agent=agent, session=session, phone=f"7{agent}"))
            await self.services.runtime.execute(ResetSkills(agent=agent))
            group.create_task(self._poll(session))

    @staticmethod
    def _binding(user: str, now: int) -> Binding:
        host, port = MemoryPhones.PHONES
        flow = Flow("udp", MemoryPhones.SERVER, MemoryPhones.PHONES)
        return Binding(user, f"sip:{user}@{host}:{port}", flow, now + _HOUR_MS, f"r{user}", 1)

    async def _poll(self, session: SessionId) -> None:
        feed = self.services.desk.feed
        try:
            while True:
                await feed.poll(self.services.handle, session)
        except FeedEnded:
            raise SystemExit(f"session {session} was ended") from None

    def close(self) -> None:
        """End the worker's process, remove the folder."""
        self.worker.kill()
        self.worker.wait()
        shutil.rmtree(self.folder, ignore_errors=True)

    async def one_run(self, calls: int, rate: float, profile: cProfile.Profile | None = None) -> dict[str, float]:
        """CPU time of one call, ms: `all`, of this `loop`'s thread, of the `other` threads (journal); without phones.

        Raises:
            SystemExit: a call failed.
        """
        phones, loop = self.phones, asyncio.get_running_loop()
        done = phones.expect(calls)
        writer = self.node.journal._writer
        own, whole, thread, commits = phones.cpu_s, time.process_time(), time.thread_time(), writer.commits
        if profile is not None:
            profile.enable()
        began = loop.time()
        for n in range(calls):
            await asyncio.sleep(max(0.0, began + n / rate - loop.time()))
            phones.call("1001")
        async with asyncio.timeout(20):
            await done
        await asyncio.sleep(0.5)  # what is late: confirmations, records
        if profile is not None:
            profile.disable()
        if phones.failed:
            raise SystemExit(f"{phones.failed} calls failed")
        of_phones = phones.cpu_s - own
        in_all = time.process_time() - whole - of_phones
        in_loop = time.thread_time() - thread - of_phones
        figures = {"all": in_all, "loop": in_loop, "other": in_all - in_loop}
        self.commits += writer.commits - commits
        return {name: value / calls * 1000 for name, value in figures.items()}

    async def journaled(self, after: int) -> dict[str, dict[str, float]]:
        """Entries and bytes by kind since entry `after`, in all."""
        sizes: dict[str, list[int]] = defaultdict(list)
        tenant = self.services.runtime.tenant
        while page := await self.node.journal.read(tenant, after):
            for _, data in page:
                sizes[_kind(data)].append(len(data))
            after = page[-1][0]
        return {kind: {"entries": len(found), "bytes": sum(found)} for kind, found in sorted(sizes.items())}


def _kind(data: bytes) -> str:
    match decode_entry(data):
        case CoreOutcome() as outcome:
            return "core " + ",".join(type(event).__name__ for event in outcome.events)
        case ServiceFact() as fact:
            body = msgspec.msgpack.decode(fact.body)
            return f"{fact.service} {body.get('type', '')}" if isinstance(body, dict) else fact.service
        case _:
            return "effects confirmed"


def components(profile: cProfile.Profile, calls: int) -> dict[str, float]:
    """CPU time of one call under the profiler by part, ms; built-in functions count where they are called."""
    spent: Counter[str] = Counter()
    for (path, _, _), (_, _, own, _, callers) in pstats.Stats(profile).stats.items():  # type: ignore[attr-defined]
        if path != "~":
            spent[_part(path)] += own
            continue
        for (caller, _, _), (_, _, share, _) in callers.items():
            spent[_part(caller)] += share
    return {part: round(own / calls * 1000, 3) for part, own in spent.most_common()}


def _part(path: str) -> str:
    if path == "~":
        return "loop"
    inside = path.rpartition("opencec/")[2] if "/src/opencec/" in path else ""
    if inside:
        parts = inside.split("/")
        deep = parts[0] in ("adapters", "elements") or inside.startswith("services/signalling")
        return "/".join(parts[:2]) if deep or parts[0] == "services" else parts[0]
    return "bench" if "/bench/" in path else "asyncio" if "/asyncio/" in path else Path(path).name


def answer_media(path: str) -> None:
    """A media worker that does as it is told, at once, and nothing else (runs in a process of its own)."""
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(path)
        server.listen()
        server.settimeout(60)
        connection, _ = server.accept()
    stream = connection.makefile("rwb")
    number = 0

    def say(message: Any) -> None:
        stream.write(protocol.encode(message))
        stream.flush()

    say(protocol.Hello(worker="media-0", pid=os.getpid(), started_ms=1))
    while head := stream.read(4):
        command = protocol.decode(stream.read(int.from_bytes(head, "big")))
        match command:
            case protocol.Acknowledge():
                continue
            case protocol.OpenLeg():
                result: Any = protocol.LegOpened(leg=command.leg, host="127.0.0.1", port=40_000, rtcp_port=40_001)
            case protocol.CloseLeg():
                result = protocol.Quality(leg=command.leg, packets_received=100, packets_sent=100, mos=4.4)
            case _:
                result = None
        say(protocol.Reply(id=command.id, result=result))
        if isinstance(command, protocol.StopRecord):
            number += 1
            closed = {"recording": command.recording, "path": "a.wav", "duration_ms": 100, "bytes": 800}
            say(protocol.RecordingClosed(number=number, at_ms=1, reason="stopped", **closed))


async def measure(options: argparse.Namespace) -> dict[str, Any]:
    """All runs."""
    bench = Bench(Path(tempfile.mkdtemp(prefix="opencec-bench-")))
    runs = 1 if options.quick else 5
    calls = options.calls or (200 if options.quick else 500)
    try:
        async with asyncio.TaskGroup() as group:
            await bench.open(group)
            await bench.one_run(50, options.rate)
            before = await bench.node.journal.last_seq(bench.services.runtime.tenant)
            bench.commits = 0
            measured = [await bench.one_run(calls, options.rate) for _ in range(runs)]
            count = await bench.node.journal.last_seq(bench.services.runtime.tenant) - before
            journal = await bench.journaled(before)  # less what a snapshot has made superfluous
            size = sum(row["bytes"] for row in journal.values()) / sum(row["entries"] for row in journal.values())
            result: dict[str, Any] = {
                "what": "one call through control's parts in one process, CPU time, ms",
                "machine": machine() | {"calls": calls, "calls_per_s": options.rate, "agents": len(AGENTS)},
                "cpu_ms_a_call": {name: spread([run[name] for run in measured]) for name in measured[0]},
                "goal_cpu_ms": GOAL_CPU_MS,
                "journal_a_call": {
                    "commits": round(bench.commits / runs / calls, 2),
                    "entries": round(count / runs / calls, 2),
                    "bytes": round(count * size / runs / calls),
                },
            }
            if options.verbose:
                for kind, row in journal.items():
                    count = row["entries"]
                    print(f"{count / runs / calls:7.2f} x {row['bytes'] / count:7.0f} B  {kind}")
            if not options.quick or options.profile:
                profile = cProfile.Profile(time.thread_time)
                await bench.one_run(calls, options.rate / 2, profile)
                result["python_calls_a_call"] = round(pstats.Stats(profile).total_calls / calls)  # type: ignore[attr-defined]
                result["profiled_ms_a_call"] = components(profile, calls)
                if options.profile:
                    profile.dump_stats(options.profile)
            for task in asyncio.all_tasks() - {asyncio.current_task()}:
                task.cancel()
    finally:
        bench.close()
    await bench.node.close()
    return result


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--calls", type=int, help="calls of a run")
    parser.add_argument("--rate", type=float, default=50.0, help="calls/s")
    parser.add_argument("--profile", help="file for pstats")
    parser.add_argument("--verbose", action="store_true", help="print what the journal got")
    parser.add_argument("--worker", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.worker:
        answer_media(options.worker)
        return 0
    set_up_logs("warning")
    result = uvloop.run(measure(options))
    if options.quick:
        print(msgspec.json.format(msgspec.json.encode(result)).decode())
    else:
        report("call_cost", result)
    return 0


if __name__ == "__main__":
    sys.exit(main())
