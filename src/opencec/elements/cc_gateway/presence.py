"""Resource `onlineagent`: signs of life in push mode, GUID renewal, what the gateway knows of a session (3.3, 3.4)."""

from __future__ import annotations

from opencec.elements.cc_gateway.gateway import Caller, GatewayCall
from opencec.elements.cc_gateway.guid import announce_guid, renew_guid
from opencec.elements.cc_gateway.push import check_token
from opencec.elements.cc_gateway.session_schemas import Heartbeat, LoginInfo
from opencec.elements.cc_gateway.views import (
    NOTHING,
    agent_object,
    status_of,
)
from opencec.httpkit.operations import Operation
from opencec.httpkit.replies import Refusal, Reply

__all__ = ["OPERATIONS"]

_ALIVE = b'{"message":"","retcode":"0"}'


def _seen(call: GatewayCall) -> None:
    """Raises Refusal 000-001 when the session polls: its polls are the heartbeat."""
    caller = call.principal
    if not caller.session.is_pushed:
        raise Refusal("000-001", "this session polls, its events are not pushed")
    caller.desk.feed.seen(caller.session.session)


async def hand_shake(call: GatewayCall) -> Reply:
    """Heartbeat of push mode; header `service_token` changes what the receiver is shown."""
    _seen(call)
    caller = call.principal
    if token := call.request.header(b"service_token"):
        check_token(token)
        await caller.desk.sessions.change_token(caller.port, caller.session, token)
    return Reply(_ALIVE, headers=await announce_guid(call))


async def heartbeat(call: GatewayCall) -> Reply:
    """Older heartbeat: clients repeat it without a pause when `result` is missing."""
    _seen(call)
    reply = call.principal.reply(Heartbeat(str(call.principal.view().signed_in_at)))
    return Reply(reply.body, headers=await announce_guid(call))


async def update_guid(call: GatewayCall) -> Reply:
    """A new GUID now, in either authentication mode."""
    return Reply(call.principal.reply(NOTHING).body, headers=await renew_guid(call))


async def sync_agent_info(call: GatewayCall) -> Reply:
    """After an outage: the agent as the platform sees it, so that a client can set its own picture right."""
    caller = call.principal
    caller.desk.feed.seen(caller.session.session)
    return caller.reply(agent_object(caller.port, caller.view()))


async def query_login_info(call: GatewayCall) -> Reply:
    """This sign-in."""
    caller = call.principal
    view = caller.view()
    return caller.reply(
        LoginInfo(
            vdnid=caller.port.tenant,
            workno=str(view.id),
            mediatype="TFF",
            loginTime=str(view.signed_in_at),
            serverName=caller.gateway.settings.server_name,
            phonenum=view.phone,
            agenttype=view.agent_type,
            status=status_of(view),
            autoanswer=view.auto_answer,
            autoenteridle=view.auto_enter_idle,
            releasephone=view.release_phone,
        )
    )


_AGENT = "/onlineagent/{agentid:agent}"

OPERATIONS: tuple[Operation[Caller], ...] = (
    Operation(
        "handShake",
        ("POST",),
        f"{_AGENT}/handshake",
        hand_shake,
        "Heartbeat in push mode",
        group="event",
        auth="guid_heartbeat",
        codes=("000-001", "100-001"),
    ),
    Operation(
        "heartbeat",
        ("PUT",),
        f"{_AGENT}/heartbeat",
        heartbeat,
        "Heartbeat in the older push mode",
        group="event",
        auth="guid_heartbeat",
        codes=("000-001",),
    ),
    Operation("updateGuid", ("PUT",), f"{_AGENT}/updateGuid", update_guid, "Another GUID", group="event"),
    Operation(
        "syncAgentInfo",
        ("POST",),
        f"{_AGENT}/syncagentinfo",
        sync_agent_info,
        "The agent as the platform sees it",
        group="query",
    ),
    Operation("queryLoginInfo", ("GET",), f"{_AGENT}/logininfo", query_login_info, "This sign-in", group="query"),
)
