"""The configuration in SQLite: whole-tenant loads, idempotent changes, and what must be consistent between tables."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import msgspec
from sqlalchemy import Connection, Table, delete, func, insert, select, update

from opencec.adapters.sqlite import tables
from opencec.adapters.sqlite.channel_limits import check_channel
from opencec.adapters.sqlite.database import Database
from opencec.adapters.sqlite.rows import (
    ACCOUNTS,
    AGENTS,
    APP_KEYS,
    CHANNELS,
    CONNECTION_BARS,
    FLOWS,
    GROUPS,
    KINDS,
    PASSWORDS,
    QUEUES,
    ROUTES,
    SIP_ACCOUNTS,
    SKILLS,
    TENANTS,
    TRUNKS,
    WORKBENCHES,
    Kind,
    from_row,
)
from opencec.adapters.sqlite.workbench_limits import check_workbench
from opencec.ports.channel_configuration import ChannelConfig
from opencec.ports.clock import Clock
from opencec.ports.configuration import (
    AccountConfig,
    AgentConfig,
    AgentGroupConfig,
    AgentPasswordConfig,
    AgentSkillConfig,
    AppKeyConfig,
    AuditEntry,
    ConfigurationError,
    ConnectionBarConfig,
    FlowConfig,
    QueueConfig,
    RemovableKind,
    RouteConfig,
    SipAccountConfig,
    TenantConfig,
    TenantInfo,
    TrunkConfig,
    WorkbenchConfig,
)
from opencec.ports.secrets import Secrets

__all__ = ["SqliteConfiguration", "SqliteTenantConfiguration"]


class SqliteConfiguration:
    """Implements `Configuration`.

    Args:
        database: Shared with the records; closed by whoever made it.
        secrets: Seals what must be stored reversibly.
        clock: Dates the audit trail.
    """

    def __init__(self, database: Database, *, secrets: Secrets, clock: Clock) -> None:
        self._database = database
        self._secrets = secrets
        self._clock = clock

    def for_tenant(self, vdn: int) -> SqliteTenantConfiguration:
        """The handle of one tenant."""
        return SqliteTenantConfiguration(self._database, secrets=self._secrets, clock=self._clock, vdn=vdn)

    async def tenants(self) -> list[TenantInfo]:
        """All tenants by VDN."""
        rows = await self._database.read(
            lambda c: c.execute(select(tables.tenants).order_by(tables.tenants.c.vdn)).mappings().all()
        )
        return [TENANTS.to_struct(row, self._secrets) for row in rows]

    async def put_account(self, account: AccountConfig) -> None:
        """Make or change a console account."""
        await self._database.write(lambda c: ACCOUNTS.put(c, [account], self._secrets))

    async def account(self, account: str) -> AccountConfig | None:
        """A console account by its name."""
        query = select(tables.accounts).where(tables.accounts.c.account == account)
        row = await self._database.read(lambda c: c.execute(query).mappings().first())
        return None if row is None else ACCOUNTS.to_struct(row, self._secrets)

    async def app_key(self, ak: str) -> tuple[int, AppKeyConfig] | None:
        """The tenant and key pair of an access key."""
        query = select(tables.app_keys).where(tables.app_keys.c.ak == ak)
        row = await self._database.read(lambda c: c.execute(query).mappings().first())
        return None if row is None else (row["vdn"], APP_KEYS.to_struct(row, self._secrets))

    async def close(self) -> None:
        """Let the file go."""
        await self._database.close()


class SqliteTenantConfiguration:
    """Implements `TenantConfiguration`."""

    def __init__(self, database: Database, *, secrets: Secrets, clock: Clock, vdn: int) -> None:
        self._database = database
        self._secrets = secrets
        self._clock = clock
        self._vdn = vdn

    @property
    def vdn(self) -> int:
        """The tenant."""
        return self._vdn

    async def load(self) -> TenantConfig | None:
        """Everything, in one read transaction."""
        return await self._database.read(self._load)

    async def revision(self) -> int:
        """Revision of the newest change."""
        query = select(tables.tenants.c.revision).where(tables.tenants.c.vdn == self._vdn)
        return await self._database.read(lambda c: c.execute(query).scalar()) or 0

    async def put_tenant(self, info: TenantInfo) -> None:
        """Make or change the tenant."""
        if info.vdn != self._vdn:
            raise ConfigurationError(f"this is the handle of tenant {self._vdn}, not {info.vdn}")

        def change(connection: Connection) -> None:
            if info.space_id:
                self._refuse_foreign(connection, TENANTS, [info.space_id], column="space_id")
            if self._find(connection, tables.tenants):
                self._put(connection, TENANTS, [info])
            else:
                row = TENANTS.to_row(info, self._secrets)
                connection.execute(insert(tables.tenants).values(row | {"revision": 1}))

        await self._database.write(change)

    async def put_queues(self, queues: Sequence[QueueConfig]) -> None:
        """Make or change skill queues."""
        await self._database.write(lambda c: self._put(c, QUEUES, queues))

    async def put_agents(self, agents: Sequence[AgentConfig]) -> None:
        """Make or change agents."""
        await self._database.write(lambda c: self._put(c, AGENTS, agents))

    async def put_groups(self, groups: Sequence[AgentGroupConfig]) -> None:
        """Make or change agent groups."""

        def change(connection: Connection) -> None:
            for group in groups:
                if group.leader:
                    self._need(connection, tables.agents, workno=group.leader)
            self._put(connection, GROUPS, groups)
            known = self._all(connection, GROUPS)
            if len({group.group for group in known}) < len(known):
                raise ConfigurationError("two agent groups have one number")

        await self._database.write(change)

    async def set_password(
        self, workno: str, password_hash: str, *, changed_at: int, must_change: bool = False, kept: int = 5
    ) -> None:
        """Give an agent another password."""

        def change(connection: Connection) -> None:
            self._need(connection, tables.agents, workno=workno)
            agents, passwords = tables.agents, tables.agent_passwords
            mine = (agents.c.vdn == self._vdn, agents.c.workno == workno)
            before = connection.execute(select(agents.c.password_hash).where(*mine)).scalar_one()
            known = select(passwords.c.history).where(passwords.c.vdn == self._vdn, passwords.c.workno == workno)
            older = connection.execute(known).scalar() or []
            history = [entry for entry in (before, *older) if entry][:kept]
            row = AgentPasswordConfig(
                workno=workno, changed_at=changed_at, must_change=must_change, history=tuple(history)
            )
            connection.execute(update(agents).where(*mine).values(password_hash=password_hash))
            self._put(connection, PASSWORDS, [row], is_changed=True)

        await self._database.write(change)

    async def put_skills(self, workno: str, skills: Sequence[AgentSkillConfig]) -> None:
        """Replace all queues that the agent serves."""

        def change(connection: Connection) -> None:
            self._need(connection, tables.agents, workno=workno)
            wanted = {skill.queue: skill for skill in skills}
            for skill in wanted.values():
                if skill.workno != workno:
                    raise ConfigurationError(f"a skill of agent {skill.workno} among those of {workno}")
                self._need(connection, tables.queues, queue=skill.queue)
            t = tables.agent_skills
            gone = delete(t).where(t.c.vdn == self._vdn, t.c.workno == workno, t.c.queue.not_in(list(wanted)))
            removed = connection.execute(gone).rowcount
            self._put(connection, SKILLS, wanted.values(), is_changed=removed > 0)

        await self._database.write(change)

    async def put_sip_accounts(self, accounts: Sequence[SipAccountConfig]) -> None:
        """Make or change SIP accounts."""

        def change(connection: Connection) -> None:
            self._refuse_foreign(connection, SIP_ACCOUNTS, [account.user for account in accounts])
            self._put(connection, SIP_ACCOUNTS, accounts)

        await self._database.write(change)

    async def put_routes(self, routes: Sequence[RouteConfig]) -> None:
        """Make or change called routes."""

        def change(connection: Connection) -> None:
            self._refuse_foreign(connection, ROUTES, [route.dialled for route in routes])
            for route in routes:
                if route.device == "queue":
                    queue = int(route.target) if route.target.isdecimal() else -1
                    self._need(connection, tables.queues, queue=queue)
                elif route.device == "flow":
                    self._need(connection, tables.flows, code=route.target)
            self._put(connection, ROUTES, routes)

        await self._database.write(change)

    async def put_flow(self, flow: FlowConfig) -> int:
        """Add a version, unless the newest is the same."""

        def change(connection: Connection) -> int:
            t = tables.flows
            query = select(t).where(t.c.vdn == self._vdn, t.c.code == flow.code).order_by(t.c.version.desc()).limit(1)
            row = connection.execute(query).mappings().first()
            newest = FLOWS.to_struct(row, self._secrets) if row else None
            if newest is not None and msgspec.structs.replace(flow, version=newest.version) == newest:
                return newest.version
            version = newest.version + 1 if newest else 1
            self._put(connection, FLOWS, [msgspec.structs.replace(flow, version=version)])
            return version

        return await self._database.write(change)

    async def flow(self, code: str, version: int) -> FlowConfig | None:
        """One version of a flow."""
        t = tables.flows
        query = select(t).where(t.c.vdn == self._vdn, t.c.code == code, t.c.version == version)
        row = await self._database.read(lambda c: c.execute(query).mappings().first())
        return None if row is None else FLOWS.to_struct(row, self._secrets)

    async def put_trunks(self, trunks: Sequence[TrunkConfig]) -> None:
        """Make or change trunks."""
        await self._database.write(lambda c: self._put(c, TRUNKS, trunks))

    async def put_workbench(self, workbench: WorkbenchConfig) -> None:
        """Replace what the tenant's agents find at their workbench."""
        check_workbench(workbench)
        await self._database.write(lambda c: self._put(c, WORKBENCHES, [workbench]))

    async def put_app_keys(self, keys: Sequence[AppKeyConfig]) -> None:
        """Make or change integrators' keys."""

        def change(connection: Connection) -> None:
            self._refuse_foreign(connection, APP_KEYS, [key.ak for key in keys])
            self._put(connection, APP_KEYS, keys)

        await self._database.write(change)

    async def put_connection_bar(self, bar: ConnectionBarConfig) -> None:
        """Give the tenant a connection bar, or change it."""
        await self._database.write(lambda c: self._put(c, CONNECTION_BARS, [bar]))

    async def put_channels(self, channels: Sequence[ChannelConfig]) -> None:
        """Make or change channels."""
        for channel in channels:
            check_channel(channel)

        def change(connection: Connection) -> None:
            self._refuse_foreign(connection, CHANNELS, [channel.channel for channel in channels])
            for channel in channels:
                self._need(connection, tables.queues, queue=channel.queue, media="text")
            self._put(connection, CHANNELS, channels)
            names = [channel.name for channel in self._all(connection, CHANNELS)]
            if len(set(names)) < len(names):
                raise ConfigurationError("two channels have one name")

        await self._database.write(change)

    async def remove(self, kind: RemovableKind, key: str) -> bool:
        """Remove one object, and an agent's skills and password with it."""
        table, name = KINDS[kind].table, KINDS[kind].key[0]

        def change(connection: Connection) -> bool:
            where = (table.c.vdn == self._vdn, table.c[name] == key)
            removed = connection.execute(delete(table).where(*where)).rowcount > 0
            if removed and kind == "agent":
                for t in (tables.agent_skills, tables.agent_passwords):
                    connection.execute(delete(t).where(t.c.vdn == self._vdn, t.c.workno == key))
            if removed:
                self._count_change(connection)
            return removed

        return await self._database.write(change)

    async def audit(self, *, actor: str, action: str, subject: str, detail: str = "") -> None:
        """Add a line to the audit trail."""
        row = {"at_ms": self._clock.now(), "vdn": self._vdn, "actor": actor, "action": action}
        row |= {"subject": subject, "detail": detail}
        await self._database.write(lambda c: c.execute(insert(tables.audit).values(row)))

    async def audit_trail(self, *, after_id: int = 0, limit: int = 100) -> list[AuditEntry]:
        """Lines of the audit trail, oldest first."""
        t = tables.audit
        query = select(t).where(t.c.vdn == self._vdn, t.c.id > after_id).order_by(t.c.id).limit(limit)
        rows = await self._database.read(lambda c: c.execute(query).mappings().all())
        return [from_row(row, AuditEntry) for row in rows]

    def _load(self, connection: Connection) -> TenantConfig | None:
        query = select(tables.tenants).where(tables.tenants.c.vdn == self._vdn)
        row = connection.execute(query).mappings().first()
        if row is None:
            return None
        return TenantConfig(
            info=TENANTS.to_struct(row, self._secrets),
            revision=row["revision"],
            agents=self._all(connection, AGENTS),
            skills=self._all(connection, SKILLS),
            sip_accounts=self._all(connection, SIP_ACCOUNTS),
            groups=self._all(connection, GROUPS),
            passwords=self._all(connection, PASSWORDS),
            queues=self._all(connection, QUEUES),
            routes=self._all(connection, ROUTES),
            flows=self._published_flows(connection),
            trunks=self._all(connection, TRUNKS),
            app_keys=self._all(connection, APP_KEYS),
            channels=self._all(connection, CHANNELS),
            connection_bar=next(iter(self._all(connection, CONNECTION_BARS)), None),
            workbench=next(iter(self._all(connection, WORKBENCHES)), WorkbenchConfig()),
        )

    def _all(self, connection: Connection, kind: Kind[Any]) -> tuple[Any, ...]:
        return tuple(kind.all(connection, self._vdn, self._secrets))

    def _published_flows(self, connection: Connection) -> tuple[FlowConfig, ...]:
        t = tables.flows
        mine = (t.c.vdn == self._vdn, t.c.is_published)
        newest = select(t.c.code, func.max(t.c.version).label("version")).where(*mine).group_by(t.c.code).subquery()
        same = (t.c.code == newest.c.code) & (t.c.version == newest.c.version)
        rows = connection.execute(select(t).join(newest, same).where(*mine).order_by(t.c.code)).mappings()
        return tuple(FLOWS.to_struct(row, self._secrets) for row in rows)

    def _put(self, connection: Connection, kind: Kind[Any], values: Iterable[Any], *, is_changed: bool = False) -> None:
        self._need(connection, tables.tenants)
        changed = kind.put(connection, values, self._secrets, vdn=self._vdn)
        if changed or is_changed:
            self._count_change(connection)

    def _count_change(self, connection: Connection) -> None:
        t = tables.tenants
        connection.execute(update(t).where(t.c.vdn == self._vdn).values(revision=t.c.revision + 1))

    def _find(self, connection: Connection, table: Table, **key: object) -> bool:
        where = [table.c.vdn == self._vdn, *(table.c[name] == value for name, value in key.items())]
        return connection.execute(select(table.c.vdn).where(*where)).first() is not None

    def _need(self, connection: Connection, table: Table, **key: object) -> None:
        if not self._find(connection, table, **key):
            named = " ".join(f"{name} {value}" for name, value in key.items())
            raise ConfigurationError(f"tenant {self._vdn} has no {named}" if key else f"there is no tenant {self._vdn}")

    def _refuse_foreign(
        self, connection: Connection, kind: Kind[Any], keys: list[str], *, column: str | None = None
    ) -> None:
        name = column or kind.key[0]
        wanted = kind.table.c[name]
        query = select(wanted).where(wanted.in_(keys), kind.table.c.vdn != self._vdn)
        taken = connection.execute(query).scalars().all()
        if taken:
            raise ConfigurationError(f"{name} {', '.join(sorted(taken))} belongs to another tenant")
