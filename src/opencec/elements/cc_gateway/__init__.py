"""CC-Gateway: the agent-side REST interface (cc-gateway.md)."""

from opencec.elements.cc_gateway.gateway import Desk, Gateway, GatewaySettings
from opencec.elements.cc_gateway.operations import PREFIX, TABLE, build_gateway_app

__all__ = ["PREFIX", "TABLE", "Desk", "Gateway", "GatewaySettings", "build_gateway_app"]
