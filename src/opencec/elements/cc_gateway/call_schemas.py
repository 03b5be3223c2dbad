"""Wire models of calls with more than two parties, of calls an agent asks for, and of call lists (5.2, 5.3)."""

from __future__ import annotations

from typing import Annotated

import msgspec
from pydantic import StringConstraints

from opencec.elements.cc_gateway.schemas import CallOutBody
from opencec.httpkit.wire_model import AliasChoices, Field, WireModel

__all__ = [
    "BusinessDataBody",
    "CallInnerSkillBody",
    "CallListQuery",
    "CallRecord",
    "ConfJoinBody",
    "InnerHelpBody",
    "OwnCallListQuery",
    "PickUpQuery",
    "PreviewBody",
    "RequestCallQuery",
    "Statistics",
]

_WORK_NUMBER = r"^[1-9][0-9]{0,5}$"


class InnerHelpBody(WireModel):
    """5.2 innerhelp."""

    dstaddress: Annotated[str, StringConstraints(pattern=r"^[1-9][0-9]{0,8}$", strip_whitespace=True)]
    devicetype: int = Field(2, ge=1, le=2)
    mode: int = Field(1, ge=1, le=2)
    callappdata: str | None = Field(None, max_length=16_384)
    holdflag: bool = True


class ConfJoinBody(WireModel):
    """5.2 confjoin: `callid` is the held call's."""

    callid: str = Field(min_length=1, max_length=64, validation_alias=AliasChoices("callid", "callId"))
    callappdata: str | None = Field(None, max_length=16_384)


class PickUpQuery(WireModel):
    """5.2 snatchpickup."""

    other: Annotated[str, StringConstraints(pattern=_WORK_NUMBER)] = Field(
        validation_alias=AliasChoices("destWorkNo", "destworkno")
    )


class RequestCallQuery(WireModel):
    """5.2 requestcall: the queue in which the agent has seen the call."""

    skillid: int = Field(0, ge=0, validation_alias=AliasChoices("skillId", "skillid"))


class PreviewBody(CallOutBody):
    """5.2 previewcallout: `callcontrolid` is the `controlid` of AgentEvent_Preview_CallOut."""

    callcontrolid: str = Field("", max_length=64)


class CallInnerSkillBody(WireModel):
    """5.2 callinnerskill. Its fields are not published: the queue as `skillid`, or as `called` like callinner."""

    skillid: int = Field(0, ge=0, validation_alias=AliasChoices("skillid", "skillId"))
    called: Annotated[str, StringConstraints(pattern=r"^[0-9]{0,9}$")] = ""
    callappdata: str = Field("", max_length=16_384)


class BusinessDataBody(WireModel):
    """5.3 setcallbusinessdata, getcallbusinessdata. Their fields are not published: named like the call data's."""

    callid: str = Field("", max_length=64, validation_alias=AliasChoices("callid", "callId"))
    data: str | None = Field(
        None, max_length=16_384, validation_alias=AliasChoices("businessdata", "businessData", "calldata", "callData")
    )


_MOMENT = r"^$|^[0-9]{8,14}$|^[0-9]{4}-[0-9]{2}-[0-9]{2}([ T][0-9]{2}:[0-9]{2}:[0-9]{2})?$"


class OwnCallListQuery(WireModel):
    """5.3 queryselfcallrecordinfolist. Moments: ms, `yyyymmdd[hhmmss]` or `yyyy-mm-dd[ hh:mm:ss]`, UTC."""

    skillid: int = Field(0, ge=0, validation_alias=AliasChoices("skillid", "skillId"))
    startdate: Annotated[str, StringConstraints(pattern=_MOMENT)] = ""
    enddate: Annotated[str, StringConstraints(pattern=_MOMENT)] = ""
    startposition: int = Field(1, ge=0, le=1_000_000)
    endposition: int = Field(100, ge=0, le=1_000_000)


class CallListQuery(OwnCallListQuery):
    """5.3 callRecordInfoList; without `workno` the calls of all agents."""

    workno: Annotated[str, StringConstraints(pattern=r"^$|" + _WORK_NUMBER)] = ""


class CallRecord(msgspec.Struct, frozen=True, kw_only=True):
    """One call that is over, named as in the call object; its own fields are not published."""

    callid: str
    callfeature: int
    caller: str
    called: str
    callskill: str
    callskillid: int
    workno: str
    begintime: int
    acktime: int | None
    endtime: int
    talktime: int
    """Seconds."""
    releasecause: int
    recordid: str


class Statistics(msgspec.Struct, frozen=True, kw_only=True):
    """The agent's calls of the day (UTC); field names are not published. Times in seconds."""

    callInNum: int
    callOutNum: int
    callInnerNum: int
    answeredNum: int
    talkTime: int
    holdTime: int
