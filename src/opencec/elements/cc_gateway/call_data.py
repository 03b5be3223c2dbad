"""Resource `calldata`: what is known of the agent's calls, and the data that travels with them (cc-gateway.md 5.3)."""

from __future__ import annotations

from opencec.core.commands import SetCallData
from opencec.core.ids import ContactId
from opencec.elements.cc_gateway.gateway import Caller, GatewayCall
from opencec.elements.cc_gateway.schemas import CallInfoQuery, DataBody
from opencec.elements.cc_gateway.views import NOTHING, call_object, last_call_object
from opencec.httpkit.operations import Operation
from opencec.httpkit.replies import Refusal, Reply
from opencec.services.agent_port import CallView

__all__ = ["OPERATIONS"]


def _calls(call: GatewayCall) -> list[CallView]:
    return list(call.principal.port.queries.calls_of(call.principal.agent))


def _find(call: GatewayCall, callid: str) -> CallView | None:
    return next((view for view in _calls(call) if view.contact == callid), None)


async def _set_data(call: GatewayCall, given: DataBody) -> Reply:
    if given.calldata is None:
        raise Refusal("400-002", "nothing to set")
    calls = _calls(call)
    wanted = given.callid or (calls[0].contact if calls else "")
    if not any(view.contact == wanted for view in calls):
        raise Refusal("400-001", "no such call")
    await call.principal.port.execute(SetCallData(contact=ContactId(wanted), data=given.calldata))
    return call.principal.reply(NOTHING)


async def set_call_app_data(call: GatewayCall) -> Reply:
    """Set the call data, given as query parameters; without a call id that of the current call."""
    return await _set_data(call, call.query_as(DataBody))


async def set_call_app_data_ex(call: GatewayCall) -> Reply:
    """Set the call data, given as body."""
    return await _set_data(call, call.body_as(DataBody))


async def query_call_app_data(call: GatewayCall) -> Reply:
    """The data of the current call."""
    calls = _calls(call)
    if not calls:
        raise Refusal("400-001", "no call")
    return call.principal.reply(calls[0].data)


async def query_call_info(call: GatewayCall) -> Reply:
    """The current call, else the one before unless that is not wanted, else null."""
    caller = call.principal
    if calls := _calls(call):
        return caller.reply(call_object(caller.port, calls[0]))
    last = caller.desk.translator.last_call(caller.agent)
    if last is None or call.query_as(CallInfoQuery).is_no_contain_last_call:
        return caller.reply(None)
    return caller.reply(last_call_object(caller.port, last))


async def query_call_info_by_call_id(call: GatewayCall) -> Reply:
    """One of the agent's calls; without times."""
    view = _find(call, call.path["callid"])
    if view is None:
        raise Refusal("000-002", "no such call")
    return call.principal.reply(call_object(call.principal.port, view, has_times=False))


async def query_call_info_before_answer(call: GatewayCall) -> Reply:
    """The call that is offered, else null."""
    ringing = next((view for view in _calls(call) if view.phase == "alerting"), None)
    return call.principal.reply(None if ringing is None else call_object(call.principal.port, ringing))


async def query_all_call_id(call: GatewayCall) -> Reply:
    """Ids of the agent's calls, the current one first."""
    return call.principal.reply([view.contact for view in _calls(call)])


async def query_hold_list_info(call: GatewayCall) -> Reply:
    """The agent's held calls."""
    held = [view for view in _calls(call) if view.phase == "held"]
    if not held:
        raise Refusal("400-003", "no held call")
    return call.principal.reply([call_object(call.principal.port, view) for view in held])


async def is_process_call(call: GatewayCall) -> Reply:
    """Whether the agent has a call."""
    return call.principal.reply(bool(_calls(call)))


async def query_call_nums_on_agent(call: GatewayCall) -> Reply:
    """How many calls the agent has."""
    return call.principal.reply(len(_calls(call)))


_DATA = "/calldata/{agentid:agent}"

OPERATIONS: tuple[Operation[Caller], ...] = (
    Operation(
        "setCallAppData",
        ("PUT",),
        _DATA,
        set_call_app_data,
        "Set call data by query",
        group="call_data",
        query=DataBody,
        codes=("400-001", "400-002"),
    ),
    Operation(
        "setCallAppDataEx",
        ("PUT", "POST"),
        f"{_DATA}/setcalldataex",
        set_call_app_data_ex,
        "Set call data by body",
        group="call_data",
        body=DataBody,
        codes=("400-001", "400-002"),
    ),
    Operation(
        "queryCallAppData",
        ("GET",),
        f"{_DATA}/appdata",
        query_call_app_data,
        "Call data of the current call",
        group="call_data",
        codes=("400-001",),
    ),
    Operation(
        "queryCallInfo",
        ("GET",),
        f"{_DATA}/callinfo",
        query_call_info,
        "Current or last call",
        group="query",
        query=CallInfoQuery,
    ),
    Operation(
        "queryCallInfoByCallId",
        ("GET",),
        f"{_DATA}/callinfobycallid/{{callid}}",
        query_call_info_by_call_id,
        "One call by its id",
        group="query",
        codes=("000-002",),
    ),
    Operation(
        "queryCallInfoBeforeAnswer",
        ("GET",),
        f"{_DATA}/callinfobeforeanswer",
        query_call_info_before_answer,
        "The offered call",
        group="query",
    ),
    Operation(
        "queryAllCallID",
        ("GET",),
        f"{_DATA}/allcallid",
        query_all_call_id,
        "Ids of all calls of the agent",
        group="query",
    ),
    Operation(
        "queryHoldListInfo",
        ("GET",),
        f"{_DATA}/holdlist",
        query_hold_list_info,
        "Held calls",
        group="query",
        codes=("400-003",),
    ),
    Operation(
        "isProcessCall",
        ("GET",),
        f"{_DATA}/isprocesscall",
        is_process_call,
        "Whether the agent has a call",
        group="query",
    ),
    Operation(
        "queryCallNumsOnAgent",
        ("GET",),
        f"{_DATA}/callnums",
        query_call_nums_on_agent,
        "Number of calls of the agent",
        group="query",
    ),
)
