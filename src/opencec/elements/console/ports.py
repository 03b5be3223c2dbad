"""What the console's handlers need of the rest of the system."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple, Protocol

from opencec.core.ids import AgentId, TenantId
from opencec.services.agent_desk import AgentDesk
from opencec.services.agent_port import TenantDirectory, TenantPort
from opencec.services.caller_accounts import CallerAccounts
from opencec.services.sessions import SessionIndex

__all__ = ["AccessCodeName", "Installation", "PhoneSecret", "WebChannelName"]


class AccessCodeName(NamedTuple):
    """A number that customers may call, and what it is."""

    code: str
    name: str


class WebChannelName(NamedTuple):
    """A web channel: its configuration id, and what it is called."""

    id: str
    name: str


class PhoneSecret(NamedTuple):
    """A SIP account in clear."""

    user: str
    password: str


class Installation(Protocol):
    """The installation, as pages see it."""

    @property
    def version(self) -> str: ...

    @property
    def is_demo(self) -> bool: ...

    @property
    def http_url(self) -> str | None: ...

    @property
    def https_url(self) -> str | None:
        """Address for other machines, None when only this one is served."""
        ...

    @property
    def ws_sip(self) -> str | None: ...

    @property
    def sip(self) -> str | None: ...

    @property
    def sip_domain(self) -> str:
        """Domain of SIP addresses and digest realm."""
        ...

    @property
    def ws_path(self) -> str:
        """Path of the SIP websocket, `/sip`."""
        ...

    @property
    def access_codes(self) -> Sequence[AccessCodeName]: ...
    @property
    def video_codes(self) -> Sequence[str]: ...

    @property
    def web_channels(self) -> Sequence[WebChannelName]:
        """Where customers may write from a page."""
        ...

    @property
    def directory(self) -> TenantDirectory: ...

    def tenant_of_host(self, host: str) -> TenantPort | None:
        """The tenant whose pages are served under a Host header."""
        ...

    def tenants(self) -> Sequence[TenantPort]:
        """Every tenant of this node, for the figures."""
        ...

    async def phone_secret(self, port: TenantPort, agent: AgentId) -> PhoneSecret | None:
        """The SIP account that is configured for an agent."""
        ...

    @property
    def sessions(self) -> SessionIndex:
        """Who is signed in, by GUID."""
        ...

    def desk(self, tenant: TenantId) -> AgentDesk | None:
        """What the workbench asks of a tenant; None: not of this node."""
        ...

    def caller_accounts(self, port: TenantPort) -> CallerAccounts:
        """Temporary accounts of the tenant's customers."""
        ...
