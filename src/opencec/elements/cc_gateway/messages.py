"""Resource `onlineagent`, last part: notes and bulletins, and how calls come to the agent (cc-gateway.md 5.1.5)."""

from __future__ import annotations

from opencec.core.commands import (
    BindPhone,
    Command,
    PostBulletin,
    SendNote,
    SetForwarding,
    SetSelfRecord,
    SetTalkRight,
)
from opencec.core.ids import AgentId
from opencec.elements.cc_gateway.gateway import Caller, GatewayCall
from opencec.elements.cc_gateway.supervision_schemas import (
    BindPhoneBody,
    BulletinBody,
    ForwardingBody,
    NoteBody,
    NoteQuery,
    TalkRightQuery,
)
from opencec.elements.cc_gateway.views import NOTHING
from opencec.httpkit.operations import Operation
from opencec.httpkit.replies import Refusal, Reply

__all__ = ["OPERATIONS"]


async def _run(call: GatewayCall, command: Command) -> Reply:
    await call.principal.port.execute(command)
    return call.principal.reply(NOTHING)


async def send_notelet(call: GatewayCall) -> Reply:
    """A note to one or several agents, joined by `;` or `,`."""
    parts = [part.strip() for part in call.path["receiver"].replace(",", ";").split(";") if part.strip()]
    if not parts or not all(part.isascii() and part.isdigit() and len(part) <= 6 for part in parts):
        raise Refusal("000-002", "receiver must be work numbers")
    receivers = tuple(AgentId(int(part)) for part in parts)
    text = call.query_as(NoteQuery).content
    return await _run(call, SendNote(agent=call.principal.agent, receivers=receivers, text=text))


async def send_notelet_ex(call: GatewayCall) -> Reply:
    """A note to several agents."""
    body = call.body_as(NoteBody)
    receivers = tuple(AgentId(agent) for agent in body.agent_ids)
    return await _run(call, SendNote(agent=call.principal.agent, receivers=receivers, text=body.content))


async def notify_bulletin(call: GatewayCall) -> Reply:
    """A bulletin to a group of agents or to those that serve a skill queue, named as configured or by its id."""
    caller, body = call.principal, call.body_as(BulletinBody)
    profile = caller.port.queries.profile
    if body.targettype == 0:
        group = next((one.id for one in profile.groups if body.targetname in (one.name, str(one.id))), None)
        if group is None:
            raise Refusal("300-004", "no such group")
        return await _run(call, PostBulletin(agent=caller.agent, group=group, text=body.bulletindata))
    queue = next((one.id for one in profile.queues if body.targetname in (one.name, str(one.id))), None)
    if queue is None:
        raise Refusal("300-004", "no such skill queue")
    return await _run(call, PostBulletin(agent=caller.agent, queue=queue, text=body.bulletindata))


async def set_agent_self_record(call: GatewayCall) -> Reply:
    """Record all own calls, or those that tenant and queue want; before the agent talks there is nothing to record."""
    flag, before = call.number("recordflag"), call.number("recordbeforetalking")
    if flag not in (0, 1) or before != 0:
        raise Refusal("000-002", "recordflag must be 0 or 1, recordbeforetalking 0")
    return await _run(call, SetSelfRecord(agents=(call.principal.agent,), enabled=flag == 1))


async def set_talk_right(call: GatewayCall) -> Reply:
    """Whether calls are offered to the agent while it is idle."""
    flag = call.query_as(TalkRightQuery).flag
    return await _run(call, SetTalkRight(agent=call.principal.agent, enabled=flag == 1))


async def set_forwarding(call: GatewayCall) -> Reply:
    """Dial a number in place of the agent's phone; an empty one ends that."""
    return await _run(call, SetForwarding(agent=call.principal.agent, number=call.body_as(ForwardingBody).number))


async def bind_agent_phone(call: GatewayCall) -> Reply:
    """Another phone for the rest of the session."""
    caller, phone = call.principal, call.body_as(BindPhoneBody).phonenum
    if not caller.port.has_phone(phone):
        raise Refusal("100-013", "phone number is not configured")
    return await _run(call, BindPhone(agent=caller.agent, phone=phone))


_AGENT = "/onlineagent/{agentid:agent}"

OPERATIONS: tuple[Operation[Caller], ...] = (
    Operation(
        "sendNotelet",
        ("POST",),
        f"{_AGENT}/sendnotelet/{{receiver}}",
        send_notelet,
        "Send a note",
        group="note",
        query=NoteQuery,
        events=("AgentOther_Note",),
        codes=("000-002", "100-006", "300-002"),
    ),
    Operation(
        "sendNoteletEx",
        ("POST",),
        f"{_AGENT}/sendnoteletex",
        send_notelet_ex,
        "Send a note to several agents",
        group="note",
        body=NoteBody,
        events=("AgentOther_Note",),
        codes=("000-002", "100-006", "300-002"),
    ),
    Operation(
        "notifyBulletin",
        ("POST",),
        f"{_AGENT}/notifybulletin",
        notify_bulletin,
        "Post a bulletin to a group or a skill queue",
        group="note",
        body=BulletinBody,
        events=("AgentOther_Bulletin",),
        codes=("000-002", "100-006", "300-004"),
    ),
    Operation(
        "setAgentSelfRecord",
        ("POST",),
        f"{_AGENT}/setselfrecord/{{recordflag:number}}/{{recordbeforetalking:number}}",
        set_agent_self_record,
        "Record all own calls",
        group="state",
        codes=("000-002", "100-006"),
    ),
    Operation(
        "setTalkRight",
        ("POST",),
        f"{_AGENT}/settalkright",
        set_talk_right,
        "Take calls or not",
        group="state",
        query=TalkRightQuery,
        codes=("000-002", "100-006"),
    ),
    Operation(
        "setForwarding",
        ("POST",),
        f"{_AGENT}/setforwarding",
        set_forwarding,
        "Forward calls to a number",
        group="state",
        body=ForwardingBody,
        codes=("000-002", "100-006"),
    ),
    Operation(
        "bindAgentPhone",
        ("POST",),
        f"{_AGENT}/bindphone",
        bind_agent_phone,
        "Bind another phone",
        group="bind_phone",
        body=BindPhoneBody,
        codes=("000-002", "100-006", "100-007", "100-013"),
    ),
)
