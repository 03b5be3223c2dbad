"""From the agent's answer click to two-way audio, and the delay that the system adds to a bridged call.

An RTP phone calls 1001 of a running system, the agent's RTP phone is lifted, and the agent answers by the CC-Gateway
(`PUT voicecall/ID/answer`). Every frame carries the time of its sending, so that the first frame of the other party is
recognised at each side and each later one tells its one-way delay.

    python bench/answer.py             5 runs of 3 calls; writes bench/results/answer.json
    python bench/answer.py --quick     1 run of 2 calls
"""

from __future__ import annotations

import argparse
import asyncio
import statistics
import struct
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent.parent / "tests"))

from fakes.running_system import DemoAgent, RunningSystem
from instance import Instance, machine, report, spread
from opencec.app.demo.softphone import PhoneCall, PhoneLine

GOAL_ANSWER_MS, GOAL_DELAY_MS = 300.0, 60.0
TALK_S, LIMIT_S, LATCHED_S = 3.0, 5.0, 1.0
STAMP = struct.Struct("<q8s")
RTP_HEADER = 12


@dataclass
class Ear:
    """What one side hears of the other: sending and arrival times of its frames."""

    call: PhoneCall
    mark: bytes
    """Eight bytes that tell the two voices apart."""
    other: bytes
    first_at: float = 0.0
    delays_ms: list[float] = field(default_factory=list)
    heard: asyncio.Event = field(default_factory=asyncio.Event)

    def __post_init__(self) -> None:
        send = self.call._packet
        self.call._packet = lambda kind, payload, **more: send(kind, self._stamped(payload), **more)  # type: ignore[method-assign]
        self.call.heard_packet = self._hear  # type: ignore[method-assign]

    def _stamped(self, payload: bytes) -> bytes:
        return STAMP.pack(time.monotonic_ns(), self.mark) + payload[STAMP.size :]

    def _hear(self, data: bytes) -> None:
        now = time.monotonic_ns()
        if len(data) < RTP_HEADER + STAMP.size:
            return
        sent, mark = STAMP.unpack_from(data, RTP_HEADER)
        if mark != self.other:
            return
        self.delays_ms.append((now - sent) / 1e6)
        if not self.first_at:
            self.first_at = now / 1e9
            self.heard.set()


async def one_call(line: PhoneLine, agent: DemoAgent, lifted: asyncio.Queue[PhoneCall]) -> tuple[dict[str, float], Any]:
    """Milliseconds from the click to the answer's HTTP response and to the other's voice; the delays of the call."""
    before = len(agent.events)
    caller_call = await line.call("1001")
    caller = Ear(caller_call, b"customer", b"theagent")
    phone = Ear(await asyncio.wait_for(lifted.get(), LIMIT_S), b"theagent", b"customer")
    await agent.event("AgentEvent_Ringing", after=before)
    await asyncio.sleep(LATCHED_S)
    clicked = time.monotonic()
    answer = await agent.do("PUT", "voicecall", "answer")
    answered = time.monotonic()
    if answer["retcode"] != "0":
        raise SystemExit(f"answer refused: {answer}")
    await asyncio.wait_for(asyncio.gather(caller.heard.wait(), phone.heard.wait()), LIMIT_S)
    await asyncio.sleep(TALK_S)
    delays = caller.delays_ms + phone.delays_ms
    caller_call.hang_up()
    await agent.event("AgentState_Ready", after=before)
    times = {
        "http_ms": (answered - clicked) * 1000,
        "customer_hears_ms": (caller.first_at - clicked) * 1000,
        "agent_hears_ms": (phone.first_at - clicked) * 1000,
    }
    times["both_ms"] = max(times["customer_hears_ms"], times["agent_hears_ms"])
    return times, delays


async def measure(instance: Instance, *, runs: int, calls: int) -> list[dict[str, float]]:
    """Every run: medians of its calls."""
    system = RunningSystem(instance.folder, http_port=instance.http_port, sip_port=instance.sip_port)
    line = PhoneLine(system.sip)
    await line.open()
    lifted: asyncio.Queue[PhoneCall] = asyncio.Queue()
    line.on_call = lifted.put_nowait
    agent = await DemoAgent(system, line, workno=101).sign_in()
    rows = []
    try:
        await one_call(line, agent, lifted)  # the first call of a system loads and opens what later ones find there
        for _ in range(runs):
            times, delays = [], []
            for _ in range(calls):
                row, heard = await one_call(line, agent, lifted)
                times.append(row)
                delays += heard
            delays.sort()
            rows.append({name: statistics.median(row[name] for row in times) for name in times[0]})
            rows[-1] |= {"delay_median_ms": statistics.median(delays), "delay_p99_ms": delays[len(delays) * 99 // 100]}
    finally:
        await agent.close()
        await line.close()
    return rows


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="one run of two calls")
    is_quick = parser.parse_args().quick
    where = machine()
    with Instance() as instance:
        rows = asyncio.run(measure(instance, runs=1 if is_quick else 5, calls=2 if is_quick else 3))
    report(
        "answer",
        {
            "what": "answer click to two-way audio, one-way delay of a bridged call between two RTP phones, ms",
            "machine": where,
            "runs": len(rows),
            **{name: spread([row[name] for row in rows]) for name in rows[0]},
            "goal": {
                "both_ms": GOAL_ANSWER_MS,
                "delay_median_ms": GOAL_DELAY_MS,
                "delay_p99_ms": GOAL_DELAY_MS,
            },
        },
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
