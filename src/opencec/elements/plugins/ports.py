"""What the plug-ins need of the rest of the system."""

from __future__ import annotations

from collections.abc import Collection
from typing import NamedTuple, Protocol

from opencec.core.ids import AgentId, TenantId
from opencec.ports.configuration import ConnectionBarConfig
from opencec.services.agent_port import TenantPort

__all__ = ["BarSip", "BarTenant", "PluginHost"]


class BarTenant(NamedTuple):
    """A tenant that has a connection bar."""

    port: TenantPort
    bar: ConnectionBarConfig
    space_id: str
    outbound_hosts: tuple[str, ...]


class BarSip(NamedTuple):
    """An agent's SIP account in clear."""

    user: str
    password: str
    domain: str


class PluginHost(Protocol):
    """The installation, as plug-ins see it."""

    def tenant_of_space(self, space_id: str) -> BarTenant | None:
        """The tenant of a space id, when its bar is switched on."""
        ...

    def tenant(self, tenant: TenantId) -> BarTenant | None:
        """A tenant by its VDN, when its bar is switched on."""
        ...

    def page_origins(self) -> Collection[str]:
        """Origins of all tenants' pages that may have the bar."""
        ...

    def agent_of(self, tenant: TenantId, account: str) -> AgentId | None:
        """The agent of a business account, or of a work number."""
        ...

    def sip_of(self, tenant: TenantId, agent: AgentId) -> BarSip | None:
        """The phone that is configured for an agent."""
        ...

    def ticket(self, tenant: TenantId, agent: AgentId) -> str:
        """What signs the agent in at the CC-Gateway in place of the password, for a minute."""
        ...
