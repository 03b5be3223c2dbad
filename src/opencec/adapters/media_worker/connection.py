"""One worker's socket: commands with replies, events with acknowledgement in order, reconnecting for ever."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

import msgspec
import structlog

from opencec.adapters.media_worker.frames import Frames
from opencec.ports.media import MediaRefused
from opencec.workers.protocol import Acknowledge, Command, Event, Hello, Message, Reply, decode, encode
from opencec.workers.relay_protocol import RelayCommand, RelayMessage

__all__ = ["WorkerConnection"]

_log = structlog.get_logger()

_REPLY_TIMEOUT_S = 5.0
_RETRY_S = (0.02, 0.05, 0.1, 0.2, 0.5)
_ACK_EVERY = 64


@dataclass(slots=True)
class _Unacknowledged:
    number: int
    is_done: bool = False


@dataclass(slots=True)
class WorkerConnection:
    """Keeps one worker connected; `run` never returns."""

    name: str
    path: str
    on_hello: Callable[[WorkerConnection, Hello], None]
    on_event: Callable[[WorkerConnection, Event], Awaitable[object] | None]
    on_gone: Callable[[WorkerConnection], None]
    """Nobody listens on the socket any more: the worker's process is dead."""
    decode: Callable[[memoryview], Message | RelayMessage] = decode
    legs: set[str] = field(default_factory=set)
    is_connected: bool = False
    hello: Hello | None = None
    _transport: asyncio.Transport | None = None
    _pending: dict[str, list[asyncio.Future[Reply]]] = field(default_factory=dict)
    """Who waits for the reply to a command, by its id."""
    _deadlines: deque[tuple[float, str, asyncio.Future[Reply]]] = field(default_factory=deque)
    """The same in the order in which their time is over: it is one and the same, so one timer does for all."""
    _timer: asyncio.TimerHandle | None = None
    _unacknowledged: deque[_Unacknowledged] = field(default_factory=deque)
    _tasks: set[asyncio.Future[object]] = field(default_factory=set)
    _acknowledged: int = 0
    _sent_acknowledgement: int = 0
    _last_event: int = 0

    async def run(self) -> None:
        """Connect, serve, reconnect."""
        try:
            await self._keep_connected()
        finally:
            for task in list(self._tasks):
                task.cancel()

    async def _keep_connected(self) -> None:
        failures = 0
        while True:
            try:
                transport, frames = await asyncio.get_running_loop().create_unix_connection(
                    lambda: Frames(self._hear), self.path
                )
            except OSError:
                self.on_gone(self)
                await asyncio.sleep(_RETRY_S[min(failures, len(_RETRY_S) - 1)])
                failures += 1
                continue
            failures = 0
            self._transport = transport
            try:
                await frames.closed
                _log.warning("media.connection_lost", worker=self.name, detail="closed by the worker")
            except (OSError, msgspec.DecodeError) as error:
                _log.warning("media.connection_lost", worker=self.name, detail=repr(error))
            finally:
                self._close(transport)
            await asyncio.sleep(_RETRY_S[0])

    def _hear(self, frame: memoryview) -> None:
        message = self.decode(frame)
        if isinstance(message, Reply):
            for waiting in self._pending.pop(message.id, ()):
                if not waiting.done():
                    waiting.set_result(message)
        elif isinstance(message, Hello):
            self._greet(message)
        elif isinstance(message, Event):
            self._take_event(message)

    def _greet(self, hello: Hello) -> None:
        if self.hello is None or (self.hello.pid, self.hello.started_ms) != (hello.pid, hello.started_ms):
            self._last_event = self._acknowledged = self._sent_acknowledgement = 0
            self._unacknowledged.clear()
        self.hello = hello
        self.is_connected = True
        self.on_hello(self, hello)

    def _take_event(self, event: Event) -> None:
        if event.number <= self._last_event:
            return
        self._last_event = event.number
        entry = _Unacknowledged(event.number)
        self._unacknowledged.append(entry)
        done = self.on_event(self, event)
        if done is None:
            self._finish(entry)
        else:
            task = asyncio.ensure_future(done)
            self._tasks.add(task)
            task.add_done_callback(lambda finished: self._finish(entry, finished))

    def _finish(self, entry: _Unacknowledged, finished: asyncio.Future[object] | None = None) -> None:
        if finished is not None:
            self._tasks.discard(finished)
            if finished.cancelled():
                return
        if finished is not None and (error := finished.exception()) is not None:
            _log.info("media.event_refused", worker=self.name, detail=repr(error))
        entry.is_done = True
        while self._unacknowledged and self._unacknowledged[0].is_done:
            self._acknowledged = self._unacknowledged.popleft().number
        if not self._unacknowledged or self._acknowledged - self._sent_acknowledgement >= _ACK_EVERY:
            self._acknowledge()

    def _acknowledge(self) -> None:
        if self._transport is None or self._acknowledged <= self._sent_acknowledgement:
            return
        self._sent_acknowledgement = self._acknowledged
        self._transport.write(encode(Acknowledge(number=self._acknowledged)))

    async def send(self, command: Command | RelayCommand) -> Reply:
        """One command and its reply. Raises MediaRefused `worker_lost` or `timeout`."""
        if self._transport is None or not self.is_connected:
            raise MediaRefused("worker_lost", self.name)
        loop = asyncio.get_running_loop()
        waiting: asyncio.Future[Reply] = loop.create_future()
        others = self._pending.get(command.id)
        if others is not None:
            others.append(waiting)
        else:
            self._pending[command.id] = [waiting]
            self._transport.write(encode(command))
        self._deadlines.append((loop.time() + _REPLY_TIMEOUT_S, type(command).__name__, waiting))
        if self._timer is None:
            self._timer = loop.call_later(_REPLY_TIMEOUT_S, self._expire)
        return await waiting

    def _expire(self) -> None:
        loop = asyncio.get_running_loop()
        self._timer = None
        while self._deadlines:
            deadline, command, waiting = self._deadlines[0]
            if not waiting.done():
                if deadline > loop.time():
                    self._timer = loop.call_at(deadline, self._expire)
                    return
                waiting.set_exception(MediaRefused("timeout", f"{self.name} did not answer {command}"))
            self._deadlines.popleft()

    def _close(self, transport: asyncio.Transport) -> None:
        self.is_connected = False
        self._transport = None
        transport.close()
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        self._deadlines.clear()
        pending, self._pending = self._pending, {}
        for waiting in (waiting for waiters in pending.values() for waiting in waiters):
            if not waiting.done():
                waiting.set_exception(MediaRefused("worker_lost", self.name))
