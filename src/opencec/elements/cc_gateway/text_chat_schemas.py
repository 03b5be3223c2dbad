"""Bodies and events of the older text chat (cc-gateway.md 5.9, 6.3)."""

from __future__ import annotations

import msgspec
from pydantic import Field

from opencec.httpkit.wire_model import WireModel

__all__ = [
    "ChatCallOut",
    "ChatConnected",
    "ChatDataReceived",
    "ChatMessageBody",
    "ChatReference",
    "ChatRing",
    "ChatTransferBody",
    "MaxChatQuery",
]


class ChatMessageBody(WireModel):
    """5.9 chatmessage. `chatId` is the client's number of the message; 0: none."""

    callId: str = Field(max_length=64)
    content: str = Field("", max_length=65_536)
    needCheck: bool = False
    chatId: int = Field(0, ge=0)


class ChatTransferBody(WireModel):
    """5.9 transfer; `addesstype` is the spelling on the wire, and numbers may come as strings."""

    addesstype: int
    destaddr: str = Field(min_length=1, max_length=24)
    callid: str = Field(max_length=64)
    attachdata: str = Field("", max_length=2_048)
    mode: int


class MaxChatQuery(WireModel):
    """5.8 setmaxchatnum: work numbers with `;` or `,` between them; empty: the agent itself."""

    agents: str = Field("", max_length=2_048)


class ChatRing(msgspec.Struct, frozen=True, kw_only=True):
    """6.3 AgentChat_Ring."""

    callId: str
    caller: str
    called: str
    isInnerCall: bool
    attachData: str
    realCaller: str
    userInfo: str = ""
    displayName: str
    subMediaType: str


class ChatConnected(msgspec.Struct, frozen=True, kw_only=True):
    """6.3 AgentChat_Connected."""

    callId: str
    caller: str
    called: str
    isInnerCall: bool
    uvid: str = ""
    attachData: str


class ChatDataReceived(msgspec.Struct, frozen=True, kw_only=True):
    """6.3 AgentChat_DataRecved."""

    sender: str
    callId: str
    chatContent: str
    isInnerCall: bool
    chatContentType: str


class ChatCallOut(msgspec.Struct, frozen=True, kw_only=True):
    """6.3 AgentChat_CallOutCreated and AgentChat_CalloutFailed."""

    callId: str
    called: str
    caller: str
    isInnerCall: bool


class ChatReference(msgspec.Struct, frozen=True):
    """6.3 AgentChat_Disconnected, AgentChat_TransferStart and AgentChat_TransferFailed."""

    callId: str
