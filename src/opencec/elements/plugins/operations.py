"""The connection bar at its documented address: the script by POST, the sessions behind it, the page in its frame."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from html import escape

from opencec.elements.plugins.errors import BarDialect, refused
from opencec.elements.plugins.files import PluginFiles
from opencec.elements.plugins.ports import BarTenant, PluginHost
from opencec.elements.plugins.schemas import BarPageQuery, OpenedSession, PageProof, RenewBody
from opencec.elements.plugins.sessions import RENEW_AFTER_MS, BarSessions
from opencec.elements.plugins.translate import account_of
from opencec.elements.plugins.validation import PageCheck
from opencec.httpkit.cors import CrossOrigin
from opencec.httpkit.dispatcher import Dispatcher
from opencec.httpkit.lockout import SignInGuard
from opencec.httpkit.operations import Call, Operation, OperationTable, WireRequest
from opencec.httpkit.replies import ExactName, Refusal, Reply
from opencec.ports.clock import Clock
from opencec.ports.outbound_http import OutboundHttp

__all__ = ["PREFIX", "TABLE", "build_bar_app"]

PREFIX = "/service-cloud/ccdesktop/pages/cc-bar"
_SCRIPT = "ccbarclient.js"
_SETTINGS = re.compile(r"""["'`]__OPENCEC_BAR__["'`]""")
"""Stands in the built script where its settings go, in whichever quotes the build likes."""
_JS = b"text/javascript; charset=utf-8"
_MOST_BYTES = 8_192


@dataclass(frozen=True, slots=True)
class _Bar:
    """What the handlers use."""

    host: PluginHost
    files: PluginFiles
    sessions: BarSessions
    check: PageCheck
    clock: Clock


BarCall = Call[_Bar]


async def _open(call: BarCall) -> OpenedSession:
    proof, bar = call.body_as(PageProof), call.principal
    origin = call.request.header(b"origin").rstrip("/")
    tenant, agent = await bar.check.check(proof, origin=origin, source=call.request.source.address)
    session = bar.sessions.open(tenant.port.tenant, agent, origin=origin.lower(), now=bar.clock.now())
    return OpenedSession(session, f"ccdesktop/pages/cc-bar/bar.html?tenantSpaceId={tenant.space_id}")


async def load_script(call: BarCall) -> Reply:
    """The script that puts the bar into the page which posted its token; the page runs the answer."""
    opened = await _open(call)
    script = call.principal.files.text(_SCRIPT)
    if script is None:
        raise Refusal("not_built", "the plug-ins are not built yet: run `make setup`", status=503)
    settings = json.dumps({"session": opened.session, "frame": opened.frame}).replace("<", "\\u003c")
    headers = ((ExactName(b"X-Content-Type-Options"), b"nosniff"),)
    return Reply(_SETTINGS.sub(lambda _: settings, script, count=1).encode(), content_type=_JS, headers=headers)


async def open_session(call: BarCall) -> Reply:
    """The same for `<opencec-connection-bar>`, which needs no script from here."""
    return Reply(BarDialect().success(await _open(call)))


async def renew_session(call: BarCall) -> Reply:
    """The bar shows its session; what it needs to sign the agent in, and the session for the next time."""
    bar = call.principal
    now = bar.clock.now()
    session = bar.sessions.read(call.body_as(RenewBody).session, now=now)
    tenant = bar.host.tenant(session.tenant) if session is not None else None
    if session is None or tenant is None or not _still_has(tenant, session.origin):
        raise Refusal("session_over", "the session is over, the page has to load the bar again", status=401)
    text = bar.sessions.renew(session, now=now)
    answer = account_of(
        tenant.port,
        session.agent,
        session=text,
        renew_after_ms=RENEW_AFTER_MS,
        page_origin=session.origin,
        ticket=bar.host.ticket(session.tenant, session.agent),
        sip=bar.host.sip_of(session.tenant, session.agent),
    )
    if answer is None:
        raise refused()
    return Reply(BarDialect().success(answer))


def _still_has(tenant: BarTenant, origin: str) -> bool:
    """Whether the configuration still lets this page have the tenant's bar."""
    return origin in {entry.lower().rstrip("/") for entry in tenant.bar.page_origins}


async def bar_page(call: BarCall) -> Reply:
    """The page in the frame. Only pages of the tenant may have it as a frame."""
    tenant = call.principal.host.tenant_of_space(call.query_as(BarPageQuery).tenant_space_id)
    ancestors = " ".join(tenant.bar.page_origins) if tenant is not None and tenant.bar.page_origins else "'none'"
    policy = (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; media-src 'self' blob:; "
        f"connect-src 'self' ws: wss:; base-uri 'none'; form-action 'none'; frame-ancestors {ancestors}"
    )
    headers = (
        (ExactName(b"Content-Security-Policy"), policy.encode("ascii", "ignore")),
        (ExactName(b"X-Content-Type-Options"), b"nosniff"),
        (ExactName(b"Referrer-Policy"), b"no-referrer"),
        (ExactName(b"Permissions-Policy"), b"microphone=(self), camera=(self), geolocation=()"),
    )
    return Reply(_PAGE, content_type=b"text/html; charset=utf-8", headers=headers)


_PAGE = f"""<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><title>{escape("Connection bar")}</title>
<meta name="viewport" content="width=device-width"></head>
<body><script src="../../../plugins/bar.js"></script></body>
</html>
""".encode()

TABLE: OperationTable[_Bar] = OperationTable(
    (
        Operation(
            "loadScript",
            ("POST",),
            f"/js/{_SCRIPT}",
            load_script,
            "The connection bar's script, after the enterprise accepted the page's token",
            auth="page",
            body=PageProof,
        ),
        Operation(
            "openSession", ("POST",), "/session", open_session, "A session for the element", auth="page", body=PageProof
        ),
        Operation(
            "renewSession",
            ("POST",),
            "/session/renew",
            renew_session,
            "What the bar needs, and its session for the next time",
            auth="page",
            body=RenewBody,
        ),
        Operation("barPage", ("GET",), "/bar.html", bar_page, "The bar itself", auth="page", query=BarPageQuery),
    )
)


def build_bar_app(
    host: PluginHost,
    *,
    files: PluginFiles,
    sessions: BarSessions,
    outbound: OutboundHttp,
    clock: Clock,
    guard: SignInGuard,
) -> Dispatcher[_Bar]:
    """The ASGI application, to be mounted at `PREFIX`.

    Args:
        host: The tenants and their agents.
        files: The built scripts.
        sessions: Seals sessions.
        outbound: Reaches the enterprises.
        clock: Time of sessions and limits.
        guard: Brakes for refused tokens.
    """
    check = PageCheck(host, outbound=outbound, clock=clock, guard=guard)
    bar = _Bar(host, files, sessions, check, clock)

    def anybody(request: WireRequest, path: dict[str, str]) -> _Bar:
        return bar

    return Dispatcher(
        TABLE,
        dialect=BarDialect(),
        families={"page": anybody},
        body_limit=_MOST_BYTES,
        cross_origin=CrossOrigin(
            host.page_origins, request_headers="Content-Type", exposed_headers="Retry-After", methods="POST"
        ),
        malformed_status=400,
        internal_status=503,
    )
