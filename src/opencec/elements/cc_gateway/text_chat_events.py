"""Today's events of a text contact in the words of the older text chat, AgentChat_* (cc-gateway.md 6.3)."""

from __future__ import annotations

from typing import Any

import msgspec

from opencec.core.ids import ContactId
from opencec.elements.cc_gateway.chat_schemas import MessageData
from opencec.elements.cc_gateway.schemas import Ringing, Talking, TransferResult
from opencec.elements.cc_gateway.text_chat_schemas import (
    ChatCallOut,
    ChatConnected,
    ChatDataReceived,
    ChatReference,
    ChatRing,
)
from opencec.elements.cc_gateway.told_calls import ChatTold, ToldChat

__all__ = ["TEXT_CHAT_EVENT_TYPES", "call_out", "file_content", "message_kind", "older_words"]

TEXT_CHAT_EVENT_TYPES = frozenset(
    {
        "AgentChat_CallOutCreated",
        "AgentChat_CalloutFailed",
        "AgentChat_Connected",
        "AgentChat_DataRecved",
        "AgentChat_Disconnected",
        "AgentChat_Ring",
        "AgentChat_TransferFailed",
        "AgentChat_TransferStart",
    }
)
_TEXT_MESSAGE, _FILE_MESSAGE = "1", "22"
"""The two kinds of messages that clients of the older chat tell apart (`msgType`, 5.9)."""
_WEB, _SOCIAL = "2", "3"
_WEB_CHAT = "51"
_LEFT = frozenset({"AgentEvent_Call_Release", "AgentEvent_No_Answer"})
_encoder = msgspec.json.Encoder()


def older_words(kind: str, content: Any, chat: ToldChat, *, phase: ChatTold) -> tuple[str, object] | None:
    """Type and content of the older event; None: the older chat says nothing here.

    That the customer has left is told by the disconnection that follows, and so is a transfer that is done.

    Args:
        kind: Type of today's event.
        content: Its content.
        chat: What is known of the contact.
        phase: How far the agent had come: a chat that nobody answered has failed, for who began it.
    """
    if isinstance(content, Ringing):
        return "AgentChat_Ring", _ring(content, chat)
    if isinstance(content, Talking):
        return "AgentChat_Connected", _connected(content, chat)
    if isinstance(content, MessageData):
        return "AgentChat_DataRecved", _received(content, chat)
    if isinstance(content, TransferResult):
        return ("AgentChat_TransferFailed", ChatReference(content.callId)) if content.result else None
    if kind in _LEFT and phase == "dialling":
        return "AgentChat_CalloutFailed", call_out(ContactId(content), chat)
    return ("AgentChat_Disconnected", ChatReference(content)) if kind in _LEFT else None


def call_out(contact: ContactId, chat: ToldChat) -> ChatCallOut:
    """A chat that an agent has begun, or tried to."""
    return ChatCallOut(callId=contact, called=chat.called, caller=chat.caller, isInnerCall=chat.is_internal)


def message_kind(file: str) -> str:
    """The kind of a message with this file; empty: without one."""
    return _FILE_MESSAGE if file else _TEXT_MESSAGE


def file_content(file: str, name: str) -> str:
    """What is said of a file: its path for `mediafile`, as JSON text, by which pages offer it."""
    return _encoder.encode({"filePath": file, "fileName": name}).decode()


def _ring(offer: Ringing, chat: ToldChat) -> ChatRing:
    return ChatRing(
        callId=offer.callid,
        caller=chat.caller,
        called=chat.called,
        isInnerCall=chat.is_internal,
        attachData=chat.data,
        realCaller=chat.caller,
        displayName=chat.name or chat.caller,
        subMediaType=_WEB if chat.media_type == _WEB_CHAT else _SOCIAL,
    )


def _connected(answered: Talking, chat: ToldChat) -> ChatConnected:
    return ChatConnected(
        callId=answered.callid,
        caller=chat.caller,
        called=chat.called,
        isInnerCall=chat.is_internal,
        attachData=chat.data,
    )


def _received(data: MessageData, chat: ToldChat) -> ChatDataReceived:
    """Text as it was written; a file as JSON text with the path by which it is fetched."""
    message: dict[str, Any] = msgspec.json.decode(data.message)
    name = message.get("fileName", "")
    text = str(message["content"])
    return ChatDataReceived(
        sender=str(message["from"]),
        callId=data.callid,
        chatContent=file_content(text, name) if name else text,
        isInnerCall=chat.is_internal,
        chatContentType=message_kind(name),
    )
