"""Resource `agentconf`: conferences of agents and outside numbers (cc-gateway.md 5.10).

The desktop client uses other methods than the documentation: both are served. What the chair does to participants
(`batchaddparticipant` and below) is named by the vendor's public interface reference, pages cec_07_0473 to 0486.
"""

from __future__ import annotations

import re

from opencec.core.commands import (
    AnswerConference,
    EndConference,
    HoldMember,
    InviteMembers,
    LeaveConference,
    MemberAddress,
    PassChair,
    PlayToConference,
    ProlongConference,
    RejectConference,
    RemoveMembers,
    RequestConference,
    ResizeConference,
    RetrieveMember,
    SetMemberMode,
    StopConferenceVoice,
)
from opencec.core.ids import AgentId
from opencec.elements.cc_gateway.conference_schemas import (
    Address,
    AddressBody,
    AddressesBody,
    ConferenceInfo,
    InviteBody,
    MemberModeBody,
    MemberVoiceBody,
    ModifyBody,
    PassChairBody,
    PlayVoiceBody,
    ProlongBody,
    QueryInfosBody,
    RequestBody,
    WireAddress,
)
from opencec.elements.cc_gateway.gateway import Caller, GatewayCall
from opencec.elements.cc_gateway.told_calls import conference_number
from opencec.elements.cc_gateway.voice_calls import run
from opencec.httpkit.operations import Operation
from opencec.httpkit.replies import Refusal, Reply
from opencec.services.agent_port import ConferenceView
from opencec.services.recording_archive import RecordingUnavailable

__all__ = ["OPERATIONS"]

_ADDRESS_TYPES = {"number": "6", "agent": "9"}
_KINDS = {"6": "number", "9": "agent"}
_VOICE_FILE = re.compile(r"(?:[A-Za-z]:)?[\\/]?conf[\\/](?P<vdn>[0-9]{1,4})[\\/](?P<name>[^\\/]{1,100})", re.IGNORECASE)
"""`y:/conf/120/1136287.V3`"""
_LISTENS, _SPEAKS, _BOTH = 1, 2, 3
_MINUTE_MS = 60_000


def _member(address: Address) -> MemberAddress:
    return MemberAddress(
        kind="agent" if _KINDS[address.kind] == "agent" else "number",
        address=address.address,
        device_type=address.deviceType,
        device_call_type=address.deviceCallType,
    )


async def _voice(caller: Caller, path: str) -> str:
    """The sound file that a path names.

    Raises:
        Refusal: 000-002: no such path, another tenant's, or no such file.
    """
    found = _VOICE_FILE.fullmatch(path)
    if found is None or int(found["vdn"]) != caller.port.tenant:
        raise Refusal("000-002", "voicePath must be <drive>:/conf/<vdn>/<file>")
    try:
        return await caller.port.recordings.voice_path(caller.port.tenant, found["name"])
    except RecordingUnavailable:
        raise Refusal("000-002", "there is no such voice file") from None


async def _tone(caller: Caller, path: str, *, is_wanted: bool) -> str:
    """The file that comes with `beepTone`; without it the path says nothing."""
    if not is_wanted:
        return ""
    if not path:
        raise Refusal("000-002", "beepTone needs voicePath")
    return await _voice(caller, path)


# --- everybody ------------------------------------------------------------------------------------------------------


async def request_conference(call: GatewayCall) -> Reply:
    """Ask for a conference; AgentConf_RequestSuccess says when the chair may invite."""
    caller, body = call.principal, call.body_as(RequestBody)
    caller.need_own_password()
    command = RequestConference(
        agent=caller.agent,
        contact=caller.port.new_contact_id(),
        size=body.memberNum,
        minutes=body.time,
        warn_minutes=body.promptTime,
        caller=body.confCallerNo,
        tone=await _tone(caller, body.voicePath, is_wanted=body.beepTone),
    )
    return await run(call, command)


async def answer(call: GatewayCall) -> Reply:
    """Take part in the conference that rings."""
    return await run(call, AnswerConference(agent=call.principal.agent))


async def reject(call: GatewayCall) -> Reply:
    """Do not take part in the conference that rings."""
    return await run(call, RejectConference(agent=call.principal.agent))


async def leave(call: GatewayCall) -> Reply:
    """Leave; the chair may not."""
    return await run(call, LeaveConference(agent=call.principal.agent))


# --- the chair ------------------------------------------------------------------------------------------------------


async def end(call: GatewayCall) -> Reply:
    """End the conference for all."""
    return await run(call, EndConference(agent=call.principal.agent))


async def modify(call: GatewayCall) -> Reply:
    """More places, or fewer."""
    body = call.body_as(ModifyBody)
    by = -body.modifyNum if body.modifyType else body.modifyNum
    return await run(call, ResizeConference(agent=call.principal.agent, by=by))


async def prolong(call: GatewayCall) -> Reply:
    """Put the end off."""
    minutes = call.query_as(ProlongBody).prolongTime or call.body_as(ProlongBody).prolongTime
    if not minutes:
        raise Refusal("000-002", "prolongTime is missing")
    return await run(call, ProlongConference(agent=call.principal.agent, minutes=minutes))


async def pass_chair(call: GatewayCall) -> Reply:
    """Give the chair to another agent who takes part."""
    to = call.query_as(PassChairBody).destWorkNo or call.body_as(PassChairBody).destWorkNo
    if not to:
        raise Refusal("000-002", "destWorkNo is missing")
    return await run(call, PassChair(agent=call.principal.agent, to=AgentId(to)))


async def invite(call: GatewayCall) -> Reply:
    """Ring agents and numbers; each takes part when it answers."""
    caller, body = call.principal, call.body_as(InviteBody)
    command = InviteMembers(
        agent=caller.agent,
        members=tuple(_member(address) for address in body.addresses),
        caller=body.caller,
        welcome=await _tone(caller, body.voicePath, is_wanted=body.beepTone),
    )
    return await run(call, command)


async def remove(call: GatewayCall) -> Reply:
    """Take participants out, or withdraw their invitation."""
    members = tuple(_member(address) for address in call.body_as(AddressesBody).addresses)
    return await run(call, RemoveMembers(agent=call.principal.agent, members=members))


async def change_mode(call: GatewayCall) -> Reply:
    """Whether a participant hears and is heard."""
    body = call.body_as(MemberModeBody)
    speaks, hears = body.attribute in (_SPEAKS, _BOTH), body.attribute in (_LISTENS, _BOTH)
    return await run(call, SetMemberMode(agent=call.principal.agent, member=_member(body), speaks=speaks, hears=hears))


async def hold(call: GatewayCall) -> Reply:
    """Let a participant hear a file again and again, and nobody else."""
    caller, body = call.principal, call.body_as(MemberVoiceBody)
    path = await _voice(caller, body.voicePath)
    return await run(call, HoldMember(agent=caller.agent, member=_member(body), path=path))


async def retrieve(call: GatewayCall) -> Reply:
    """Bring a held participant back."""
    return await run(call, RetrieveMember(agent=call.principal.agent, member=_member(call.body_as(AddressBody))))


async def play(call: GatewayCall) -> Reply:
    """Play a file to the conference: once over the voices, or behind them until it is stopped."""
    caller, body = call.principal, call.body_as(PlayVoiceBody)
    path = await _voice(caller, body.voicePath)
    layer = "behind" if body.playType else "over"
    return await run(call, PlayToConference(agent=caller.agent, path=path, layer=layer))  # type: ignore[arg-type]


async def stop(call: GatewayCall) -> Reply:
    """End what plays to the conference."""
    return await run(call, StopConferenceVoice(agent=call.principal.agent))


async def play_to_member(call: GatewayCall) -> Reply:
    """Play a file to one participant."""
    caller, body = call.principal, call.body_as(MemberVoiceBody)
    path = await _voice(caller, body.voicePath)
    return await run(call, PlayToConference(agent=caller.agent, path=path, member=_member(body)))


async def stop_to_member(call: GatewayCall) -> Reply:
    """End what plays to one participant."""
    member = _member(call.body_as(AddressBody))
    return await run(call, StopConferenceVoice(agent=call.principal.agent, member=member))


# --- queries --------------------------------------------------------------------------------------------------------


async def query_infos(call: GatewayCall) -> Reply:
    """Conferences: an inspector's question is about all of the tenant, another agent's about its own."""
    caller, body = call.principal, call.body_as(QueryInfosBody)
    found = caller.port.queries.conferences()
    if caller.view().role != "inspector":
        own = [one for one in found if _takes_part(one, caller.agent)]
        if not own:
            raise Refusal("101-001", "the agent has no conference")
        if body.confIds and any(number != conference_number(own[0].contact) for number in body.confIds):
            raise Refusal("101-004", "other conferences are for inspectors")
        found = own
    elif body.confIds:
        found = [one for one in found if conference_number(one.contact) in body.confIds]
    now = caller.port.now()
    return caller.reply([_info(one, now) for one in found])


def _takes_part(conference: ConferenceView, agent: AgentId) -> bool:
    return any(one.kind == "agent" and one.address == str(agent) and one.is_joined for one in conference.members)


def _info(conference: ConferenceView, now: int) -> ConferenceInfo:
    return ConferenceInfo(
        confId=conference_number(conference.contact),
        confState=int(conference.is_playing),
        startTime=conference.began_at,
        applyConfTime=conference.minutes,
        confHaveBeenTime=max(0, now - conference.began_at) // _MINUTE_MS,
        addresses=[
            WireAddress(_ADDRESS_TYPES[one.kind], one.address, one.device_call_type, one.device_type)
            for one in conference.members
            if one.is_joined
        ],
    )


async def query_ids(call: GatewayCall) -> Reply:
    """The numbers of all conferences that go on."""
    if call.principal.view().role != "inspector":
        raise Refusal("101-004", "only inspectors see all conferences")
    return call.principal.reply([conference_number(one.contact) for one in call.principal.port.queries.conferences()])


_CONF = "/agentconf/{agentid:agent}"
_CHANGED = ("AgentConf_ParticipantChanged",)
_LEFT = ("AgentConf_SelfLeaveResult", "AgentOther_PhoneRelease", "AgentState_Ready")
_CHAIR = ("000-002", "100-006", "100-007", "101-001", "101-002")

OPERATIONS: tuple[Operation[Caller], ...] = (
    Operation(
        "requestAgentConf",
        ("POST",),
        f"{_CONF}/requestagentconf",
        request_conference,
        "Ask for a conference",
        group="conference",
        body=RequestBody,
        events=(
            "AgentOther_PhoneAlerting",
            "AgentOther_PhoneOffhook",
            "AgentState_Busy",
            "AgentConf_SelfJoinResult",
            "AgentConf_RequestSuccess",
            "AgentConf_RequestFailed",
            "AgentConf_Timeout",
        ),
        codes=("000-002", "100-006", "100-007", "100-009", "101-003", "200-001"),
    ),
    Operation(
        "answerAgentConf",
        ("POST", "PUT"),
        f"{_CONF}/answeragentconf",
        answer,
        "Take part in the conference that rings",
        group="conference",
        events=("AgentConf_SelfJoinResult",),
        codes=("100-006", "100-007", "101-001"),
    ),
    Operation(
        "rejectAgentConf",
        ("POST", "DELETE"),
        f"{_CONF}/rejectagentconf",
        reject,
        "Do not take part",
        group="conference",
        events=("AgentOther_PhoneRelease", "AgentState_Ready"),
        codes=("100-006", "100-007", "101-001"),
    ),
    Operation(
        "requestLeaveAgentConf",
        ("POST", "DELETE"),
        f"{_CONF}/requestleaveagentconf",
        leave,
        "Leave the conference",
        group="conference",
        events=_LEFT,
        codes=("100-006", "100-007", "101-001", "101-007"),
    ),
    Operation(
        "modifyConfResource",
        ("POST", "PUT"),
        f"{_CONF}/modifyconfresource",
        modify,
        "More places, or fewer",
        group="conference",
        body=ModifyBody,
        codes=_CHAIR,
    ),
    Operation(
        "releaseAgentConf",
        ("DELETE", "POST"),
        f"{_CONF}/releaseagentconf",
        end,
        "End the conference",
        group="conference",
        events=_LEFT,
        codes=("100-006", "100-007", "101-001", "101-002"),
    ),
    Operation(
        "prolongTime",
        ("PUT", "POST"),
        f"{_CONF}/prolongtime",
        prolong,
        "Put the end off",
        group="conference",
        query=ProlongBody,
        body=ProlongBody,
        codes=_CHAIR,
    ),
    Operation(
        "applyToShiftPresident",
        ("PUT", "POST"),
        f"{_CONF}/applytoshiftpresident",
        pass_chair,
        "Give the chair to another agent",
        group="conference",
        query=PassChairBody,
        body=PassChairBody,
        events=_CHANGED,
        codes=(*_CHAIR, "101-005"),
    ),
    Operation(
        "playVoiceToConf",
        ("PUT", "POST"),
        f"{_CONF}/playvoicetoconf",
        play,
        "Play a voice file to the conference",
        group="conference",
        body=PlayVoiceBody,
        events=("AgentConf_StopVoice",),
        codes=_CHAIR,
    ),
    Operation(
        "stopVoiceToConf",
        ("PUT", "POST"),
        f"{_CONF}/stopvoicetoconf",
        stop,
        "Stop the voice file",
        group="conference",
        events=("AgentConf_StopVoice",),
        codes=_CHAIR,
    ),
    Operation(
        "batchAddParticipant",
        ("POST",),
        f"{_CONF}/batchaddparticipant",
        invite,
        "Invite participants",
        group="conference",
        body=InviteBody,
        events=("AgentConf_Ringing", *_CHANGED),
        codes=(*_CHAIR, "200-001"),
    ),
    Operation(
        "batchRemoveParticipant",
        ("POST",),
        f"{_CONF}/batchremoveparticipant",
        remove,
        "Remove participants",
        group="conference",
        body=AddressesBody,
        events=_CHANGED,
        codes=(*_CHAIR, "101-006"),
    ),
    Operation(
        "changeParticipantMode",
        ("POST",),
        f"{_CONF}/changeparticipantmode",
        change_mode,
        "Let a participant hear or speak, or not",
        group="conference",
        body=MemberModeBody,
        events=_CHANGED,
        codes=_CHAIR,
    ),
    Operation(
        "holdParticipant",
        ("POST",),
        f"{_CONF}/holdparticipant",
        hold,
        "Hold a participant",
        group="conference",
        body=MemberVoiceBody,
        events=_CHANGED,
        codes=_CHAIR,
    ),
    Operation(
        "unholdParticipant",
        ("POST",),
        f"{_CONF}/unholdparticipant",
        retrieve,
        "Bring a held participant back",
        group="conference",
        body=AddressBody,
        events=_CHANGED,
        codes=_CHAIR,
    ),
    Operation(
        "playVoiceToParticipant",
        ("POST",),
        f"{_CONF}/playvoicetoparticipant",
        play_to_member,
        "Play a voice file to one participant",
        group="conference",
        body=MemberVoiceBody,
        events=("AgentConf_StopParticipantVoice",),
        codes=_CHAIR,
    ),
    Operation(
        "stopVoiceToParticipant",
        ("POST",),
        f"{_CONF}/stopvoicetoparticipant",
        stop_to_member,
        "Stop the voice file of one participant",
        group="conference",
        body=AddressBody,
        events=("AgentConf_StopParticipantVoice",),
        codes=_CHAIR,
    ),
    Operation(
        "queryConfInfos",
        ("POST",),
        f"{_CONF}/queryconfinfos",
        query_infos,
        "Conferences that go on, with their participants",
        group="query",
        body=QueryInfosBody,
        codes=("000-002", "100-006", "100-007", "101-001", "101-004"),
    ),
    Operation(
        "queryAllConfIds",
        ("GET",),
        f"{_CONF}/queryvdnconfid",
        query_ids,
        "Numbers of all conferences that go on, for inspectors",
        group="query",
        codes=("100-006", "100-007", "101-004"),
    ),
)
