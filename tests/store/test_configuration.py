"""The configuration store: what is put comes back, the same twice changes nothing, secrets are sealed."""

from __future__ import annotations

import sqlite3
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

from fakes.secrets import PlainSecrets
from opencec.adapters.files import KeyRing
from opencec.adapters.sqlite import Database, SqliteConfiguration
from opencec.adapters.sqlite.database import SCHEMA_REVISION
from opencec.adapters.sqlite.tables import metadata
from opencec.adapters.system import SystemClock
from opencec.ports.configuration import (
    AccountConfig,
    AgentConfig,
    AgentSkillConfig,
    AppKeyConfig,
    CallReason,
    ConfigurationError,
    ConnectionBarConfig,
    FlowConfig,
    NamedReason,
    PopParameter,
    QueueConfig,
    QueueRule,
    RouteConfig,
    ScreenPop,
    SipAccountConfig,
    TenantConfiguration,
    TenantInfo,
    TrunkConfig,
    WorkbenchConfig,
)

pytestmark = pytest.mark.store

QUEUES = [
    QueueConfig(queue=1, name="Sales", on_timeout=QueueRule(action="queue", target="2")),
    QueueConfig(queue=2, name="Support", wrap_up_s=5),
]
AGENTS = [
    AgentConfig(workno="101", name="Ada", password_hash="$argon2id$x", phone="7101"),
    AgentConfig(
        workno="120", roles=("agent", "inspector"), wrap_up_s=3, password_hash="$argon2id$y", text_events="both"
    ),
]
SIP = [SipAccountConfig(user="7101", secret="s3cret-7101", workno="101")]
ROUTES = [
    RouteConfig(code="1000", device="flow", target="welcome", is_default=True),
    RouteConfig(code="1001", device="queue", target="1"),
    RouteConfig(code="1004", extension="5", device="echo"),
]
TRUNKS = [TrunkConfig(name="in", direction="inbound", hosts=("127.0.0.0/8",), password="trunk-pw", user="u")]
KEYS = [AppKeyConfig(ak="ak1", sk="sk-clear", purpose="cms")]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "opencec.db"


@pytest.fixture
def secrets() -> PlainSecrets:
    return PlainSecrets()


@pytest.fixture
async def store(path: Path, secrets: PlainSecrets) -> AsyncIterator[SqliteConfiguration]:
    made = SqliteConfiguration(Database(path), secrets=secrets, clock=SystemClock())
    yield made
    await made.close()


async def _provision(tenant: TenantConfiguration) -> None:
    await tenant.put_tenant(TenantInfo(vdn=tenant.vdn, name="Demo", is_demo=True))
    await tenant.put_queues(QUEUES)
    await tenant.put_agents(AGENTS)
    await tenant.put_skills("101", [AgentSkillConfig(workno="101", queue=q, level=q) for q in (1, 2)])
    await tenant.put_sip_accounts(SIP)
    assert await tenant.put_flow(FlowConfig(code="welcome", name="Welcome", definition=b"{}")) >= 1
    await tenant.put_routes(ROUTES)
    await tenant.put_trunks(TRUNKS)
    await tenant.put_app_keys(KEYS)


async def test_a_whole_tenant_comes_back_as_it_was_put(store: SqliteConfiguration) -> None:
    tenant = store.for_tenant(1)
    assert await tenant.load() is None
    await _provision(tenant)
    config = await tenant.load()
    assert config is not None
    assert config.info == TenantInfo(vdn=1, name="Demo", is_demo=True)
    assert list(config.queues) == QUEUES
    assert list(config.agents) == AGENTS
    assert [(s.workno, s.queue, s.level) for s in config.skills] == [("101", 1, 1), ("101", 2, 2)]
    assert list(config.sip_accounts) == SIP
    assert list(config.routes) == ROUTES
    assert [r.dialled for r in config.routes] == ["1000", "1001", "10045"]
    assert list(config.trunks) == TRUNKS
    assert list(config.app_keys) == KEYS
    assert [(f.code, f.version, f.definition) for f in config.flows] == [("welcome", 1, b"{}")]
    assert [info.vdn for info in await store.tenants()] == [1]


async def test_the_workbench_comes_back_as_it_was_put(store: SqliteConfiguration) -> None:
    tenant = store.for_tenant(1)
    await _provision(tenant)
    config = await tenant.load()
    assert config is not None
    assert config.workbench == WorkbenchConfig()
    pop = ScreenPop(
        name="CRM",
        url="https://crm.example.com/open?from=cec",
        place="tab",
        parameters=(PopParameter(name="phone", source="callerNum"),),
    )
    workbench = WorkbenchConfig(
        rest_reasons=(NamedReason(id=1, name="Lunch"),),
        busy_reasons=(NamedReason(id=200, name="Paperwork"),),
        call_reasons=(CallReason(id=1, name="Order"), CallReason(id=2, name="New order", parent=1)),
        screen_pops=(pop,),
    )
    await tenant.put_workbench(workbench)
    revision = await tenant.revision()
    await tenant.put_workbench(workbench)
    config = await tenant.load()
    assert config is not None
    assert (config.workbench, await tenant.revision()) == (workbench, revision)


@pytest.mark.parametrize(
    ("workbench", "words"),
    [
        (WorkbenchConfig(rest_reasons=(NamedReason(id=256, name="x"),)), "rest reason 256"),
        (WorkbenchConfig(busy_reasons=(NamedReason(id=199, name="x"),)), "busy reason 199"),
        (WorkbenchConfig(busy_reasons=(NamedReason(id=200, name="a<b"),)), "not allowed"),
        (WorkbenchConfig(call_reasons=(CallReason(id=1, name="x", parent=2), CallReason(id=2, name="y"))), "parent 2"),
        (WorkbenchConfig(call_reasons=(CallReason(id=1, name="x"), CallReason(id=1, name="y"))), "twice"),
        (WorkbenchConfig(screen_pops=(ScreenPop(name="x", url="javascript:alert(1)"),)), "http"),
        (WorkbenchConfig(screen_pops=(ScreenPop(name="x", url="https://a.example.com; script-src *"),)), "http"),
        (WorkbenchConfig(screen_pops=(ScreenPop(name="x", url="https://me@a.example.com/"),)), "http"),
        (
            WorkbenchConfig(
                screen_pops=(
                    ScreenPop(
                        name="x",
                        url="https://a.example.com",
                        parameters=tuple(PopParameter(name=f"p{n}", source="callid") for n in range(11)),
                    ),
                )
            ),
            "10 parameters",
        ),
    ],
)
async def test_limits_of_the_workbench(store: SqliteConfiguration, workbench: WorkbenchConfig, words: str) -> None:
    tenant = store.for_tenant(1)
    await _provision(tenant)
    with pytest.raises(ConfigurationError, match=words):
        await tenant.put_workbench(workbench)
    config = await tenant.load()
    assert config is not None
    assert config.workbench == WorkbenchConfig()


async def test_provisioning_twice_changes_nothing(store: SqliteConfiguration, path: Path) -> None:
    tenant = store.for_tenant(1)
    await _provision(tenant)
    before, revision = list(sqlite3.connect(path).iterdump()), await tenant.revision()
    await _provision(tenant)
    assert list(sqlite3.connect(path).iterdump()) == before
    assert await tenant.revision() == revision


async def test_a_tenant_that_is_there_is_changed(store: SqliteConfiguration) -> None:
    tenant = store.for_tenant(1)
    await tenant.put_tenant(TenantInfo(vdn=1, name="Before"))
    revision = await tenant.revision()
    await tenant.put_tenant(TenantInfo(vdn=1, name="After", space_id="202600000009"))
    config = await tenant.load()
    assert config is not None
    assert (config.info.name, config.info.space_id, config.revision) == ("After", "202600000009", revision + 1)


async def test_a_change_raises_the_revision(store: SqliteConfiguration) -> None:
    tenant = store.for_tenant(1)
    await _provision(tenant)
    revision = await tenant.revision()
    await tenant.put_queues([QueueConfig(queue=1, name="Sales", wrap_up_s=99)])
    assert await tenant.revision() == revision + 1
    await tenant.put_skills("101", [AgentSkillConfig(workno="101", queue=1)])
    assert await tenant.revision() == revision + 2


async def test_an_empty_password_hash_keeps_the_stored_one(store: SqliteConfiguration) -> None:
    tenant = store.for_tenant(1)
    await _provision(tenant)
    await tenant.put_agents([AgentConfig(workno="101", name="Ada L.")])
    config = await tenant.load()
    assert config is not None
    assert (config.agents[0].name, config.agents[0].password_hash) == ("Ada L.", "$argon2id$x")


async def test_flow_versions_are_immutable_and_only_new_content_makes_one(store: SqliteConfiguration) -> None:
    tenant = store.for_tenant(1)
    await tenant.put_tenant(TenantInfo(vdn=1))
    first = FlowConfig(code="f", definition=b"1")
    assert [await tenant.put_flow(first), await tenant.put_flow(first)] == [1, 1]
    assert await tenant.put_flow(FlowConfig(code="f", definition=b"2", is_published=False)) == 2
    config = await tenant.load()
    assert config is not None
    assert [f.definition for f in config.flows] == [b"1"], "a draft does not replace the published version"
    kept = await tenant.flow("f", 2)
    assert kept is not None
    assert kept.definition == b"2"


async def test_tenants_do_not_see_or_take_each_others_things(store: SqliteConfiguration) -> None:
    one, two = store.for_tenant(1), store.for_tenant(2)
    await _provision(one)
    await two.put_tenant(TenantInfo(vdn=2))
    config = await two.load()
    assert config is not None
    assert (config.agents, config.routes, config.app_keys) == ((), (), ())
    with pytest.raises(ConfigurationError, match="7101 belongs to another tenant"):
        await two.put_sip_accounts(SIP)
    with pytest.raises(ConfigurationError, match="1004"):
        await two.put_routes([RouteConfig(code="10045", device="echo")])
    with pytest.raises(ConfigurationError, match="handle of tenant 2"):
        await two.put_tenant(TenantInfo(vdn=1))
    assert not await two.remove("agent", "101")


async def test_what_does_not_exist_is_named(store: SqliteConfiguration) -> None:
    tenant = store.for_tenant(7)
    with pytest.raises(ConfigurationError, match="there is no tenant 7"):
        await tenant.put_queues(QUEUES)
    await tenant.put_tenant(TenantInfo(vdn=7))
    with pytest.raises(ConfigurationError, match="no workno 101"):
        await tenant.put_skills("101", [])
    with pytest.raises(ConfigurationError, match="no queue 5"):
        await tenant.put_routes([RouteConfig(code="1", device="queue", target="5")])
    with pytest.raises(ConfigurationError, match="no code welcome"):
        await tenant.put_routes([RouteConfig(code="1", device="flow", target="welcome")])


async def test_removing_an_agent_removes_the_skills(store: SqliteConfiguration) -> None:
    tenant = store.for_tenant(1)
    await _provision(tenant)
    assert await tenant.remove("agent", "101")
    assert await tenant.remove("route", "10045")
    config = await tenant.load()
    assert config is not None
    assert ([a.workno for a in config.agents], config.skills) == (["120"], ())
    assert [r.dialled for r in config.routes] == ["1000", "1001"]


async def test_accounts_keys_and_the_audit_trail(store: SqliteConfiguration) -> None:
    await _provision(store.for_tenant(1))
    await store.put_account(AccountConfig(account="admin", role="admin", vdn=1, password_hash="h"))
    await store.put_account(AccountConfig(account="admin", role="admin", vdn=1))
    assert await store.account("admin") == AccountConfig(account="admin", role="admin", vdn=1, password_hash="h")
    assert await store.account("nobody") is None
    assert await store.app_key("ak1") == (1, KEYS[0])
    assert await store.app_key("ak2") is None
    await store.for_tenant(1).audit(actor="admin", action="recording.get", subject="c-1")
    await store.for_tenant(2).audit(actor="root", action="x", subject="y")
    trail = await store.for_tenant(1).audit_trail()
    assert [(line.actor, line.action, line.subject) for line in trail] == [("admin", "recording.get", "c-1")]
    assert await store.for_tenant(1).audit_trail(after_id=trail[0].id) == []


async def test_no_secret_is_readable_in_the_file(path: Path, tmp_path: Path) -> None:
    store = SqliteConfiguration(Database(path), secrets=KeyRing(tmp_path / "keys.json"), clock=SystemClock())
    await _provision(store.for_tenant(1))
    await store.close()
    text = "\n".join(sqlite3.connect(path).iterdump())
    for secret in ("s3cret-7101", "trunk-pw", "sk-clear"):
        assert secret not in text


async def test_a_newer_key_seals_anew_without_a_visible_change(
    store: SqliteConfiguration, secrets: PlainSecrets, path: Path
) -> None:
    await _provision(store.for_tenant(1))
    secrets.key = 2
    await _provision(store.for_tenant(1))
    stored = sqlite3.connect(path).execute("SELECT secret_sealed FROM sip_accounts").fetchone()[0]
    assert stored == "k2:sip:s3cret-7101"


@pytest.mark.parametrize("is_new", [True, False], ids=["new file", "migrated"])
async def test_a_new_file_and_migrations_make_exactly_the_tables_of_the_code(path: Path, is_new: bool) -> None:
    if not is_new:  # a file that Alembic has touched is migrated from its start on
        connection = sqlite3.connect(path)
        connection.execute("CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL PRIMARY KEY)")
        connection.close()
    database = Database(path)
    assert database.read_now(lambda c: compare_metadata(MigrationContext.configure(c), metadata)) == []
    migrations = Path(__file__).parents[2] / "src/opencec/adapters/sqlite/migrations"
    assert ScriptDirectory(str(migrations)).get_current_head() == SCHEMA_REVISION
    await database.close()
    await Database(path).close()


async def test_a_connection_bar_and_the_space_it_is_named_by(store: SqliteConfiguration) -> None:
    one, two = store.for_tenant(1), store.for_tenant(2)
    info = TenantInfo(vdn=1, space_id="202600000001", outbound_hosts=("crm.example.com", "10.0.0.0/8"))
    await one.put_tenant(info)
    before = await one.load()
    assert before is not None
    assert before.info == info
    assert before.connection_bar is None
    bar = ConnectionBarConfig(validate_url="https://crm.example.com/check", page_origins=("https://crm.example.com",))
    await one.put_connection_bar(bar)
    after = await one.load()
    assert after is not None
    assert (after.connection_bar, after.revision) == (bar, before.revision + 1)
    with pytest.raises(ConfigurationError, match="another tenant"):
        await two.put_tenant(TenantInfo(vdn=2, space_id="202600000001"))
    await two.put_tenant(TenantInfo(vdn=2))
