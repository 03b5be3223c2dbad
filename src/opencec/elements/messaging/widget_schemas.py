"""Frames and bodies of our own widget's interface, `/chat/v1/...`."""

from __future__ import annotations

import msgspec

from opencec.httpkit.wire_model import Field, WireModel
from opencec.services.chat.customer_side import Line, QueuePlace, Said, Stored

__all__ = [
    "PONG",
    "Ack",
    "Bye",
    "ChannelInfo",
    "ClientFrame",
    "FileInfo",
    "MessageFrame",
    "Pong",
    "ReadFrame",
    "Refused",
    "ServerFrame",
    "SessionAnswer",
    "SessionBody",
    "StateFrame",
    "SurveyFrame",
    "TokenFrame",
    "TypingFrame",
    "UserDataBody",
    "Welcome",
    "file_info",
    "message_frame",
    "state_frame",
]


class SessionBody(WireModel):
    """`POST /chat/v1/sessions`."""

    channel: str = Field(min_length=1, max_length=19)
    locale: str = Field("en", max_length=16)
    user_id: str = Field("", max_length=64, validation_alias="userId")
    user_name: str = Field("", max_length=128, validation_alias="userName")
    third_user_token: str = Field("", max_length=4_096, validation_alias="thirdUserToken")
    tenant_space_id: str = Field("", max_length=64, validation_alias="tenantSpaceId")
    authorization: str = Field("", max_length=1_024, validation_alias="thirdPartAuthorization")


class UserDataBody(WireModel):
    """The documented user data object (lightweight-plugins 2.1)."""

    third_user_token: str = Field("", max_length=4_096, validation_alias="thirdUserToken")
    third_user_name: str = Field("", max_length=128, validation_alias="thirdUserName")
    third_user_id: str = Field("", max_length=64, validation_alias="thirdUserId")
    tenant_space_id: str = Field(min_length=1, max_length=64, validation_alias="tenantSpaceId")
    channel_config_id: str = Field(min_length=1, max_length=19, validation_alias="channelConfigId")
    locale: str = Field("en", max_length=16)
    authorization: str = Field("", max_length=1_024, validation_alias="thirdPartAuthorization")


class ChannelInfo(msgspec.Struct):
    name: str
    isOpen: bool
    hasSurvey: bool
    isAsync: bool
    maxUploadBytes: int
    language: str


class SessionAnswer(msgspec.Struct):
    token: str
    userId: str
    expiresIn: int
    """Seconds."""
    channel: ChannelInfo


class FileInfo(msgspec.Struct):
    id: str
    name: str
    size: int
    type: str
    thumbnail: bool


class ClientFrame(msgspec.Struct, frozen=True):
    """Any frame of the page; `type` says which fields count."""

    type: str
    key: str = ""
    token: str = ""
    after: int = 0
    mediaType: str = "TEXT"
    content: str = ""
    fileName: str = ""
    replyTo: str = ""
    on: bool = False
    number: int = 0
    phone: str = ""
    text: str = ""
    score: int = 0
    comment: str = ""
    nps: int | None = None
    fcr: bool | None = None


class _Frame(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag_field="type"):
    pass


class StateFrame(_Frame, frozen=True, kw_only=True, tag="state"):
    state: str
    contact: str | None = None
    position: int | None = None
    waitS: int | None = None
    agentName: str | None = None
    reason: str | None = None


class Welcome(_Frame, frozen=True, kw_only=True, omit_defaults=False, tag="welcome"):
    state: StateFrame
    after: int


class Ack(_Frame, frozen=True, kw_only=True, tag="ack"):
    key: str
    number: int | None = None
    messageCode: str | None = None
    at: int | None = None


class Refused(_Frame, frozen=True, kw_only=True, tag="refused"):
    key: str
    code: str
    message: str


class MessageFrame(_Frame, frozen=True, kw_only=True, omit_defaults=False, tag="message"):
    number: int
    messageCode: str
    at: int
    source: str
    senderName: str
    mediaType: str
    content: str
    contact: str
    key: str | None = None
    file: FileInfo | None = None


class TypingFrame(_Frame, frozen=True, kw_only=True, omit_defaults=False, tag="typing"):
    on: bool


class ReadFrame(_Frame, frozen=True, kw_only=True, tag="read"):
    number: int


class TokenFrame(_Frame, frozen=True, kw_only=True, tag="token"):
    token: str
    expiresIn: int


class SurveyFrame(_Frame, frozen=True, kw_only=True, tag="survey"):
    levels: list[str]
    questions: list[str]


class Pong(_Frame, frozen=True, kw_only=True, tag="pong"):
    pass


class Bye(_Frame, frozen=True, kw_only=True, tag="bye"):
    code: str
    message: str


PONG = Pong()
ServerFrame = (
    Welcome
    | StateFrame
    | Ack
    | Refused
    | MessageFrame
    | TypingFrame
    | ReadFrame
    | TokenFrame
    | SurveyFrame
    | Pong
    | Bye
)


def file_info(file: Stored) -> FileInfo:
    """A file as the page is told of it."""
    return FileInfo(file.id, file.name, file.size, file.type, file.has_thumbnail)


def message_frame(said: Said) -> MessageFrame:
    """A message; the key is the customer's own, so only on the customer's own messages."""
    return MessageFrame(
        number=said.number,
        messageCode=said.code,
        at=said.at,
        source=said.source,
        senderName=said.sender,
        mediaType=said.media,
        content=said.content,
        contact=said.contact,
        key=(said.key or None) if said.source == "customer" else None,
        file=file_info(said.file) if said.file is not None else None,
    )


def state_frame(line: Line, place: QueuePlace | None) -> StateFrame:
    """Where the talk is."""
    is_queued = line.state == "queued" and place is not None
    return StateFrame(
        state="talking" if line.state == "greeted" else line.state,
        contact=line.contact or None,
        position=place.position if is_queued and place is not None else None,
        waitS=place.estimate_s if is_queued and place is not None else None,
        agentName=line.agent_name or None,
        reason=line.reason or None,
    )
