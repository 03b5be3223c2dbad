"""Resource `agentgroup`: the other agents of the tenant, their groups and rights (cc-gateway.md 5.4)."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable

from opencec.core.config import AgentGroup
from opencec.core.ids import AgentId, QueueId
from opencec.elements.cc_gateway.gateway import Caller, GatewayCall
from opencec.elements.cc_gateway.query_schemas import (
    AgentListBody,
    AgentName,
    AgentPhone,
    AgentTime,
    Group,
    GroupQuery,
    RestDetail,
    StatusAndSkills,
    StatusQuery,
    TaughtSkill,
)
from opencec.elements.cc_gateway.schemas import NameAndNumber, RestReason
from opencec.elements.cc_gateway.views import (
    agent_object,
    agent_of,
    cti_status_of,
    seconds_in_state,
    signed_in,
    status_of,
)
from opencec.httpkit.operations import Operation
from opencec.httpkit.replies import Refusal, Reply
from opencec.httpkit.wire_model import WireModel
from opencec.services.agent_port import AgentView, TenantPort

__all__ = ["OPERATIONS"]


def _objects(call: GatewayCall, views: Iterable[AgentView]) -> Reply:
    port = call.principal.port
    return call.principal.reply([agent_object(port, view) for view in views])


async def get_idle_status_agents(call: GatewayCall) -> Reply:
    """Agents that are idle."""
    idle = [view for view in signed_in(call.principal.port) if view.state == "idle"]
    return call.principal.reply([NameAndNumber(str(view.id), view.name) for view in idle])


async def get_all_status_agents(call: GatewayCall) -> Reply:
    """Every configured agent with its state."""
    return _objects(call, call.principal.port.queries.agents())


async def get_all_agents_in_text_chat(call: GatewayCall) -> Reply:
    """Agents that have a text contact, or are offered one."""
    port = call.principal.port
    return _objects(call, (view for view in signed_in(port) if port.chats.chats_of(view.id)))


async def get_agent_list_by_status(call: GatewayCall) -> Reply:
    """Agents in a state, by its number."""
    status = call.query_as(StatusQuery).status
    return _objects(call, (view for view in call.principal.port.queries.agents() if status_of(view) == status))


async def query_all_logined_agents(call: GatewayCall) -> Reply:
    """Every agent that is signed in."""
    return _objects(call, signed_in(call.principal.port))


async def query_logged_in_phones(call: GatewayCall) -> Reply:
    """Phones of the agents that are signed in."""
    views = signed_in(call.principal.port)
    return call.principal.reply([AgentPhone(str(view.id), view.phone) for view in views])


async def query_agent_names(call: GatewayCall) -> Reply:
    """Configured names of all agents."""
    views = call.principal.port.queries.agents()
    return call.principal.reply([AgentName(str(view.id), view.name) for view in views])


async def query_agent_info_by_work_no(call: GatewayCall) -> Reply:
    """One agent."""
    port = call.principal.port
    return call.principal.reply(agent_object(port, agent_of(port, AgentId(call.number("workno")))))


async def query_agent_info_by_skill_id(call: GatewayCall) -> Reply:
    """Agents that serve a skill queue now."""
    queue = QueueId(call.number("skillid"))
    return _objects(call, (view for view in signed_in(call.principal.port) if queue in view.serving))


async def query_agent_info_by_configed_skill_id(call: GatewayCall) -> Reply:
    """Agents that are configured with a skill queue."""
    queue = QueueId(call.number("skillid"))
    return _objects(call, (view for view in call.principal.port.queries.agents() if queue in view.configured))


async def query_agent_ids_by_skill_id(call: GatewayCall) -> Reply:
    """Work numbers of the agents that serve a skill queue now."""
    queue = QueueId(call.number("skillid"))
    return call.principal.reply([str(view.id) for view in signed_in(call.principal.port) if queue in view.serving])


async def query_agent_info_without_skills(call: GatewayCall) -> Reply:
    """Several agents by their numbers, without their skills; unknown ones are left out."""
    port = call.principal.port
    wanted = dict.fromkeys(call.body_as(AgentListBody).agentlist)
    views = [view for number in wanted if (view := port.queries.agent(AgentId(number))) is not None]
    return call.principal.reply([agent_object(port, view, has_skills=False) for view in views])


# --- groups -----------------------------------------------------------------------------------------------------------


async def query_agents_on_my_group(call: GatewayCall) -> Reply:
    """Agents of the own group; raises Refusal 300-004 without one."""
    return _members(call, _group_of(call.principal.port, call.principal.view()))


async def query_agents_on_group(call: GatewayCall) -> Reply:
    """Agents of a group; another than the own one only for those who may watch."""
    caller = call.principal
    wanted, own = call.query_as(GroupQuery).groupid, caller.view().group
    if not wanted:
        return await query_agents_on_my_group(call)
    group = next((group for group in caller.port.queries.profile.groups if group.id == wanted), None)
    if group is None:
        raise Refusal("300-004", "no such group")
    if wanted != own:
        caller.need_right("monitor")
    return _members(call, group)


async def query_group_of_agent(call: GatewayCall) -> Reply:
    """The group of an agent; raises Refusal: 300-003 no such agent, 300-004 it has none."""
    port = call.principal.port
    view = port.queries.agent(AgentId(call.number("workno")))
    if view is None:
        raise Refusal("300-003", "no such agent")
    return call.principal.reply(_group(port, _group_of(port, view)))


async def query_groups(call: GatewayCall) -> Reply:
    """All groups; raises Refusal 300-004 when there is none."""
    port = call.principal.port
    groups = sorted(port.queries.profile.groups, key=lambda group: group.id)
    if not groups:
        raise Refusal("300-004", "the tenant has no groups")
    return call.principal.reply([_group(port, group) for group in groups])


def _group_of(port: TenantPort, view: AgentView) -> AgentGroup:
    found = next((group for group in port.queries.profile.groups if group.id == view.group), None)
    if found is None:
        raise Refusal("300-004", "the agent is in no group")
    return found


def _group(port: TenantPort, group: AgentGroup) -> Group:
    leader = port.queries.agent(group.leader) if group.leader is not None else None
    return Group(group.id, group.name, leader.id if leader else 0, leader.name if leader else "")


def _members(call: GatewayCall, group: AgentGroup) -> Reply:
    return _objects(call, (view for view in call.principal.port.queries.agents() if view.group == group.id))


# --- states and rests -------------------------------------------------------------------------------------------------


async def get_agent_rest_reason(call: GatewayCall) -> Reply:
    """Rest causes of the tenant."""
    return call.principal.reply([RestReason(reason.id, reason.name) for reason in call.principal.port.rest_reasons])


async def query_agent_rest_detail(call: GatewayCall) -> Reply:
    """Agents at rest: why, since when, for how long, and how much of it is left."""
    port = call.principal.port
    names = {reason.id: reason.name for reason in port.rest_reasons}
    now = port.now()
    return call.principal.reply(
        [
            RestDetail(
                workno=str(view.id),
                name=view.name,
                restReasonId=view.rest_cause,
                restReason=names.get(view.rest_cause, ""),
                begintime=view.since,
                resttime=max(0, view.rest_until - view.since) // 1000,
                remaintime=max(0, view.rest_until - now) // 1000,
            )
            for view in signed_in(port)
            if view.state == "rest"
        ]
    )


async def query_agent_status_and_time(call: GatewayCall) -> Reply:
    """State of every agent and for how long."""
    port = call.principal.port
    return call.principal.reply(
        [
            AgentTime(str(view.id), view.name, status_of(view), cti_status_of(view), seconds_in_state(port, view))
            for view in port.queries.agents()
        ]
    )


async def query_agent_status_and_skill(call: GatewayCall) -> Reply:
    """State and configured skill queues of this agent."""
    caller = call.principal
    view = caller.view()
    names = {queue.id: queue.name for queue in caller.port.queries.profile.queues}
    skills = [TaughtSkill(queue, names[queue]) for queue in view.configured if queue in names]
    return caller.reply(StatusAndSkills(str(view.id), view.name, status_of(view), cti_status_of(view), skills))


# --- rights -----------------------------------------------------------------------------------------------------------


async def is_censor(call: GatewayCall) -> Reply:
    """Whether this agent is an inspector."""
    return call.principal.reply(call.principal.view().role == "inspector")


def _right(right: str) -> Callable[[GatewayCall], Awaitable[Reply]]:
    async def has_right(call: GatewayCall) -> Reply:
        return call.principal.reply(call.principal.has_right(right))

    return has_right


_GROUP = "/agentgroup/{agentid:agent}"


def _query(
    name: str,
    path: str,
    handler: Callable[[GatewayCall], Awaitable[Reply]],
    summary: str,
    *,
    codes: tuple[str, ...] = (),
    query: type[WireModel] | None = None,
) -> Operation[Caller]:
    return Operation(name, ("GET",), f"{_GROUP}/{path}", handler, summary, group="query", query=query, codes=codes)


OPERATIONS: tuple[Operation[Caller], ...] = (
    _query("getIdleStatusAgents", "idleagent", get_idle_status_agents, "Idle agents"),
    _query("getAllAgentsInTextChat", "allchatagents", get_all_agents_in_text_chat, "Agents in text contacts"),
    _query("getAllStatusAgents", "allagentstatus", get_all_status_agents, "State of all agents"),
    _query("getAllStatusLocalAgents", "alllocalagentstatus", get_all_status_agents, "State of all agents of this node"),
    _query(
        "getAgentListByStatus",
        "agentlistbystatus",
        get_agent_list_by_status,
        "Agents in a state",
        codes=("000-002",),
        query=StatusQuery,
    ),
    _query("queryAllLoginedAgentInfoOnVdn", "onlineagentonvdn", query_all_logined_agents, "Signed-in agents"),
    _query("allOnlineAgents", "allonlineagents", query_all_logined_agents, "Signed-in agents, newer form"),
    _query(
        "queryAllLoggedInAgentPhonesOnVdn",
        "loggedinagentphoneonvdn",
        query_logged_in_phones,
        "Phones of signed-in agents",
    ),
    _query("queryAllAgentWasNameOnVdn", "agentwasnameonvdn", query_agent_names, "Configured names of all agents"),
    _query(
        "queryAgentInfoByWorkNo",
        "agentbyworkno/{workno:agent}",
        query_agent_info_by_work_no,
        "One agent",
        codes=("300-002",),
    ),
    _query(
        "queryAgentInfoBySkillId",
        "agentbyskill/{skillid:id}",
        query_agent_info_by_skill_id,
        "Agents that serve a skill queue",
    ),
    _query(
        "queryAgentInfoByConfigedSkillId",
        "agentbyconfigedskill/{skillid:id}",
        query_agent_info_by_configed_skill_id,
        "Agents configured with a skill queue",
    ),
    _query(
        "queryAgentIdsBySkillId",
        "agentidsbyskill/{skillid:id}",
        query_agent_ids_by_skill_id,
        "Work numbers of agents that serve a skill queue",
    ),
    Operation(
        "queryAgentInfoWithoutSkills",
        ("POST",),
        f"{_GROUP}/agentinfonoskills",
        query_agent_info_without_skills,
        "Several agents by number",
        group="query",
        body=AgentListBody,
        codes=("000-002",),
    ),
    _query(
        "queryAllAgentInfoOnMyGroup",
        "agentongroup",
        query_agents_on_my_group,
        "Agents of the own group",
        codes=("300-004",),
    ),
    _query(
        "queryAllAgentInfoOnMyGroupEx",
        "agentongroupex",
        query_agents_on_group,
        "Agents of a group",
        codes=("300-001", "300-004"),
        query=GroupQuery,
    ),
    _query(
        "queryGroupInfoByWorkNo",
        "groupbyagent/{workno:agent}",
        query_group_of_agent,
        "Group of an agent",
        codes=("300-003", "300-004"),
    ),
    _query("queryGroupInfoOnVdn", "grouponvdn", query_groups, "Groups of the tenant", codes=("300-004",)),
    _query("getAgentRestReason", "restreason", get_agent_rest_reason, "Rest causes"),
    _query("queryAgentRestDetailInfo", "agentrestinfo", query_agent_rest_detail, "Agents at rest"),
    _query(
        "queryAgentStatusAndTimeOnVDN",
        "queryagentstatus",
        query_agent_status_and_time,
        "State of every agent and for how long",
    ),
    _query(
        "queryAgentStatusAndSkill",
        "queryagentstatusandskill",
        query_agent_status_and_skill,
        "State and skill queues of the agent",
    ),
    _query("isCallOut", "iscallout", _right("call_out"), "Whether the agent may call numbers"),
    _query("isCensor", "iscensor", is_censor, "Whether the agent is an inspector"),
    _query("isMonitor", "ismonitor", _right("monitor"), "Whether the agent may watch agents"),
    _query("isSpyMonitor", "isspymonitor", _right("spy_monitor"), "Whether the agent may listen unnoticed"),
    _query("isReportManager", "isreportmanager", _right("report_manager"), "Whether the agent manages reports"),
    _query("isSystem", "issystem", _right("system"), "Whether the agent manages the system"),
    _query("isPickUp", "ispickup", _right("pick_up"), "Whether the agent may take calls that ring at others"),
)
