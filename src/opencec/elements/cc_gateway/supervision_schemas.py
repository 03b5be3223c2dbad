"""Wire models of inspections, recordings, playback and notes (cc-gateway.md 5.1.5, 5.6, 5.7, 6)."""

from __future__ import annotations

import msgspec

from opencec.httpkit.wire_model import AliasChoices, Field, WireModel

__all__ = [
    "AgentNotice",
    "AgentsQuery",
    "BeingInspected",
    "BindPhoneBody",
    "BulletinBody",
    "CallRecordQuery",
    "DownloadQuery",
    "FilePathQuery",
    "ForwardingBody",
    "InterceptQuery",
    "LocalPath",
    "LocalPathQuery",
    "MonitoredAgent",
    "Note",
    "NoteBody",
    "NoteQuery",
    "PlayBody",
    "QcTask",
    "RecordFile",
    "RecordFileQuery",
    "RecordIdQuery",
    "RecordQuery",
    "RecordScore",
    "RelocationQuery",
    "ScoresQuery",
    "SkillQuery",
    "TalkRightQuery",
    "TaskQuery",
    "WhisperQuery",
    "WhisperSwitchQuery",
    "ZipPathsQuery",
    "ZipQuery",
]

# --- requests -------------------------------------------------------------------------------------------------------


class WhisperQuery(WireModel):
    """5.7 requestwhisperagent, requeststopwhisperagent."""

    whisperagentid: int = Field(ge=1, le=999_999)


class WhisperSwitchQuery(WhisperQuery):
    """5.7 requestswitchinsertwhisperagent: 0 listen, 1 insert, 2 whisper."""

    switchtype: int = Field(ge=0, le=2)


class InterceptQuery(WireModel):
    """5.7 intercept: the call that is meant, when the client says it."""

    callid: str = Field("", max_length=64, validation_alias=AliasChoices("callId", "callid"))


class AgentsQuery(WireModel):
    """5.7 lists of agents, joined by `;`."""

    agents: str = Field(max_length=7_000)


class SkillQuery(WireModel):
    """Adjusting the skill queues of another agent; ids joined by `;`, none = all configured ones."""

    skillid: str = Field("", max_length=100, validation_alias=AliasChoices("skillid", "skillId"))


class TaskQuery(WireModel):
    """5.7 deleteqctask."""

    taskdsn: str = Field(max_length=64)


class RecordQuery(WireModel):
    """5.6 record: a name for the file. Ours are named after their calls, and the event says how."""

    filename: str = Field("", max_length=127)


class PlayBody(WireModel):
    """5.6 play; `startpostion` is spelled so on the wire, seconds."""

    voicepath: str = Field(min_length=1, max_length=255)
    startpostion: int = Field(0, ge=0, le=86_400)
    volumechange: int = Field(0, ge=0, le=0)
    speedchange: int = Field(0, ge=0, le=0)
    times: int = Field(1, ge=0, le=10)
    codeformat: int = Field(0, ge=0, le=0)


class RelocationQuery(WireModel):
    """5.6 playrelocation: seconds from the beginning."""

    position: int = Field(ge=0, le=86_400, validation_alias=AliasChoices("position", "time"))


class RecordFileQuery(WireModel):
    """5.6 recordfile, queryselfrecordfile. Positions count from 1, both are inclusive."""

    workno: int = Field(0, ge=0, le=999_999)
    skillid: int = Field(0, ge=0, validation_alias=AliasChoices("skillid", "skillId"))
    startdate: str = Field("", max_length=32)
    enddate: str = Field("", max_length=32)
    startposition: int = Field(1, ge=0, le=10_000)
    endposition: int = Field(100, ge=0, le=10_000)


class RecordIdQuery(WireModel):
    """5.6 recordfilefromrecordid."""

    recordid: str = Field(max_length=64, validation_alias=AliasChoices("recordid", "recordId"))


class CallRecordQuery(WireModel):
    """5.6 queryrecordfilebycallid."""

    workno: int = Field(0, ge=0, le=999_999)
    callid: str = Field(max_length=64, validation_alias=AliasChoices("callid", "callId"))


class ScoresQuery(WireModel):
    """5.6 queryrecordscore."""

    workno: int = Field(0, ge=0, le=999_999)
    recordstartdate: str = Field("", max_length=32)
    recordenddate: str = Field("", max_length=32)


class FilePathQuery(WireModel):
    """5.6 recordfileurl."""

    filepath: str = Field(min_length=1, max_length=255)


class ZipPathsQuery(WireModel):
    """5.6 batchrecordzipfileurl: paths joined by `;`."""

    filepath: str = Field(min_length=1, max_length=8_000)


class ZipQuery(ZipPathsQuery):
    """The address that zip queries answer with."""

    token: str = Field(max_length=200)


class LocalPathQuery(WireModel):
    """5.7 localrecordpath; format 1 is WAV, 2 the film of a video call."""

    format: int = 1
    record_id: str = Field(max_length=64, validation_alias=AliasChoices("recordId", "recordid"))


class DownloadQuery(WireModel):
    """5.7 recordfile."""

    token: str = Field(max_length=200)
    local_record_path: str = Field(max_length=255, validation_alias="localRecordPath")


class NoteQuery(WireModel):
    """5.1.5 sendnotelet."""

    content: str = Field(min_length=1, max_length=1_024)


class NoteBody(WireModel):
    """5.1.5 sendnoteletex; ids as numbers or text."""

    agent_ids: list[int] = Field(validation_alias=AliasChoices("agentIds", "agentids"), min_length=1, max_length=100)
    content: str = Field("", max_length=1_024)


class BulletinBody(WireModel):
    """5.1.5 notifybulletin: target type 0 group, 1 skill queue."""

    targettype: int = Field(ge=0, le=1)
    targetname: str = Field(min_length=1, max_length=100)
    bulletindata: str = Field(min_length=1, max_length=900)


class TalkRightQuery(WireModel):
    """5.1.5 settalkright: 1 takes calls, 0 does not."""

    flag: int = Field(ge=0, le=1)


class ForwardingBody(WireModel):
    """5.1.5 setforwarding, fields of our own: an empty number ends it."""

    number: str = Field("", max_length=24, validation_alias=AliasChoices("number", "forwardnumber", "phonenum"))


class BindPhoneBody(WireModel):
    """5.1.5 bindphone, fields of our own."""

    phonenum: str = Field(
        min_length=1, max_length=24, validation_alias=AliasChoices("phonenum", "phoneNum", "phonenumber", "phone")
    )


# --- answers --------------------------------------------------------------------------------------------------------


class MonitoredAgent(msgspec.Struct, frozen=True):
    """5.7 allagent: here `status` is text."""

    workno: str
    name: str
    status: str


class QcTask(msgspec.Struct, frozen=True):
    """5.7 queryqctasks: an inspection that is going on."""

    taskdsn: str
    begintime: int
    workno: str
    qcType: int


class RecordFile(msgspec.Struct, frozen=True, kw_only=True):
    """5.6 recordings; names as in AgentMediaEvent_Record, times in ms."""

    recordID: str
    callId: str
    fileName: str
    workno: str
    caller: str
    called: str
    skillid: int
    beginTime: int
    endTime: int
    duration: int
    """Seconds."""
    fileMediaType: str = "1"
    locationId: str = "0"


class RecordScore(msgspec.Struct, frozen=True, kw_only=True):
    """5.6 queryrecordscore, fields of our own in the words of `RecordFile`; times in ms."""

    recordID: str
    callId: str
    workno: str
    score: int
    """0-100."""
    comment: str
    inspector: str
    scoreTime: int


class LocalPath(msgspec.Struct, frozen=True):
    """5.6 download, step 1."""

    token: str
    localRecordPath: str


# --- events ---------------------------------------------------------------------------------------------------------


class BeingInspected(msgspec.Struct, frozen=True):
    """6.5."""

    qcType: int
    qcAgentId: int


class AgentNotice(msgspec.Struct, frozen=True):
    """6.5."""

    subtype: str
    monitoredagent: str
    agentname: str
    mediaserver: str = "CtiServer"


class Note(msgspec.Struct, frozen=True):
    """6.1."""

    sender: str
    sendername: str
    receivetime: int
    timestring: str
    context: str
