"""Resource `querymonitor`: the gateway itself, and the supervision of silence (cc-gateway.md 5.8)."""

from __future__ import annotations

import re
from importlib.metadata import version

from opencec.core.ids import AgentId, QueueId
from opencec.elements.cc_gateway.gateway import Caller, GatewayCall
from opencec.elements.cc_gateway.query_schemas import ClusterAgent, ClusterInfo, SystemState
from opencec.elements.cc_gateway.queue_statistics import skill_statistics
from opencec.elements.cc_gateway.text_chat_schemas import MaxChatQuery
from opencec.elements.cc_gateway.views import NOTHING, agent_of, signed_in
from opencec.httpkit.operations import Operation
from opencec.httpkit.replies import Refusal, Reply
from opencec.services.agent_port import AgentView

__all__ = ["OPERATIONS"]

_MOST_CHATS = 60
_WORK_NUMBER = re.compile(r"[1-9][0-9]{0,5}")


async def set_agent_time_out(call: GatewayCall) -> Reply:
    """Whether two minutes of silence sign the agent out; without it, half a day does."""
    flag = call.path["flag"].lower()
    if flag not in ("true", "false", "1", "0"):
        raise Refusal("000-002", "flag must be true or false")
    caller, is_watched = call.principal, flag in ("true", "1")
    await caller.desk.sessions.switch_silence(caller.port, caller.session, is_watched=is_watched)
    caller.desk.feed.watch(caller.session.session, is_watched)
    return caller.reply(NOTHING)


async def set_max_chat_num(call: GatewayCall) -> Reply:
    """How many text contacts agents take at once in their sessions; those of others with the right to watch."""
    caller, count = call.principal, call.number("chatnum")
    if call.number("vdnid") != caller.port.tenant:
        raise Refusal("000-002", "vdnid is not the agent's tenant")
    if not 1 <= count <= _MOST_CHATS:
        raise Refusal("000-002", f"chatnum is 1-{_MOST_CHATS}")
    named = [one for one in re.split(r"[;,]", call.query_as(MaxChatQuery).agents) if one]
    if not all(_WORK_NUMBER.fullmatch(one) for one in named):
        raise Refusal("000-002", "agents are work numbers with ; between them")
    agents = [AgentId(int(one)) for one in dict.fromkeys(named)] or [caller.agent]
    if agents != [caller.agent]:
        caller.need_right("monitor")
    if any(agent_of(caller.port, agent).state == "signed_out" for agent in agents):
        raise Refusal("600-001", "an agent is not signed in")
    for agent in agents:
        await caller.port.chats.set_capacity(agent, count)
    return caller.reply(NOTHING)


async def query_sys_version(call: GatewayCall) -> Reply:
    """Name and version of this software."""
    return call.principal.reply(f"OpenCEC {version('opencec')}")


async def query_server_time(call: GatewayCall) -> Reply:
    """Milliseconds UTC."""
    return call.principal.reply(call.principal.port.now())


async def query_system_state(call: GatewayCall) -> Reply:
    """Whether new work is taken, and how much there is in the tenant."""
    caller = call.principal
    state = 0 if caller.gateway.load.accepts else 1
    return caller.reply(SystemState(state, len(signed_in(caller.port)), caller.port.queries.live_calls()))


async def query_cluster_info(call: GatewayCall) -> Reply:
    """Every gateway that serves the tenant: this one."""
    return call.principal.reply([_cluster(call)])


async def query_cluster_info_by_name(call: GatewayCall) -> Reply:
    """One gateway by its name."""
    found = _cluster(call)
    if call.path["clustername"] != found.clusterName:
        raise Refusal("000-002", "no such cluster")
    return call.principal.reply(found)


async def query_agent_cluster_info(call: GatewayCall) -> Reply:
    """The gateway that an agent is signed in at."""
    view = agent_of(call.principal.port, AgentId(call.number("workno")))
    return call.principal.reply(_place(call, view))


async def query_all_agent_cluster_info(call: GatewayCall) -> Reply:
    """The gateway of every agent that is signed in."""
    return call.principal.reply([_place(call, view) for view in signed_in(call.principal.port)])


async def query_skills_statistic_info(call: GatewayCall) -> Reply:
    """Statistics of one skill queue."""
    port, wanted = call.principal.port, QueueId(call.number("skillid"))
    queue = next((queue for queue in port.queries.profile.queues if queue.id == wanted), None)
    if queue is None:
        raise Refusal("000-002", "no such skill queue")
    return call.principal.reply(skill_statistics(port, queue))


def _cluster(call: GatewayCall) -> ClusterInfo:
    caller = call.principal
    return ClusterInfo(caller.gateway.settings.server_name, len(signed_in(caller.port)))


def _place(call: GatewayCall, view: AgentView) -> ClusterAgent:
    name = call.principal.gateway.settings.server_name
    return ClusterAgent(str(view.id), "" if view.state == "signed_out" else name)


_MONITOR = "/querymonitor/{agentid:agent}"

OPERATIONS: tuple[Operation[Caller], ...] = (
    Operation(
        "setAgentTimeOut",
        ("POST",),
        f"{_MONITOR}/setagenttimeout/{{flag:flag}}",
        set_agent_time_out,
        "Switch the supervision of silence",
        group="state",
        codes=("000-002",),
    ),
    Operation(
        "setMaxChatNum",
        ("POST",),
        f"{_MONITOR}/setmaxchatnum/{{vdnid:number}}/{{chatnum:number}}",
        set_max_chat_num,
        "Set how many text contacts agents take at once",
        group="query",
        query=MaxChatQuery,
        codes=("000-002", "300-001", "300-002", "600-001"),
    ),
    Operation("querySysVersion", ("GET",), f"{_MONITOR}/systemversion", query_sys_version, "Version", group="query"),
    Operation("queryServerTime", ("GET",), f"{_MONITOR}/servertime", query_server_time, "Time, ms", group="query"),
    Operation("querySystemStateInfo", ("GET",), f"{_MONITOR}/systemstate", query_system_state, "Load", group="query"),
    Operation("queryClusterInfo", ("GET",), f"{_MONITOR}/clusterinfo", query_cluster_info, "Gateways", group="query"),
    Operation(
        "queryClusterInfoByName",
        ("GET",),
        f"{_MONITOR}/clusterinfobyname/{{clustername}}",
        query_cluster_info_by_name,
        "One gateway",
        group="query",
        codes=("000-002",),
    ),
    Operation(
        "queryAgentClusterInfo",
        ("GET",),
        f"{_MONITOR}/agentclusterinfo/{{workno:agent}}",
        query_agent_cluster_info,
        "Gateway of an agent",
        group="query",
        codes=("300-002",),
    ),
    Operation(
        "queryAllAgentClusterInfo",
        ("GET",),
        f"{_MONITOR}/allagentclusterinfo",
        query_all_agent_cluster_info,
        "Gateways of all signed-in agents",
        group="query",
    ),
    Operation(
        "querySkillsStatisticInfo",
        ("GET",),
        f"{_MONITOR}/skillstatisticinfo/{{skillid:id}}",
        query_skills_statistic_info,
        "Statistics of a skill queue",
        group="query",
        codes=("000-002",),
    ),
)
