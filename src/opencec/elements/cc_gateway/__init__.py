"""CC-Gateway: the agent-side REST interface (cc-gateway.md)."""

from opencec.elements.cc_gateway.gateway import Desk, Gateway, GatewaySettings
from opencec.elements.cc_gateway.operations import PREFIX, TABLE, build_gateway_app
from opencec.elements.cc_gateway.resource_js import PATH as SCRIPT_PATH
from opencec.elements.cc_gateway.resource_js import ResourceScript

__all__ = [
    "PREFIX",
    "SCRIPT_PATH",
    "TABLE",
    "Desk",
    "Gateway",
    "GatewaySettings",
    "ResourceScript",
    "build_gateway_app",
]
