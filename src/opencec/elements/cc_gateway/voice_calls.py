"""Resource `voicecall`: making, answering, holding and ending calls (cc-gateway.md 5.2)."""

from __future__ import annotations

import re

from opencec.core.call import Pictures
from opencec.core.commands import (
    Answer,
    CallInner,
    CallOut,
    Command,
    DropCall,
    Hold,
    Mute,
    Reject,
    Release,
    Retrieve,
    SendDigits,
    Unmute,
)
from opencec.core.ids import AgentId, ContactId, QueueId
from opencec.elements.cc_gateway.gateway import Caller, GatewayCall
from opencec.elements.cc_gateway.schemas import CallOutBody, CallQuery, SecondDialQuery
from opencec.elements.cc_gateway.views import NOTHING
from opencec.httpkit.operations import Operation
from opencec.httpkit.replies import Refusal, Reply

__all__ = ["DIALLED", "DIAL_FAILED", "OPERATIONS", "RELEASED", "run"]

_DIGITS = re.compile(r"[0-9,%*#]{1,24}")
_WORK_NUMBER = re.compile(r"[1-9][0-9]{0,5}")


async def run(call: GatewayCall, command: Command) -> Reply:
    """Run a command that answers nothing."""
    await call.principal.port.execute(command)
    return call.principal.reply(NOTHING)


def _named(call: GatewayCall) -> ContactId | None:
    callid = call.query_as(CallQuery).callid
    return ContactId(callid) if callid else None


_PICTURES: dict[int, Pictures] = {1: "sees", 2: "shows"}
"""By the customer's video direction (5.2)."""


def _chat_named(caller: Caller, contact: ContactId | None) -> ContactId | None:
    """The text contact that is meant; it must be named."""
    return contact if contact is not None and caller.port.chats.chat(contact) is not None else None


async def call_out(call: GatewayCall) -> Reply:
    """Dial a number: the agent's phone first. The result is the call id."""
    caller, body = call.principal, call.body_as(CallOutBody)
    caller.need_right("call_out", "100-007")
    contact = caller.port.new_contact_id()
    await caller.port.execute(
        CallOut(
            agent=caller.agent,
            contact=contact,
            called=body.called,
            caller=body.caller,
            queue=QueueId(body.skillid) if body.skillid else None,
            data=body.callappdata,
            medium="video" if body.mediaability else "voice",
            pictures=_PICTURES.get(body.user_video_direction, "both") if body.mediaability == 1 else "both",
        )
    )
    return caller.reply(contact)


async def call_inner(call: GatewayCall) -> Reply:
    """Call another agent. The result is the call id."""
    caller, body = call.principal, call.body_as(CallOutBody)
    if _WORK_NUMBER.fullmatch(body.called) is None:
        raise Refusal("000-002", "called must be a work number")
    contact = caller.port.new_contact_id()
    await caller.port.execute(
        CallInner(
            agent=caller.agent,
            contact=contact,
            called=AgentId(int(body.called)),
            data=body.callappdata,
            medium="video" if body.mediaability else "voice",
        )
    )
    return caller.reply(contact)


async def answer(call: GatewayCall) -> Reply:
    """Take the offered call; while the phone still rings this is remembered."""
    caller, contact = call.principal, _named(call)
    if chat := _chat_named(caller, contact):
        await caller.port.chats.answer(chat, caller.agent)
        return caller.reply(NOTHING)
    return await run(call, Answer(agent=caller.agent, contact=contact))


async def reject(call: GatewayCall) -> Reply:
    """Refuse the offered call."""
    caller, callid = call.principal, call.body_as(CallQuery).callid
    contact = ContactId(callid) if callid else None
    if chat := _chat_named(caller, contact):
        await caller.port.chats.reject(chat, caller.agent)
        return caller.reply(NOTHING)
    return await run(call, Reject(agent=caller.agent, contact=contact))


async def release(call: GatewayCall) -> Reply:
    """Hang up, refuse while it rings, or give up dialling."""
    return await run(call, Release(agent=call.principal.agent))


async def drop_call(call: GatewayCall) -> Reply:
    """Hang up one call, also a held one."""
    caller, contact = call.principal, ContactId(call.path["callid"])
    chat = caller.port.chats.chat(contact)
    if chat is not None and chat.offered_to == caller.agent:
        await caller.port.chats.reject(contact, caller.agent)
        return caller.reply(NOTHING)
    if chat is not None:
        await caller.port.chats.end(contact, by="agent", agent=caller.agent)
        return caller.reply(NOTHING)
    if not call.principal.port.queries.calls_of(call.principal.agent):
        raise Refusal("200-026", "no call at all")
    return await run(call, DropCall(agent=call.principal.agent, contact=ContactId(call.path["callid"])))


async def hold(call: GatewayCall) -> Reply:
    """Hold the active call."""
    return await run(call, Hold(agent=call.principal.agent))


async def get_hold(call: GatewayCall) -> Reply:
    """Go on with a held call."""
    return await run(call, Retrieve(agent=call.principal.agent, contact=_named(call)))


async def begin_mute(call: GatewayCall) -> Reply:
    """The other party hears the agent no more."""
    return await run(call, Mute(agent=call.principal.agent))


async def end_mute(call: GatewayCall) -> Reply:
    """The other party hears the agent again."""
    return await run(call, Unmute(agent=call.principal.agent))


async def second_dial(call: GatewayCall) -> Reply:
    """Send digits to the other party; `#` comes percent-encoded."""
    digits = call.path["number"]
    if _DIGITS.fullmatch(digits) is None:
        raise Refusal("000-002", "number must be 1-24 of 0-9 * # ,")
    return await run(call, SendDigits(agent=call.principal.agent, digits=digits))


async def second_dial_ex(call: GatewayCall) -> Reply:
    """Send digits to the other party, given as query parameter."""
    return await run(call, SendDigits(agent=call.principal.agent, digits=call.query_as(SecondDialQuery).number))


_VOICE = "/voicecall/{agentid:agent}"
DIALLED = (
    "AgentOther_PhoneAlerting",
    "AgentOther_PhoneOffhook",
    "AgentState_Busy",
    "AgentEvent_Customer_Alerting",
    "AgentEvent_Talking",
)
DIAL_FAILED = ("AgentEvent_Connect_Fail", "AgentOther_PhoneRelease", "AgentState_Ready")
RELEASED = (
    "AgentEvent_Call_Release",
    "AgentEvent_Customer_Release",
    "AgentMediaEvent_StopRecordDone",
    "AgentOther_PhoneRelease",
    "AgentState_Ready",
    "AgentState_Work",
)

OPERATIONS: tuple[Operation[Caller], ...] = (
    Operation(
        "callout",
        ("PUT",),
        f"{_VOICE}/callout",
        call_out,
        "Call a number",
        group="call_out",
        body=CallOutBody,
        events=(*DIALLED, "AgentMediaEvent_Record", "AgentEvent_Call_Out_Fail", *DIAL_FAILED),
        codes=("000-002", "100-006", "100-007", "200-001"),
    ),
    Operation(
        "callInner",
        ("PUT",),
        f"{_VOICE}/callinner",
        call_inner,
        "Call another agent",
        group="call_out",
        body=CallOutBody,
        events=(*DIALLED, "AgentEvent_Inside_Call_Fail", *DIAL_FAILED),
        codes=("000-002", "100-006", "100-007", "200-001"),
    ),
    Operation(
        "answer",
        ("PUT",),
        f"{_VOICE}/answer",
        answer,
        "Answer the offered call",
        group="answer",
        query=CallQuery,
        events=("AgentEvent_Talking", "AgentMediaEvent_Record"),
        codes=("100-006", "200-002"),
    ),
    Operation(
        "reject",
        ("POST",),
        f"{_VOICE}/reject",
        reject,
        "Refuse the offered call",
        group="answer",
        body=CallQuery,
        events=("AgentOther_PhoneRelease", "AgentState_SetNotReady_Success"),
        codes=("100-006", "200-002"),
    ),
    Operation(
        "release",
        ("DELETE", "POST"),
        f"{_VOICE}/release",
        release,
        "End the call",
        group="release",
        events=RELEASED,
        codes=("100-006", "200-017"),
    ),
    Operation(
        "releaseForVTM",
        ("DELETE",),
        _VOICE,
        release,
        "End the call",
        group="release",
        events=RELEASED,
        codes=("100-006", "200-017"),
    ),
    Operation(
        "dropCall",
        ("POST",),
        f"{_VOICE}/dropcall/{{callid}}",
        drop_call,
        "End one call",
        group="drop",
        events=RELEASED,
        codes=("100-006", "200-025", "200-026"),
    ),
    Operation(
        "hold",
        ("POST",),
        f"{_VOICE}/hold",
        hold,
        "Hold the call",
        group="hold",
        events=("AgentEvent_Hold",),
        codes=("100-006", "200-013", "200-014"),
    ),
    Operation(
        "getHold",
        ("POST",),
        f"{_VOICE}/gethold",
        get_hold,
        "Retrieve a held call",
        group="retrieve",
        query=CallQuery,
        events=("AgentEvent_Talking",),
        codes=("100-006", "200-015", "200-016"),
    ),
    Operation(
        "beginMute",
        ("POST",),
        f"{_VOICE}/beginmute",
        begin_mute,
        "Mute the agent",
        group="mute",
        codes=("100-006", "200-003", "200-004"),
    ),
    Operation(
        "endMute",
        ("POST",),
        f"{_VOICE}/endmute",
        end_mute,
        "Unmute the agent",
        group="unmute",
        codes=("100-006", "200-007", "200-008"),
    ),
    Operation(
        "secondDial",
        ("POST",),
        f"{_VOICE}/seconddial/{{number}}",
        second_dial,
        "Send digits",
        group="dial",
        codes=("000-002", "100-006", "100-007"),
    ),
    Operation(
        "secondDialEx",
        ("POST",),
        f"{_VOICE}/seconddialex",
        second_dial_ex,
        "Send digits given as query parameter",
        group="dial",
        query=SecondDialQuery,
        codes=("000-002", "100-006", "100-007"),
    ),
)
