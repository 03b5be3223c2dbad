"""What pushing an event costs control: CPU of the process that pushes, beside the same events fetched by polls.

Real core, journal, gateway and callback client in this process; the receiver is a process of its own.

    python bench/push_cost.py            200 agents, 20 rounds
    python bench/push_cost.py --quick    50 agents, 4 rounds
"""

from __future__ import annotations

import argparse
import asyncio
import json
import multiprocessing
import resource
import sys
import tempfile
import time
from multiprocessing.connection import Connection
from pathlib import Path

import uvloop

ROOT = Path(__file__).parent.parent
FIRST_AGENT = 1_001
ANSWER = b'HTTP/1.1 200 OK\r\nContent-Length: 36\r\n\r\n{"message":"success", "retcode":"0"}'


class Receiver(asyncio.Protocol):
    """Answers every request well."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport
        self.data = b""

    def data_received(self, data: bytes) -> None:
        self.data += data
        while (end := self.data.find(b"\r\n\r\n")) >= 0:
            head = self.data[:end].lower()
            length = int(head.partition(b"content-length: ")[2].split(b"\r\n")[0])
            if len(self.data) < end + 4 + length:
                return
            self.data = self.data[end + 4 + length :]
            self.transport.write(ANSWER)  # type: ignore[attr-defined]


def receive(pipe: Connection) -> None:
    async def run() -> None:
        server = await asyncio.get_running_loop().create_server(Receiver, "127.0.0.1", 0)
        pipe.send(server.sockets[0].getsockname()[1])
        await server.serve_forever()

    uvloop.run(run())


def cpu_s() -> float:
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


async def measure(port: int, *, agents: int, rounds: int) -> dict[str, float]:
    """Microseconds of CPU for each event: stated and journaled alone, and pushed as well; worst halt of the loop."""
    sys.path.insert(0, str(ROOT / "tests"))
    from fakes.call_centre import CallCentre, profile_of
    from opencec.adapters.sqlite import SqliteJournal
    from opencec.core.commands import SayBusy, SayFree, SignIn
    from opencec.core.config import AgentProfile, TenantProfile
    from opencec.core.ids import AgentId, SessionId
    from opencec.services.sessions import PushTarget

    people = tuple(AgentProfile(AgentId(FIRST_AGENT + n), f"Agent {n}", phone=f"7{n}") for n in range(agents))
    profile = TenantProfile(id=profile_of().id, agents=people)
    worst = 0.0

    async def watch() -> None:
        nonlocal worst
        while True:
            due = time.perf_counter() + 0.002
            await asyncio.sleep(0.002)
            worst = max(worst, time.perf_counter() - due)

    async def round_of(centre: CallCentre) -> float:
        desk = centre.gateway.desk(centre.port.tenant)
        began = cpu_s()
        for number in range(rounds):
            for person in people:
                command = SayBusy(agent=person.id) if number % 2 == 0 else SayFree(agent=person.id)
                await centre.runtime.execute(command)
        while desk.pusher.is_trying():  # noqa: ASYNC110 - it has no event to wait for
            await asyncio.sleep(0.002)
        return (cpu_s() - began) / (rounds * agents) * 1e6

    with tempfile.TemporaryDirectory() as folder:
        journal = SqliteJournal(Path(folder) / "journal.db")
        async with CallCentre.open(journal, profile=profile) as centre:  # type: ignore[arg-type]
            for person in people:
                session = SessionId(f"s{person.id}")
                await centre.runtime.execute(SignIn(agent=person.id, session=session, phone=person.phone))
            alone = await round_of(centre)
            sessions = centre.gateway.desk(centre.port.tenant).sessions
            target = PushTarget("single", f"http://127.0.0.1:{port}/event?token=1")
            for person in people:
                await sessions.open(
                    centre.port, agent=person.id, session=SessionId(f"s{person.id}"), guid=f"g{person.id}", push=target
                )
            while centre.gateway.desk(centre.port.tenant).pusher.is_trying():  # noqa: ASYNC110 - as above
                await asyncio.sleep(0.01)
            watcher = asyncio.create_task(watch())
            pushed = await round_of(centre)
            watcher.cancel()
            taken = centre.gateway.metrics.pushes.values.get(("taken",), 0)
        await journal.close()
    assert taken >= 2 * rounds * agents, taken
    return {"event_alone_us": alone, "event_pushed_us": pushed, "push_us": pushed - alone, "worst_lag_ms": worst * 1000}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true")
    options = parser.parse_args()
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    receiver = context.Process(target=receive, args=(theirs,), daemon=True)
    receiver.start()
    try:
        agents, rounds = (50, 4) if options.quick else (200, 20)
        figures = uvloop.run(measure(ours.recv(), agents=agents, rounds=rounds))
    finally:
        receiver.terminate()
    for name, value in figures.items():
        print(f"{name:16} {value:8.1f}")
    results = ROOT / "bench" / "results" / "push_cost.json"
    results.write_text(json.dumps({"agents": agents, "rounds": rounds, **figures}, indent=1) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
