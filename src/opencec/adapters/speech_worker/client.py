"""Client of the speech worker: one connection that is made again, requests that survive the worker's death."""

from __future__ import annotations

import asyncio
import itertools
import os
from dataclasses import dataclass

import msgspec
import structlog

from opencec.flow.orders import SpokenPrompt, SpokenValue
from opencec.ports.speech import SpeechFailed, Spoken
from opencec.workers import speech_protocol as protocol

__all__ = ["SpeechWorkerClient"]

log = structlog.get_logger(__name__)

_FIRST_PAUSE_S, _LONGEST_PAUSE_S = 0.05, 2.0
_GRACE_S = 0.25
"""What a deadline of ours leaves to the worker's own, which explains itself better."""


@dataclass
class _Pending:
    request: protocol.Synthesize | protocol.Status
    deadline: float
    """Of the event loop's clock."""
    reply: asyncio.Future[protocol.Message]


class SpeechWorkerClient:
    """`SpeechSynthesizer` over a Unix socket. `run` belongs into the service's task group."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._writer: asyncio.StreamWriter | None = None
        self._pending: dict[str, _Pending] = {}
        self._numbers = itertools.count(1)
        self._prefix = f"{os.getpid()}-{id(self):x}"

    @property
    def is_connected(self) -> bool:
        return self._writer is not None

    async def run(self) -> None:
        """Stay connected: connect, send again what nobody answered, read; ends by cancellation."""
        pause = _FIRST_PAUSE_S
        while True:
            try:
                reader, writer = await asyncio.open_unix_connection(self._path)
            except OSError:
                await asyncio.sleep(pause)
                pause = min(pause * 2, _LONGEST_PAUSE_S)
                continue
            try:
                await self._talk(reader, writer)
            except (ConnectionError, asyncio.IncompleteReadError, msgspec.DecodeError) as error:
                log.warning("speech worker lost", error=type(error).__name__, waiting=len(self._pending))
            finally:
                self._writer = None
                writer.close()
            pause = _FIRST_PAUSE_S
            await asyncio.sleep(pause)

    async def synthesize(self, parts: tuple[SpokenPrompt | SpokenValue, ...], *, timeout_ms: int = 5_000) -> Spoken:
        """One utterance; language, voice and speed are those of the first part. Survives a restart of the worker.

        Raises:
            SpeechFailed: at the latest after `timeout_ms` (and a quarter of a second).
        """
        if not parts:
            raise SpeechFailed("bad_request", "nothing to say")
        request = protocol.Synthesize(
            id=self._next_id(),
            pieces=tuple(_piece(part) for part in parts),
            language=parts[0].language,
            voice=parts[0].voice,
            speed=parts[0].speed,
            timeout_ms=timeout_ms,
        )
        match await self._ask(request, timeout_ms):
            case protocol.Synthesized(path=path, duration_ms=duration_ms):
                return Spoken(path=path, duration_ms=duration_ms)
            case protocol.SynthesisFailed(error=error, detail=detail):
                raise SpeechFailed(error, detail)
            case other:
                raise SpeechFailed("engine", f"unexpected {type(other).__name__}")

    async def status(self, *, timeout_ms: int = 2_000) -> protocol.StatusReport:
        """The worker's queue, cache and engines.

        Raises:
            SpeechFailed: no answer.
        """
        reply = await self._ask(protocol.Status(id=self._next_id()), timeout_ms)
        if not isinstance(reply, protocol.StatusReport):
            raise SpeechFailed("engine", f"unexpected {type(reply).__name__}")
        return reply

    # --- one connection -------------------------------------------------------------------------------------------

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        hello = await _read(reader)
        if not isinstance(hello, protocol.SpeechHello):
            raise ConnectionError("no speech worker")
        self._writer = writer
        for pending in self._pending.values():
            self._send(pending)
        while True:
            message = await _read(reader)
            if isinstance(message, protocol.Synthesized | protocol.SynthesisFailed | protocol.StatusReport):
                waiting = self._pending.get(message.id)
                if waiting is not None and not waiting.reply.done():
                    waiting.reply.set_result(message)

    def _send(self, pending: _Pending) -> None:
        if self._writer is None or self._writer.is_closing():
            return
        request = pending.request
        if isinstance(request, protocol.Synthesize):
            left_ms = int((pending.deadline - asyncio.get_running_loop().time()) * 1000)
            request = msgspec.structs.replace(request, timeout_ms=max(1, left_ms))
        self._writer.write(protocol.encode(request))

    async def _ask(self, request: protocol.Synthesize | protocol.Status, timeout_ms: int) -> protocol.Message:
        if len(protocol.encode(request)) > protocol.MAX_FRAME:
            raise SpeechFailed("bad_request", "too long")
        loop = asyncio.get_running_loop()
        pending = _Pending(request, loop.time() + timeout_ms / 1000, loop.create_future())
        self._pending[request.id] = pending
        self._send(pending)
        try:
            async with asyncio.timeout_at(pending.deadline + _GRACE_S):
                return await pending.reply
        except TimeoutError:
            code = "deadline" if self.is_connected else "unavailable"
            raise SpeechFailed(code, f"no answer within {timeout_ms} ms") from None
        finally:
            del self._pending[request.id]
            if not pending.reply.done() or pending.reply.cancelled():
                self._cancel(request.id)

    def _cancel(self, id: str) -> None:
        if self._writer is not None and not self._writer.is_closing():
            self._writer.write(protocol.encode(protocol.Cancel(id=id)))

    def _next_id(self) -> str:
        return f"{self._prefix}-{next(self._numbers)}"


async def _read(reader: asyncio.StreamReader) -> protocol.Message:
    size = int.from_bytes(await reader.readexactly(4), "big")
    if size > protocol.MAX_FRAME:
        raise ConnectionError("frame too long")
    return protocol.decode(await reader.readexactly(size))


def _piece(part: SpokenPrompt | SpokenValue) -> protocol.Piece:
    if isinstance(part, SpokenPrompt):
        return protocol.Text(text=part.text)
    return protocol.SayAs(kind=part.kind.value, value=part.value, currency=part.currency)
