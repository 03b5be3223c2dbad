"""The ICS gateway: the older interface by which an enterprise's server or app speaks for its customers.

It has no credential of its own: only addresses that the tenant names may call (ics-gateway.md 2, 15).
"""

from __future__ import annotations

import asyncio
import base64
import ipaddress
import re
from dataclasses import dataclass
from urllib.parse import quote

import msgspec

from opencec.elements.ics_gateway.errors import IcsDialect, refused
from opencec.elements.ics_gateway.guids import Guid, Guids
from opencec.elements.ics_gateway.ports import IcsHost, IcsTenant
from opencec.elements.ics_gateway.push import customer_of, next_event, sign_out
from opencec.elements.ics_gateway.schemas import (
    CallQuery,
    CreateCallBody,
    EventEnvelope,
    LoginBody,
    LoginResult,
    MediaQuery,
    SendBody,
    SkillStatistic,
    StatisticBody,
    UploadResult,
)
from opencec.elements.ics_gateway.sessions import IcsSession
from opencec.elements.ics_gateway.translate import TEXT, queue_result
from opencec.elements.ics_gateway.verify_code import CODE_LIFE_MS, draw_code, new_code
from opencec.httpkit.dispatcher import Dispatcher
from opencec.httpkit.forms import form_file
from opencec.httpkit.lockout import RateLimit
from opencec.httpkit.operations import Call, Operation, OperationTable, WireRequest
from opencec.httpkit.replies import ExactName, Refusal, Reply
from opencec.ports.clock import Clock
from opencec.ports.outbound_http import OutboundFailed
from opencec.services.chat.customer_side import ChatDenied, CustomerId, MediaName, Stored

__all__ = ["PREFIX", "TABLE", "build_ics_app"]

PREFIX = "/icsgateway/resource"
_HOLD_S = 8.0
"""Keeps every known read time-out, which are 10-15 s."""
_ERROR_PAUSE_S = 0.5
"""One client asks again without a pause when a poll fails."""
_FILE_BYTES = 2 * 1024 * 1024
_NAME = re.compile(r"[A-Za-z0-9]{1,20}")
_PER_MINUTE, _BURST = 600.0, 120
"""Requests of one session."""
_STRANGER_PER_MINUTE, _STRANGER_BURST = 600.0, 200
"""Sign-ins and statistics of one address; enterprises' servers sign many customers in."""
_DIALECT = IcsDialect()


@dataclass(frozen=True, slots=True)
class _Ics:
    """What the handlers use."""

    host: IcsHost
    guids: Guids
    clock: Clock
    vdn: int = 0
    user: str = ""
    known_tenant: IcsTenant | None = None
    known_session: IcsSession | None = None

    @property
    def tenant(self) -> IcsTenant:
        """Whose customer it is."""
        assert self.known_tenant is not None
        return self.known_tenant

    @property
    def session(self) -> IcsSession:
        """The customer's session."""
        assert self.known_session is not None
        return self.known_session

    @property
    def who(self) -> CustomerId:
        """The customer, apart from the customers of other interfaces."""
        return customer_of(self.tenant.channel, self.user)

    def need_call(self, call: str) -> None:
        """Raises Refusal 10-200-003 unless this is the customer's living call."""
        line = self.tenant.chats.line(self.who)
        if not call or line.contact != call or line.state in ("none", "ended"):
            raise refused("10-200-003")


IcsCall = Call[_Ics]


def _done(result: object = None) -> Reply:
    return Reply(_DIALECT.success(result))


# --- session --------------------------------------------------------------------------------------------------------


async def login(call: IcsCall) -> Reply:
    """Sign a customer in; the GUID is in the header. Events are pushed to `pushUrl`, without it they are pulled."""
    ics = call.principal
    _check_login(ics, call.body_as(LoginBody).push_url)
    known = ics.tenant.sessions.of_user(ics.user)
    if known is not None:
        if not known.is_silent(ics.clock.now()):
            raise refused("10-100-008")
        await _sign_out(ics, known)
    session = await _open(ics, call.body_as(LoginBody).push_url)
    return _signed_in(ics, session, None)


async def login_ex(call: IcsCall) -> Reply:
    """Sign a customer in for a server, which gets the events; a session of this name is replaced."""
    ics, url = call.principal, call.body_as(LoginBody).push_url
    if not url:
        raise refused("10-100-007")
    _check_login(ics, url)
    known = ics.tenant.sessions.of_user(ics.user)
    if known is not None:
        await _sign_out(ics, known)
    session = await _open(ics, url, is_trusted=True)
    return _signed_in(ics, session, LoginResult(session.login))


def _check_login(ics: _Ics, url: str) -> None:
    if not _NAME.fullmatch(ics.user) or "login" in ics.user.lower():
        raise refused("10-100-007")
    if not ics.tenant.channel:
        raise refused("10-100-009")
    if not url:
        return
    try:
        ics.tenant.check_address(url)
    except OutboundFailed as error:
        raise Refusal("10-100-007", f"pushUrl: {error.detail}") from None


async def _open(ics: _Ics, url: str, *, is_trusted: bool = False) -> IcsSession:
    sessions, now = ics.tenant.sessions, ics.clock.now()
    ics.tenant.chats.keep_for_polls(ics.who)
    session = await sessions.open(ics.user, now=now, push=url, is_trusted=is_trusted)
    if session is None:
        raise refused("10-100-008")
    with session.hold():
        return session


def _signed_in(ics: _Ics, session: IcsSession, result: LoginResult | None) -> Reply:
    guid = ics.guids.make(Guid(ics.vdn, ics.user, session.login))
    headers = (
        (ExactName(b"Set-GUID"), f"JSESSIONID={guid}".encode()),
        (ExactName(b"Set-Cookie"), f"JSESSIONID={guid}; Path=/; HttpOnly".encode()),
    )
    return Reply(_DIALECT.success(result), headers=headers)


async def _sign_out(ics: _Ics, session: IcsSession) -> None:
    await sign_out(session, sessions=ics.tenant.sessions, chats=ics.tenant.chats, who=ics.who)


async def logout(call: IcsCall) -> Reply:
    """Sign out; a call that is there is dropped first."""
    ics = call.principal
    await _sign_out(ics, ics.session)
    return _done()


async def heartbeat(call: IcsCall) -> Reply:
    """Still there; never null, or one client asks without a pause."""
    return _done(LoginResult(call.principal.session.login))


async def verify_code(call: IcsCall) -> Reply:
    """A new image code, as Base64 of a JPEG."""
    ics = call.principal
    ics.session.code, ics.session.code_until = new_code(), ics.clock.now() + CODE_LIFE_MS
    picture = await asyncio.to_thread(draw_code, ics.session.code)
    return _done(base64.b64encode(picture).decode())


def _check_code(ics: _Ics, given: str) -> None:
    """Each code is good for one call."""
    session = ics.session
    if not ics.tenant.needs_code or session.is_trusted:
        return
    code, session.code = session.code, ""
    if not code or code != given.strip():
        raise refused("10-300-001")
    if ics.clock.now() > session.code_until:
        raise refused("10-300-002")


# --- call -----------------------------------------------------------------------------------------------------------


async def create_call(call: IcsCall) -> Reply:
    """Begin a text chat. Other media have no place here yet."""
    ics, body = call.principal, call.body_as(CreateCallBody)
    if body.media_type != TEXT:
        raise refused("10-100-010")
    queue = ics.tenant.text_queue(body.access_code)
    if queue is None:
        raise refused("10-100-010" if ics.tenant.has_code(body.access_code) else "10-100-014")
    if ics.tenant.chats.line(ics.who).state not in ("none", "ended"):
        raise refused("10-200-001")
    _check_code(ics, body.verify_code)
    who = ics.who._replace(name=(body.display_name or body.real_caller or ics.user)[:64])
    ics.tenant.chats.keep_for_polls(who)
    with ics.session.hold():
        try:
            line = await ics.tenant.chats.connect(who, key="", data=body.call_data, queue=queue)
        except ChatDenied:
            raise refused("10-100-009") from None
    ics.session.call = body.access_code
    return _done(line.contact)


async def drop_call(call: IcsCall) -> Reply:
    """End the call, queuing or not."""
    ics = call.principal
    ics.need_call(call.query_as(CallQuery).call_id)
    await ics.tenant.chats.end(ics.who)
    return _done()


async def cancel_queue_call(call: IcsCall) -> Reply:
    """Leave the queue."""
    ics = call.principal
    ics.need_call(call.query_as(CallQuery).call_id)
    if ics.tenant.chats.line(ics.who).state != "queued":
        raise refused("10-200-006")
    await ics.tenant.chats.end(ics.who)
    return _done()


async def get_call_queue(call: IcsCall) -> Reply:
    """The place in the queue."""
    ics = call.principal
    ics.need_call(call.query_as(CallQuery).call_id)
    place = ics.tenant.chats.place(ics.who)
    if place is None:
        raise refused("10-200-006")
    return _done(queue_result(place))


async def send_message(call: IcsCall) -> Reply:
    """Say something; the answer means accepted, the event that it is kept."""
    ics, body = call.principal, call.body_as(SendBody)
    ics.need_call(body.call_id)
    if ics.tenant.chats.line(ics.who).state == "queued":
        raise refused("10-100-011")
    key = f"{body.chat_id}/{body.send_time}" if body.chat_id or body.send_time else ""
    try:
        await ics.tenant.chats.post(
            ics.who, key=key, media="TEXT", content=body.content, file="", sent_at=body.send_time
        )
    except ChatDenied:
        ics.session.tell("WECC_CHAT_POSTDATA_FAIL", callId=body.call_id, chatId=body.chat_id)
        raise refused("10-200-003") from None
    ics.session.tell(
        "WECC_CHAT_POSTDATA_SUCC", callId=body.call_id, chatContent=body.content, chatId=body.chat_id, result=0
    )
    return _done()


async def upload_file(call: IcsCall) -> Reply:
    """Send a file to the agent: the part `media` of a form."""
    ics, query = call.principal, call.query_as(MediaQuery)
    ics.need_call(query.call_id)
    form = await form_file(call.request.header(b"content-type"), call.raw_bytes, part="media")
    if form is None:
        raise refused("10-100-007")
    name, _, data = form  # the part's type is octet-stream whatever it is
    stored = await ics.tenant.media.store(ics.who, name=name, data=data, declared="", most_bytes=_FILE_BYTES)
    try:
        await ics.tenant.chats.post(
            ics.who, key=stored.id, media=_medium(stored), content="", file=stored.id, sent_at=0
        )
    except ChatDenied:
        raise refused("10-200-003") from None
    return _done(UploadResult(f"{stored.id}.{stored.suffix}", stored.name, query.chat_id))


def _medium(stored: Stored) -> MediaName:
    kinds: dict[str, MediaName] = {"image": "IMAGE", "audio": "AUDIO", "video": "VIDEO"}
    return kinds.get(stored.type.partition("/")[0], "DOCUMENT")


async def download_file(call: IcsCall) -> Reply:
    """A file that a message names, as bytes."""
    ics = call.principal
    id = call.query_as(MediaQuery).file_path.rpartition("/")[2].partition(".")[0]
    stored = await ics.tenant.media.find(ics.who, id)
    data = await ics.tenant.media.content(ics.who, id, thumbnail=False)
    headers = (
        (ExactName(b"Content-Disposition"), f"attachment; filename*=UTF-8''{quote(stored.name, safe='')}".encode()),
        (ExactName(b"X-Content-Type-Options"), b"nosniff"),
    )
    return Reply(data, content_type=b"application/octet-stream", headers=headers)


async def poll_event(call: IcsCall) -> Reply:
    """The next event; without one the answer waits up to 8 s."""
    ics = call.principal
    if ics.known_session is None:
        await asyncio.sleep(_ERROR_PAUSE_S)
        raise refused("10-100-006")
    session = ics.known_session
    if session.push:
        await asyncio.sleep(_ERROR_PAUSE_S)
        raise refused("10-100-002")
    session.polls += 1
    mine = session.polls
    session.wake.set()  # an older poll ends
    await asyncio.sleep(0)
    chats, who = ics.tenant.chats, ics.who
    chats.seen(who)
    wake = session.wake = asyncio.Event()
    quit = chats.watch(who, lambda what: wake.set())
    try:
        event = await next_event(session, chats=chats, who=who)
        if event is None:
            try:
                async with asyncio.timeout(_HOLD_S):
                    await wake.wait()
            except TimeoutError:
                pass
            event = await next_event(session, chats=chats, who=who) if mine == session.polls else None
    finally:
        quit()
    return Reply(msgspec.json.encode(EventEnvelope("", "0", event)))


# --- conference, statistics -----------------------------------------------------------------------------------------


async def request_meeting(call: IcsCall) -> Reply:
    """There are no conferences yet: refused."""
    call.principal.need_call(call.query_as(CallQuery).call_id)
    raise refused("10-400-001")


async def end_meeting(call: IcsCall) -> Reply:
    """There are no conferences yet: none of this id."""
    raise refused("10-400-002")


async def get_skill_statistic(call: IcsCall) -> Reply:
    """How it looks behind access codes; without a session."""
    ics, body = call.principal, call.body_as(StatisticBody)
    tenant = _tenant_of(ics.host, body.vdn_id, call.request)
    found: dict[str, SkillStatistic] = {}
    for code in dict.fromkeys(body.access_codes):
        count = tenant.count(code)
        if count is None:
            raise refused("10-100-014")
        found[code] = SkillStatistic(count.signed_in, count.free, count.waiting, count.most_waiting)
    return _done(found)


def _tenant_of(host: IcsHost, vdn: int, request: WireRequest) -> IcsTenant:
    """The tenant, when it lets this address in. Trust by address never applies to forwarded requests (design.md 10)."""
    tenant, source = host.tenant(vdn), request.source
    if tenant is None or source.is_forwarded or not _covers(tenant.networks, source.peer):
        raise refused("10-100-005")
    return tenant


def _covers(networks: tuple[str, ...], peer: str) -> bool:
    try:
        address = ipaddress.ip_address(peer)
        return any(address in ipaddress.ip_network(network, strict=False) for network in networks)
    except ValueError:
        return False


_USER = "{vdnid:number}/{user}"
TABLE: OperationTable[_Ics] = OperationTable(
    (
        Operation("login", ("POST",), f"/onlinewecc/{_USER}/login", login, "Sign in", auth="address", body=LoginBody),
        Operation(
            "loginEx",
            ("POST",),
            f"/onlinewecc/{_USER}/loginex",
            login_ex,
            "Sign in for a server: events are pushed, calls need no image code",
            auth="address",
            body=LoginBody,
        ),
        Operation("logout", ("DELETE",), f"/onlinewecc/{_USER}/logout", logout, "Sign out"),
        Operation("heartbeat", ("GET",), f"/onlinewecc/{_USER}/heartbeat", heartbeat, "Stay signed in"),
        Operation(
            "verifyCodeForCall", ("GET",), f"/verifycode/{_USER}/verifycodeforcall", verify_code, "An image code"
        ),
        Operation(
            "doCreateCall",
            ("POST",),
            f"/realtimecall/{_USER}/docreatecall",
            create_call,
            "Begin a text chat",
            body=CreateCallBody,
        ),
        Operation(
            "doDropCall", ("DELETE",), f"/realtimecall/{_USER}/dodropcall", drop_call, "End a call", query=CallQuery
        ),
        Operation(
            "doCancelQueueCall",
            ("DELETE",),
            f"/realtimecall/{_USER}/docancelqueuecall",
            cancel_queue_call,
            "Leave the queue",
            query=CallQuery,
        ),
        Operation(
            "getCallQueue",
            ("GET",),
            f"/realtimecall/{_USER}/getcallqueue",
            get_call_queue,
            "The place in the queue",
            query=CallQuery,
        ),
        Operation(
            "doSendMessage",
            ("POST",),
            f"/realtimecall/{_USER}/dosendmessage",
            send_message,
            "Say something",
            body=SendBody,
        ),
        Operation(
            "uploadFile",
            ("POST",),
            f"/realtimecall/{_USER}/mediafile",
            upload_file,
            "Send a file",
            query=MediaQuery,
            body_limit=_FILE_BYTES + 65_536,
        ),
        Operation(
            "downloadFile",
            ("GET",),
            f"/realtimecall/{_USER}/mediafile",
            download_file,
            "Fetch a file",
            query=MediaQuery,
        ),
        Operation(
            "requestMeeting",
            ("POST",),
            f"/meetingcall/{_USER}/requestmeeting",
            request_meeting,
            "Refused: there are no conferences yet",
            query=CallQuery,
        ),
        Operation("reportResult", ("POST",), f"/meetingcall/{_USER}/reportresult", end_meeting, "No such conference"),
        Operation("stopMeeting", ("POST",), f"/meetingcall/{_USER}/stopmeeting", end_meeting, "No such conference"),
        Operation("pollEvent", ("GET",), f"/icsevent/{_USER}", poll_event, "The next event", auth="poll"),
        Operation(
            "getSkillStatistic",
            ("POST",),
            "/queuedevice/getskillstatistic",
            get_skill_statistic,
            "How it looks behind access codes",
            auth="anybody",
            body=StatisticBody,
        ),
    )
)


def build_ics_app(host: IcsHost, *, secret: bytes, clock: Clock) -> Dispatcher[_Ics]:
    """The ASGI application, to be mounted at `PREFIX`.

    Args:
        host: The tenants.
        secret: Signs GUIDs.
        clock: Time of sessions and limits.
    """
    guids = Guids(secret)
    rate = RateLimit(per_minute=_PER_MINUTE, burst=_BURST)
    strangers = RateLimit(per_minute=_STRANGER_PER_MINUTE, burst=_STRANGER_BURST)
    plain = _Ics(host, guids, clock)

    def anybody(request: WireRequest, path: dict[str, str]) -> _Ics:
        if strangers.wait_ms(request.source.address, now_ms=clock.now()):
            raise Refusal("10-100-009", "too many requests")
        return plain

    def by_address(request: WireRequest, path: dict[str, str]) -> _Ics:
        anybody(request, path)
        vdn = int(path["vdnid"])
        return _Ics(host, guids, clock, vdn, path["user"], _tenant_of(host, vdn, request))

    def by_guid(request: WireRequest, path: dict[str, str]) -> _Ics:
        vdn, user, now = int(path["vdnid"]), path["user"], clock.now()
        tenant = _tenant_of(host, vdn, request)
        guid = guids.read(request.header(b"guid"))
        if guid is None or (guid.vdn, guid.user) != (vdn, user):
            raise refused("10-100-006")
        session = tenant.sessions.find(user, login=guid.login, now=now)
        if session is None:
            raise refused("10-100-006")
        if session.push:
            tenant.chats.seen(customer_of(tenant.channel, user))
        if rate.wait_ms(f"{vdn}/{user}", now_ms=now):
            raise Refusal("10-100-009", "too many requests")
        return _Ics(host, guids, clock, vdn, user, tenant, session)

    def by_poll(request: WireRequest, path: dict[str, str]) -> _Ics:
        try:
            return by_guid(request, path)
        except Refusal as refusal:
            if refusal.code != "10-100-006":
                raise
            vdn = int(path["vdnid"])  # the handler refuses, but not at once
            return _Ics(host, guids, clock, vdn, path["user"], _tenant_of(host, vdn, request))

    return Dispatcher(
        TABLE,
        dialect=_DIALECT,
        families={"anybody": anybody, "address": by_address, "guid": by_guid, "poll": by_poll},
    )
