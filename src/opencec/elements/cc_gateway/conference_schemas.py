"""Wire models of agent conferences (cc-gateway.md 5.10, 6.7)."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec
from pydantic import StringConstraints

from opencec.httpkit.wire_model import AliasChoices, Field, WireModel

__all__ = [
    "AddressBody",
    "AddressesBody",
    "ConferenceId",
    "ConferenceInfo",
    "InviteBody",
    "MemberModeBody",
    "MemberVoiceBody",
    "ModifyBody",
    "ParticipantChanged",
    "PassChairBody",
    "PlayVoiceBody",
    "ProlongBody",
    "QueryInfosBody",
    "RequestBody",
    "VoiceStopped",
    "WireAddress",
]

_FILE_MODE = 2
"""The only play mode: a sound file."""
_NUMBER = r"^\+?[0-9*#]{0,24}$"
_Number = Annotated[str, StringConstraints(pattern=_NUMBER)]


class Address(WireModel):
    """A participant: 6 telephone number, 9 work number; the device types are the application's own (8.3)."""

    kind: Literal["6", "9"] = Field(validation_alias=AliasChoices("addressType", "addresstype"))
    address: str = Field(min_length=1, max_length=24)
    deviceType: int = Field(0, ge=0, le=7)
    deviceCallType: int = Field(0, ge=0, le=2)


class AddressBody(Address):
    """unholdparticipant, stopvoicetoparticipant."""


class _VoiceBody(WireModel):
    playMode: int = Field(_FILE_MODE, ge=_FILE_MODE, le=_FILE_MODE)


class RequestBody(_VoiceBody):
    """requestagentconf. `voicePath` is heard by all when somebody comes or goes, if `beepTone`."""

    memberNum: int = Field(ge=1, le=120)
    confCallerNo: _Number = ""
    time: int = Field(60, ge=4, le=1_440)
    promptTime: int = Field(3, ge=3, le=1_440)
    beepTone: bool = False
    voicePath: str = Field("", max_length=127)


class InviteBody(_VoiceBody):
    """batchaddparticipant. `voicePath` is heard by each participant when it joins, if `beepTone`."""

    addresses: list[Address] = Field(min_length=1, max_length=120)
    beepTone: bool = False
    voicePath: str = Field("", max_length=127)
    caller: _Number = ""


class AddressesBody(WireModel):
    """batchremoveparticipant."""

    addresses: list[Address] = Field(min_length=1, max_length=120)


class MemberVoiceBody(Address):
    """holdparticipant, playvoicetoparticipant."""

    playMode: int = Field(_FILE_MODE, ge=_FILE_MODE, le=_FILE_MODE)
    voicePath: str = Field(min_length=1, max_length=127)


class MemberModeBody(Address):
    """changeparticipantmode: 1 hears only, 2 speaks only, 3 both, 4 neither."""

    attribute: int = Field(ge=1, le=4)


class PlayVoiceBody(_VoiceBody):
    """playvoicetoconf: `playType` 0 over the voices, 1 behind them."""

    playType: int = Field(0, ge=0, le=1)
    voicePath: str = Field(min_length=1, max_length=127)


class ModifyBody(WireModel):
    """modifyconfresource: `modifyType` 0 more places, 1 fewer."""

    modifyType: int = Field(ge=0, le=1)
    modifyNum: int = Field(ge=2, le=118)


class ProlongBody(WireModel):
    """prolongtime, in the query or in the body: minutes."""

    prolongTime: int = Field(0, ge=0, le=1_440, validation_alias=AliasChoices("prolongTime", "prolongtime"))


class PassChairBody(WireModel):
    """applytoshiftpresident, in the query or in the body: a work number."""

    destWorkNo: int = Field(0, ge=0, le=999_999, validation_alias=AliasChoices("destWorkNo", "destworkno"))


class QueryInfosBody(WireModel):
    """queryconfinfos; without ids the agent's own conference, or all that an inspector may see."""

    confIds: list[int] = Field(default_factory=list, max_length=20)


# --- answers and events ---------------------------------------------------------------------------------------------


class ConferenceId(msgspec.Struct, frozen=True):
    """Content of most events."""

    confId: int


class ParticipantChanged(msgspec.Struct, frozen=True):
    """`changeType` 0 join, 1 leave, 2 chair, 3 may not speak, 4 may speak, 5 held, 6 retrieved."""

    result: int
    changeReason: int
    changeType: int
    confId: int
    participant: str
    participantType: int
    deviceCallType: int = 0
    deviceType: int = 0


class VoiceStopped(msgspec.Struct, frozen=True):
    """0 = it was heard."""

    result: int


class WireAddress(msgspec.Struct, frozen=True):
    """A participant in a query's answer."""

    addressType: str
    address: str
    deviceCallType: int
    deviceType: int


class ConferenceInfo(msgspec.Struct, frozen=True):
    """queryconfinfos: `confState` 0 talk, 1 a voice plays; times in minutes, the start in ms UTC."""

    confId: int
    confState: int
    startTime: int
    applyConfTime: int
    confHaveBeenTime: int
    addresses: list[WireAddress]
