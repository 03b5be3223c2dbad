"""The cookie twin of ccmessaging, for the page that is embedded (lightweight-plugins 2.4, api-fabric.md 4.10).

The token is in a cookie, so the page must be ours or on the channel's list: no other page can use a customer's cookie.
"""

from __future__ import annotations

from dataclasses import dataclass
from http.cookies import CookieError, SimpleCookie

import msgspec

from opencec.elements.messaging.customer_operations import (
    answered,
    check_click_to_call,
    click_to_call_events,
    create_click_to_call,
    drop_click_to_call,
    get_survey_mode,
)
from opencec.elements.messaging.errors import MessagingDialect, no_session
from opencec.elements.messaging.facade import Customer
from opencec.elements.messaging.operations import customer_of
from opencec.elements.messaging.polls import Polls
from opencec.elements.messaging.ports import ChatHost
from opencec.elements.messaging.schemas import (
    CallBody,
    ClickBody,
    DocumentBody,
    DownloadBody,
    HistoryBody,
    LeaveAnswer,
    LeaveMessageBody,
    PhraseBody,
    Result,
    SatisfactionBody,
    SendBody,
    SurveyBody,
    UploadBody,
)
from opencec.elements.messaging.tokens import CustomerTokens
from opencec.httpkit.dispatcher import Dispatcher
from opencec.httpkit.lockout import RateLimit
from opencec.httpkit.operations import Call, Operation, OperationTable, WireRequest
from opencec.httpkit.replies import ExactName, Refusal, Reply
from opencec.httpkit.source import is_same_origin
from opencec.ports.clock import Clock

__all__ = ["TWIN_PREFIX", "TWIN_TABLE", "build_twin"]

TWIN_PREFIX = "/service-cloud/rest/webadapter/v1/webadapterfacade"
_MOST_BYTES = 3 * 1024 * 1024
_PER_MINUTE, _BURST = 600.0, 60
_DOCUMENTS = ("pdf", "doc", "docx", "zip", "gif")
_MOST_SEARCHED = 500
_EVER = 99_999_999_999_999


class _ChannelConfig(msgspec.Struct):
    """No result code in this answer."""

    queueReminderContent: str
    useRobot: str
    toArtificialKeyWord: str
    queueReminderInterval: int


@dataclass(frozen=True, slots=True)
class _Page:
    """A customer's page."""

    customer: Customer
    polls: Polls


TwinCall = Call[_Page]


async def send_message(call: TwinCall) -> Reply:
    """A message, or a step of the session."""
    customer = call.principal.customer
    return answered(customer, await customer.send(call.body_as(SendBody)))


async def get_message(call: TwinCall) -> Reply:
    """Everything since the last call."""
    customer = call.principal.customer
    return answered(customer, await customer.poll(call.principal.polls, wants_read=False))


async def query_queue_info(call: TwinCall) -> Reply:
    """The place in the queue."""
    return answered(call.principal.customer, call.principal.customer.queue_info())


async def do_leave_message(call: TwinCall) -> Reply:
    """Words for an agent who comes later."""
    customer, body = call.principal.customer, call.body_as(LeaveMessageBody)
    result = await customer.leave_message(phone=body.caller, text=body.leave_message)
    text = result.resultDesc or ""
    code = "0" if result.resultCode == "0" else "3"
    return answered(customer, LeaveAnswer(result.resultCode, text, code, text))


async def query_channel_config(call: TwinCall) -> Reply:
    """What the page shows while the customer waits."""
    customer = call.principal.customer
    config = customer.channel.config
    keywords = ",".join(config.human_keywords)
    text = customer.channel.chats.queue_text(customer.who, 1)
    return answered(customer, _ChannelConfig(text, "false", keywords, config.queue_text_every_s))


async def download_document(call: TwinCall) -> Reply:
    """The document of a message."""
    customer, body = call.principal.customer, call.body_as(DocumentBody)
    if len(body.message_code) != 64 or body.file_suffix.lower() not in _DOCUMENTS:
        return answered(customer, Result("2", "invalid input"))
    said = await customer.channel.chats.history(customer.who, since=0, until=_EVER, limit=_MOST_SEARCHED, offset=0)
    file = next((one.file for one in said if one.code == body.message_code), None)
    if file is None:
        return answered(customer, Result("13", "fsservice downloadFile is failed"))
    return answered(customer, await customer.download(file.id, ""))


async def upload_file(call: TwinCall) -> Reply:
    """A file for a message that follows."""
    customer = call.principal.customer
    return answered(customer, await customer.upload(call.body_as(UploadBody)))


async def download_file(call: TwinCall) -> Reply:
    """A file that a message names."""
    customer, body = call.principal.customer, call.body_as(DownloadBody)
    return answered(customer, await customer.download(body.file_id, body.file_type))


async def query_history(call: TwinCall) -> Reply:
    """Messages of earlier talks."""
    customer, body = call.principal.customer, call.body_as(HistoryBody)
    found = await customer.history(since=body.start_time, until=body.end_time, limit=body.limit, offset=body.offset)
    return answered(customer, found)


async def save_satisfaction(call: TwinCall) -> Reply:
    """What the customer answered."""
    customer = call.principal.customer
    return answered(customer, await customer.rate(call.body_as(SatisfactionBody)))


async def query_phrase(call: TwinCall) -> Reply:
    """The documented answer of a channel without a robot."""
    return answered(call.principal.customer, Result("1", "Robot is no exsit"))


def _post(name: str, handler: object, summary: str, **more: object) -> Operation[_Page]:
    return Operation(name, ("POST",), f"/{name}", handler, summary, auth="cookie", **more)  # type: ignore[arg-type]


def _get(name: str, handler: object, summary: str) -> Operation[_Page]:
    return Operation(name, ("GET",), f"/{name}", handler, summary, auth="cookie")  # type: ignore[arg-type]


TWIN_TABLE: OperationTable[_Page] = OperationTable(
    (
        _post("sendMessageForWebChannel", send_message, "A message, or a step of the session", body=SendBody),
        _get("getMessageForWebChannel", get_message, "Everything since the last call"),
        _post("queryQueueInfo", query_queue_info, "The place in the queue"),
        _post("doLeaveMessage", do_leave_message, "Words for later", body=LeaveMessageBody),
        _get("queryChannelConfigByChannelAndId", query_channel_config, "What the page shows to who waits"),
        _post("downloadDocument", download_document, "The document of a message", body=DocumentBody),
        _post("uploadFileStream", upload_file, "Send a file", body=UploadBody),
        _post("downloadFileStream", download_file, "Fetch a file", body=DownloadBody),
        _post("queryHistoryChatMessage", query_history, "Messages of earlier talks", body=HistoryBody),
        _post("getsatisfactionsurveymode", get_survey_mode, "How the customer is asked", body=SurveyBody),
        _post("saveSatisfaction", save_satisfaction, "The answer", body=SatisfactionBody),
        _get("checkClickToCallSupport", check_click_to_call, "Whether the page may offer a call"),
        _post("createClickToCall", create_click_to_call, "A number to dial", body=CallBody),
        _get("getClickToCallEvents", click_to_call_events, "What has happened to the call"),
        _post("dropClickToCall", drop_click_to_call, "Hang up", body=ClickBody),
        _post("queryPhraseByKeyword", query_phrase, "Similar questions (needs a robot)", body=PhraseBody),
    )
)


def build_twin(host: ChatHost, *, tokens: CustomerTokens, polls: Polls, clock: Clock) -> Dispatcher[_Page]:
    """The ASGI application, to be mounted at `TWIN_PREFIX`.

    Args:
        host: The channels.
        tokens: Reads customers' tokens.
        polls: Holds polls.
        clock: Time of tokens and limits.
    """
    rate = RateLimit(per_minute=_PER_MINUTE, burst=_BURST)

    def by_cookie(request: WireRequest, path: dict[str, str]) -> _Page:
        now = clock.now()
        found = customer_of(host, tokens, _cookie(request.header(b"cookie")), now=now)
        if found is None or not is_same_origin(request.scope, allowed=found[0].channel.config.page_origins):
            raise no_session()
        customer, _ = found
        if rate.wait_ms(f"{customer.who.channel}/{customer.who.user}", now_ms=now):
            raise Refusal("13", "flow control", status=429, headers=((ExactName(b"Retry-After"), b"1"),))
        return _Page(customer, polls)

    return Dispatcher(
        TWIN_TABLE,
        dialect=MessagingDialect(),
        families={"cookie": by_cookie},
        body_limit=_MOST_BYTES,
        malformed_status=400,
        internal_status=503,
    )


def _cookie(header: str) -> str:
    try:
        found = SimpleCookie(header).get("ccmessaging-token")
    except CookieError:
        return ""
    return found.value if found is not None else ""
