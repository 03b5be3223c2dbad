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
from opencec.elements.ics_gateway.ports import IcsHost, IcsTenant
from opencec.elements.ics_gateway.schemas import (
    CallQuery,
    CreateCallBody,
    EventBody,
    EventEnvelope,
    LoginBody,
    LoginResult,
    MediaQuery,
    SendBody,
    SkillStatistic,
    StatisticBody,
    UploadResult,
)
from opencec.elements.ics_gateway.sessions import IcsSession, IcsSessions
from opencec.elements.ics_gateway.translate import TEXT, event_of, queue_result
from opencec.elements.ics_gateway.verify_code import CODE_LIFE_MS, draw_code, new_code
from opencec.httpkit.dispatcher import Dispatcher
from opencec.httpkit.forms import form_file
from opencec.httpkit.lockout import RateLimit
from opencec.httpkit.operations import Call, Operation, OperationTable, WireRequest
from opencec.httpkit.replies import ExactName, Refusal, Reply
from opencec.ports.clock import Clock
from opencec.services.chat.customer_side import ChatDenied, CustomerId, MediaName, Stored

__all__ = ["PREFIX", "TABLE", "build_ics_app"]

PREFIX = "/icsgateway/resource"
_HOLD_S = 8.0
"""Keeps every known read time-out, which are 10-15 s."""
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
    sessions: IcsSessions
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
        return CustomerId(self.tenant.channel, f"ics-{self.user}", self.user)

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
    """Sign a customer in; the GUID is in the header. Events are pulled."""
    ics = call.principal
    if call.body_as(LoginBody).push_url:
        raise refused("10-100-002")
    if not _NAME.fullmatch(ics.user) or "login" in ics.user.lower():
        raise refused("10-100-007")
    if not ics.tenant.channel:
        raise refused("10-100-009")
    opened = ics.sessions.open(ics.vdn, ics.user, now=ics.clock.now())
    if opened is None:
        raise refused("10-100-008")
    _, guid = opened
    ics.tenant.chats.keep_for_polls(ics.who)
    cookie = f"JSESSIONID={guid}; Path=/; HttpOnly"
    headers = (
        (ExactName(b"Set-GUID"), f"JSESSIONID={guid}".encode()),
        (ExactName(b"Set-Cookie"), cookie.encode()),
    )
    return Reply(_DIALECT.success(None), headers=headers)


async def logout(call: IcsCall) -> Reply:
    """Sign out; a call that is there is dropped first."""
    ics = call.principal
    await ics.tenant.chats.end(ics.who)
    ics.sessions.close(ics.session)
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
    if not ics.tenant.needs_code:
        return
    session = ics.session
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
    ics, session = call.principal, call.principal.session
    session.polls += 1
    mine = session.polls
    session.wake.set()  # an older poll ends
    await asyncio.sleep(0)
    chats, who = ics.tenant.chats, ics.who
    chats.seen(who)
    wake = session.wake = asyncio.Event()
    quit = chats.watch(who, lambda what: wake.set())
    try:
        event = await _next(ics)
        if event is None:
            try:
                async with asyncio.timeout(_HOLD_S):
                    await wake.wait()
            except TimeoutError:
                pass
            event = await _next(ics) if mine == session.polls else None
    finally:
        quit()
    return Reply(msgspec.json.encode(EventEnvelope("", "0", event)))


async def _next(ics: _Ics) -> EventBody | None:
    session, chats, who = ics.session, ics.tenant.chats, ics.who
    if session.events:
        return session.events.popleft()
    was_queuing = chats.line(who).agent_name == ""
    for told in await chats.poll(who, wait_s=0, most=1):
        return event_of(told, user=ics.user, vdn=ics.vdn, called=session.call, was_queuing=was_queuing)
    return None


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
        Operation("pollEvent", ("GET",), f"/icsevent/{_USER}", poll_event, "The next event"),
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
    sessions = IcsSessions(secret)
    rate = RateLimit(per_minute=_PER_MINUTE, burst=_BURST)
    strangers = RateLimit(per_minute=_STRANGER_PER_MINUTE, burst=_STRANGER_BURST)
    plain = _Ics(host, sessions, clock)

    def anybody(request: WireRequest, path: dict[str, str]) -> _Ics:
        if strangers.wait_ms(request.source.address, now_ms=clock.now()):
            raise Refusal("10-100-009", "too many requests")
        return plain

    def by_address(request: WireRequest, path: dict[str, str]) -> _Ics:
        anybody(request, path)
        vdn = int(path["vdnid"])
        return _Ics(host, sessions, clock, vdn, path["user"], _tenant_of(host, vdn, request))

    def by_guid(request: WireRequest, path: dict[str, str]) -> _Ics:
        vdn, user, now = int(path["vdnid"]), path["user"], clock.now()
        tenant = _tenant_of(host, vdn, request)
        session = sessions.find(request.header(b"guid"), vdn, user, now=now)
        if session is None:
            raise refused("10-100-006")
        if rate.wait_ms(f"{vdn}/{user}", now_ms=now):
            raise Refusal("10-100-009", "too many requests")
        return _Ics(host, sessions, clock, vdn, user, tenant, session)

    return Dispatcher(
        TABLE,
        dialect=_DIALECT,
        families={"anybody": anybody, "address": by_address, "guid": by_guid},
    )
