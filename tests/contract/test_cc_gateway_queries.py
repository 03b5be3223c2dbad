"""Queries answer with what is: groups, rights, rests, queues and the gateway itself, while agents and calls move."""

from __future__ import annotations

import asyncio

import pytest

from fakes.call_centre import PASSWORD, CallCentre
from fakes.gateway_client import Clients, GatewayClient, gateway_clients
from fakes.journal import MemoryJournal
from opencec.elements.cc_gateway import Desk
from opencec.services.feed import FeedLimits

pytestmark = pytest.mark.contract


async def inspector_of(clients: Clients) -> GatewayClient:
    inspector = clients(120)
    response = await inspector.send("PUT", "/onlineagent/{a}/loginex", {"password": PASSWORD})
    inspector.guid = response.headers["Set-GUID"].partition("=")[2]
    return inspector


async def test_groups_and_their_leaders(clients: Clients) -> None:
    agent, inspector = clients(101), await inspector_of(clients)
    await agent.sign_in()
    north = {"id": 1, "name": "North", "monitorno": 120, "monitorname": "Inspector"}
    assert await agent.ok("GET", "/agentgroup/{a}/groupbyagent/102") == north
    assert await agent.ok("GET", "/agentgroup/{a}/grouponvdn") == [
        north, {"id": 2, "name": "South", "monitorno": 0, "monitorname": ""},
    ]  # fmt: skip
    mine = await agent.ok("GET", "/agentgroup/{a}/agentongroup")
    assert [(one["workno"], one["groupid"], one["groupName"]) for one in mine] == [
        ("101", 1, "North"), ("102", 1, "North"), ("103", 1, "North"),
    ]  # fmt: skip
    assert await inspector.ok("GET", "/agentgroup/{a}/agentongroupex?groupid=2") == []
    assert len(await inspector.ok("GET", "/agentgroup/{a}/agentongroupex?groupId=1")) == 3
    assert (await inspector.call("GET", "/agentgroup/{a}/agentongroup"))[0] == "300-004"


async def test_rights_are_told_and_kept(clients: Clients) -> None:
    agent, inspector = clients(101), await inspector_of(clients)
    await agent.sign_in()
    names = ("iscallout", "iscensor", "ismonitor", "isspymonitor", "isreportmanager", "issystem", "ispickup")
    own = [await agent.ok("GET", f"/agentgroup/{{a}}/{name}") for name in names]
    theirs = [await inspector.ok("GET", f"/agentgroup/{{a}}/{name}") for name in names]
    assert own == [True, False, False, False, False, False, True]
    assert theirs == [False, True, True, False, False, False, False]
    assert (await inspector.call("PUT", "/voicecall/{a}/callout", {"called": "15550199"}))[0] == "100-007"


async def test_agents_by_state_and_their_rests(clients: Clients) -> None:
    agent, other = clients(101), clients(102)
    await agent.sign_in()
    await other.sign_in()
    await other.ok("POST", "/onlineagent/{a}/rest/600/1")
    resting = await agent.ok("GET", "/agentgroup/{a}/agentlistbystatus?status=8")
    assert [one["workno"] for one in resting] == ["102"]
    (rest,) = await agent.ok("GET", "/agentgroup/{a}/agentrestinfo")
    assert (rest["workno"], rest["restReasonId"], rest["restReason"], rest["resttime"]) == ("102", 1, "Lunch", 600)
    assert 590 <= rest["remaintime"] <= 600
    times = await agent.ok("GET", "/agentgroup/{a}/queryagentstatus")
    assert [(one["workno"], one["status"], one["ctiStatus"]) for one in times if one["workno"] < "103"] == [
        ("101", 4, 1), ("102", 8, 8),
    ]  # fmt: skip
    skills = await agent.ok("GET", "/agentgroup/{a}/queryagentstatusandskill")
    assert skills["skills"] == [{"id": 1, "name": "Sales"}, {"id": 2, "name": "Support"}]
    assert await agent.ok("GET", "/agentgroup/{a}/agentidsbyskill/1") == ["101", "102"]
    assert await agent.ok("GET", "/agentgroup/{a}/loggedinagentphoneonvdn") == [
        {"workno": "101", "phonenumber": "7101"}, {"workno": "102", "phonenumber": "7102"},
    ]  # fmt: skip
    some = await agent.ok("POST", "/agentgroup/{a}/agentinfonoskills", {"agentlist": ["102", 101, "102", 998]})
    assert [(one["workno"], one["skilllist"]) for one in some] == [("102", []), ("101", [])]


async def test_queue_figures_follow_the_calls(centre: CallCentre, clients: Clients) -> None:
    agent, other = clients(101), clients(102)
    await agent.sign_in()
    await other.sign_in()
    await other.ok("POST", "/onlineagent/{a}/saybusy")
    await centre.call_in()
    await centre.call_in()
    await agent.events()
    sales = (await agent.ok("POST", "/queuedevice/{a}/queryacdstat", {"skills": ["1"]}))[0]
    assert sales == {
        "deviceNo": 1, "skillDescrip": "Sales", "availAgents": 0, "loggedOnAgents": 2, "queueSize": 1,
        "maxQueueSize": 1000,
    }  # fmt: skip
    both = await agent.ok("POST", "/queuedevice/{a}/queryskillstat")
    assert [one["skillId"] for one in both] == [1, 2]
    assert both[0] == await agent.ok("GET", "/querymonitor/{a}/skillstatisticinfo/1")
    counts = ("agentLoginNums", "agentTalkingNums", "agentSetBusyNums", "callWaitNums", "processingCallNums")
    assert [both[0][name] for name in counts] == [2, 1, 1, 1, 1]
    assert await agent.ok("GET", "/queuedevice/{a}/waitnumbyagent") == [
        {"id": 1, "name": "Sales", "mediatype": 5, "waitnum": 1},
        {"id": 2, "name": "Support", "mediatype": 5, "waitnum": 0},
    ]


async def test_the_gateway_tells_of_itself(centre: CallCentre, clients: Clients) -> None:
    agent = clients(101)
    await agent.sign_in()
    assert (await agent.ok("GET", "/querymonitor/{a}/systemversion")).startswith("OpenCEC ")
    assert abs(await agent.ok("GET", "/querymonitor/{a}/servertime") - centre.clock.now()) < 5_000
    assert await agent.ok("GET", "/querymonitor/{a}/systemstate") == {"state": 0, "onlineAgents": 1, "calls": 0}
    assert await agent.ok("GET", "/querymonitor/{a}/clusterinfo") == [
        {"clusterName": "AgentGateway0", "onlineAgents": 1}
    ]
    assert await agent.ok("GET", "/querymonitor/{a}/agentclusterinfo/102") == {"workno": "102", "clusterName": ""}
    assert await agent.ok("GET", "/querymonitor/{a}/allagentclusterinfo") == [
        {"workno": "101", "clusterName": "AgentGateway0"}
    ]


async def test_silence_is_not_watched_on_request_also_after_a_restart() -> None:
    journal = MemoryJournal()
    limits = FeedLimits(wait_ms=50, silence_ms=400)
    async with CallCentre.open(journal, limits=limits) as centre, gateway_clients(centre) as clients:
        agent, watched = clients(101), clients(102)
        await agent.sign_in()
        await agent.ok("POST", "/querymonitor/{a}/setagenttimeout/false")
        guid = agent.guid
    async with CallCentre.open(journal, limits=limits) as centre, gateway_clients(centre) as clients:
        agent, watched = clients(101), clients(102)
        agent.guid = guid
        await watched.sign_in()
        desk = centre.gateway.desk(centre.port.tenant)
        await centre_waits(desk, 1)
        assert (await watched.call("GET", "/onlineagent/{a}/agentstatus"))[0] == "100-006"
        assert (await agent.call("GET", "/onlineagent/{a}/agentstatus"))[0] == "0"
        await agent.ok("POST", "/querymonitor/{a}/setagenttimeout/1")
        await centre_waits(desk, 0)


async def centre_waits(desk: Desk, sessions: int) -> None:
    """Wait until so many sessions live."""
    async with asyncio.timeout(8):
        while desk.sessions.count() != sessions:
            await asyncio.sleep(0.05)
