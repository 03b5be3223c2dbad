"""All media workers of a node behind one port: finds the worker of a leg, spreads new contacts, tells what was lost."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Coroutine, Iterable

import structlog
from msgspec import structs

from opencec.adapters.media_worker.connection import WorkerConnection
from opencec.adapters.media_worker.ties import Tie, Ties
from opencec.adapters.media_worker.worker_pool import WorkerPool
from opencec.ports.media import MediaRefused
from opencec.workers.protocol import (
    CloseLeg,
    ClosePort,
    Command,
    DigitPressed,
    Event,
    FirstPacket,
    Hello,
    LegFailed,
    MediaTimeout,
    Mix,
    OpenLeg,
    PauseRecord,
    Record,
    RecordingClosed,
    Recover,
    Reply,
    ResumeRecord,
    StopRecord,
)

__all__ = ["MediaPool"]

_log = structlog.get_logger()


class MediaPool(WorkerPool):
    """Implements `opencec.ports.media.Media`."""

    kind = "media worker"

    def __init__(self, workers: Iterable[tuple[str, str]]) -> None:
        """Args:
        workers: Name and socket path of each worker.
        """
        super().__init__(workers)
        self._recordings: dict[str, Record] = {}
        """Recordings that name a leg of another worker, as services ordered them."""
        self._ties = Ties(lambda: f"tie:{next(self._questions)}")
        self._wishes: dict[str, Mix] = {}
        """The newest order of each mix that has, or had, a leg of another worker in it."""
        self._tying = asyncio.Lock()
        self._work: asyncio.TaskGroup | None = None

    async def run(self) -> None:
        """Keep every worker connected; never returns."""
        async with asyncio.TaskGroup() as group:
            self._work = group
            await super().run()

    async def send(self, command: Command) -> Reply:
        """See the port. A new leg that meets a worker which just died goes to another one."""
        if isinstance(command, Mix):
            return await self._mix(command)
        connection = self._find(command)
        if isinstance(command, Record):
            command = self._placed(command, connection)
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
            self._places.put(command.leg, command.mix, connection)
        elif isinstance(command, Record):
            self._recording_worker[command.recording] = connection
        return reply

    def _find(self, command: Command) -> WorkerConnection:
        connection: WorkerConnection | None
        if isinstance(command, OpenLeg):
            known = self._places.worker_of(command.leg) or self._places.home(command.mix)
            connection = known or self._places.worker_of(command.near) or self._idlest()
        elif isinstance(command, Record):
            connection = self._recording_worker.get(command.recording) or self._recording_home(command)
        elif isinstance(command, StopRecord | PauseRecord | ResumeRecord):
            connection = self._recording_worker.get(command.recording)
        elif isinstance(command, Recover):
            connection = self._idlest()
        elif isinstance(command, ClosePort | Mix):
            raise MediaRefused("bad_request", "draining is the supervisor's business")
        else:
            connection = self._places.worker_of(command.leg)
        if connection is None:
            raise MediaRefused("unknown_leg", type(command).__name__)
        return connection

    # --- mixes over several workers -----------------------------------------------------------------------------------

    async def _mix(self, command: Mix) -> Reply:
        """Carry out a mix at its home, after tying in the legs that other workers hold."""
        named = {*command.gains, *(leg for row in command.gains.values() for leg in row)}
        places = {leg: worker for leg in named if (worker := self._places.worker_of(leg)) is not None}
        home = self._places.home(command.mix) or next(iter(places.values()), None)
        if home is None:
            raise MediaRefused("unknown_leg", "Mix")
        foreign = {leg: worker for leg, worker in places.items() if worker is not home}
        if not foreign and not self._ties.concerned(command.mix, named):
            return await self._mix_at(home, command, named)
        async with self._tying:
            known = self._wishes.get(command.mix)
            if known is not None and known.revision > command.revision:
                return await self._mix_at(home, command, named)  # an older one: the worker answers and ignores it
            self._wishes[command.mix] = command
            trouble = await self._tie(command.mix, foreign, home)
            reply = await self._mix_at(home, self._ties.translated(command), named - foreign.keys())
            for tie in self._ties:
                if (tie.leg in named and tie.mix != command.mix) or (tie.mix == command.mix and tie.leg not in foreign):
                    await self._ties.end(tie)
            await self._record_again(foreign.keys())
        if not self._ties.of_mix(command.mix):
            self._wishes.pop(command.mix, None)
        if trouble is not None:
            raise trouble
        return reply

    async def _tie(self, mix: str, foreign: dict[str, WorkerConnection], home: WorkerConnection) -> MediaRefused | None:
        """Make the ties that a mix needs; the last refusal. What can be joined is joined all the same."""
        trouble = None
        for leg, worker in foreign.items():
            try:
                await self._ties.make(mix, leg, near=home, far=worker)
            except MediaRefused as error:
                _log.warning("media.tie_refused", mix=mix, leg=leg, code=error.code)
                trouble = error
        return trouble

    async def _mix_at(self, home: WorkerConnection, command: Mix, named: Iterable[str]) -> Reply:
        reply = await home.send(command)
        if not reply.ok:
            raise MediaRefused(reply.error, reply.detail)
        for leg in named:
            if self._places.worker_of(leg) is home and (left := self._places.put(leg, command.mix, home)):
                self._emptied(left)
        return reply

    def _emptied(self, mix: str) -> None:
        """The last leg of a mix's own has gone: legs that others hold move together elsewhere, or are let go."""
        if mix in self._wishes or self._ties.of_mix(mix):
            self._do(self._rehome(mix))

    async def _rehome(self, mix: str) -> None:
        wish = self._wishes.get(mix)
        alive = [leg for leg in (wish.gains if wish is not None else ()) if self._places.worker_of(leg) is not None]
        is_talk = wish is not None and any(set(wish.gains[leg]) & set(alive) - {leg} for leg in alive)
        async with self._tying:
            for tie in self._ties.of_mix(mix):
                await self._ties.end(tie)
        if wish is not None and is_talk and self._places.home(mix) is None:
            await self._mix(structs.replace(wish, id=f"{wish.id}/home{next(self._questions)}"))
        else:
            self._wishes.pop(mix, None)

    async def _end(self, ties: Iterable[Tie]) -> None:
        async with self._tying:
            for tie in ties:
                await self._ties.end(tie)

    async def _retie(self, tie: Tie) -> None:
        """An end hears nothing: make the pair anew if both workers have what it joins."""
        await self._end([tie])
        home, away = self._places.home(tie.mix), self._places.worker_of(tie.leg)
        if home is None or away is None or home is away:
            return
        async with self._tying:
            if await self._tie(tie.mix, {tie.leg: away}, home) is None:
                _log.info("media.tied_again", mix=tie.mix, leg=tie.leg)

    async def _settle_ties(self) -> None:
        async with self._tying:
            for tie in self._ties:
                is_wanted = self._places.home(tie.mix) is tie.near and self._places.worker_of(tie.leg) is tie.far
                await self._ties.settle(tie, is_wanted=is_wanted)

    def _do(self, work: Coroutine[object, object, None]) -> None:
        """Have something done beside: in the pool's own tasks."""
        assert self._work is not None, "workers are heard only while the pool runs"
        self._work.create_task(self._carefully(work))

    async def _carefully(self, work: Coroutine[object, object, None]) -> None:
        try:
            await work
        except MediaRefused as error:
            _log.warning("media.tie_refused", code=error.code, detail=error.detail)

    # --- recordings ---------------------------------------------------------------------------------------------------

    def _recording_home(self, command: Record) -> WorkerConnection | None:
        """The worker that hears most of the legs, itself or through a tie."""
        legs = [leg for leg in (command.left, command.right) if leg]
        workers = [worker for leg in legs if (worker := self._places.worker_of(leg)) is not None]

        def heard(worker: WorkerConnection) -> int:
            return sum(self._places.worker_of(leg) is worker or bool(self._ties.stand_in(worker, leg)) for leg in legs)

        return max(workers, key=heard, default=None)

    def _placed(self, command: Record, worker: WorkerConnection) -> Record:
        """The recording with stand-ins for the legs that its worker does not hold."""
        legs = [leg for leg in (command.left, command.right) if leg]
        if all(self._places.worker_of(leg) in (worker, None) for leg in legs):
            self._recordings.pop(command.recording, None)
            return command
        self._recordings[command.recording] = command
        return structs.replace(
            command, left=self._heard_as(worker, command.left), right=self._heard_as(worker, command.right)
        )

    def _heard_as(self, worker: WorkerConnection, leg: str) -> str:
        return leg if self._places.worker_of(leg) is worker else self._ties.stand_in(worker, leg) or leg

    async def _record_again(self, legs: Iterable[str]) -> None:
        """Ties have been made: recordings of these legs hear them from now on."""
        wanted = set(legs)
        for command in list(self._recordings.values()):
            worker = self._recording_worker.get(command.recording)
            if worker is not None and wanted & {command.left, command.right}:
                again = structs.replace(command, id=f"tie:{next(self._questions)}", paused=None)
                await worker.send(self._placed(again, worker))

    # --- what workers tell --------------------------------------------------------------------------------------------

    def _forget(self, leg: str) -> None:
        emptied = self._places.take(leg)
        if ties := self._ties.of_leg(leg):
            self._do(self._end(ties))
        if emptied:
            self._emptied(emptied)

    def _greeted(self, connection: WorkerConnection, hello: Hello) -> None:
        hello = self._ties.adopt(connection, hello)
        self._take_in(connection, hello)
        if any(self._ties) and all(one.is_connected for one in self._connections):
            self._do(self._settle_ties())
        self._introduce(hello)

    def _heard(self, connection: WorkerConnection, event: Event) -> Awaitable[object] | None:
        if isinstance(event, FirstPacket | MediaTimeout | LegFailed | DigitPressed) and event.leg.startswith("tie/"):
            tie = self._ties.with_end(event.leg)
            if tie is not None and isinstance(event, MediaTimeout | LegFailed):
                self._do(self._retie(tie))
            return None
        if isinstance(event, RecordingClosed):
            self._recordings.pop(event.recording, None)
        return super()._heard(connection, event)

    def _gone(self, connection: WorkerConnection) -> None:
        if lost := self._ties.gone(connection):
            self._do(self._end(lost))
        super()._gone(connection)
