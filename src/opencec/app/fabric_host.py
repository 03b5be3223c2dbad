"""The API Fabric put together with the tenants of this node."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from starlette.types import ASGIApp

from opencec.core.ids import TenantId
from opencec.elements.api_fabric import ServiceAddresses, build_fabric_apps
from opencec.httpkit.fabric_access import FabricApp, FabricTokens
from opencec.ports.configuration import TenantConfig

if TYPE_CHECKING:
    from opencec.app.node import Node

__all__ = ["NodeFabricHost", "fabric_apps"]


class NodeFabricHost:
    """Implements `elements.api_fabric.FabricHost` for one node."""

    def __init__(self, node: Node) -> None:
        self._node = node
        self._seen: tuple[TenantConfig, ...] = ()
        self._apps: dict[str, FabricApp] = {}

    def app(self, ak: str) -> FabricApp | None:
        """The app of a key."""
        self._refresh()
        return self._apps.get(ak)

    def apps(self) -> Iterable[FabricApp]:
        """All of them."""
        self._refresh()
        return self._apps.values()

    def config(self, tenant: TenantId) -> TenantConfig:
        """The configuration that a tenant runs on."""
        return self._node.tenants[tenant].config

    def addresses(self) -> ServiceAddresses:
        """Where phones register and agents sign in, as everybody is told."""
        told = self._node.context.addresses
        sip_host, _, sip_port = told.get("sip", "").rpartition(":")
        host, _, port = told.get("http", "").rpartition("://")[2].rstrip("/").rpartition(":")
        return ServiceAddresses(
            sip_host or self._node.domain,
            int(sip_port) if sip_port.isdigit() else self._node.settings.sip_port,
            host or self._node.domain,
            int(port) if port.isdigit() else self._node.settings.http_port,
        )

    def _refresh(self) -> None:
        """Read the keys again when a tenant took over another configuration."""
        tenants = tuple(self._node.tenants.values())
        if len(self._seen) == len(tenants) and all(
            known is services.config for known, services in zip(self._seen, tenants, strict=True)
        ):
            return
        self._apps = {
            key.ak: FabricApp(key.ak, key.sk, services.handle)
            for services in tenants
            for key in services.config.app_keys
            if key.is_enabled and key.purpose == "api-fabric"
        }
        self._seen = tuple(services.config for services in tenants)


def fabric_apps(node: Node) -> dict[str, ASGIApp]:
    """The API Fabric's applications by their prefixes."""
    host = NodeFabricHost(node)
    tokens = FabricTokens(node.secret_for("api fabric"), host)
    return {**build_fabric_apps(host, tokens=tokens, clock=node.clock, guard=node.guard)}
