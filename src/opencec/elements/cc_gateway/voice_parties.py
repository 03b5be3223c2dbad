"""Resource `voicecall`: consults, transfers of every mode, calls of three parties (cc-gateway.md 5.2, 8.2)."""

from __future__ import annotations

import re
from typing import Literal

from opencec.core.commands import (
    CancelTransfer,
    ConnectHeld,
    Consult,
    Disconnect,
    JoinHeld,
    SetCallData,
    Transfer,
    TransferTarget,
)
from opencec.core.ids import AgentId, ContactId, QueueId
from opencec.elements.cc_gateway.call_schemas import ConfJoinBody, InnerHelpBody
from opencec.elements.cc_gateway.gateway import Caller, GatewayCall
from opencec.elements.cc_gateway.schemas import TransferBody
from opencec.elements.cc_gateway.voice_calls import RELEASED, run
from opencec.httpkit.operations import Operation
from opencec.httpkit.replies import Refusal, Reply

__all__ = ["OPERATIONS"]

_NUMBER = re.compile(r"[0-9*#+]{1,25}")
_TargetKind = Literal["queue", "agent", "flow", "access_code", "number"]
_Mode = Literal["release", "success", "designated", "talk", "conference", "suspend"]
_TARGETS: dict[int, tuple[_TargetKind, dict[int, _Mode]]] = {
    1: ("queue", {0: "release", 2: "success"}),
    2: ("agent", {0: "release", 2: "success", 3: "designated"}),
    3: ("flow", {0: "release", 1: "suspend"}),
    4: ("access_code", {0: "release", 2: "success"}),
    5: ("number", {1: "release", 2: "success", 3: "talk", 4: "conference"}),
}
"""Device type: kind of target, and what its mode numbers mean."""
_MERGE = (2, 4)
"""Device type and mode of the desktop client: the agent who is consulted gets the held call."""
_INTERNAL = (6, 51, 52)
"""Call types between agents (8.1)."""
_SKILL = 1
_THREE_PARTIES = 2


async def inner_help(call: GatewayCall) -> Reply:
    """Ask an agent or a skill queue for help. The result is the call id of the consult."""
    caller, body = call.principal, call.body_as(InnerHelpBody)
    contact, address = caller.port.new_contact_id(), int(body.dstaddress)
    await caller.port.execute(
        Consult(
            agent=caller.agent,
            contact=contact,
            called=None if body.devicetype == _SKILL else AgentId(address),
            queue=QueueId(address) if body.devicetype == _SKILL else None,
            parties=3 if body.mode == _THREE_PARTIES else 2,
            holds=body.holdflag,
            data=body.callappdata,
        )
    )
    return caller.reply(contact)


async def conf_join(call: GatewayCall) -> Reply:
    """Three-party: the active call's party joins the held call."""
    body = call.body_as(ConfJoinBody)
    return await run(call, JoinHeld(agent=call.principal.agent, contact=ContactId(body.callid), data=body.callappdata))


async def connect_hold(call: GatewayCall) -> Reply:
    """Connect the held call's party with the active one's, and leave."""
    return await run(call, ConnectHeld(agent=call.principal.agent, contact=ContactId(call.path["callid"])))


async def disconnect(call: GatewayCall) -> Reply:
    """Take one party out of a three-party call."""
    number = call.path["number"]
    if _NUMBER.fullmatch(number) is None:
        raise Refusal("000-002", "number must be 1-24 digits")
    return await run(call, Disconnect(agent=call.principal.agent, number=number))


async def transfer(call: GatewayCall) -> Reply:
    """Pass the call on; the modes that exist depend on the device type."""
    caller, body = call.principal, call.body_as(TransferBody)
    if (body.devicetype, body.mode) == _MERGE:
        return await _merge(call, body)
    kind, modes = _TARGETS[body.devicetype]
    mode = modes.get(body.mode)
    if mode is None:
        raise Refusal("000-002", f"mode {body.mode} is not available for device type {body.devicetype}")
    if kind != "number" and not body.address.isdigit():
        raise Refusal("000-002", "address must be digits")
    _check_call(call, kind, mode)
    target = TransferTarget(kind, _flow_of(caller, body.address) if kind == "flow" else body.address)
    return await run(
        call,
        Transfer(
            agent=caller.agent,
            target=target,
            mode=mode,
            data=body.callappdata,
            caller="" if mode == "release" else body.caller,
            holds=body.holdflag,
            medium="video" if body.mediaability else "voice",
        ),
    )


async def _merge(call: GatewayCall, body: TransferBody) -> Reply:
    """Connect the held customer with the agent whom this agent talks to; then this one leaves (mode 4).

    Raises:
        Refusal: 200-012: the agent does not talk with that agent, or holds no call.
    """
    caller, address = call.principal, body.address
    calls = caller.port.queries.calls_of(caller.agent)
    held = [view for view in calls if view.phase == "held"]
    if not held or calls[0].phase != "talking" or calls[0].parties != (address,) or calls[0].feature not in _INTERNAL:
        raise Refusal("200-012", f"agent {caller.agent} does not consult agent {address}, or holds no call")
    if body.callappdata is not None:
        await caller.port.execute(SetCallData(contact=held[-1].contact, data=body.callappdata))
    return await run(call, ConnectHeld(agent=caller.agent, contact=held[-1].contact))


def _check_call(call: GatewayCall, kind: _TargetKind, mode: _Mode) -> None:
    """5.2: an outbound call is not released to an external number."""
    calls = call.principal.port.queries.calls_of(call.principal.agent)
    if kind == "number" and mode == "release" and calls and calls[0].is_outbound and calls[0].phase == "talking":
        raise Refusal("200-012", "an outbound call cannot be released to an external number")


def _flow_of(caller: Caller, address: str) -> str:
    """The address of an IVR is its access code (5.2); a flow's own code is taken, too.

    Raises:
        Refusal: 000-002, no such flow is published.
    """
    for flow in caller.port.flows:
        if address in (flow.access, flow.code):
            return flow.code
    raise Refusal("000-002", f"no flow has the access code {address}")


async def cancel_transfer(call: GatewayCall) -> Reply:
    """Take the call back from a transfer, or drop its third party."""
    return await run(call, CancelTransfer(agent=call.principal.agent))


_VOICE = "/voicecall/{agentid:agent}"

OPERATIONS: tuple[Operation[Caller], ...] = (
    Operation(
        "innerHelp",
        ("POST",),
        f"{_VOICE}/innerhelp",
        inner_help,
        "Consult an agent or a skill queue",
        group="consult",
        body=InnerHelpBody,
        events=(
            "AgentEvent_Hold",
            "AgentEvent_Customer_Alerting",
            "AgentEvent_Talking",
            "AgentEvent_Conference",
            "AgentEvent_Consult_Fail",
        ),
        codes=("000-002", "100-006", "100-007", "200-018"),
    ),
    Operation(
        "confJoin",
        ("POST",),
        f"{_VOICE}/confjoin",
        conf_join,
        "Three-party call",
        group="join",
        body=ConfJoinBody,
        events=("AgentEvent_Conference", "AgentEvent_Customer_Release"),
        codes=("000-002", "100-006", "100-007", "200-010", "200-011"),
    ),
    Operation(
        "connectHold",
        ("POST",),
        f"{_VOICE}/connecthold/{{callid}}",
        connect_hold,
        "Connect the held call with the active one",
        group="connect",
        events=RELEASED,
        codes=("100-006", "100-007", "200-013", "200-014"),
    ),
    Operation(
        "disconnect",
        ("POST",),
        f"{_VOICE}/disconnect/{{number}}",
        disconnect,
        "Take one party out of a three-party call",
        group="disconnect",
        events=("AgentEvent_Customer_Release", "AgentEvent_Talking"),
        codes=("000-002", "100-006", "200-023", "200-024"),
    ),
    Operation(
        "transfer",
        ("POST",),
        f"{_VOICE}/transfer",
        transfer,
        "Transfer",
        group="transfer",
        body=TransferBody,
        events=(
            "AgentEvent_Customer_Alerting",
            "AgentEvent_SuccTransResult",
            "AgentEvent_TransOutResult",
            "AgentEvent_Conference",
            "AgentEvent_ReturnFromIvr",
            *RELEASED,
        ),
        codes=("000-002", "100-006", "100-007", "200-012"),
    ),
    Operation(
        "cancelTransfer",
        ("POST",),
        f"{_VOICE}/canceltransfer",
        cancel_transfer,
        "Take the call back from a transfer",
        group="transfer",
        events=("AgentEvent_Customer_Release", "AgentEvent_Talking"),
        codes=("100-006", "100-007", "200-012"),
    ),
)
"""`RELEASED` come when the agent leaves."""
