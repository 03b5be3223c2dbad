"""What callers hear in a skill queue: music, and their position now and then. Journaled: a restart goes on with it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence

import msgspec
import structlog

from opencec.core.events import ContactEnded, Event
from opencec.core.ids import ContactId
from opencec.flow import waiting
from opencec.flow.orders import Order, PlayPrompts
from opencec.flow.waiting import WaitingTreatment
from opencec.ports.media import Media, MediaRefused
from opencec.ports.speech import PromptRenderer, SpeechFailed
from opencec.services.agent_port import TenantOverloaded
from opencec.services.flow_facts import FlowFacts, Treatment, TreatmentEnded, TreatmentSaved
from opencec.services.lanes import Lanes
from opencec.services.tenant_runtime import TenantRuntime
from opencec.workers.protocol import Play, PromptSource, StopPlay

__all__ = ["QueueTreatments"]

_log = structlog.get_logger()


class QueueTreatments:
    """The waiting callers of one tenant."""

    def __init__(
        self,
        runtime: TenantRuntime,
        *,
        facts: FlowFacts,
        media: Media,
        renderer: PromptRenderer,
        lanes: Lanes,
        treatment_of: Callable[[int], WaitingTreatment],
        language: str,
        now: Callable[[], int],
    ) -> None:
        """Args:
        treatment_of: Setting of a queue.
        language: Of callers who chose none in a flow.
        """
        self._runtime = runtime
        self._facts = facts
        self._media = media
        self._renderer = renderer
        self._lanes = lanes
        self._treatment_of = treatment_of
        self._language = language
        self._now = now
        self._timers: dict[str, asyncio.TimerHandle] = {}

    async def begin(self, contact: str, leg: str, *, queue: int) -> None:
        """The leg waits in this queue from now on; again for the same queue: the orders once more."""
        known = self._facts.treatments.get(leg)
        if known is not None and known.queue == queue:
            await self._carry_out(leg, known.session.orders)
            return
        session = self._facts.last_session.get(contact)
        counter = self._facts.counter(contact)
        step = waiting.start(
            self._treatment_of(queue),
            contact=contact,
            language=session.language if session is not None else self._language,
            counter=counter,
            position=self._position(contact),
            now=self._now(),
        )
        if await self._save(Treatment(contact, leg, queue, counter + 1, step.session)):
            await self._carry_out(leg, step.orders)
            self._set_timer(leg, step.wake_at)

    async def end(self, contact: str, leg: str) -> None:
        """The leg waits no longer: silence its music and announcement."""
        self._cancel_timer(leg)
        treatment = self._facts.treatments.get(leg)
        if treatment is None:
            return
        # Silence first: after a crash in between, what is to be silenced is still known.
        numbers = {treatment.first, treatment.session.counter}
        await asyncio.gather(*(self._stop(leg, f"{contact}:{number}") for number in numbers))
        self._runtime.record_nowait(self._facts.name, self._facts.take(TreatmentEnded(leg)))

    def adopt(self) -> None:
        """After a restart: what plays goes on by itself; the last orders are issued again, timers start."""
        for leg, treatment in self._facts.treatments.items():
            self._lanes.submit(treatment.contact, self._reissuing(leg))
            self._set_timer(leg, treatment.session.wake_at)

    def _reissuing(self, leg: str) -> Callable[[], Awaitable[None]]:
        return lambda: self._reissue(leg)

    async def _reissue(self, leg: str) -> None:
        """Workers recognise orders by their ids."""
        treatment = self._facts.treatments.get(leg)
        if treatment is not None:
            await self._carry_out(leg, treatment.session.orders)

    def on_outcome(self, seq: int, at: int, events: Sequence[Event]) -> None:
        """Contacts that ended wait no longer."""
        for event in events:
            if isinstance(event, ContactEnded):
                for leg in [leg for leg, it in self._facts.treatments.items() if it.contact == event.contact]:
                    self._cancel_timer(leg)
                self._facts.forget(event.contact)

    def _position(self, contact: str) -> int:
        return self._runtime.core.queue_position(ContactId(contact)) or 1

    def _set_timer(self, leg: str, wake_at: int | None) -> None:
        self._cancel_timer(leg)
        if wake_at is not None:
            delay_s = max(0.0, (wake_at - self._now()) / 1000)
            self._timers[leg] = asyncio.get_running_loop().call_later(delay_s, self._wake, leg)

    def _cancel_timer(self, leg: str) -> None:
        timer = self._timers.pop(leg, None)
        if timer is not None:
            timer.cancel()

    def _wake(self, leg: str) -> None:
        treatment = self._facts.treatments.get(leg)
        if treatment is not None:
            self._lanes.submit(treatment.contact, self._announcing(leg))

    def _announcing(self, leg: str) -> Callable[[], Awaitable[None]]:
        return lambda: self._announce(leg)

    async def _announce(self, leg: str) -> None:
        treatment = self._facts.treatments.get(leg)
        if treatment is None:
            return
        step = waiting.resume(treatment.session, position=self._position(treatment.contact), now=self._now())
        if step.orders and await self._save(msgspec.structs.replace(treatment, session=step.session)):
            await self._carry_out(leg, step.orders)
        self._set_timer(leg, step.wake_at)

    async def _save(self, treatment: Treatment) -> bool:
        try:
            await self._runtime.keep(self._facts.name, self._facts.take(TreatmentSaved(treatment)))
        except TenantOverloaded:
            return False
        return True

    async def _carry_out(self, leg: str, orders: Sequence[Order]) -> None:
        """All at once: music need not wait for a sentence that is still being spoken, and one write takes both."""
        await asyncio.gather(*(self._play(leg, order) for order in orders if isinstance(order, PlayPrompts)))

    async def _play(self, leg: str, order: PlayPrompts) -> None:
        try:
            paths = await self._renderer.render(order.prompts)
        except SpeechFailed as error:
            _log.warning("waiting.no_sound", leg=leg, code=error.code, detail=error.detail)
            return
        play = Play(
            id=f"play:{order.order}",
            leg=leg,
            play=order.order,
            sources=tuple(PromptSource(path=path) for path in paths),
            layer=order.layer,
            loop=order.loop,
        )
        try:
            await self._media.send(play)
        except MediaRefused as error:
            _log.info("waiting.refused", leg=leg, code=error.code)

    async def _stop(self, leg: str, play: str) -> None:
        try:
            await self._media.send(StopPlay(id=f"stop:{play}", leg=leg, play=play))
        except MediaRefused:
            return
