"""Reads the sounds of plays on a thread of its own: the audio thread never waits for a disk."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable

from opencec.workers.media import tones
from opencec.workers.media.priority import step_back
from opencec.workers.media.prompts import PromptCache
from opencec.workers.media.sound import BadSource, Sound, silence, sound_of
from opencec.workers.media.stored import StoredSound, layout_of
from opencec.workers.protocol import Play, PromptSource, SilenceSource, ToneSource

__all__ = ["Loaded", "SoundLoader"]

Loaded = Callable[[Play, tuple[Sound, ...] | BadSource], None]


class SoundLoader:
    """Plays go in, their sounds come out in the same order, through `done` on the loader's thread."""

    def __init__(self, done: Loaded) -> None:
        self._done = done
        self._cache = PromptCache()
        self._tones: dict[str, Sound] = {}
        self._jobs: queue.SimpleQueue[Callable[[], None] | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._run, name="sounds", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def load(self, command: Play) -> None:
        """Read what the command names."""
        self._jobs.put(lambda: self._load(command))

    def stop(self, timeout_s: float = 2.0) -> None:
        """End after the jobs that are queued."""
        self._jobs.put(None)
        self._thread.join(timeout_s)

    def _run(self) -> None:
        step_back()
        while (job := self._jobs.get()) is not None:
            job()

    def _load(self, command: Play) -> None:
        try:
            if not command.sources:
                raise BadSource("no sources")
            sounds = tuple(self._sound(source) for source in command.sources)
        except BadSource as error:
            self._done(command, error)
        else:
            self._done(command, sounds)

    def _file(self, path: str) -> Sound:
        held = self._cache.find(path)
        if held is not None:
            return held
        layout = layout_of(path)
        return self._cache.load(path) if layout.channels == 1 else StoredSound(path, layout, fetch=self._jobs.put)

    def _sound(self, source: PromptSource | ToneSource | SilenceSource) -> Sound:
        if isinstance(source, PromptSource):
            return self._file(source.path)
        if isinstance(source, SilenceSource):
            return silence(source.duration_ms)
        if source.name not in self._tones:
            self._tones[source.name] = sound_of(tones.call_progress(source.name))
        return self._tones[source.name]
