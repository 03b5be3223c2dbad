"""Metrics of a running system: a call is seen on the page while it lasts and in its record afterwards."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families

from fakes.running_system import DemoAgent, RunningSystem
from opencec.app.demo.softphone import PhoneLine
from opencec.app.metrics_page import descriptions
from opencec.app.run_dir import DataDir

pytestmark = pytest.mark.interop


@pytest.fixture
async def agent(system: RunningSystem, line: PhoneLine) -> AsyncIterator[DemoAgent]:
    one = DemoAgent(system, line, workno=102, auto_answer=True)
    line.on_call = one.calls.append
    yield await one.sign_in()
    await one.close()


async def page(system: RunningSystem, *, headers: dict[str, str] | None = None) -> httpx.Response:
    async with httpx.AsyncClient() as client:
        return await client.get(f"{system.url}/metrics", headers=headers)


async def numbers(system: RunningSystem) -> dict[tuple[str, ...], float]:
    """Samples by name and the values of their labels, in the order of the labels."""
    text = (await page(system)).text
    return {
        (sample.name, *(value for _, value in sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


async def test_a_call_is_counted_and_its_quality_kept(system: RunningSystem, line: PhoneLine, agent: DemoAgent) -> None:
    before = await numbers(system)
    call = await line.call("1001")
    await agent.event("AgentEvent_Talking")
    await asyncio.sleep(1.0)
    during = await numbers(system)
    assert during["opencec_live_calls", "1"] == before["opencec_live_calls", "1"] + 1
    assert during["opencec_agents", "talking", "1"] == 1
    assert during["opencec_waiting_contacts", "1", "1"] == 0
    legs = [value for name, value in during.items() if name[0] == "opencec_media_legs"]
    assert (len(legs), sum(legs)) == (2, 2)
    assert during["opencec_sip_registrations",] >= 1
    assert during["opencec_feed_polls_total", "1"] > before["opencec_feed_polls_total", "1"]
    assert during["opencec_journal_entries_total",] > before["opencec_journal_entries_total",]
    assert during["opencec_accepts_calls",] == 1
    call.hang_up()
    ringing = next(event for event in agent.events if event["eventType"] == "AgentEvent_Talking")
    row = await system.cdr(ringing["content"]["callid"])
    for _ in range(20):
        if len(row["quality"]) == 2:
            break
        await asyncio.sleep(0.2)
        row = await system.cdr(row["callid"])
    assert sorted(leg["role"] for leg in row["quality"]) == ["agent", "customer"]
    for leg in row["quality"]:
        sound = {"packets", "lost", "jitter_ms", "mos"}
        pictures = {f"video_{each}" for each in ("packets", "lost", "jitter_ms", "frames", "key_frames", "kbps")}
        assert set(leg) == {"leg", "role"} | sound | pictures
        assert leg["packets"] > 30
        assert leg["lost"] < leg["packets"]
        assert 1.0 <= leg["mos"] <= 4.5
    after = await numbers(system)
    assert after["opencec_leg_mos_count",] >= before["opencec_leg_mos_count",] + 2


async def test_refused_calls_are_counted_by_reason(system: RunningSystem, line: PhoneLine) -> None:
    before = await numbers(system)
    call = await line.call("4999")
    for _ in range(50):
        after = await numbers(system)
        key = ("opencec_refused_calls_total", "no_such_code")
        if after.get(key, 0) > before.get(key, 0):
            break
        await asyncio.sleep(0.1)
    assert after[key] == before.get(key, 0) + 1
    call.hang_up()


async def test_both_doors_and_what_is_behind_them(system: RunningSystem) -> None:
    socket = str(DataDir(system.folder / "data").socket("control"))
    async with httpx.AsyncClient(transport=httpx.AsyncHTTPTransport(uds=socket)) as inside:
        answer = await inside.get("http://opencec/metrics")
    assert answer.headers["content-type"].startswith("text/plain")
    found = {family.name for family in text_string_to_metric_families(answer.text)}
    assert {about.name.removesuffix("_total") for about in descriptions()} <= found
    assert "process_resident_memory_bytes" in found
    assert (await page(system, headers={"X-Forwarded-For": "127.0.0.1"})).status_code == 403
    assert (await page(system, headers={"Forwarded": "for=127.0.0.1"})).status_code == 403
