"""An installation with one tenant, for the console's interface."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from fakes.call_centre import CallCentre, FakePort
from fakes.secrets import PlainSecrets
from opencec.adapters.system.ids import SystemIds
from opencec.core.ids import AgentId, TenantId
from opencec.elements.console import AccessCodeName, PhoneSecret, WebChannelName
from opencec.services.agent_desk import AgentDesk
from opencec.services.caller_accounts import CallerAccounts

__all__ = ["DemoInstallation"]


class DemoInstallation:
    """Implements `Installation` for one tenant."""

    version = "0.1.0"
    is_demo = True
    http_url: str | None = "http://127.0.0.1:8080"
    https_url: str | None = None
    ws_sip: str | None = "ws://127.0.0.1:8080/sip"
    sip: str | None = "127.0.0.1:5060"
    sip_domain = "centre.example.com"
    ws_path = "/sip"
    video_codes: Sequence[str] = ("1003",)
    web_channels: Sequence[WebChannelName] = (WebChannelName("202600000000000001", "web"),)
    access_codes: Sequence[AccessCodeName] = (AccessCodeName("1001", "Sales"),)

    def __init__(self, centre: CallCentre) -> None:
        self.sessions = centre.gateway.index
        self.directory = centre.directory
        self.port = centre.port
        self.agent_desk: AgentDesk | None = None
        self.accounts = CallerAccounts(secrets=PlainSecrets(), ids=SystemIds(), capacity=20)

    def tenant_of_host(self, host: str) -> FakePort:
        return self.port

    def tenants(self) -> Sequence[FakePort]:
        return (self.port,)

    async def phone_secret(self, port: Any, agent: AgentId) -> PhoneSecret | None:
        return PhoneSecret(f"7{agent}", "sip secret") if agent != 104 else None

    def desk(self, tenant: TenantId) -> AgentDesk | None:
        return self.agent_desk

    def caller_accounts(self, port: Any) -> CallerAccounts:
        return self.accounts
