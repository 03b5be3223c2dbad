"""Resource `agentevent`: the event poll (cc-gateway.md 3.1)."""

from __future__ import annotations

from opencec.elements.cc_gateway.gateway import Caller, GatewayCall
from opencec.elements.cc_gateway.guid import announce_guid
from opencec.httpkit.body import has_hung_up
from opencec.httpkit.operations import Operation
from opencec.httpkit.replies import Refusal, Reply

__all__ = ["EMPTY", "OPERATIONS"]

EMPTY = b'{"message":"","retcode":"0"}'
"""No event in time. One client compares these bytes: no `event` key, no blanks."""


async def get_agent_event(call: GatewayCall) -> Reply:
    """The next event, as soon as there is one, else nothing after 10 s."""
    caller = call.principal
    if caller.session.is_pushed:
        raise Refusal("000-001", "the events of this session are pushed")
    receive = call.request.receive
    body = await caller.desk.feed.poll(caller.port, caller.session.session, has_gone=lambda: has_hung_up(receive))
    headers = await announce_guid(call)
    return Reply(EMPTY if body is None else body, headers=headers)


async def get_all_agent_event(call: GatewayCall) -> Reply:
    """Events of every agent of the tenant since the last call, as a list; for those who may watch."""
    caller = call.principal
    caller.need_right("monitor")
    caller.desk.feed.seen(caller.session.session)
    receive = call.request.receive
    found = await caller.desk.feed.monitor.take(caller.session.session, has_gone=lambda: has_hung_up(receive))
    if not found:
        return Reply(EMPTY)
    events = b",".join(body.partition(_BEFORE_EVENT)[2][:-1] for body in found)
    return Reply(b"%s[%s]}" % (_BEFORE_EVENT, events))


_BEFORE_EVENT = b'{"message":"","retcode":"0","event":'

OPERATIONS: tuple[Operation[Caller], ...] = (
    Operation(
        "getAllAgentEvent",
        ("GET",),
        "/agentevent/allagentevent",
        get_all_agent_event,
        "Next events of all agents, as a list, for those who may watch",
        group="event",
        auth="guid_poll_alone",
        codes=("000-003", "100-006", "300-001"),
    ),
    Operation(
        "getAgentEvent",
        ("GET",),
        "/agentevent/{agentid:agent}",
        get_agent_event,
        "Next event, by long polling",
        group="event",
        auth="guid_of_ended",
        codes=("000-001", "000-003", "100-006"),
    ),
)
