"""Resource `textchat`: the older way to take, talk in, pass on and end text contacts (cc-gateway.md 5.9).

These are the contacts of `mediacall`; every session may use both, whatever events it is told.
"""

from __future__ import annotations

from typing import Literal

from opencec.core.ids import AgentId, ContactId
from opencec.elements.cc_gateway.gateway import Caller, GatewayCall
from opencec.elements.cc_gateway.text_chat_schemas import ChatMessageBody, ChatTransferBody
from opencec.elements.cc_gateway.views import NOTHING
from opencec.httpkit.operations import Operation
from opencec.httpkit.replies import Refusal, Reply

__all__ = ["OPERATIONS", "message_key"]

_KINDS: dict[int, Literal["agent", "queue"]] = {1: "agent", 10: "queue"}
_MODES: dict[int, Literal["release", "success"]] = {0: "release", 1: "success"}


async def answer(call: GatewayCall) -> Reply:
    """Take a chat that is offered. The result is the call id."""
    caller, contact = call.principal, ContactId(call.path["callid"])
    await caller.port.chats.answer(contact, caller.agent)
    return caller.reply(contact)


async def reject(call: GatewayCall) -> Reply:
    """Refuse a chat that is offered. The result is the call id."""
    caller, contact = call.principal, ContactId(call.path["callid"])
    await caller.port.chats.reject(contact, caller.agent)
    return caller.reply(contact)


async def drop(call: GatewayCall) -> Reply:
    """End a chat, or refuse it while it is offered. The result is the call id."""
    caller, contact = call.principal, ContactId(call.path["callid"])
    chat = caller.port.chats.chat(contact)
    if chat is None:
        raise Refusal("200-025", f"there is no chat {contact}")
    if chat.offered_to == caller.agent:
        await caller.port.chats.reject(contact, caller.agent)
    else:
        await caller.port.chats.end(contact, by="agent", agent=caller.agent)
    return caller.reply(contact)


async def chat_message(call: GatewayCall) -> Reply:
    """Say something; a `chatId` that comes again says nothing twice. The result is the call id."""
    caller, body = call.principal, call.body_as(ChatMessageBody)
    if not body.content.strip():
        raise Refusal("000-002", "the message is empty")
    await caller.port.chats.post(
        ContactId(body.callId),
        source="agent",
        agent=caller.agent,
        key=message_key(caller, body.chatId),
        content=body.content,
    )
    return caller.reply(body.callId)


def message_key(caller: Caller, number: int) -> str:
    """The idempotency key of an agent's message by its client's number; 0: it has none."""
    return f"chat-{caller.agent}-{number}" if number else ""


async def transfer(call: GatewayCall) -> Reply:
    """Pass a chat on; all that was said goes with it."""
    caller, body = call.principal, call.body_as(ChatTransferBody)
    kind, mode = _KINDS.get(body.addesstype), _MODES.get(body.mode)
    if kind is None:
        raise Refusal("000-002", "addesstype is 1 (agent) or 10 (skill queue)")
    if mode is None:
        raise Refusal("000-002", "mode is 0 (release) or 1 (success)")
    await caller.port.chats.transfer(
        ContactId(body.callid), caller.agent, kind=kind, address=body.destaddr, mode=mode, data=body.attachdata or None
    )
    return caller.reply(NOTHING)


async def internal_call(call: GatewayCall) -> Reply:
    """Write to a colleague. The result is its work number; the call id comes with AgentChat_CallOutCreated."""
    caller, called = call.principal, AgentId(call.number("destno"))
    await caller.port.chats.call_agent(caller.agent, called)
    return caller.reply(str(called))


_TEXTCHAT = "/textchat/{agentid:agent}"
_ENDED = ("AgentChat_Disconnected", "AgentEvent_Call_Release", "AgentState_Ready")

OPERATIONS: tuple[Operation[Caller], ...] = (
    Operation(
        "textChatAnswer",
        ("PUT",),
        f"{_TEXTCHAT}/answer/{{callid}}",
        answer,
        "Take a chat",
        group="answer",
        events=("AgentChat_Connected", "AgentEvent_Talking"),
        codes=("100-006", "200-002"),
    ),
    Operation(
        "textChatReject",
        ("DELETE",),
        f"{_TEXTCHAT}/reject/{{callid}}",
        reject,
        "Refuse a chat",
        group="answer",
        events=_ENDED,
        codes=("100-006", "200-002"),
    ),
    Operation(
        "textChatDrop",
        ("DELETE",),
        f"{_TEXTCHAT}/drop/{{callid}}",
        drop,
        "End a chat",
        group="drop",
        events=_ENDED,
        codes=("100-006", "200-025"),
    ),
    Operation(
        "textChatMessage",
        ("PUT",),
        f"{_TEXTCHAT}/chatmessage",
        chat_message,
        "Say something in a chat",
        group="media",
        body=ChatMessageBody,
        codes=("000-002", "100-006", "200-025"),
    ),
    Operation(
        "textChatTransfer",
        ("POST",),
        f"{_TEXTCHAT}/transfer",
        transfer,
        "Pass a chat on",
        group="media",
        body=ChatTransferBody,
        events=("AgentChat_TransferStart", "AgentChat_TransferFailed", *_ENDED),
        codes=("000-002", "100-006", "100-007", "200-025"),
    ),
    Operation(
        "textChatInternalCall",
        ("PUT",),
        f"{_TEXTCHAT}/internalcall/{{destno:agent}}",
        internal_call,
        "Write to another agent",
        group="media",
        events=("AgentChat_CallOutCreated", "AgentChat_CalloutFailed", "AgentChat_Connected"),
        codes=("000-002", "100-006", "100-007"),
    ),
)
