"""The journal port: every adapter and the fake keep the same promises."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from fakes.journal import MemoryJournal
from opencec.adapters.sqlite import SqliteJournal
from opencec.ports.journal import Deposed, Journal, JournalClosed, JournalError, JournalOverloaded

pytestmark = pytest.mark.store


@pytest.fixture(params=["memory", "sqlite", "sqlite-full"])
async def journal(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Journal]:
    made: Journal
    if request.param == "memory":
        made = MemoryJournal()
    else:
        made = SqliteJournal(tmp_path / "journal.db", durable="full" if "full" in request.param else "process")
    yield made
    await made.close()


async def test_entries_come_back_in_order_and_without_gaps(journal: Journal) -> None:
    epoch = await journal.claim(1, "a")
    firsts = await asyncio.gather(*(journal.append(1, epoch, [b"%d" % i, b"x"]) for i in range(50)))
    assert firsts == list(range(1, 101, 2))
    read = await journal.read(1, 0)
    assert [seq for seq, _ in read] == list(range(1, 101))
    assert [body for _, body in read[::2]] == [b"%d" % i for i in range(50)]
    assert await journal.last_seq(1) == 100


async def test_reading_pages_by_sequence_number(journal: Journal) -> None:
    epoch = await journal.claim(1, "a")
    await journal.append(1, epoch, [b"%d" % i for i in range(10)])
    assert await journal.read(1, 4, 3) == [(5, b"4"), (6, b"5"), (7, b"6")]
    assert await journal.read(1, 10) == []
    assert await journal.read(2, 0) == []


async def test_tenants_have_streams_of_their_own(journal: Journal) -> None:
    one, two = await journal.claim(1, "a"), await journal.claim(2, "a")
    assert await asyncio.gather(
        journal.append(1, one, [b"1"]), journal.append(2, two, [b"2"]), journal.append(1, one, [b"3"])
    ) == [1, 1, 2]
    assert await journal.read(2, 0) == [(1, b"2")]
    assert await journal.tenants() == [1, 2]


async def test_a_newer_claim_deposes_the_older_owner(journal: Journal) -> None:
    old = await journal.claim(1, "old")
    await journal.append(1, old, [b"1"])
    new = await journal.claim(1, "new")
    assert new > old
    with pytest.raises(Deposed) as caught:
        await journal.append(1, old, [b"late"])
    assert (caught.value.epoch, caught.value.newest) == (old, new)
    assert await journal.append(1, new, [b"2"]) == 2
    assert [body for _, body in await journal.read(1, 0)] == [b"1", b"2"]


async def test_a_claim_that_waits_behind_appends_does_not_cut_them_off(journal: Journal) -> None:
    old = await journal.claim(1, "old")
    before = journal.append(1, old, [b"before"])
    claim = asyncio.ensure_future(journal.claim(1, "new"))
    await asyncio.sleep(0)
    after: asyncio.Future[int] = asyncio.ensure_future(journal.append(1, old, [b"after"]))
    assert await before == 1
    await claim
    with pytest.raises(Deposed):
        await after


async def test_appending_without_a_claim_is_refused(journal: Journal) -> None:
    with pytest.raises(Deposed):
        await journal.append(1, 1, [b"x"])


async def test_callbacks_come_in_the_order_of_appends(journal: Journal) -> None:
    epoch = await journal.claim(1, "a")
    seen: list[tuple[int, JournalError | None]] = []
    for i in range(20):
        journal.append_nowait(1, epoch, [b"%d" % i], lambda seq, error: seen.append((seq, error)))
    await journal.append(1, epoch, [b"last"])
    assert seen == [(seq, None) for seq in range(1, 21)]


async def test_an_append_of_nothing_is_a_barrier(journal: Journal) -> None:
    epoch = await journal.claim(1, "a")
    journal.append_nowait(1, epoch, [b"x"], lambda seq, error: None)
    assert await journal.append(1, epoch, []) == 2
    assert await journal.last_seq(1) == 1


async def test_the_newest_snapshot_wins(journal: Journal) -> None:
    epoch = await journal.claim(1, "a")
    await journal.append(1, epoch, [b"x"] * 5)
    assert await journal.latest_snapshot(1) is None
    await journal.save_snapshot(1, 4, b"four")
    await journal.save_snapshot(1, 2, b"two")
    snapshot = await journal.latest_snapshot(1)
    assert snapshot is not None
    assert (snapshot.seq, snapshot.blob) == (4, b"four")


async def test_trimming_keeps_what_no_snapshot_covers(journal: Journal) -> None:
    epoch = await journal.claim(1, "a")
    await journal.append(1, epoch, [b"%d" % i for i in range(10)])
    assert await journal.trim(1, 100) == 0
    await journal.save_snapshot(1, 6, b"state")
    assert await journal.trim(1, 4) == 3
    assert await journal.trim(1, 100) == 3
    assert [seq for seq, _ in await journal.read(1, 0)] == [7, 8, 9, 10]
    assert await journal.append(1, epoch, [b"x"]) == 11


async def test_a_closed_journal_refuses(journal: Journal) -> None:
    epoch = await journal.claim(1, "a")
    pending = journal.append(1, epoch, [b"x"])
    await journal.close()
    assert await pending == 1
    with pytest.raises(JournalClosed):
        journal.append(1, epoch, [b"x"])
    with pytest.raises(JournalClosed):
        await journal.read(1, 0)
    await journal.close()


async def test_a_full_inbox_refuses_at_once(journal: Journal) -> None:
    epoch = await journal.claim(1, "a")
    with pytest.raises(JournalOverloaded):
        journal.append(1, epoch, [b""] * 200_001)
    assert await journal.append(1, epoch, [b"x"]) == 1
