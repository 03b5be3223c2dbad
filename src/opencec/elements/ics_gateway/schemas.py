"""Bodies of the ICS gateway (ics-gateway.md 3-5), in the vendor's spelling."""

from __future__ import annotations

import msgspec

from opencec.httpkit.wire_model import Field, WireModel

__all__ = [
    "CallQuery",
    "CreateCallBody",
    "Envelope",
    "EventBody",
    "EventEnvelope",
    "LoginBody",
    "LoginResult",
    "MediaQuery",
    "QueueResult",
    "SendBody",
    "SkillStatistic",
    "StatisticBody",
    "UploadResult",
]


class LoginBody(WireModel):
    push_url: str = Field("", max_length=2_048, validation_alias="pushUrl")


class CreateCallBody(WireModel):
    media_type: int = Field(validation_alias="mediaType", ge=0, le=99)
    access_code: str = Field(validation_alias="accessCode", pattern=r"^[0-9]{1,24}$")
    call_data: str = Field("", max_length=1_024, validation_alias="callData")
    verify_code: str = Field("", max_length=10, validation_alias="verifyCode")
    uvid: int = Field(-1, ge=-1, le=2**63 - 1)
    real_caller: str = Field("", max_length=256, validation_alias="realCaller")
    display_name: str = Field("", max_length=256, validation_alias="displayName")


class CallQuery(WireModel):
    call_id: str = Field("", max_length=64, validation_alias="callId")
    conf_id: str = Field("", max_length=64, validation_alias="confId")


class MediaQuery(WireModel):
    call_id: str = Field("", max_length=64, validation_alias="callId")
    chat_id: int = Field(0, ge=0, le=2**53, validation_alias="chatId")
    file_path: str = Field("", max_length=128, validation_alias="filePath")


class SendBody(WireModel):
    call_id: str = Field(min_length=1, max_length=64, validation_alias="callId")
    content: str = Field(min_length=1, max_length=6_144)
    chat_id: int = Field(0, ge=0, le=2**53, validation_alias="chatId")
    send_time: int = Field(0, ge=0, le=2**53, validation_alias="sendTime")


class StatisticBody(WireModel):
    vdn_id: int = Field(validation_alias="vdnId", ge=0, le=9_999)
    access_codes: list[str] = Field(validation_alias="accessCodes", min_length=1, max_length=100)


class Envelope(msgspec.Struct):
    message: str
    retcode: str
    result: object = None


class EventBody(msgspec.Struct):
    eventType: str
    userName: str
    vdnId: int
    content: dict[str, object]
    """Never null: one client casts it to an object."""


class EventEnvelope(msgspec.Struct):
    message: str
    retcode: str
    event: EventBody | None


class LoginResult(msgspec.Struct):
    loginTime: int


class QueueResult(msgspec.Struct):
    position: int
    onlineAgentNum: int
    longestWaitTime: int
    skillId: int
    totalWaitTime: int
    currentDeviceWaitTime: int
    configMaxcWaitTime: int


class SkillStatistic(msgspec.Struct):
    loggedOnAgents: int
    availAgents: int
    queueSize: int
    maxQueueSize: int


class UploadResult(msgspec.Struct):
    filePath: str
    fileName: str
    chatId: int
