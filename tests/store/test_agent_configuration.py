"""Agent groups, reasons and password histories in the configuration."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from fakes.secrets import PlainSecrets
from opencec.adapters.sqlite import Database, SqliteConfiguration
from opencec.adapters.system import SystemClock
from opencec.ports.configuration import (
    AgentConfig,
    AgentGroupConfig,
    AgentSkillConfig,
    ConfigurationError,
    QueueConfig,
    TenantConfiguration,
    TenantInfo,
)

pytestmark = pytest.mark.store


@pytest.fixture
async def tenant(tmp_path: Path) -> AsyncIterator[TenantConfiguration]:
    database = Database(tmp_path / "opencec.db")
    configuration = SqliteConfiguration(database, secrets=PlainSecrets(), clock=SystemClock())
    tenant = configuration.for_tenant(1)
    await tenant.put_tenant(TenantInfo(vdn=1, password_days=90))
    await tenant.put_agents([AgentConfig(workno="101", group="North"), AgentConfig(workno="120", rights=("monitor",))])
    yield tenant
    await configuration.close()


async def test_groups_and_rights(tenant: TenantConfiguration) -> None:
    await tenant.put_groups([AgentGroupConfig(name="North", group=1, leader="120")])
    with pytest.raises(ConfigurationError):
        await tenant.put_groups([AgentGroupConfig(name="South", group=1)])
    with pytest.raises(ConfigurationError):
        await tenant.put_groups([AgentGroupConfig(name="South", group=2, leader="999")])
    config = await tenant.load()
    assert config is not None
    assert [(group.name, group.group, group.leader) for group in config.groups] == [("North", 1, "120")]
    assert [agent.rights for agent in config.agents] == [("call_out", "pick_up"), ("monitor",)]
    assert config.info.password_days == 90
    assert await tenant.remove("agent_group", "North")


async def test_password_history_is_bounded_and_goes_with_the_agent(tenant: TenantConfiguration) -> None:
    for number in range(4):
        await tenant.set_password("101", f"hash-{number}", changed_at=1_000 + number, kept=2)
    await tenant.set_password("101", "hash-4", changed_at=2_000, must_change=True, kept=2)
    config = await tenant.load()
    assert config is not None
    assert config.agents[0].password_hash == "hash-4"
    row = config.passwords[0]
    assert (row.workno, row.changed_at, row.must_change, row.history) == ("101", 2_000, True, ("hash-3", "hash-2"))
    with pytest.raises(ConfigurationError):
        await tenant.set_password("999", "x", changed_at=1)
    await tenant.put_queues([QueueConfig(queue=1, name="Sales")])
    await tenant.put_skills("101", [AgentSkillConfig(workno="101", queue=1)])
    assert await tenant.remove("agent", "101")
    config = await tenant.load()
    assert config is not None
    assert (config.passwords, config.skills) == ((), ())
