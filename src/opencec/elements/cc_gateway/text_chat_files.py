"""Resource `textchat`: files of a chat, and what was said in it (cc-gateway.md 5.9)."""

from __future__ import annotations

import math

from opencec.core.events.chats import MessageMedia
from opencec.core.ids import ContactId
from opencec.elements.cc_gateway.gateway import Caller, GatewayCall
from opencec.elements.cc_gateway.text_chat_events import file_content, message_kind
from opencec.elements.cc_gateway.text_chat_schemas import (
    ContentPage,
    ContentQuery,
    ContentRow,
    FileQuery,
    FileSent,
    FileUploadQuery,
)
from opencec.elements.cc_gateway.text_chats import message_key
from opencec.httpkit.forms import form_file
from opencec.httpkit.operations import Operation
from opencec.httpkit.replies import ExactName, Refusal, Reply
from opencec.ports.chat_history import ChatMessage, HistoryQuery
from opencec.ports.media_files import MediaKind
from opencec.ports.records import CdrQuery
from opencec.services.chat.views import ChatView
from opencec.services.media_cache import VENDOR_UPLOAD_BYTES, agent_owner
from opencec.services.media_types import serving_headers

__all__ = ["OPERATIONS"]

_PARTS = ("media", "file")
_FORM_BYTES = VENDOR_UPLOAD_BYTES + 65_536
"""A file and the form around it."""
_MEDIA: dict[MediaKind, MessageMedia] = {"image": "IMAGE", "audio": "AUDIO", "video": "VIDEO", "document": "DOCUMENT"}
_PAGE = 500
_FROM_CUSTOMER, _FROM_US = "1", "2"


def _own_chat(caller: Caller, contact: ContactId) -> ChatView:
    chat = caller.port.chats.chat(contact)
    if chat is None or caller.agent not in (chat.agent, chat.dialler):
        raise Refusal("200-025", f"the agent has no chat {contact}")
    return chat


async def upload_media_file(call: GatewayCall) -> Reply:
    """Send a file to the customer; a `chatId` that comes again sends nothing twice, also when the chat is over."""
    caller, query = call.principal, call.query_as(FileUploadQuery)
    contact, key = ContactId(query.callId), message_key(caller, query.chatId)
    if key and (sent := await caller.port.chats.history.by_key(contact, "agent", key)):
        if not sent.file:
            raise Refusal("000-002", "chatId is that of a message without a file")
        return caller.reply(FileSent(sent.file, sent.file_name, query.chatId))
    chat = _own_chat(caller, contact)
    if not chat.channel:
        raise Refusal("000-002", "files go to customers, not to colleagues")
    name, data = await _form(call)
    media = caller.port.media
    file = await media.store(name, data, owner=agent_owner(caller.agent), most_bytes=VENDOR_UPLOAD_BYTES)
    await media.share(file.id, channel=chat.channel, customer=chat.customer)
    await caller.port.chats.post(
        contact,
        source="agent",
        agent=caller.agent,
        key=key or file.id,
        media=_MEDIA[file.kind],
        content=query.remark,
        file=file.id,
        file_name=file.name,
        file_type=file.type,
        file_size=file.size,
        has_thumbnail=bool(file.thumbnail),
    )
    return caller.reply(FileSent(file.id, file.name, query.chatId))


async def _form(call: GatewayCall) -> tuple[str, bytes]:
    """Name and bytes of the file; the part's type is octet-stream whatever it is."""
    for part in _PARTS:
        found = await form_file(call.request.header(b"content-type"), call.raw_bytes, part=part)
        if found is not None:
            return found[0], found[2]
    raise Refusal("000-002", "the body is no form with a file in the part media or file")


async def download_media_file(call: GatewayCall) -> Reply:
    """A file of one of the agent's chats, as bytes."""
    caller = call.principal
    id = call.query_as(FileQuery).filePath.rpartition("/")[2].partition(".")[0]
    customers = {(chat.channel, chat.customer) for chat in caller.port.chats.chats_of(caller.agent)}
    media = caller.port.media
    file = await media.for_agent(
        id, agent=caller.agent, serves=lambda channel, customer: (channel, customer) in customers
    )
    headers = dict(serving_headers(file))
    kind = headers.pop("Content-Type").encode()
    wire = tuple((ExactName(name.encode()), value.encode()) for name, value in headers.items())
    return Reply(await media.content(file), content_type=kind, headers=wire)


async def call_content(call: GatewayCall) -> Reply:
    """What was said in a chat that the agent has or had, oldest first, page by page."""
    caller, query = call.principal, call.query_as(ContentQuery)
    contact = ContactId(query.callId)
    chat = caller.port.chats.chat(contact)
    if chat is not None:
        parties, is_own = _parties(chat), caller.agent in chat.agents
    else:
        records = await caller.port.call_records(CdrQuery(callid=contact, limit=1))
        parties = (records[0].caller, records[0].called) if records else ("", "")
        is_own = any(part.agent == str(caller.agent) for record in records for part in record.segments)
    if not is_own:
        raise Refusal("200-025", f"the agent has and had no chat {contact}")
    first, count = (query.pageNo - 1) * query.pageSize, 0
    rows: list[ContentRow] = []
    after = 0
    while page := await caller.port.chats.messages(HistoryQuery(contact=contact, after=after, limit=_PAGE)):
        wanted = page[max(0, first - count) : max(0, first + query.pageSize - count)]
        rows += [_content_row(message, parties) for message in wanted]
        count, after = count + len(page), page[-1].number
    pages = math.ceil(count / query.pageSize)
    return caller.reply(
        ContentPage(
            totalPageNo=pages,
            totalCount=count,
            pageNo=query.pageNo,
            pageSize=query.pageSize,
            weccCallContentList=rows,
        )
    )


def _parties(chat: ChatView) -> tuple[str, str]:
    if chat.channel:
        return chat.customer, chat.channel
    return str(chat.dialler or ""), str(chat.agent or chat.offered_to or "")


def _content_row(message: ChatMessage, parties: tuple[str, str]) -> ContentRow:
    """`parties`: who began the chat, and whom it called."""
    is_customers = message.source == "customer"
    sender = parties[0] if is_customers else message.agent or parties[1]
    return ContentRow(
        id=message.number,
        callId=message.contact,
        sender=sender,
        reciver=parties[1] if sender == parties[0] else parties[0],
        contentType=message_kind(message.file),
        content=file_content(message.file, message.file_name) if message.file else message.content,
        direction=_FROM_CUSTOMER if is_customers else _FROM_US,
        createTime=message.at,
    )


_TEXTCHAT = "/textchat/{agentid:agent}"

OPERATIONS: tuple[Operation[Caller], ...] = (
    Operation(
        "uploadMediaFile",
        ("POST",),
        f"{_TEXTCHAT}/mediafile",
        upload_media_file,
        "Send a file in a chat (multipart, 2 MiB)",
        group="chat_file",
        query=FileUploadQuery,
        body_limit=_FORM_BYTES,
        codes=("000-002", "100-006", "200-025", "700-023", "700-024", "700-100"),
    ),
    Operation(
        "downloadMediaFile",
        ("GET",),
        f"{_TEXTCHAT}/mediafile",
        download_media_file,
        "Fetch a file of a chat (binary)",
        group="chat_file",
        query=FileQuery,
        codes=("000-002", "100-006"),
    ),
    Operation(
        "callContent",
        ("GET",),
        f"{_TEXTCHAT}/callcontent",
        call_content,
        "What was said in a chat",
        group="media",
        query=ContentQuery,
        codes=("000-002", "100-006", "200-025"),
    ),
)
