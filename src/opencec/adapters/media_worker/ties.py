"""Internal RTP pairs: a leg of one worker takes part in a mix of another, as if it were there.

A tie is two legs of ours that send to each other on loopback (`protocol.TiePart`). Services never see them: the pool
makes a tie when a `Mix` names a leg that another worker holds, and ends it when no mix names that leg any more, when
the leg or the mix has gone, or when either worker has died. The ends' ids derive from mix and leg, so gains that name
them hold although an end is opened anew; ids of commands are new each time, for workers answer a known id from memory.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import structlog
from msgspec import structs

from opencec.adapters.media_worker.connection import WorkerConnection
from opencec.ports.media import MediaRefused
from opencec.workers.protocol import CloseLeg, Hello, LegOpened, Mix, OpenLeg, Reply, TiePart, UpdateLeg

__all__ = ["Tie", "Ties"]

_log = structlog.get_logger()

_LOOPBACK = "127.0.0.1"
_SILENT_MS = 3_000
"""Both ends send a packet every 20 ms: an end that hears nothing for so long has lost the other one."""


@dataclass(slots=True, eq=False)
class Tie:
    """One pair: `near` holds the mix, `far` the leg."""

    mix: str
    leg: str
    near: WorkerConnection | None = None
    far: WorkerConnection | None = None

    @property
    def near_leg(self) -> str:
        """Stands for the leg in its mix."""
        return f"tie/{self.mix}/{self.leg}"

    @property
    def far_leg(self) -> str:
        """Is alone with the leg, in a mix of the same name as `near_leg`."""
        return f"{self.near_leg}/far"


class Ties:
    """The pairs between the workers of one pool. `next_id` gives ids for commands, never the same twice."""

    def __init__(self, next_id: Callable[[], str]) -> None:
        self._next_id = next_id
        self._ties: dict[tuple[str, str], Tie] = {}

    # --- what is there ------------------------------------------------------------------------------------------------

    def of_mix(self, mix: str) -> list[Tie]:
        """The ties into a mix."""
        return [tie for tie in self._ties.values() if tie.mix == mix]

    def of_leg(self, leg: str) -> list[Tie]:
        """The ties of a leg."""
        return [tie for tie in self._ties.values() if tie.leg == leg]

    def concerned(self, mix: str, legs: set[str]) -> bool:
        """Whether any tie is into this mix, or of one of these legs."""
        return any(tie.mix == mix or tie.leg in legs for tie in self._ties.values())

    def touching(self, worker: WorkerConnection) -> list[Tie]:
        """The ties with an end at a worker."""
        return [tie for tie in self._ties.values() if worker in (tie.near, tie.far)]

    def with_end(self, leg: str) -> Tie | None:
        """The tie that has this leg of ours as an end."""
        return next((tie for tie in self._ties.values() if leg in (tie.near_leg, tie.far_leg)), None)

    def __iter__(self) -> Iterator[Tie]:
        return iter(list(self._ties.values()))

    def stand_in(self, worker: WorkerConnection, leg: str) -> str:
        """The leg that says at a worker what this one says elsewhere; "" when there is none."""
        return next((tie.near_leg for tie in self.of_leg(leg) if tie.near is worker), "")

    def translated(self, command: Mix) -> Mix:
        """The mix with the near ends in place of the legs that are tied in."""
        ends = {tie.leg: tie.near_leg for tie in self.of_mix(command.mix)}
        gains = {
            ends.get(listener, listener): {ends.get(speaker, speaker): gain for speaker, gain in row.items()}
            for listener, row in command.gains.items()
        }
        return structs.replace(command, gains=gains)

    # --- making and ending --------------------------------------------------------------------------------------------

    async def make(self, mix: str, leg: str, *, near: WorkerConnection, far: WorkerConnection) -> None:
        """Put a leg of `far` into a mix of `near`; nothing when it is there.

        Raises:
            MediaRefused: a worker refuses or does not answer; nothing is left of the tie.
        """
        tie = self._ties.get((mix, leg))
        if tie is not None and (tie.near, tie.far) == (near, far):
            return
        if tie is not None:
            await self.end(tie)
        tie = self._ties[mix, leg] = Tie(mix, leg, near, far)
        try:
            away = await self._open(tie, far, "far", None)
            here = await self._open(tie, near, "near", (away.host, away.port))
            await self._aim(tie, here)
        except MediaRefused:
            await self.end(tie)
            raise

    async def _open(self, tie: Tie, worker: WorkerConnection, side: str, remote: tuple[str, int] | None) -> LegOpened:
        part = TiePart(mix=tie.mix, leg=tie.leg, side="near" if side == "near" else "far")
        command = OpenLeg(
            id=self._next_id(),
            leg=tie.near_leg if side == "near" else tie.far_leg,
            mix=tie.mix if side == "near" else tie.near_leg,
            local_host=_LOOPBACK,
            remote=remote,
            media_timeout_ms=_SILENT_MS,
            tie=part,
        )
        opened = _checked(await worker.send(command)).result
        assert isinstance(opened, LegOpened)
        return opened

    async def _aim(self, tie: Tie, near: LegOpened) -> None:
        """Let the far end send to the near one, and the leg and the far end hear each other; again: nothing."""
        assert tie.far is not None
        update = UpdateLeg(id=self._next_id(), leg=tie.far_leg, revision=1, remote=(near.host, near.port))
        _checked(await tie.far.send(update))
        gains = {tie.leg: {tie.far_leg: 1.0}, tie.far_leg: {tie.leg: 1.0}}
        _checked(await tie.far.send(Mix(id=self._next_id(), mix=tie.near_leg, revision=1, gains=gains)))

    async def end(self, tie: Tie) -> None:
        """Close both ends, as far as their workers live."""
        if self._ties.get((tie.mix, tie.leg)) is tie:
            del self._ties[tie.mix, tie.leg]
        for worker, leg in ((tie.near, tie.near_leg), (tie.far, tie.far_leg)):
            if worker is None:
                continue
            try:
                await worker.send(CloseLeg(id=self._next_id(), leg=leg))
            except MediaRefused as error:
                _log.info("media.tie_end_lost", worker=worker.name, leg=leg, code=error.code)

    # --- what workers tell --------------------------------------------------------------------------------------------

    def adopt(self, worker: WorkerConnection, hello: Hello) -> Hello:
        """Learn the ends that a worker holds, and forget those that it no longer does; the hello without them."""
        found = {(state.tie.mix, state.tie.leg, state.tie.side) for state in hello.legs if state.tie is not None}
        for tie in self.touching(worker):
            if tie.near is worker and (tie.mix, tie.leg, "near") not in found:
                tie.near = None
            if tie.far is worker and (tie.mix, tie.leg, "far") not in found:
                tie.far = None
        for mix, leg, side in found:
            tie = self._ties.setdefault((mix, leg), Tie(mix, leg))
            if side == "near":
                tie.near = worker
            else:
                tie.far = worker
        return structs.replace(hello, legs=tuple(state for state in hello.legs if state.tie is None))

    async def settle(self, tie: Tie, *, is_wanted: bool) -> None:
        """After a restart: a whole pair of a leg and a mix that exist is completed, anything else is ended."""
        if not is_wanted or tie.near is None or tie.far is None:
            await self.end(tie)
            return
        try:
            here = await self._open(tie, tie.near, "near", None)  # it exists: this asks for its address
            await self._aim(tie, here)
        except MediaRefused as error:
            _log.warning("media.tie_broken", leg=tie.leg, mix=tie.mix, code=error.code)
            await self.end(tie)

    def gone(self, worker: WorkerConnection) -> list[Tie]:
        """A worker has died: the ties that have lost an end."""
        lost = self.touching(worker)
        for tie in lost:
            tie.near = None if tie.near is worker else tie.near
            tie.far = None if tie.far is worker else tie.far
        return lost


def _checked(reply: Reply) -> Reply:
    if not reply.ok:
        raise MediaRefused(reply.error, reply.detail)
    return reply
