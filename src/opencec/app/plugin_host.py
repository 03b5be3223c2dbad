"""The plug-ins put together with the tenants of this node."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING

from starlette.types import ASGIApp

from opencec.adapters.outbound_http import HttpxOutbound
from opencec.app.tenant_services import TenantServices
from opencec.core.ids import AgentId, TenantId
from opencec.elements.plugins import (
    FILES_PREFIX,
    PREFIX,
    BarSessions,
    BarSip,
    BarTenant,
    PluginFiles,
    build_bar_app,
)

if TYPE_CHECKING:
    from opencec.app.node import Node

__all__ = ["NodePluginHost", "plugin_apps"]


class NodePluginHost:
    """Implements `elements.plugins.PluginHost` for one node."""

    def __init__(self, node: Node) -> None:
        self._node = node

    def tenant_of_space(self, space_id: str) -> BarTenant | None:
        """The tenant of a space id, when its bar is switched on."""
        if not space_id:
            return None
        found = (known for known in self._node.tenants.values() if known.config.info.space_id == space_id)
        return _with_bar(next(found, None))

    def tenant(self, tenant: TenantId) -> BarTenant | None:
        """A tenant by its VDN, when its bar is switched on."""
        return _with_bar(self._node.tenants.get(tenant))

    def page_origins(self) -> Collection[str]:
        """Origins of all tenants' pages."""
        return [
            origin
            for services in self._node.tenants.values()
            if (tenant := _with_bar(services)) is not None
            for origin in tenant.bar.page_origins
        ]

    def agent_of(self, tenant: TenantId, account: str) -> AgentId | None:
        """The agent of a business account, else of a work number."""
        agents = [agent for agent in self._node.tenants[tenant].config.agents if agent.is_enabled]
        for agent in agents:
            if agent.account and agent.account == account:
                return AgentId(int(agent.workno))
        return next((AgentId(int(agent.workno)) for agent in agents if agent.workno == account), None)

    def sip_of(self, tenant: TenantId, agent: AgentId) -> BarSip | None:
        """The phone that is configured for an agent."""
        services = self._node.tenants[tenant]
        phone = next((known.phone for known in services.config.agents if known.workno == str(agent)), "")
        account = services.phone_account(phone)
        return None if account is None else BarSip(account.user, account.secret, self._node.domain)

    def ticket(self, tenant: TenantId, agent: AgentId) -> str:
        """What signs the agent in, for a minute."""
        return self._node.tickets.issue(tenant, agent, now=self._node.clock.now())


def _with_bar(services: TenantServices | None) -> BarTenant | None:
    bar = services.config.connection_bar if services is not None else None
    if services is None or bar is None or not bar.is_enabled:
        return None
    info = services.config.info
    return BarTenant(services.handle, bar, info.space_id, info.outbound_hosts)


def plugin_apps(node: Node, host: NodePluginHost, *, files: PluginFiles) -> dict[str, ASGIApp]:
    """The plug-ins' applications by their prefixes.

    Args:
        node: The system behind.
        host: Its tenants.
        files: What the web build wrote.
    """
    bar = build_bar_app(
        host,
        files=files,
        sessions=BarSessions(node.keys),
        outbound=HttpxOutbound(),
        clock=node.clock,
        guard=node.guard,
    )
    return {PREFIX: bar, FILES_PREFIX: files}
