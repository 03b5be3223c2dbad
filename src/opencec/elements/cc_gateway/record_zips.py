"""Resource `recordplay`: several recordings in one archive (cc-gateway.md 5.6).

Each is authorised as it is alone, and one that is missing refuses the whole: nobody gets an archive that lacks a part.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator
from urllib.parse import quote

from opencec.elements.cc_gateway.gateway import Caller, GatewayCall
from opencec.elements.cc_gateway.record_files import check_token, recording_of, token_for
from opencec.elements.cc_gateway.supervision_schemas import FilePathQuery, ZipPathsQuery, ZipQuery
from opencec.httpkit.operations import Operation
from opencec.httpkit.replies import Refusal, Reply
from opencec.ports.records import RecordingRow
from opencec.services.recording_archive import RecordingUnavailable

__all__ = ["OPERATIONS"]

_MOST = 50
"""Recordings of one archive."""


async def _rows(caller: Caller, paths: str) -> list[RecordingRow]:
    """Each recording once, in the order of the paths.

    Raises:
        Refusal: 000-002 none or too many; 104-002, 104-003, 104-005 of any of them.
    """
    names = [path for path in paths.split(";") if path]
    if not 1 <= len(names) <= _MOST:
        raise Refusal("000-002", f"filepath names 1-{_MOST} recordings, joined by semicolons")
    rows = [await recording_of(caller, name) for name in names]
    return list({row.recording: row for row in rows}.values())


async def _archive(caller: Caller, rows: list[RecordingRow]) -> AsyncGenerator[bytes, None]:
    try:
        return await caller.port.recordings.zipped(rows)
    except RecordingUnavailable as error:
        raise Refusal("100-007" if error.code == "too_large" else "104-005", error.message) from None


def _joined(rows: list[RecordingRow]) -> str:
    return ";".join(f"/{row.path}" for row in rows)


async def _address(caller: Caller, paths: str) -> Reply:
    rows = await _rows(caller, paths)
    await (await _archive(caller, rows)).aclose()  # what is missing or too much is said here, too
    joined = _joined(rows)
    where = f"/agentgateway/resource/recordplay/{caller.agent}/recordzipfile"
    return caller.reply(f"{where}?token={quote(token_for(caller, f'zip {joined}'))}&filepath={quote(joined, safe='')}")


async def query_record_zip_file_url(call: GatewayCall) -> Reply:
    """Where a recording can be fetched as an archive with this session's GUID, for five minutes."""
    return await _address(call.principal, call.query_as(FilePathQuery).filepath)


async def query_batch_record_zip_file_url(call: GatewayCall) -> Reply:
    """Where several recordings can be fetched as one archive with this session's GUID, for five minutes."""
    return await _address(call.principal, call.query_as(ZipPathsQuery).filepath)


async def record_zip_file(call: GatewayCall) -> Reply:
    """The archive, streamed."""
    caller, query = call.principal, call.query_as(ZipQuery)
    check_token(caller, query.token, f"zip {query.filepath}")
    rows = await _rows(caller, query.filepath)
    disposition = (b"Content-Disposition", b'attachment; filename="recordings.zip"')
    stream = await _archive(caller, rows)
    return Reply(b"", content_type=b"application/zip", headers=(disposition,), stream=stream)


_RECORD = "/recordplay/{agentid:agent}"
_CODES = ("000-002", "100-006", "100-007", "104-002", "104-003", "104-005")

OPERATIONS: tuple[Operation[Caller], ...] = (
    Operation(
        "queryRecordZipFileURL",
        ("GET",),
        f"{_RECORD}/recordzipfileurl",
        query_record_zip_file_url,
        "Where a recording can be fetched as an archive",
        group="recordings",
        query=FilePathQuery,
        codes=_CODES,
    ),
    Operation(
        "queryBatchRecordZipFileURL",
        ("GET",),
        f"{_RECORD}/batchrecordzipfileurl",
        query_batch_record_zip_file_url,
        "Where several recordings can be fetched as one archive",
        group="recordings",
        query=ZipPathsQuery,
        codes=_CODES,
    ),
    Operation(
        "recordZipFile",
        ("GET",),
        f"{_RECORD}/recordzipfile",
        record_zip_file,
        "The archive (address of our own, from the two queries)",
        group="recordings",
        query=ZipQuery,
        codes=_CODES,
    ),
)
