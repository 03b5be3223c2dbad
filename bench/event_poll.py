"""Event poll fan-out: signed-in agents that long-poll, events at a rate, milliseconds from commit to the client.

The server is a process of its own with the real core, journal (SQLite), gateway and uvicorn; the load generator is this
process, one connection for each agent. The time of a commit is left in shared memory; the client subtracts it, or the
time when its poll was sent if that came later.

    python bench/event_poll.py                        10,000 agents, 2,000 events/s, 5 runs of 10 s
    python bench/event_poll.py --agents 500 --rate 100 --runs 1 --seconds 3
"""

from __future__ import annotations

import argparse
import asyncio
import json
import multiprocessing
import platform
import statistics
import tempfile
import time
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, cast

import numpy as np
import uvloop

from event_server import COMMITS_KEPT, FIRST_AGENT, PREFIX, commits_shape, more_files, server_process

ROOT = Path(__file__).parent.parent
GOAL_P99_MS, GOAL_KB_PER_AGENT = 20.0, 60.0
EMPTY = b'{"message":"","retcode":"0"}'


# --- clients ----------------------------------------------------------------------------------------------------------


class Poller(asyncio.Protocol):
    """One agent's client: signs in, then polls; at once after an event, 500 ms after an empty answer."""

    def __init__(self, load: Load, number: int) -> None:
        self.load = load
        self.number = number
        self.agent = FIRST_AGENT + number
        self.buffer = b""
        self.poll_bytes = b""
        self.sent_at = 0.0
        self.transport: asyncio.Transport | None = None
        self.signed_in: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport = cast(asyncio.Transport, transport)
        body = b'{"password":"correct horse","phonenum":"7%05d"}' % self.number
        head = f"PUT {PREFIX}/onlineagent/{self.agent} HTTP/1.1\r\nHost: x\r\nContent-Length: {len(body)}\r\n\r\n"
        transport.write(head.encode() + body)

    def data_received(self, data: bytes) -> None:
        self.buffer += data
        head, separator, body = self.buffer.partition(b"\r\n\r\n")
        if not separator:
            return
        at = head.index(b"content-length: ") + 16
        end = head.find(b"\r\n", at)
        length = int(head[at : end if end > 0 else None])
        if len(body) < length:
            return
        self.buffer = b""
        self.answered(head, body)

    def answered(self, head: bytes, body: bytes) -> None:
        now = time.monotonic()
        if not self.poll_bytes:
            guid = head.partition(b"Set-GUID: JSESSIONID=")[2].partition(b"\r\n")[0]
            if not guid:
                self.signed_in.set_exception(RuntimeError(body.decode()))
                return
            self.poll_bytes = (
                f"GET {PREFIX}/agentevent/{self.agent} HTTP/1.1\r\nHost: x\r\nGuid: ".encode() + guid + b"\r\n\r\n"
            )
            self.signed_in.set_result(None)
            self.poll()
        elif body == EMPTY:
            self.load.empty += 1
            asyncio.get_running_loop().call_later(0.5, self.poll)
        else:
            self.load.events += 1
            if self.load.is_measuring:
                # An event that came between two polls waited for the client, not for the server.
                commit = self.load.committed[self.number, self.load.taken[self.number] % COMMITS_KEPT]
                self.load.delays.append(now - max(float(commit), self.sent_at))
                self.load.taken[self.number] += 1
            self.poll()

    def poll(self) -> None:
        if self.transport is not None and not self.transport.is_closing():
            self.sent_at = time.monotonic()
            self.transport.write(self.poll_bytes)


class Load:
    """All clients, and what they saw."""

    def __init__(self, committed: Any) -> None:
        self.committed = committed
        self.delays: list[float] = []
        self.events = self.empty = 0
        self.is_measuring = False
        self.taken = [0] * len(committed)

    async def sign_in(self, port: int, agents: int) -> list[asyncio.Transport]:
        loop = asyncio.get_running_loop()
        gate = asyncio.Semaphore(100)

        async def one(number: int) -> asyncio.Transport:
            async with gate:
                transport, poller = await loop.create_connection(lambda: Poller(self, number), "127.0.0.1", port)
                await poller.signed_in
                return transport

        async with asyncio.timeout(600):
            return list(await asyncio.gather(*(one(number) for number in range(agents))))


async def measure(arguments: argparse.Namespace, pipe: Connection, committed: Any) -> dict[str, Any]:
    loop = asyncio.get_running_loop()

    async def order(*words: object) -> tuple[float, int, int]:
        pipe.send(words)
        answer: tuple[float, int, int] = await loop.run_in_executor(None, pipe.recv)
        return answer

    port = await loop.run_in_executor(None, pipe.recv)
    _, memory_before, _ = await order("measure")
    load = Load(committed)
    transports = await load.sign_in(port, arguments.agents)
    await asyncio.sleep(3)
    cpu, memory, waiting = await order("measure")
    await asyncio.sleep(arguments.seconds)
    cpu_later, _, _ = await order("measure")
    idle_share = (cpu_later - cpu) / arguments.seconds
    runs = []
    for _ in range(arguments.runs):
        load.delays, load.events, load.is_measuring, load.taken = [], 0, True, [0] * arguments.agents
        cpu, _, _ = await order("measure")
        began = time.monotonic()
        cpu_later, _, _ = await order("drive", arguments.rate, arguments.seconds)
        took = time.monotonic() - began
        await asyncio.sleep(1)
        load.is_measuring = False
        delays = sorted(load.delays)
        runs.append(
            {
                "events": len(delays),
                "lost": int(arguments.rate * arguments.seconds) - len(delays),
                "p50_ms": round(delays[len(delays) // 2] * 1000, 2),
                "p99_ms": round(delays[int(len(delays) * 0.99)] * 1000, 2),
                "max_ms": round(delays[-1] * 1000, 2),
                "cpu_share": round((cpu_later - cpu) / took, 3),
                "cpu_us_per_event": round(((cpu_later - cpu) - idle_share * took) / len(delays) * 1e6, 1),
            }
        )
    for transport in transports:
        transport.close()
    p99s = [run["p99_ms"] for run in runs]
    return {
        "bench": "event_poll",
        "machine": f"{platform.machine()} {platform.processor()} python {platform.python_version()}",
        "agents": arguments.agents,
        "rate": arguments.rate,
        "polls_waiting": waiting,
        "idle_cpu_share": round(idle_share, 3),
        "kb_per_agent": round((memory - memory_before) / arguments.agents, 1),
        "goal_kb_per_agent": GOAL_KB_PER_AGENT,
        "p99_ms_median": statistics.median(p99s),
        "p99_ms_spread": [min(p99s), max(p99s)],
        "goal_p99_ms": GOAL_P99_MS,
        "runs": runs,
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--agents", type=int, default=10_000)
    parser.add_argument("--rate", type=int, default=2_000, help="events a second")
    parser.add_argument("--seconds", type=float, default=10.0, help="length of a run")
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--out", type=Path, default=ROOT / "bench/results/event_poll.json")
    arguments = parser.parse_args()
    more_files(arguments.agents)
    with tempfile.NamedTemporaryFile() as shared:
        shape = commits_shape(arguments.agents)
        shared.truncate(8 * shape[0] * shape[1])
        committed = np.memmap(shared.name, np.float64, "r+", shape=shape)
        ours, theirs = multiprocessing.get_context("spawn").Pipe()
        process = multiprocessing.get_context("spawn").Process(
            target=server_process, args=(theirs, arguments.agents, shared.name)
        )
        process.start()
        try:
            result = uvloop.run(measure(arguments, ours, committed))
        finally:
            ours.send(("stop",))
            process.join(15)
            if process.is_alive():
                process.kill()
    arguments.out.parent.mkdir(parents=True, exist_ok=True)
    arguments.out.write_text(json.dumps(result, indent=2) + "\n")
    print(json.dumps({key: value for key, value in result.items() if key != "runs"}, indent=2))
    for run in result["runs"]:
        print(run)


if __name__ == "__main__":
    main()
