"""Resource `mediacall`: text contacts of today (cc-gateway.md 5.9). They are taken and ended by `voicecall`."""

from __future__ import annotations

from typing import Any, get_args

import msgspec

from opencec.core.events.chats import MessageMedia
from opencec.core.ids import ContactId
from opencec.elements.cc_gateway.chat_schemas import CallNumsBody, MediaMessageBody, MediaTransferBody
from opencec.elements.cc_gateway.gateway import Caller, GatewayCall
from opencec.elements.cc_gateway.views import NOTHING
from opencec.httpkit.operations import Operation
from opencec.httpkit.replies import Refusal, Reply
from opencec.services.media_cache import MediaRefused

__all__ = ["OPERATIONS"]

_TEXT_MEDIA = (1, 51, 53)
"""Media types of text (8.4)."""
_ALL_MEDIA = (1, 2, 4, 5, 15, 16, 17, 51, 53)
_MOST = 60
_MEDIA = frozenset(get_args(MessageMedia)) - {"SURVEY"}
_KINDS = {1: "queue", 2: "agent"}
_MODES = {0: "release", 2: "success"}


async def send_message(call: GatewayCall) -> Reply:
    """Say something to the customer: plain text, or the message object of the web channel as text."""
    caller, body = call.principal, call.body_as(MediaMessageBody)
    if not body.data.strip():
        raise Refusal("106-002", "the message is empty")
    contact = ContactId(body.callid)
    message = _message(body.data)
    chats = caller.port.chats
    if message.get("controlType") == "DISCONNECT":
        await chats.end(contact, by="agent", agent=caller.agent)
        return caller.reply(NOTHING)
    content = str(message.get("content", ""))
    media: MessageMedia = message["mediaType"] if message.get("mediaType") in _MEDIA else "TEXT"
    fields = await _file(caller, contact, content) if media != "TEXT" else {}
    if not content:
        raise Refusal("106-002", "the message is empty")
    await chats.post(
        contact,
        source="agent",
        agent=caller.agent,
        key=str(message.get("messageCode", ""))[:128],
        media=media,
        content="" if fields else content,
        **fields,
    )
    return caller.reply(NOTHING)


def _message(data: str) -> dict[str, Any]:
    """The message object; text that is none is a message of its own."""
    try:
        value = msgspec.json.decode(data)
    except (msgspec.DecodeError, UnicodeEncodeError):
        return {"content": data}
    return value if isinstance(value, dict) and ("content" in value or "controlType" in value) else {"content": data}


async def _file(caller: Caller, contact: ContactId, file_id: str) -> dict[str, Any]:
    """The agent's own file of this id, which the customer may fetch from now on; {}: it is no id of a file."""
    view = caller.port.chats.chat(contact)
    try:
        file = await caller.port.media.for_agent(file_id, agent=caller.agent, serves=lambda channel, customer: False)
        if view is not None and view.channel:
            await caller.port.media.share(file.id, channel=view.channel, customer=view.customer)
    except MediaRefused:
        return {}
    return {
        "file": file.id,
        "file_name": file.name,
        "file_type": file.type,
        "file_size": file.size,
        "has_thumbnail": bool(file.thumbnail),
    }


async def set_call_nums(call: GatewayCall) -> Reply:
    """How many text contacts the agent takes at once."""
    caller, body = call.principal, call.body_as(CallNumsBody)
    if body.media_type not in _ALL_MEDIA:
        raise Refusal("000-002", "mediaType is none of 1 2 4 5 15 16 17 51 53")
    if not 1 <= body.callnums <= _MOST:
        raise Refusal("106-003", "the session number is 1-60")
    if body.media_type not in _TEXT_MEDIA:
        raise Refusal("106-008", "calls come one at a time")
    view = caller.port.queries.agent(caller.agent)
    mediums = {queue.id: queue.medium for queue in caller.port.queries.profile.queues}
    if view is None or not any(mediums.get(queue) == "text" for queue in view.serving):
        raise Refusal("106-012", "the agent has not signed in to a skill queue of this media type")
    await caller.port.chats.set_capacity(caller.agent, body.callnums)
    return caller.reply(NOTHING)


async def transfer(call: GatewayCall) -> Reply:
    """Pass a text contact on; all that was said goes with it."""
    caller, body = call.principal, call.body_as(MediaTransferBody)
    kind, mode = _KINDS.get(body.devicetype), _MODES.get(body.mode)
    if kind is None:
        raise Refusal("106-004", "devicetype is 1 (skill queue) or 2 (agent)")
    if mode is None:
        raise Refusal("000-002", "mode is 0 (blind) or 2 (success)")
    await caller.port.chats.transfer(
        ContactId(body.callid),
        caller.agent,
        kind="queue" if kind == "queue" else "agent",
        address=body.address,
        mode="success" if mode == "success" else "release",
        data=body.calldata,
    )
    return caller.reply(NOTHING)


_MEDIACALL = "/mediacall/{agentid:agent}"

OPERATIONS: tuple[Operation[Caller], ...] = (
    Operation(
        "sendMessage",
        ("POST",),
        f"{_MEDIACALL}/sendmessage",
        send_message,
        "Send a message to the customer of a text contact",
        group="media",
        body=MediaMessageBody,
        codes=("000-002", "100-006", "106-002", "200-025"),
    ),
    Operation(
        "setCallNums",
        ("POST",),
        f"{_MEDIACALL}/setcallnums",
        set_call_nums,
        "Set how many text contacts come at once",
        group="media",
        body=CallNumsBody,
        codes=("000-002", "100-006", "106-003", "106-008", "106-012"),
    ),
    Operation(
        "mediaTransfer",
        ("POST",),
        f"{_MEDIACALL}/transfer",
        transfer,
        "Pass a text contact on",
        group="media",
        body=MediaTransferBody,
        events=("AgentEvent_SuccTransResult", "AgentEvent_Call_Release"),
        codes=("000-002", "100-006", "100-007", "106-004", "200-025"),
    ),
)
