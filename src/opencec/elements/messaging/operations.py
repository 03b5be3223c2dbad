"""`/apiaccess/ccmessaging/...`: web chat for pages and apps of the enterprise (api-fabric.md 4)."""

from __future__ import annotations

from dataclasses import dataclass

from opencec.elements.messaging.customer_operations import (
    TOKEN_HEADER,
    answered,
    check_click_to_call,
    click_to_call_events,
    create_click_to_call,
    drop_click_to_call,
    get_survey_mode,
)
from opencec.elements.messaging.errors import MessagingDialect, no_session
from opencec.elements.messaging.facade import Customer
from opencec.elements.messaging.polls import Polls
from opencec.elements.messaging.ports import ChatHost
from opencec.elements.messaging.schemas import (
    ApplyTokenBody,
    CallBody,
    ClickBody,
    DownloadBody,
    HistoryBody,
    LeaveMessageBody,
    PhraseBody,
    PollQuery,
    QueueAnswer,
    QueueBody,
    Result,
    SatisfactionBody,
    SendBody,
    SurveyBody,
    TokenAnswer,
    UploadBody,
)
from opencec.elements.messaging.tokens import CustomerTokens, TokenFacts
from opencec.httpkit.dispatcher import Dispatcher
from opencec.httpkit.fabric_access import FabricAccess, FabricApp
from opencec.httpkit.lockout import RateLimit
from opencec.httpkit.operations import Call, Operation, OperationTable, WireRequest
from opencec.httpkit.replies import ExactName, Refusal, Reply
from opencec.ports.clock import Clock
from opencec.services.chat.customer_side import CustomerId

__all__ = ["CCMESSAGING_PREFIX", "CCMESSAGING_TABLE", "build_ccmessaging", "customer_of"]

CCMESSAGING_PREFIX = "/apiaccess/ccmessaging"
_MOST_BYTES = 3 * 1024 * 1024
"""Two megabytes of a file, in Base64."""
_PER_MINUTE, _BURST = 600.0, 60
"""Requests of one customer."""
_DIALECT = MessagingDialect()


@dataclass(frozen=True, slots=True)
class _Shop:
    """What the handlers use: an app, and its customer when a token names one."""

    host: ChatHost
    tokens: CustomerTokens
    polls: Polls
    clock: Clock
    app: FabricApp
    known: Customer | None = None

    @property
    def customer(self) -> Customer:
        """Who writes."""
        assert self.known is not None
        return self.known


MessagingCall = Call[_Shop]


def customer_of(host: ChatHost, tokens: CustomerTokens, text: str, *, now: int) -> tuple[Customer, TokenFacts] | None:
    """The customer of a token. In a session an old token is replaced (api-fabric.md 4.1).

    Args:
        host: The channels.
        tokens: Reads tokens.
        text: The token.
        now: Milliseconds UTC.
    """
    facts = tokens.read(text)
    channel = host.channel(facts.channelId) if facts is not None else None
    if facts is None or channel is None:
        return None
    if facts.is_fresh(now):
        return Customer(channel, facts.who), facts
    if facts.is_renewable(now) and channel.chats.line(facts.who).state in ("greeted", "queued", "talking", "offline"):
        return Customer(channel, facts.who, tokens.renew(facts, now=now)), facts
    return None


async def apply_token(call: MessagingCall) -> Reply:
    """A customer begins: the enterprise says who it is."""
    shop, body = call.principal, call.body_as(ApplyTokenBody)
    channel = shop.host.channel(body.channel_id)
    if channel is None or channel.tenant != shop.app.port.tenant:
        return Reply(_DIALECT.success(Result("1")))
    who = CustomerId(body.channel_id, body.user_id, body.user_name, body.locale)
    return Reply(_DIALECT.success(TokenAnswer(shop.tokens.issue(who, proof="app", now=shop.clock.now()), "0")))


async def send(call: MessagingCall) -> Reply:
    """A message, or a step of the session."""
    return await _send(call, is_async=False)


async def send_async(call: MessagingCall) -> Reply:
    """The same; the answer does not tell what became of it."""
    return await _send(call, is_async=True)


async def _send(call: MessagingCall, *, is_async: bool) -> Reply:
    customer, body = call.principal.customer, call.body_as(SendBody)
    if (body.from_ and body.from_ != customer.who.user) or (body.to and body.to != customer.who.channel):
        return answered(customer, Result("3", "param from or to is not of this token"))
    if body.source_type != "CUSTOMER":
        return answered(customer, Result("3", "param sourceType Out of range!"))
    return answered(customer, await customer.send(body, is_async=is_async))


async def poll(call: MessagingCall) -> Reply:
    """Everything since the last poll."""
    shop, query = call.principal, call.query_as(PollQuery)
    customer = shop.customer
    if query.receiver_id and query.receiver_id != customer.who.user:
        return answered(customer, Result("3", "param receiverId is not of this token"))
    return answered(customer, await customer.poll(shop.polls, wants_read=query.is_need_read))


async def query_queue_info(call: MessagingCall) -> Reply:
    """The place in the queue."""
    customer, body = call.principal.customer, call.body_as(QueueBody)
    is_own = body.user_id in ("", customer.who.user) and body.channel_config_id in ("", customer.who.channel)
    return answered(customer, customer.queue_info() if is_own else QueueAnswer("1"))


async def upload_file_stream(call: MessagingCall) -> Reply:
    """A file for a message that follows."""
    customer = call.principal.customer
    return answered(customer, await customer.upload(call.body_as(UploadBody)))


async def download_file_stream(call: MessagingCall) -> Reply:
    """A file that a message names."""
    customer, body = call.principal.customer, call.body_as(DownloadBody)
    return answered(customer, await customer.download(body.file_id, body.file_type))


async def query_history_chat_message(call: MessagingCall) -> Reply:
    """Messages of earlier talks."""
    customer, body = call.principal.customer, call.body_as(HistoryBody)
    if body.user_id not in ("", customer.who.user) or body.channel_id not in ("", customer.who.channel):
        return answered(customer, Result("1", "userId or channelId is not of this token"))
    found = await customer.history(since=body.start_time, until=body.end_time, limit=body.limit, offset=body.offset)
    return answered(customer, found)


async def save_satisfaction(call: MessagingCall) -> Reply:
    """What the customer answered."""
    customer, body = call.principal.customer, call.body_as(SatisfactionBody)
    if body.channel_config_id != customer.who.channel or body.user_id not in ("", customer.who.user):
        return answered(customer, Result("13", "Save satisfaction failed"))
    return answered(customer, await customer.rate(body))


async def do_leave_message(call: MessagingCall) -> Reply:
    """Words for an agent who comes later."""
    customer, body = call.principal.customer, call.body_as(LeaveMessageBody)
    if body.call_id not in ("", customer.who.user):
        return answered(customer, Result("3", "the leaveMessageParams is error."))
    return answered(customer, await customer.leave_message(phone=body.caller, text=body.leave_message))


async def query_phrase_by_keyword(call: MessagingCall) -> Reply:
    """Similar questions come from a channel's robot; the documented answer of a channel without one."""
    customer, body = call.principal.customer, call.body_as(PhraseBody)
    if body.locale[:2] not in ("", "zh", "en", "pt", "ar", "fr", "es"):
        return answered(customer, Result("1", "locale is error"))
    return answered(customer, Result("1", "Robot is no exsit"))


def _row(name: str, path: str, handler: object, summary: str, **more: object) -> Operation[_Shop]:
    return Operation(name, ("POST",), path, handler, summary, auth="customer", **more)  # type: ignore[arg-type]


CCMESSAGING_TABLE: OperationTable[_Shop] = OperationTable(
    (
        Operation(
            "applyToken",
            ("POST",),
            "/applyToken",
            apply_token,
            "A token for a customer",
            auth="app",
            body=ApplyTokenBody,
        ),
        _row("send", "/send", send, "A message, or a step of the session", body=SendBody),
        _row("sendAsync", "/sendAsync", send_async, "The same, asynchronously", body=SendBody),
        _row("sendSync", "/sendSync", send_async, "The English pages' spelling of sendAsync", body=SendBody),
        Operation("poll", ("GET",), "/poll", poll, "Everything since the last poll", auth="customer", query=PollQuery),
        _row("queryQueueInfo", "/queryQueueInfo", query_queue_info, "The place in the queue", body=QueueBody),
        _row("uploadFileStream", "/uploadFileStream", upload_file_stream, "Send a file", body=UploadBody),
        _row("downloadFileStream", "/downloadFileStream", download_file_stream, "Fetch a file", body=DownloadBody),
        _row(
            "queryHistoryChatMessage",
            "/queryHistoryChatMessage",
            query_history_chat_message,
            "Messages of earlier talks",
            body=HistoryBody,
            invalid="1",
        ),
        _row(
            "getsatisfactionsurveymode",
            "/getsatisfactionsurveymode",
            get_survey_mode,
            "How the customer is asked how it was",
            body=SurveyBody,
        ),
        _row("saveSatisfaction", "/saveSatisfaction", save_satisfaction, "The answer", body=SatisfactionBody),
        _row("doLeaveMessage", "/doLeaveMessage", do_leave_message, "Words for later", body=LeaveMessageBody),
        _row(
            "queryPhraseByKeyword",
            "/queryPhraseByKeyword",
            query_phrase_by_keyword,
            "Similar questions (needs a robot)",
            body=PhraseBody,
        ),
        Operation(
            "checkClickToCallSupport",
            ("GET",),
            "/v1/checkClickToCallSupport",
            check_click_to_call,
            "Whether the page may offer a call",
            auth="customer",
            query=ClickBody,
        ),
        _row("createClickToCall", "/v1/createClickToCall", create_click_to_call, "A number to dial", body=CallBody),
        Operation(
            "getClickToCallEvents",
            ("GET",),
            "/v1/getClickToCallEvents",
            click_to_call_events,
            "What has happened to the call",
            auth="customer",
            query=ClickBody,
        ),
        _row("dropClickToCall", "/v1/dropClickToCall", drop_click_to_call, "Hang up", body=ClickBody),
    )
)


def build_ccmessaging(
    host: ChatHost, *, access: FabricAccess, tokens: CustomerTokens, polls: Polls, clock: Clock
) -> Dispatcher[_Shop]:
    """The ASGI application, to be mounted at `CCMESSAGING_PREFIX`.

    Args:
        host: The channels.
        access: Checks bearer tokens.
        tokens: Makes and reads customers' tokens.
        polls: Holds polls.
        clock: Time of tokens and limits.
    """
    rate = RateLimit(per_minute=_PER_MINUTE, burst=_BURST)

    def by_app(request: WireRequest, path: dict[str, str]) -> _Shop:
        return _Shop(host, tokens, polls, clock, access(request, path))

    def by_customer(request: WireRequest, path: dict[str, str]) -> _Shop:
        app, now = access(request, path), clock.now()
        found = customer_of(host, tokens, request.header(TOKEN_HEADER), now=now)
        if found is None or found[0].channel.tenant != app.port.tenant:
            raise no_session()
        customer, _ = found
        if rate.wait_ms(f"{customer.who.channel}/{customer.who.user}", now_ms=now):
            raise Refusal("13", "flow control", status=429, headers=((ExactName(b"Retry-After"), b"1"),))
        return _Shop(host, tokens, polls, clock, app, customer)

    return Dispatcher(
        CCMESSAGING_TABLE,
        dialect=_DIALECT,
        families={"app": by_app, "customer": by_customer},
        body_limit=_MOST_BYTES,
        malformed_status=400,
        internal_status=503,
    )
