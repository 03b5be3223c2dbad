"""What the API Fabric needs of the rest of the system."""

from __future__ import annotations

from typing import NamedTuple, Protocol

from opencec.core.ids import TenantId
from opencec.httpkit.fabric_access import FabricApps
from opencec.ports.configuration import TenantConfig

__all__ = ["FabricHost", "ServiceAddresses"]


class ServiceAddresses(NamedTuple):
    """Where phones register and agents sign in."""

    sip_host: str
    sip_port: int
    http_host: str
    http_port: int


class FabricHost(FabricApps, Protocol):
    """The installation, as the API Fabric sees it."""

    def config(self, tenant: TenantId) -> TenantConfig:
        """The configuration that a tenant runs on."""
        ...

    def addresses(self) -> ServiceAddresses:
        """Where phones register and agents sign in."""
        ...
