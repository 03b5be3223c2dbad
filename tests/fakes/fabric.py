"""The API Fabric of a call centre in one process: its app keys, its configuration, and the way to a token."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import httpx

from fakes.call_centre import CallCentre
from opencec.core.ids import TenantId
from opencec.elements.api_fabric import ServiceAddresses, build_fabric_apps
from opencec.httpkit.fabric_access import FabricApp, FabricTokens
from opencec.ports.configuration import AgentConfig, SipAccountConfig, TenantConfig, TenantInfo

__all__ = ["APP", "Host", "fabric_elements", "token"]

APP = {"app_key": "demo-api-fabric", "app_secret": "s3cret-of-the-app"}
CONFIG = TenantConfig(
    info=TenantInfo(vdn=1, space_id="202600000001"),
    agents=(
        AgentConfig(workno="102", name="Bo", type="voice", phone="7102"),
        AgentConfig(workno="101", name="Ada", account="ada", phone="7101"),
        AgentConfig(workno="103", name="Gone", account="gone", is_enabled=False),
        AgentConfig(workno="120", name="Ivo", roles=("agent", "inspector")),
    ),
    sip_accounts=(
        SipAccountConfig(user="7101", secret="sip-101", workno="101"),
        SipAccountConfig(user="7102", secret="sip-102", workno="102"),
    ),
)


class Host:
    """Implements `FabricHost` with one tenant and one app."""

    def __init__(self, centre: CallCentre) -> None:
        self.tenant = CONFIG
        self.secret = APP["app_secret"]
        self._port: Any = centre.port

    def app(self, ak: str) -> FabricApp | None:
        return FabricApp(ak, self.secret, self._port) if ak == APP["app_key"] else None

    def apps(self) -> Iterable[FabricApp]:
        return [FabricApp(APP["app_key"], self.secret, self._port)]

    def config(self, tenant: TenantId) -> TenantConfig:
        return self.tenant

    def addresses(self) -> ServiceAddresses:
        return ServiceAddresses("192.0.2.5", 5060, "192.0.2.6", 8080)


def fabric_elements(centre: CallCentre, host: Host, *, secret: bytes = b"of the node") -> dict[str, Any]:
    """The applications by prefix; another `secret` is another installation."""
    return {**build_fabric_apps(host, tokens=FabricTokens(secret, host), clock=centre.clock, guard=centre.guard)}


async def token(client: httpx.AsyncClient, *, life: str = "600") -> dict[str, str]:
    """Headers of an app that has a token."""
    answer = await client.post("/apigovernance/api/oauth/tokenByAkSk", json=APP, headers={"X-Token-Expire": life})
    assert answer.status_code == 200, answer.text
    return {"Authorization": f"Bearer {answer.json()['AccessToken']}", "X-APP-Key": APP["app_key"]}
