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
    "ContentPage",
    "ContentQuery",
    "ContentRow",
    "FileQuery",
    "FileSent",
    "FileUploadQuery",
    "MaxChatQuery",
    "SessionPage",
    "SessionQueryBody",
    "SessionRow",
]


class ChatMessageBody(WireModel):
    """5.9 chatmessage. `chatId` is the client's number of the message; 0: none."""

    callId: str = Field(max_length=64)
    content: str = Field("", max_length=65_536)
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


class FileUploadQuery(WireModel):
    """5.9 uploadMediaFile. `chatId` as in chatmessage; `remark` is said beside the file."""

    callId: str = Field(max_length=64)
    chatId: int = Field(0, ge=0)
    remark: str = Field("", max_length=2_048)


class FileQuery(WireModel):
    """5.9 downloadMediaFile: the path of an upload's answer or of a message; a suffix does not matter."""

    filePath: str = Field(min_length=1, max_length=256)


class FileSent(msgspec.Struct, frozen=True):
    """5.9 uploadMediaFile, the result."""

    filePath: str
    fileName: str
    chatId: int


class ContentQuery(WireModel):
    """5.9 callContent."""

    callId: str = Field(max_length=64)
    pageNo: int = Field(1, ge=1, le=1_000_000)
    pageSize: int = Field(20, ge=1, le=100)


class ContentRow(msgspec.Struct, frozen=True, kw_only=True):
    """One message of callContent. `reciver` is the spelling on the wire; `createTime` is ms UTC.

    The values of direction (1 from the customer, 2 to it) and the three flags are not published; every message that is
    listed was stored, and none waits for a confirmation.
    """

    id: int
    callId: str
    subMediaType: str = "2"
    sender: str
    reciver: str
    contentType: str
    content: str
    direction: str
    createTime: int
    confirmFlag: str = "0"
    status: str = "0"
    result: str = "0"


class ContentPage(msgspec.Struct, frozen=True, kw_only=True):
    """5.9 callContent, the result."""

    totalPageNo: int
    totalCount: int
    pageNo: int
    pageSize: int
    weccCallContentList: list[ContentRow]


class SessionQueryBody(WireModel):
    """5.9 callSession; all are strings on the wire, times are ms UTC, and what is empty does not filter."""

    startTime: int = Field(0, ge=0, le=10**15)
    endTime: int = Field(0, ge=0, le=10**15)
    pageNo: int = Field(1, ge=1, le=1_000_000)
    pageSize: int = Field(20, ge=1, le=100)
    callType: str = Field("", max_length=64)
    caller: str = Field("", max_length=128)
    called: str = Field("", max_length=128)
    realCaller: str = Field("", max_length=128)
    callerName: str = Field("", max_length=128)
    mediaType: str = Field("", max_length=8)
    subMediaType: str = Field("", max_length=8)


class SessionRow(msgspec.Struct, frozen=True, kw_only=True):
    """One chat of callSession; times are ms UTC, 0 = never. `accessType` and `remark` are not published: empty."""

    id: str
    ccId: str = "0"
    vdnId: str
    callId: str
    innerCall: bool
    mediaType: str = "1"
    subMediaType: str
    accessType: str = ""
    caller: str
    called: str
    accessCode: str
    skillId: str
    realCaller: str
    callerName: str
    beginTime: int
    connectTime: int
    endTime: int
    releaseCause: str
    platformReleaseCause: str
    logDate: int
    callidNum: str = "1"
    remark: str = ""
    receiveMsgNum: int
    sendMsgNum: int


class SessionPage(msgspec.Struct, frozen=True, kw_only=True):
    """5.9 callSession, the result."""

    totalPageNo: int
    totalCount: int
    pageNo: int
    pageSize: int
    weccCallBillList: list[SessionRow]


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
