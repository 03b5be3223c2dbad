"""The speech worker's socket: frames in, a task for each request, frames out. Many clients, all independent."""

from __future__ import annotations

import asyncio
import os
import socket
import stat
from pathlib import Path

import msgspec
import structlog

from opencec.workers import speech_protocol as protocol
from opencec.workers.speech.studio import Refused, Studio

__all__ = ["SpeechServer", "listening_socket"]

log = structlog.get_logger(__name__)

_MOST_UNDER_WAY = 256
"""Requests of one client at a time; more are refused, so that no client fills the memory."""
_BACKLOG = 64


class SpeechServer:
    """Serves one listening socket until cancelled."""

    def __init__(self, studio: Studio, *, worker: str) -> None:
        self.studio = studio
        self.worker = worker

    async def serve(self, listener: socket.socket) -> None:
        """Accept clients; never returns, ends by cancellation."""
        # start_unix_server would remove the socket's path when it closes, which may be the supervisor's (Python 3.13).
        server = await asyncio.start_server(self._client, sock=listener)
        async with server:
            await server.serve_forever()

    async def _client(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        connection = _Connection(self.studio, writer)
        hello = protocol.SpeechHello(worker=self.worker, pid=os.getpid(), cache=str(self.studio.cache.directory))
        try:
            connection.send(hello)
            await connection.run(reader)
        finally:
            writer.close()


class _Connection:
    """One client: its requests by id. When it goes, what only it wanted stops."""

    def __init__(self, studio: Studio, writer: asyncio.StreamWriter) -> None:
        self._studio = studio
        self._writer = writer
        self._requests: dict[str, asyncio.Task[None]] = {}

    def send(self, message: protocol.Message) -> None:
        if not self._writer.is_closing():
            self._writer.write(protocol.encode(message))

    async def run(self, reader: asyncio.StreamReader) -> None:
        """Read frames until the client goes or sends something that is none."""
        async with asyncio.TaskGroup() as tasks:
            try:
                while True:
                    size = int.from_bytes(await reader.readexactly(4), "big")
                    if size > protocol.MAX_FRAME:
                        log.warning("speech client sent too long a frame", bytes=size)
                        break
                    self._take(protocol.decode(await reader.readexactly(size)), tasks)
                    await self._writer.drain()
            except (ConnectionError, asyncio.IncompleteReadError):
                pass
            except msgspec.DecodeError:
                log.warning("speech client sent no frame of ours")
            for task in self._requests.values():
                task.cancel()

    def _take(self, message: protocol.Message, tasks: asyncio.TaskGroup) -> None:
        match message:
            case protocol.Synthesize(id=id):
                if id in self._requests:
                    return
                if len(self._requests) >= _MOST_UNDER_WAY:
                    self.send(protocol.SynthesisFailed(id=id, error="overloaded", detail="too many of one client"))
                    return
                self._requests[id] = tasks.create_task(self._synthesize(message))
            case protocol.Cancel(id=id):
                task = self._requests.get(id)
                if task is not None:
                    task.cancel()
            case protocol.Status(id=id):
                self.send(self._report(id))
            case _:
                log.warning("speech client sent a reply", kind=type(message).__name__)

    async def _synthesize(self, request: protocol.Synthesize) -> None:
        try:
            take = await self._studio.record(request)
        except Refused as refusal:
            self.send(protocol.SynthesisFailed(id=request.id, error=refusal.code, detail=refusal.detail))
        except TimeoutError:
            self.send(protocol.SynthesisFailed(id=request.id, error="deadline"))
        else:
            self.send(
                protocol.Synthesized(
                    id=request.id,
                    path=str(take.path),
                    duration_ms=take.duration_ms,
                    engine=take.engine,
                    cached=take.is_cached,
                )
            )
        finally:
            self._requests.pop(request.id, None)

    def _report(self, id: str) -> protocol.StatusReport:
        cache = self._studio.cache
        return protocol.StatusReport(
            id=id,
            queued=self._studio.queued,
            hits=cache.hits,
            misses=cache.misses,
            cache_files=cache.files,
            cache_bytes=cache.total_bytes,
            engines={engine.name: engine.state() for engine in self._studio.engines},
        )


def listening_socket(address: str) -> socket.socket:
    """`unix:/path` (made anew, mode 0600) or `fd:N` (inherited, bound and listening).

    Raises:
        ValueError: another form.
        OSError: it cannot be had.
    """
    kind, _, rest = address.partition(":")
    if kind == "fd" and rest.isdecimal():
        inherited = socket.socket(fileno=int(rest))
        inherited.setblocking(False)
        return inherited
    if kind != "unix" or not rest:
        raise ValueError(f"{address!r} is neither unix:/path nor fd:N")
    path = Path(rest)
    if path.exists() and stat.S_ISSOCK(path.stat().st_mode):
        path.unlink()  # of a worker that was killed: a supervisor never starts two
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    before = os.umask(0o177)
    try:
        listener.bind(rest)
    finally:
        os.umask(before)
    listener.listen(_BACKLOG)
    listener.setblocking(False)
    return listener
