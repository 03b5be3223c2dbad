"""Resource `agentgroup`: the other agents of the tenant and their rights (cc-gateway.md 5.4)."""

from __future__ import annotations

from opencec.core.ids import AgentId, QueueId
from opencec.elements.cc_gateway.gateway import Caller, GatewayCall
from opencec.elements.cc_gateway.schemas import NameAndNumber, RestReason
from opencec.elements.cc_gateway.views import agent_object, agent_of, signed_in
from opencec.httpkit.operations import Operation
from opencec.httpkit.replies import Reply

__all__ = ["OPERATIONS"]


async def get_idle_status_agents(call: GatewayCall) -> Reply:
    """Agents that are idle."""
    idle = [view for view in signed_in(call.principal.port) if view.state == "idle"]
    return call.principal.reply([NameAndNumber(str(view.id), view.name) for view in idle])


async def get_all_status_agents(call: GatewayCall) -> Reply:
    """Every configured agent with its state."""
    port = call.principal.port
    return call.principal.reply([agent_object(port, view) for view in port.queries.agents()])


async def query_all_logined_agents(call: GatewayCall) -> Reply:
    """Every agent that is signed in."""
    port = call.principal.port
    return call.principal.reply([agent_object(port, view) for view in signed_in(port)])


async def query_agent_info_by_work_no(call: GatewayCall) -> Reply:
    """One agent."""
    port = call.principal.port
    return call.principal.reply(agent_object(port, agent_of(port, AgentId(call.number("workno")))))


async def query_agent_info_by_skill_id(call: GatewayCall) -> Reply:
    """Agents that serve a skill queue now."""
    port, queue = call.principal.port, QueueId(call.number("skillid"))
    return call.principal.reply([agent_object(port, view) for view in signed_in(port) if queue in view.serving])


async def query_agent_info_by_configed_skill_id(call: GatewayCall) -> Reply:
    """Agents that are configured with a skill queue."""
    port, queue = call.principal.port, QueueId(call.number("skillid"))
    return call.principal.reply(
        [agent_object(port, view) for view in port.queries.agents() if queue in view.configured]
    )


async def get_agent_rest_reason(call: GatewayCall) -> Reply:
    """Rest causes of the tenant."""
    return call.principal.reply([RestReason(reason.id, reason.name) for reason in call.principal.port.rest_reasons])


async def is_censor(call: GatewayCall) -> Reply:
    """Whether this agent is an inspector."""
    return call.principal.reply(call.principal.view().role == "inspector")


_GROUP = "/agentgroup/{agentid:agent}"

OPERATIONS: tuple[Operation[Caller], ...] = (
    Operation(
        "getIdleStatusAgents", ("GET",), f"{_GROUP}/idleagent", get_idle_status_agents, "Idle agents", group="query"
    ),
    Operation(
        "getAllStatusAgents",
        ("GET",),
        f"{_GROUP}/allagentstatus",
        get_all_status_agents,
        "State of all agents",
        group="query",
    ),
    Operation(
        "queryAllLoginedAgentInfoOnVdn",
        ("GET",),
        f"{_GROUP}/onlineagentonvdn",
        query_all_logined_agents,
        "Signed-in agents",
        group="query",
    ),
    Operation(
        "allOnlineAgents",
        ("GET",),
        f"{_GROUP}/allonlineagents",
        query_all_logined_agents,
        "Signed-in agents, newer form",
        group="query",
    ),
    Operation(
        "queryAgentInfoByWorkNo",
        ("GET",),
        f"{_GROUP}/agentbyworkno/{{workno:agent}}",
        query_agent_info_by_work_no,
        "One agent",
        group="query",
        codes=("300-002",),
    ),
    Operation(
        "queryAgentInfoBySkillId",
        ("GET",),
        f"{_GROUP}/agentbyskill/{{skillid:id}}",
        query_agent_info_by_skill_id,
        "Agents that serve a skill queue",
        group="query",
    ),
    Operation(
        "queryAgentInfoByConfigedSkillId",
        ("GET",),
        f"{_GROUP}/agentbyconfigedskill/{{skillid:id}}",
        query_agent_info_by_configed_skill_id,
        "Agents configured with a skill queue",
        group="query",
    ),
    Operation(
        "getAgentRestReason", ("GET",), f"{_GROUP}/restreason", get_agent_rest_reason, "Rest causes", group="query"
    ),
    Operation(
        "isCensor", ("GET",), f"{_GROUP}/iscensor", is_censor, "Whether the agent is an inspector", group="query"
    ),
)
