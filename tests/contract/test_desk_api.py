"""What an agent's workbench asks: contacts, notes, the caller's choices, the live board; and nobody else may."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, NamedTuple

import httpx
import pytest

from fakes.call_centre import CallCentre
from fakes.gateway_client import GatewayClient
from fakes.installation import DemoInstallation
from fakes.web_server import serve
from opencec.adapters.sqlite import Database, SqliteRecords
from opencec.core.commands import SignOut
from opencec.core.ids import AgentId, ContactId
from opencec.elements.cc_gateway import PREFIX, build_gateway_app
from opencec.elements.console import build_console_api
from opencec.flow.session import Context, Session
from opencec.httpkit.application import build_app
from opencec.ports.configuration import CallReason, WorkbenchConfig
from opencec.ports.records import CdrQuery, ScoreQuery
from opencec.services.flow_facts import FlowRun, PathStep, RunSaved

pytestmark = pytest.mark.contract


class Office(NamedTuple):
    centre: CallCentre
    http: httpx.AsyncClient
    records: SqliteRecords

    async def sign_in(self, agent: int) -> GatewayClient:
        client = GatewayClient(self.http, agent)
        await client.sign_in(autoanswer=False, status=4)
        return client

    async def ask(self, client: GatewayClient, method: str, path: str, **more: Any) -> httpx.Response:
        headers = {"Guid": client.guid}
        return await self.http.request(method, f"/api/v1/desk/{client.agent}{path}", headers=headers, **more)

    async def talks(self, client: GatewayClient) -> ContactId:
        contact = await self.centre.call_in()
        await client.ok("PUT", "/voicecall/{a}/answer")
        return contact

    async def settled(self) -> None:
        """What was journaled is in the records."""
        await self.centre.projection.flush()


@pytest.fixture
async def office(centre: CallCentre, tmp_path: Path) -> AsyncIterator[Office]:
    records = SqliteRecords(Database(tmp_path / "opencec.db"))
    installation = DemoInstallation(centre)
    installation.agent_desk = desk = centre.keep_records(records.for_tenant(1))
    desk.workbench = WorkbenchConfig(call_reasons=(CallReason(id=1, name="Order"), CallReason(id=4, name="Invoice")))
    app = build_app(
        elements={PREFIX: build_gateway_app(centre.gateway)},
        api=build_console_api(installation, clock=centre.clock, guard=centre.guard),  # type: ignore[arg-type]
    )
    async with serve(app) as (host, port), httpx.AsyncClient(base_url=f"http://{host}:{port}", timeout=20) as http:
        yield Office(centre, http, records)
        desk.board.close()
    await records.close()


async def test_nobody_but_the_agent_of_the_guid_is_answered(office: Office) -> None:
    agent, other = await office.sign_in(101), await office.sign_in(102)
    assert (await office.ask(agent, "GET", "")).status_code == 200
    other.agent = 101
    paths = ("", "/contacts", "/calls/1760000000-1/path", "/live")
    for headers in ({}, {"Guid": "4711"}, {"Guid": other.guid}):
        for path in paths:
            answer = await office.http.get(f"/api/v1/desk/101{path}", headers=headers)
            assert (answer.status_code, answer.json()["code"]) == (401, "not_signed_in"), path
    await office.centre.port.execute(SignOut(agent=AgentId(101), reason="logout"))
    for path in paths:
        assert (await office.ask(agent, "GET", path)).status_code == 401


async def test_contacts_are_the_agents_own_newest_first_page_by_page(office: Office) -> None:
    agent = await office.sign_in(101)
    contacts = []
    for _ in range(3):
        contacts.append(await office.talks(agent))
        await agent.ok("DELETE", "/voicecall/{a}/release")
    missed = await office.centre.call_in()
    await agent.ok("POST", "/voicecall/{a}/reject")
    await office.centre.customer_hangs_up(missed)
    await office.settled()
    first = (await office.ask(agent, "GET", "/contacts?limit=2")).json()
    assert [row["callid"] for row in first["contacts"]] == [missed, contacts[2]]
    assert [row["outcome"] for row in first["contacts"]] == ["rejected", "answered"]
    row = first["contacts"][1]
    assert (row["number"], row["direction"], row["queue"]) == ("15550123", "inbound", "Sales")
    assert row["begin"] <= row["answer"] <= row["end"]
    second = (await office.ask(agent, "GET", f"/contacts?limit=2&after={first['after']}")).json()
    assert [row["callid"] for row in second["contacts"]] == [contacts[1], contacts[0]]
    assert second["after"] is None
    only = (await office.ask(agent, "GET", "/contacts?kind=missed")).json()["contacts"]
    assert [row["callid"] for row in only] == [missed]
    assert (await office.ask(agent, "GET", "/contacts?number=4711")).json()["contacts"] == []
    other = await office.sign_in(102)
    assert (await office.ask(other, "GET", "/contacts")).json()["contacts"] == []


async def test_an_internal_call_is_in_both_agents_lists(office: Office) -> None:
    a, b = await office.sign_in(101), await office.sign_in(102)
    await a.ok("PUT", "/voicecall/{a}/callinner", {"called": "102"})
    await asyncio.sleep(0)
    await b.ok("PUT", "/voicecall/{a}/answer")
    await a.ok("DELETE", "/voicecall/{a}/release")
    await office.settled()
    for client, number in ((a, "102"), (b, "101")):
        rows = (await office.ask(client, "GET", "/contacts")).json()["contacts"]
        found = [(row["number"][-3:], row["outcome"], row["direction"]) for row in rows]
        assert found == [(number, "answered", "internal")], client.agent


async def test_a_note_is_kept_with_the_contact_in_and_after_the_call(office: Office) -> None:
    agent, other = await office.sign_in(101), await office.sign_in(102)
    contact = await office.talks(agent)
    path, body = f"/contacts/{contact}/note", {"note": " Wants a copy \n", "reasons": [4, 4]}
    assert (await office.ask(agent, "PUT", path, json=body)).status_code == 204
    assert (await office.ask(other, "PUT", path, json=body)).json()["code"] == "unknown_contact"
    await agent.ok("DELETE", "/voicecall/{a}/release")
    assert (await office.ask(agent, "PUT", path, json={"note": "Copy sent", "reasons": [1, 4]})).status_code == 204
    await office.settled()
    row = (await office.ask(agent, "GET", "/contacts")).json()["contacts"][0]
    assert (row["note"], row["reasons"]) == ("Copy sent", [1, 4])
    cdr = (await office.records.for_tenant(1).cdrs(CdrQuery(callid=contact)))[0]
    assert [(note.agent, note.note, note.reasons) for note in cdr.notes] == [("101", "Copy sent", (1, 4))]


@pytest.mark.parametrize(
    ("callid", "body", "status"),
    [
        ("1760000000-1", {"note": "", "reasons": []}, 404),
        ("999999999999-999999999999", {"note": "", "reasons": []}, 404),
        ("x", {"note": "", "reasons": []}, 422),
        ("1760000000-1", {"note": "n" * 301, "reasons": []}, 422),
        ("1760000000-1", {"note": "", "reasons": [99]}, 422),
        ("1760000000-1", {"note": 1}, 422),
        ("1760000000-1", [], 422),
    ],
)
async def test_a_bad_note_changes_nothing(office: Office, callid: str, body: object, status: int) -> None:
    agent = await office.sign_in(101)
    answer = await office.ask(agent, "PUT", f"/contacts/{callid}/note", json=body)
    assert answer.status_code == status, answer.text
    assert answer.json()["code"]
    await office.settled()
    assert office.centre.projection.floor() >= 0


@pytest.mark.parametrize(
    "query", ["limit=0", "limit=201", "after=x", "since=-1", "since=x", "kind=none", "number=" + "1" * 65]
)
async def test_bad_questions_are_refused(office: Office, query: str) -> None:
    agent = await office.sign_in(101)
    assert (await office.ask(agent, "GET", f"/contacts?{query}")).status_code == 422


async def test_the_moment_tells_when_wrap_up_ends(office: Office) -> None:
    agent = await office.sign_in(101)
    await agent.ok("POST", "/onlineagent/{a}/saybusy?reason=200")
    await agent.ok("POST", "/onlineagent/{a}/cancelbusy")
    moment = (await office.ask(agent, "GET", "")).json()
    assert (moment["state"], moment["until"]) == ("idle", 0)
    await agent.ok("POST", "/onlineagent/{a}/rest/60/1")
    moment = (await office.ask(agent, "GET", "")).json()
    assert moment["state"] == "rest"
    assert moment["until"] - moment["since"] == 60_000
    assert 0 <= moment["now"] - moment["since"] < 20_000


async def test_the_path_is_of_the_agents_own_living_call(office: Office) -> None:
    agent, other = await office.sign_in(101), await office.sign_in(102)
    contact = await office.talks(agent)
    session = Session(context=Context(contact=contact), flow="welcome", version=1, node="menu", counter=1)
    run = FlowRun("run", contact, f"{contact}/1", session, (PathStep("Sales or Support", "1", "Sales"),))
    office.centre.flows.take(RunSaved(run))
    found = (await office.ask(agent, "GET", f"/calls/{contact}/path")).json()
    assert found == {"path": [{"menu": "Sales or Support", "key": "1", "text": "Sales"}]}
    assert (await office.ask(other, "GET", f"/calls/{contact}/path")).status_code == 404


async def _frames(office: Office, client: GatewayClient, sink: list[dict[str, Any]]) -> None:
    headers = {"Guid": client.guid}
    async with office.http.stream("GET", f"/api/v1/desk/{client.agent}/live", headers=headers) as answer:
        assert answer.status_code == 200
        async for line in answer.aiter_lines():
            if line:
                sink.append(json.loads(line))


async def _until(sink: list[dict[str, Any]], wanted: Any) -> dict[str, Any]:
    async with asyncio.timeout(10):
        while True:
            for frame in sink:
                if wanted(frame):
                    return frame
            await asyncio.sleep(0.02)


async def test_the_board_shows_everything_and_then_what_changes(office: Office) -> None:
    agent, inspector = await office.sign_in(101), await office.sign_in(120)
    seen: dict[int, list[dict[str, Any]]] = {101: [], 120: []}
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(_frames(office, client, seen[client.agent])) for client in (agent, inspector)]
        for frames in seen.values():
            whole = await _until(frames, lambda frame: frame["is_whole"])
            states = {row["workno"]: row["state"] for row in whole["agents"]}
            assert (states["101"], states["120"], states["103"]) == ("idle", "idle", "signed_out")
            assert next(row for row in whole["queues"] if row["name"] == "Sales")["idle"] == 1
        contact = await office.talks(agent)
        frame = await _until(seen[120], lambda frame: any(c["state"] == "talking" for c in frame["calls"]))
        assert [(c["callid"], c["agents"]) for c in frame["calls"]] == [(contact, ["101"])]
        assert not frame["is_whole"]
        await _until(seen[101], lambda frame: any(a["state"] == "talking" for a in frame["agents"]))
        assert all(not frame["calls"] for frame in seen[101])
        await agent.ok("DELETE", "/voicecall/{a}/release")
        await _until(seen[120], lambda frame: contact in frame["ended"])
        for task in tasks:
            task.cancel()


def _folded(frames: list[dict[str, Any]]) -> tuple[dict[str, str], dict[int, tuple[int, int]]]:
    """States by work number and (idle, signed in) by queue, as somebody holds them who has followed the frames."""
    states: dict[str, str] = {}
    figures: dict[int, tuple[int, int]] = {}
    for frame in frames:
        states |= {row["workno"]: row["state"] for row in frame["agents"]}
        figures |= {row["id"]: (row["idle"], row["signed_in"]) for row in frame["queues"]}
    return states, figures


async def test_who_follows_the_board_knows_what_the_core_knows(office: Office) -> None:
    inspector, agent, other = await office.sign_in(120), await office.sign_in(101), await office.sign_in(102)
    frames: list[dict[str, Any]] = []
    task = asyncio.create_task(_frames(office, inspector, frames))
    await _until(frames, lambda frame: frame["is_whole"])
    await agent.ok("POST", "/onlineagent/{a}/saybusy?reason=200")
    await other.ok("POST", "/onlineagent/{a}/resetskill/false?skillid=1")
    await agent.ok("POST", "/onlineagent/{a}/sayfree")
    await office.sign_in(103)
    await other.ok("DELETE", "/onlineagent/{a}/logout")
    views = office.centre.port.queries.agents()
    states = {str(view.id): view.state for view in views}
    figures = {
        int(queue.id): (
            sum(view.state == "idle" and queue.id in view.serving for view in views),
            sum(view.state != "signed_out" and queue.id in view.serving for view in views),
        )
        for queue in office.centre.port.queries.queues()
        if queue.medium != "text"
    }
    async with asyncio.timeout(10):
        while _folded(frames) != (states, figures):
            await asyncio.sleep(0.02)
    assert sum(frame["is_whole"] for frame in frames) == 1
    assert figures[1] == (2, 2)
    task.cancel()


async def test_an_agent_who_signs_out_is_told_nothing_more(office: Office) -> None:
    agent = await office.sign_in(101)
    frames: list[dict[str, Any]] = []
    task = asyncio.create_task(_frames(office, agent, frames))
    await _until(frames, lambda frame: frame["is_whole"])
    await office.centre.port.execute(SignOut(agent=AgentId(101), reason="logout"))
    await asyncio.wait_for(task, 5)


async def _recorded_call(office: Office, agent: GatewayClient) -> ContactId:
    """A call of the agent that was recorded and has ended."""
    contact = await office.talks(agent)
    await agent.ok("DELETE", "/voicecall/{a}/release")
    await office.settled()
    return contact


async def test_an_inspectors_scores_are_kept_with_the_recording(office: Office) -> None:
    agent, inspector = await office.sign_in(101), await office.sign_in(120)
    contact = await _recorded_call(office, agent)
    path = f"/contacts/{contact}/scores"
    for score, comment in ((40, "no greeting"), (85, " second hearing ")):
        body = {"agent": 101, "score": score, "comment": comment}
        answer = await office.ask(inspector, "POST", path, json=body)
        assert answer.status_code == 204, answer.text
        await asyncio.sleep(0.002)  # the two are of different milliseconds
    await office.settled()
    query = "/recordplay/{a}/queryrecordscore"
    (score,) = await inspector.ok("GET", f"{query}?workno=101&recordstartdate=20200101")
    assert (score["recordID"], score["workno"], score["inspector"]) == (contact, "101", "120")
    assert (score["score"], score["comment"]) == (85, "second hearing"), "the newest counts"
    assert await agent.ok("GET", query) == [score], "agents see their own"
    assert await inspector.ok("GET", f"{query}?workno=102") == []
    assert await inspector.ok("GET", f"{query}?recordenddate=20200101") == []
    kept = await office.records.for_tenant(1).scores(ScoreQuery(callid=contact))
    assert [(one.score, one.inspector) for one in kept] == [(40, "120"), (85, "120")], "what was said before stays"


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"agent": 101, "score": 101}, 422),
        ({"agent": 101, "score": -1}, 422),
        ({"agent": 101, "score": "many"}, 422),
        ({"agent": 0, "score": 1}, 422),
        ({"score": 1}, 422),
        ({"agent": 101, "score": 1, "comment": "c" * 301}, 422),
        ({"agent": 102, "score": 1}, 404),
        ({"agent": 120, "score": 1}, 403),
    ],
)
async def test_a_bad_score_changes_nothing(office: Office, body: object, status: int) -> None:
    agent, inspector = await office.sign_in(101), await office.sign_in(120)
    contact = await _recorded_call(office, agent)
    answer = await office.ask(inspector, "POST", f"/contacts/{contact}/scores", json=body)
    assert answer.status_code == status, answer.text
    await office.settled()
    assert await office.records.for_tenant(1).scores(ScoreQuery()) == []


async def test_scores_are_given_by_inspectors_to_what_was_recorded(office: Office) -> None:
    agent, inspector = await office.sign_in(101), await office.sign_in(120)
    recorded = await _recorded_call(office, agent)
    body = {"agent": 101, "score": 50}
    answer = await office.ask(agent, "POST", f"/contacts/{recorded}/scores", json=body)
    assert (answer.status_code, answer.json()["code"]) == (403, "inspectors_only")
    await agent.ok("POST", "/onlineagent/{a}/sayfree")
    unrecorded = await office.centre.call_in()
    await agent.ok("POST", "/voicecall/{a}/reject")
    await office.centre.customer_hangs_up(unrecorded)
    await office.settled()
    answer = await office.ask(inspector, "POST", f"/contacts/{unrecorded}/scores", json=body)
    assert (answer.status_code, answer.json()["code"]) == (404, "unknown_contact")
