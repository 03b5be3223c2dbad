"""Sign-in by account name, and changing one's password (cc-gateway.md 5.1.2, 5.1.5)."""

from __future__ import annotations

from opencec.core.errors import CoreError
from opencec.core.ids import AgentId
from opencec.elements.cc_gateway.gateway import Caller, GatewayCall
from opencec.elements.cc_gateway.locks import AccountLocked, check_password
from opencec.elements.cc_gateway.session_schemas import AccountBody, PasswordBody, PasswordQuery
from opencec.elements.cc_gateway.sign_in import admit, check_sign_in, open_session
from opencec.elements.cc_gateway.views import NOTHING
from opencec.httpkit.operations import Operation
from opencec.httpkit.replies import Refusal, Reply
from opencec.services.agent_port import TenantPort

__all__ = ["OPERATIONS"]

_NOBODY = AgentId(0)


async def login_by_account(call: GatewayCall) -> Reply:
    """Sign in with an account name; the phone is the account's own."""
    body = call.body_as(AccountBody)
    check_sign_in(body, needs_phone=False)
    port, agent = await _agent_of(call, body)
    try:
        return await open_session(call, port, agent, body=body, force=False, release_phone=True)
    except CoreError as error:
        if error.code in ("invalid_phone", "phone_in_use"):
            raise Refusal("100-060", error.message) from None
        raise


async def _agent_of(call: GatewayCall, body: AccountBody) -> tuple[TenantPort, AgentId]:
    """Raises Refusal: 100-061 locked, 100-062 wrong account or password."""
    gateway = call.principal.gateway
    admit(gateway)
    found = gateway.directory.for_account(body.account, host=call.request.header(b"host")) if body.account else None
    port, agent = found if found is not None else (None, _NOBODY)
    try:
        is_right = await check_password(call, port, agent, body.password)
    except AccountLocked:
        raise Refusal("100-061", "account locked after failed sign-ins, try again later") from None
    if port is None or not is_right:
        raise Refusal("100-062", "wrong account or password")
    return port, agent


async def modify_account_pwd(call: GatewayCall) -> Reply:
    """Change the own password, both passwords in the query."""
    query = call.query_as(PasswordQuery)
    return await _change(call, old=query.oldpassword, new=query.newpassword)


async def modify_account_pwd_ex(call: GatewayCall) -> Reply:
    """Change the own password, both passwords in the body."""
    body = call.body_as(PasswordBody)
    return await _change(call, old=body.old_password, new=body.new_password)


async def _change(call: GatewayCall, *, old: str, new: str) -> Reply:
    """Raises Refusal: 110-003 and 110-021 for guesses, others as the rules have it."""
    caller = call.principal
    try:
        if not await check_password(call, caller.port, caller.agent, old):
            raise Refusal("110-003", "the old password is wrong")
    except AccountLocked:
        raise Refusal("110-021", "locked after too many tries, try again later") from None
    await caller.port.passwords.change(caller.agent, old=old, new=new)
    return caller.reply(NOTHING)


_AGENT = "/onlineagent/{agentid:agent}"
_PASSWORD_CODES = ("110-002", "110-003", "110-017", "110-018", "110-019", "110-020", "110-021")

OPERATIONS: tuple[Operation[Caller], ...] = (
    Operation(
        "loginByAccount",
        ("PUT",),
        "/onlineagent/loginbyaccount",
        login_by_account,
        "Sign in with an account name",
        group="sign_in",
        auth="none",
        body=AccountBody,
        invalid="100-001",
        events=("AgentOther_InService", "AgentState_Ready"),
        codes=("100-001", "100-002", "100-011", "100-060", "100-061", "100-062"),
    ),
    Operation(
        "modifyAccountPwd",
        ("POST",),
        f"{_AGENT}/modifyaccountpwd",
        modify_account_pwd,
        "Change the own password",
        group="password",
        query=PasswordQuery,
        codes=_PASSWORD_CODES,
    ),
    Operation(
        "modifyAccountPwdEx",
        ("POST",),
        f"{_AGENT}/modifyaccountpwdex",
        modify_account_pwd_ex,
        "Change the own password, body form",
        group="password",
        body=PasswordBody,
        codes=_PASSWORD_CODES,
    ),
)
