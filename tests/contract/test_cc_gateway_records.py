"""Calls that are over, as the agent's interface lists and counts them (cc-gateway.md 5.3)."""

from __future__ import annotations

from pathlib import Path

import pytest

from fakes.call_centre import CallCentre
from fakes.gateway_client import Clients
from opencec.adapters.sqlite import Database, SqliteRecords

pytestmark = pytest.mark.contract


async def test_calls_that_are_over_are_listed_and_counted(centre: CallCentre, clients: Clients, tmp_path: Path) -> None:
    records = SqliteRecords(Database(tmp_path / "opencec.db"))
    desk = centre.keep_records(records.for_tenant(1))
    agent = clients(101)
    await agent.sign_in()
    ids = []
    for _ in range(3):
        ids.append(await centre.call_in())
        assert "AgentEvent_Talking" in await agent.events()
        await centre.customer_hangs_up(ids[-1])
    await agent.events()
    ids.append(await agent.ok("PUT", "/voicecall/{a}/callout", {"called": "15550101"}))
    assert "AgentEvent_Talking" in await agent.events()
    await agent.ok("DELETE", "/voicecall/{a}/release")
    await centre.projection.flush()
    listed = await agent.ok("GET", "/calldata/{a}/queryselfcallrecordinfolist")
    assert [row["callid"] for row in listed] == ids
    assert (listed[0]["caller"], listed[0]["callskill"], listed[0]["workno"]) == ("15550123", "Sales", "101")
    assert [row["callfeature"] for row in listed] == [0, 0, 0, 7]
    some = await agent.ok("GET", "/calldata/{a}/callRecordInfoList?workno=101&startposition=2&endposition=3")
    assert [row["callid"] for row in some] == ids[1:3]
    assert await agent.ok("GET", "/calldata/{a}/callRecordInfoList?workno=102") == []
    assert await agent.ok("GET", "/calldata/{a}/callRecordInfoList?enddate=20200101") == []
    since = "2020-01-01%2000:00:00"
    assert len(await agent.ok("GET", f"/calldata/{{a}}/callRecordInfoList?startdate={since}&skillid=1")) == 3
    counts = await agent.ok("GET", "/calldata/{a}/statistics")
    assert (counts["callInNum"], counts["callOutNum"], counts["answeredNum"]) == (3, 1, 4)
    desk.board.close()
    await records.close()
