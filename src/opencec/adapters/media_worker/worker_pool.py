"""What the pools of media workers and of relays share: connections, the places of legs, who is told what."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterable
from itertools import count
from typing import ClassVar

from opencec.adapters.media_worker.connection import WorkerConnection
from opencec.adapters.media_worker.placement import Placement
from opencec.ports.media import MediaListener, MediaRefused
from opencec.workers.protocol import Event, Hello, LegFailed, Message, RecordingClosed, Stats, WorkerStatus, decode
from opencec.workers.relay_protocol import RelayMessage

__all__ = ["WorkerPool"]


class WorkerPool:
    """All workers of one kind over Unix sockets; which commands go where, the kinds say."""

    kind: ClassVar[str]
    """What a refusal calls the workers."""

    def __init__(
        self,
        workers: Iterable[tuple[str, str]],
        *,
        decode: Callable[[memoryview], Message | RelayMessage] = decode,
    ) -> None:
        """Args:
        workers: Name and socket path of each worker.
        decode: Reads a message of theirs.
        """
        self._connections = [
            WorkerConnection(
                name, path, on_hello=self._greeted, on_event=self._heard, on_gone=self._gone, decode=decode
            )
            for name, path in workers
        ]
        self._places = Placement()
        self._recording_worker: dict[str, WorkerConnection] = {}
        self._listeners: list[MediaListener] = []
        self._greetings = asyncio.Event()
        self._questions = count(time.monotonic_ns())
        """Ids of the pool's own commands: a worker answers a known id from memory, so no two processes use the same."""

    async def run(self) -> None:
        """Keep every worker connected; never returns."""
        async with asyncio.TaskGroup() as group:
            for connection in self._connections:
                group.create_task(connection.run(), name=connection.name)

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
        connection = self._places.worker_of(leg)
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

    def _idlest(self) -> WorkerConnection:
        connected = [connection for connection in self._connections if connection.is_connected]
        if not connected:
            raise MediaRefused("no_worker", f"no {self.kind} is connected")
        return min(connected, key=lambda connection: len(connection.legs))

    # --- what workers tell --------------------------------------------------------------------------------------------

    def _greeted(self, connection: WorkerConnection, hello: Hello) -> None:
        self._take_in(connection, hello)
        self._introduce(hello)

    def _take_in(self, connection: WorkerConnection, hello: Hello) -> None:
        self._lose(connection.legs - {state.leg for state in hello.legs})
        for state in hello.legs:
            self._places.put(state.leg, state.mix, connection)
        for recording in hello.recordings:
            self._recording_worker[recording.recording] = connection
        self._greetings.set()

    def _introduce(self, hello: Hello) -> None:
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
        self._lose(set(connection.legs))

    def _forget(self, leg: str) -> None:
        self._places.take(leg)

    def _lose(self, legs: set[str]) -> None:
        for leg in legs:
            self._forget(leg)
        if legs:
            for listener in self._listeners:
                listener.on_lost(frozenset(legs))
