"""Our own interface, `/api/v1`: facts about the server, accounts for agents' and customers' pages."""

from __future__ import annotations

from collections.abc import Sequence

from fastapi import APIRouter, FastAPI, Request, Response

from opencec.core.ids import AgentId
from opencec.elements.console.chats import add_chat_operations
from opencec.elements.console.desk import desk_router
from opencec.elements.console.errors import ApiRefusal, install_handlers
from opencec.elements.console.ports import Installation
from opencec.elements.console.schemas import (
    AccessCode,
    AgentAccount,
    AgentSignIn,
    BusyReason,
    Caller,
    CallerRequest,
    CallerSip,
    CallReason,
    PopParameter,
    Problem,
    Queue,
    RestReason,
    ScreenPop,
    ServerInfo,
    Sip,
    WebChannel,
)
from opencec.httpkit.limits import LimitedBody
from opencec.httpkit.lockout import RateLimit, SignInGuard
from opencec.httpkit.source import request_source
from opencec.ports.clock import Clock
from opencec.services.agent_port import TenantPort

__all__ = ["build_console_api"]

_FILE_BYTES = 20 * 1024 * 1024 + 16_384
"""Most bytes of an upload with the form around it."""


class _Console:
    """The handlers and what they use."""

    def __init__(
        self,
        installation: Installation,
        *,
        clock: Clock,
        guard: SignInGuard,
        trusted_proxies: Sequence[str],
        callers_per_minute: float,
    ) -> None:
        self._installation = installation
        self._clock = clock
        self._guard = guard
        self._trusted_proxies = trusted_proxies
        self._caller_limit = RateLimit(per_minute=callers_per_minute, burst=max(5, int(callers_per_minute)))

    async def info(self, request: Request, response: Response) -> ServerInfo:
        """What this server is, and how it is reached."""
        it = self._installation
        tenant = it.tenant_of_host(request.headers.get("host", ""))
        response.headers["Cache-Control"] = "no-store"
        tenants = it.tenants()
        return ServerInfo(
            version=it.version,
            tenant=tenant.name if tenant is not None else "",
            demo=it.is_demo,
            access_codes=[AccessCode(code=code.code, name=code.name) for code in it.access_codes],
            video_codes=list(it.video_codes),
            web_channels=[WebChannel(id=channel.id, name=channel.name) for channel in it.web_channels],
            http_url=it.http_url,
            https_url=it.https_url,
            ws_sip=it.ws_sip,
            sip=it.sip,
            ws_path=it.ws_path,
            signed_in_agents=sum(1 for port in tenants for view in port.queries.agents() if view.state != "signed_out"),
            live_calls=sum(port.queries.live_calls() for port in tenants),
        )

    async def agent_session(self, body: AgentSignIn, request: Request, response: Response) -> AgentAccount:
        """Check an agent's password; what the workbench needs to register its phone and to sign in."""
        agent = AgentId(int(body.workno))
        port = await self._authenticate(agent, body.password, request)
        view = port.queries.agent(agent)
        secret = await self._installation.phone_secret(port, agent)
        if view is None or secret is None:
            raise ApiRefusal(409, "no_phone", "no SIP account is configured for this agent")
        response.headers["Cache-Control"] = "no-store"
        queues = {queue.id: queue.name for queue in port.queries.profile.queues}
        return AgentAccount(
            workno=str(agent),
            name=view.name,
            vdn=port.tenant,
            sip=Sip(user=secret.user, password=secret.password, domain=self._installation.sip_domain),
            ws_path=self._installation.ws_path,
            queues=[Queue(id=queue, name=queues[queue]) for queue in view.configured if queue in queues],
            rest_reasons=[RestReason(restReasonId=r.id, restReason=r.name) for r in port.rest_reasons],
            busy_reasons=[BusyReason(id=r.id, name=r.name) for r in port.busy_reasons],
            role=view.role,
            call_reasons=self._call_reasons(port),
            echo_code=next((route.code for route in port.queries.profile.routes if route.device == "echo"), ""),
            screen_pops=self._screen_pops(port),
        )

    def _call_reasons(self, port: TenantPort) -> list[CallReason]:
        desk = self._installation.desk(port.tenant)
        reasons = desk.workbench.call_reasons if desk is not None else ()
        return [CallReason(id=r.id, name=r.name, parent=r.parent) for r in reasons]

    def _screen_pops(self, port: TenantPort) -> list[ScreenPop]:
        desk = self._installation.desk(port.tenant)
        pops = desk.workbench.screen_pops if desk is not None else ()
        return [
            ScreenPop(
                name=pop.name,
                url=pop.url,
                place=pop.place,
                at=pop.at,
                parameters=[PopParameter(name=p.name, source=p.source) for p in pop.parameters],
            )
            for pop in pops
        ]

    async def _authenticate(self, agent: AgentId, password: str, request: Request) -> TenantPort:
        source = request_source(request.scope, trusted_proxies=self._trusted_proxies).address
        port = self._installation.directory.for_agent(agent, host=request.headers.get("host", ""))
        account = f"{port.tenant if port else 0}/{agent}"
        locked_ms = self._guard.locked_for_ms(account, source, now_ms=self._clock.now())
        if locked_ms:
            raise ApiRefusal(423, "locked", "too many failed sign-ins", retry_after_ms=locked_ms)
        if port is not None and await port.verify_password(agent, password):
            self._guard.succeeded(account, source)
            return port
        self._guard.failed(account, source, now_ms=self._clock.now())
        raise ApiRefusal(401, "wrong_password", "wrong work number or password")

    async def new_caller(self, body: CallerRequest, request: Request, response: Response) -> Caller:
        """A temporary SIP account for one customer's browser; it can call `to` and nothing else."""
        source = request_source(request.scope, trusted_proxies=self._trusted_proxies).address
        wait_ms = self._caller_limit.wait_ms(source, now_ms=self._clock.now())
        if wait_ms:
            raise ApiRefusal(429, "too_many_requests", "too many calls from here", retry_after_ms=wait_ms)
        it = self._installation
        port = it.tenant_of_host(request.headers.get("host", ""))
        if port is None or all(route.code != body.to for route in port.queries.profile.routes):
            raise ApiRefusal(404, "unknown_access_code", "nothing answers under this number")
        account = await it.caller_accounts(port).issue(port, target=body.to)
        response.headers["Cache-Control"] = "no-store"
        return Caller(
            sip=CallerSip(
                user=account.user,
                password=account.password,
                domain=it.sip_domain,
                expires_at_ms=account.expires_at,
            ),
            ws_path=it.ws_path,
            target=f"sip:{account.target}@{it.sip_domain}",
        )


def build_console_api(
    installation: Installation,
    *,
    clock: Clock,
    guard: SignInGuard,
    trusted_proxies: Sequence[str] = (),
    callers_per_minute: float = 30.0,
) -> LimitedBody:
    """The ASGI application, to be mounted at `/api/v1`.

    Args:
        installation: The system behind.
        clock: Time of locks and rates.
        guard: Brakes for sign-ins, shared with the other elements.
        trusted_proxies: Proxies whose X-Forwarded-For is believed.
        callers_per_minute: Temporary accounts that one source gets.
    """
    console = _Console(
        installation,
        clock=clock,
        guard=guard,
        trusted_proxies=trusted_proxies,
        callers_per_minute=callers_per_minute,
    )
    router = APIRouter()
    refused: dict[int | str, dict[str, object]] = {"4XX": {"model": Problem}}
    router.add_api_route("/info", console.info, methods=["GET"], response_model=ServerInfo, tags=["server"])
    router.add_api_route(
        "/agent/session",
        console.agent_session,
        methods=["POST"],
        response_model=AgentAccount,
        responses=refused,
        tags=["agents"],
    )
    router.add_api_route(
        "/callers", console.new_caller, methods=["POST"], response_model=Caller, responses=refused, tags=["customers"]
    )
    app = FastAPI(title="OpenCEC", version=installation.version, docs_url=None, redoc_url=None, redirect_slashes=False)
    app.include_router(router)
    app.include_router(desk_router(installation, clock=clock, add_operations=add_chat_operations))
    install_handlers(app)
    return LimitedBody(app, limit=16_384, larger={"/files": _FILE_BYTES})
