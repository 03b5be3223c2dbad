"""Operations of the CC-Gateway through the whole system: agents in pairs, real HTTP, real SIP phones, events polled.

Two sequences, one after the other, each as fast as answers and events come: states (busy, idle), and customers' calls
(wait for the talk, hold, retrieve, mute, unmute, call data, query, release, wait for idle). What counts is CPU time of
control for an operation, and operations a second; with the events' polls, and in the second sequence with all that a
call costs from INVITE to CDR. Customers call 80 times a second at most: the tenant takes no more than 100.

    python bench/gateway_operations.py            40 agents, 3 runs of 10 s for each sequence
    python bench/gateway_operations.py --quick    8 agents, 1 run of 3 s; nothing written
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
import time
from collections import defaultdict
from collections.abc import Awaitable, Callable
from typing import Any

from gateway_agent import Agent, Customers, PhoneThread, Times
from instance import PASSWORD, Instance, cpu_s, machine, report, spread
from sip_load import SipLoad

_FIRST_AGENT = 2001


async def states(one: Agent, other: Agent, times: Times) -> None:
    """Both become busy and idle."""
    for agent in (one, other):
        await agent.do(times, "sayBusy", "POST", "/onlineagent/{a}/saybusy")
        await agent.do(times, "sayFree", "POST", "/onlineagent/{a}/sayfree")


async def calls(one: Agent, other: Agent, times: Times) -> None:
    """Both take a customer's call."""
    for agent in (one, other):
        agent.forget()
        agent.customers.append("1001")
    await asyncio.gather(*(take_call(agent, times) for agent in (one, other)))


async def take_call(agent: Agent, times: Times) -> None:
    """A call from the talk to the agent's release."""
    await agent.hears("AgentEvent_Talking")
    contact = (await agent.do(times, "queryAllCallID", "GET", "/calldata/{a}/allcallid"))[0]
    await agent.do(times, "hold", "POST", "/voicecall/{a}/hold")
    await agent.do(times, "getHold", "POST", f"/voicecall/{{a}}/gethold?callid={contact}")
    await agent.do(times, "beginMute", "POST", "/voicecall/{a}/beginmute")
    await agent.do(times, "endMute", "POST", "/voicecall/{a}/endmute")
    await agent.do(times, "setCallAppData", "PUT", "/calldata/{a}?calldata=note")
    await agent.do(times, "queryCallInfo", "GET", "/calldata/{a}/callinfo")
    await agent.do(times, "release", "DELETE", "/voicecall/{a}/release")
    await agent.hears("AgentState_Ready")


async def one_run(
    pairs: list[tuple[Agent, Agent]],
    sequence: Callable[[Agent, Agent, Times], Awaitable[None]],
    *,
    pids: dict[str, int],
    seconds: float,
) -> dict[str, Any]:
    """All pairs repeat a sequence for so long."""
    times: Times = defaultdict(list)
    before = {name: cpu_s(pid) for name, pid in pids.items()}
    began = time.perf_counter()

    async def repeat(one: Agent, other: Agent) -> None:
        while time.perf_counter() - began < seconds:
            await sequence(one, other, times)

    await asyncio.gather(*(repeat(*pair) for pair in pairs))
    took = time.perf_counter() - began
    count = sum(map(len, times.values()))
    spent = {name: cpu_s(pid) - before[name] for name, pid in pids.items()}
    every = sorted(delay for delays in times.values() for delay in delays)
    return {
        "operations": count,
        "per_s": count / took,
        "control_load": spent["control"] / took,
        "control_cpu_ms": spent["control"] / count * 1000,
        "p50_ms": every[count // 2] * 1000,
        "p99_ms": every[count * 99 // 100] * 1000,
        "operation_p50_ms": {name: sorted(found)[len(found) // 2] * 1000 for name, found in times.items()},
    }


def _summary(runs: list[dict[str, Any]]) -> dict[str, Any]:
    names = ("operations", "per_s", "control_load", "control_cpu_ms", "p50_ms", "p99_ms")
    figures: dict[str, Any] = {name: spread([run[name] for run in runs]) for name in names}
    kinds = runs[0]["operation_p50_ms"]
    return figures | {
        "operation_p50_ms": {kind: spread([run["operation_p50_ms"][kind] for run in runs])["median"] for kind in kinds}
    }


async def measure(options: argparse.Namespace, instance: Instance, customers: Customers) -> dict[str, Any]:
    """Sign in, then both sequences."""
    pids = {row["name"]: row["pid"] for row in instance.processes() if row["role"] in ("control", "media")}
    agents = [Agent(_FIRST_AGENT + n, instance.http_port, customers=customers) for n in range(options.agents)]
    for agent in agents:
        await agent.sign_in()
    pairs = list(zip(agents[::2], agents[1::2], strict=True))
    result: dict[str, Any] = {}
    for sequence in (states, calls):
        await one_run(pairs, sequence, pids=pids, seconds=1)  # what is made at first use
        runs = [await one_run(pairs, sequence, pids=pids, seconds=options.seconds) for _ in range(options.runs)]
        result[sequence.__name__] = _summary(runs)
    for agent in agents:
        await agent.close()
    return result


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--agents", type=int, help="an even number")
    parser.add_argument("--seconds", type=float, help="length of a run")
    parser.add_argument("--runs", type=int)
    options = parser.parse_args()
    is_whole = not any((options.quick, options.agents, options.seconds, options.runs))
    options.agents = options.agents or (8 if options.quick else 40)
    options.seconds = options.seconds or (3.0 if options.quick else 10.0)
    options.runs = options.runs or (1 if options.quick else 3)
    if options.agents % 2:
        parser.error("agents come in pairs")
    where = machine()
    # A tenant's quota is not what is measured.
    with Instance(OPENCEC_GATEWAY_OPERATIONS_PER_S="100000") as instance:
        instance.command("demo", "agents", str(options.agents))
        load = SipLoad(sip_port=instance.sip_port, http_port=instance.http_port, password=PASSWORD)
        load.register([f"7{_FIRST_AGENT + n}" for n in range(options.agents)])
        with PhoneThread(load) as phones:
            figures = asyncio.run(measure(options, instance, phones.customers))
    result = {
        "what": "operations of the CC-Gateway, polls of their events included",
        "machine": where | {"agents": options.agents, "seconds": options.seconds, "runs": options.runs},
        **figures,
    }
    if is_whole:
        report("gateway_operations", result)
    else:
        print(json.dumps(result, indent=2))
    return 0


if __name__ == "__main__":
    sys.exit(main())
