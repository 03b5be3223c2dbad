"""Bodies of the customers' side (api-fabric.md 4, lightweight-plugins.md 2), in the vendor's spelling."""

from __future__ import annotations

import msgspec

from opencec.httpkit.wire_model import AliasChoices, Field, WireModel

__all__ = [
    "ApplyTokenBody",
    "CallBody",
    "CallContent",
    "CallEvent",
    "CallSupport",
    "ClickBody",
    "DocumentBody",
    "DownLink",
    "DownloadAnswer",
    "DownloadBody",
    "HistoryAnswer",
    "HistoryBody",
    "HistoryMessage",
    "LeaveMessageBody",
    "PhraseBody",
    "PollAnswer",
    "PollQuery",
    "QueueAnswer",
    "QueueBody",
    "Result",
    "SatisfactionBody",
    "SendBody",
    "Survey",
    "SurveyAnswer",
    "SurveyBody",
    "SurveyLevel",
    "TokenAnswer",
    "UploadAnswer",
    "UploadBody",
]


class ApplyTokenBody(WireModel):
    user_id: str = Field(min_length=1, max_length=64, validation_alias="userId")
    user_name: str = Field(min_length=1, max_length=128, validation_alias="userName")
    channel_id: str = Field(min_length=1, max_length=19, validation_alias="channelId")
    locale: str = Field(min_length=2, max_length=16)


class SendBody(WireModel):
    """Of the twin, which names neither customer nor channel, the same without `from` and `to`."""

    control_type: str = Field(min_length=1, max_length=16, validation_alias="controlType")
    media_type: str = Field("TEXT", max_length=16, validation_alias="mediaType")
    content: str = Field("", max_length=65_536)
    from_: str = Field("", max_length=64, validation_alias=AliasChoices("from", "from_"))
    to: str = Field("", max_length=19)
    source_type: str = Field("CUSTOMER", max_length=16, validation_alias="sourceType")
    timestamp: str = Field("", max_length=20)
    sender_nickname: str = Field("", max_length=256, validation_alias="senderNickname")
    trans_data: str = Field("", max_length=4_096, validation_alias="transData")


class PollQuery(WireModel):
    receiver_id: str = Field("", max_length=64, validation_alias="receiverId")
    is_need_read: bool = Field(False, validation_alias="isNeedRead")


class QueueBody(WireModel):
    user_id: str = Field("", max_length=64, validation_alias="userId")
    channel_config_id: str = Field("", max_length=19, validation_alias="channelConfigId")


class UploadBody(WireModel):
    file_type: str = Field("", max_length=16, validation_alias="fileType")
    file_stream: str = Field("", validation_alias="fileStream")


class DownloadBody(WireModel):
    file_id: str = Field("", max_length=128, validation_alias="fileId")
    file_type: str = Field("", max_length=16, validation_alias="fileType")


class DocumentBody(WireModel):
    message_code: str = Field("", max_length=64, validation_alias="messageCode")
    file_suffix: str = Field("", max_length=8, validation_alias="fileSuffix")


class HistoryBody(WireModel):
    channel_id: str = Field("", max_length=19, validation_alias="channelId")
    user_id: str = Field("", max_length=64, validation_alias="userId")
    start_time: int = Field(0, ge=0, le=99_999_999_999_999, validation_alias="startTime")
    end_time: int = Field(99_999_999_999_999, ge=0, le=99_999_999_999_999, validation_alias="endTime")
    limit: int = Field(50, ge=1, le=500)
    offset: int = Field(0, ge=0, le=1_000_000)


class SurveyBody(WireModel):
    language: str = Field("", max_length=16)


class SatisfactionBody(WireModel):
    user_id: str = Field("", max_length=64, validation_alias="userId")
    evaluation: str = Field("", max_length=4)
    comment: str = Field("", max_length=4_096)
    channel_config_id: str = Field("", max_length=19, validation_alias="channelConfigId")
    nps_score: str = Field("", max_length=4, validation_alias="npsScore")
    fcr_value: str = Field("", max_length=4, validation_alias="fcrValue")


class LeaveMessageBody(WireModel):
    call_id: str = Field("", max_length=64, validation_alias="callId")
    caller: str = Field("", max_length=64, validation_alias=AliasChoices("caller", "phoneNo"))
    leave_message: str = Field("", max_length=65_536, validation_alias="leaveMessage")


class PhraseBody(WireModel):
    str_content: str = Field("", max_length=4_096, validation_alias="strContent")
    locale: str = Field("", max_length=16)


class ClickBody(WireModel):
    """Of every call of click-to-call: the channel, which the token names already."""

    channel: str = Field("WEB", max_length=16)


class CallBody(ClickBody):
    media_ability: str = Field("0", max_length=4, validation_alias="mediaAbility")
    """ "0" voice, "1" video."""


class CallSupport(msgspec.Struct):
    resultCode: str
    resultDesc: str
    webRTCSupported: bool
    clickToCallSupported: bool


class CallContent(msgspec.Struct, omit_defaults=True):
    causeId: int
    causeDesc: str
    domain: str = ""
    gwAddresses: list[str] = []
    accessCode: str = ""
    clickToCallCaller: str = ""


class CallEvent(msgspec.Struct, omit_defaults=True):
    resultCode: str
    resultDesc: str
    eventId: int | None = None
    content: CallContent | None = None


class Result(msgspec.Struct, omit_defaults=True):
    resultCode: str
    resultDesc: str | None = None


class LeaveAnswer(msgspec.Struct):
    """The twin's answer has both pairs."""

    resultCode: str
    resultDesc: str
    returnCode: str
    description: str


class TokenAnswer(msgspec.Struct):
    token: str
    resultCode: str


class DownLink(msgspec.Struct, kw_only=True):
    """One entry of `downlinkMessages`; `timestamp` is a number, as in the samples."""

    channel: str
    content: str | None
    from_: str = msgspec.field(name="from")
    to: str
    controlType: str
    mediaType: str | None
    sourceType: str
    senderNickname: str
    senderAvatar: str | None = None
    timestamp: int
    simQuestions: str | None = None
    callId: str | None = None
    robotGender: str | None = None
    isOfflineStatus: bool = False
    messageCode: str = ""
    interIdx: str | None = None
    contentType: str | None = None
    mediaFileType: str | None = None
    queueFlag: str | None = None
    receiveTime: int = 0
    associationContentId: str | None = None


class PollAnswer(msgspec.Struct):
    resultCode: str
    resultDesc: str
    downlinkMessages: list[DownLink]


class QueueAnswer(msgspec.Struct, omit_defaults=True):
    """Numbers are whole seconds."""

    resultCode: str
    position: int | None = None
    totalWaitTime: int | None = None
    currentDeviceWaitTime: int | None = None
    configMaxcWaitTime: int | None = None
    longestWaitTime: int | None = None
    estimateWaitTime: int | None = None


class UploadAnswer(msgspec.Struct, omit_defaults=True):
    returnCode: str
    objectKey: str = ""


class DownloadAnswer(msgspec.Struct, omit_defaults=True):
    resultCode: str
    resultDesc: str
    fileStream: str = ""
    fileUrl: str = ""


class HistoryMessage(msgspec.Struct, kw_only=True):
    id: str
    channel: str
    senderNickname: str
    senderAvatar: str | None = None
    sendTime: int
    receiveTime: int
    controlType: str = "CHAT"
    sourceType: str
    mediaType: str
    content: str
    callId: str
    messageCode: str
    associationContentId: str | None = None
    sendStatus: str = "SUCCESS"
    errorMsg: str | None = None
    isForwarded: bool = False
    forwardTime: int | None = None
    contentDealType: str | None = None


class HistoryAnswer(msgspec.Struct):
    resultCode: str
    resultDesc: str
    messageList: list[HistoryMessage]


class SurveyLevel(msgspec.Struct):
    satisfactionLevelKey: str
    satisfactionLevelDesc: str


class Survey(msgspec.Struct):
    surveyType: str
    satisfactionLevel: list[SurveyLevel]
    satisfactionQuestion: list[str]


class SurveyAnswer(msgspec.Struct):
    resultCode: str
    resultDesc: str
    satisfactionSurvey: Survey
