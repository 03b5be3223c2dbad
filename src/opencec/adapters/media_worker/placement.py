"""Which worker holds which leg, and where the mixes are at home: with the worker of their own legs."""

from __future__ import annotations

from opencec.adapters.media_worker.connection import WorkerConnection

__all__ = ["Placement"]


class Placement:
    """Legs by id, each at one worker and in one mix."""

    def __init__(self) -> None:
        self._worker: dict[str, WorkerConnection] = {}
        self._mix: dict[str, str] = {}
        self._legs: dict[str, set[str]] = {}
        self._home: dict[str, WorkerConnection] = {}

    def worker_of(self, leg: str) -> WorkerConnection | None:
        """Who holds a leg."""
        return self._worker.get(leg)

    def home(self, mix: str) -> WorkerConnection | None:
        """The worker of a mix's own legs; None when it has none."""
        return self._home.get(mix)

    def put(self, leg: str, mix: str, worker: WorkerConnection) -> str:
        """A leg is at a worker, in a mix; the mix that it left empty, "" when there is none."""
        emptied = self._leave(leg) if self._mix.get(leg) != mix else ""
        worker.legs.add(leg)
        self._worker[leg] = worker
        self._mix[leg] = mix
        self._legs.setdefault(mix, set()).add(leg)
        self._home[mix] = worker
        return emptied

    def take(self, leg: str) -> str:
        """A leg has gone; the mix that it left empty, "" when there is none."""
        worker = self._worker.pop(leg, None)
        if worker is not None:
            worker.legs.discard(leg)
        return self._leave(leg)

    def _leave(self, leg: str) -> str:
        mix = self._mix.pop(leg, "")
        legs = self._legs.get(mix)
        if legs is None:
            return ""
        legs.discard(leg)
        if legs:
            return ""
        del self._legs[mix]
        self._home.pop(mix, None)
        return mix
