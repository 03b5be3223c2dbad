"""Between the structs of `opencec.ports.configuration` and the rows of the tables: one `Kind` describes each pair."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

import msgspec
from sqlalchemy import Connection, RowMapping, Table, and_, insert, select, update

from opencec.adapters.sqlite import tables
from opencec.ports.channel_configuration import ChannelConfig
from opencec.ports.configuration import (
    AccountConfig,
    AgentConfig,
    AgentGroupConfig,
    AgentPasswordConfig,
    AgentSkillConfig,
    AppKeyConfig,
    ConnectionBarConfig,
    FlowConfig,
    QueueConfig,
    RouteConfig,
    SipAccountConfig,
    TenantInfo,
    TrunkConfig,
    WorkbenchConfig,
)
from opencec.ports.secrets import Secrets

__all__ = [
    "ACCOUNTS",
    "AGENTS",
    "APP_KEYS",
    "CHANNELS",
    "CONNECTION_BARS",
    "FLOWS",
    "GROUPS",
    "KINDS",
    "PASSWORDS",
    "QUEUES",
    "ROUTES",
    "SIP_ACCOUNTS",
    "SKILLS",
    "TENANTS",
    "TRUNKS",
    "WORKBENCHES",
    "Kind",
    "from_row",
]

S = TypeVar("S", bound=msgspec.Struct)


def from_row(row: RowMapping, struct: type[S], **fields: object) -> S:
    """The struct whose fields are the row's columns of the same names, but for `fields`."""
    values = {name: row[name] for name in struct.__struct_fields__ if name not in fields}
    return msgspec.convert(values | fields, struct)


@dataclass(frozen=True)
class Kind(Generic[S]):
    """How a struct is kept.

    Attributes:
        struct: Its type.
        table: Its table.
        key: Columns that, with the tenant, name a row.
        sealed: Fields that are encrypted, with the purpose that is bound to them.
        documents: Sealed fields that are no text: their JSON is sealed.
        kept: Fields whose empty value means: leave what is stored.
        derived: Columns that are properties of the struct.
    """

    struct: type[S]
    table: Table
    key: tuple[str, ...]
    sealed: Mapping[str, str] = field(default_factory=dict)
    documents: tuple[str, ...] = ()
    kept: tuple[str, ...] = ()
    derived: tuple[str, ...] = ()

    def to_struct(self, row: RowMapping, secrets: Secrets) -> S:
        """A row's struct; raises `SecretUnreadable`."""
        values = {name: row[name] for name in self.struct.__struct_fields__ if name in row}
        for name, purpose in self.sealed.items():
            stored = row[f"{name}_sealed"]
            values[name] = secrets.open(stored, purpose=purpose) if stored else ""
        for name in self.documents:
            values[name] = msgspec.json.decode(values[name] or "{}")
        return msgspec.convert(values, self.struct)

    def to_row(self, value: S, secrets: Secrets) -> dict[str, Any]:
        """The columns of a struct, without the tenant."""
        row: dict[str, Any] = {}
        for name in self.struct.__struct_fields__:
            content = getattr(value, name)
            if name in self.documents:
                content = msgspec.json.encode(content, order="deterministic").decode() if content else ""
            if name in self.sealed:
                row[f"{name}_sealed"] = secrets.seal(content, purpose=self.sealed[name]) if content else ""
            else:
                row[name] = content if isinstance(content, bytes) else _plain(content)
        return row | {name: getattr(value, name) for name in self.derived}

    def all(self, connection: Connection, vdn: int, secrets: Secrets) -> list[S]:
        """A tenant's rows in the order of their keys."""
        columns = [self.table.c[name] for name in self.key]
        rows = connection.execute(select(self.table).where(self.table.c.vdn == vdn).order_by(*columns))
        return [self.to_struct(row, secrets) for row in rows.mappings()]

    def put(self, connection: Connection, values: Iterable[S], secrets: Secrets, **tenant: int) -> int:
        """Insert or change; returns how many rows are different now. `tenant` is `vdn=`, or nothing."""
        changed = 0
        for value in values:
            row = self.to_row(value, secrets) | tenant
            found = connection.execute(select(self.table).where(self._is(row))).mappings().first()
            if found is not None:
                for name in self.kept:
                    row[name] = row[name] or found[name]
                if self._is_same(found, row, secrets):
                    continue
                # No upsert: its row would lack the columns that are not of `S`, and SQLite asks for them first.
                connection.execute(update(self.table).where(self._is(row)).values(row))
            else:
                connection.execute(insert(self.table).values(row))
            changed += 1
        return changed

    def _is(self, row: Mapping[str, Any]) -> Any:
        return and_(*(column == row[column.name] for column in self.table.primary_key))

    def _is_same(self, found: RowMapping, row: Mapping[str, Any], secrets: Secrets) -> bool:
        """Same content? Sealed values differ each time, so they are compared in clear, and renewed for a newer key."""
        hidden = {f"{name}_sealed": purpose for name, purpose in self.sealed.items()}
        if any(found[name] != content for name, content in row.items() if name not in hidden):
            return False
        for name, purpose in hidden.items():
            if bool(found[name]) != bool(row[name]) or (found[name] and secrets.needs_reseal(found[name])):
                return False
            if found[name] and secrets.open(found[name], purpose=purpose) != secrets.open(row[name], purpose=purpose):
                return False
        return True


def _plain(content: object) -> object:
    """As JSON columns come back: lists in place of tuples, at every depth."""
    return msgspec.json.decode(msgspec.json.encode(content))


TENANTS = Kind(TenantInfo, tables.tenants, ("vdn",))
AGENTS = Kind(AgentConfig, tables.agents, ("workno",), kept=("password_hash",))
GROUPS = Kind(AgentGroupConfig, tables.agent_groups, ("name",))
PASSWORDS = Kind(AgentPasswordConfig, tables.agent_passwords, ("workno",))
SKILLS = Kind(AgentSkillConfig, tables.agent_skills, ("workno", "queue"))
SIP_ACCOUNTS = Kind(SipAccountConfig, tables.sip_accounts, ("user",), sealed={"secret": "sip"})
QUEUES = Kind(QueueConfig, tables.queues, ("queue",))
ROUTES = Kind(RouteConfig, tables.routes, ("dialled",), derived=("dialled",))
FLOWS = Kind(FlowConfig, tables.flows, ("code", "version"))
TRUNKS = Kind(TrunkConfig, tables.trunks, ("name",), sealed={"password": "trunk"})
WORKBENCHES = Kind(WorkbenchConfig, tables.workbenches, ())
APP_KEYS = Kind(AppKeyConfig, tables.app_keys, ("ak",), sealed={"sk": "app_key"})
CHANNELS = Kind(
    ChannelConfig,
    tables.channels,
    ("channel",),
    sealed={"secret": "channel", "parameters": "channel_parameters"},
    documents=("parameters",),
)
CONNECTION_BARS = Kind(ConnectionBarConfig, tables.connection_bars, ("vdn",))
ACCOUNTS = Kind(AccountConfig, tables.accounts, ("account",), kept=("password_hash",))

KINDS: Mapping[str, Kind[Any]] = {
    "agent": AGENTS,
    "agent_group": GROUPS,
    "sip_account": SIP_ACCOUNTS,
    "route": ROUTES,
    "trunk": TRUNKS,
    "app_key": APP_KEYS,
    "channel": CHANNELS,
}
"""What `TenantConfiguration.remove` can remove."""
