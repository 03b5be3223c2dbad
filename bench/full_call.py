"""Full calls through the whole system: INVITE to 1001, queue, agent answers, 2 s talk, BYE; no wrap-up.

Two figures: CPU time of control for each call (event polls of the agents included), and whether a rate is carried
without a failure. The system runs in a temporary folder on ports of its own; the load generator is this process.

    python bench/full_call.py            200 agents; 5 runs of 10 s at 20 calls/s, then 60 s at 50 calls/s
    python bench/full_call.py --quick    20 agents; 1 run of 10 s at 5 calls/s, then 10 s at 5 calls/s
"""

from __future__ import annotations

import argparse
import statistics
import sys
import time
from collections import Counter
from typing import Any

from instance import PASSWORD, Instance, cpu_s, machine, report, spread
from sip_load import Call, SipLoad

GOAL_CPU_MS, GOAL_RATE, GOAL_SECONDS, GOAL_AGENTS = 2.0, 50, 60, 200
_FIRST_AGENT = 2001
_IDLE_S = 10.0


def measure_cpu(load: SipLoad, pids: dict[str, int], *, rate: float, seconds: float) -> dict[str, float]:
    """One run: CPU time of each process for a call, ms."""
    before = {name: cpu_s(pid) for name, pid in pids.items()}
    own = time.process_time()
    calls = load.run(rate=rate, seconds=seconds)
    load.rest(1.0)
    good = sum(call.is_over for call in calls) or 1
    spent = {name: (cpu_s(pid) - before[name]) / good * 1000 for name, pid in pids.items()}
    return spent | {"load_generator": (time.process_time() - own) / good * 1000}


def judge(calls: list[Call]) -> dict[str, Any]:
    """What became of calls at a rate."""
    good = [call for call in calls if call.is_over and call.status == 200]
    bad = [call for call in calls if not call.is_over or call.status != 200]
    reasons = Counter(_reason(call) for call in bad)
    answers = sorted((max(call.caller_up, call.agent_up) - call.began) * 1000 for call in good) or [0.0]
    ends = sorted((max(call.caller_over, call.agent_over) - call.bye_sent) * 1000 for call in good) or [0.0]
    return {
        "calls": len(calls),
        "failed": len(bad),
        "reasons": dict(reasons),
        "requests_sent_again": sum(call.resent for call in calls),
        "invite_to_talk_ms": _percentiles(answers),
        "bye_to_end_ms": _percentiles(ends),
    }


def _reason(call: Call) -> str:
    if call.status >= 300:
        return f"status {call.status}"
    if not call.caller_up:
        return "caller not answered"
    if not call.agent_up:
        return "no agent"
    return "not ended: " + ("agent" if call.caller_over else "caller")


def _percentiles(values: list[float]) -> dict[str, float]:
    return {
        "p50": round(statistics.median(values), 1),
        "p99": round(values[len(values) * 99 // 100], 1),
        "most": round(values[-1], 1),
    }


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--agents", type=int)
    parser.add_argument("--rate", type=float, help="calls/s of the last run")
    parser.add_argument("--seconds", type=float, help="length of the last run")
    parser.add_argument("--runs", type=int, help="runs that measure CPU time")
    parser.add_argument("--profile", action="store_true", help="print the id of control, and run once for so long")
    options = parser.parse_args()
    agents = options.agents or (20 if options.quick else GOAL_AGENTS)
    rate = options.rate or (5 if options.quick else GOAL_RATE)
    seconds = options.seconds or (10 if options.quick else GOAL_SECONDS)
    runs = options.runs if options.runs is not None else (1 if options.quick else 5)
    where = machine()
    with Instance() as instance:
        instance.command("demo", "agents", str(agents))
        load = SipLoad(sip_port=instance.sip_port, http_port=instance.http_port, password=PASSWORD)
        load.sign_in([str(_FIRST_AGENT + n) for n in range(agents)])
        pids = {row["name"]: row["pid"] for row in instance.processes() if row["role"] in ("control", "media")}
        load.run(rate=2, seconds=5)  # what is made at first use
        load.rest(1.0)
        if options.profile:
            print(f"control: {pids['control']}", flush=True)
        idle = cpu_s(pids["control"])
        load.rest(_IDLE_S)
        idle_share = (cpu_s(pids["control"]) - idle) / _IDLE_S
        measured = [measure_cpu(load, pids, rate=rate if options.quick else 20, seconds=10) for _ in range(runs)]
        before = {name: cpu_s(pid) for name, pid in pids.items()}
        began, events = time.monotonic(), load.events
        calls = load.run(rate=rate, seconds=seconds)
        took_s = time.monotonic() - began
        carried = judge(calls)
        carried["control_cpu_ms_a_call"] = round((cpu_s(pids["control"]) - before["control"]) / len(calls) * 1000, 2)
        carried["control_load"] = round((cpu_s(pids["control"]) - before["control"]) / took_s, 3)
        carried["events_a_call"] = round((load.events - events) / len(calls), 2)
    result = {
        "what": "full calls, 2 s talk, every agent polling",
        "machine": where | {"agents": agents, "quick": options.quick},
        "control_idle_load": round(idle_share, 4),
        "cpu_ms_a_call": {name: spread([run[name] for run in measured]) for name in (measured or [{}])[0]},
        "rate": {"calls_per_s": rate, "seconds": seconds, **carried},
        "poll_errors": load.poll_errors,
        "goal": {"control_cpu_ms": GOAL_CPU_MS, "calls_per_s": GOAL_RATE, "seconds": GOAL_SECONDS, "failed": 0},
    }
    is_whole = not (options.agents or options.rate or options.seconds or options.runs is not None)
    report("full_call" + ("_quick" if options.quick else "") + ("" if is_whole else "_other"), result)
    return 0


if __name__ == "__main__":
    sys.exit(main())
