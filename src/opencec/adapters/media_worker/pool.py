"""All media workers of a node behind one port: finds the worker of a leg, spreads new contacts, tells what was lost."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Iterable
from itertools import count

from opencec.adapters.media_worker.connection import WorkerConnection
from opencec.ports.media import MediaListener, MediaRefused
from opencec.workers.protocol import (
    CloseLeg,
    ClosePort,
    Command,
    Event,
    Hello,
    LegFailed,
    Mix,
    OpenLeg,
    PauseRecord,
    Record,
    RecordingClosed,
    Recover,
    Reply,
    ResumeRecord,
    Stats,
    StopRecord,
    WorkerStatus,
)

__all__ = ["MediaPool"]


class MediaPool:
    """Implements `opencec.ports.media.Media` over Unix sockets."""

    def __init__(self, workers: Iterable[tuple[str, str]]) -> None:
        """Args:
        workers: Name and socket path of each worker.
        """
        self._connections = [
            WorkerConnection(name, path, on_hello=self._greeted, on_event=self._heard, on_gone=self._gone)
            for name, path in workers
        ]
        self._leg_worker: dict[str, WorkerConnection] = {}
        self._leg_mix: dict[str, str] = {}
        self._mix_legs: dict[str, set[str]] = {}
        self._mix_worker: dict[str, WorkerConnection] = {}
        self._recording_worker: dict[str, WorkerConnection] = {}
        self._listeners: list[MediaListener] = []
        self._greetings = asyncio.Event()
        self._questions = count(time.monotonic_ns())
        """Ids of questions: a worker answers a known id from memory, so no two processes may use the same."""

    async def run(self) -> None:
        """Keep every worker connected; never returns."""
        async with asyncio.TaskGroup() as group:
            for connection in self._connections:
                group.create_task(connection.run(), name=f"media-{connection.name}")

    def listen(self, listener: MediaListener) -> None:
        """See the port."""
        self._listeners.append(listener)

    async def wait_connected(self, timeout_s: float) -> bool:
        """Until every worker said hello, at most `timeout_s`; False when one did not."""
        try:
            async with asyncio.timeout(timeout_s):
                while not all(connection.is_connected for connection in self._connections):
                    self._greetings.clear()
                    await self._greetings.wait()
        except TimeoutError:
            return False
        return True

    def holds(self, leg: str) -> bool:
        """See the port."""
        connection = self._leg_worker.get(leg)
        return connection is not None and leg in connection.legs

    async def status(self) -> dict[str, WorkerStatus]:
        """What every worker that answers says of itself, by its name."""
        found: dict[str, WorkerStatus] = {}
        for connection in self._connections:
            try:
                reply = await connection.send(Stats(id=f"status:{connection.name}:{next(self._questions)}"))
            except MediaRefused:
                continue
            if isinstance(reply.result, WorkerStatus):
                found[connection.name] = reply.result
        return found

    async def send(self, command: Command) -> Reply:
        """See the port. A new leg that meets a worker which just died goes to another one."""
        connection = self._find(command)
        try:
            reply = await connection.send(command)
        except MediaRefused as error:
            if not isinstance(command, OpenLeg) or error.code != "worker_lost":
                raise
            connection = self._idlest()
            reply = await connection.send(command)
        if isinstance(command, CloseLeg):
            self._forget(command.leg)
        elif not reply.ok:
            raise MediaRefused(reply.error, reply.detail)
        elif isinstance(command, OpenLeg):
            self._remember(connection, command.leg, command.mix)
        elif isinstance(command, Record):
            self._recording_worker[command.recording] = connection
        return reply

    def _find(self, command: Command) -> WorkerConnection:
        connection: WorkerConnection | None
        if isinstance(command, OpenLeg):
            connection = self._leg_worker.get(command.leg) or self._mix_worker.get(command.mix) or self._idlest()
        elif isinstance(command, Mix):
            connection = self._mix_worker.get(command.mix)
        elif isinstance(command, Record):
            connection = self._recording_worker.get(command.recording) or self._leg_worker.get(command.left)
        elif isinstance(command, StopRecord | PauseRecord | ResumeRecord):
            connection = self._recording_worker.get(command.recording)
        elif isinstance(command, Recover):
            connection = self._idlest()
        elif isinstance(command, ClosePort):
            raise MediaRefused("bad_request", "draining is the supervisor's business")
        else:
            connection = self._leg_worker.get(command.leg)
        if connection is None:
            raise MediaRefused("unknown_leg", type(command).__name__)
        return connection

    def _idlest(self) -> WorkerConnection:
        connected = [connection for connection in self._connections if connection.is_connected]
        if not connected:
            raise MediaRefused("no_worker", "no media worker is connected")
        return min(connected, key=lambda connection: len(connection.legs))

    def _remember(self, connection: WorkerConnection, leg: str, mix: str) -> None:
        connection.legs.add(leg)
        self._leg_worker[leg] = connection
        self._leg_mix[leg] = mix
        self._mix_legs.setdefault(mix, set()).add(leg)
        self._mix_worker[mix] = connection

    def _forget(self, leg: str) -> None:
        connection = self._leg_worker.pop(leg, None)
        if connection is not None:
            connection.legs.discard(leg)
        mix = self._leg_mix.pop(leg, "")
        legs = self._mix_legs.get(mix, set())
        legs.discard(leg)
        if not legs:
            self._mix_legs.pop(mix, None)
            self._mix_worker.pop(mix, None)

    def _greeted(self, connection: WorkerConnection, hello: Hello) -> None:
        self._lose(connection, connection.legs - {state.leg for state in hello.legs})
        for state in hello.legs:
            self._remember(connection, state.leg, state.mix)
        for recording in hello.recordings:
            self._recording_worker[recording.recording] = connection
        self._greetings.set()
        for listener in self._listeners:
            listener.on_worker(hello)

    def _heard(self, connection: WorkerConnection, event: Event) -> Awaitable[object] | None:
        if isinstance(event, LegFailed):
            self._forget(event.leg)
        elif isinstance(event, RecordingClosed):
            self._recording_worker.pop(event.recording, None)
        waits = [wait for listener in self._listeners if (wait := listener.on_media_event(event)) is not None]
        if not waits:
            return None
        return waits[0] if len(waits) == 1 else asyncio.gather(*waits)

    def _gone(self, connection: WorkerConnection) -> None:
        """The process is dead: its legs need not wait for the next one."""
        for recording in [name for name, worker in self._recording_worker.items() if worker is connection]:
            del self._recording_worker[recording]
        self._lose(connection, set(connection.legs))

    def _lose(self, connection: WorkerConnection, legs: set[str]) -> None:
        for leg in legs:
            self._forget(leg)
        if legs:
            for listener in self._listeners:
                listener.on_lost(frozenset(legs))
