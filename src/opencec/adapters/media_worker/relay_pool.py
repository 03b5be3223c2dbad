"""All video relays of a node behind one port: the legs of a contact are at one relay, new contacts at the idlest."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Iterable
from itertools import count

from opencec.adapters.media_worker.connection import WorkerConnection
from opencec.adapters.media_worker.placement import Placement
from opencec.ports.media import MediaListener, MediaRefused
from opencec.workers.protocol import (
    CloseLeg,
    ClosePort,
    Event,
    Hello,
    LegFailed,
    RecordingClosed,
    Reply,
    Stats,
    StopRecord,
    WorkerStatus,
)
from opencec.workers.relay_protocol import Forward, OpenVideo, RecordVideo, RelayCommand, decode_relay

__all__ = ["RelayPool"]


class RelayPool:
    """Implements `opencec.ports.relay.Relays` over Unix sockets."""

    def __init__(self, workers: Iterable[tuple[str, str]]) -> None:
        """Args:
        workers: Name and socket path of each relay.
        """
        self._connections = [
            WorkerConnection(
                name,
                path,
                on_hello=self._greeted,
                on_event=self._heard,
                on_gone=self._gone,
                decode=decode_relay,
            )
            for name, path in workers
        ]
        self._places = Placement()
        self._recording_relay: dict[str, WorkerConnection] = {}
        self._listeners: list[MediaListener] = []
        self._greetings = asyncio.Event()
        self._questions = count(time.monotonic_ns())

    async def run(self) -> None:
        """Keep every relay connected; never returns."""
        async with asyncio.TaskGroup() as group:
            for connection in self._connections:
                group.create_task(connection.run(), name=f"relay-{connection.name}")

    def listen(self, listener: MediaListener) -> None:
        """See the port."""
        self._listeners.append(listener)

    async def wait_connected(self, timeout_s: float) -> bool:
        """Until every relay said hello, at most `timeout_s`; False when one did not."""
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
        """What every relay that answers says of itself, by its name."""
        found: dict[str, WorkerStatus] = {}
        for connection in self._connections:
            try:
                reply = await connection.send(Stats(id=f"status:{connection.name}:{next(self._questions)}"))
            except MediaRefused:
                continue
            if isinstance(reply.result, WorkerStatus):
                found[connection.name] = reply.result
        return found

    async def send(self, command: RelayCommand) -> Reply:
        """See the port."""
        connection = self._find(command)
        reply = await connection.send(command)
        if isinstance(command, CloseLeg):
            self._places.take(command.leg)
        elif not reply.ok:
            raise MediaRefused(reply.error, reply.detail)
        elif isinstance(command, OpenVideo):
            self._places.put(command.leg, command.mix, connection)
        elif isinstance(command, RecordVideo):
            self._recording_relay[command.recording] = connection
        return reply

    def _find(self, command: RelayCommand) -> WorkerConnection:
        places, recordings = self._places, self._recording_relay
        connection: WorkerConnection | None
        match command:
            case OpenVideo():
                connection = places.worker_of(command.leg) or places.home(command.mix) or self._idlest()
            case Forward():
                connection = places.home(command.mix)
            case RecordVideo():
                legs = (command.left, command.right)
                held = next((found for leg in legs if leg and (found := places.worker_of(leg)) is not None), None)
                connection = recordings.get(command.recording) or held
            case StopRecord():
                connection = recordings.get(command.recording)
            case ClosePort():
                raise MediaRefused("bad_request", "draining is the supervisor's business")
            case _:
                connection = places.worker_of(command.leg)
        if connection is None:
            raise MediaRefused("unknown_leg", type(command).__name__)
        return connection

    def _idlest(self) -> WorkerConnection:
        connected = [connection for connection in self._connections if connection.is_connected]
        if not connected:
            raise MediaRefused("no_worker", "no relay is connected")
        return min(connected, key=lambda connection: len(connection.legs))

    # --- what relays tell ---------------------------------------------------------------------------------------------

    def _greeted(self, connection: WorkerConnection, hello: Hello) -> None:
        self._lose(connection.legs - {state.leg for state in hello.legs})
        for state in hello.legs:
            self._places.put(state.leg, state.mix, connection)
        for recording in hello.recordings:
            self._recording_relay[recording.recording] = connection
        self._greetings.set()
        for listener in self._listeners:
            listener.on_worker(hello)

    def _heard(self, connection: WorkerConnection, event: Event) -> Awaitable[object] | None:
        if isinstance(event, LegFailed):
            self._places.take(event.leg)
        elif isinstance(event, RecordingClosed):
            self._recording_relay.pop(event.recording, None)
        waits = [wait for listener in self._listeners if (wait := listener.on_media_event(event)) is not None]
        if not waits:
            return None
        return waits[0] if len(waits) == 1 else asyncio.gather(*waits)

    def _gone(self, connection: WorkerConnection) -> None:
        """The process is dead: its legs need not wait for the next one."""
        for recording in [name for name, relay in self._recording_relay.items() if relay is connection]:
            del self._recording_relay[recording]
        self._lose(set(connection.legs))

    def _lose(self, legs: set[str]) -> None:
        for leg in legs:
            self._places.take(leg)
        if legs:
            for listener in self._listeners:
                listener.on_lost(frozenset(legs))
