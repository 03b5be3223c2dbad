"""Resources `recordplay` and `qualitycontrol`: finding and downloading recordings (cc-gateway.md 5.6).

Agents have the recordings of their own calls, inspectors those of the tenant; those of other tenants do not exist here.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Sequence
from datetime import UTC, datetime
from urllib.parse import quote

from opencec.elements.cc_gateway.gateway import Caller, GatewayCall
from opencec.elements.cc_gateway.supervision_schemas import (
    CallRecordQuery,
    DownloadQuery,
    FilePathQuery,
    LocalPath,
    LocalPathQuery,
    RecordFile,
    RecordFileQuery,
    RecordIdQuery,
    RecordScore,
    ScoresQuery,
)
from opencec.httpkit.operations import Operation
from opencec.httpkit.replies import Refusal, Reply
from opencec.ports.records import RecordingRow, ScoreQuery, film_of
from opencec.services.recording_archive import FoundRecording, RecordingUnavailable

__all__ = ["OPERATIONS", "check_token", "recording_of", "token_for"]

_WAV, _FILM = 1, 2
"""`format` of localrecordpath. The interface publishes 1 alone; 2 is the file media type of video (6.4)."""
_TYPES = {".wav": b"audio/x-wav", ".mkv": b"video/x-matroska"}
_TOKEN_MS = 300_000
_FILE = re.compile(r"(?:[A-Za-z]:)?[^\x00-\x1f]*?(?P<name>[0-9]{1,19}-[0-9]{1,19})\.(?:wav|WAV|V3|mkv)")
"""A path as AgentMediaEvent_Record names it; what counts is the call id in its last part."""
_DATES = ("%Y%m%d", "%Y%m%d%H%M%S", "%Y-%m-%d", "%Y-%m-%d %H:%M:%S", "%Y/%m/%d %H:%M:%S")
_DAY_MS = 86_400_000


# --- authorisation --------------------------------------------------------------------------------------------------


def _is_inspector(caller: Caller) -> bool:
    return caller.view().role == "inspector"


async def _find(caller: Caller, recording: str) -> RecordingRow:
    """A finished recording that the caller may hear.

    Raises:
        Refusal: 104-005 there is none, 104-002 it is of other agents.
    """
    archive = caller.port.recordings
    try:
        row = await archive.find(recording)
    except RecordingUnavailable as error:
        raise Refusal("104-005", error.message) from None
    if not _is_inspector(caller):
        own = await archive.search(callid=row.callid, last=1)
        if not any(one.agent == str(caller.agent) for one in own):
            raise Refusal("104-002", "no right to this recording")
    return row


async def recording_of(caller: Caller, path: str) -> RecordingRow:
    """The recording of a path as events and queries name it.

    Raises:
        Refusal: 104-003 no such name, 104-002, 104-005.
    """
    found = _FILE.fullmatch(path)
    if found is None:
        raise Refusal("104-003", "not the name of a recording")
    return await _find(caller, found["name"])


# --- queries --------------------------------------------------------------------------------------------------------


def _time(text: str, *, is_end: bool) -> int | None:
    """Milliseconds UTC of a date, a time or a number of milliseconds; the end of a day when only a day is named.

    Raises:
        Refusal: 000-002.
    """
    if not text:
        return None
    if text.isascii() and text.isdigit() and len(text) == 13:
        return int(text)
    for form in _DATES:
        try:
            at = int(datetime.strptime(text, form).replace(tzinfo=UTC).timestamp() * 1000)
        except ValueError:
            continue
        return at + _DAY_MS if is_end and "%H" not in form else at
    raise Refusal("000-002", "dates are yyyyMMdd, yyyy-MM-dd HH:mm:ss or milliseconds")


def _wire(caller: Caller, found: Sequence[FoundRecording]) -> list[RecordFile]:
    return [
        RecordFile(
            recordID=one.recording,
            callId=one.callid,
            fileName=_file_name(caller, one),
            workno=one.agent,
            caller=one.caller,
            called=one.called,
            skillid=one.queue,
            beginTime=one.begin,
            endTime=one.end,
            duration=max(0, one.end - one.begin) // 1000,
        )
        for one in found
    ]


def _file_name(caller: Caller, found: FoundRecording) -> str:
    day = datetime.fromtimestamp(found.begin / 1000, tz=UTC).strftime("%Y%m%d")
    return f"Y:/{caller.port.tenant}/0/{day}/{found.agent}/{found.callid}.wav"


async def _search(call: GatewayCall, *, workno: int) -> Reply:
    caller, query = call.principal, call.query_as(RecordFileQuery)
    found = await caller.port.recordings.search(
        agent=str(workno) if workno else None,
        queue=query.skillid or None,
        since=_time(query.startdate, is_end=False),
        until=_time(query.enddate, is_end=True),
        first=max(1, query.startposition),
        last=query.endposition or 100,
    )
    return caller.reply(_wire(caller, found))


async def query_record_file(call: GatewayCall) -> Reply:
    """Recordings of an agent, or of all; for inspectors, and for agents their own."""
    caller, workno = call.principal, call.query_as(RecordFileQuery).workno
    if not _is_inspector(caller) and workno != caller.agent:
        raise Refusal("104-002", "no right to recordings of others")
    return await _search(call, workno=workno)


async def query_self_record_file(call: GatewayCall) -> Reply:
    """Recordings of one's own calls."""
    return await _search(call, workno=call.principal.agent)


async def query_record_file_from_record_id(call: GatewayCall) -> Reply:
    """One recording."""
    caller = call.principal
    row = await _find(caller, call.query_as(RecordIdQuery).recordid)
    return caller.reply(_wire(caller, await caller.port.recordings.search(callid=row.callid, last=1)))


async def query_record_file_by_call_id(call: GatewayCall) -> Reply:
    """Recordings of one call."""
    caller, query = call.principal, call.query_as(CallRecordQuery)
    found = await caller.port.recordings.search(callid=query.callid, last=1)
    if not _is_inspector(caller):
        found = [one for one in found if one.agent == str(caller.agent)]
    if query.workno:
        found = [one for one in found if one.agent == str(query.workno)]
    return caller.reply(_wire(caller, found))


async def query_voice_record_score(call: GatewayCall) -> Reply:
    """What inspectors thought of an agent's calls, or of all; for inspectors, and for agents their own."""
    caller, query = call.principal, call.query_as(ScoresQuery)
    if not _is_inspector(caller) and query.workno not in (0, caller.agent):
        raise Refusal("104-002", "no right to scores of others")
    workno = query.workno or (0 if _is_inspector(caller) else caller.agent)
    found = await caller.port.call_scores(
        ScoreQuery(
            agent=str(workno) if workno else None,
            since=_time(query.recordstartdate, is_end=False),
            until=_time(query.recordenddate, is_end=True),
        )
    )
    newest = {(one.callid, one.agent, one.inspector): one for one in found}
    return caller.reply(
        [
            RecordScore(
                recordID=one.callid,
                callId=one.callid,
                workno=one.agent,
                score=one.score,
                comment=one.comment,
                inspector=one.inspector,
                scoreTime=one.at,
            )
            for one in newest.values()
        ]
    )


# --- download -------------------------------------------------------------------------------------------------------


def _seal(caller: Caller, path: str, until: int) -> str:
    """Proof that this session was given this path; needs no memory and holds over a restart."""
    text = f"{caller.port.tenant}\n{caller.agent}\n{path}\n{until}".encode()
    return hmac.new(caller.session.guid_sha256, text, hashlib.sha256).hexdigest()


def token_for(caller: Caller, path: str) -> str:
    """A token of this session for a path, for five minutes."""
    until = caller.port.now() + _TOKEN_MS
    return f"{until}.{_seal(caller, path, until)}"


def check_token(caller: Caller, token: str, path: str) -> None:
    """Raises:
    Refusal: 104-002 the token is not of this session, not for this path or too old.
    """
    until, _, seal = token.partition(".")
    is_number = until.isascii() and until.isdigit() and len(until) < 16
    if not is_number or not hmac.compare_digest(seal.encode(), _seal(caller, path, int(until)).encode()):
        raise Refusal("104-002", "the token is not for this recording")
    if int(until) < caller.port.now():
        raise Refusal("104-002", "the token is too old")


async def local_record_path(call: GatewayCall) -> Reply:
    """Step 1 of a download: where the recording is, and a token for it that holds five minutes."""
    caller, query = call.principal, call.query_as(LocalPathQuery)
    if query.format not in (_WAV, _FILM):
        raise Refusal("104-007", "recordings are WAV, format 1; those of video calls are films, too, format 2")
    row = await _find(caller, query.record_id)
    path = f"/{row.path}"
    if query.format == _FILM:
        path = f"/{film_of(row.path)}"
        if not await caller.port.recordings.has_film(row):
            raise Refusal("104-005", "no film of this recording, or not yet")
    return caller.reply(LocalPath(token_for(caller, path), path))


async def record_file(call: GatewayCall) -> Reply:
    """Step 2: the file."""
    caller, query = call.principal, call.query_as(DownloadQuery)
    path = query.local_record_path
    check_token(caller, query.token, path)
    row = await recording_of(caller, path)
    is_film = path == f"/{film_of(row.path)}"
    if path != f"/{row.path}" and not is_film:
        raise Refusal("104-005", "no such recording")
    try:
        body = await caller.port.recordings.read(row, is_film=is_film)
    except RecordingUnavailable as error:
        raise Refusal("100-007" if error.code == "too_large" else "104-005", error.message) from None
    name = path.rpartition("/")[2]
    disposition = (b"Content-Disposition", f'attachment; filename="{name}"'.encode())
    return Reply(body, content_type=_TYPES[path[-4:]], headers=(disposition,))


async def query_record_file_url(call: GatewayCall) -> Reply:
    """Where a recording can be fetched with this session's GUID, for five minutes."""
    caller = call.principal
    row = await recording_of(caller, call.query_as(FilePathQuery).filepath)
    path = f"/{row.path}"
    where = f"/agentgateway/resource/qualitycontrol/{caller.agent}/recordfile"
    return caller.reply(f"{where}?token={quote(token_for(caller, path))}&localRecordPath={quote(path, safe='')}")


_RECORD = "/recordplay/{agentid:agent}"
_QC = "/qualitycontrol/{agentid:agent}"

OPERATIONS: tuple[Operation[Caller], ...] = (
    Operation(
        "queryRecordFile",
        ("GET",),
        f"{_RECORD}/recordfile",
        query_record_file,
        "Recordings",
        group="recordings",
        query=RecordFileQuery,
        codes=("000-002", "100-006", "104-002"),
    ),
    Operation(
        "querySelfRecordFile",
        ("GET",),
        f"{_RECORD}/queryselfrecordfile",
        query_self_record_file,
        "Recordings of own calls",
        group="recordings",
        query=RecordFileQuery,
        codes=("000-002", "100-006"),
    ),
    Operation(
        "queryRecordFileFromRecordID",
        ("GET",),
        f"{_RECORD}/recordfilefromrecordid",
        query_record_file_from_record_id,
        "One recording",
        group="recordings",
        query=RecordIdQuery,
        codes=("100-006", "104-002", "104-005"),
    ),
    Operation(
        "queryRecordFileByCallId",
        ("GET",),
        f"{_RECORD}/queryrecordfilebycallid",
        query_record_file_by_call_id,
        "Recordings of a call",
        group="recordings",
        query=CallRecordQuery,
        codes=("100-006",),
    ),
    Operation(
        "queryRecordFileURL",
        ("GET",),
        f"{_RECORD}/recordfileurl",
        query_record_file_url,
        "Where a recording can be fetched",
        group="recordings",
        query=FilePathQuery,
        codes=("100-006", "104-002", "104-003", "104-005"),
    ),
    Operation(
        "queryVoiceRecordScore",
        ("GET",),
        f"{_RECORD}/queryrecordscore",
        query_voice_record_score,
        "Scores that inspectors gave to recorded calls",
        group="recordings",
        query=ScoresQuery,
        codes=("000-002", "100-006", "104-002"),
    ),
    Operation(
        "localRecordPath",
        ("GET",),
        f"{_QC}/localrecordpath",
        local_record_path,
        "Download of a recording: its path and a token",
        group="recordings",
        query=LocalPathQuery,
        codes=("100-006", "104-002", "104-005", "104-007"),
    ),
    Operation(
        "recordFile",
        ("GET",),
        f"{_QC}/recordfile",
        record_file,
        "Download of a recording: the file",
        group="recordings",
        query=DownloadQuery,
        codes=("100-006", "104-002", "104-003", "104-005"),
    ),
)
