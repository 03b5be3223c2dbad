"""Event push fan-out: signed-in agents whose events are pushed, milliseconds from commit to the receiver.

The server is a process of its own with the real core, journal (SQLite), gateway, callback client and uvicorn; this
process signs the agents in over HTTP and is the HTTP receiver of their events. The server leaves the time of each
commit in shared memory, for each agent the last 64; the receiver counts an agent's events, so that it finds the time of
the very one, however many come in one POST. It also checks that each agent's events come in order and none twice.

    python bench/event_push.py                        10,000 agents, 1,000 events/s, 5 runs of 10 s
    python bench/event_push.py --quick                200 agents, 100 events/s, 1 run of 3 s; nothing written
    python bench/event_push.py --rate 2000            another rate
"""

from __future__ import annotations

import argparse
import asyncio
import json
import multiprocessing
import statistics
import sys
import tempfile
import time
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, cast

import numpy as np
import uvloop

from event_server import COMMITS_KEPT, FIRST_AGENT, PREFIX, commits_shape, more_files, server_process
from instance import machine, report

GOAL_P99_MS = 20.0
MOST_IN_A_POST = 20
"""Events in one POST, as the interface bounds them."""
_TAKEN = b'HTTP/1.1 200 OK\r\nContent-Length: 35\r\n\r\n{"message":"success","retcode":"0"}'
_STATES = ("AgentState_SetNotReady_Success", "AgentState_Ready")
"""What an agent is told in turns: the same one again was lost, doubled or overtaken."""


class Receiver:
    """Takes events, and notes how late each was."""

    def __init__(self, commits: Any) -> None:
        self.commits = commits
        self.counts = [0] * len(commits)
        self.last = [""] * len(commits)
        self.delays: list[float] = []
        self.posts = self.events = self.disorder = self.most_in_a_post = self.connections = 0

    def begin(self) -> None:
        """A run begins: nothing is under way."""
        self.counts = [0] * len(self.counts)
        self.delays = []
        self.posts = self.events = self.most_in_a_post = 0

    def take(self, body: bytes) -> None:
        """The body of one POST."""
        now = time.monotonic()
        told = json.loads(body)
        number = int(told["workNo"]) - FIRST_AGENT
        self.posts += 1
        self.events += len(told["eventList"])
        self.most_in_a_post = max(self.most_in_a_post, len(told["eventList"]))
        for event in told["eventList"]:
            if event["eventType"] not in _STATES:
                continue
            count = self.counts[number]
            self.counts[number] = count + 1
            self.disorder += event["eventType"] == self.last[number]
            self.last[number] = event["eventType"]
            self.delays.append(now - float(self.commits[number, count % COMMITS_KEPT]))


class Conversation(asyncio.Protocol):
    """One connection of the server to the receiver."""

    def __init__(self, receiver: Receiver) -> None:
        self.receiver = receiver
        self.data = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)
        self.receiver.connections += 1

    def data_received(self, data: bytes) -> None:
        self.data += data
        while (end := self.data.find(b"\r\n\r\n")) >= 0:
            length = int(self.data[:end].lower().partition(b"content-length: ")[2].split(b"\r\n")[0])
            if len(self.data) < end + 4 + length:
                return
            body, self.data = self.data[end + 4 : end + 4 + length], self.data[end + 4 + length :]
            self.receiver.take(body)
            self.transport.write(_TAKEN)


async def _sign_in(port: int, agents: int, receiver_port: int) -> None:
    """All agents, over 20 connections."""
    numbers = iter(range(agents))

    async def some() -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        for number in numbers:
            fields = {
                "password": "correct horse",
                "phonenum": f"7{number:05d}",
                "callBackUri": f"http://127.0.0.1:{receiver_port}/events",
                "serviceToken": "bench",
            }
            body = json.dumps(fields).encode()
            head = f"PUT {PREFIX}/onlineagent/{FIRST_AGENT + number} HTTP/1.1\r\nHost: x\r\n"
            writer.write(head.encode() + b"Content-Length: %d\r\n\r\n" % len(body) + body)
            answer = await reader.readuntil(b"\r\n\r\n")
            length = int(answer.lower().partition(b"content-length: ")[2].split(b"\r\n")[0])
            told = await reader.readexactly(length)
            if json.loads(told)["retcode"] != "0":
                raise RuntimeError(told.decode())
        writer.close()

    async with asyncio.timeout(600):
        await asyncio.gather(*(some() for _ in range(20)))


async def _settled(receiver: Receiver, *, wait_s: float) -> None:
    """Until no event has come for half a second."""
    async with asyncio.timeout(wait_s):
        before = -1
        while before != receiver.events:
            before = receiver.events
            await asyncio.sleep(0.5)


async def measure(arguments: argparse.Namespace, pipe: Connection, commits: Any) -> dict[str, Any]:
    """Sign in, then all runs."""
    loop = asyncio.get_running_loop()

    async def order(*words: object) -> tuple[float, int, int]:
        pipe.send(words)
        answer: tuple[float, int, int] = await loop.run_in_executor(None, pipe.recv)
        return answer

    port = await loop.run_in_executor(None, pipe.recv)
    receiver = Receiver(commits)
    server = await loop.create_server(lambda: Conversation(receiver), "127.0.0.1", 0)
    _, memory_before, _ = await order("measure")
    await _sign_in(port, arguments.agents, server.sockets[0].getsockname()[1])
    await _settled(receiver, wait_s=60)
    cpu, memory, _ = await order("measure")
    await asyncio.sleep(2)
    idle_share = ((await order("measure"))[0] - cpu) / 2
    runs = [await _one_run(arguments, receiver, order, idle_share) for _ in range(arguments.runs)]
    server.close()
    return {
        "bench": "event_push",
        "machine": machine(),
        "agents": arguments.agents,
        "rate": arguments.rate,
        "connections": receiver.connections,
        "idle_cpu_share": round(idle_share, 3),
        "kb_per_agent": round((memory - memory_before) / arguments.agents, 1),
        "p99_ms_median": statistics.median(run["p99_ms"] for run in runs),
        "goal_p99_ms": GOAL_P99_MS,
        "out_of_order": receiver.disorder,
        "runs": runs,
    }


async def _one_run(arguments: argparse.Namespace, receiver: Receiver, order: Any, idle_share: float) -> dict[str, Any]:
    receiver.begin()
    cpu, _, _ = await order("measure")
    began = time.monotonic()
    await order("drive", arguments.rate, arguments.seconds)
    await _settled(receiver, wait_s=60)
    took = time.monotonic() - began
    cpu_later, _, _ = await order("measure")
    delays = sorted(receiver.delays)
    if not delays:
        raise SystemExit("no event came")
    return {
        "events": len(delays),
        "lost": int(arguments.rate * arguments.seconds) - len(delays),
        "posts": receiver.posts,
        "most_in_a_post": receiver.most_in_a_post,
        "p50_ms": round(delays[len(delays) // 2] * 1000, 2),
        "p99_ms": round(delays[int(len(delays) * 0.99)] * 1000, 2),
        "max_ms": round(delays[-1] * 1000, 2),
        "cpu_us_per_event": round((cpu_later - cpu - idle_share * took) / len(delays) * 1e6, 1),
    }


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--agents", type=int)
    parser.add_argument("--rate", type=int, help="events a second")
    parser.add_argument("--seconds", type=float, help="length of a run")
    parser.add_argument("--runs", type=int)
    parser.add_argument("--profile", type=Path, help="file for the server's pstats")
    arguments = parser.parse_args()
    is_whole = not any((arguments.quick, arguments.agents, arguments.rate, arguments.seconds, arguments.runs))
    quick = arguments.quick
    arguments.agents = arguments.agents or (200 if quick else 10_000)
    arguments.rate = arguments.rate or (100 if quick else 1_000)
    arguments.seconds = arguments.seconds or (3.0 if quick else 10.0)
    arguments.runs = arguments.runs or (1 if quick else 5)
    more_files(1_000)
    context = multiprocessing.get_context("spawn")
    with tempfile.NamedTemporaryFile() as shared:
        shape = commits_shape(arguments.agents)
        shared.truncate(8 * shape[0] * shape[1])
        commits = np.memmap(shared.name, np.float64, "r+", shape=shape)
        ours, theirs = context.Pipe()
        process = context.Process(
            target=server_process, args=(theirs, arguments.agents, shared.name, arguments.profile)
        )
        process.start()
        try:
            result = uvloop.run(measure(arguments, ours, commits))
        finally:
            ours.send(("stop",))
            process.join(15)
            if process.is_alive():
                process.kill()
    bad = result["out_of_order"] or any(run["most_in_a_post"] > MOST_IN_A_POST for run in result["runs"])
    if is_whole:
        report("event_push", result)
    else:
        print(json.dumps(result, indent=2))
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
