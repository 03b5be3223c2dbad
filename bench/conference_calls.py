"""Three-party conferences through the whole system: a customer's call, a consultation, joined; SIP, core, media worker.

Each conference is made as an agent makes it: a customer calls 1001 and talks to an agent, who asks a colleague
(`innerHelp`) and joins both (`confJoin`); two agents for each conference. Then phones (`rtp_load.c`, compiled with gcc)
send G.711 on all three legs. Figures: CPU time of control for a conference from INVITE to CDR, CPU share of the media
workers while all talk and the conferences that makes a core, and what of the audio came back and how punctually. The
worker alone is measured by `bench/media.py`.

    python bench/conference_calls.py            100 conferences, 3 runs
    python bench/conference_calls.py --quick    6 conferences, 1 run; nothing written
"""

from __future__ import annotations

import argparse
import asyncio
import json
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from gateway_agent import Agent, PhoneThread, Times
from instance import PASSWORD, Instance, cpu_s, machine, report, spread
from media import FIRST_PHONE_PORT, build_load, give_phones_their_core
from sip_load import SipLoad

GOAL = 700
_FIRST_AGENT = 2001
_WARM_UP_S, _MEASURED_S = 2.0, 5.0
_AT_ONCE = 4
"""Conferences that are begun together."""


async def get_customer(one: Agent, other: Agent, times: Times) -> None:
    """`one` talks to a customer; the colleague takes none."""
    await one.do(times, "sayFree", "POST", "/onlineagent/{a}/sayfree")
    one.forget()
    one.customers.append("1001")
    await one.hears("AgentEvent_Talking")


async def confer(one: Agent, other: Agent, times: Times) -> None:
    """`one` asks `other`, and joins both."""
    held = (await one.do(times, "queryAllCallID", "GET", "/calldata/{a}/allcallid"))[0]
    await other.do(times, "sayFree", "POST", "/onlineagent/{a}/sayfree")
    body = {"dstaddress": str(other.workno), "devicetype": 2, "mode": 1}
    await one.do(times, "innerHelp", "POST", "/voicecall/{a}/innerhelp", body)
    await asyncio.gather(one.hears("AgentEvent_Talking"), other.hears("AgentEvent_Talking"))
    await one.do(times, "confJoin", "POST", "/voicecall/{a}/confjoin", {"callid": held})
    await one.hears("AgentEvent_Conference")


async def release(one: Agent, other: Agent, times: Times) -> None:
    """Both leave; the customer's call ends with the second."""
    for agent in (one, other):
        agent.forget()
        await agent.do(times, "release", "DELETE", "/voicecall/{a}/release")
        await agent.hears("AgentState_Ready")


def listen(load: Path, targets: list[int], media: list[int]) -> dict[str, Any]:
    """Phones talk for a while: what they got, and the share of a core that the media workers took."""
    seconds = _WARM_UP_S + _MEASURED_S + 1.0
    phones = subprocess.Popen(
        [str(load), str(FIRST_PHONE_PORT), str(seconds), "1000"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        give_phones_their_core(phones.pid)
        assert phones.stdin is not None
        assert phones.stdout is not None
        phones.stdin.write("\n".join(map(str, targets)) + "\n")
        phones.stdin.close()
        time.sleep(_WARM_UP_S)
        began, cpu = time.monotonic(), sum(map(cpu_s, media))
        time.sleep(_MEASURED_S)
        share = (sum(map(cpu_s, media)) - cpu) / (time.monotonic() - began)
        told: dict[str, Any] = json.loads(phones.stdout.read())
        phones.wait(10)
    finally:
        if phones.poll() is None:
            phones.kill()
    return told | {"media_cpu_share": share}


async def one_run(
    pairs: list[tuple[Agent, Agent]], *, load: SipLoad, phones: Path, pids: dict[str, int]
) -> dict[str, float]:
    """All conferences begin, talk and end."""
    control, media = pids["control"], [pid for name, pid in pids.items() if name != "control"]
    times: Times = defaultdict(list)
    load.forget_media()
    cpu = cpu_s(control)
    for agent in [agent for pair in pairs for agent in pair]:
        await agent.do(times, "sayBusy", "POST", "/onlineagent/{a}/saybusy")
    gate = asyncio.Semaphore(_AT_ONCE)

    async def take(step: Callable[[Agent, Agent, Times], Awaitable[None]], pair: tuple[Agent, Agent]) -> None:
        async with gate:
            await step(*pair, times)

    for step in (get_customer, confer):  # colleagues are idle only when no customer waits
        await asyncio.gather(*(take(step, pair) for pair in pairs))
    legs = 3 * len(pairs)
    if sorted(load.media_targets) != list(range(legs)):
        raise SystemExit(f"{len(load.media_targets)} legs of {legs} have media")
    targets = [load.media_targets[number] for number in range(legs)]
    made = cpu_s(control)
    heard = await asyncio.to_thread(listen, phones, targets, media)
    rested = cpu_s(control)
    await asyncio.gather(*(release(*pair, times) for pair in pairs))
    await asyncio.sleep(1)
    spent = made - cpu + cpu_s(control) - rested
    return heard | {
        "control_cpu_ms_a_conference": spent / len(pairs) * 1000,
        "conferences_a_core": len(pairs) / heard["media_cpu_share"] if heard["media_cpu_share"] else 0.0,
    }


async def measure(
    options: argparse.Namespace, instance: Instance, load: SipLoad, phones: PhoneThread
) -> dict[str, Any]:
    """Sign in, then all runs."""
    program = build_load()
    pids = {row["name"]: row["pid"] for row in instance.processes() if row["role"] in ("control", "media")}
    agents = [
        Agent(_FIRST_AGENT + n, instance.http_port, customers=phones.customers) for n in range(2 * options.conferences)
    ]
    for agent in agents:
        await agent.sign_in()
    pairs = list(zip(agents[::2], agents[1::2], strict=True))
    runs = [await one_run(pairs, load=load, phones=program, pids=pids) for _ in range(options.runs)]
    for agent in agents:
        await agent.close()
    numbers = [name for name, value in runs[0].items() if isinstance(value, int | float)]
    return {name: spread([run[name] for run in runs]) for name in numbers}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--conferences", type=int)
    parser.add_argument("--runs", type=int)
    options = parser.parse_args()
    is_whole = not any((options.quick, options.conferences, options.runs))
    options.conferences = options.conferences or (6 if options.quick else 100)
    options.runs = options.runs or (1 if options.quick else 3)
    where = machine()
    with Instance() as instance:
        count = 2 * options.conferences
        instance.command("demo", "agents", str(count))
        load = SipLoad(
            sip_port=instance.sip_port,
            http_port=instance.http_port,
            password=PASSWORD,
            first_media_port=FIRST_PHONE_PORT,
        )
        load.register([f"7{_FIRST_AGENT + n}" for n in range(count)])
        with PhoneThread(load) as phones:
            figures = asyncio.run(measure(options, instance, load, phones))
    result = {
        "what": "three-party conferences through SIP, core and media worker",
        "machine": where | {"conferences": options.conferences, "runs": options.runs},
        **figures,
        "goal_conferences_a_core": GOAL,
    }
    if is_whole:
        report("conference_calls", result)
    else:
        print(json.dumps(result, indent=2))
    return 0


if __name__ == "__main__":
    sys.exit(main())
