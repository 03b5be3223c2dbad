"""Resource `textchat`: the agent's chats that are over (cc-gateway.md 5.9, callSession)."""

from __future__ import annotations

import math

from opencec.core.ids import ContactId
from opencec.elements.cc_gateway.gateway import Caller, GatewayCall
from opencec.elements.cc_gateway.text_chat_schemas import SessionPage, SessionQueryBody, SessionRow
from opencec.httpkit.operations import Operation
from opencec.httpkit.replies import Refusal, Reply
from opencec.ports.chat_history import HistoryQuery
from opencec.ports.records import Cdr, CdrQuery

__all__ = ["OPERATIONS"]

_TEXT, _WEB, _SOCIAL = "1", "2", "3"
_PAGE = 500


async def call_session(call: GatewayCall) -> Reply:
    """Chats that are over and that the agent had last, newest first, page by page."""
    caller, body = call.principal, call.body_as(SessionQueryBody)
    if body.callType:
        raise Refusal("000-002", "callType: its values are not published")
    found = await _found(caller, body) if body.mediaType in ("", _TEXT) else []
    first = (body.pageNo - 1) * body.pageSize
    return caller.reply(
        SessionPage(
            totalPageNo=math.ceil(len(found) / body.pageSize),
            totalCount=len(found),
            pageNo=body.pageNo,
            pageSize=body.pageSize,
            weccCallBillList=[await _row(caller, cdr) for cdr in found[first : first + body.pageSize]],
        )
    )


async def _found(caller: Caller, body: SessionQueryBody) -> list[Cdr]:
    found: list[Cdr] = []
    after: tuple[int, str] | None = None
    while True:
        page = await caller.port.call_records(
            CdrQuery(
                since=body.startTime or None,
                until=body.endTime + 1 if body.endTime else None,
                agent=str(caller.agent),
                caller=body.caller or body.realCaller or None,
                after=after,
                limit=_PAGE,
                newest_first=True,
            )
        )
        for cdr in page:
            if _fits(caller, cdr, body) and (not body.callerName or await _name(caller, cdr) == body.callerName):
                found.append(cdr)
        if len(page) < _PAGE:
            return found
        after = (page[-1].begin, page[-1].callid)


def _fits(caller: Caller, cdr: Cdr, body: SessionQueryBody) -> bool:
    return (
        cdr.media == "text"
        and body.caller in ("", cdr.caller)
        and body.realCaller in ("", cdr.caller)
        and body.called in ("", cdr.called)
        and body.subMediaType in ("", _sub_media(caller, cdr))
    )


def _sub_media(caller: Caller, cdr: Cdr) -> str:
    channel = caller.port.chats.channels.find(cdr.called) if cdr.direction == "inbound" else None
    return _SOCIAL if channel is not None and channel.type != "WEB" else _WEB


async def _name(caller: Caller, cdr: Cdr) -> str:
    """What the customer called itself."""
    return (await _counted(caller, cdr))[0]


async def _counted(caller: Caller, cdr: Cdr) -> tuple[str, int, int]:
    """The customer's name, and how many messages came from it and went to it."""
    name, received, sent, after = "", 0, 0, 0
    contact = ContactId(cdr.callid)
    while page := await caller.port.chats.messages(HistoryQuery(contact=contact, after=after, limit=_PAGE)):
        for message in page:
            if message.source == "customer":
                name, received = message.sender_name or name, received + 1
            else:
                sent += 1
        after = page[-1].number
    return name, received, sent


async def _row(caller: Caller, cdr: Cdr) -> SessionRow:
    name, received, sent = await _counted(caller, cdr)
    return SessionRow(
        id=cdr.callid,
        vdnId=str(cdr.vdn),
        callId=cdr.callid,
        innerCall=cdr.direction == "internal",
        subMediaType=_sub_media(caller, cdr),
        caller=cdr.caller,
        called=cdr.called,
        accessCode=cdr.called if cdr.direction == "inbound" else "",
        skillId=str(cdr.queue or ""),
        realCaller=cdr.caller,
        callerName=name,
        beginTime=cdr.begin,
        connectTime=cdr.answer or 0,
        endTime=cdr.end,
        releaseCause=str(cdr.leave_reason),
        platformReleaseCause=str(cdr.leave_reason),
        logDate=cdr.end,
        receiveMsgNum=received,
        sendMsgNum=sent,
    )


OPERATIONS: tuple[Operation[Caller], ...] = (
    Operation(
        "callSession",
        ("POST",),
        "/textchat/{agentid:agent}/callsession",
        call_session,
        "The agent's chats that are over",
        group="query",
        body=SessionQueryBody,
        codes=("000-002", "100-006"),
    ),
)
