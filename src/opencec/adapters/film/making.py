"""Makes the film of a call: what the relay wrote and the sound, in one Matroska file that is whole or not there.

The customer's pictures are the first track and the one that players show, the agent's the second. A party that changes
its codec in the call has a track for each, as a track has one codec.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import BinaryIO

from opencec.adapters.film.matroska import AudioTrack, MatroskaWriter, VideoTrack
from opencec.adapters.film.pictures import Setup
from opencec.adapters.film.sound import CHANNELS, RATE, SoundPiece, sound_of
from opencec.adapters.film.stream import PartyStream, TimedPicture
from opencec.workers.relay.outgoing import AUDIO_DELAY_NS
from opencec.workers.relay.video_file import CODEC, read_records

__all__ = ["FilmStopped", "make_film"]

_CODECS = {"VP8": "V_VP8", "H264": "V_MPEG4/ISO/AVC"}
_SIDES = ("Customer", "Agent")
_SOUND_TRACK = 1 + len(_SIDES) * len(_CODECS)
_ASK_EVERY = 256
"""Pictures between two questions whether to stop."""


class FilmStopped(Exception):
    """The process is to end; the film is made another time."""


def make_film(
    sources: Sequence[Path],
    target: Path,
    *,
    sound: Path,
    begin_ns: int | None,
    is_stopped: Callable[[], bool] = lambda: False,
) -> bool:
    """Make a film, in place of one that is there.

    Args:
        sources: Files of the relay, the oldest first.
        target: The film; it is `.part` until it is whole and on disk.
        sound: WAV file of the call; the film is silent when there is none.
        begin_ns: When the sound begins, nanoseconds since 1970; None: with the first picture.
        is_stopped: Asked now and then.

    Returns:
        False: there is no picture that could be shown, and no film.

    Raises:
        FilmStopped: see there.
        OSError: the disk refuses.
    """
    part = target.with_name(target.name + ".part")
    try:
        descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            film = _Film(file, sound, begin_ns)
            for count, (side, timed) in enumerate(_pictures(sources)):
                if count % _ASK_EVERY == 0 and is_stopped():
                    raise FilmStopped
                film.show(side, timed)
            has_pictures = film.close()
            file.flush()
            os.fsync(file.fileno())
        if has_pictures:
            os.rename(part, target)
            _sync_folder(target.parent)
        return has_pictures
    finally:
        part.unlink(missing_ok=True)


def _sync_folder(folder: Path) -> None:
    """The name is on disk too before the sources go."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _pictures(sources: Sequence[Path]) -> Iterator[tuple[int, TimedPicture]]:
    """Pictures of both sides, about in the order of their time."""
    streams = (PartyStream(), PartyStream())
    for source in sources:
        with source.open("rb") as file:
            for kind, at_ns, data in read_records(file):
                side = kind & ~CODEC
                if side >= len(streams):
                    continue
                stream = streams[side]
                found = (
                    stream.change_codec(data.decode("ascii", "replace")) if kind & CODEC else stream.take(data, at_ns)
                )
                for timed in found:
                    yield side, timed
    for side, stream in enumerate(streams):
        for timed in stream.drain():
            yield side, timed


class _Film:
    def __init__(self, file: BinaryIO, sound: Path, begin_ns: int | None) -> None:
        self._writer = MatroskaWriter(file)
        self._sound = sound_of(sound)
        self._piece = next(self._sound, None)
        self._has_sound = self._piece is not None
        self._begin_ns = begin_ns
        self._setups: dict[tuple[int, str], Setup] = {}
        self._end_ms = 0

    def show(self, side: int, timed: TimedPicture) -> None:
        """The next picture; the sound before it goes first."""
        setup = timed.picture.setup
        if setup is not None:
            self._setups.setdefault((side, timed.codec), setup)
        at_ns = timed.at_ns + AUDIO_DELAY_NS  # the sound was written when it was heard, after the jitter buffer
        if self._begin_ns is None:
            self._begin_ns = at_ns
        at_ms = max(0, (at_ns - self._begin_ns) // 1_000_000)
        while self._piece is not None and self._piece.begin_ms <= at_ms:
            self._play(self._piece)
        is_key = setup is not None
        self._writer.add(_track_of(side, timed.codec), at_ms, timed.picture.data, is_key=is_key, is_cue=is_key)
        self._end_ms = max(self._end_ms, at_ms)

    def close(self) -> bool:
        """The rest of the sound, and the end; False when there was no picture."""
        if not self._setups or self._begin_ns is None:
            return False
        while self._piece is not None:
            self._play(self._piece)
        tracks: list[VideoTrack | AudioTrack] = []
        for (side, codec), setup in sorted(self._setups.items()):
            number = _track_of(side, codec)
            tracks.append(VideoTrack(number, _SIDES[side], _CODECS[codec], *setup, is_default=not tracks))
        if self._has_sound:
            tracks.append(AudioTrack(_SOUND_TRACK, "Left: customer, right: agent", RATE, CHANNELS))
        self._writer.close(tracks, duration_ms=self._end_ms, date_ns=self._begin_ns)
        return True

    def _play(self, piece: SoundPiece) -> None:
        self._writer.add(_SOUND_TRACK, piece.begin_ms, piece.data, is_key=True)
        self._end_ms = max(self._end_ms, piece.end_ms)
        self._piece = next(self._sound, None)


def _track_of(side: int, codec: str) -> int:
    return 1 + side * len(_CODECS) + list(_CODECS).index(codec)
