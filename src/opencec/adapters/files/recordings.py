"""Where recordings lie: `<data>/recordings/<vdn>/<yyyymmdd>/<callid>.wav`, and what is really there."""

from __future__ import annotations

import os
import re
import time
from collections.abc import Container, Iterator
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path

from opencec.ports.records import film_of

__all__ = ["RecordingFiles", "recording_path", "video_of"]

_UNSAFE = re.compile(r"[^A-Za-z0-9._-]")


def recording_path(*, vdn: int, callid: str, begin_ms: int, part: int = 1) -> str:
    """Path of a recording below the recordings folder.

    Args:
        vdn: Tenant.
        callid: Id of the contact; characters that a file name must not have become `_`.
        begin_ms: Start of the recording, milliseconds UTC; the day is that of UTC, so a path never depends on settings.
        part: 2 and up for further recordings of the same contact (`<callid>-2.wav`).
    """
    day = datetime.fromtimestamp(begin_ms / 1000, UTC).strftime("%Y%m%d")
    name = _UNSAFE.sub("_", callid).lstrip(".") or "_"
    return f"{vdn}/{day}/{name}{'' if part == 1 else f'-{part}'}.wav"


def video_of(path: str) -> str:
    """What the relay writes of a call with pictures, beside its sound (`<callid>.wav`)."""
    return path.removesuffix(".wav") + ".video"


class RecordingFiles:
    """The folder of recordings.

    Args:
        root: `<data>/recordings`.
    """

    def __init__(self, root: Path) -> None:
        self.root = root
        self._prepared: tuple[str | None, Path] = (None, root)

    def absolute(self, path: str) -> Path:
        """The file of a path below the folder.

        Raises:
            ValueError: the path leads out of the folder.
        """
        found = (self.root / path).resolve()
        if not found.is_relative_to(self._real_root):
            raise ValueError(f"not a recording: {path!r}")
        return found

    @cached_property
    def _real_root(self) -> Path:
        return self.root.resolve()

    def prepare(self, path: str) -> Path:
        """The file, with its folder made. Every call asks for it, so the folder of the day is remembered.

        A disk that refuses the folder refuses the file, too: the worker that writes it tells what becomes of it.

        Raises:
            ValueError: the path leads out of the folder.
        """
        folder, _, name = path.rpartition("/")
        if folder == self._prepared[0] and name not in ("", ".", "..") and os.path.isdir(self._prepared[1]):
            return self._prepared[1] / name
        found = self.absolute(path)
        try:
            found.parent.mkdir(parents=True, exist_ok=True)
        except OSError:
            return found
        self._prepared = (folder, found.parent)
        return found

    def size(self, path: str) -> int | None:
        """Bytes, None when there is no such finished file."""
        found = self.absolute(path)
        return found.stat().st_size if found.is_file() else None

    def parts(self) -> Iterator[str]:
        """Paths of recordings that are not finished: `.wav.part` files, without that ending."""
        for found in sorted(self.root.glob("*/*/*.wav.part")):
            yield str(found.relative_to(self.root)).removesuffix(".part")

    def unfilmed(self, days: Container[str] | None = None) -> Iterator[str]:
        """Paths of recordings whose pictures wait to become a film.

        Args:
            days: Look only into the folders of these (`yyyymmdd`); None: into all.
        """
        for folder in sorted(self.root.glob("*/*")):
            if days is not None and folder.name not in days:
                continue
            try:
                names = {entry.name.removesuffix(".part") for entry in os.scandir(folder)}
            except (FileNotFoundError, NotADirectoryError):  # removed meanwhile, or none of ours
                continue
            for name in sorted(names):
                if name.endswith(".video"):
                    yield str(folder.relative_to(self.root) / (name.removesuffix(".video") + ".wav"))

    def awaits_film(self, path: str) -> bool:
        """Whether pictures of a recording lie here that are no film yet."""
        video = self.absolute(video_of(path))
        return video.exists() or video.with_name(video.name + ".part").exists()

    def is_abandoned(self, path: str, *, after_s: float) -> bool:
        """True when a recording's `.part` was not touched for so long and no process of ours has it open."""
        part = self.absolute(path + ".part")
        try:
            about = part.stat()
        except FileNotFoundError:
            return False
        return time.time() - about.st_mtime > after_s and not _is_open_somewhere(about)

    def remove(self, path: str) -> None:
        """Remove a file (gone already is fine), its pictures and film, and its day's folder when that was the last."""
        found = self.absolute(path)
        found.unlink(missing_ok=True)
        for pictures in (self.absolute(video_of(path)), self.absolute(film_of(path))):
            for one in (pictures, pictures.with_name(pictures.name + ".part")):
                one.unlink(missing_ok=True)
        try:
            found.parent.rmdir()
        except OSError:
            pass


def _is_open_somewhere(about: os.stat_result) -> bool:
    """Does any process that we may look into have this file open?"""
    for folder in Path("/proc").glob("[0-9]*/fd"):
        try:
            for handle in folder.iterdir():
                found = handle.stat()
                if (found.st_dev, found.st_ino) == (about.st_dev, about.st_ino):
                    return True
        except OSError:
            continue  # not ours, or gone
    return False
