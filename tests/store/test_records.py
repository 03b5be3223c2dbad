"""Records: rows and journal position are one transaction, pages follow each other without gaps."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import msgspec
import pytest

from fakes.journal import MemoryJournal
from opencec.adapters.sqlite import Database, SqliteRecords
from opencec.core.ids import TenantId
from opencec.ports.records import Cdr, CdrQuery, ContactScore, LegQuality, RecordingRow, ScoreQuery, Segment
from opencec.services.cdr_projection import QUALITY, SCORES, CdrProjection, encode_quality, encode_score
from opencec.services.journal_entries import ServiceFact, encode_entry

pytestmark = pytest.mark.store


def _cdr(number: int, **fields: object) -> Cdr:
    cdr = Cdr(
        callid=f"c-{number}", vdn=1, caller=f"+155501{number:02}", called="1001", begin=number * 10, end=number * 10 + 5
    )
    return msgspec.structs.replace(cdr, **fields)


def _recording(number: int, **fields: object) -> RecordingRow:
    row = RecordingRow(
        recording=f"r-{number}", callid=f"c-{number}", vdn=1, path=f"1/20300102/c-{number}.wav", begin=number
    )
    return msgspec.structs.replace(row, **fields)


@pytest.fixture
async def records(tmp_path: Path) -> AsyncIterator[SqliteRecords]:
    made = SqliteRecords(Database(tmp_path / "opencec.db"))
    yield made
    await made.close()


async def test_a_record_comes_back_whole(records: SqliteRecords) -> None:
    tenant = records.for_tenant(1)
    segments = (
        Segment(device="queue", target="1", begin=20, queue=1),
        Segment(device="agent", target="101", begin=21, answer=22, end=25, agent="101", leave_reason=3),
    )
    cdr = _cdr(2, queue=1, agent="101", answer=22, disposition="answered", talk_ms=3, segments=segments)
    assert await tenant.apply([cdr], 9)
    assert await tenant.cdrs(CdrQuery()) == [cdr]
    assert await tenant.offset() == 9
    assert await records.tenants() == [1]


async def test_an_offset_is_applied_once(records: SqliteRecords) -> None:
    tenant = records.for_tenant(1)
    assert await tenant.apply([_cdr(1)], 5)
    assert not await tenant.apply([_cdr(1, agent="999"), _cdr(2)], 5)
    assert not await tenant.apply([_cdr(3)], 4)
    assert [(c.callid, c.agent) for c in await tenant.cdrs(CdrQuery())] == [("c-1", "")]
    assert await tenant.apply([_cdr(1, agent="101")], 6)
    assert [(c.callid, c.agent) for c in await tenant.cdrs(CdrQuery())] == [("c-1", "101")]


async def test_a_batch_is_written_whole_or_not_at_all(records: SqliteRecords) -> None:
    tenant = records.for_tenant(1)
    with pytest.raises(ValueError, match="tenant 2"):
        await tenant.apply([_cdr(1), _cdr(2, vdn=2)], 5)
    assert (await tenant.cdrs(CdrQuery()), await tenant.offset()) == ([], 0)


@pytest.mark.parametrize("newest_first", [False, True])
async def test_pages_cover_everything_once(records: SqliteRecords, newest_first: bool) -> None:
    tenant = records.for_tenant(1)
    await tenant.apply([_cdr(n, begin=n // 3) for n in range(10, 31)], 1)
    seen: list[tuple[int, str]] = []
    after: tuple[int, str] | None = None
    while page := await tenant.cdrs(CdrQuery(after=after, limit=4, newest_first=newest_first)):
        seen += [(c.begin, c.callid) for c in page]
        after = seen[-1]
    assert len(seen) == 21
    assert seen == sorted(seen, reverse=newest_first)


async def test_filters(records: SqliteRecords) -> None:
    tenant = records.for_tenant(1)
    await tenant.apply([_cdr(1, agent="101", queue=1), _cdr(2, agent="102", queue=1), _cdr(3, queue=2)], 1)

    async def ids(query: CdrQuery) -> list[str]:
        return [c.callid for c in await tenant.cdrs(query)]

    assert await ids(CdrQuery(since=20)) == ["c-2", "c-3"]
    assert await ids(CdrQuery(until=20)) == ["c-1"]
    assert await ids(CdrQuery(agent="102")) == ["c-2"]
    assert await ids(CdrQuery(queue=1)) == ["c-1", "c-2"]
    assert await ids(CdrQuery(caller="+15550103")) == ["c-3"]
    assert await ids(CdrQuery(callid="c-1")) == ["c-1"]
    assert [c.callid for c in await records.for_tenant(2).cdrs(CdrQuery())] == []


async def test_a_closed_recording_never_opens_again(records: SqliteRecords) -> None:
    tenant = records.for_tenant(1)
    await tenant.apply([_recording(1), _recording(2)], 1)
    await tenant.apply([_recording(1, state="closed", duration_ms=900, bytes=7258)], 2)
    await tenant.apply([_recording(1)], 3)
    row = await tenant.recording("r-1")
    assert row is not None
    assert (row.state, row.duration_ms) == ("closed", 900)
    assert await tenant.close_recording("r-2", duration_ms=0, bytes=0, is_lost=True)
    assert not await tenant.close_recording("r-1", duration_ms=1, bytes=1)
    assert [(r.recording, r.state) for r in await tenant.recordings()] == [("r-1", "closed"), ("r-2", "lost")]
    assert [r.recording for r in await tenant.recordings(callid="c-2")] == ["r-2"]
    assert [r.recording for r in await tenant.recordings(after="r-1")] == ["r-2"]
    assert await tenant.recording("r-9") is None


async def test_forgetting_returns_what_to_remove_and_spares_open_ones(records: SqliteRecords) -> None:
    tenant = records.for_tenant(1)
    await tenant.apply([_recording(n, state="closed") for n in range(1, 6)] + [_recording(0)], 1)
    assert [r.recording for r in await tenant.forget_before(4, limit=2)] == ["r-1", "r-2"]
    assert [r.recording for r in await tenant.forget_before(4)] == ["r-3"]
    assert [r.recording for r in await tenant.recordings()] == ["r-0", "r-4", "r-5"]


def _leg(number: int, name: str, **fields: object) -> LegQuality:
    leg = LegQuality(
        leg=f"c-{number}/{name}", callid=f"c-{number}", vdn=1, role="agent", packets=100, lost=1, jitter_ms=1.5, mos=4.2
    )
    return msgspec.structs.replace(leg, **fields)


async def test_quality_joins_its_record_whichever_comes_first(records: SqliteRecords) -> None:
    tenant = records.for_tenant(1)
    early, late = _leg(1, "2"), _leg(1, "1", role="customer", mos=None, packets=0)
    assert await tenant.apply([early], 1)
    assert await tenant.apply([_cdr(1), _cdr(2)], 2)
    assert await tenant.apply([late, early], 3)
    first, second = await tenant.cdrs(CdrQuery())
    assert (first.quality, second.quality) == ((late, early), ())
    assert await tenant.apply([first], 4)
    assert (await tenant.cdrs(CdrQuery(callid="c-1"))) == [first]


async def test_quality_is_folded_once_with_the_journal_position(records: SqliteRecords) -> None:
    """What a crash left unwritten is read from the journal; what was written is not written again."""
    journal = MemoryJournal()
    epoch = await journal.claim(1, "test")
    legs = [_leg(1, "1"), _leg(1, "2"), _leg(1, "3")]
    for leg in legs:
        await journal.append(1, epoch, [encode_entry(ServiceFact(0, QUALITY, encode_quality(leg)))])
    tenant = records.for_tenant(1)
    projection = CdrProjection(TenantId(1), records=tenant, recording_path=lambda vdn, contact: "")
    projection.on_quality(1, encode_quality(legs[0]))
    await projection.flush()
    projection.on_quality(2, encode_quality(legs[1]))  # lost in the crash

    again = CdrProjection(TenantId(1), records=tenant, recording_path=lambda vdn, contact: "")
    await again.catch_up(journal)
    again.on_quality(3, encode_quality(_leg(1, "3", mos=1.0)))  # known: changes nothing
    await again.flush()
    await tenant.apply([_cdr(1)], 4)
    assert (await tenant.cdrs(CdrQuery()))[0].quality == tuple(legs)
    assert again.floor() == 3


def _score(number: int, **fields: object) -> ContactScore:
    score = ContactScore(
        callid=f"{number}-1", vdn=1, agent="101", inspector="120", at=5, begin=number * 1000, score=number
    )
    return msgspec.structs.replace(score, **fields)


async def test_scores_are_found_by_agent_contact_and_time_and_never_changed(records: SqliteRecords) -> None:
    tenant = records.for_tenant(1)
    rows = [_score(1), _score(1, at=6, score=90), _score(2, agent="102"), _score(3)]
    assert await tenant.apply([rows[1], rows[0], *rows[2:]], 1)
    assert await tenant.scores(ScoreQuery()) == [rows[3], rows[2], rows[0], rows[1]]
    assert await tenant.scores(ScoreQuery(agent="102")) == [rows[2]]
    assert await tenant.scores(ScoreQuery(callid="1-1")) == rows[:2]
    assert await tenant.scores(ScoreQuery(since=2000, until=3000)) == [rows[2]]
    assert await tenant.scores(ScoreQuery(limit=1)) == [rows[3]]
    assert await records.for_tenant(2).scores(ScoreQuery()) == []


async def test_scores_that_a_crash_left_unwritten_are_read_from_the_journal(records: SqliteRecords) -> None:
    journal = MemoryJournal()
    epoch = await journal.claim(1, "test")
    await journal.append(1, epoch, [encode_entry(ServiceFact(0, SCORES, encode_score(_score(7))))])
    projection = CdrProjection(TenantId(1), records=records.for_tenant(1), recording_path=lambda vdn, contact: "")
    await projection.catch_up(journal)
    assert await records.for_tenant(1).scores(ScoreQuery()) == [_score(7)]
