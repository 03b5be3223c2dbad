"""The media cache: what it takes, what it refuses, who may have it, and what a crash may not leave behind."""

from __future__ import annotations

import asyncio
import io
import zipfile
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from PIL import Image

from fakes.clamd import EICAR, small_clamd
from fakes.media_files import jpeg, office, pdf, png, png_bomb
from opencec.adapters.blobs import FolderBlobs
from opencec.adapters.clamd import ClamdScan
from opencec.adapters.pictures import PillowPictures
from opencec.adapters.sqlite import Database, SqliteMediaFiles
from opencec.adapters.system import SystemClock
from opencec.ports.blobs import BlobStoreFailed
from opencec.ports.media_files import MediaFile
from opencec.services.media_cache import (
    MediaCache,
    MediaRefused,
    TenantMedia,
    agent_owner,
    clear_away,
    customer_owner,
)
from opencec.services.media_types import serving_headers

pytestmark = pytest.mark.store

CUSTOMER = customer_owner("202611226632960090", "u:1")
DAY_MS = 86_400_000


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    made = Database(tmp_path / "opencec.db")
    yield made
    await made.close()


@pytest.fixture
def blobs(tmp_path: Path) -> FolderBlobs:
    return FolderBlobs(tmp_path / "media")


@pytest.fixture
def files(database: Database) -> SqliteMediaFiles:
    return SqliteMediaFiles(database)


@pytest.fixture
def media(files: SqliteMediaFiles, blobs: FolderBlobs) -> TenantMedia:
    return MediaCache(files, blobs=blobs, pictures=PillowPictures(), clock=SystemClock()).for_tenant(1)


def _left(tmp_path: Path) -> list[Path]:
    return [path for path in (tmp_path / "media").rglob("*") if path.is_file()]


def _program() -> bytes:
    """A Java program is an archive."""
    return office("x", more="META-INF/MANIFEST.MF").replace(b"[Content_Types]", b"[Content_Typez]")


async def _refusal(media: TenantMedia, name: str, data: bytes, declared: str = "", **more: int) -> str:
    with pytest.raises(MediaRefused) as caught:
        await media.store(name, data, declared_type=declared, owner=CUSTOMER, **more)
    return caught.value.code


async def test_a_picture_comes_back_with_a_small_one(media: TenantMedia) -> None:
    data = png()
    file = await media.store("cat.png", data, declared_type="image/png", owner=CUSTOMER)
    assert (file.name, file.kind, file.type, file.size) == ("cat.png", "image", "image/png", len(data))
    assert (file.width, file.height) == (640, 480)
    again = await media.find(file.id)
    assert await media.content(again) == data
    small = Image.open(io.BytesIO(await media.content(again, thumbnail=True)))
    assert max(small.size) == 320
    assert again.thumbnail == f"image/{small.format.lower()}"


async def test_a_camera_s_turn_and_place_do_not_reach_the_small_picture(media: TenantMedia) -> None:
    file = await media.store("a.jpg", jpeg(400, 200, orientation=6), owner=CUSTOMER)
    assert (file.width, file.height) == (200, 400)
    small = Image.open(io.BytesIO(await media.content(file, thumbnail=True)))
    assert small.size[1] > small.size[0]
    assert not dict(small.getexif())


@pytest.mark.parametrize(
    ("name", "data", "declared", "found"),
    [
        ("a.pdf", pdf(), "application/pdf", "application/pdf"),
        ("a.txt", "Grüße\n".encode(), "text/plain; charset=utf-8", "text/plain"),
        ("a.txt", "你好，世界".encode("gb18030"), "text/plain", "text/plain"),
        ("a.csv", b"a;b\n1;2\n", "text/csv", "text/csv"),
        ("a.docx", office(), "", "application/vnd.openxmlformats-officedocument.wordprocessingml.document"),
        ("a.m4a", b"\0\0\0\x20ftypM4A \0\0\0\0M4A mp42isom" + bytes(40), "", "audio/mp4"),
        ("a.mp4", b"\0\0\0\x18ftypmp42\0\0\0\0mp42isom" + bytes(40), "video/mp4", "video/mp4"),
        ("a.mp3", b"ID3\x04" + bytes(60), "audio/mp3", "audio/mpeg"),
        ("a.amr", b"#!AMR\n" + bytes(40), "audio/amr", "audio/amr"),
        ("a", png(8, 8), "png", "image/png"),
        ("a", png(8, 8), "application/octet-stream", "image/png"),
    ],
)
async def test_the_content_says_what_a_file_is(
    media: TenantMedia, name: str, data: bytes, declared: str, found: str
) -> None:
    assert (await media.store(name, data, declared_type=declared, owner=CUSTOMER)).type == found


@pytest.mark.parametrize(
    ("name", "data", "declared", "code"),
    [
        ("cat.png", pdf(), "image/png", "media_type_mismatch"),
        ("cat.png", jpeg(8, 8), "", "media_type_mismatch"),
        ("cat.jpg.exe", jpeg(8, 8), "image/jpeg", "media_type_mismatch"),
        ("cat.png", b"<html><script>alert(1)</script>", "image/png", "media_type_refused"),
        ("a.txt", b"\n\n <!DOCTYPE html><p>x", "text/plain", "media_type_refused"),
        ("a.svg", b'<?xml version="1.0"?><svg onload="alert(1)"/>', "image/svg+xml", "media_type_refused"),
        ("a.txt", b"hello <ScRiPt src=//x>", "text/plain", "media_type_refused"),
        ("a.exe", b"MZ" + b"a" * 300, "application/octet-stream", "media_type_refused"),
        ("a.txt", b"MZ" + b"a" * 300, "text/plain", "media_type_refused"),
        ("a.bin", bytes(range(256)), "", "media_type_refused"),
        ("a.docx", office(more="word/vbaProject.bin"), "", "media_type_refused"),
        ("a.zip", _program(), "", "media_type_refused"),
        ("a.zip", b"PK\x03\x04" + bytes(60), "", "media_type_refused"),
        ("a.png", png()[:200], "image/png", "media_damaged"),
        ("a.png", png_bomb(), "image/png", "media_damaged"),
        ("a.txt", b"", "text/plain", "media_empty"),
    ],
)  # fmt: skip
async def test_what_is_forged_broken_or_dangerous_is_refused(
    media: TenantMedia, tmp_path: Path, name: str, data: bytes, declared: str, code: str
) -> None:
    assert await _refusal(media, name, data, declared) == code
    assert not _left(tmp_path)


async def test_a_file_that_is_two_things_is_served_as_the_one_that_was_checked(media: TenantMedia) -> None:
    gif = io.BytesIO()
    Image.new("P", (8, 8)).save(gif, "GIF", comment=b"<script>alert(1)</script>")
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as behind:
        behind.writestr("a.html", "<script>")
    file = await media.store("a.gif", gif.getvalue() + archive.getvalue(), declared_type="image/gif", owner=CUSTOMER)
    headers = dict(serving_headers(file))
    assert headers["Content-Type"] == "image/gif"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in headers["Content-Security-Policy"]
    assert b"script" not in await media.content(file, thumbnail=True)


async def test_documents_are_saved_and_never_shown_in_place(media: TenantMedia) -> None:
    file = await media.store("Rechnung „März“.pdf", pdf(), owner=CUSTOMER)
    disposition = dict(serving_headers(file))["Content-Disposition"]
    assert disposition.startswith("attachment; filename=\"Rechnung _M_rz_.pdf\"; filename*=UTF-8''")
    assert disposition.isascii()


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        ("../../etc/passwd.png", "passwd.png"),
        ("..\\..\\boot.png", "boot.png"),
        ("a\r\nSet-Cookie: x=1.png", "aSet-Cookie x=1.png"),
        ("\u202egnp.exe.png", "gnp.exe.png"),
        ("", "file.png"),
        ("....", "file.png"),
        ("a" * 500 + ".png", "a" * 120 + ".png"),
        ("photo.PNG", "photo.png"),
        ("a\ud800.png", "a.png"),
    ],
)
async def test_a_name_is_for_people_only(media: TenantMedia, tmp_path: Path, name: str, kept: str) -> None:
    file = await media.store(name, png(8, 8), owner=CUSTOMER)
    assert file.name == kept
    assert all(path.name.removesuffix(".thumbnail") == file.id for path in _left(tmp_path))


@pytest.mark.parametrize("id", ["../opencec.db", "..", "a" * 31, "A" * 32, "", "0" * 32, "\0" * 32])
async def test_an_id_that_is_none_of_ours_finds_nothing(media: TenantMedia, id: str) -> None:
    with pytest.raises(MediaRefused, match="no such file"):
        await media.find(id)


async def test_limits_hold_for_each_kind_and_each_interface(media: TenantMedia) -> None:
    media.limits["document"] = 5_000
    assert await _refusal(media, "a.txt", b"a" * 5_001) == "media_too_large"
    assert await _refusal(media, "a.png", png(), most_bytes=500) == "media_too_large"
    assert (await media.store("a.txt", b"a" * 5_000, owner=CUSTOMER)).size == 5_000


async def test_ten_megabytes_pass_and_a_stream_that_never_ends_is_not_read_on(media: TenantMedia) -> None:
    read = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal read
        while True:
            read += 1
            yield b"a" * 1_000_000

    async def ten() -> AsyncIterator[bytes]:
        for _ in range(10):
            yield b"a" * 1_000_000

    file = await media.store("a.txt", ten(), owner=CUSTOMER)
    assert file.size == 10_000_000
    with pytest.raises(MediaRefused, match="at most"):
        await media.store("a.txt", endless(), owner=CUSTOMER)
    assert read <= 22


async def test_only_the_parties_of_a_conversation_may_have_a_file(media: TenantMedia) -> None:
    file = await media.store("a.txt", b"mine", owner=customer_owner("7", "u:1"))
    assert await media.for_customer(file.id, channel="7", customer="u:1") == file
    for channel, customer in (("7", "u:2"), ("8", "u:1")):
        with pytest.raises(MediaRefused, match="no such file"):
            await media.for_customer(file.id, channel=channel, customer=customer)
    assert await media.for_agent(file.id, agent=101, serves=lambda c, u: (c, u) == ("7", "u:1")) == file
    with pytest.raises(MediaRefused, match="no such file"):
        await media.for_agent(file.id, agent=101, serves=lambda c, u: (c, u) == ("7", "u:2"))

    answer = await media.store("b.txt", b"answer", owner=agent_owner(101))
    with pytest.raises(MediaRefused, match="no such file"):
        await media.for_customer(answer.id, channel="7", customer="u:1")
    await media.share(answer.id, channel="7", customer="u:1")
    await media.share(answer.id, channel="7", customer="u:1")
    assert await media.for_customer(answer.id, channel="7", customer="u:1") == answer
    assert await media.for_agent(answer.id, agent=102, serves=lambda c, u: (c, u) == ("7", "u:1")) == answer


async def test_no_tenant_sees_another_s_files(files: SqliteMediaFiles, blobs: FolderBlobs) -> None:
    cache = MediaCache(files, blobs=blobs, pictures=PillowPictures(), clock=SystemClock())
    file = await cache.for_tenant(1).store("a.txt", b"mine", owner=CUSTOMER)
    with pytest.raises(MediaRefused, match="no such file"):
        await cache.for_tenant(2).find(file.id)


class _DyingBlobs(FolderBlobs):
    """Control is killed at the n-th write."""

    def __init__(self, root: Path, dies_at: int) -> None:
        super().__init__(root)
        self._left = dies_at

    async def put(self, name: str, data: bytes) -> None:
        if self._left == 0:
            (self._root / name).parent.mkdir(parents=True, exist_ok=True)
            (self._root / f"{name}#1").write_bytes(data[: len(data) // 2])
            raise asyncio.CancelledError
        self._left -= 1
        await super().put(name, data)


@pytest.mark.parametrize("dies_at", [0, 1, 2])
async def test_a_crash_loses_nothing_told_and_leaves_no_orphan_for_ever(
    files: SqliteMediaFiles, tmp_path: Path, dies_at: int
) -> None:
    """0: before the small picture, 1: before the file, 2: before the row is finished."""
    blobs = _DyingBlobs(tmp_path / "media", dies_at)
    media = MediaCache(files, blobs=blobs, pictures=PillowPictures(), clock=SystemClock()).for_tenant(1)
    rows = files.for_tenant(1)
    if dies_at == 2:
        await rows.begin(_begun())
        await blobs.put("1/ab/" + _begun().id, b"mine")
    else:
        with pytest.raises(asyncio.CancelledError):
            await media.store("a.png", png(), owner=CUSTOMER)
    assert _left(tmp_path)
    now = SystemClock().now()
    assert await clear_away(files, blobs, now_ms=now, keep_days=0) == 0  # it may still be under way
    assert await clear_away(files, blobs, now_ms=now + 2 * 3_600_000, keep_days=0) == 1
    assert not _left(tmp_path)
    assert await rows.find(_begun().id) is None


def _begun() -> MediaFile:
    return MediaFile(
        id="ab" * 16,
        vdn=1,
        name="a.txt",
        kind="document",
        type="text/plain",
        suffix="txt",
        size=4,
        sha256="",
        owner=CUSTOMER,
        at=SystemClock().now(),
    )


async def test_a_file_cleared_away_while_it_was_stored_is_not_told_as_kept(
    files: SqliteMediaFiles, blobs: FolderBlobs
) -> None:
    rows = files.for_tenant(1)
    await rows.begin(_begun())
    await rows.forget(_begun().id)
    assert not await rows.finish(_begun().id)


async def test_files_past_their_time_go_with_bytes_and_shares(
    files: SqliteMediaFiles, blobs: FolderBlobs, media: TenantMedia, tmp_path: Path
) -> None:
    old = await media.store("a.png", png(), owner=CUSTOMER)
    await media.share(old.id, channel="7", customer="u")
    now = SystemClock().now()
    assert await clear_away(files, blobs, now_ms=now + 89 * DAY_MS, keep_days=90) == 0
    assert await clear_away(files, blobs, now_ms=now + 3650 * DAY_MS, keep_days=0) == 0
    assert await clear_away(files, blobs, now_ms=now + 91 * DAY_MS, keep_days=90) == 1
    assert not _left(tmp_path)
    assert not await files.for_tenant(1).shared_with(old.id)
    with pytest.raises(MediaRefused, match="no such file"):
        await media.find(old.id)


class _FullDisk(FolderBlobs):
    async def put(self, name: str, data: bytes) -> None:
        raise BlobStoreFailed("no space")


async def test_a_store_that_fails_is_told_and_keeps_no_promise(files: SqliteMediaFiles, tmp_path: Path) -> None:
    media = MediaCache(
        files, blobs=_FullDisk(tmp_path / "media"), pictures=PillowPictures(), clock=SystemClock()
    ).for_tenant(1)
    assert await _refusal(media, "a.txt", b"hello") == "media_unavailable"


async def test_the_scanner_decides_and_without_a_verdict_nothing_is_kept(
    files: SqliteMediaFiles, blobs: FolderBlobs, tmp_path: Path
) -> None:
    async with small_clamd() as clamd:
        media = MediaCache(
            files,
            blobs=blobs,
            pictures=PillowPictures(),
            clock=SystemClock(),
            virus_scan=ClamdScan(clamd.address, timeout_s=5),
        ).for_tenant(1)
        clean = await media.store("a.txt", b"hello " * 30_000, owner=CUSTOMER)
        assert clamd.scanned == [b"hello " * 30_000]
        assert await _refusal(media, "b.txt", b"x " + EICAR) == "media_infected"
        for answer in (b"", b"stream: Can't allocate memory ERROR\0", b"no end"):
            clamd.answer = answer
            assert await _refusal(media, "c.txt", b"hello") == "media_unavailable"
        clamd.answer, clamd.size_limit = None, 100
        assert await _refusal(media, "d.txt", b"hello " * 300_000) == "media_unavailable"
    assert await _refusal(media, "e.txt", b"hello") == "media_unavailable"
    assert {path.name for path in _left(tmp_path)} == {clean.id}
