"""Resource `voicecall`: calls an agent asks for, previews, and what the agent's phone does (cc-gateway.md 5.2)."""

from __future__ import annotations

import re

from opencec.core.commands import (
    Answer,
    CallInner,
    CallOut,
    PickUp,
    Release,
    ReleasePhone,
    ReportWorkNumber,
    RequestContact,
)
from opencec.core.ids import AgentId, ContactId, QueueId
from opencec.elements.cc_gateway.call_schemas import CallInnerSkillBody, PickUpQuery, PreviewBody, RequestCallQuery
from opencec.elements.cc_gateway.gateway import Caller, GatewayCall
from opencec.elements.cc_gateway.voice_calls import DIAL_FAILED, DIALLED, run
from opencec.httpkit.operations import Operation
from opencec.httpkit.replies import Refusal, Reply

__all__ = ["OPERATIONS"]

_PUBLIC_QUEUE = "0"
_SKILL_TYPE = re.compile(r"[01]")


async def snatch_pickup(call: GatewayCall) -> Reply:
    """Take the call that rings at another agent."""
    other = AgentId(int(call.query_as(PickUpQuery).other))
    return await run(call, PickUp(agent=call.principal.agent, other=other))


async def request_call(call: GatewayCall) -> Reply:
    """Have a certain waiting call offered; only calls of public queues are asked for."""
    if _SKILL_TYPE.fullmatch(call.path["skilltype"]) is None or call.path["skilltype"] != _PUBLIC_QUEUE:
        raise Refusal("000-002", "skilltype must be 0, the public queue")
    skill = call.query_as(RequestCallQuery).skillid
    command = RequestContact(
        agent=call.principal.agent, contact=ContactId(call.path["callid"]), queue=QueueId(skill) if skill else None
    )
    return await run(call, command)


async def preview_call_out(call: GatewayCall) -> Reply:
    """Call the number that was proposed. The result is the call id."""
    caller, body = call.principal, call.body_as(PreviewBody)
    if not body.callcontrolid:
        raise Refusal("000-002", "callcontrolid is missing")
    contact = caller.port.new_contact_id()
    await caller.port.execute(
        CallOut(
            agent=caller.agent,
            contact=contact,
            called=body.called,
            caller=body.caller,
            queue=QueueId(body.skillid) if body.skillid else None,
            data=body.callappdata,
            preview=body.callcontrolid,
        )
    )
    return caller.reply(contact)


async def call_inner_skill(call: GatewayCall) -> Reply:
    """Call whoever serves a skill queue. The result is the call id."""
    caller, body = call.principal, call.body_as(CallInnerSkillBody)
    queue = body.skillid or int(body.called or 0)
    if not queue:
        raise Refusal("000-002", "skillid is missing")
    contact = caller.port.new_contact_id()
    await caller.port.execute(
        CallInner(agent=caller.agent, contact=contact, queue=QueueId(queue), data=body.callappdata)
    )
    return caller.reply(contact)


async def phone_pickup(call: GatewayCall) -> Reply:
    """Answer the call; the parties talk once the phone is lifted too."""
    return await run(call, Answer(agent=call.principal.agent))


async def phone_hang_up(call: GatewayCall) -> Reply:
    """Refuse the call for which the phone rings, or give it up.

    Raises:
        Refusal: 100-007, the phone does not ring.
    """
    caller = call.principal
    calls = caller.port.queries.calls_of(caller.agent)
    if not calls or calls[0].phase not in ("alerting", "dialling"):
        raise Refusal("100-007", "the phone does not ring")
    return await run(call, Release(agent=caller.agent))


async def release_phone(call: GatewayCall) -> Reply:
    """Put the phone on hook that stays off hook between calls."""
    return await run(call, ReleasePhone(agent=call.principal.agent))


async def report_sound(call: GatewayCall) -> Reply:
    """Let everybody in the call hear the agent's work number; what else a body may ask for is not published."""
    return await run(call, ReportWorkNumber(agent=call.principal.agent))


_VOICE = "/voicecall/{agentid:agent}"
_OFFERED = (
    "AgentEvent_Incoming_CallInfo",
    "AgentOther_PhoneAlerting",
    "AgentOther_PhoneOffhook",
    "AgentState_Busy",
    "AgentEvent_Auto_Answer",
    "AgentEvent_Talking",
    "AgentMediaEvent_Record",
)
_FAILED = ("AgentEvent_Call_Out_Fail", *DIAL_FAILED)

OPERATIONS: tuple[Operation[Caller], ...] = (
    Operation(
        "snatchPickup",
        ("PUT",),
        f"{_VOICE}/snatchpickup",
        snatch_pickup,
        "Take the call that rings at another agent",
        group="pick_up",
        query=PickUpQuery,
        events=_OFFERED,
        codes=("000-002", "100-006", "100-007", "200-002"),
    ),
    Operation(
        "requestAppointedCall",
        ("POST",),
        f"{_VOICE}/requestcall/{{callid}}/{{skilltype}}",
        request_call,
        "Have a certain waiting call offered",
        group="request",
        query=RequestCallQuery,
        events=(*_OFFERED, "AgentEvent_Ringing"),
        codes=("000-002", "100-006", "100-007"),
    ),
    Operation(
        "previewCallOut",
        ("PUT",),
        f"{_VOICE}/previewcallout",
        preview_call_out,
        "Call the number of a preview",
        group="call_out",
        body=PreviewBody,
        events=(*DIALLED, "AgentMediaEvent_Record", *_FAILED),
        codes=("000-002", "100-006", "100-007", "200-001"),
    ),
    Operation(
        "callInnerSkill",
        ("PUT",),
        f"{_VOICE}/callinnerskill",
        call_inner_skill,
        "Call whoever serves a skill queue",
        group="call_out",
        body=CallInnerSkillBody,
        events=(*DIALLED, "AgentEvent_Inside_Call_Fail", *DIAL_FAILED),
        codes=("000-002", "100-006", "100-007", "200-001"),
    ),
    Operation(
        "phonePickup",
        ("PUT",),
        f"{_VOICE}/phonepickup",
        phone_pickup,
        "Answer the call whose phone rings",
        group="answer",
        events=("AgentEvent_Talking", "AgentMediaEvent_Record"),
        codes=("100-006", "200-002"),
    ),
    Operation(
        "phoneHangUp",
        ("PUT", "POST"),
        f"{_VOICE}/phonehangup",
        phone_hang_up,
        "Refuse the call whose phone rings",
        group="release",
        events=("AgentOther_PhoneRelease", "AgentState_SetNotReady_Success"),
        codes=("100-006", "100-007"),
    ),
    Operation(
        "releasePhone",
        ("DELETE",),
        f"{_VOICE}/releasephone",
        release_phone,
        "Put an always-off-hook phone on hook",
        group="phone",
        events=("AgentOther_PhoneRelease",),
        codes=("100-006", "100-007"),
    ),
    Operation(
        "reportSound",
        ("POST",),
        f"{_VOICE}/reportsound",
        report_sound,
        "Say the agent's work number to everybody in the call",
        group="report",
        codes=("100-006", "200-009"),
    ),
)
