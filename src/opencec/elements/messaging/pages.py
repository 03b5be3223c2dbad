"""What pages that show a chat ask over HTTP: sessions, files, and the documented scripts (lightweight-plugins 2.1)."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import quote

from opencec.elements.messaging.customer_operations import TOKEN_HEADER
from opencec.elements.messaging.errors import WidgetDialect
from opencec.elements.messaging.facade import Customer
from opencec.elements.messaging.operations import customer_of
from opencec.elements.messaging.ports import ChatHost, WebChannel
from opencec.elements.messaging.tokens import LIFE_S, CustomerTokens
from opencec.elements.messaging.validation import PageProof, ProofCheck
from opencec.elements.messaging.widget_schemas import ChannelInfo, SessionAnswer, SessionBody, UserDataBody, file_info
from opencec.httpkit.cors import CrossOrigin
from opencec.httpkit.dispatcher import Dispatcher
from opencec.httpkit.forms import form_file
from opencec.httpkit.lockout import RateLimit
from opencec.httpkit.operations import Call, Operation, OperationTable, WireRequest
from opencec.httpkit.replies import ExactName, Refusal, Reply
from opencec.httpkit.source import is_same_origin
from opencec.httpkit.vouching import locked
from opencec.ports.clock import Clock
from opencec.services.chat.customer_side import CustomerId

__all__ = ["SCRIPT_PREFIX", "SCRIPT_TABLE", "WIDGET_PREFIX", "WIDGET_TABLE", "build_pages"]

WIDGET_PREFIX = "/chat/v1"
SCRIPT_PREFIX = "/service-cloud/webclient/chat_client/js"
_SETTINGS = re.compile(r"""["'`]__OPENCEC_CHAT__["'`]""")
"""Stands in the built script where its settings go, in whichever quotes the build likes."""
_SMALL_BYTES = 16_384
_FORM_EXTRA = 16_384
_FILE_BYTES = 20 * 1024 * 1024 + _FORM_EXTRA
_PER_MINUTE, _BURST = 120.0, 30
"""Files of one customer."""
_DIALECT = WidgetDialect()
_SHOWN = frozenset({"image/png", "image/jpeg", "image/gif", "image/webp", "image/bmp"})
"""Types that a browser may show in the page; everything else is downloaded."""


@dataclass(frozen=True, slots=True)
class _Pages:
    """What the handlers use."""

    host: ChatHost
    check: ProofCheck
    tokens: CustomerTokens
    script: Callable[[], str | None]
    clock: Clock
    customer: Customer | None = None


PagesCall = Call[_Pages]


def _is_own(request: WireRequest) -> bool:
    """The page is ours: its Origin is the host that it asked."""
    return request.header(b"origin") != "" and is_same_origin(request.scope)


def _session(pages: _Pages, channel: WebChannel, who: CustomerId, proof: str) -> SessionAnswer:
    config = channel.config
    return SessionAnswer(
        token=pages.tokens.issue(who, proof=proof, now=pages.clock.now()),
        userId=who.user,
        expiresIn=LIFE_S,
        channel=ChannelInfo(
            name=config.name,
            isOpen=channel.chats.is_open(config.channel),
            hasSurvey=config.survey == "WEB",
            isAsync=config.is_async,
            maxUploadBytes=channel.media.most_bytes,
            language=channel.language,
        ),
    )


async def open_session(call: PagesCall) -> Reply:
    """A session for a guest, or for a customer whom the enterprise vouches for."""
    pages, body = call.principal, call.body_as(SessionBody)
    raw = call.raw_body if isinstance(call.raw_body, dict) else {}
    proof = PageProof(
        channel=body.channel,
        space_id=body.tenant_space_id,
        user=body.user_id,
        name=body.user_name,
        locale=body.locale,
        token=body.third_user_token,
        authorization=body.authorization,
        signed=PageProof.signed_text(raw),
    )
    channel, who, how = await pages.check.check(proof, call.request, is_own_page=_is_own(call.request))
    return Reply(_DIALECT.success(_session(pages, channel, who, how)))


async def load_script(call: PagesCall) -> Reply:
    """The script that puts the chat into the page which posted its user data; the page runs the answer."""
    pages, body = call.principal, call.body_as(UserDataBody)
    raw = call.raw_body if isinstance(call.raw_body, dict) else {}
    proof = PageProof(
        channel=body.channel_config_id,
        space_id=body.tenant_space_id,
        user=body.third_user_id,
        name=body.third_user_name,
        locale=body.locale,
        token=body.third_user_token,
        authorization=body.authorization,
        signed=PageProof.signed_text(raw),
    )
    channel, who, how = await pages.check.check(proof, call.request, is_own_page=_is_own(call.request))
    script = pages.script()
    if script is None:
        raise Refusal("not_built", "the plug-ins are not built yet: run `make setup`", status=503)
    session = _session(pages, channel, who, how)
    settings = json.dumps(
        {
            "server": _server_of(call.request),
            "channel": who.channel,
            "locale": body.locale,
            "session": json.loads(_DIALECT.success(session)),
        }
    ).replace("<", "\\u003c")
    is_secure = call.request.scope.get("scheme") == "https"
    cookie = f"ccmessaging-token={session.token}; Path=/service-cloud; HttpOnly; Max-Age={LIFE_S}"
    cookie += "; SameSite=None; Secure" if is_secure else "; SameSite=Lax"
    headers = (
        (ExactName(b"X-Content-Type-Options"), b"nosniff"),
        (ExactName(b"Set-Cookie"), cookie.encode()),
    )
    text = _SETTINGS.sub(lambda _: settings, script, count=1).encode()
    return Reply(text, content_type=b"text/javascript; charset=utf-8", headers=headers)


def _server_of(request: WireRequest) -> str:
    """Our origin, as the page reached us."""
    return f"{request.scope.get('scheme', 'http')}://{request.header(b'host')}"


async def upload_file(call: PagesCall) -> Reply:
    """A file for a message that follows: the part `file` of a form."""
    customer = _customer(call)
    form = await form_file(call.request.header(b"content-type"), call.raw_bytes, part="file")
    if form is None:
        raise Refusal("invalid_form", "a form with the part `file` is needed", status=400)
    name, kind, data = form
    stored = await customer.channel.media.store(customer.who, name=name, data=data, declared=kind, most_bytes=None)
    return Reply(_DIALECT.success(file_info(stored)))


async def download_file(call: PagesCall) -> Reply:
    """A file of the customer's own talks. Only pictures are shown in place; nothing in it ever runs."""
    customer, id = _customer(call), call.path["id"]
    is_small = call.request.query.get("thumbnail", "") not in ("", "0")
    file = await customer.channel.media.find(customer.who, id)
    data = await customer.channel.media.content(customer.who, id, thumbnail=is_small)
    kind = "image/jpeg" if is_small and data[:2] == b"\xff\xd8" else "image/png" if is_small else file.type
    place = "inline" if kind in _SHOWN else "attachment"
    headers = (
        (ExactName(b"Content-Disposition"), f"{place}; filename*=UTF-8''{quote(file.name, safe='')}".encode()),
        (ExactName(b"X-Content-Type-Options"), b"nosniff"),
        (ExactName(b"Content-Security-Policy"), b"default-src 'none'; sandbox"),
    )
    return Reply(data, content_type=kind.encode("latin-1", "replace"), headers=headers)


def _customer(call: PagesCall) -> Customer:
    assert call.principal.customer is not None
    return call.principal.customer


WIDGET_TABLE: OperationTable[_Pages] = OperationTable(
    (
        Operation(
            "openSession",
            ("POST",),
            "/sessions",
            open_session,
            "A session of a guest, or of a customer whom the enterprise vouches for",
            auth="page",
            body=SessionBody,
        ),
        Operation(
            "uploadFile",
            ("POST",),
            "/files",
            upload_file,
            "A file for a message that follows",
            auth="customer",
            body_limit=_FILE_BYTES,
        ),
        Operation("downloadFile", ("GET",), "/files/{id}", download_file, "A file of a message", auth="customer"),
    )
)
SCRIPT_TABLE: OperationTable[_Pages] = OperationTable(
    Operation(
        name,
        ("POST",),
        f"/{name}.js",
        load_script,
        "The chat's script, after the customer's proof was checked",
        auth="page",
        body=UserDataBody,
    )
    for name in ("thirdPartyClient", "newThirdPartyClient")
)


def build_pages(
    host: ChatHost,
    *,
    check: ProofCheck,
    tokens: CustomerTokens,
    script: Callable[[], str | None],
    clock: Clock,
) -> dict[str, Dispatcher[_Pages]]:
    """The ASGI applications by their prefixes.

    Args:
        host: The channels.
        check: Decides who a session is for.
        tokens: Makes and reads customers' tokens.
        script: Gives the built script of the widget; None while it is not built.
        clock: Time of tokens and limits.
    """
    pages = _Pages(host, check, tokens, script, clock)
    rate = RateLimit(per_minute=_PER_MINUTE, burst=_BURST)

    def anybody(request: WireRequest, path: dict[str, str]) -> _Pages:
        return pages

    def by_token(request: WireRequest, path: dict[str, str]) -> _Pages:
        scheme, _, text = request.header(b"authorization").partition(" ")
        token = text.strip() if scheme.lower() == "bearer" else request.header(TOKEN_HEADER)
        now = clock.now()
        found = customer_of(host, tokens, token, now=now)
        if found is None:
            raise Refusal("token_over", "the token is unknown or over, open a session", status=401)
        customer, _ = found
        if wait_ms := rate.wait_ms(f"{customer.who.channel}/{customer.who.user}", now_ms=now):
            raise locked(wait_ms)
        return _Pages(host, check, tokens, script, clock, customer)

    return {
        prefix: Dispatcher(
            table,
            dialect=_DIALECT,
            families={"page": anybody, "customer": by_token},
            body_limit=_SMALL_BYTES,
            cross_origin=CrossOrigin(
                host.page_origins,
                request_headers="Content-Type, Authorization",
                exposed_headers="Retry-After, Content-Disposition",
                methods="GET, POST",
            ),
            malformed_status=400,
            internal_status=503,
        )
        for prefix, table in ((WIDGET_PREFIX, WIDGET_TABLE), (SCRIPT_PREFIX, SCRIPT_TABLE))
    }
