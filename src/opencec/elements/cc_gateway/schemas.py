"""Wire models of the CC-Gateway in the vendor's spelling, its typos included (cc-gateway.md 5 and 6)."""

from __future__ import annotations

from typing import Annotated

import msgspec
from pydantic import StringConstraints

from opencec.httpkit.wire_model import AliasChoices, Field, WireModel

__all__ = [
    "AbandonedCall",
    "AccessCode",
    "AgentObject",
    "AgentStatus",
    "Answer",
    "BusyReason",
    "CallInfoQuery",
    "CallObject",
    "CallOutBody",
    "CallQuery",
    "Conference",
    "CustomerAlerting",
    "CustomerRelease",
    "DataBody",
    "EventAnswer",
    "IncomingCall",
    "IvrInfo",
    "MediaSwitch",
    "MediaSwitchBody",
    "NameAndNumber",
    "PhoneState",
    "PhoneType",
    "PreviewCallOut",
    "RecordStarted",
    "RecordStopped",
    "ResetSkillQuery",
    "RestReason",
    "Ringing",
    "SayBusyQuery",
    "SecondDialQuery",
    "ShutDown",
    "SignInBody",
    "SignInResult",
    "Skill",
    "Talking",
    "TransferBody",
    "TransferOut",
    "TransferResult",
    "VdnSkill",
    "VendorEvent",
]

# --- requests -------------------------------------------------------------------------------------------------------


class SignInBody(WireModel):
    """5.1.1. Ranges that have codes of their own are checked by the handler."""

    password: str = Field("", max_length=32)
    phonenum: str = Field("", max_length=24)
    autoanswer: bool = True
    autoenteridle: bool = True
    releasephone: bool | None = None
    """Default differs by operation: true for login, false for forcelogin."""
    agenttype: int = 4
    status: int = 4
    ip: str = ""
    call_back_uri: str = Field("", max_length=200, validation_alias="callBackUri")
    service_token: str = Field("", max_length=50, validation_alias="serviceToken")
    push_url: str = Field("", max_length=512, validation_alias="pushUrl")
    listen_status: bool = Field(False, validation_alias="listenStatus")


class ResetSkillQuery(WireModel):
    """5.1.3."""

    skillid: str = Field("", max_length=100, validation_alias=AliasChoices("skillid", "skillId"))


class SayBusyQuery(WireModel):
    """5.1.4: reason 200-250; empty or 0 = none."""

    reason: int = Field(0, ge=0, le=250)
    prolong: bool = False


class CallQuery(WireModel):
    """The call that is meant, when it is not the only one."""

    callid: str = Field("", max_length=64, validation_alias=AliasChoices("callid", "callId"))


class CallOutBody(WireModel):
    """5.2 callout / callinner."""

    called: Annotated[str, StringConstraints(pattern=r"^[0-9*#]{1,24}$", strip_whitespace=True)]
    caller: Annotated[str, StringConstraints(pattern=r"^[0-9*#+]{0,24}$")] = ""
    skillid: int = Field(0, ge=0, validation_alias=AliasChoices("skillid", "skillId"))
    callappdata: str = Field("", max_length=16_384)
    mediaability: int = Field(0, ge=0, le=2)
    user_video_direction: int = Field(
        4, ge=1, le=4, validation_alias=AliasChoices("userVideoDirection", "uservideodirection")
    )
    """With mediaability 1: the customer receives only, sends only, both, or nothing is said of it."""


class TransferBody(WireModel):
    """5.2 transfer."""

    devicetype: int = Field(ge=1, le=5)
    address: Annotated[str, StringConstraints(pattern=r"^[0-9A-Ea-e*#]{1,24}$", strip_whitespace=True)]
    mode: int = Field(ge=0, le=4)
    callappdata: str | None = Field(None, max_length=16_384)
    caller: Annotated[str, StringConstraints(pattern=r"^[0-9*#+]{0,24}$")] = ""
    mediaability: int = Field(0, ge=0, le=2)
    holdflag: bool = True
    skillid: int = Field(0, ge=0, validation_alias=AliasChoices("skillId", "skillid"))


class SecondDialQuery(WireModel):
    """5.2 seconddialex; `#` comes as %23."""

    number: Annotated[str, StringConstraints(pattern=r"^[0-9*#,]{1,24}$")]


class CallInfoQuery(WireModel):
    """5.3 callinfo."""

    is_no_contain_last_call: bool = Field(False, validation_alias="isNoContainLastCall")


class DataBody(WireModel):
    """5.3 set call data, as query or as body."""

    callid: str = Field("", max_length=64, validation_alias=AliasChoices("callid", "callId"))
    calldata: str | None = Field(None, max_length=16_384, validation_alias=AliasChoices("calldata", "callData"))


# --- answers --------------------------------------------------------------------------------------------------------


class Answer(msgspec.Struct, frozen=True):
    """The envelope of every operation; keys in this order."""

    message: str
    retcode: str
    result: object


class SignInResult(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """5.1.1; `vdnid` as in the samples a number. `phoneNum` only of loginByAccount."""

    vdnid: int
    workno: str
    mediatype: str
    loginTime: str
    isForceChange: str
    serverName: str
    timeRemaining: str
    phoneNum: str | None = None


class Skill(msgspec.Struct, frozen=True):
    """5.1.3 agentskills."""

    name: str
    id: int
    mediatype: int


class VdnSkill(msgspec.Struct, frozen=True):
    """5.5 vdnskill."""

    name: str
    id: int
    mediatype: int
    serviceType: int
    realFlag: int


class AgentStatus(msgspec.Struct, frozen=True):
    """5.1.4 agentstatus."""

    agentState: int
    isWorking: bool


class CallObject(msgspec.Struct, frozen=True, kw_only=True):
    """5.3: `orgicallednum` is spelled so on the wire."""

    callfeature: int
    callid: str
    caller: str
    called: str
    callskill: str
    callskillid: int
    orgicallednum: str
    calldata: str
    begintime: int | None = None
    endtime: int | None = None
    userPriority: int = 0
    trunkNo: int = 65_535
    logontimes: int = 0


class NameAndNumber(msgspec.Struct, frozen=True):
    """5.4 idleagent."""

    workno: str
    name: str


class AgentObject(msgspec.Struct, frozen=True, kw_only=True):
    """5.4 agent object."""

    workno: str
    name: str
    status: int
    ctiStatus: int
    groupid: int
    groupname: str
    groupName: str
    skilllist: list[Skill]
    callids: list[str]
    mediatype: str
    vdnid: int
    phonenumber: str
    currentstatetime: int
    logindate: int


class RestReason(msgspec.Struct, frozen=True):
    """5.4 restreason."""

    restReasonId: int
    restReason: str


class AccessCode(msgspec.Struct, frozen=True, kw_only=True):
    """5.5 innoinfo."""

    id: int
    inno: str
    description: str
    vdnid: int
    mediatype: int


class IvrInfo(msgspec.Struct, frozen=True, kw_only=True):
    """5.5 ivrinfo: `access` is the transfer address."""

    id: str
    access: str
    description: str
    serviceNo: str


# --- events ---------------------------------------------------------------------------------------------------------


class VendorEvent(msgspec.Struct, frozen=True):
    """3.1 event envelope."""

    eventType: str
    eventGenTime: int
    workNo: str
    content: object


class EventAnswer(msgspec.Struct, frozen=True):
    """The answer to a poll that has an event; keys in this order."""

    message: str
    retcode: str
    event: VendorEvent


class Ringing(msgspec.Struct, frozen=True, kw_only=True):
    """6.2, also of AgentEvent_Auto_Answer; `transfrom` is spelled so on the wire."""

    caller: str
    transfer: str
    callid: str
    transfrom: str
    called: str
    type: str = "main"
    mediaType: str = "5"
    mediaAbility: str = "1"
    feature: str = "0"


class Talking(msgspec.Struct, frozen=True, kw_only=True):
    """6.2."""

    caller: str
    called: str
    callid: str
    type: str = "main"
    feature: str
    mediaAbility: str = "1"


class MediaSwitch(msgspec.Struct, frozen=True, kw_only=True):
    """6.2, content of AgentEvent_MediaSwith."""

    callid: str
    reason: int
    """0: done; 1: a party did not take part, the call stays as it was."""
    caller: str
    called: str
    mediaType: int


class MediaSwitchBody(WireModel):
    """Body of mediaswitch; the operation's path and fields are our choice (5.2, inferred)."""

    mediaability: int = Field(1, ge=0, le=1)
    """0 voice, 1 video."""


class CustomerAlerting(msgspec.Struct, frozen=True, kw_only=True):
    """6.2."""

    callid: str
    otherPhone: str
    otherPhoneWorkno: str = ""
    type: str = "main"


class CustomerRelease(msgspec.Struct, frozen=True):
    """6.2."""

    callid: str
    number: str


class IncomingCall(msgspec.Struct, frozen=True):
    """6.2 AgentEvent_Incoming_CallInfo: a call is on its way to the agent."""

    callId: str
    skillName: str
    skillId: int
    caller: str
    called: str
    lastReleaseAgentId: int
    mediaType: int
    releaseAndReQueueCount: int
    releaseAndReQueueCallFlag: int


class AbandonedCall(msgspec.Struct, frozen=True):
    """6.2 AgentEvent_AbandonCall: the caller has hung up before the agent answered."""

    caller: str
    callData: str
    callId: str


class Conference(msgspec.Struct, frozen=True):
    """6.2: `partner` names two numbers; "take back" disconnects the second one."""

    callid: str
    partner: str


class TransferResult(msgspec.Struct, frozen=True):
    """6.2 AgentEvent_SuccTransResult; `callId` with a capital I."""

    callId: str
    result: int


class TransferOut(msgspec.Struct, frozen=True):
    """6.2 AgentEvent_TransOutResult."""

    result: int
    callId: str


class PreviewCallOut(msgspec.Struct, frozen=True):
    """6.2 AgentEvent_Preview_CallOut."""

    controlid: str
    dialeddigits: str
    callData: str


class BusyReason(msgspec.Struct, frozen=True):
    """6.1."""

    reason: str


class ShutDown(msgspec.Struct, frozen=True):
    """6.6."""

    loginTime: str


class PhoneType(msgspec.Struct, frozen=True):
    """6.6 PhoneAlerting, PhoneOffhook."""

    type: str = "main"


class PhoneState(msgspec.Struct, frozen=True):
    """6.6 PhoneRelease: 3 released by the platform, 2 by the agent."""

    phoneState: int


class RecordStarted(msgspec.Struct, frozen=True, kw_only=True):
    """6.4."""

    taskId: int
    caller: str
    called: str
    locationId: str
    recordID: str
    fileName: str
    callId: str
    fileMediaType: str = "1"


class RecordStopped(msgspec.Struct, frozen=True, kw_only=True):
    """6.4."""

    beginTime: int
    endTime: int
    taskId: int
    fileMediaType: str = "1"
