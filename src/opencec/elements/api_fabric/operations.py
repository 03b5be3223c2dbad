"""API Fabric, base: bearer tokens and agent information (api-fabric.md 1, 2)."""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass

from opencec.core.ids import AgentId
from opencec.elements.api_fabric.errors import FabricDialect, wrong_secret
from opencec.elements.api_fabric.ports import FabricHost
from opencec.elements.api_fabric.schemas import AgentOfAccountBody, TokenAnswer, TokenBody
from opencec.elements.api_fabric.translate import agent_infos, agent_of_account, no_agent_of_account, sys_info
from opencec.httpkit.dispatcher import Dispatcher
from opencec.httpkit.fabric_access import LONGEST_LIFE_S, FabricAccess, FabricApp, FabricTokens, too_often
from opencec.httpkit.lockout import RateLimit, SignInGuard
from opencec.httpkit.operations import Call, Operation, OperationTable, WireRequest
from opencec.httpkit.replies import Refusal, Reply
from opencec.ports.clock import Clock
from opencec.ports.configuration import TenantConfig

__all__ = ["ACCESS_PREFIX", "ACCESS_TABLE", "GOVERNANCE_PREFIX", "GOVERNANCE_TABLE", "build_fabric_apps"]

GOVERNANCE_PREFIX = "/apigovernance"
ACCESS_PREFIX = "/apiaccess"
_LIFE_S = 600
_MOST_BYTES = 8_192
_PER_MINUTE, _BURST = 600.0, 100
"""Questions of one app."""
_TOKENS_PER_MINUTE, _TOKENS_BURST = 120.0, 30
"""Tokens of one address."""
_DIALECT = FabricDialect()


@dataclass(frozen=True, slots=True)
class _Fabric:
    """What the handlers use."""

    host: FabricHost
    tokens: FabricTokens
    clock: Clock
    guard: SignInGuard
    rate: RateLimit
    caller: FabricApp | None = None

    @property
    def app(self) -> FabricApp:
        """Who calls."""
        assert self.caller is not None
        return self.caller

    @property
    def config(self) -> TenantConfig:
        """The caller's tenant."""
        return self.host.config(self.app.port.tenant)


FabricCall = Call[_Fabric]


async def token_by_ak_sk(call: FabricCall) -> Reply:
    """A bearer token for an app key and its secret."""
    fabric, body = call.principal, call.body_as(TokenBody)
    now, source = fabric.clock.now(), call.request.source.address
    account = f"app {body.app_key}"
    if wait_ms := fabric.rate.wait_ms(source, now_ms=now):
        raise too_often(wait_ms)
    if wait_ms := fabric.guard.locked_for_ms(account, source, now_ms=now):
        raise too_often(wait_ms)
    app = fabric.host.app(body.app_key)
    secret = app.sk if app is not None else ""
    if not hmac.compare_digest(secret.encode(), body.app_secret.encode()) or app is None:
        fabric.guard.failed(account, source, now_ms=now)
        raise wrong_secret()
    fabric.guard.succeeded(account, source)
    life_s = _life(call.request.header(b"x-token-expire"))
    answer = TokenAnswer(
        AccessToken=fabric.tokens.issue(app, now=now, life_s=life_s),
        ApplyType="Bearer",
        CreateTime=str(now // 1000),
        Expires=str(life_s),
        Scope=hashlib.sha256(app.ak.encode()).hexdigest()[:32],
        AppKey=app.ak,
        UserID="Anonymous",
    )
    return Reply(_DIALECT.success(answer))


def _life(header: str) -> int:
    """Seconds of life: as wanted, 3600 at most, 600 when nothing is wanted."""
    if not header:
        return _LIFE_S
    if not (header.isascii() and header.isdigit() and len(header) < 10 and int(header)):
        raise Refusal("2", "X-Token-Expire must be seconds, 1-3600", status=400)
    return min(int(header), LONGEST_LIFE_S)


async def query_agent_info(call: FabricCall) -> Reply:
    """Softphone data of all agents."""
    return Reply(_DIALECT.success(agent_infos(call.principal.config, call.principal.host.addresses())))


async def query_sys_info(call: FabricCall) -> Reply:
    """The same, wider, with where agents sign in."""
    fabric = call.principal
    return Reply(_DIALECT.success(sys_info(fabric.config, fabric.host.addresses(), now=fabric.clock.now())))


async def query_agent_info_by_account(call: FabricCall) -> Reply:
    """The agent of a business account."""
    fabric, body = call.principal, call.body_as(AgentOfAccountBody)
    agent = next((one for one in fabric.config.agents if one.account == body.account_code and one.is_enabled), None)
    if agent is None:
        return Reply(_DIALECT.success(no_agent_of_account("no agent has this account")))
    if body.username or body.password:
        is_right = body.username in ("", agent.account) and await _is_password(call, agent.workno, body.password)
        if not is_right:
            return Reply(_DIALECT.success(no_agent_of_account("username or password is wrong")))
    return Reply(_DIALECT.success(agent_of_account(agent)))


async def _is_password(call: FabricCall, workno: str, password: str) -> bool:
    """Check it with the same brakes as a sign-in of the agent."""
    fabric, source, now = call.principal, call.request.source.address, call.principal.clock.now()
    account = f"fabric {fabric.app.port.tenant}/{workno}"
    if wait_ms := fabric.guard.locked_for_ms(account, source, now_ms=now):
        raise too_often(wait_ms)
    if await fabric.app.port.passwords.verify(AgentId(int(workno)), password):
        fabric.guard.succeeded(account, source)
        return True
    fabric.guard.failed(account, source, now_ms=now)
    return False


GOVERNANCE_TABLE: OperationTable[_Fabric] = OperationTable(
    (
        Operation(
            "tokenByAkSk",
            ("POST",),
            "/api/oauth/tokenByAkSk",
            token_by_ak_sk,
            "A bearer token for an app key and its secret",
            group="Token",
            auth="secret",
            body=TokenBody,
        ),
    )
)
ACCESS_TABLE: OperationTable[_Fabric] = OperationTable(
    (
        Operation(
            "queryAgentInfo",
            ("GET",),
            "/CC-Mangemant/v1/queryAgentInfo",
            query_agent_info,
            "Softphone data of all agents",
            group="Agents",
            auth="bearer",
        ),
        Operation(
            "querySysInfo",
            ("GET",),
            "/CC-Mangemant/v1/querySysInfo",
            query_sys_info,
            "Agents with their configuration, and where they sign in",
            group="Agents",
            auth="bearer",
        ),
        Operation(
            "queryAgentInfoByAccount",
            ("POST",),
            "/rest/CC-Management/v1/queryAgentInfoByAccount",
            query_agent_info_by_account,
            "The agent of a business account",
            group="Agents",
            auth="bearer",
            body=AgentOfAccountBody,
        ),
    )
)


def build_fabric_apps(
    host: FabricHost, *, tokens: FabricTokens, clock: Clock, guard: SignInGuard
) -> dict[str, Dispatcher[_Fabric]]:
    """The ASGI applications by their prefixes.

    Args:
        host: The tenants and their app keys.
        tokens: Makes and reads bearer tokens.
        clock: Time of tokens and limits.
        guard: Brakes for wrong secrets.
    """
    fabric = _Fabric(host, tokens, clock, guard, RateLimit(per_minute=_TOKENS_PER_MINUTE, burst=_TOKENS_BURST))
    access = FabricAccess(tokens, clock=clock, guard=guard, rate=RateLimit(per_minute=_PER_MINUTE, burst=_BURST))

    def by_secret(request: WireRequest, path: dict[str, str]) -> _Fabric:
        return fabric

    def by_bearer(request: WireRequest, path: dict[str, str]) -> _Fabric:
        return _Fabric(host, tokens, clock, guard, fabric.rate, access(request, path))

    return {
        prefix: Dispatcher(
            table,
            dialect=_DIALECT,
            families={"secret": by_secret, "bearer": by_bearer},
            body_limit=_MOST_BYTES,
            malformed_status=400,
            internal_status=500,
        )
        for prefix, table in ((GOVERNANCE_PREFIX, GOVERNANCE_TABLE), (ACCESS_PREFIX, ACCESS_TABLE))
    }
