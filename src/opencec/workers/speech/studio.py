"""Requests to files: normalise, look into the cache, else let an engine speak; one synthesis for all who wait."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import structlog

from opencec.workers.speech.audio import duration_ms, mu_law_wav, to_telephone
from opencec.workers.speech.cache import PromptCache, cache_key
from opencec.workers.speech.engines import Engine, EngineFailed, EngineUnavailable, engines_for
from opencec.workers.speech.say_as import BadValue, language_of, normalise
from opencec.workers.speech_protocol import Synthesize

__all__ = ["Refused", "Studio", "Take"]

log = structlog.get_logger(__name__)


Code = Literal["overloaded", "bad_request", "unavailable", "engine", "disk"]


class Refused(Exception):
    """No file, with the protocol's error code."""

    def __init__(self, code: Code, detail: str = "") -> None:
        super().__init__(f"{code}: {detail}")
        self.code = code
        self.detail = detail


@dataclass(frozen=True)
class Take:
    """A file that says what was asked for."""

    path: Path
    duration_ms: int
    engine: str
    is_cached: bool


@dataclass
class _Job:
    """A synthesis under way and how many wait for it."""

    done: asyncio.Future[Take]
    waiting: int = 0
    task: asyncio.Task[None] | None = field(default=None)


class Studio:
    """The engines and the cache behind one entry, `record`. At most `parallel` syntheses at a time, `queue` waiting."""

    def __init__(
        self,
        cache: PromptCache,
        engines: tuple[Engine, ...],
        tasks: asyncio.TaskGroup,
        *,
        queue: int,
        parallel: int = 2,
    ) -> None:
        self.cache = cache
        self.engines = engines
        self._tasks = tasks
        self._queue = queue
        self._running = asyncio.Semaphore(parallel)
        self._jobs: dict[str, _Job] = {}

    @property
    def queued(self) -> int:
        """Syntheses that wait or run."""
        return len(self._jobs)

    def close(self) -> None:
        """Stop everything under way."""
        for job in list(self._jobs.values()):
            if job.task is not None:
                job.task.cancel()

    async def record(self, request: Synthesize) -> Take:
        """The file for a request.

        Raises:
            Refused: bad request, no engine, queue full, disk, engine.
            TimeoutError: the request's deadline.
        """
        language = language_of(request.language)
        if language is None:
            raise Refused("bad_request", f"no voice for language {request.language!r}")
        try:
            words = normalise(request.pieces, language)
        except BadValue as error:
            raise Refused("bad_request", str(error)) from None
        refusal = Refused("unavailable", "no engine has such a voice")
        async with asyncio.timeout(request.timeout_ms / 1000):
            for engine, voice in engines_for(self.engines, language, request.voice):
                try:
                    return await self._by(engine, voice, request.speed, words)
                except EngineUnavailable as error:
                    refusal = Refused("unavailable", str(error))
                except EngineFailed as error:
                    refusal = Refused("engine", str(error))
        raise refusal

    async def _by(self, engine: Engine, voice: str, speed: str, words: str) -> Take:
        key = cache_key(engine=engine.name, voice=voice, speed=engine.speaks_at(speed), words=words)
        found = self.cache.find(key)
        if found is not None:
            path, size = found
            return Take(path, duration_ms(size), engine.name, True)
        job = self._jobs.get(key)
        if job is None:
            if len(self._jobs) >= self._queue:
                raise Refused("overloaded", f"{len(self._jobs)} requests are waiting")
            job = _Job(asyncio.get_running_loop().create_future())
            self._jobs[key] = job
            job.task = self._tasks.create_task(
                self._work(key, job, engine=engine, voice=voice, speed=speed, words=words)
            )
        job.waiting += 1
        try:
            return await asyncio.shield(job.done)
        finally:
            job.waiting -= 1
            if job.waiting == 0 and not job.done.done() and job.task is not None:
                self._forget(key, job)  # at once: who asks for the same words now gets a job that is not ending
                job.task.cancel()

    async def _work(self, key: str, job: _Job, *, engine: Engine, voice: str, speed: str, words: str) -> None:
        """One synthesis. Its errors go to those who wait, never to the task group."""
        try:
            async with self._running:
                samples, rate = await engine.speak(words, voice=voice, speed=speed, is_wanted=lambda: job.waiting > 0)
                data = await asyncio.to_thread(lambda: mu_law_wav(to_telephone(samples, rate)))
                path = self.cache.store(key, data)
            if not job.done.done():
                job.done.set_result(Take(path, duration_ms(len(data)), engine.name, False))
        except (EngineFailed, EngineUnavailable) as error:
            self._fail(job, error)
        except OSError as error:
            self._fail(job, Refused("disk", error.strerror or str(error)))
        except Exception as error:  # a fault of ours or of a library must not end the worker
            log.exception("synthesis failed unexpectedly", engine=engine.name)
            self._fail(job, EngineFailed(f"{engine.name}: {type(error).__name__}"))
        finally:
            job.done.cancel()
            self._forget(key, job)

    def _forget(self, key: str, job: _Job) -> None:
        if self._jobs.get(key) is job:
            del self._jobs[key]

    def _fail(self, job: _Job, error: Exception) -> None:
        if not job.done.done():
            job.done.set_exception(error)
            job.done.exception()  # read once, so that nobody waiting is no complaint
