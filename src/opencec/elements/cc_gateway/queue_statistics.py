"""Figures of a skill queue at this moment, counted from the state of its agents and contacts."""

from __future__ import annotations

from collections import Counter

from opencec.core.config import QueueProfile
from opencec.elements.cc_gateway.query_schemas import AcdStatistics, SkillStatistics
from opencec.elements.cc_gateway.views import signed_in
from opencec.services.agent_port import AgentView, TenantPort

__all__ = ["acd_statistics", "skill_statistics"]


def acd_statistics(port: TenantPort, queue: QueueProfile) -> AcdStatistics:
    """5.5 queryacdstat."""
    agents = _serving(port, queue)
    return AcdStatistics(
        deviceNo=queue.id,
        skillDescrip=queue.name,
        availAgents=sum(1 for view in agents if view.state == "idle"),
        loggedOnAgents=len(agents),
        queueSize=port.queries.waiting(queue.id),
        maxQueueSize=queue.max_waiting,
    )


def skill_statistics(port: TenantPort, queue: QueueProfile) -> SkillStatistics:
    """5.5 queryskillstat; who is offered a call, dials or talks counts as talking, as in `status`."""
    agents = _serving(port, queue)
    states = Counter(view.state for view in agents)
    in_call = (view.id for view in agents if view.is_in_call)
    calls = {call.contact for agent in in_call for call in port.queries.calls_of(agent) if call.queue == queue.id}
    return SkillStatistics(
        skillId=queue.id,
        skillName=queue.name,
        agentLoginNums=len(agents),
        agentTalkingNums=states["talking"] + states["alerting"],
        agentIdleNums=states["idle"],
        agentSetBusyNums=states["busy"],
        agentRestNums=states["rest"],
        agentWorkNums=states["wrap_up"],
        callWaitNums=port.queries.waiting(queue.id),
        processingCallNums=len(calls),
    )


def _serving(port: TenantPort, queue: QueueProfile) -> list[AgentView]:
    return [view for view in signed_in(port) if queue.id in view.serving]
