"""Calls of sipp to the running system: lost and repeated messages, holds, offers in odd places, timers, refusals."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from fakes.running_system import DemoAgent, RunningSystem, strength
from fakes.sipp import HAS_SIPP, TONE_HZ, Sipp, cdr_of_caller, new_caller
from opencec.app.demo.softphone import PhoneLine

pytestmark = [
    pytest.mark.interop,
    pytest.mark.skipif(not HAS_SIPP, reason="sipp is not installed (Debian package sip-tester)"),
]

AGENT_HZ = 600.0


@pytest.fixture
async def agent(system: RunningSystem, line: PhoneLine) -> AsyncIterator[DemoAgent]:
    """An agent who takes every call at once."""
    one = DemoAgent(system, line, workno=102, frequency=AGENT_HZ, auto_answer=True)
    line.frequency_of = lambda _: AGENT_HZ
    line.on_call = one.calls.append
    yield await one.sign_in()
    await one.close()


CALLS = (
    "bye_before_ack",
    "hold_inactive",
    "hold_sendonly",
    "hold_zero_address",
    "lost_ack",
    "no_more_hops",
    "offerless_invite",
    "options_in_call",
    "reinvite_without_sdp",
    "repeated_invite",
    "timer_too_small",
    "timer_uac",
    "timer_uas",
    "unknown_method",
    "update_hold",
)
NO_CALLS = {"options": "1001", "required_extension": "1001", "unknown_number": "1999", "unsupported_codec": "1001"}


async def run_all(system: RunningSystem, folder: Path, scenarios: dict[str, str]) -> dict[str, str]:
    """Run scenarios (name -> number) at once; scenario -> caller. Fails with what each of them met."""
    callers = {scenario: new_caller() for scenario in scenarios}

    async def run(scenario: str, number: str) -> None:
        own = folder / scenario
        own.mkdir()
        await Sipp(system, own).run(scenario, service=number, caller=callers[scenario])

    results = await asyncio.gather(*(run(*one) for one in scenarios.items()), return_exceptions=True)
    failed = [f"{name}: {result}" for name, result in zip(scenarios, results, strict=True) if result is not None]
    assert not failed, "\n\n".join(failed)
    return callers


async def test_odd_and_damaged_calls_go_their_way_and_leave_one_record(system: RunningSystem, tmp_path: Path) -> None:
    callers = await run_all(system, tmp_path, dict.fromkeys(CALLS, "1004"))
    await cdr_of_caller(system, callers["hold_sendonly"])  # the longest
    rows = await asyncio.to_thread(system.cdrs)
    for scenario, caller in callers.items():
        found = [(row["called"], row["disposition"], row["queue"]) for row in rows if row["caller"] == caller]
        assert found == [("1004", "flow_only", None)], scenario


async def test_what_is_no_call_leaves_no_record(system: RunningSystem, tmp_path: Path) -> None:
    callers = await run_all(system, tmp_path, NO_CALLS)
    rows = await asyncio.to_thread(system.cdrs)
    assert not [row for row in rows if row["caller"] in callers.values()]


async def test_a_caller_who_hangs_up_in_the_queue_is_an_abandoned_call(system: RunningSystem, tmp_path: Path) -> None:
    caller = new_caller()
    await Sipp(system, tmp_path).run("answered_call", service="1001", caller=caller)
    row = await cdr_of_caller(system, caller)
    assert (row["disposition"], row["queue"], row["agent"]) == ("abandoned", 1, None)
    assert row["wait_ms"] > 2000


async def test_a_key_by_info_chooses_in_the_menu(system: RunningSystem, tmp_path: Path) -> None:
    caller = new_caller()
    await Sipp(system, tmp_path).run("info_digit", service="1000", caller=caller)
    row = await cdr_of_caller(system, caller)
    assert (row["disposition"], row["queue"]) == ("abandoned", 2)


@pytest.mark.parametrize("scenario", ["answered_call", "offerless_invite", "reinvite_without_sdp"])
async def test_the_agent_hears_the_caller(
    system: RunningSystem, tmp_path: Path, agent: DemoAgent, scenario: str
) -> None:
    caller = new_caller()
    await Sipp(system, tmp_path).run(scenario, service="1001", caller=caller)
    heard = agent.calls[-1].heard
    # The newest half second is the end of the call, where the caller may be gone already.
    assert strength(heard[-12_000:-4_000], TONE_HZ) > 0.9
    row = await cdr_of_caller(system, caller)
    assert (row["disposition"], row["queue"], row["agent"]) == ("answered", 1, "102")
    assert row["recording"]


async def test_a_caller_on_hold_hears_and_says_nothing_and_comes_back(
    system: RunningSystem, tmp_path: Path, agent: DemoAgent
) -> None:
    caller = new_caller()
    sipp = await Sipp(system, tmp_path).start("hold_inactive", service="1001", caller=caller)
    await agent.event("AgentEvent_Talking")
    phone = agent.calls[-1]
    await asyncio.sleep(1.0)
    assert strength(phone.heard, TONE_HZ, last_s=0.4) > 0.9
    await sipp.finish()
    assert strength(phone.heard[-12_000:-4_000], TONE_HZ) > 0.9
    row = await cdr_of_caller(system, caller)
    assert (row["disposition"], row["agent"]) == ("answered", "102")


async def test_a_call_over_tcp_is_a_call(system: RunningSystem, tmp_path: Path, agent: DemoAgent) -> None:
    caller = new_caller()
    await Sipp(system, tmp_path, transport="t1").run("answered_call", service="1001", caller=caller)
    assert strength(agent.calls[-1].heard[-12_000:-4_000], TONE_HZ) > 0.9
    assert (await cdr_of_caller(system, caller))["disposition"] == "answered"
