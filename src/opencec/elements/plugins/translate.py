"""The domain's words for the bar."""

from __future__ import annotations

from opencec.core.ids import AgentId
from opencec.elements.plugins.ports import BarSip
from opencec.elements.plugins.schemas import BarAccount, BarSipAccount, NamedReason, QueueName
from opencec.services.agent_port import TenantPort

__all__ = ["account_of"]


def account_of(
    port: TenantPort,
    agent: AgentId,
    *,
    session: str,
    renew_after_ms: int,
    page_origin: str,
    ticket: str,
    sip: BarSip | None,
) -> BarAccount | None:
    """What the bar is told about its agent; None when the agent is no longer configured."""
    view = port.queries.agent(agent)
    if view is None:
        return None
    return BarAccount(
        session=session,
        renew_after_ms=renew_after_ms,
        page_origin=page_origin,
        workno=str(agent),
        name=view.name,
        ticket=ticket,
        sip=None if sip is None else BarSipAccount(sip.user, sip.password, sip.domain),
        queues=[QueueName(queue.id, queue.name) for queue in port.queries.profile.queues],
        rest_reasons=[NamedReason(reason.id, reason.name) for reason in port.rest_reasons],
        busy_reasons=[NamedReason(reason.id, reason.name) for reason in port.busy_reasons],
    )
