"""Resource `onlineagent`, second half: the agent's states and settings (cc-gateway.md 5.1.4)."""

from __future__ import annotations

from opencec.core.commands import (
    CancelBusy,
    CancelRest,
    CancelWork,
    Command,
    Rest,
    SayBusy,
    SayFree,
    SetAutoAnswer,
    SetAutoEnterIdle,
    Work,
)
from opencec.elements.cc_gateway.gateway import Caller, GatewayCall
from opencec.elements.cc_gateway.schemas import AgentStatus, SayBusyQuery
from opencec.elements.cc_gateway.views import (
    NOTHING,
    status_of,
)
from opencec.httpkit.operations import Operation
from opencec.httpkit.replies import Refusal, Reply

__all__ = ["OPERATIONS"]

_LONGEST_REST_S = 86_399
_FIRST_REASON = 200


async def _run(call: GatewayCall, command: Command) -> Reply:
    await call.principal.port.execute(command)
    return call.principal.reply(NOTHING)


async def say_busy(call: GatewayCall) -> Reply:
    """Busy, with a reason of the tenant (200-250) or none; `prolong` gives a busy agent a new reason."""
    query = call.query_as(SayBusyQuery)
    if 0 < query.reason < _FIRST_REASON:
        raise Refusal("000-002", "reason must be 0 or 200-250")
    return await _run(call, SayBusy(agent=call.principal.agent, reason=query.reason, prolong=query.prolong))


async def say_free(call: GatewayCall) -> Reply:
    """Idle."""
    call.principal.need_own_password()
    return await _run(call, SayFree(agent=call.principal.agent))


async def cancel_busy(call: GatewayCall) -> Reply:
    """Leave busy."""
    call.principal.need_own_password()
    return await _run(call, CancelBusy(agent=call.principal.agent))


async def rest(call: GatewayCall) -> Reply:
    """Rest for 1-86399 s with cause 0-255; in a call it begins after it."""
    seconds, cause = call.number("time"), call.number("restcause")
    if not (1 <= seconds <= _LONGEST_REST_S and cause <= 255):
        raise Refusal("000-002", "time must be 1-86399 and restcause 0-255")
    return await _run(call, Rest(agent=call.principal.agent, seconds=seconds, cause=cause))


async def cancel_rest(call: GatewayCall) -> Reply:
    """Leave rest."""
    return await _run(call, CancelRest(agent=call.principal.agent))


async def say_work(call: GatewayCall) -> Reply:
    """Enter wrap-up."""
    return await _run(call, Work(agent=call.principal.agent))


async def cancel_work(call: GatewayCall) -> Reply:
    """Leave wrap-up."""
    return await _run(call, CancelWork(agent=call.principal.agent))


async def get_agent_status(call: GatewayCall) -> Reply:
    """State code and whether a call is going on."""
    view = call.principal.view()
    return call.principal.reply(AgentStatus(status_of(view), view.is_in_call))


async def set_auto_answer(call: GatewayCall) -> Reply:
    """Answer offered calls with the phone's answer, or wait for `answer`."""
    flag = call.path["isautoanswer"].lower()
    if flag not in ("true", "false"):
        raise Refusal("000-002", "isautoanswer must be true or false")
    return await _run(call, SetAutoAnswer(agent=call.principal.agent, enabled=flag == "true"))


async def set_auto_enter_idle(call: GatewayCall) -> Reply:
    """Idle after a call; any other text than true: wrap-up."""
    enabled = call.path["flag"].lower() == "true"
    return await _run(call, SetAutoEnterIdle(agent=call.principal.agent, enabled=enabled))


_AGENT = "/onlineagent/{agentid:agent}"
_CODES = ("100-006", "100-009")

OPERATIONS: tuple[Operation[Caller], ...] = (
    Operation(
        "sayBusy",
        ("POST",),
        f"{_AGENT}/saybusy",
        say_busy,
        "Set busy",
        group="state",
        query=SayBusyQuery,
        events=("AgentState_SetNotReady_Success",),
        codes=("000-002", *_CODES),
    ),
    Operation(
        "sayFree",
        ("POST",),
        f"{_AGENT}/sayfree",
        say_free,
        "Set idle",
        group="state",
        events=("AgentState_Ready", "AgentState_CancelNotReady_Success"),
        codes=_CODES,
    ),
    Operation(
        "cancelBusy",
        ("POST",),
        f"{_AGENT}/cancelbusy",
        cancel_busy,
        "Leave busy",
        group="state",
        events=("AgentState_CancelNotReady_Success",),
        codes=_CODES,
    ),
    Operation(
        "rest",
        ("POST",),
        f"{_AGENT}/rest/{{time:number}}/{{restcause:number}}",
        rest,
        "Rest",
        group="state",
        events=("AgentState_SetRest_Success", "AgentState_Rest_Timeout"),
        codes=("000-002", *_CODES),
    ),
    Operation(
        "cancelRest",
        ("POST",),
        f"{_AGENT}/cancelrest",
        cancel_rest,
        "Leave rest",
        group="state",
        events=("AgentState_CancelRest_Success",),
        codes=_CODES,
    ),
    Operation(
        "sayWork",
        ("POST",),
        f"{_AGENT}/work",
        say_work,
        "Enter wrap-up",
        group="state",
        events=("AgentState_SetWork_Success",),
        codes=_CODES,
    ),
    Operation(
        "cancelWork",
        ("POST",),
        f"{_AGENT}/cancelwork",
        cancel_work,
        "Leave wrap-up",
        group="state",
        events=("AgentState_CancelWork_Success",),
        codes=_CODES,
    ),
    Operation(
        "getAgentStatus",
        ("GET",),
        f"{_AGENT}/agentstatus",
        get_agent_status,
        "State of the agent",
        group="query",
        codes=("100-006",),
    ),
    Operation(
        "setAgentAutoAnswer",
        ("POST",),
        f"{_AGENT}/autoanswer/{{isautoanswer:flag}}",
        set_auto_answer,
        "Switch automatic answer",
        group="state",
        codes=("000-002", "100-006"),
    ),
    Operation(
        "setAgentAutoEnterIdle",
        ("POST",),
        f"{_AGENT}/autoenteridle/{{flag:flag}}",
        set_auto_enter_idle,
        "Switch automatic idle after a call",
        group="state",
        codes=("000-002", "100-006"),
    ),
)
