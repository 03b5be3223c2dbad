"""Views of the domain as wire objects: states, agents, calls, queues (cc-gateway.md 4.1, 5.3-5.5)."""

from __future__ import annotations

from collections.abc import Iterable

from opencec.core.config import QueueProfile
from opencec.core.ids import AgentId, QueueId
from opencec.elements.cc_gateway.schemas import AgentObject, CallObject, Skill, VdnSkill
from opencec.elements.cc_gateway.translate import LastCall
from opencec.httpkit.replies import Refusal
from opencec.services.agent_port import AgentState, AgentView, CallView, TenantPort

__all__ = [
    "CTI_STATUS",
    "MEDIA_TYPES",
    "NOTHING",
    "STATUS",
    "agent_object",
    "agent_of",
    "call_object",
    "cti_status_of",
    "group_name",
    "last_call_object",
    "queue_name",
    "seconds_in_state",
    "signed_in",
    "skills_of",
    "status_of",
    "vdn_skills",
]

NOTHING: dict[str, str] = {}
"""The reserved `result` of operations that return nothing."""

STATUS: dict[AgentState, int] = {
    "signed_out": 2,
    "busy": 3,
    "idle": 4,
    "wrap_up": 5,
    "alerting": 7,
    "talking": 7,
    "rest": 8,
}
"""cc-gateway.md 4.1, left column."""
CTI_STATUS: dict[AgentState, int] = {
    "signed_out": 0,
    "idle": 1,
    "alerting": 4,
    "talking": 5,
    "wrap_up": 6,
    "busy": 7,
    "rest": 8,
}
"""cc-gateway.md 4.1, right column."""
MEDIA_TYPES = {"text": 1, "voice": 5, "video": 19}
"""cc-gateway.md 8.4."""
_NEVER_SIGNED_IN = 4_294_967_295_000
"""`logindate` of an agent who is not signed in."""


def status_of(view: AgentView) -> int:
    """cc-gateway.md 4.1, left column; an agent with text contacts alone talks (7) while it has one."""
    return STATUS["talking" if view.is_texting else view.state]


def cti_status_of(view: AgentView) -> int:
    """cc-gateway.md 4.1, right column."""
    return CTI_STATUS["talking" if view.is_texting else view.state]


def agent_of(port: TenantPort, agent: AgentId) -> AgentView:
    """A configured agent of the caller's tenant.

    Raises:
        Refusal: 300-002.
    """
    view = port.queries.agent(agent)
    if view is None:
        raise Refusal("300-002", "no such agent")
    return view


def signed_in(port: TenantPort) -> list[AgentView]:
    """Agents that are signed in, by work number."""
    return [view for view in port.queries.agents() if view.state != "signed_out"]


def skills_of(port: TenantPort, agent: AgentId) -> list[Skill]:
    """Configured skill queues of an agent.

    Raises:
        Refusal: 300-002 no such agent, 600-001 it has no queue.
    """
    skills = _skills(port, agent_of(port, agent).configured)
    if not skills:
        raise Refusal("600-001", "the agent has no skill queue")
    return skills


def _skills(port: TenantPort, queues: Iterable[QueueId]) -> list[Skill]:
    known = {queue.id: queue for queue in port.queries.profile.queues}
    return [Skill(known[q].name, q, MEDIA_TYPES[known[q].medium]) for q in queues if q in known]


def vdn_skills(queues: Iterable[QueueProfile]) -> list[VdnSkill]:
    """Skill queues as `vdnskill` lists them."""
    return [VdnSkill(q.name, q.id, MEDIA_TYPES[q.medium], 0, 1) for q in sorted(queues, key=lambda q: q.id)]


def agent_object(port: TenantPort, view: AgentView, *, has_skills: bool = True) -> AgentObject:
    """5.4 agent object; times are of now."""
    is_out = view.state == "signed_out"
    return AgentObject(
        workno=str(view.id),
        name=view.name,
        status=status_of(view),
        ctiStatus=cti_status_of(view),
        groupid=view.group,
        groupname=(group := group_name(port, view)),
        groupName=group,
        skilllist=_skills(port, view.configured) if has_skills else [],
        callids=[call.contact for call in port.queries.calls_of(view.id)],
        mediatype="FFF" if is_out else "TFF",
        vdnid=port.tenant,
        phonenumber=view.phone,
        currentstatetime=seconds_in_state(port, view),
        logindate=_NEVER_SIGNED_IN if is_out else view.signed_in_at,
    )


def seconds_in_state(port: TenantPort, view: AgentView) -> int:
    """How long the agent has been in its state."""
    return max(0, port.now() - view.since) // 1000 if view.since else 0


def group_name(port: TenantPort, view: AgentView) -> str:
    """Name of the agent's group, "" without one."""
    return next((group.name for group in port.queries.profile.groups if group.id == view.group), "")


def call_object(port: TenantPort, call: CallView, *, has_times: bool = True) -> CallObject:
    """5.3 call object of a live call."""
    return CallObject(
        callfeature=call.feature,
        callid=call.contact,
        caller=call.caller,
        called=call.called,
        callskill=queue_name(port, call.queue),
        callskillid=call.queue or 0,
        orgicallednum=call.original_called,
        calldata=call.data,
        begintime=call.began_at if has_times else None,
    )


def last_call_object(port: TenantPort, call: LastCall) -> CallObject:
    """5.3 call object of the call that the agent left last."""
    return CallObject(
        callfeature=call.feature,
        callid=call.contact,
        caller=call.caller,
        called=call.called,
        callskill=queue_name(port, call.queue),
        callskillid=call.queue or 0,
        orgicallednum=call.original_called,
        calldata=call.data,
        begintime=call.began_at,
        endtime=call.ended_at,
    )


def queue_name(port: TenantPort, queue: QueueId | None) -> str:
    """Name of a skill queue; "" when there is none."""
    return next((q.name for q in port.queries.profile.queues if q.id == queue), "")
