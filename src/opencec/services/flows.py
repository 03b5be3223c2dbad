"""Runs contacts through flows: the interpreter decides, the journal keeps, media and core carry out its orders."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from typing import assert_never

import msgspec
import structlog

from opencec.core.commands import EndFlow, FlowAnswer, FlowProgress, RouteContact, TransferTarget
from opencec.core.contact import ContactState
from opencec.core.effects import ResumeFlow, StartFlow, StopFlow
from opencec.core.errors import CoreError
from opencec.core.events import Event, LegChanged
from opencec.core.ids import ContactId, FlowRunId, LegId
from opencec.flow import inputs, orders
from opencec.flow.errors import FlowError
from opencec.flow.interpreter import Interpreter
from opencec.flow.nodes.menu import MenuParameters
from opencec.flow.session import Context, Step
from opencec.ports.media import Media, MediaRefused
from opencec.ports.speech import PromptRenderer, SpeechFailed
from opencec.services.agent_port import TenantOverloaded
from opencec.services.flow_facts import FlowFacts, FlowRun, PathStep, RunEnded, RunSaved
from opencec.services.lanes import Lanes
from opencec.services.tenant_runtime import TenantRuntime
from opencec.workers import protocol as media

__all__ = ["FlowRunner"]

_log = structlog.get_logger()

_PROMPT_MS = 5_000
_PATH_KEPT = 50
"""Newest choices of a caller that are kept."""
Transfer = orders.TransferToQueue | orders.TransferToAgent | orders.TransferToNumber | orders.TransferToFlow


class FlowRunner:
    """The flows of one tenant."""

    def __init__(
        self,
        runtime: TenantRuntime,
        *,
        facts: FlowFacts,
        interpreter: Interpreter,
        media_port: Media,
        renderer: PromptRenderer,
        lanes: Lanes,
        context_of: Callable[[StartFlow], Context],
        now: Callable[[], int],
    ) -> None:
        """Args:
        context_of: What the platform knows about the call that enters a flow.
        """
        self._runtime = runtime
        self._facts = facts
        self._interpreter = interpreter
        self._media = media_port
        self._renderer = renderer
        self._lanes = lanes
        self._context_of = context_of
        self._now = now
        self._by_leg: dict[str, str] = {}
        self._timers: dict[str, asyncio.TimerHandle] = {}

    # --- the core's orders ------------------------------------------------------------------------------------------

    async def start(self, effect: StartFlow) -> None:
        """A contact enters a flow. Started already (a restart): its last orders once more."""
        known = self._facts.runs.get(effect.run)
        if known is not None:
            self._by_leg[known.leg] = known.run
            await self._reissue(known.run)
            return
        before = self._facts.last_session.get(effect.contact)
        context = self._context_of(effect)
        context = msgspec.structs.replace(
            context,
            answered=effect.is_answered,
            counter=self._facts.counter(effect.contact),
            language=before.language if before is not None else context.language,
            variables={**context.variables, **(before.shared if before is not None else {})},
        )
        self._by_leg[effect.leg] = effect.run
        try:
            step = self._interpreter.start(effect.flow, context, now=self._now())
        except FlowError as error:
            _log.error("flow.not_started", contact=effect.contact, flow=effect.flow, detail=str(error))
            await self._end(effect.contact, effect.run, "error")
            return
        path = self._facts.path(effect.contact)
        await self._advance(FlowRun(effect.run, effect.contact, effect.leg, step.session, path), step)

    async def resume(self, effect: ResumeFlow) -> None:
        """A transfer that the flow ordered came to nothing."""
        run = self._facts.runs.get(effect.run)
        if run is not None:
            await self._give(run, inputs.TransferFailed(order=run.session.pending, cause=effect.cause))

    async def stop(self, effect: StopFlow) -> None:
        """The contact left the flow or ended."""
        run = self._facts.runs.get(effect.run)
        if run is None:
            return
        self._cancel_timer(run.run)
        self._by_leg.pop(run.leg, None)
        if effect.is_hangup:
            try:
                self._interpreter.resume(run.session, inputs.HungUp(), now=self._now())
            except FlowError as error:
                _log.warning("flow.hangup_failed", contact=run.contact, detail=str(error))
        # Silence first: after a crash in between, the effect comes again and still knows what to silence.
        await self._silence(run)
        self._runtime.record_nowait(self._facts.name, self._facts.take(RunEnded(run.run)))

    async def _silence(self, run: FlowRun) -> None:
        for order in run.session.orders:
            if not isinstance(order, orders.PlayAndCollect | orders.PlayPrompts | orders.Ringing):
                continue
            await self._send(media.StopPlay(id=f"stop:{order.order}", leg=run.leg, play=order.order))
            if isinstance(order, orders.PlayAndCollect):
                stop = media.StopCollect(id=f"uncollect:{order.order}", leg=run.leg, collect=order.order)
                await self._send(stop)

    # --- restart ----------------------------------------------------------------------------------------------------

    def adopt(self) -> None:
        """After a restart: issue the last orders of every run again; workers and core recognise them."""
        for run in self._facts.runs.values():
            self._by_leg[run.leg] = run.run
            self._lanes.submit(run.contact, self._reissuing(run))

    def _reissuing(self, run: FlowRun) -> Callable[[], Awaitable[None]]:
        return lambda: self._reissue(run.run)

    async def _reissue(self, run_id: str) -> None:
        """The last orders of a run once more, unless the core has taken the contact on: then it ends or resumes it."""
        run = self._facts.runs.get(run_id)
        contact = self._runtime.core.contact(ContactId(run.contact)) if run is not None else None
        if run is None or contact is None or contact.run != run.run or contact.state is not ContactState.FLOW:
            return
        leg = contact.legs.get(LegId(run.leg))
        if leg is not None and leg.state == "up" and not run.session.answered:
            # The answer is journaled, the flow's next step is not.
            await self._give(run, inputs.Answered(order=run.session.pending))
            if self._facts.runs.get(run_id) is not run:
                return
        await self._carry_out(run, run.session.orders)

    # --- inputs -----------------------------------------------------------------------------------------------------

    def on_outcome(self, seq: int, at: int, events: Sequence[Event]) -> None:
        """A leg in a flow was answered."""
        for event in events:
            if isinstance(event, LegChanged) and event.state == "up":
                if event.replaces is not None:
                    self._follow(event.replaces, event.leg)
                run = self._facts.runs.get(self._by_leg.get(event.leg, ""))
                if run is not None and not run.session.answered:
                    self._later(run, inputs.Answered(order=run.session.pending))

    def _follow(self, old: str, new: str) -> None:
        """The caller's device came back as a new leg: it hears the flow from the last order on."""
        run = self._facts.runs.get(self._by_leg.pop(old, ""))
        if run is None:
            return
        moved = msgspec.structs.replace(run, leg=new)
        self._by_leg[new] = run.run
        self._runtime.record_nowait(self._facts.name, self._facts.take(RunSaved(moved)))
        self._lanes.submit(run.contact, self._reissuing(moved))

    def on_media_event(self, event: media.Event) -> Awaitable[object] | None:
        """Ends of prompts and collections. The worker may forget the event when the flow's next step is journaled."""
        given: inputs.DigitsCollected | inputs.PlaybackEnded | None
        match event:
            case media.Collected():
                given = _digits(event)
            case media.Played():
                given = _playback(event)
            case _:
                return None
        run = self._find(event.leg)
        if run is None or given is None or given.order != run.session.pending:
            return None
        return self._later(run, given)

    def on_worker(self, hello: media.Hello) -> None:
        """What it plays and collects goes on by itself."""

    def on_lost(self, legs: frozenset[str]) -> None:
        """Legs that move to another worker hear their flow from the last order on."""
        for leg in legs:
            run = self._find(leg)
            if run is not None:
                self._lanes.submit(run.contact, self._reissuing(run))

    def _find(self, leg: str) -> FlowRun | None:
        return self._facts.runs.get(self._by_leg.get(leg, ""))

    def _later(self, run: FlowRun, given: inputs.Input) -> asyncio.Future[None]:
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()

        async def job() -> None:
            try:
                current = self._facts.runs.get(run.run)
                if current is not None:
                    await self._give(current, given)
            finally:
                if not done.done():
                    done.set_result(None)

        self._lanes.submit(run.contact, job)
        return done

    async def _give(self, run: FlowRun, given: inputs.Input) -> None:
        try:
            step = self._interpreter.resume(
                run.session, given, now=self._now(), counter=self._facts.counter(run.contact)
            )
        except FlowError as error:
            _log.error("flow.broken", contact=run.contact, flow=run.session.flow, detail=str(error))
            await self._end(run.contact, run.run, "error")
            return
        if step.session is not run.session:
            await self._advance(msgspec.structs.replace(run, session=step.session), step)

    async def _advance(self, run: FlowRun, step: Step) -> None:
        self._cancel_timer(run.run)
        if chosen := self._choices(step):
            run = msgspec.structs.replace(run, path=(*run.path, *chosen)[-_PATH_KEPT:])
        try:
            await self._runtime.keep(self._facts.name, self._facts.take(RunSaved(run)))
        except TenantOverloaded:
            await self._end(run.contact, run.run, "error")
            return
        await self._carry_out(run, step.orders)

    def _choices(self, step: Step) -> tuple[PathStep, ...]:
        """The menus that this step left by a key."""
        found: list[PathStep] = []
        for visit in step.visits:
            if not visit.keys:
                continue
            flow = self._interpreter.library.get(visit.flow, visit.version)
            parameters = flow.nodes[visit.node].parameters
            if isinstance(parameters, MenuParameters):
                texts = {row.key: row.description for row in parameters.keys}
                name = next((node.name for node in flow.document.nodes if node.id == visit.node), "")
                found.append(PathStep(name or visit.node, visit.keys, texts.get(visit.keys, "")))
        return tuple(found)

    # --- orders -----------------------------------------------------------------------------------------------------

    async def _carry_out(self, run: FlowRun, given: Sequence[orders.Order]) -> None:
        for order in given:
            match order:
                case orders.Ringing():
                    await self._ring(run, order)
                case orders.Answer():
                    await self._core(run, FlowAnswer(contact=ContactId(run.contact), run=FlowRunId(run.run)))
                case orders.PlayAndCollect():
                    await self._play_and_collect(run, order)
                case orders.PlayPrompts():
                    if not await self._play(run, order.order, order.prompts, layer=order.layer, loop=order.loop):
                        await self._failed(run, inputs.PlaybackEnded(order=order.order, reason="error"))
                case orders.EndCall():
                    await self._end(run.contact, run.run, order.cause)
                case _:
                    await self._transfer(run, order)

    async def _transfer(self, run: FlowRun, order: Transfer) -> None:
        match order:
            case orders.TransferToQueue():
                target = TransferTarget("queue", self._queue_id(order.queue))
                await self._route(run, order, target, priority=order.priority)
            case orders.TransferToAgent():
                await self._route(run, order, TransferTarget("agent", order.agent), priority=order.priority)
            case orders.TransferToNumber():
                await self._route(run, order, TransferTarget("number", order.number), caller=order.caller)
            case orders.TransferToFlow():
                await self._route(run, order, TransferTarget("flow", order.access_code))
            case _:
                assert_never(order)

    async def _ring(self, run: FlowRun, order: orders.Ringing) -> None:
        progress = FlowProgress(contact=ContactId(run.contact), run=FlowRunId(run.run), early_media=bool(order.prompts))
        await self._core(run, progress)
        if order.prompts:
            if not await self._play(run, order.order, order.prompts):
                await self._failed(run, inputs.PlaybackEnded(order=order.order, reason="error"))
        elif order.duration_ms:
            loop = asyncio.get_running_loop()
            given = inputs.Timer(order=order.order)
            self._timers[run.run] = loop.call_later(order.duration_ms / 1000, partial(self._later, run, given))

    async def _play_and_collect(self, run: FlowRun, order: orders.PlayAndCollect) -> None:
        if order.prompts and not await self._play(run, order.order, order.prompts):
            await self._failed(run, inputs.DigitsCollected(order=order.order, reason="error"))
            return
        await self._send(
            media.Collect(
                id=f"collect:{order.order}",
                leg=run.leg,
                collect=order.order,
                max_digits=order.max_digits,
                min_digits=order.min_digits,
                end_keys=order.end_keys,
                first_digit_ms=order.first_digit_ms,
                inter_digit_ms=order.inter_digit_ms,
                barge_play=order.order if order.prompts and order.barge_in else "",
                use_buffered=order.use_buffered,
            )
        )

    async def _play(
        self,
        run: FlowRun,
        order: str,
        prompts: tuple[orders.Prompt, ...],
        *,
        layer: str = "prompt",
        loop: bool = False,
    ) -> bool:
        """False when a prompt has no sound: the flow takes its error exit."""
        try:
            paths = await self._renderer.render(prompts, timeout_ms=_PROMPT_MS)
        except SpeechFailed as error:
            _log.warning("flow.no_sound", contact=run.contact, code=error.code, detail=error.detail)
            return False
        await self._send(
            media.Play(
                id=f"play:{order}",
                leg=run.leg,
                play=order,
                sources=tuple(media.PromptSource(path=path) for path in paths),
                layer="background" if layer == "background" else "prompt",
                loop=loop,
            )
        )
        return True

    async def _failed(self, run: FlowRun, given: inputs.Input) -> None:
        self._later(run, given)

    async def _route(
        self,
        run: FlowRun,
        order: Transfer,
        target: TransferTarget,
        *,
        priority: int = 0,
        caller: str = "",
    ) -> None:
        command = RouteContact(
            contact=ContactId(run.contact),
            run=FlowRunId(run.run),
            target=target,
            priority=priority,
            caller=caller,
            data=msgspec.json.encode(order.data).decode() if order.data else None,
        )
        try:
            await self._runtime.execute(command)
        except (CoreError, TenantOverloaded) as error:
            self._later(run, inputs.TransferFailed(order=order.order, cause=error.code))

    def _queue_id(self, name: str) -> str:
        """Flows name queues by name (alias) or id (ivr-flows.md 4.5, codes 3 and 8)."""
        queues = self._runtime.core.profile.queues
        return next((str(queue.id) for queue in queues if queue.name == name), name)

    async def _core(self, run: FlowRun, command: FlowAnswer | FlowProgress) -> None:
        try:
            await self._runtime.execute(command)
        except (CoreError, TenantOverloaded) as error:
            _log.info("flow.refused", contact=run.contact, command=type(command).__name__, code=error.code)

    async def _end(self, contact: str, run: str, cause: str) -> None:
        try:
            await self._runtime.execute(EndFlow(contact=ContactId(contact), run=FlowRunId(run), cause=cause))
        except (CoreError, TenantOverloaded) as error:
            _log.info("flow.refused", contact=contact, command="EndFlow", code=error.code)

    async def _send(self, command: media.Command) -> None:
        try:
            await self._media.send(command)
        except MediaRefused as error:
            # The caller hung up meanwhile or the worker died: both are told by events of their own.
            _log.info("flow.media_refused", command=type(command).__name__, code=error.code)

    def _cancel_timer(self, run: str) -> None:
        timer = self._timers.pop(run, None)
        if timer is not None:
            timer.cancel()


def _digits(event: media.Collected) -> inputs.DigitsCollected | None:
    if event.reason == "stopped" or event.reason == "closed":
        return None
    return inputs.DigitsCollected(order=event.collect, digits=event.digits, reason=event.reason, end_key=event.end_key)


def _playback(event: media.Played) -> inputs.PlaybackEnded | None:
    if event.reason in ("closed", "replaced", "barged"):
        return None
    return inputs.PlaybackEnded(order=event.play, reason="error" if event.reason == "error" else "end")
