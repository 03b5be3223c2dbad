"""Resource `qualitycontrol`: inspection of agents, orders to them, notices of them (cc-gateway.md 5.7)."""

from __future__ import annotations

from typing import Literal

from opencec.core.commands import (
    Command,
    ForceBusy,
    ForceDrop,
    ForceIdle,
    ForceRest,
    ForceSignOut,
    ForceSkills,
    Inspect,
    Intercept,
    Monitor,
    SetSelfRecord,
    StopInspection,
    SwitchInspection,
)
from opencec.core.ids import AgentId, ContactId, QueueId
from opencec.elements.cc_gateway.gateway import Caller, GatewayCall
from opencec.elements.cc_gateway.supervision_schemas import (
    AgentsQuery,
    InterceptQuery,
    MonitoredAgent,
    QcTask,
    SkillQuery,
    TaskQuery,
    WhisperQuery,
    WhisperSwitchQuery,
)
from opencec.elements.cc_gateway.views import (
    NOTHING,
    status_of,
)
from opencec.httpkit.operations import Operation
from opencec.httpkit.replies import Refusal, Reply

__all__ = ["OPERATIONS", "check_inspector"]

Mode = Literal["listen", "insert", "whisper"]
_SWITCH: dict[int, Mode] = {0: "listen", 1: "insert", 2: "whisper"}
_QC_TYPES = {"listen": 8, "insert": 9, "whisper": 20172}


def check_inspector(caller: Caller) -> None:
    """Raises Refusal 900-002: the caller is no inspector."""
    if caller.view().role != "inspector":
        raise Refusal("900-002", "no right to inspect")


async def _run(call: GatewayCall, command: Command) -> Reply:
    await call.principal.port.execute(command)
    return call.principal.reply(NOTHING)


def _target(call: GatewayCall) -> AgentId:
    return AgentId(call.number("workNo"))


def _agents(call: GatewayCall) -> tuple[AgentId, ...]:
    """A list of work numbers joined by `;` or `,`."""
    parts = [part.strip() for part in call.query_as(AgentsQuery).agents.replace(",", ";").split(";") if part.strip()]
    if not parts or not all(part.isascii() and part.isdigit() and len(part) <= 6 for part in parts):
        raise Refusal("000-002", "agents must be work numbers joined by ;")
    return tuple(AgentId(int(part)) for part in parts)


# --- inspections ----------------------------------------------------------------------------------------------------


async def _inspect(call: GatewayCall, agent: AgentId, mode: Mode) -> Reply:
    caller = call.principal
    contact = caller.port.new_contact_id()
    return await _run(call, Inspect(inspector=caller.agent, contact=contact, agent=agent, mode=mode))


async def add_supervise(call: GatewayCall) -> Reply:
    """Listen to an agent, now or in its next call."""
    return await _inspect(call, _target(call), "listen")


async def add_insert(call: GatewayCall) -> Reply:
    """Talk in an agent's call: all parties hear it."""
    return await _inspect(call, _target(call), "insert")


async def request_whisper_agent(call: GatewayCall) -> Reply:
    """Talk to an agent in its call: nobody else hears it. An inspection of the agent that goes on becomes a whisper."""
    caller, agent = call.principal, AgentId(call.query_as(WhisperQuery).whisperagentid)
    if any(one.inspector == caller.agent and one.agent == agent for one in caller.port.queries.inspections()):
        return await _run(call, SwitchInspection(inspector=caller.agent, agent=agent, mode="whisper"))
    return await _inspect(call, agent, "whisper")


async def intercept(call: GatewayCall) -> Reply:
    """Take the inspected call over."""
    callid = call.query_as(InterceptQuery).callid
    contact = ContactId(callid) if callid else None
    return await _run(call, Intercept(inspector=call.principal.agent, agent=_target(call), contact=contact))


async def switch_supervise_or_insert(call: GatewayCall) -> Reply:
    """From listening to inserting or back."""
    return await _run(call, SwitchInspection(inspector=call.principal.agent, agent=_target(call)))


async def request_switch_insert_whisper_agent(call: GatewayCall) -> Reply:
    """Listen, insert or whisper from now on."""
    query = call.query_as(WhisperSwitchQuery)
    agent, mode = AgentId(query.whisperagentid), _SWITCH[query.switchtype]
    return await _run(call, SwitchInspection(inspector=call.principal.agent, agent=agent, mode=mode))


async def stop_supervise_or_insert(call: GatewayCall) -> Reply:
    """End the inspection."""
    return await _run(call, StopInspection(inspector=call.principal.agent, agent=_target(call)))


async def request_stop_whisper_agent(call: GatewayCall) -> Reply:
    """End a whisper: the inspection, or only the whispering when it began as something else."""
    agent = AgentId(call.query_as(WhisperQuery).whisperagentid)
    return await _run(call, StopInspection(inspector=call.principal.agent, agent=agent, whisper_only=True))


async def query_qc_tasks(call: GatewayCall) -> Reply:
    """Inspections of this inspector that go on."""
    caller = call.principal
    check_inspector(caller)
    tasks = [
        QcTask(str(one.contact), one.began_at, str(one.agent), _QC_TYPES[one.mode])
        for one in caller.port.queries.inspections()
        if one.inspector == caller.agent
    ]
    return caller.reply(tasks)


async def delete_qc_task(call: GatewayCall) -> Reply:
    """End one of them."""
    caller, task = call.principal, call.query_as(TaskQuery).taskdsn
    check_inspector(caller)
    for one in caller.port.queries.inspections():
        if one.inspector == caller.agent and one.contact == task:
            return await _run(call, StopInspection(inspector=caller.agent, agent=one.agent))
    raise Refusal("900-009", "no such inspection task")


# --- orders ---------------------------------------------------------------------------------------------------------


async def force_idle(call: GatewayCall) -> Reply:
    """Another agent becomes idle; in a call what it has asked for afterwards is withdrawn."""
    return await _run(call, ForceIdle(inspector=call.principal.agent, agent=_target(call)))


async def force_busy(call: GatewayCall) -> Reply:
    """Another agent becomes busy, in a call when it ends."""
    return await _run(call, ForceBusy(inspector=call.principal.agent, agent=_target(call)))


async def force_rest(call: GatewayCall) -> Reply:
    """Another agent rests, in a call when it ends."""
    return await _run(
        call,
        ForceRest(
            inspector=call.principal.agent,
            agent=_target(call),
            seconds=call.number("time"),
            cause=call.number("reason"),
        ),
    )


async def force_log_out_agent(call: GatewayCall) -> Reply:
    """Another agent is signed out; its calls are released."""
    return await _run(call, ForceSignOut(inspector=call.principal.agent, agent=_target(call)))


async def force_drop_call(call: GatewayCall) -> Reply:
    """A call is released."""
    return await _run(call, ForceDrop(inspector=call.principal.agent, contact=ContactId(call.path["callid"])))


async def reset_skill_of_agent(call: GatewayCall) -> Reply:
    """Which of its configured skill queues another agent serves; none named: all of them."""
    parts = [part.strip() for part in call.query_as(SkillQuery).skillid.split(";") if part.strip()]
    if not all(part.isascii() and part.isdigit() and len(part) < 10 for part in parts):
        raise Refusal("000-002", "skillid must be queue ids joined by ;")
    queues = tuple(QueueId(int(part)) for part in parts) if parts else None
    return await _run(call, ForceSkills(inspector=call.principal.agent, agent=_target(call), queues=queues))


async def _self_record(call: GatewayCall, *, enabled: bool) -> Reply:
    agents = _agents(call)
    return await _run(call, SetSelfRecord(agents=agents, enabled=enabled, inspector=call.principal.agent))


async def qc_set_agent_self_record(call: GatewayCall) -> Reply:
    """Record every call of these agents; before they talk there is nothing to record."""
    flag, before = call.number("recordflag"), call.number("recordbeforetalking")
    if flag not in (0, 1) or before != 0:
        raise Refusal("000-002", "recordflag must be 0 or 1, recordbeforetalking 0")
    return await _self_record(call, enabled=flag == 1)


async def qc_cancel_agent_self_record(call: GatewayCall) -> Reply:
    """Record the calls of these agents as tenant and queue want."""
    return await _self_record(call, enabled=False)


# --- notices --------------------------------------------------------------------------------------------------------


async def begin_monitor(call: GatewayCall) -> Reply:
    """Be told when these agents sign in and out."""
    return await _run(call, Monitor(inspector=call.principal.agent, agents=_agents(call)))


async def end_monitor(call: GatewayCall) -> Reply:
    """Be told no longer."""
    return await _run(call, Monitor(inspector=call.principal.agent, agents=_agents(call), is_on=False))


async def query_all_monitored_agents(call: GatewayCall) -> Reply:
    """Agents that this inspector may inspect."""
    caller = call.principal
    check_inspector(caller)
    queries = caller.port.queries
    everybody = queries.profile.inspects_inspectors
    agents = [view for view in queries.agents() if view.id != caller.agent and (everybody or view.role != "inspector")]
    return caller.reply([MonitoredAgent(str(view.id), view.name, str(status_of(view))) for view in agents])


_QC = "/qualitycontrol/{agentid:agent}"
_CODES = ("000-002", "000-005", "100-006", "900-002", "900-004", "900-005")
_STARTED = ("AgentOther_PhoneAlerting", "AgentOther_PhoneOffhook", "AgentState_Busy", "AgentOther_BeQcStart")
_STOPPED = ("AgentOther_BeQcStop", "AgentOther_PhoneRelease", "AgentState_Ready")
_SWITCHED = ("AgentOther_BeQcStop", "AgentOther_BeQcStart")

OPERATIONS: tuple[Operation[Caller], ...] = (
    Operation(
        "addSupervise",
        ("PUT",),
        f"{_QC}/addsupervise/{{workNo:agent}}",
        add_supervise,
        "Listen to an agent",
        group="inspection",
        events=_STARTED,
        codes=_CODES,
    ),
    Operation(
        "addInsert",
        ("PUT",),
        f"{_QC}/addinsert/{{workNo:agent}}",
        add_insert,
        "Barge into an agent's call",
        group="inspection",
        events=_STARTED,
        codes=_CODES,
    ),
    Operation(
        "intercept",
        ("PUT",),
        f"{_QC}/intercept/{{workNo:agent}}",
        intercept,
        "Take the inspected call over",
        group="inspection",
        query=InterceptQuery,
        events=("AgentOther_BeQcStop", "AgentEvent_Talking", "AgentMediaEvent_Record"),
        codes=_CODES,
    ),
    Operation(
        "switchSuperviseOrInsert",
        ("POST",),
        f"{_QC}/switch/{{workNo:agent}}",
        switch_supervise_or_insert,
        "Switch between listening and inserting",
        group="inspection",
        events=_SWITCHED,
        codes=_CODES,
    ),
    Operation(
        "stopSuperviseOrInsert",
        ("DELETE",),
        f"{_QC}/{{workNo:agent}}",
        stop_supervise_or_insert,
        "End an inspection",
        group="inspection",
        events=_STOPPED,
        codes=_CODES,
    ),
    Operation(
        "requestWhisperAgent",
        ("POST",),
        f"{_QC}/requestwhisperagent",
        request_whisper_agent,
        "Whisper to an agent",
        group="inspection",
        query=WhisperQuery,
        events=_STARTED,
        codes=_CODES,
    ),
    Operation(
        "requestStopWhisperAgent",
        ("POST",),
        f"{_QC}/requeststopwhisperagent",
        request_stop_whisper_agent,
        "End a whisper",
        group="inspection",
        query=WhisperQuery,
        events=_STOPPED,
        codes=_CODES,
    ),
    Operation(
        "requestSwitchInsertWhisperAgent",
        ("POST",),
        f"{_QC}/requestswitchinsertwhisperagent",
        request_switch_insert_whisper_agent,
        "Listen, insert or whisper from now on",
        group="inspection",
        query=WhisperSwitchQuery,
        events=_SWITCHED,
        codes=_CODES,
    ),
    Operation(
        "forceBusy",
        ("POST",),
        f"{_QC}/forcebusy/{{workNo:agent}}",
        force_busy,
        "Set another agent busy",
        group="inspection",
        events=("AgentState_Force_SetNotReady",),
        codes=_CODES,
    ),
    Operation(
        "forceIdle",
        ("POST",),
        f"{_QC}/forceidle/{{workNo:agent}}",
        force_idle,
        "Set another agent idle",
        group="inspection",
        events=("AgentState_Force_Ready",),
        codes=_CODES,
    ),
    Operation(
        "forceRest",
        ("POST",),
        f"{_QC}/forcerest/{{workNo:agent}}/{{time:number}}/{{reason:number}}",
        force_rest,
        "Send another agent to rest",
        group="inspection",
        events=("AgentState_SetRest_Success",),
        codes=_CODES,
    ),
    Operation(
        "forceLogOutAgent",
        ("POST",),
        f"{_QC}/forcelogout/{{workNo:agent}}",
        force_log_out_agent,
        "Sign another agent out",
        group="inspection",
        events=("AgentOther_ShutdownService",),
        codes=_CODES,
    ),
    Operation(
        "forceDropCall",
        ("POST",),
        f"{_QC}/forcedropcall/{{callid}}",
        force_drop_call,
        "Release a call",
        group="inspection",
        events=("AgentEvent_Call_Release",),
        codes=(*_CODES, "900-003"),
    ),
    Operation(
        "resetSkillOfAgent",
        ("POST",),
        f"{_QC}/resetskill/{{workNo:agent}}",
        reset_skill_of_agent,
        "Choose the skill queues of another agent",
        group="inspection",
        query=SkillQuery,
        codes=_CODES,
    ),
    Operation(
        "beginMonitor",
        ("POST",),
        f"{_QC}/beginmonitor",
        begin_monitor,
        "Be told when agents sign in and out",
        group="inspection",
        query=AgentsQuery,
        events=("QC_AgentState_Notify",),
        codes=_CODES,
    ),
    Operation(
        "endMonitor",
        ("POST",),
        f"{_QC}/endmonitor",
        end_monitor,
        "Be told no longer",
        group="inspection",
        query=AgentsQuery,
        codes=_CODES,
    ),
    Operation(
        "queryAllMonitoredAgents",
        ("GET",),
        f"{_QC}/allagent",
        query_all_monitored_agents,
        "Agents that may be inspected",
        group="inspection",
        codes=("900-002",),
    ),
    Operation(
        "qcSetAgentSelfRecord",
        ("POST",),
        f"{_QC}/setselfrecord/{{recordflag:number}}/{{recordbeforetalking:number}}",
        qc_set_agent_self_record,
        "Record all calls of agents",
        group="inspection",
        query=AgentsQuery,
        codes=_CODES,
    ),
    Operation(
        "qcCancelAgentSelfRecord",
        ("POST",),
        f"{_QC}/cancelselfrecord",
        qc_cancel_agent_self_record,
        "Record calls of agents by the rules again",
        group="inspection",
        query=AgentsQuery,
        codes=_CODES,
    ),
    Operation(
        "queryQcTasks",
        ("GET",),
        f"{_QC}/queryqctasks",
        query_qc_tasks,
        "Inspections that go on",
        group="inspection",
        codes=("900-002",),
    ),
    Operation(
        "deleteQcTask",
        ("DELETE",),
        f"{_QC}/deleteqctask",
        delete_qc_task,
        "End an inspection by its id",
        group="inspection",
        query=TaskQuery,
        events=_STOPPED,
        codes=("900-002", "900-009"),
    ),
)
