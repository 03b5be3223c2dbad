"""One tenant's owner: feeds its core, journals what it decides, then has the effects carried out.

Commands are handled in the order of arrival, at most 64 or 1 ms of them a turn, so that one busy tenant does not hold
up another. A decision changes memory at once and is visible to people only after its commit: `execute` returns then,
observers hear of it then, effects start then.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol

import msgspec
import structlog

from opencec.core.commands import Command, Tick
from opencec.core.effects import DialNumber, Effect, RingPhone
from opencec.core.errors import CoreError, IllegalTransition, OpenCecError
from opencec.core.events import (
    ChatArrived,
    ChatDialled,
    ConferenceRequested,
    ContactArrived,
    ContactDialled,
    Event,
    PhoneCalled,
)
from opencec.core.ids import ContactId, TenantId
from opencec.core.tenant import TenantCore
from opencec.ports.clock import Clock
from opencec.ports.journal import Deposed, Journal, JournalError, JournalOverloaded
from opencec.ports.media import MediaRefused
from opencec.services.agent_port import TenantOverloaded
from opencec.services.commit_gate import CommitGate
from opencec.services.contact_serials import ContactSerials
from opencec.services.effect_words import consequence_of, contact_of
from opencec.services.journal_entries import (
    CoreOutcome,
    EffectsConfirmed,
    JournalEntry,
    ServiceFact,
    TenantSnapshot,
    decode_entry,
    encode_entry,
)
from opencec.services.lanes import Lanes
from opencec.services.metrics import Metrics

__all__ = ["EffectRunner", "Observer", "Participant", "TenantRuntime"]

_log = structlog.get_logger()

_TURN_COMMANDS = 64
_TURN_S = 0.001
_INBOX_LIMIT = 10_000
_MOST_IN_FLIGHT = 64
"""Entries of one tenant that wait for their commit: other tenants' entries share the group, and wait with them."""
_SNAPSHOT_EVERY = 20_000
_CONFIRM_BATCH = 200
_DRAIN_STEP_S = 0.001
_BEGINNINGS = (ContactArrived, ContactDialled, PhoneCalled, ConferenceRequested, ChatArrived, ChatDialled)
"""Events that bring a new contact id."""
_FIRST_RETRY_S, _LAST_RETRY_S = 0.1, 5.0


class Participant(Protocol):
    """A service whose facts live in the tenant's journal: recorded by `record`, or by `record_nowait`."""

    @property
    def name(self) -> str:
        """Key of its facts; never changes."""
        ...

    def replay(self, body: bytes) -> None:
        """Take one fact in, as when it was recorded; no effects."""
        ...

    def snapshot(self) -> bytes: ...

    def restore(self, blob: bytes) -> None: ...


class Observer(Protocol):
    """Hears every committed outcome, in order; also during replay (then nothing may be sent)."""

    def on_outcome(self, seq: int, at: int, events: Sequence[Event]) -> None: ...


EffectRunner = Callable[[Effect], Awaitable[Awaitable[None] | None]]
"""Carries out one effect, idempotent by its key. What it returns ends when the effect needs no repetition after a crash
(None: it needs none already); the lane goes on meanwhile."""


@dataclass(slots=True)
class _Waiting:
    command: Command
    done: asyncio.Future[tuple[Event, ...]]


class TenantRuntime:
    """Owner of one tenant: implements the port that elements and services use."""

    def __init__(
        self,
        tenant: TenantId,
        *,
        journal: Journal,
        clock: Clock,
        lanes: Lanes,
        serials: ContactSerials,
        gate: CommitGate | None = None,
        snapshot_every: int | None = None,
        metrics: Metrics | None = None,
    ) -> None:
        """Args:
        lanes: Effects run in the lane of their contact, one after another.
        serials: Shared by all tenants of the node: contact ids name legs in the media workers.
        gate: Told of every entry; holds back what must not leave before it is committed.
        snapshot_every: Journal entries between two snapshots; None: 20,000.
        metrics: What this process counts.
        """
        self.tenant = tenant
        self.core = TenantCore(tenant)
        self._journal = journal
        self._clock = clock
        self._epoch = 0
        self._lanes = lanes
        self._serials = serials
        self._gate = gate or CommitGate()
        self._snapshot_every = snapshot_every or _SNAPSHOT_EVERY
        self._metrics = metrics or Metrics()
        self._runner: EffectRunner | None = None
        self._participants: dict[str, Participant] = {}
        self._observers: list[Observer] = []
        self._floors: list[Callable[[], int]] = []
        self._followers: dict[str, Callable[[int, bytes], None]] = {}
        self._inbox: deque[_Waiting] = deque()
        self._wake = asyncio.Event()
        self._pending: dict[str, Effect] = {}
        self._confirmed: list[str] = []
        self._group: asyncio.TaskGroup | None = None
        self._since_snapshot = 0
        self._seq = 0
        self._failed: BaseException | None = None
        self._in_flight = 0
        """Entries queued whose commit changes somebody's memory: a snapshot waits until there are none."""
        self._is_draining = False
        self._drained = asyncio.Event()

    # --- set-up ---------------------------------------------------------------------------------------------------

    def join(self, participant: Participant) -> None:
        """Let a service keep its facts here. Before `replay`."""
        self._participants[participant.name] = participant

    def observe(self, observer: Observer) -> None:
        """Tell an observer every committed outcome. Before `replay`."""
        self._observers.append(observer)

    def follow(self, service: str, follower: Callable[[int, bytes], None]) -> None:
        """Tell a projection the number and body of each fact of a service at its commit, between the outcomes."""
        self._followers[service] = follower

    def keep_from(self, floor: Callable[[], int]) -> None:
        """Entries above `floor()` are still needed by a projection: do not trim them."""
        self._floors.append(floor)

    async def replay(self, owner: str) -> int:
        """Claim the tenant and rebuild it from snapshot and journal. Returns the number of entries read."""
        self._epoch = await self._journal.claim(self.tenant, owner)
        snapshot = await self._journal.latest_snapshot(self.tenant)
        if snapshot is not None:
            self._restore(snapshot.blob)
            self._seq = snapshot.seq
        count = 0
        while page := await self._journal.read(self.tenant, self._seq, 2000):
            for seq, data in page:
                self._replay_entry(seq, decode_entry(data))
                count += 1
            await asyncio.sleep(0)
        self._since_snapshot = count
        return count

    def _restore(self, blob: bytes) -> None:
        state = msgspec.msgpack.decode(blob, type=TenantSnapshot)
        self._clock.advance_to(state.at)
        self.core.restore(state.core)
        self._pending = {effect.key: effect for effect in state.pending}
        self._serials.skip(state.next_contact)
        for name, body in state.services.items():
            if participant := self._participants.get(name):
                participant.restore(body)

    def _replay_entry(self, seq: int, entry: JournalEntry) -> None:
        self._seq = seq
        match entry:
            case CoreOutcome():
                self._clock.advance_to(entry.at)
                for event in entry.events:
                    self.core.apply(event)
                    if isinstance(event, _BEGINNINGS):
                        self._serials.seen(event.contact)
                for effect in entry.effects:
                    self._pending[effect.key] = effect
                self._announce(seq, entry)
            case ServiceFact():
                self._clock.advance_to(entry.at)
                if participant := self._participants.get(entry.service):
                    participant.replay(entry.body)
            case EffectsConfirmed():
                for key in entry.keys:
                    self._pending.pop(key, None)

    def _announce(self, seq: int, outcome: CoreOutcome) -> None:
        for observer in self._observers:
            observer.on_outcome(seq, outcome.at, outcome.events)

    # --- use --------------------------------------------------------------------------------------------------------

    async def execute(self, command: Command) -> tuple[Event, ...]:
        """Have the core handle a command; returns its events when they are committed.

        Raises:
            CoreError: refused, nothing has changed.
            TenantOverloaded: try again later.
        """
        return await self.submit(command)

    def submit(self, command: Command) -> asyncio.Future[tuple[Event, ...]]:
        """As `execute`, queued at once; the future may be dropped (its error is then logged by nobody but counted)."""
        if self._failed is not None or len(self._inbox) >= _INBOX_LIMIT:
            raise TenantOverloaded()
        done: asyncio.Future[tuple[Event, ...]] = asyncio.get_running_loop().create_future()
        done.add_done_callback(_consume)
        self._inbox.append(_Waiting(command, done))
        self._wake.set()
        return done

    def waiting_commands(self) -> int:
        """Commands in the inbox."""
        return len(self._inbox)

    def live_calls(self) -> int:
        """Contacts that have not ended."""
        return self.core.live_count

    async def report(self, command: Command) -> None:
        """Have the core hear a fact from outside, however long that takes; returns after its commit.

        A refusal means that it came too late and changes nothing.
        """
        while True:
            try:
                await self.execute(command)
            except TenantOverloaded:
                await asyncio.sleep(_FIRST_RETRY_S)
            except OpenCecError:
                return
            else:
                return

    def owes(self, leg: str) -> bool:
        """True while a leg is ordered and not yet made: its effect is not confirmed."""
        return any(isinstance(effect, RingPhone | DialNumber) and effect.leg == leg for effect in self.unconfirmed())

    def unconfirmed(self) -> Iterable[Effect]:
        """Effects that a restart would carry out again."""
        return self._pending.values()

    async def record(self, service: str, body: bytes, *, committed: Callable[[], None]) -> None:
        """Journal a fact of a service; `committed` takes it into memory at its commit. See `TenantPort.record`."""
        while self._is_draining:
            await self._drained.wait()
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()

        def settled(seq: int, error: JournalError | None) -> None:
            self._in_flight -= 1
            if self._in_flight == _MOST_IN_FLIGHT // 2:
                self._wake.set()
            if error is not None:
                self._fail(error)
                if not done.done():
                    done.set_exception(TenantOverloaded())
                return
            self._count(1, seq)
            committed()
            if not done.done():
                done.set_result(None)

        try:
            self._append(self._fact(service, body), settled)
        except JournalError:
            raise TenantOverloaded() from None
        self._in_flight += 1
        await done

    def record_nowait(self, service: str, body: bytes, done: Callable[[], None] | None = None) -> None:
        """Journal a fact that the service's memory holds already, in order, without waiting.

        Replaying it onto a memory that holds it must change nothing. `done` is called after the commit. A journal that
        refuses leaves that memory ahead of the disk: the tenant starts over.

        Raises:
            TenantOverloaded: the journal is full or lost.
        """
        follower = self._followers.get(service)

        def committed(seq: int, error: JournalError | None) -> None:
            if error is not None:
                self._fail(error)
                return
            self._count(1, seq)
            if follower is not None:
                follower(seq, body)
            if done is not None:
                done()

        try:
            self._append(self._fact(service, body), committed)
        except JournalError as error:
            self._fail(error)
            raise TenantOverloaded() from None

    def _append(self, entry: bytes, done: Callable[[int, JournalError | None], None]) -> None:
        """Queue an entry; what leaves the process from now on waits for its commit."""
        ticket = -1

        def committed(seq: int, error: JournalError | None) -> None:
            done(seq, error)
            if error is None:
                self._gate.committed(ticket)

        self._journal.append_nowait(self.tenant, self._epoch, [entry], committed)
        ticket = self._gate.queued()

    async def keep(self, service: str, body: bytes) -> None:
        """As `record_nowait`; returns after the commit.

        Raises:
            TenantOverloaded: the journal is full or lost.
        """
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()

        def committed() -> None:
            if not done.done():
                done.set_result(None)

        self.record_nowait(service, body, committed)
        await done

    def _fact(self, service: str, body: bytes) -> bytes:
        return encode_entry(ServiceFact(self._clock.now(), service, body))

    def new_contact_id(self) -> ContactId:
        """A fresh call id, `<unix seconds>-<serial>` (cc-gateway.md 1); unique over restarts and tenants."""
        return self._serials.new(self._clock.now())

    # --- the loop ---------------------------------------------------------------------------------------------------

    async def run(self, runner: EffectRunner) -> None:
        """Serve until cancelled: re-issue what was never confirmed, then commands and deadlines.

        Raises:
            Deposed: another owner took the tenant over; this process must stop serving it.
            JournalError: the storage failed; nothing more can be promised.
        """
        self._runner = runner
        async with asyncio.TaskGroup() as group:
            self._group = group
            for effect in list(self._pending.values()):
                self._start_effect(effect)
            while True:
                await self._wait()
                if self._failed is not None:
                    raise self._failed
                self._turn()
                await asyncio.sleep(0)

    async def _wait(self) -> None:
        if self._is_draining:
            await asyncio.sleep(_DRAIN_STEP_S)
            return
        if self._in_flight >= _MOST_IN_FLIGHT:
            self._wake.clear()
            await self._wake.wait()
            return
        if self._inbox:
            return
        self._wake.clear()
        deadline = self.core.next_deadline()
        delay = None if deadline is None else max(0.0, (deadline - self._clock.now()) / 1000)
        try:
            async with asyncio.timeout(delay):
                await self._wake.wait()
        except TimeoutError:
            return  # the turn sees that a deadline is due

    def _turn(self) -> None:
        started = self._clock.monotonic()
        if self._since_snapshot >= self._snapshot_every:
            self._drain()
            return
        deadline = self.core.next_deadline()
        if deadline is not None and deadline <= self._clock.now():
            self._handle(_Waiting(Tick(), asyncio.get_running_loop().create_future()))
        for _ in range(min(_TURN_COMMANDS, len(self._inbox), _MOST_IN_FLIGHT - self._in_flight)):
            self._handle(self._inbox.popleft())
            if self._clock.monotonic() - started > _TURN_S:
                break

    def _drain(self) -> None:
        """Handle nothing until every queued entry is committed, a few milliseconds; then take a snapshot."""
        self._is_draining = self._in_flight > 0
        if self._is_draining:
            return
        self._since_snapshot = 0
        self._drained.set()
        self._drained.clear()
        if self._group is not None:
            self._group.create_task(self._save_snapshot(self._seq, self._picture()))

    def _handle(self, waiting: _Waiting) -> None:
        now = self._clock.now()
        try:
            outcome = self.core.handle(waiting.command, now=now)
        except CoreError as error:
            _settle(waiting.done, error=error)
            return
        except IllegalTransition as error:
            _log.error(
                "core.illegal_transition", tenant=self.tenant, command=type(waiting.command).__name__, detail=str(error)
            )
            _settle(waiting.done, error=error)
            return
        if not outcome.events and not outcome.effects:
            _settle(waiting.done, events=())
            return
        entry = CoreOutcome(now, outcome.events, outcome.effects)
        for effect in outcome.effects:
            self._pending[effect.key] = effect

        def committed(seq: int, error: JournalError | None) -> None:
            self._committed(seq, error, entry=entry, done=waiting.done)

        try:
            self._append(encode_entry(entry), committed)
            self._in_flight += 1
        except JournalError as error:
            # The core has decided already: a journal that refuses now leaves memory ahead of the disk. Start over.
            self._fail(error)
            _settle(waiting.done, error=TenantOverloaded())

    def _committed(
        self, seq: int, error: JournalError | None, *, entry: CoreOutcome, done: asyncio.Future[tuple[Event, ...]]
    ) -> None:
        self._in_flight -= 1
        if self._in_flight == _MOST_IN_FLIGHT // 2:
            self._wake.set()
        if error is not None:
            self._fail(error)
            _settle(done, error=TenantOverloaded())
            return
        self._count(1, seq)
        self._announce(seq, entry)
        for effect in entry.effects:
            self._start_effect(effect)
        _settle(done, events=entry.events)

    def _fail(self, error: JournalError) -> None:
        if self._failed is None:
            self._failed = error
            level = _log.warning if isinstance(error, Deposed) else _log.error
            level("journal.lost", tenant=self.tenant, code=error.code, detail=str(error))
        self._wake.set()

    def _count(self, entries: int, seq: int) -> None:
        self._seq = max(self._seq, seq + entries - 1)
        self._since_snapshot += entries

    # --- effects ----------------------------------------------------------------------------------------------------

    def _start_effect(self, effect: Effect) -> None:
        self._lanes.submit(contact_of(effect), lambda: self._run_effect(effect))

    async def _run_effect(self, effect: Effect) -> None:
        delay = _FIRST_RETRY_S
        while delay < _LAST_RETRY_S:
            assert self._runner is not None
            try:
                later = await self._runner(effect)
            except Exception as error:
                # Whatever it was, the contact must not wait for ever: it is tried again, and then told to the core.
                _log.warning(
                    "effect.failed",
                    tenant=self.tenant,
                    effect=type(effect).__name__,
                    key=effect.key,
                    exc_info=not isinstance(error, OSError | OpenCecError | MediaRefused),
                    detail=repr(error),
                )
                self._metrics.effect_retries.add(self.tenant)
                await asyncio.sleep(delay)
                delay *= 2
                continue
            if later is not None:
                asyncio.ensure_future(later).add_done_callback(lambda _: self._confirm(effect.key))
            else:
                self._confirm(effect.key)
            return
        await self._give_up(effect)

    async def _give_up(self, effect: Effect) -> None:
        self._metrics.effects_given_up.add(self.tenant)
        _log.error("effect.given_up", tenant=self.tenant, effect=type(effect).__name__, key=effect.key)
        command = consequence_of(effect)
        if command is not None:
            await self.report(command)
        self._confirm(effect.key)

    def _confirm(self, key: str) -> None:
        if self._pending.pop(key, None) is None:
            return
        self._confirmed.append(key)
        if len(self._confirmed) == 1:
            asyncio.get_running_loop().call_later(0.02, self._flush_confirmed)
        elif len(self._confirmed) >= _CONFIRM_BATCH:
            self._flush_confirmed()

    def _flush_confirmed(self) -> None:
        if not self._confirmed or self._failed is not None:
            return
        keys, self._confirmed = tuple(self._confirmed), []

        def committed(seq: int, error: JournalError | None) -> None:
            if error is not None:
                self._fail(error)
            else:
                self._count(1, seq)

        try:
            self._journal.append_nowait(self.tenant, self._epoch, [encode_entry(EffectsConfirmed(keys))], committed)
        except JournalOverloaded:
            self._confirmed[:0] = keys
            asyncio.get_running_loop().call_later(0.2, self._flush_confirmed)
        except JournalError as error:
            self._fail(error)

    # --- snapshots --------------------------------------------------------------------------------------------------

    def _picture(self) -> bytes:
        return msgspec.msgpack.encode(
            TenantSnapshot(
                at=self._clock.now(),
                core=self.core.snapshot(),
                pending=tuple(self._pending.values()),
                services={name: participant.snapshot() for name, participant in self._participants.items()},
                next_contact=self._serials.last,
            )
        )

    async def _save_snapshot(self, seq: int, blob: bytes) -> None:
        await self._journal.save_snapshot(self.tenant, seq, blob)
        await self._journal.trim(self.tenant, min((seq, *(floor() for floor in self._floors))))


def _settle(
    done: asyncio.Future[tuple[Event, ...]], *, events: tuple[Event, ...] = (), error: BaseException | None = None
) -> None:
    if done.done():
        return
    if error is not None:
        done.set_exception(error)
    else:
        done.set_result(events)


def _consume(done: asyncio.Future[tuple[Event, ...]]) -> None:
    if not done.cancelled():
        done.exception()
