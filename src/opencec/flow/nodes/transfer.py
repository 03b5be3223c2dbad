"""Call Transfer: hand the call to a skill queue, an agent, a number or another IVR (ivr-flows 4.5)."""

from __future__ import annotations

from enum import IntEnum
from typing import assert_never

import msgspec

from opencec.flow.check import Check
from opencec.flow.errors import NodeFailed
from opencec.flow.inputs import Input, TransferFailed, TransferSucceeded
from opencec.flow.node import INNER_ERROR, End, Exit, Go, Move, NodeType, Parameters, Wait
from opencec.flow.orders import Order, TransferToAgent, TransferToFlow, TransferToNumber, TransferToQueue
from opencec.flow.run import Run

__all__ = ["Transfer", "TransferParameters", "TransferType"]

_MAX_DATA = 16 * 1024
"""Bytes of call-associated data on the wire."""


class TransferType(IntEnum):
    """The documented codes."""

    IVR = 2
    QUEUE = 3
    AGENT = 4
    NUMBER = 5


class TransferParameters(Parameters, frozen=True):
    transfer_type: TransferType
    target: str
    """Queue name or id, agent's work number, telephone number, or a flow's access code; may hold variables."""
    priority: int = 0
    """Customer level for queue and agent: 0 to 9, 9 goes first."""
    caller: str = ""
    """Number to present to a third party; empty = the tenant's own."""
    record: bool = False
    """Record the call with a third party."""
    timeout_seconds: int = 30
    """How long an agent's phone or a number may ring."""
    data: dict[str, str] = msgspec.field(default_factory=dict)
    """Call-associated data for the agent's desktop or the next flow; values may hold variables."""


class Transfer(NodeType[TransferParameters]):
    """Success ends the flow's part in the call, so there is only an exit for failure."""

    tag = "transfer"
    title = "Call Transfer"
    parameters = TransferParameters
    awaits = (TransferFailed, TransferSucceeded)

    def exits(self, parameters: TransferParameters) -> tuple[Exit, ...]:
        return (Exit("failure"), Exit(INNER_ERROR, is_required=False))

    def check(self, parameters: TransferParameters, check: Check) -> None:
        kind, known = parameters.transfer_type, check.references
        check.template("target", parameters.target)
        match kind:
            case TransferType.QUEUE:
                check.reference("target", parameters.target, known.queues, "skill queue")
            case TransferType.AGENT:
                check.reference("target", parameters.target, known.agents, "agent")
            case TransferType.IVR:
                check.reference("target", parameters.target, known.access_codes, "flow with access code")
            case TransferType.NUMBER:
                check.template("caller", parameters.caller, needed=False)
            case _:
                assert_never(kind)
        check.within("priority", parameters.priority, 0, 9)
        check.within("timeout_seconds", parameters.timeout_seconds, 1, 300)
        self._check_meaning(parameters, check)
        for name, value in parameters.data.items():
            check.template(f"data.{name}", value, needed=False)

    def _check_meaning(self, parameters: TransferParameters, check: Check) -> None:
        """An option that this kind of transfer does not know would silently do nothing."""
        kind = parameters.transfer_type
        if kind is not TransferType.NUMBER:
            if parameters.caller:
                check.problem("caller", "only for a transfer to a number")
            if parameters.record:
                check.problem("record", "only for a transfer to a number")
        if kind not in (TransferType.QUEUE, TransferType.AGENT) and parameters.priority:
            check.problem("priority", "only for a transfer to a queue or an agent")

    def enter(self, run: Run, parameters: TransferParameters) -> Move:
        target = run.fill(parameters.target).strip()
        if not target:
            raise NodeFailed("the transfer has no target now")
        data = {name: run.fill(value) for name, value in parameters.data.items()}
        if sum(len(name.encode()) + len(value.encode()) for name, value in data.items()) > _MAX_DATA:
            raise NodeFailed("more than 16 kB of call-associated data")
        run.session.cause = ""
        run.order(self._order(run, parameters, target, data))
        return Wait()

    def _order(self, run: Run, parameters: TransferParameters, target: str, data: dict[str, str]) -> Order:
        order, kind, priority = run.next_id(), parameters.transfer_type, parameters.priority
        timeout_ms = parameters.timeout_seconds * 1_000
        match kind:
            case TransferType.QUEUE:
                return TransferToQueue(order=order, queue=target, priority=priority, data=data)
            case TransferType.AGENT:
                return TransferToAgent(order=order, agent=target, priority=priority, timeout_ms=timeout_ms, data=data)
            case TransferType.NUMBER:
                return TransferToNumber(
                    order=order,
                    number=target,
                    caller=run.fill(parameters.caller).strip(),
                    record=parameters.record,
                    timeout_ms=timeout_ms,
                    data=data,
                )
            case TransferType.IVR:
                return TransferToFlow(order=order, access_code=target, data=data)
            case _:
                assert_never(kind)

    def resume(self, run: Run, parameters: TransferParameters, given: Input) -> Move:
        if isinstance(given, TransferFailed):
            run.session.cause = given.cause
            return Go("failure")
        return End("TRANSFER")
