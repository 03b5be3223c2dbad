"""Builds the INVITE of an outbound leg from what its owner wants."""

from __future__ import annotations

from collections.abc import Sequence

from opencec.sip.derived_requests import derive
from opencec.sip.flow import Destination, Flow, Target
from opencec.sip.headers import Headers
from opencec.sip.leg import Leg, OutboundCall
from opencec.sip.message import Request
from opencec.sip.scan import quote
from opencec.sip.session_body import SDP_TYPE
from opencec.sip.switchboard import SUPPORTED, Switchboard
from opencec.sip.user_agent_settings import Identity, Login

__all__ = ["open_call"]


def open_call(
    board: Switchboard,
    key: str,
    *,
    target_uri: str,
    destination: Target,
    local: Identity,
    effect_id: str,
    sdp: bytes | None,
    to: Identity,
    headers: Sequence[tuple[str, str]],
    route_set: Sequence[str],
    login: Login | None,
    contact_user: str,
) -> Leg:
    """Make the leg and its INVITE, without Via and CSeq; Call-ID and tag derive from `effect_id`."""
    contact = board.contact(destination, contact_user)
    leg = Leg(
        key=key,
        is_inbound=False,
        call_id=derive("call", effect_id),
        local_tag=derive("tag", effect_id)[:16],
        contact=contact,
        flow=destination if isinstance(destination, Flow) else None,
        destination=destination if isinstance(destination, Destination) else None,
        local_sdp=sdp,
        credentials=login,
    )
    lines = Headers([("Via", ""), ("Max-Forwards", "70")])
    for route in route_set:
        lines.add("Route", route)
    lines.add("From", f"{_name_addr(local)};tag={leg.local_tag}")
    lines.add("To", _name_addr(to))
    lines.add("Call-ID", leg.call_id)
    lines.add("CSeq", "1 INVITE")
    for name, value in board.session_lines(leg):
        # A peer must not make us PRACK an offer, so 100rel is offered only when the offer is ours (RFC 3262 5).
        if name == "Supported" and not sdp:
            value = ", ".join(option for option in SUPPORTED if option != "100rel")
        lines.add(name, value)
    lines.add("User-Agent", board.settings.name)
    for name, value in headers:
        lines.add(name, value)
    if sdp:
        lines.add("Content-Type", SDP_TYPE)
    request = Request("INVITE", target_uri, lines, sdp or b"")
    leg.call = OutboundCall(effect_id, request, destination)
    board.add(leg)
    return leg


def _name_addr(identity: Identity) -> str:
    display = f"{quote(identity.display_name)} " if identity.display_name else ""
    return f"{display}<{identity.uri}>"
