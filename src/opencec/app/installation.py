"""What the pages ask of the installation: addresses, access codes, phones, temporary accounts."""

from __future__ import annotations

from collections.abc import Sequence

from opencec import __version__
from opencec.app.context import ControlContext
from opencec.app.demo.tenant import ACCESS_CODES
from opencec.app.tenant_services import TenantServices
from opencec.core.ids import AgentId, TenantId
from opencec.elements.console import AccessCodeName, PhoneSecret, WebChannelName
from opencec.services.agent_desk import AgentDesk
from opencec.services.agent_port import TenantDirectory, TenantPort
from opencec.services.caller_accounts import CallerAccounts
from opencec.services.sessions import SessionIndex
from opencec.services.tenant_handle import TenantBook

__all__ = ["NodeInstallation"]

_ROUTE_NAMES = {"echo": "Echo test"}


class NodeInstallation:
    """Implements `elements.console.Installation` for one node."""

    ws_path = "/sip"

    def __init__(
        self,
        context: ControlContext,
        *,
        book: TenantBook,
        tenants: dict[TenantId, TenantServices],
        sessions: SessionIndex,
        domain: str,
    ) -> None:
        self._context = context
        self.sessions = sessions
        self._book = book
        self._tenants = tenants
        self.sip_domain = domain

    @property
    def version(self) -> str:
        """Version of the software."""
        return __version__

    @property
    def is_demo(self) -> bool:
        """Whether the demo tenant is served."""
        return self._context.demo

    @property
    def http_url(self) -> str | None:
        """Address of the pages on this machine."""
        return self._context.addresses.get("http")

    @property
    def https_url(self) -> str | None:
        """Address of the pages for other machines."""
        return self._context.addresses.get("https")

    @property
    def ws_sip(self) -> str | None:
        """SIP over WebSocket."""
        return self._context.addresses.get("wss_sip") or self._context.addresses.get("ws_sip")

    @property
    def sip(self) -> str | None:
        """SIP over UDP and TCP."""
        return self._context.addresses.get("sip")

    @property
    def access_codes(self) -> Sequence[AccessCodeName]:
        """What customers may call; queues and flows by their names."""
        return [
            AccessCodeName(code, name)
            for services in self._tenants.values()
            for code, name in _access_codes(services)
            if code != ACCESS_CODES["outbound"]
        ]

    @property
    def video_codes(self) -> Sequence[str]:
        """What customers may call face to face."""
        routes = [route for services in self._tenants.values() for route in services.config.routes]
        return sorted(route.dialled for route in routes if route.media == "video")

    @property
    def web_channels(self) -> Sequence[WebChannelName]:
        """Where customers may write from a page."""
        channels = [channel for services in self._tenants.values() for channel in services.config.channels]
        return [WebChannelName(one.channel, one.name) for one in channels if one.type == "WEB" and one.is_enabled]

    @property
    def directory(self) -> TenantDirectory:
        """The tenants of this node."""
        return self._book

    def tenant_of_host(self, host: str) -> TenantPort | None:
        """The one tenant of this node; None when there are several and the host does not tell them apart."""
        handles = self._book.all()
        return handles[0] if len(handles) == 1 else None

    def tenants(self) -> Sequence[TenantPort]:
        """Every tenant of this node."""
        return self._book.all()

    async def phone_secret(self, port: TenantPort, agent: AgentId) -> PhoneSecret | None:
        """The SIP account that is configured for an agent."""
        config = self._tenants[port.tenant].config
        number = next((known.phone for known in config.agents if known.workno == str(agent)), "")
        account = next((known for known in config.sip_accounts if known.user == number and known.is_enabled), None)
        return None if account is None else PhoneSecret(account.user, account.secret)

    def desk(self, tenant: TenantId) -> AgentDesk | None:
        """What the workbench asks of a tenant of this node."""
        services = self._tenants.get(tenant)
        return services.agent_desk if services is not None else None

    def caller_accounts(self, port: TenantPort) -> CallerAccounts:
        """Temporary accounts of the tenant's customers."""
        return self._tenants[port.tenant].callers


def _access_codes(services: TenantServices) -> list[tuple[str, str]]:
    config = services.config
    queues = {str(queue.queue): queue.name for queue in config.queues}
    flows = {flow.code: flow.name for flow in config.flows}
    named: list[tuple[str, str]] = []
    for route in sorted(config.routes, key=lambda route: route.dialled):
        if route.media != "voice":
            continue
        name = queues.get(route.target) if route.device == "queue" else flows.get(route.target)
        named.append((route.dialled, name or _ROUTE_NAMES.get(route.device, route.device)))
    return named
