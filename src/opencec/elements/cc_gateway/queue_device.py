"""Resource `queuedevice`: skill queues, access codes and flows of the tenant (cc-gateway.md 5.5)."""

from __future__ import annotations

from opencec.core.ids import AgentId, QueueId
from opencec.elements.cc_gateway.gateway import Caller, GatewayCall
from opencec.elements.cc_gateway.schemas import AccessCode, IvrInfo
from opencec.elements.cc_gateway.views import MEDIA_TYPES, skills_of, vdn_skills
from opencec.httpkit.operations import Operation
from opencec.httpkit.replies import Refusal, Reply

__all__ = ["OPERATIONS"]


async def query_queue_length_on_agent(call: GatewayCall) -> Reply:
    """Contacts that wait in the queues the agent serves."""
    queries = call.principal.port.queries
    return call.principal.reply(sum(queries.waiting(queue) for queue in call.principal.view().serving))


async def query_queue_length_by_skill_id(call: GatewayCall) -> Reply:
    """Contacts that wait in one queue."""
    queue, queries = QueueId(call.number("skillid")), call.principal.port.queries
    if all(profile.id != queue for profile in queries.profile.queues):
        raise Refusal("000-002", "no such skill queue")
    return call.principal.reply(queries.waiting(queue))


async def query_skill_queue_on_agent(call: GatewayCall) -> Reply:
    """Skill queues of an agent."""
    return call.principal.reply(skills_of(call.principal.port, AgentId(call.number("workNo"))))


async def query_skill_queue_on_agent_vdn(call: GatewayCall) -> Reply:
    """Skill queues of the agent's VDN."""
    return _vdn_skills(call, "600-005")


async def query_skill_queue_on_vdn(call: GatewayCall) -> Reply:
    """Skill queues of a VDN; only the agent's own is visible."""
    if call.number("vdnid") != call.principal.port.tenant:
        raise Refusal("600-002", "no skill queue")
    return _vdn_skills(call, "600-002")


def _vdn_skills(call: GatewayCall, none_code: str) -> Reply:
    skills = vdn_skills(call.principal.port.queries.profile.queues)
    if not skills:
        raise Refusal(none_code, "no skill queue")
    return call.principal.reply(skills)


async def query_in_no_on_vdn(call: GatewayCall) -> Reply:
    """Access codes of the VDN."""
    port = call.principal.port
    routes = sorted(port.queries.profile.routes, key=lambda route: route.code)
    if not routes:
        raise Refusal("600-003", "no access code")
    codes = [
        AccessCode(
            id=number,
            inno=route.code,
            description=f"{route.device} {route.target}".strip(),
            vdnid=port.tenant,
            mediatype=MEDIA_TYPES[route.medium],
        )
        for number, route in enumerate(routes, start=1)
    ]
    return call.principal.reply(codes)


async def query_ivr_info_on_vdn(call: GatewayCall) -> Reply:
    """Flows that an agent can transfer to; `access` is the address."""
    flows = [flow for flow in call.principal.port.flows if flow.access]
    if not flows:
        raise Refusal("600-004", "no IVR")
    infos = [
        IvrInfo(id=str(number), access=flow.access, description=flow.name or flow.code, serviceNo="1")
        for number, flow in enumerate(flows, start=1)
    ]
    return call.principal.reply(infos)


_QUEUE = "/queuedevice/{agentid:agent}"

OPERATIONS: tuple[Operation[Caller], ...] = (
    Operation(
        "queryQueueLengthOnAgent",
        ("GET",),
        f"{_QUEUE}/waitnum",
        query_queue_length_on_agent,
        "Contacts waiting in the agent's queues",
        group="query",
    ),
    Operation(
        "queryQueueLengthBySkillId",
        ("GET",),
        f"{_QUEUE}/skillwaitnum/{{skillid:id}}",
        query_queue_length_by_skill_id,
        "Contacts waiting in a queue",
        group="query",
        codes=("000-002",),
    ),
    Operation(
        "querySkillQueueOnAgent",
        ("GET",),
        f"{_QUEUE}/agentskill/{{workNo:agent}}",
        query_skill_queue_on_agent,
        "Skill queues of an agent",
        group="query",
        codes=("300-002", "600-001"),
    ),
    Operation(
        "querySkillQueueOnAgentVDN",
        ("GET",),
        f"{_QUEUE}/agentvdnskill",
        query_skill_queue_on_agent_vdn,
        "Skill queues of the agent's VDN",
        group="query",
        codes=("600-005",),
    ),
    Operation(
        "querySkillQueueOnVDN",
        ("GET",),
        f"{_QUEUE}/vdnskill/{{vdnid:id}}",
        query_skill_queue_on_vdn,
        "Skill queues of a VDN",
        group="query",
        codes=("600-002",),
    ),
    Operation(
        "queryInNoOnVDN",
        ("GET",),
        f"{_QUEUE}/innoinfo",
        query_in_no_on_vdn,
        "Access codes of the VDN",
        group="query",
        codes=("600-003",),
    ),
    Operation(
        "queryIVRInfoOnVdn",
        ("GET",),
        f"{_QUEUE}/ivrinfo",
        query_ivr_info_on_vdn,
        "IVRs of the VDN",
        group="query",
        codes=("600-004",),
    ),
)
