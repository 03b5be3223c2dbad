"""All video relays of a node behind one port: the legs of a contact are at one relay, new contacts at the idlest."""

from __future__ import annotations

from collections.abc import Iterable

from opencec.adapters.media_worker.connection import WorkerConnection
from opencec.adapters.media_worker.worker_pool import WorkerPool
from opencec.ports.media import MediaRefused
from opencec.workers.protocol import CloseLeg, ClosePort, Reply, StopRecord
from opencec.workers.relay_protocol import Forward, OpenVideo, RecordVideo, RelayCommand, decode_relay

__all__ = ["RelayPool"]


class RelayPool(WorkerPool):
    """Implements `opencec.ports.relay.Relays`."""

    kind = "relay"

    def __init__(self, workers: Iterable[tuple[str, str]]) -> None:
        """Args:
        workers: Name and socket path of each relay.
        """
        super().__init__(workers, decode=decode_relay)

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
        elif isinstance(command, Forward):
            for leg in command.named:
                if self._places.worker_of(leg) is connection:
                    self._places.put(leg, command.mix, connection)
        elif isinstance(command, RecordVideo):
            self._recording_worker[command.recording] = connection
        return reply

    def _find(self, command: RelayCommand) -> WorkerConnection:
        places, recordings = self._places, self._recording_worker
        connection: WorkerConnection | None
        match command:
            case OpenVideo():
                known = places.worker_of(command.leg) or places.home(command.mix) or places.worker_of(command.near)
                connection = known or self._idlest()
            case Forward():
                held = (found for leg in command.named if (found := places.worker_of(leg)) is not None)
                connection = places.home(command.mix) or next(held, None)
            case RecordVideo():
                legs = (command.left, command.right)
                holder = next((found for leg in legs if leg and (found := places.worker_of(leg)) is not None), None)
                connection = recordings.get(command.recording) or holder
            case StopRecord():
                connection = recordings.get(command.recording)
            case ClosePort():
                raise MediaRefused("bad_request", "draining is the supervisor's business")
            case _:
                connection = places.worker_of(command.leg)
        if connection is None:
            raise MediaRefused("unknown_leg", type(command).__name__)
        return connection
