"""The chats of a day on the virtual clock: customers and agents with habits, and the history that must hold it all."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from random import Random
from typing import Any, Protocol

import msgspec

from fakes.chat_history import MemoryChatHistory
from fakes.checked_core import CheckedCore
from fakes.journal import MemoryJournal
from opencec.core import commands as c
from opencec.core.chat import Chat, ChatState
from opencec.core.chat_book import CHAT_RETRY_MS
from opencec.core.config import ChannelProfile, Overflow, QueueProfile, SkillLevel, TenantProfile
from opencec.core.events import (
    ChatAnswered,
    ChatArrived,
    ChatCameBack,
    ChatEnded,
    ChatLeftAgent,
    ChatOffered,
    ChatOfferEnded,
    ChatOverflowed,
    ChatQueued,
    ChatTransferEnded,
    ChatWentOffline,
    Event,
    MessagePosted,
)
from opencec.core.tenant import Outcome
from opencec.ports.chat_history import ChatMessage, ChatRating, HistoryQuery
from opencec.services.chat.history import RATINGS, ChatHistory, encode_rating
from opencec.services.journal_entries import CoreOutcome, ServiceFact, encode_entry

__all__ = ["ChatDay", "ChatPlan", "with_chats"]

CHAT, SOCIAL = 11, 12
WEB, ASYNC = "100000000000000001", "100000000000000002"
HOUR = 3_600_000


@dataclass(frozen=True)
class ChatPlan:
    """What kind of chats a day has. Rates are per hour, chances 0-1."""

    chats_per_hour: float = 200
    inner_per_hour: float = 10
    capacities_per_hour: float = 10
    reconfigurations_per_hour: float = 0
    greeted: float = 0.3
    left: float = 0.1
    familiar: float = 0.3
    ignores: float = 0.05
    rejects: float = 0.05
    silences: float = 0.1
    leaves: float = 0.05
    aways: float = 0.1
    repeats: float = 0.1
    transfers: float = 0.05
    drops: float = 0.05
    """An agent says no more in this chat."""
    ends: float = 0.1


class Day(Protocol):
    """The centre that the chats belong to."""

    random: Random
    core: CheckedCore
    numbers: range
    serial: int

    def do(self, command: c.Command) -> Outcome | None: ...

    def later(self, seconds: float, what: Callable[[], None]) -> None: ...

    def every(self, per_hour: float, what: Callable[[], None]) -> None: ...


class ChatDay:
    """Chats beside the calls of a centre. All chance comes from the centre's seed."""

    def __init__(self, day: Day, plan: ChatPlan) -> None:
        self.day, self.plan, self.core, self.random = day, plan, day.core, day.random
        self.offers = Offers(day.core)
        self.store = MemoryChatHistory()
        self.journal = MemoryJournal()
        self.entries: list[tuple[int, bytes]] = self.journal.entries.setdefault(self.core.tenant, [])
        self.history = ChatHistory(self.core.tenant, store=self.store)
        self.said: dict[str, list[str]] = defaultdict(list)
        """What was acknowledged, by chat and in order."""
        self.posted: list[MessagePosted] = []
        self.rated: dict[str, int] = {}
        self.lines = 0

    def open(self) -> None:
        """Begin the day."""
        self.day.every(self.plan.chats_per_hour, self._arrive)
        self.day.every(self.plan.inner_per_hour, self._call_inner)
        self.day.every(self.plan.capacities_per_hour, self._set_capacity)
        self.day.every(self.plan.reconfigurations_per_hour, self._reconfigure)

    # --- journal and history ----------------------------------------------------------------------------------------

    def see(self, outcome: Outcome) -> None:
        """Journal an outcome, and let customers and agents react to it."""
        if not outcome.events:
            return
        seq = self._append(encode_entry(CoreOutcome(self.core.now, outcome.events)))
        self.history.on_outcome(seq, self.core.now, outcome.events)
        for event in outcome.events:
            self.offers.see(event)
            self._react(event)
        if seq % 97 == 0:
            asyncio.run(self.history.flush())

    def restart(self) -> None:
        """What the history had not written is gone: it is read from the journal again."""
        self.history = ChatHistory(self.core.tenant, store=self.store)
        asyncio.run(self.history.catch_up(self.journal))

    def _append(self, data: bytes) -> int:
        self.entries.append((len(self.entries) + 1, data))
        return len(self.entries)

    def close(self) -> None:
        """Every message is in the history once, in order; every chat has one CDR; nobody has a chat."""
        asyncio.run(self._close())
        assert set(self.core.chats_ended) == self.core.chats_begun
        assert not list(self.core.live.chats())
        assert not any(agent.chats or agent.chat_count for agent in self.core.live.agents())
        for ended in self.core.chats_ended.values():
            cdr = ended.cdr
            assert cdr.medium == "text"
            assert cdr.began_at <= (cdr.answered_at or cdr.began_at) <= cdr.ended_at
            assert cdr.wait_ms + cdr.talk_ms <= cdr.ended_at - cdr.began_at

    async def _close(self) -> None:
        await self.history.flush()
        kept = await self.history.messages(HistoryQuery(after=0, limit=10**9))
        assert [one.number for one in kept] == list(range(1, self.core.posted + 1))
        assert [(one.number, one.contact, one.source, one.content) for one in kept] == [
            (one.number, one.contact, one.source, one.content) for one in self.posted
        ]
        of_chat: dict[str, list[ChatMessage]] = defaultdict(list)
        for one in kept:
            of_chat[one.contact].append(one)
        for contact, lines in self.said.items():
            assert [one.content for one in of_chat[contact] if one.source in ("customer", "agent")] == lines
        ratings = await self.history.ratings(list(self.core.chats_begun))
        assert {contact: rating.score for contact, rating in ratings.items()} == self.rated

    # --- customers --------------------------------------------------------------------------------------------------

    def _chance(self, chance: float) -> bool:
        return self.random.random() < chance

    def _arrive(self) -> None:
        self.day.serial += 1
        contact, is_left = f"t{self.day.serial}", self._chance(self.plan.left)
        command = c.OpenChat(
            contact=contact,
            channel=self.random.choice([WEB, ASYNC]),
            channel_type="WEB",
            customer=f"u{self.random.randrange(50)}",
            queue=self.random.choice([CHAT, SOCIAL]),
            is_offline=is_left,
            is_greeted=self._chance(self.plan.greeted),
            familiar=self._known(),
        )
        self.day.do(command)
        if self._chance(self.plan.repeats):
            self.day.do(command)
        if is_left:
            for second in range(self.random.randrange(1, 4)):
                self.day.later(1 + second, lambda: self._customer_says(contact))
        elif self.core.live.chat(contact) is not None:
            self.day.later(self.random.expovariate(1 / 5), lambda: self._customer_turn(contact))

    def _known(self) -> int | None:
        return self.random.choice(self.day.numbers) if self._chance(self.plan.familiar) else None

    def _customer_turn(self, contact: str) -> None:
        """The customer does something, and goes on later while the chat lives."""
        chat = self.core.live.chat(contact)
        if chat is None:
            return
        pause = self.random.expovariate(1 / 25)
        if self._chance(self.plan.leaves):
            self._twice(c.EndChat(contact=contact, by="customer"))
        elif self._chance(self.plan.aways):
            self.day.do(c.GoOffline(contact=contact))
            pause += self.random.choice([5, 60, 900])
            if self._chance(0.5):
                self.day.later(pause / 2, lambda: self.day.do(c.ComeBack(contact=contact)))
        elif self._chance(self.plan.silences):
            pause += 600
        elif chat.state is ChatState.GREETED and self._chance(0.3):
            self._twice(c.AskForAgent(contact=contact, familiar=self._known()))
        else:
            self._customer_says(contact)
            if chat.last_number:
                number = self.random.randrange(chat.last_number + 1)
                self.day.do(c.ReadMessages(contact=contact, reader="customer", number=number))
        self.day.later(pause, lambda: self._customer_turn(contact))

    def _customer_says(self, contact: str) -> None:
        asks = self._chance(0.4)
        self._say(contact, source="customer", asks_agent=asks, answer="Write AGENT." if self._chance(0.5) else "")

    def _say(self, contact: str, **fields: Any) -> None:
        """Say one line; the network may make it come twice."""
        self.lines += 1
        text = f"line {self.lines}"
        command = c.PostMessage(contact=contact, message=f"{self.lines:064x}", key=text, content=text, **fields)
        if self.day.do(command) is not None:
            self.said[contact].append(text)
        if self._chance(self.plan.repeats):
            before = self.core.posted
            self.day.do(msgspec.structs.replace(command, message=f"{self.lines:063x}f"))
            was_said = self.said[contact][-1:] == [text]
            assert not was_said or self.core.posted == before, "the same line was said twice"

    def _twice(self, command: c.Command) -> None:
        self.day.do(command)
        if self._chance(self.plan.repeats):
            self.day.do(command)

    def _rate(self, contact: str) -> None:
        score = self.random.randrange(1, 6)
        rating = ChatRating(contact=contact, vdn=self.core.tenant, at=self.core.now, score=score)
        body = encode_rating(rating)
        self.history.on_rating(self._append(encode_entry(ServiceFact(self.core.now, RATINGS, body))), body)
        self.rated[contact] = score

    # --- agents -----------------------------------------------------------------------------------------------------

    def _react(self, event: Event) -> None:
        if isinstance(event, ChatOffered) and not event.auto_answer:
            self._offered(event.contact, event.agent)
        elif isinstance(event, ChatAnswered):
            contact, agent = event.contact, event.agent
            self.day.later(self.random.expovariate(1 / 8), lambda: self._agent_turn(contact, agent))
        elif isinstance(event, MessagePosted):
            self.posted.append(event)
            if event.media == "SURVEY" and self._chance(0.7):
                contact = event.contact
                self.day.later(self.random.uniform(1, 60), lambda: self._rate(contact))

    def _offered(self, contact: str, agent: int) -> None:
        if self._chance(self.plan.ignores):
            return
        if self._chance(self.plan.rejects):
            self.day.later(2, lambda: self.day.do(c.RejectChat(contact=contact, agent=agent)))
            return
        pause = self.random.expovariate(1 / 4)
        self.day.later(pause, lambda: self._twice(c.AnswerChat(contact=contact, agent=agent)))

    def _agent_turn(self, contact: str, agent: int) -> None:
        """The agent does something in the chat, and goes on while it is its own."""
        chat = self.core.live.chat(contact)
        if chat is None or not chat.has(agent) or self._chance(self.plan.drops):
            return
        if self._chance(self.plan.ends) or chat.is_offline:
            self._finish(chat, agent)
        elif self._chance(self.plan.transfers):
            self._transfer(chat, agent)
        else:
            self.day.do(c.ReadMessages(contact=contact, reader="agent", agent=agent, number=chat.last_number))
            self._say(contact, source="agent", agent=agent)
        self.day.later(self.random.expovariate(1 / 20), lambda: self._agent_turn(contact, agent))

    def _finish(self, chat: Chat, agent: int) -> None:
        if not chat.is_internal and self._chance(0.5):
            self.lines += 1
            self.day.do(
                c.PostMessage(
                    contact=chat.id,
                    source="system",
                    media="SURVEY",
                    content="How was it?",
                    message=f"{self.lines:064x}",
                    key=f"survey-{self.lines}",
                )
            )
        self._twice(c.EndChat(contact=chat.id, by="agent", agent=agent))

    def _transfer(self, chat: Chat, agent: int) -> None:
        contact, other = chat.id, str(self.random.choice(self.day.numbers))
        kind, address = self.random.choice([("queue", str(CHAT)), ("queue", str(SOCIAL)), ("agent", other)])
        mode: Any = self.random.choice(["release", "success"])
        self.day.do(c.TransferChat(contact=contact, agent=agent, kind=kind, address=address, mode=mode))  # type: ignore[arg-type]
        if self._chance(0.3):
            cancel = c.CancelChatTransfer(contact=contact, agent=agent)
            self.day.later(self.random.uniform(1, 10), lambda: self.day.do(cancel))

    def _call_inner(self) -> None:
        self.day.serial += 1
        one, other = self.random.choice(self.day.numbers), self.random.choice(self.day.numbers)
        self.day.do(c.CallInnerChat(contact=f"t{self.day.serial}", agent=one, to=other))

    def _set_capacity(self) -> None:
        number, count = self.random.choice(self.day.numbers), self.random.choice([0, 1, 2, 10])
        self.day.do(c.SetChatCapacity(agent=number, count=count))

    def _reconfigure(self) -> None:
        """A queue of chats is taken out of the configuration, and comes back."""
        whole = self.core.live.profile
        rest = tuple(queue for queue in whole.queues if queue.id != SOCIAL)
        if rest == whole.queues:
            return
        self.day.do(c.Configure(profile=msgspec.structs.replace(whole, queues=rest)))
        self.day.later(30, lambda: self.day.do(c.Configure(profile=whole)))


class Offers:
    """Nobody is offered more than it takes, nor a chat before an older one that it could have had."""

    def __init__(self, core: CheckedCore) -> None:
        self.core = core
        self.mine: dict[int, set[str]] = defaultdict(set)
        self.owner: dict[str, int] = {}
        self.away: set[str] = set()
        """Kept for customers who are away: no burden to their agents."""
        self.channel_chats: set[str] = set()
        self.waiting: dict[int, dict[str, tuple[int, int]]] = defaultdict(dict)
        self.first_seen: dict[str, int] = {}
        self.refused: dict[tuple[str, int], int] = {}

    def see(self, event: Event) -> None:
        """One event, in the order of the journal."""
        if isinstance(event, ChatArrived):
            self.channel_chats.add(event.contact)
        elif isinstance(event, ChatQueued):
            order = self.first_seen.setdefault(event.contact, len(self.first_seen))
            self._leave(event.contact)
            self.waiting[event.queue][event.contact] = (event.since, order)
        elif isinstance(event, ChatOffered):
            self._offered(event)
        elif isinstance(event, ChatAnswered):
            self.owner[event.contact] = event.agent
        elif isinstance(event, ChatWentOffline | ChatCameBack):
            self._comes_or_goes(event)
        elif isinstance(event, ChatOfferEnded | ChatLeftAgent):
            if isinstance(event, ChatLeftAgent) and self.owner.get(event.contact) == event.agent:
                del self.owner[event.contact]
            self.mine[event.agent].discard(event.contact)
            self.refused[event.contact, event.agent] = event.at
        elif _has_left_its_queue(event):
            self._leave(event.contact)  # type: ignore[union-attr]

    def _comes_or_goes(self, event: ChatWentOffline | ChatCameBack) -> None:
        agent = self.owner.get(event.contact)
        if agent is None:
            return
        if isinstance(event, ChatWentOffline):
            self.away.add(event.contact)
            self.mine[agent].discard(event.contact)
        elif event.contact in self.away:
            self.away.discard(event.contact)
            self.mine[agent].add(event.contact)

    def _leave(self, contact: str) -> None:
        for queue in self.waiting.values():
            queue.pop(contact, None)

    def _offered(self, event: ChatOffered) -> None:
        if event.contact not in self.channel_chats:
            return
        profiles = {one.id: one for one in self.core.live.profile.queues}
        most = self.core.live.chat_capacity(event.agent)
        limit = profiles[event.queue].chat_limit if event.queue is not None else 0
        has = len(self.mine[event.agent])
        assert has < (min(most, limit) if limit else most), f"agent {event.agent} has {has} chats and gets one more"
        self.mine[event.agent].add(event.contact)
        if event.queue is None:
            self._leave(event.contact)
            return
        rank = self.waiting[event.queue].pop(event.contact)
        for other, other_rank in self.waiting[event.queue].items():
            if other_rank < rank:
                spared_at = self.refused.get((other, event.agent))
                is_own = self.owner.get(other) == event.agent
                is_spared = spared_at is not None and event.at - spared_at < CHAT_RETRY_MS
                assert is_own or is_spared, f"{event.contact} overtook {other}"


def _has_left_its_queue(event: Event) -> bool:
    if isinstance(event, ChatTransferEnded):
        return event.result != "done"
    return isinstance(event, ChatEnded) or (isinstance(event, ChatOverflowed) and event.action != "wait")


def with_chats(tenant: TenantProfile) -> TenantProfile:
    """The same tenant with two channels and two queues of chats: everybody serves one of them or both."""
    chat = QueueProfile(
        id=CHAT,
        name="Chat",
        medium="text",
        max_waiting=40,
        max_wait_ms=240_000,
        ring_timeout_ms=15_000,
        agent_silence_ms=60_000,
        on_no_agent=Overflow("wait"),
    )
    social = QueueProfile(
        id=SOCIAL,
        name="Social",
        medium="text",
        max_waiting=10,
        max_wait_ms=120_000,
        ring_timeout_ms=15_000,
        chat_limit=2,
        agent_silence_ms=40_000,
        on_agent_silence="requeue",
        on_full=Overflow("queue", str(CHAT)),
        on_timeout=Overflow("queue", str(CHAT)),
        on_no_agent=Overflow("release"),
        has_chats_beside_call=False,
        priority=1,
    )
    skills = [(SkillLevel(CHAT, 1), SkillLevel(SOCIAL, 2)), (SkillLevel(CHAT, 2),), (SkillLevel(SOCIAL, 1),)]
    agents = tuple(
        msgspec.structs.replace(agent, skills=(*agent.skills, *skills[n % 3]), text_capacity=1 + n % 4)
        for n, agent in enumerate(tenant.agents)
    )
    channels = (
        ChannelProfile(
            WEB, silence_ms=300_000, welcome_text="Welcome.", busy_text="Nobody is here.", silence_text="Goodbye."
        ),
        ChannelProfile(ASYNC, silence_ms=120_000, away_ms=600_000),
    )
    return msgspec.structs.replace(
        tenant, agents=agents, queues=(*tenant.queues, chat, social), channels=channels, chat_ms=4 * HOUR
    )
