"""Resource `onlineagent`, first half: signing in and out, skill queues (cc-gateway.md 5.1.1-5.1.3)."""

from __future__ import annotations

import ipaddress
from typing import Literal

from opencec.core.commands import ResetSkills, SignIn, SignOut
from opencec.core.events import AgentSignedIn
from opencec.core.ids import AgentId, QueueId
from opencec.elements.cc_gateway.gateway import Caller, Gateway, GatewayCall
from opencec.elements.cc_gateway.guid import guid_headers
from opencec.elements.cc_gateway.locks import AccountLocked, check_password
from opencec.elements.cc_gateway.push import push_target
from opencec.elements.cc_gateway.schemas import ResetSkillQuery, SignInBody, SignInResult
from opencec.elements.cc_gateway.views import NOTHING, skills_of
from opencec.httpkit.operations import Operation
from opencec.httpkit.replies import Refusal, Reply
from opencec.services.agent_port import TenantOverloaded, TenantPort
from opencec.services.load_admission import RETRY_AFTER_S
from opencec.services.sessions import new_guid

__all__ = ["OPERATIONS", "admit", "check_sign_in", "open_session"]

_INITIAL: dict[int, Literal["idle", "busy", "wrap_up"]] = {3: "busy", 4: "idle", 5: "wrap_up"}
_AGENT_TYPES = frozenset({4, 5, 11, 99})
_SIGN_IN_CODES = ("100-001", "100-002", "100-004", "100-011", "100-012", "100-014", "100-016", "110-016")


def check_sign_in(body: SignInBody, *, needs_phone: bool) -> None:
    """Parameters with codes of their own; raises Refusal."""
    if (body.phonenum and not body.phonenum.isascii()) or (not body.phonenum and needs_phone):
        raise Refusal("100-001", "phonenum is missing or invalid")
    if body.status not in _INITIAL:
        raise Refusal("100-001", "status must be 3, 4 or 5")
    if body.agenttype not in _AGENT_TYPES:
        raise Refusal("100-012", "agenttype must be 4, 5, 11 or 99")
    if body.ip:
        try:
            ipaddress.IPv4Address(body.ip)
        except ValueError:
            raise Refusal("100-016", "ip is no IPv4 address") from None


def admit(gateway: Gateway) -> None:
    """Raises TenantOverloaded when the node is busy with those who are signed in."""
    if not gateway.load.accepts:
        gateway.metrics.refused_sign_ins.add()
        raise TenantOverloaded(retry_after_s=RETRY_AFTER_S)


async def _authenticate(call: GatewayCall, password: str) -> TenantPort:
    """The tenant whose agent this is.

    Raises:
        Refusal: 100-004 wrong agent or password, 110-016 locked after too many of them.
        TenantOverloaded: the node is busy with those who are signed in.
    """
    gateway, agent = call.principal.gateway, call.principal.agent
    admit(gateway)
    port = gateway.directory.for_agent(agent, host=call.request.header(b"host"))
    try:
        is_right = await check_password(call, port, agent, password)
    except AccountLocked:
        raise Refusal("110-016", "account locked after failed sign-ins, try again later") from None
    if port is None or not is_right:
        raise Refusal("100-004", "wrong user name or password")
    return port


async def _sign_in(call: GatewayCall, *, force: bool, needs_phone: bool, release_phone: bool) -> Reply:
    body = call.body_as(SignInBody)
    check_sign_in(body, needs_phone=needs_phone)
    port = await _authenticate(call, body.password)
    return await open_session(call, port, call.principal.agent, body=body, force=force, release_phone=release_phone)


async def open_session(
    call: GatewayCall, port: TenantPort, agent: AgentId, *, body: SignInBody, force: bool, release_phone: bool
) -> Reply:
    """Sign an agent in whose password was right."""
    gateway = call.principal.gateway
    password = port.passwords.state(agent)
    push = push_target(body, gateway.callbacks)
    if body.phonenum and not port.has_phone(body.phonenum):
        raise Refusal("100-014", "phone number is not configured")
    session = port.new_session_id()
    events = await port.execute(
        SignIn(
            agent=agent,
            session=session,
            phone=body.phonenum,
            auto_answer=body.autoanswer,
            auto_enter_idle=body.autoenteridle,
            release_phone=release_phone if body.releasephone is None else body.releasephone,
            agent_type=body.agenttype,
            initial="busy" if password.must_change else _INITIAL[body.status],
            force=force,
            hears_all=body.listen_status,
        )
    )
    guid = new_guid(gateway.ids, server_name=gateway.settings.server_name)
    await gateway.desk(port.tenant).sessions.open(port, agent=agent, session=session, guid=guid, push=push)
    began = next((event.at for event in events if isinstance(event, AgentSignedIn)), port.now())
    result = SignInResult(
        vdnid=port.tenant,
        workno=str(agent),
        mediatype="TFF",
        loginTime=str(began),
        isForceChange="true" if password.must_change else "false",
        serverName=gateway.settings.server_name,
        timeRemaining="" if password.days_left is None else str(password.days_left),
        phoneNum=_phone_of(port, agent) if "{agentid" not in call.operation.path else None,
    )
    return Reply(gateway.dialect.success(result), headers=guid_headers(guid))


def _phone_of(port: TenantPort, agent: AgentId) -> str:
    view = port.queries.agent(agent)
    return view.phone if view is not None else ""


async def login(call: GatewayCall) -> Reply:
    """Sign in; 100-002 when the agent is signed in already."""
    return await _sign_in(call, force=False, needs_phone=True, release_phone=True)


async def force_login(call: GatewayCall) -> Reply:
    """Sign in, taking over a living session."""
    return await _sign_in(call, force=True, needs_phone=True, release_phone=False)


async def login_ex(call: GatewayCall) -> Reply:
    """Sign in without media servers; the phone may be the configured one."""
    return await _sign_in(call, force=False, needs_phone=False, release_phone=True)


async def force_login_ex(call: GatewayCall) -> Reply:
    """Forced form of loginEx."""
    return await _sign_in(call, force=True, needs_phone=False, release_phone=True)


async def force_login_ex_without_phone(call: GatewayCall) -> Reply:
    """Forced form of loginEx that binds no other phone than the configured one, whatever the body says."""
    body = call.body_as(SignInBody).model_copy(update={"phonenum": ""})
    check_sign_in(body, needs_phone=False)
    port = await _authenticate(call, body.password)
    return await open_session(call, port, call.principal.agent, body=body, force=True, release_phone=True)


async def logout(call: GatewayCall) -> Reply:
    """Sign out; refused in a call."""
    await call.principal.port.execute(SignOut(agent=call.principal.agent))
    return call.principal.reply(NOTHING)


async def force_logout(call: GatewayCall) -> Reply:
    """Sign out; a call is released."""
    await call.principal.port.execute(SignOut(agent=call.principal.agent, force=True))
    return call.principal.reply(NOTHING)


async def force_logout_with_reason(call: GatewayCall) -> Reply:
    """Forced sign-out that names a reason, 1-255."""
    if not 1 <= call.number("reason") <= 255:
        raise Refusal("100-005", "reason must be 1-255")
    return await force_logout(call)


async def reset_skill(call: GatewayCall) -> Reply:
    """Choose the skill queues to serve: all configured ones, or those of a list that are configured."""
    caller = call.principal
    caller.need_own_password()
    queues: tuple[QueueId, ...] | None = None
    if call.path["autoflag"].lower() != "true":
        wanted = [part.strip() for part in call.query_as(ResetSkillQuery).skillid.split(";") if part.strip()]
        if not wanted or not all(part.isascii() and part.isdigit() and len(part) < 10 for part in wanted):
            raise Refusal("000-002", "skillid must be queue ids joined by ;")
        configured = set(caller.view().configured)
        queues = tuple(queue for part in wanted if (queue := QueueId(int(part))) in configured)
    await caller.port.execute(ResetSkills(agent=caller.agent, queues=queues))
    return caller.reply(NOTHING)


async def query_agent_skills(call: GatewayCall) -> Reply:
    """Configured skill queues of this agent."""
    caller = call.principal
    return caller.reply(skills_of(caller.port, caller.agent))


async def query_agent_skills_by_work_no(call: GatewayCall) -> Reply:
    """Configured skill queues of another agent."""
    return call.principal.reply(skills_of(call.principal.port, AgentId(call.number("workno"))))


_AGENT = "/onlineagent/{agentid:agent}"

OPERATIONS: tuple[Operation[Caller], ...] = (
    Operation(
        "login",
        ("PUT",),
        _AGENT,
        login,
        "Sign in",
        group="sign_in",
        auth="none",
        body=SignInBody,
        invalid="100-001",
        events=("AgentOther_InService", "AgentState_Ready", "AgentState_SetNotReady_Success", "AgentState_Work"),
        codes=_SIGN_IN_CODES,
    ),
    Operation(
        "forceLogin",
        ("PUT",),
        f"{_AGENT}/forcelogin",
        force_login,
        "Sign in, taking over an existing session",
        group="sign_in",
        auth="none",
        body=SignInBody,
        invalid="100-001",
        events=("AgentOther_InService", "AgentState_Ready"),
        codes=_SIGN_IN_CODES,
    ),
    Operation(
        "loginEx",
        ("PUT",),
        f"{_AGENT}/loginex",
        login_ex,
        "Sign in for voice alone, phonenum optional",
        group="sign_in",
        auth="none",
        body=SignInBody,
        invalid="100-001",
        events=("AgentOther_InService", "AgentState_Ready"),
        codes=_SIGN_IN_CODES,
    ),
    Operation(
        "forceLoginEx",
        ("PUT",),
        f"{_AGENT}/forceloginex",
        force_login_ex,
        "Forced form of loginEx",
        group="sign_in",
        auth="none",
        body=SignInBody,
        invalid="100-001",
        events=("AgentOther_InService", "AgentState_Ready"),
        codes=_SIGN_IN_CODES,
    ),
    Operation(
        "forceLoginExWithoutPhone",
        ("PUT",),
        f"{_AGENT}/forceloginexwithoutphone",
        force_login_ex_without_phone,
        "Forced sign-in for voice alone, with the configured phone",
        group="sign_in",
        auth="none",
        body=SignInBody,
        invalid="100-001",
        events=("AgentOther_InService", "AgentState_Ready"),
        codes=_SIGN_IN_CODES,
    ),
    Operation(
        "logout",
        ("DELETE",),
        f"{_AGENT}/logout",
        logout,
        "Sign out, refused in a call",
        group="sign_out",
        codes=("100-006", "100-010"),
    ),
    Operation(
        "forceLogout",
        ("DELETE",),
        f"{_AGENT}/forcelogout",
        force_logout,
        "Sign out, a call is released",
        group="sign_out",
        codes=("100-006",),
    ),
    Operation(
        "forceLogoutWithReason",
        ("DELETE",),
        f"{_AGENT}/forcelogoutwithreason/{{reason:number}}",
        force_logout_with_reason,
        "Sign out with a reason, a call is released",
        group="sign_out",
        invalid="100-005",
        codes=("100-005", "100-006"),
    ),
    Operation(
        "resetSkill",
        ("POST",),
        f"{_AGENT}/resetskill/{{autoflag}}",
        reset_skill,
        "Choose the skill queues to serve",
        group="state",
        query=ResetSkillQuery,
        codes=("000-002", "100-006"),
    ),
    Operation(
        "queryAgentSkills",
        ("GET",),
        f"{_AGENT}/agentskills",
        query_agent_skills,
        "Configured skill queues of the agent",
        group="query",
        codes=("600-001",),
    ),
    Operation(
        "queryAgentSkillsByWorkNo",
        ("GET",),
        f"{_AGENT}/agentskillsbyworkno/{{workno:agent}}",
        query_agent_skills_by_work_no,
        "Configured skill queues of another agent",
        group="query",
        codes=("300-002", "600-001"),
    ),
)
