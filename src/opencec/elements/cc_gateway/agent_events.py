"""Resource `agentevent`: the event poll (cc-gateway.md 3.1)."""

from __future__ import annotations

from opencec.elements.cc_gateway.gateway import Caller, GatewayCall
from opencec.httpkit.body import has_hung_up
from opencec.httpkit.operations import Operation
from opencec.httpkit.replies import Reply

__all__ = ["EMPTY", "OPERATIONS"]

EMPTY = Reply(b'{"message":"","retcode":"0"}')
"""No event in time. One client compares these bytes: no `event` key, no blanks."""


async def get_agent_event(call: GatewayCall) -> Reply:
    """The next event, as soon as there is one, else nothing after 10 s."""
    caller = call.principal
    receive = call.request.receive
    body = await caller.desk.feed.poll(caller.port, caller.session.session, has_gone=lambda: has_hung_up(receive))
    return EMPTY if body is None else Reply(body)


OPERATIONS: tuple[Operation[Caller], ...] = (
    Operation(
        "getAgentEvent",
        ("GET",),
        "/agentevent/{agentid:agent}",
        get_agent_event,
        "Next event, by long polling",
        group="event",
        auth="guid_of_ended",
        codes=("000-003", "100-006"),
    ),
)
