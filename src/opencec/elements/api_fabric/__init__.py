"""API Fabric: bearer tokens of enterprises' systems, and what they ask about a tenant's agents."""

from opencec.elements.api_fabric.operations import ACCESS_PREFIX, GOVERNANCE_PREFIX, build_fabric_apps
from opencec.elements.api_fabric.ports import FabricHost, ServiceAddresses

__all__ = ["ACCESS_PREFIX", "GOVERNANCE_PREFIX", "FabricHost", "ServiceAddresses", "build_fabric_apps"]
