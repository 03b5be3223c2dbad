"""Bodies and events of text contacts (cc-gateway.md 5.9, 6.3)."""

from __future__ import annotations

import msgspec
from pydantic import AliasChoices, Field

from opencec.httpkit.wire_model import WireModel

__all__ = ["CallNumsBody", "MediaMessageBody", "MediaTransferBody", "MessageData"]


class MediaMessageBody(WireModel):
    """5.9 sendmessage."""

    callid: str = Field(max_length=64, validation_alias=AliasChoices("callid", "callId"))
    userid: str = Field("", max_length=128)
    data: str = Field("", max_length=65_536)


class CallNumsBody(WireModel):
    """5.9 setcallnums; both are strings on the wire."""

    media_type: int = Field(validation_alias="mediaType")
    callnums: int


class MediaTransferBody(WireModel):
    """5.9 transfer."""

    callid: str = Field(max_length=64, validation_alias=AliasChoices("callid", "callId"))
    caller: str = Field("", max_length=128)
    devicetype: int
    mode: int = Field(ge=0, le=4)
    address: str = Field(min_length=1, max_length=24)
    calldata: str | None = Field(None, max_length=2_048)
    skill_id: int = Field(0, ge=0, validation_alias=AliasChoices("skillId", "skillid"))


class MessageData(msgspec.Struct, frozen=True, kw_only=True):
    """6.3 AgentEvent_MessageData."""

    callid: str
    caller: str
    called: str
    feature: int
    type: str = "main"
    message: str
    mediaAbility: str = "5"
