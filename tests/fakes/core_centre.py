"""A whole contact centre on a virtual clock: callers, phones, agents with habits, faults; from one seed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from heapq import heappop, heappush
from random import Random
from typing import Any

from fakes.checked_core import CheckedCore
from fakes.core_chat_day import ChatDay, ChatPlan, with_chats
from opencec.core import commands as c
from opencec.core.agent import AgentState
from opencec.core.config import AgentProfile, CalledRoute, Overflow, QueueProfile, SkillLevel, TenantProfile
from opencec.core.contact import ContactState
from opencec.core.effects import DialNumber, Effect, EndLeg, ResumeFlow, RingPhone, StartFlow
from opencec.core.events import (
    AgentBecameBusy,
    AgentEnteredWrapUp,
    ContactAnswered,
    ContactEnded,
    ContactLeftAgent,
    ContactOffered,
    ContactQueued,
    Event,
    OfferEnded,
    QueueOverflowed,
    TransferEnded,
    TransferStarted,
)
from opencec.core.state import RETRY_MS
from opencec.core.tenant import Outcome

_MODES: dict[str, list[Any]] = {
    "queue": ["release", "success"],
    "agent": ["release", "success", "designated"],
    "flow": ["release", "suspend"],
    "access_code": ["release", "success"],
    "number": ["release", "success", "talk", "conference"],
}
"""Modes of transfer that fit a target."""

SECOND, MINUTE, HOUR = 1_000, 60_000, 3_600_000


@dataclass(frozen=True)
class Plan:
    """What kind of day it is. Rates are per hour, chances 0-1."""

    hours: float = 2.0
    agents: int = 20
    queues: int = 3
    calls_per_hour: float = 300
    patience_s: float = 90
    talk_s: float = 120
    ignores: float = 0.03
    rejects: float = 0.03
    dead_phone: float = 0.02
    reloads: float = 0.05
    transfers: float = 0.08
    consults: float = 0.06
    holds: float = 0.1
    disconnects_per_hour: float = 60
    sign_outs_per_hour: float = 6
    call_outs_per_hour: float = 30
    restarts: int = 3
    check_every: int = 40
    chats: ChatPlan | None = None
    """Chats beside the calls."""


@dataclass
class Tally:
    """What happened."""

    commands: int = 0
    offers: Counter[int] = field(default_factory=Counter)
    answers: Counter[int] = field(default_factory=Counter)
    dispositions: Counter[str] = field(default_factory=Counter)


class Centre:
    """Runs one plan. All chance comes from the seed; the same seed gives the same day, event for event."""

    def __init__(self, seed: int, plan: Plan) -> None:
        self.random = Random(seed)
        self.plan = plan
        self.core = CheckedCore(deep=False)
        self.tally = Tally()
        self.agenda: list[tuple[int, int, Callable[[], None]]] = []
        self.serial = 0
        self.closing = self.core.now + int(plan.hours * HOUR)
        self.order = QueueOrder()
        self.numbers = range(101, 101 + plan.agents)
        self.chats = ChatDay(self, plan.chats) if plan.chats is not None else None
        self._open()

    # --- clock ----------------------------------------------------------------------------------------------------

    def later(self, seconds: float, what: Callable[[], None]) -> None:
        """Put something on the agenda."""
        self.serial += 1
        heappush(self.agenda, (self.core.now + max(1, int(seconds * SECOND)), self.serial, what))

    def run(self) -> Tally:
        """Live through the day, then let everything come to its end."""
        while self.agenda:
            self._step()
        self.core.advance(10 * HOUR)
        self.core.check()
        self.core.compare()
        assert set(self.core.ended) == self.core.begun
        if self.chats is not None:
            self.chats.close()
        return self.tally

    def _step(self) -> None:
        """The next deadline of the core, or else the next thing on the agenda."""
        due = self.core.live.next_deadline()
        if due is not None and due <= self.agenda[0][0]:
            self.core.now = max(due, self.core.now)
            self.do(c.Tick())
            return
        self.core.now, _, what = heappop(self.agenda)
        what()

    def do(self, command: c.Command) -> Outcome | None:
        """Send a command and let phones, people and networks react to what comes of it. None: it was refused."""
        self.tally.commands += 1
        outcome = self.core.try_handle(command)
        if outcome is None:
            return None
        for event in outcome.events:
            self.order.see(event)
            self._count(event)
        if self.chats is not None:
            self.chats.see(outcome)
        for effect in outcome.effects:
            self._react(effect)
        if self.tally.commands % self.plan.check_every == 0:
            self.core.check()
        return outcome

    # --- the day ----------------------------------------------------------------------------------------------------

    def _open(self) -> None:
        plan, rate = self.plan, self.random
        tenant = profile(plan)
        self.do(c.Configure(profile=with_chats(tenant) if self.chats is not None else tenant))
        for number in self.numbers:
            self.later(rate.uniform(0, 60), lambda number=number: self._sign_in(number))  # type: ignore[misc]
        self.every(plan.calls_per_hour, self._call)
        self.every(plan.sign_outs_per_hour, self._break)
        self.every(plan.call_outs_per_hour, self._call_out)
        for _ in range(plan.restarts):
            self.later(rate.uniform(0, plan.hours * 3600), self._restart)
        self.every(plan.disconnects_per_hour, self._disconnect)
        if self.chats is not None:
            self.chats.open()

    def _restart(self) -> None:
        """Control is another process: from a snapshot, or from the journal alone."""
        if self.chats is None:
            self.core.restart()
            return
        self.random.choice([self.core.restart, self.core.replay])()
        self.chats.restart()

    def every(self, per_hour: float, what: Callable[[], None]) -> None:
        """A Poisson process until closing time."""

        def again() -> None:
            if self.core.now < self.closing:
                what()
                self.later(self.random.expovariate(per_hour / 3600), again)

        if per_hour:
            self.later(self.random.expovariate(per_hour / 3600), again)

    def _sign_in(self, number: int) -> None:
        self.do(
            c.SignIn(
                agent=number,
                session=f"{number}@{self.core.now}",
                phone="",
                auto_answer=number % 3 != 0,
                auto_enter_idle=number % 2 == 0,
                release_phone=number % 4 != 0,
            )
        )
        self.do(c.ResetSkills(agent=number))

    def _break(self) -> None:
        number = self.random.choice(self.numbers)
        kind = self.random.choice(["out", "force", "busy", "rest", "takeover"])
        if kind in ("out", "force"):
            self.do(c.SignOut(agent=number, force=kind == "force", reason="logout"))
            self.later(self.random.uniform(30, 600), lambda: self._sign_in(number))
        elif kind == "busy":
            self.do(c.SayBusy(agent=number, reason=200))
            self.later(60, lambda: self._free(number))
        elif kind == "rest":
            self.do(c.Rest(agent=number, seconds=60))
            self.later(90, lambda: self._free(number))
        else:
            self.do(c.SignIn(agent=number, session=f"{number}!{self.core.now}", phone="", force=True))
            self.do(c.ResetSkills(agent=number))

    def _disconnect(self) -> None:
        """A phone loses its connection: mostly a page that is loaded again, sometimes a browser that was closed."""
        phone = f"7{self.random.choice(self.numbers)}"
        self.do(c.PhoneLost(phone=phone))
        self.later(self.random.choice([1, 2, 4, 30, 300]), lambda: self.do(c.PhoneFound(phone=phone)))

    def _free(self, number: int) -> None:
        agent = self.core.live.agent(number)
        if agent is not None and agent.state is AgentState.REST:
            self.do(c.CancelRest(agent=number))
        elif agent is not None and agent.state in (AgentState.BUSY, AgentState.WRAP_UP):
            self.do(c.SayFree(agent=number))

    def _call(self) -> None:
        self.serial += 1
        contact = f"c{self.serial}"
        code = self.random.choice(["1000", *(f"100{n + 1}" for n in range(self.plan.queues))])
        self.do(c.CallArrived(contact=contact, caller="15550199", called=code, source="trunk"))
        self.later(self.random.expovariate(1 / self.plan.patience_s), lambda: self._lose_patience(contact))

    def _lose_patience(self, contact: str) -> None:
        found = self.core.live.contact(contact)
        if found is not None and found.state in (ContactState.QUEUED, ContactState.OFFERED, ContactState.FLOW):
            self.do(c.LegEnded(leg=found.customer or "", cause="hangup"))

    def _call_out(self) -> None:
        self.serial += 1
        number = self.random.choice(self.numbers)
        if self.random.random() < 0.3:
            other = self.random.choice(self.numbers)
            self.do(c.CallInner(agent=number, contact=f"i{self.serial}", called=other))
        else:
            self.do(c.CallOut(agent=number, contact=f"o{self.serial}", called="15550101"))

    # --- reactions --------------------------------------------------------------------------------------------------

    def _react(self, effect: Effect) -> None:
        chance = self.random.random
        if isinstance(effect, RingPhone):
            self._phone(effect)
        elif isinstance(effect, DialNumber):
            leg = effect.leg
            self.later(1, lambda: self.do(c.LegAlerting(leg=leg, has_early_media=chance() < 0.5)))
            if chance() < 0.7:
                self.later(8, lambda: self.do(c.LegAnswered(leg=leg)))
                self.later(8 + self.random.expovariate(1 / 60), lambda: self.do(c.LegEnded(leg=leg)))
            elif chance() < 0.7:
                self.later(5, lambda: self.do(c.LegFailed(leg=leg, cause="busy")))
        elif isinstance(effect, EndLeg):
            leg = effect.leg
            self.later(0.05, lambda: self.do(c.LegEnded(leg=leg)))
        elif isinstance(effect, StartFlow | ResumeFlow):
            self._flow(effect)

    def _flow(self, effect: StartFlow | ResumeFlow) -> None:
        contact, run = effect.contact, effect.run
        if isinstance(effect, ResumeFlow):
            self.later(3, lambda: self.do(c.EndFlow(contact=contact, run=run)))
            return
        kind, address = self.random.choice([("queue", "1"), ("queue", "2"), ("agent", "101"), ("number", "9000")])
        target = c.TransferTarget(kind, address)  # type: ignore[arg-type]
        self.later(0.1, lambda: self.do(c.FlowAnswer(contact=contact, run=run)))
        self.later(6, lambda: self.do(c.RouteContact(contact=contact, run=run, target=target)))
        self.later(40, lambda: self.do(c.EndFlow(contact=contact, run=run)))

    def _phone(self, effect: RingPhone) -> None:
        plan, chance = self.plan, self.random.random
        leg, agent = effect.leg, effect.agent
        if effect.replaces is not None:
            if chance() < 0.9:
                self.later(1, lambda: self.do(c.LegAnswered(leg=leg)))
            return
        if chance() < plan.dead_phone:
            self.later(0.1, lambda: self.do(c.LegFailed(leg=leg, cause="not_registered")))
            self.later(self.random.uniform(1, 60), lambda: self.do(c.PhoneFound(phone=effect.phone)))
            return
        self.later(0.2, lambda: self.do(c.LegAlerting(leg=leg)))
        if chance() < plan.ignores:
            return
        if chance() < plan.rejects:
            self.later(3, lambda: self.do(c.Reject(agent=agent)))
            return
        slowness = self.random.expovariate(1 / 3)
        self.later(slowness, lambda: self.do(c.LegAnswered(leg=leg)))
        self.later(self.random.expovariate(1 / 3), lambda: self.do(c.Answer(agent=agent)))

    def _count(self, event: Event) -> None:
        chance = self.random.random
        if isinstance(event, ContactOffered):
            self.tally.offers[event.agent] += 1
        elif isinstance(event, ContactAnswered):
            self.tally.answers[event.agent] += 1
            self._talk(event.contact, event.agent, event.leg)
        elif isinstance(event, AgentBecameBusy):
            number = event.agent
            self.later(self.random.uniform(0.5, 30), lambda: self._free(number))
        elif isinstance(event, AgentEnteredWrapUp):
            number = event.agent
            if chance() < 0.5:
                self.later(self.random.uniform(1, 30), lambda: self._free(number))
        elif isinstance(event, ContactEnded):
            self.tally.dispositions[event.cdr.disposition] += 1
            contact = event.contact
            if event.cdr.is_recorded:
                self.later(0.5, lambda: self.do(c.RecordingDone(contact=contact, path="a.wav", duration_ms=1)))

    def _talk(self, contact: str, agent: int, leg: str) -> None:
        plan, chance = self.plan, self.random.random
        length = self.random.expovariate(1 / plan.talk_s)
        if chance() < plan.holds:
            self.later(length / 3, lambda: self.do(c.Hold(agent=agent)))
            self.later(length / 2, lambda: self.do(c.Retrieve(agent=agent)))
        if chance() < plan.reloads:
            lost = self.random.choice([leg, f"{contact}/1"])
            self.later(length / 4, lambda: self.do(c.LegEnded(leg=lost, cause="lost")))
            self.later(length / 4 + self.random.uniform(0.1, 60), lambda: self.do(c.LegResumed(leg=lost)))
        if chance() < plan.transfers:
            kind, address = self.random.choice(
                [("queue", "1"), ("agent", "102"), ("flow", "survey"), ("number", "15550102"), ("access_code", "1002")]
            )
            target = c.TransferTarget(kind, address)  # type: ignore[arg-type]
            mode = self.random.choice(_MODES[kind])
            self.later(length * 0.8, lambda: self.do(c.Transfer(agent=agent, target=target, mode=mode)))
            if chance() < 0.2:
                self.later(length * 0.8 + self.random.uniform(1, 20), lambda: self.do(c.CancelTransfer(agent=agent)))
        if chance() < plan.consults:
            self.later(length * 0.4, lambda: self._consult(agent, contact, length))
        if chance() < 0.5:
            self.later(length, lambda: self._customer_hangs_up(contact))
        else:
            self.later(length, lambda: self._hang_up(agent, contact))

    def _consult(self, agent: int, contact: str, length: float) -> None:
        """Ask a colleague or a queue; then join, connect, drop, or just go on."""
        self.serial += 1
        consult, chance = f"h{self.serial}", self.random.random
        parties = self.random.choice([2, 2, 3])
        queue = 1 if chance() < 0.3 else None
        called = self.random.choice(self.numbers)
        self.do(
            c.Consult(agent=agent, contact=consult, called=called, queue=queue, parties=parties, holds=chance() < 0.7)
        )
        then = self.random.choice([c.JoinHeld, c.ConnectHeld, c.DropCall, None])
        if then is not None:
            target = consult if then is c.DropCall else contact
            self.later(length * 0.3, lambda: self.do(then(agent=agent, contact=target)))
        if chance() < 0.3:
            self.later(length * 0.5, lambda: self.do(c.Disconnect(agent=agent, number=str(called))))

    def _customer_hangs_up(self, contact: str) -> None:
        found = self.core.live.contact(contact)
        if found is not None and found.customer is not None:
            self.do(c.LegEnded(leg=found.customer))

    def _hang_up(self, agent: int, contact: str) -> None:
        found = self.core.live.agent(agent)
        if found is not None and contact in found.contacts:
            self.do(c.DropCall(agent=agent, contact=contact))


class QueueOrder:
    """Fairness: nobody is offered before somebody who ranks higher in the same queue, unless that one is spared."""

    def __init__(self) -> None:
        self.waiting: dict[int, dict[str, tuple[int, int, int]]] = {}
        self.first_seen: dict[str, int] = {}
        self.refused: dict[tuple[str, int], int] = {}

    def see(self, event: Event) -> None:
        if isinstance(event, ContactQueued):
            order = self.first_seen.setdefault(event.contact, len(self.first_seen))
            self.waiting.setdefault(event.queue, {})[event.contact] = (-event.priority, event.since, order)
        elif isinstance(event, ContactOffered) and event.queue is not None:
            self._offered(event, self.waiting[event.queue])
        elif isinstance(event, OfferEnded):
            if event.reason not in ("caller_gone", "picked_up"):
                self.refused[event.contact, event.agent] = event.at
        elif isinstance(event, TransferStarted) or _is_transferred(event):
            self.refused[event.contact, event.agent] = event.at  # type: ignore[union-attr]
        elif isinstance(event, ContactEnded) or _has_left_its_queue(event):
            for queue in self.waiting.values():
                queue.pop(event.contact, None)

    def _offered(self, event: ContactOffered, queue: dict[str, tuple[int, int, int]]) -> None:
        rank = queue.pop(event.contact)
        for other, other_rank in queue.items():
            if other_rank < rank:
                refused_at = self.refused.get((other, event.agent))
                assert refused_at is not None, f"{event.contact} overtook {other}"
                assert event.at - refused_at < RETRY_MS, f"{event.contact} overtook {other}"


def _is_transferred(event: Event) -> bool:
    return isinstance(event, ContactLeftAgent) and event.reason == "transferred"


def _has_left_its_queue(event: Event) -> bool:
    if isinstance(event, TransferEnded):
        return event.result != "kept"
    return isinstance(event, QueueOverflowed) and event.action != "wait"


def profile(plan: Plan) -> TenantProfile:
    """Everybody serves every queue, on level 1 in its own and 2 in the others."""
    queues = tuple(
        QueueProfile(
            id=n + 1,
            name=f"Queue {n + 1}",
            max_waiting=30,
            max_wait_ms=240_000,
            ring_timeout_ms=15_000,
            wrap_up_ms=20_000,
            on_full=Overflow("queue", str((n + 1) % plan.queues + 1)),
            on_timeout=Overflow("queue", "1") if n else Overflow("release"),
            on_no_agent=Overflow("wait" if n else "release"),
        )
        for n in range(plan.queues)
    )
    agents = tuple(
        AgentProfile(
            id=101 + k,
            name="",
            phone=f"7{101 + k}",
            skills=tuple(SkillLevel(n + 1, 1 if k % plan.queues == n else 2) for n in range(plan.queues)),
        )
        for k in range(plan.agents)
    )
    routes = (
        CalledRoute("1000", "flow", "welcome"),
        *(CalledRoute(f"100{n + 1}", "queue", str(n + 1)) for n in range(plan.queues)),
    )
    return TenantProfile(id=1, agents=agents, queues=queues, routes=routes, default_caller="15550100")
