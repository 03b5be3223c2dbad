"""GUIDs on the wire: the header of sign-in, and in AUTHMODE 2 the announcement of a new one (cc-gateway.md 2)."""

from __future__ import annotations

from opencec.elements.cc_gateway.gateway import GatewayCall
from opencec.httpkit.replies import ExactName
from opencec.services.sessions import new_guid

__all__ = ["announce_guid", "guid_headers", "renew_guid"]

Headers = tuple[tuple[bytes, bytes], ...]


def guid_headers(guid: str) -> Headers:
    """`Set-GUID: JSESSIONID=<guid>`, nothing behind it, and `Guid`; some clients compare these capitals."""
    value = guid.encode()
    return ((ExactName(b"Set-GUID"), b"JSESSIONID=" + value), (ExactName(b"Guid"), value))


async def renew_guid(call: GatewayCall) -> Headers:
    """Give the session another GUID now; the one before stays good for the grace time.

    Raises:
        TenantOverloaded: nothing has changed.
    """
    caller = call.principal
    gateway = caller.gateway
    guid = new_guid(gateway.ids, server_name=gateway.settings.server_name)
    await caller.desk.sessions.renew(caller.port, caller.session, guid=guid, grace_ms=gateway.settings.guid_grace_ms)
    return guid_headers(guid)


async def announce_guid(call: GatewayCall) -> Headers:
    """AUTHMODE 2, in answers to polls and heartbeats: a new GUID when the present one is old enough.

    A client that still shows the GUID before did not get the answer that announced the new one: it is told again.
    """
    caller = call.principal
    renew_ms, session = caller.gateway.settings.guid_renew_ms, caller.session
    if not renew_ms or session.is_ended:
        return ()
    sessions = caller.desk.sessions
    if not session.has_current(call.request.header(b"guid")):
        guid = sessions.announced(session)
        return guid_headers(guid) if guid else await renew_guid(call)
    sessions.confirm_guid(session)
    return await renew_guid(call) if caller.port.now() - session.guid_at >= renew_ms else ()
