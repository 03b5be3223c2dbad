"""Films: what the relay wrote of a call becomes one file that any player shows, once, whole, and after any crash."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from fakes.films import FPS, decode_levels, encode, needs_ffmpeg, payloads, probe, video_file, write_tone
from opencec.adapters.files import RecordingFiles
from opencec.adapters.sqlite import Database, SqliteRecords
from opencec.app.films import FilmMaking
from opencec.app.jobs import Housekeeping
from opencec.ports.records import RecordingRow

pytestmark = [pytest.mark.store, needs_ffmpeg]

BEGIN_MS = 1_893_542_400_000  # 2030-01-02
WAV = "1/20300102/7-1.wav"
RISING, FALLING = range(40, 200, 4), range(200, 40, -4)


@pytest.fixture
def files(tmp_path: Path) -> RecordingFiles:
    return RecordingFiles(tmp_path / "recordings")


@pytest.fixture
async def records(tmp_path: Path) -> AsyncIterator[SqliteRecords]:
    made = SqliteRecords(Database(tmp_path / "opencec.db"))
    yield made
    await made.close()


@pytest.fixture
def films(records: SqliteRecords, files: RecordingFiles) -> FilmMaking:
    return FilmMaking(records=records, files=files, is_stopped=lambda: False)


def _row(**fields: object) -> RecordingRow:
    values = {"recording": "7-1", "callid": "7-1", "vdn": 1, "path": WAV, "begin": BEGIN_MS, "state": "closed"}
    return RecordingRow(**(values | fields))  # type: ignore[arg-type]


def _mixed(customer: str, agent: str) -> bytes:
    """Both parties; the agent's pictures begin a second after the sound."""
    return video_file(customer, encode(customer, RISING), side=0, begin_ns=BEGIN_MS * 1_000_000) + video_file(
        agent, encode(agent, FALLING), side=1, begin_ns=BEGIN_MS * 1_000_000 + 1_000_000_000
    )


def _near(found: list[tuple[float, int]], levels: range, *, begin_s: float) -> None:
    assert len(found) == len(levels)
    for number, ((at_s, level), wanted) in enumerate(zip(found, levels, strict=True)):
        assert abs(level - wanted) <= 3
        assert at_s == pytest.approx(begin_s + 0.045 + number / FPS, abs=0.003)


def _lay(files: RecordingFiles, data: bytes, *, ending: str = "", age_s: float = 0) -> Path:
    wav = files.prepare(WAV)
    write_tone(wav, seconds=3)
    video = wav.with_name("7-1.video" + ending)
    video.write_bytes(data)
    os.utime(video, (video.stat().st_mtime - age_s,) * 2)
    return video


@pytest.mark.parametrize(("customer", "agent"), [("VP8", "VP8"), ("H264", "H264"), ("VP8", "H264")])
async def test_a_film_shows_both_parties_in_time_with_the_sound(
    films: FilmMaking, records: SqliteRecords, files: RecordingFiles, customer: str, agent: str
) -> None:
    await records.for_tenant(1).apply([_row()], 1)
    video = _lay(files, _mixed(customer, agent))
    assert await films.make(now_ms=BEGIN_MS, is_deep=False) == 1
    film = files.absolute("1/20300102/7-1.mkv")
    assert not video.exists()
    found = probe(film)
    kinds = [(one["codec_name"], one["tags"]["title"], one["disposition"]["default"]) for one in found["streams"]]
    names = {"VP8": "vp8", "H264": "h264"}
    assert kinds == [
        (names[customer], "Customer", 1),
        (names[agent], "Agent", 0),
        ("pcm_s16le", "Left: customer, right: agent", 1),
    ]
    assert [(one["width"], one["height"]) for one in found["streams"][:2]] == [(64, 48)] * 2
    assert float(found["format"]["duration"]) == pytest.approx(3.0, abs=0.001)
    assert found["format"]["tags"]["creation_time"].startswith("2030-01-02T00:00:00")
    _near(decode_levels(film, 0), RISING, begin_s=0)
    _near(decode_levels(film, 1), FALLING, begin_s=1)
    sound = _pcm(film)
    assert len(sound) == 3 * 8000 * 4
    assert sound[0:2] != b"\0\0"
    assert set(sound[2::4] + sound[3::4]) == {0}  # nobody spoke on the right
    assert await films.make(now_ms=BEGIN_MS, is_deep=True) == 0


def _picture_at(film: Path, at_s: str) -> bytes:
    command = ["ffmpeg", "-v", "error", "-ss", at_s, "-i", str(film), "-map", "0:v", "-frames:v", "1"]
    done = subprocess.run([*command, "-f", "rawvideo", "-"], capture_output=True, check=True, timeout=60)
    assert not done.stderr
    return done.stdout


def _pcm(film: Path) -> bytes:
    command = ["ffmpeg", "-v", "error", "-i", str(film), "-map", "0:a", "-f", "s16le", "-"]
    return subprocess.run(command, capture_output=True, check=True, timeout=60).stdout


async def test_who_jumps_into_the_film_lands_at_a_key_frame(
    films: FilmMaking, records: SqliteRecords, files: RecordingFiles
) -> None:
    await records.for_tenant(1).apply([_row()], 1)
    levels = [100] * 250 + [180] * 50
    data = video_file("VP8", encode("VP8", levels, key_every=50), side=0, begin_ns=BEGIN_MS * 1_000_000)
    _lay(files, data)
    assert await films.make(now_ms=BEGIN_MS, is_deep=False) == 1
    assert abs(_picture_at(files.absolute("1/20300102/7-1.mkv"), "10.5")[0] - 180) <= 3


@pytest.mark.parametrize("codec", ["VP8", "H264"])
async def test_after_a_loss_the_film_goes_on_with_the_next_key_frame(
    films: FilmMaking, records: SqliteRecords, files: RecordingFiles, codec: str
) -> None:
    await records.for_tenant(1).apply([_row()], 1)
    pictures = encode(codec, RISING, key_every=10)
    lost = sum(len(payloads(codec, one)) for one in pictures[:13])  # the first packet of picture 13
    begin_ns = BEGIN_MS * 1_000_000
    _lay(files, video_file(codec, pictures, side=0, begin_ns=begin_ns, lost=frozenset({lost})))
    assert await films.make(now_ms=BEGIN_MS, is_deep=False) == 1
    found = decode_levels(files.absolute("1/20300102/7-1.mkv"), 0)
    wanted = [level for number, level in enumerate(RISING) if not 13 <= number < 20]
    assert [level for _, level in found] == pytest.approx(wanted, abs=3)


async def test_what_a_killed_relay_left_becomes_a_film_too(
    films: FilmMaking, records: SqliteRecords, files: RecordingFiles
) -> None:
    await records.for_tenant(1).apply([_row()], 1)
    part = _lay(files, _mixed("VP8", "VP8")[:-30], ending=".part", age_s=5)
    assert await films.make(now_ms=BEGIN_MS, is_deep=True) == 0  # another relay may go on with it
    os.utime(part, (part.stat().st_mtime - 60,) * 2)
    assert await films.make(now_ms=BEGIN_MS, is_deep=True) == 1
    assert not part.exists()
    assert len(decode_levels(files.absolute("1/20300102/7-1.mkv"), 1)) == len(FALLING) - 1


async def test_a_call_that_is_still_recorded_has_no_film_yet(
    films: FilmMaking, records: SqliteRecords, files: RecordingFiles
) -> None:
    tenant = records.for_tenant(1)
    await tenant.apply([_row(state="recording")], 1)
    video = _lay(files, _mixed("VP8", "VP8"))
    assert await films.make(now_ms=BEGIN_MS, is_deep=True) == 0
    wav = files.absolute(WAV)
    wav.rename(wav.with_name("7-1.wav.part"))
    await tenant.apply([_row()], 2)
    assert await films.make(now_ms=BEGIN_MS, is_deep=True) == 0
    wav.with_name("7-1.wav.part").rename(wav)
    assert video.exists()
    assert await films.make(now_ms=BEGIN_MS, is_deep=True) == 1


async def test_a_crash_before_the_end_makes_the_same_film_again(
    films: FilmMaking, records: SqliteRecords, files: RecordingFiles
) -> None:
    await records.for_tenant(1).apply([_row()], 1)
    data = _mixed("VP8", "VP8")
    video = _lay(files, data)
    film = video.with_name("7-1.mkv")
    video.with_name("7-1.mkv.part").write_bytes(b"half")
    assert await films.make(now_ms=BEGIN_MS, is_deep=False) == 1
    first = film.read_bytes()
    video.write_bytes(data)  # the crash came before it was removed
    assert await films.make(now_ms=BEGIN_MS, is_deep=False) == 1
    assert film.read_bytes() == first
    assert sorted(one.name for one in film.parent.iterdir()) == ["7-1.mkv", "7-1.wav"]


async def test_a_stop_leaves_no_half_film_and_the_work_owed(records: SqliteRecords, files: RecordingFiles) -> None:
    await records.for_tenant(1).apply([_row()], 1)
    video = _lay(files, _mixed("VP8", "VP8"))
    asked: list[int] = []

    def is_stopped() -> bool:
        asked.append(1)
        return len(asked) > 1

    films = FilmMaking(records=records, files=files, is_stopped=is_stopped)
    assert await films.make(now_ms=BEGIN_MS, is_deep=False) == 0
    assert sorted(one.name for one in video.parent.iterdir()) == ["7-1.video", "7-1.wav"]


async def test_a_film_goes_with_its_recording(films: FilmMaking, records: SqliteRecords, files: RecordingFiles) -> None:
    await records.for_tenant(1).apply([_row()], 1)
    video = _lay(files, _mixed("VP8", "VP8"))
    assert await films.make(now_ms=BEGIN_MS, is_deep=False) == 1
    housekeeping = Housekeeping(records=records, files=files, recover=lambda _: None, retention_days=1)
    assert await housekeeping.expire(now_ms=BEGIN_MS + 2 * 86_400_000) == 1
    assert not video.parent.exists()


async def test_the_command_line_names_and_gives_the_film(
    films: FilmMaking, records: SqliteRecords, files: RecordingFiles, tmp_path: Path
) -> None:
    await records.for_tenant(1).apply([_row()], 1)
    _lay(files, _mixed("VP8", "VP8"))
    target = tmp_path / "call.mkv"
    early = _opencec(tmp_path, "recordings", "get", "7-1", str(target))
    assert early.returncode != 0
    assert "still being made" in early.stderr
    assert await films.make(now_ms=BEGIN_MS, is_deep=False) == 1
    assert "1/20300102/7-1.mkv" in _opencec(tmp_path, "recordings", "list").stdout
    assert _opencec(tmp_path, "recordings", "get", "7-1", str(target)).returncode == 0
    assert target.read_bytes() == files.absolute("1/20300102/7-1.mkv").read_bytes()
    assert _opencec(tmp_path, "recordings", "get", "7-1", str(tmp_path / "call.wav")).returncode == 0
    assert (tmp_path / "call.wav").read_bytes()[:4] == b"RIFF"
    files.absolute("1/20300102/7-1.mkv").unlink()
    assert "no pictures" in _opencec(tmp_path, "recordings", "get", "7-1", str(target)).stderr


def _opencec(data_dir: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "opencec.app.cli", *arguments]
    env = os.environ | {"OPENCEC_DATA_DIR": str(data_dir)}
    return subprocess.run(command, env=env, capture_output=True, text=True, check=False, timeout=60)
