"""Resource `calldata`: calls of others, waiting calls, business data, records and statistics (cc-gateway.md 5.3)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from opencec.core.commands import SetCallData
from opencec.core.ids import AgentId, ContactId, QueueId
from opencec.elements.cc_gateway.call_schemas import (
    BusinessDataBody,
    CallListQuery,
    CallRecord,
    OwnCallListQuery,
    Statistics,
)
from opencec.elements.cc_gateway.gateway import Caller, GatewayCall
from opencec.elements.cc_gateway.views import NOTHING, agent_of, call_object, queue_name
from opencec.httpkit.operations import Operation
from opencec.httpkit.replies import Refusal, Reply
from opencec.ports.records import Cdr, CdrQuery
from opencec.services.agent_port import CallView

__all__ = ["OPERATIONS"]

_DAY_MS = 86_400_000
_MOST_ROWS = 1_000
_PAGE = 1_000
_MILLISECONDS = 13
_FEATURES = {"inbound": 0, "internal": 6, "outbound": 7}
"""cc-gateway.md 8.1."""


def _objects(call: GatewayCall, views: Sequence[CallView]) -> Reply:
    return call.principal.reply([call_object(call.principal.port, view) for view in views])


def _calls_of(call: GatewayCall) -> Sequence[CallView]:
    """Calls of the agent named in the path.

    Raises:
        Refusal: 300-002, no such agent.
    """
    caller = call.principal
    other = AgentId(call.number("workno"))
    agent_of(caller.port, other)
    return caller.port.queries.calls_of(other)


async def query_all_call_info(call: GatewayCall) -> Reply:
    """All calls of an agent."""
    return _objects(call, _calls_of(call))


async def query_all_call_info_on_vdn(call: GatewayCall) -> Reply:
    """All calls that agents have, each once."""
    found = {view.contact: view for view in reversed(call.principal.port.queries.all_calls())}
    return _objects(call, sorted(found.values(), key=lambda view: (view.began_at, view.contact)))


async def query_hold_list_ex(call: GatewayCall) -> Reply:
    """Held calls of an agent."""
    held = [view for view in _calls_of(call) if view.phase == "held"]
    if not held:
        raise Refusal("400-003", "no held call")
    return _objects(call, held)


async def query_agent_hold_num(call: GatewayCall) -> Reply:
    """How many calls an agent holds."""
    return call.principal.reply(sum(view.phase == "held" for view in _calls_of(call)))


async def query_remote_numbers(call: GatewayCall) -> Reply:
    """Numbers of the other parties of the current call."""
    caller = call.principal
    calls = caller.port.queries.calls_of(caller.agent)
    return caller.reply(list(calls[0].parties) if calls else [])


async def query_private_call_info(call: GatewayCall) -> Reply:
    """Calls that wait for this agent alone."""
    return _objects(call, call.principal.port.queries.private_calls(call.principal.agent))


async def query_wait_call_info(call: GatewayCall) -> Reply:
    """Calls that wait in a skill queue, the next one first."""
    port, queue = call.principal.port, QueueId(call.number("skillid"))
    if not any(one.id == queue for one in port.queries.profile.queues):
        raise Refusal("000-002", "no such skill queue")
    return _objects(call, port.queries.waiting_calls(queue))


def _in_flow(call: GatewayCall) -> Sequence[CallView]:
    """Calls in the flow with an id of `ivrinfo`.

    Raises:
        Refusal: 000-002, no such flow.
    """
    port, number = call.principal.port, call.number("ivrid")
    flows = [flow for flow in port.flows if flow.access]
    if number > len(flows):
        raise Refusal("000-002", "no such IVR")
    return port.queries.flow_calls(flows[number - 1].code)


async def query_ivr_call_info(call: GatewayCall) -> Reply:
    """Calls in an IVR."""
    return _objects(call, _in_flow(call))


async def query_ivr_call_count(call: GatewayCall) -> Reply:
    """How many calls are in an IVR."""
    return call.principal.reply(len(_in_flow(call)))


def _own_call(call: GatewayCall, callid: str) -> CallView:
    calls = call.principal.port.queries.calls_of(call.principal.agent)
    found = next((view for view in calls if not callid or view.contact == callid), None)
    if found is None:
        raise Refusal("400-001", "no such call")
    return found


async def set_business_data(call: GatewayCall) -> Reply:
    """Keep business data with a call, beside its call data."""
    body = call.body_as(BusinessDataBody)
    if body.data is None:
        raise Refusal("400-002", "nothing to set")
    view = _own_call(call, body.callid)
    await call.principal.port.execute(SetCallData(contact=view.contact, data=body.data, is_business=True))
    return call.principal.reply(NOTHING)


async def get_business_data(call: GatewayCall) -> Reply:
    """The business data of a call."""
    return call.principal.reply(_own_call(call, call.body_as(BusinessDataBody).callid).business_data)


async def get_net_call_id(call: GatewayCall) -> Reply:
    """What the telephone network calls one of the agent's calls: the SIP Call-ID of the other party's leg."""
    caller = call.principal
    view = _own_call(call, ContactId(call.path["callid"]))
    found = caller.port.net_call_id(view.contact)
    if not found:
        raise Refusal("400-001", "the call has no leg in the network")
    return caller.reply(found)


# --- calls that are over ----------------------------------------------------------------------------------------------


def _moment(text: str, *, is_end: bool = False) -> int | None:
    """ms UTC of a moment in one of the forms of `OwnCallListQuery`; a day without a time is its begin or its end.

    Raises:
        Refusal: 000-002, no such day or time.
    """
    if not text:
        return None
    digits = "".join(letter for letter in text if letter.isdigit())
    if len(digits) >= _MILLISECONDS and len(digits) == len(text) and len(digits) == _MILLISECONDS:
        return int(digits)
    is_day = len(digits) == len("yyyymmdd")
    try:
        moment = datetime.strptime(digits, "%Y%m%d" if is_day else "%Y%m%d%H%M%S").replace(tzinfo=UTC)
    except ValueError:
        raise Refusal("000-002", "dates are yyyymmdd or yyyymmddhhmmss") from None
    return int(moment.timestamp() * 1000) + (_DAY_MS if is_day and is_end else 0)


async def _list(call: GatewayCall, query: OwnCallListQuery, *, agent: str | None) -> Reply:
    first = max(1, query.startposition)
    rows = min(query.endposition - first + 1, _MOST_ROWS)
    if rows < 1:
        raise Refusal("000-002", "endposition lies before startposition")
    since, until = _moment(query.startdate), _moment(query.enddate, is_end=True)
    found: list[Cdr] = []
    after: tuple[int, str] | None = None
    while len(found) < first - 1 + rows:
        page = await call.principal.port.call_records(
            CdrQuery(since=since, until=until, agent=agent, queue=query.skillid or None, after=after, limit=_PAGE)
        )
        found += page
        if len(page) < _PAGE:
            break
        after = (page[-1].begin, page[-1].callid)
    return call.principal.reply([_record(call, cdr) for cdr in found[first - 1 : first - 1 + rows]])


def _record(call: GatewayCall, cdr: Cdr) -> CallRecord:
    return CallRecord(
        callid=cdr.callid,
        callfeature=_FEATURES[cdr.direction],
        caller=cdr.caller,
        called=cdr.called,
        callskill=queue_name(call.principal.port, QueueId(cdr.queue) if cdr.queue else None),
        callskillid=cdr.queue or 0,
        workno=cdr.agent,
        begintime=cdr.begin,
        acktime=cdr.answer,
        endtime=cdr.end,
        talktime=cdr.talk_ms // 1000,
        releasecause=cdr.leave_reason,
        recordid=cdr.callid if cdr.recording else "",
    )


async def query_call_records(call: GatewayCall) -> Reply:
    """Calls that are over, oldest first, of one agent or of all."""
    query = call.query_as(CallListQuery)
    return await _list(call, query, agent=query.workno or None)


async def query_own_call_records(call: GatewayCall) -> Reply:
    """The agent's own calls that are over, oldest first."""
    return await _list(call, call.query_as(OwnCallListQuery), agent=str(call.principal.agent))


async def query_statistics(call: GatewayCall) -> Reply:
    """What the agent's calls of today (UTC) come to."""
    port = call.principal.port
    since = port.now() // _DAY_MS * _DAY_MS
    counts = {"inbound": 0, "outbound": 0, "internal": 0}
    answered = talk_ms = hold_ms = 0
    after: tuple[int, str] | None = None
    while True:
        page = await port.call_records(CdrQuery(since=since, agent=str(call.principal.agent), after=after, limit=_PAGE))
        for cdr in page:
            counts[cdr.direction] += 1
            answered += cdr.answer is not None
            talk_ms += cdr.talk_ms
            hold_ms += cdr.hold_ms
        if len(page) < _PAGE:
            break
        after = (page[-1].begin, page[-1].callid)
    return call.principal.reply(
        Statistics(
            callInNum=counts["inbound"],
            callOutNum=counts["outbound"],
            callInnerNum=counts["internal"],
            answeredNum=answered,
            talkTime=talk_ms // 1000,
            holdTime=hold_ms // 1000,
        )
    )


_DATA = "/calldata/{agentid:agent}"
_OTHERS = ("100-006", "300-002")

OPERATIONS: tuple[Operation[Caller], ...] = (
    Operation(
        "queryAllCallInfoByAgentWorkNo",
        ("GET",),
        f"{_DATA}/allcallinfo/{{workno:agent}}",
        query_all_call_info,
        "All calls of an agent",
        group="query",
        codes=_OTHERS,
    ),
    Operation(
        "queryAllCallInfoByAgentWorkNoEx",
        ("GET",),
        f"{_DATA}/allcallinfoEx/{{workno:agent}}",
        query_all_call_info,
        "All calls of an agent",
        group="query",
        codes=_OTHERS,
    ),
    Operation(
        "queryAllCallInfoOnVdn",
        ("GET",),
        f"{_DATA}/allcallinfoinvdn",
        query_all_call_info_on_vdn,
        "All calls in the VDN",
        group="query",
    ),
    Operation(
        "queryHoldListInfoEx",
        ("GET",),
        f"{_DATA}/holdlistex/{{workno:agent}}",
        query_hold_list_ex,
        "Held calls of an agent",
        group="query",
        codes=(*_OTHERS, "400-003"),
    ),
    Operation(
        "queryAgentHoldNum",
        ("GET",),
        f"{_DATA}/agentholdnum/{{workno:agent}}",
        query_agent_hold_num,
        "Number of held calls of an agent",
        group="query",
        codes=_OTHERS,
    ),
    Operation(
        "queryRemoteNumbers",
        ("GET",),
        f"{_DATA}/remotenumbers",
        query_remote_numbers,
        "Numbers of the other parties",
        group="query",
    ),
    Operation(
        "queryPrivateCallInfo",
        ("GET",),
        f"{_DATA}/privatecallinfo",
        query_private_call_info,
        "Calls that wait for this agent alone",
        group="query",
    ),
    Operation(
        "queryWaitCallInfoBySkillId",
        ("GET",),
        f"{_DATA}/waitcallinfo/{{skillid:id}}",
        query_wait_call_info,
        "Waiting calls of a skill queue",
        group="query",
        codes=("000-002",),
    ),
    Operation(
        "queryWaitCallInfoByIVRId",
        ("GET",),
        f"{_DATA}/ivrcallinfo/{{ivrid:id}}",
        query_ivr_call_info,
        "Calls in an IVR",
        group="query",
        codes=("000-002",),
    ),
    Operation(
        "queryCallCountByIVRId",
        ("GET",),
        f"{_DATA}/ivrcallcount/{{ivrid:id}}",
        query_ivr_call_count,
        "Number of calls in an IVR",
        group="query",
        codes=("000-002",),
    ),
    Operation(
        "setCallBusinessData",
        ("PUT",),
        f"{_DATA}/setcallbusinessdata",
        set_business_data,
        "Set business data of a call",
        group="call_data",
        body=BusinessDataBody,
        codes=("400-001", "400-002"),
    ),
    Operation(
        "getCallBusinessData",
        ("PUT",),
        f"{_DATA}/getcallbusinessdata",
        get_business_data,
        "Business data of a call",
        group="call_data",
        body=BusinessDataBody,
        codes=("400-001",),
    ),
    Operation(
        "getNetCallId",
        ("GET",),
        f"{_DATA}/getNetCallId/{{callid}}",
        get_net_call_id,
        "Network call id",
        group="call_data",
        codes=("400-001",),
    ),
    Operation(
        "queryCallRecordList",
        ("GET",),
        f"{_DATA}/callRecordInfoList",
        query_call_records,
        "Calls that are over",
        group="query",
        query=CallListQuery,
        codes=("000-002",),
    ),
    Operation(
        "querySelfCallRecordInfo",
        ("GET",),
        f"{_DATA}/queryselfcallrecordinfolist",
        query_own_call_records,
        "Own calls that are over",
        group="query",
        query=OwnCallListQuery,
        codes=("000-002",),
    ),
    Operation(
        "queryCallStatisticsInfo",
        ("GET",),
        f"{_DATA}/statistics",
        query_statistics,
        "The agent's calls of today",
        group="query",
    ),
)
