"""Resource `recordplay`, first half: recording on demand and playback (cc-gateway.md 5.6)."""

from __future__ import annotations

from opencec.core.commands import (
    BeginRecord,
    Command,
    MovePlayback,
    PausePlayback,
    PauseRecord,
    PlayRecording,
    ResumePlayback,
    ResumeRecord,
    StopPlayback,
    StopRecord,
)
from opencec.elements.cc_gateway.gateway import Caller, GatewayCall
from opencec.elements.cc_gateway.record_files import recording_of
from opencec.elements.cc_gateway.supervision_schemas import PlayBody, RecordQuery, RelocationQuery
from opencec.elements.cc_gateway.views import NOTHING
from opencec.httpkit.operations import Operation
from opencec.httpkit.replies import Refusal, Reply

__all__ = ["OPERATIONS"]

_LONGEST_MOVE_S = 86_400


async def _run(call: GatewayCall, command: Command) -> Reply:
    await call.principal.port.execute(command)
    return call.principal.reply(NOTHING)


async def begin_record(call: GatewayCall) -> Reply:
    """Record the call. A file name that comes along must be one, but the file is named after its call."""
    name = call.query_as(RecordQuery).filename
    if not name.isprintable():
        raise Refusal("000-002", "filename holds control characters")
    return await _run(call, BeginRecord(agent=call.principal.agent))


async def pause_record(call: GatewayCall) -> Reply:
    """The recording holds silence until it is resumed."""
    return await _run(call, PauseRecord(agent=call.principal.agent))


async def resume_record(call: GatewayCall) -> Reply:
    """Go on recording."""
    return await _run(call, ResumeRecord(agent=call.principal.agent))


async def stop_record(call: GatewayCall) -> Reply:
    """Record nothing more of this agent's part of the call."""
    return await _run(call, StopRecord(agent=call.principal.agent))


async def begin_play(call: GatewayCall) -> Reply:
    """Play a recording to the agent's phone: in a call, or the phone is called first."""
    caller, body = call.principal, call.body_as(PlayBody)
    row = await recording_of(caller, body.voicepath)
    return await _run(
        call,
        PlayRecording(
            agent=caller.agent,
            contact=caller.port.new_contact_id(),
            path=row.path,
            start_ms=body.startpostion * 1000,
            times=max(1, body.times),
        ),
    )


async def pause_play(call: GatewayCall) -> Reply:
    """Hold the playback where it is."""
    return await _run(call, PausePlayback(agent=call.principal.agent))


async def resume_play(call: GatewayCall) -> Reply:
    """Go on with the playback."""
    return await _run(call, ResumePlayback(agent=call.principal.agent))


def _seconds(call: GatewayCall) -> int:
    seconds = call.number("time")
    if not 1 <= seconds <= _LONGEST_MOVE_S:
        raise Refusal("000-002", f"time must be 1-{_LONGEST_MOVE_S} seconds")
    return seconds


async def fore_fast_play(call: GatewayCall) -> Reply:
    """Skip so many seconds."""
    return await _run(call, MovePlayback(agent=call.principal.agent, by_ms=_seconds(call) * 1000))


async def back_fast_play(call: GatewayCall) -> Reply:
    """Go back so many seconds."""
    return await _run(call, MovePlayback(agent=call.principal.agent, by_ms=-_seconds(call) * 1000))


async def play_relocation(call: GatewayCall) -> Reply:
    """Go to a place in the recording."""
    position = call.query_as(RelocationQuery).position
    return await _run(call, MovePlayback(agent=call.principal.agent, to_ms=position * 1000))


async def stop_play(call: GatewayCall) -> Reply:
    """End the playback; a phone that was called for it is released."""
    return await _run(call, StopPlayback(agent=call.principal.agent))


_RECORD = "/recordplay/{agentid:agent}"

OPERATIONS: tuple[Operation[Caller], ...] = (
    Operation(
        "beginRecord",
        ("PUT",),
        f"{_RECORD}/record",
        begin_record,
        "Record the call",
        group="record_begin",
        query=RecordQuery,
        events=("AgentMediaEvent_Record", "AgentMediaEvent_Record_Fail"),
        codes=("000-002", "100-006", "500-008"),
    ),
    Operation(
        "beginRecordWithoutFilename",
        ("PUT",),
        f"{_RECORD}/recordwithoutfilename",
        begin_record,
        "Record the call, the server names the file",
        group="record_begin",
        query=RecordQuery,
        events=("AgentMediaEvent_Record", "AgentMediaEvent_Record_Fail"),
        codes=("100-006", "500-008"),
    ),
    Operation(
        "pauseRecord",
        ("POST",),
        f"{_RECORD}/pauserecord",
        pause_record,
        "Pause the recording",
        group="record_pause",
        events=("AgentMediaEvent_PauseRecordDone",),
        codes=("100-006", "500-004"),
    ),
    Operation(
        "resumeRecord",
        ("POST",),
        f"{_RECORD}/resumerecord",
        resume_record,
        "Resume the recording",
        group="record_resume",
        events=("AgentMediaEvent_ResumeRecordDone",),
        codes=("100-006", "500-006"),
    ),
    Operation(
        "stopRecord",
        ("DELETE",),
        f"{_RECORD}/stoprecord",
        stop_record,
        "Stop the recording",
        group="record_stop",
        events=("AgentMediaEvent_StopRecordDone",),
        codes=("100-006", "500-010"),
    ),
    Operation(
        "beginPlay",
        ("PUT",),
        f"{_RECORD}/play",
        begin_play,
        "Play a recording to the agent's phone",
        group="play_begin",
        body=PlayBody,
        events=(
            "AgentOther_PhoneAlerting",
            "AgentOther_PhoneOffhook",
            "AgentState_Busy",
            "AgentMediaEvent_Play",
            "AgentMediaEvent_Play_Succ",
            "AgentMediaEvent_Play_Fail",
        ),
        codes=("000-002", "100-006", "104-002", "104-003", "104-005", "500-007"),
    ),
    Operation(
        "pausePlay",
        ("POST",),
        f"{_RECORD}/pauseplay",
        pause_play,
        "Pause the playback",
        group="play_pause",
        events=("AgentMediaEvent_PausePlayDone",),
        codes=("100-006", "500-003"),
    ),
    Operation(
        "resumePlay",
        ("POST",),
        f"{_RECORD}/resumeplay",
        resume_play,
        "Resume the playback",
        group="play_resume",
        events=("AgentMediaEvent_ResumePlayDone",),
        codes=("100-006", "500-005"),
    ),
    Operation(
        "foreFastPlay",
        ("POST",),
        f"{_RECORD}/forefast/{{time:number}}",
        fore_fast_play,
        "Skip seconds of the playback",
        group="play_forward",
        codes=("000-002", "100-006", "500-002"),
    ),
    Operation(
        "backFastPlay",
        ("POST",),
        f"{_RECORD}/backfast/{{time:number}}",
        back_fast_play,
        "Go back seconds in the playback",
        group="play_back",
        codes=("000-002", "100-006", "500-001"),
    ),
    Operation(
        "playRelocation",
        ("POST",),
        f"{_RECORD}/playrelocation",
        play_relocation,
        "Go to a place in the playback",
        group="play_forward",
        query=RelocationQuery,
        codes=("000-002", "100-006", "500-002"),
    ),
    Operation(
        "stopPlay",
        ("DELETE",),
        f"{_RECORD}/stopplay",
        stop_play,
        "Stop the playback",
        group="play_stop",
        events=("AgentMediaEvent_Play_Succ", "AgentOther_PhoneRelease"),
        codes=("100-006", "500-009"),
    ),
)
