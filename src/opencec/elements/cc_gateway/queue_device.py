"""Resource `queuedevice`: skill queues, access codes and flows of the tenant (cc-gateway.md 5.5)."""

from __future__ import annotations

from opencec.core.config import QueueProfile
from opencec.core.ids import AgentId, QueueId
from opencec.elements.cc_gateway.gateway import Caller, GatewayCall
from opencec.elements.cc_gateway.query_schemas import AcdBody, QueueWait, SkillBody
from opencec.elements.cc_gateway.queue_statistics import acd_statistics, skill_statistics
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


async def query_queue_length_on_agent_skills(call: GatewayCall) -> Reply:
    """Contacts that wait in each queue the agent serves; raises Refusal 600-001 when it serves none."""
    caller = call.principal
    serving = set(caller.view().serving)
    waits = [
        QueueWait(queue.id, queue.name, MEDIA_TYPES[queue.medium], queue.waiting)
        for queue in caller.port.queries.queues()
        if queue.id in serving
    ]
    if not waits:
        raise Refusal("600-001", "the agent serves no skill queue")
    return caller.reply(waits)


async def query_skill_stat_with_vdn(call: GatewayCall) -> Reply:
    """Statistics of this moment for some queues, or all."""
    port = call.principal.port
    return call.principal.reply([skill_statistics(port, queue) for queue in _wanted(call, SkillBody)])


async def query_stat_info_of_acd(call: GatewayCall) -> Reply:
    """Free and signed-in agents and the length of queues, at most 90 at once."""
    port = call.principal.port
    return call.principal.reply([acd_statistics(port, queue) for queue in _wanted(call, AcdBody)])


def _wanted(call: GatewayCall, model: type[SkillBody | AcdBody]) -> list[QueueProfile]:
    """The queues that the body names, all when it names none; raises Refusal 000-002 for one of somebody else."""
    known = {int(queue.id): queue for queue in call.principal.port.queries.profile.queues}
    ids = list(dict.fromkeys(call.body_as(model).skills)) or sorted(known)
    if any(number not in known for number in ids):
        raise Refusal("000-002", "no such skill queue")
    return [known[number] for number in ids]


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
        "queryQueueLengthOnAgentSkills",
        ("GET",),
        f"{_QUEUE}/waitnumbyagent",
        query_queue_length_on_agent_skills,
        "Contacts waiting in each of the agent's queues",
        group="query",
        codes=("600-001",),
    ),
    Operation(
        "querySkillStatWithVdn",
        ("POST",),
        f"{_QUEUE}/queryskillstat",
        query_skill_stat_with_vdn,
        "Statistics of skill queues",
        group="query",
        body=SkillBody,
        codes=("000-002",),
    ),
    Operation(
        "queryStatInfoOfAcd",
        ("POST",),
        f"{_QUEUE}/queryacdstat",
        query_stat_info_of_acd,
        "Agents and length of up to 90 skill queues",
        group="query",
        body=AcdBody,
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
