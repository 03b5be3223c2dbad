"""The key ring, recording paths, clock, ids and passwords."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from opencec.adapters.files import KeyRing, RecordingFiles, recording_path
from opencec.adapters.system import Argon2Passwords, SystemClock, SystemIds
from opencec.ports.secrets import SecretUnreadable

pytestmark = pytest.mark.unit


def test_a_sealed_secret_opens_for_its_purpose_only(tmp_path: Path) -> None:
    ring = KeyRing(tmp_path / "keys.json")
    sealed = ring.seal("pässword", purpose="sip")
    assert sealed.startswith("k1:")
    assert "pässword" not in sealed
    assert KeyRing(tmp_path / "keys.json").open(sealed, purpose="sip") == "pässword"
    for damaged in (sealed[:-2] + "AA", "k9:" + sealed[3:], "k1:%%%", "nonsense"):
        with pytest.raises(SecretUnreadable):
            ring.open(damaged, purpose="sip")
    with pytest.raises(SecretUnreadable):
        ring.open(sealed, purpose="trunk")


def test_older_keys_keep_opening_after_rotation(tmp_path: Path) -> None:
    ring = KeyRing(tmp_path / "keys.json")
    old = ring.seal("x", purpose="sip")
    assert ring.rotate() == "k2"
    ring = KeyRing(tmp_path / "keys.json")
    assert ring.open(old, purpose="sip") == "x"
    assert ring.needs_reseal(old)
    assert not ring.needs_reseal(ring.seal("x", purpose="sip"))


def test_the_key_file_is_private(tmp_path: Path) -> None:
    path = tmp_path / "keys.json"
    KeyRing(path)
    assert path.stat().st_mode & 0o777 == 0o600
    path.chmod(0o644)
    with pytest.raises(PermissionError, match="chmod 600"):
        KeyRing(path)
    path.chmod(0o600)
    path.write_text("{}")
    with pytest.raises(ValueError, match="not a key file"):
        KeyRing(path)


def test_recording_paths_are_by_tenant_and_utc_day() -> None:
    assert recording_path(vdn=1, callid="1760000000-12", begin_ms=0) == "1/19700101/1760000000-12.wav"
    assert recording_path(vdn=1, callid="a", begin_ms=86_399_999, part=2) == "1/19700101/a-2.wav"
    assert recording_path(vdn=1, callid="../../etc/x", begin_ms=0) == "1/19700101/_.._etc_x.wav"


def test_recording_files_stay_in_their_folder(tmp_path: Path) -> None:
    files = RecordingFiles(tmp_path / "recordings")
    with pytest.raises(ValueError, match="not a recording"):
        files.absolute("../secret")
    path = recording_path(vdn=1, callid="c", begin_ms=0)
    part = files.prepare(path).with_name("c.wav.part")
    with part.open("wb") as held:
        held.write(b"x")
        held.flush()
        assert files.size(path) is None
        assert list(files.parts()) == [path]
        assert not files.is_abandoned(path, after_s=-1), "somebody has it open"
    assert files.is_abandoned(path, after_s=-1)
    assert not files.is_abandoned(path, after_s=60)
    assert not files.is_abandoned("1/19700101/d.wav", after_s=-1)
    files.absolute(path).with_name("c.wav.part").rename(files.absolute(path))
    assert files.size(path) == 1
    files.remove(path)
    assert not (tmp_path / "recordings/1/19700101").exists()
    files.remove(path)


def test_the_clock_never_goes_back(monkeypatch: pytest.MonkeyPatch) -> None:
    here, wall = 100.0, 1_000_000_000
    monkeypatch.setattr(time, "monotonic", lambda: here)
    monkeypatch.setattr(time, "time_ns", lambda: wall * 1_000_000)
    clock = SystemClock()
    assert clock.now() == wall
    here, wall = here + 2, wall - 60_000
    seen = clock.now()
    assert seen == 1_000_002_000
    here, wall = here + 10, wall + 12_000
    assert clock.now() == seen + 5_000, "half speed until the wall clock has caught up"
    here, wall = here + 2, wall + 1_000_000
    assert clock.now() == wall
    clock.advance_to(wall + 500)
    assert clock.now() == wall + 500


def test_ids_are_unique_and_sort_by_time(monkeypatch: pytest.MonkeyPatch) -> None:
    ids = SystemIds()
    assert len({ids.new("leg") for _ in range(1000)}) == 1000
    first = ids.new("leg")
    monkeypatch.setattr(time, "time_ns", lambda: 4_000_000_000_000_000_000)
    assert first < ids.new("leg")
    assert first.startswith("leg-")
    assert len(ids.token()) == 43
    assert 0 <= ids.draw() < 1


async def test_passwords() -> None:
    passwords = Argon2Passwords(memory_kib=64, time_cost=1)
    encoded = await passwords.hash("correct-horse")
    assert encoded.startswith("$argon2id$")
    assert await passwords.verify(encoded, "correct-horse")
    assert not await passwords.verify(encoded, "wrong")
    assert not await passwords.verify("", "no account has this")
    assert not await passwords.verify("garbage", "x")


def test_a_recording_goes_with_its_pictures(tmp_path: Path) -> None:
    files = RecordingFiles(tmp_path)
    path = "1/20260101/call.wav"
    for name in (path, "1/20260101/call.video", "1/20260101/other.video"):
        files.prepare(name).write_bytes(b"x")
    files.remove(path)
    assert [found.name for found in tmp_path.rglob("*.*")] == ["other.video"]
