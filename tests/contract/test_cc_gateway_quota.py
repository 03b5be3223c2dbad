"""A tenant that asks for too much is told 000-007 and loses nothing but its own time."""

from __future__ import annotations

import asyncio

import pytest

from fakes.call_centre import CallCentre
from fakes.gateway_client import gateway_clients
from opencec.adapters.system.clock import SystemClock
from opencec.core.ids import TenantId
from opencec.services.tenant_rate import TenantRate

pytestmark = pytest.mark.contract


class StandingClock(SystemClock):
    """Time stands still from its making on."""

    def __init__(self) -> None:
        super().__init__()
        self._at = super().now()

    def now(self) -> int:
        """Always the same."""
        return self._at


STATUS = "/onlineagent/{a}/agentstatus"


async def test_a_flood_is_refused_with_000_007_and_changes_nothing() -> None:
    async with CallCentre.open(operations_per_s=5) as centre, gateway_clients(centre) as clients:
        agent = clients(101)
        await agent.sign_in()
        await agent.events()
        centre.gateway.clock = StandingClock()
        codes = [(await agent.call("GET", STATUS))[0] for _ in range(20)]
        assert codes[0] == "0"
        assert set(codes[10:]) == {"000-007"}
        busy = await agent.send("POST", "/onlineagent/{a}/saybusy")
        assert (busy.status_code, busy.headers["retry-after"], busy.json()["retcode"]) == (200, "1", "000-007")
        assert await agent.events() == []
        view = centre.port.queries.agent(agent.agent)  # type: ignore[arg-type]
        assert view is not None
        assert view.state == "idle"
        assert centre.gateway.metrics.refused_operations.values[(TenantId(1),)] == codes.count("000-007") + 1


async def test_polls_and_heartbeats_are_outside_the_quota() -> None:
    async with CallCentre.open(operations_per_s=1) as centre, gateway_clients(centre) as clients:
        agent = clients(101)
        await agent.sign_in()
        while (await agent.call("GET", STATUS))[0] == "0":
            pass
        centre.gateway.clock = StandingClock()
        while (await agent.call("GET", STATUS))[0] == "0":
            pass
        assert "AgentOther_InService" in await agent.events()
        assert [(await agent.call("PUT", "/onlineagent/{a}/heartbeat"))[0] for _ in range(3)] == ["000-001"] * 3
        assert (await agent.call("GET", STATUS))[0] == "000-007"


async def test_after_a_rest_the_tenant_may_ask_again() -> None:
    async with CallCentre.open(operations_per_s=10) as centre, gateway_clients(centre) as clients:
        agent = clients(101)
        await agent.sign_in()
        while (await agent.call("GET", STATUS))[0] == "0":
            pass
        async with asyncio.timeout(5):
            while (await agent.call("GET", STATUS))[0] != "0":
                await asyncio.sleep(0.05)


def test_the_flood_of_one_tenant_takes_nothing_from_another() -> None:
    rate, noisy, quiet = TenantRate(), TenantId(1), TenantId(2)
    taken = {noisy: 0, quiet: 0}
    for now in range(0, 10_000, 10):  # ten seconds: the noisy one asks 1,000 times a second, the quiet one 50 times
        for _ in range(10):
            taken[noisy] += rate.take(noisy, per_s=100, now=now)
        if now % 20 == 0:
            taken[quiet] += rate.take(quiet, per_s=100, now=now)
    assert taken[quiet] == 500
    assert 1_150 <= taken[noisy] <= 1_200
