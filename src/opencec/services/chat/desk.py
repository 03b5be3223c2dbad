"""What elements do with a tenant's chats: open, say, read, take, pass on, end, ask; and who hears of it.

Everything here is decided by the core and journaled before it is told to anybody; channel rules that need a calendar
or the history (working time, keywords, the familiar agent) are applied here and given to the core as plain facts.
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Sequence
from typing import Literal, cast, get_args

from opencec.core.commands import (
    AnswerChat,
    AskForAgent,
    CallInnerChat,
    CancelChatTransfer,
    ComeBack,
    EndChat,
    GoOffline,
    OpenChat,
    PostMessage,
    ReadMessages,
    RejectChat,
    SetChatCapacity,
    TransferChat,
)
from opencec.core.errors import CoreError, OpenCecError
from opencec.core.events import (
    ChatAnswered,
    ChatArrived,
    ChatEnded,
    Event,
    MessagePosted,
    MessagesRead,
)
from opencec.core.events.chats import ChatEndReason, MessageMedia, MessageSource
from opencec.core.folds.chats import said_key
from opencec.core.ids import AgentId, ContactId, QueueId
from opencec.ports.channel_configuration import ChannelConfig
from opencec.ports.chat_history import ChatMessage, ChatRating, HistoryQuery
from opencec.ports.clock import Clock
from opencec.ports.configuration import TenantConfig
from opencec.ports.phrases import TenantPhrases
from opencec.services.agent_port import TenantOverloaded
from opencec.services.chat.channel_rules import ChannelRules, ChatRefused
from opencec.services.chat.feed import CustomerFeed
from opencec.services.chat.history import RATINGS, ChatHistory, encode_rating
from opencec.services.chat.news import ChatNewsDesk
from opencec.services.chat.parties import ChatEvent, Known, follow
from opencec.services.chat.presence import CustomerPresence
from opencec.services.chat.queue_times import QueueTimes
from opencec.services.chat.views import (
    ChatChanged,
    ChatView,
    NewMessage,
    Posted,
    QueueInfo,
    ReadTo,
    Typing,
    chat_message,
    ended_view,
)
from opencec.services.tenant_runtime import TenantRuntime

__all__ = ["ChatDesk"]

_SWEEP_S = 1.0
_DAY_MS = 86_400_000


_CHAT_EVENTS = frozenset(get_args(ChatEvent))


class ChatDesk:
    """One tenant's chats. An observer of its outcomes."""

    def __init__(
        self,
        runtime: TenantRuntime,
        *,
        clock: Clock,
        history: ChatHistory,
        phrases: TenantPhrases,
        config: TenantConfig,
    ) -> None:
        self.history = history
        self.channels = ChannelRules(config)
        self.phrases = phrases
        self.news = ChatNewsDesk()
        self.feed = CustomerFeed(runtime.tenant, record=runtime.record_nowait, now=clock.monotonic)
        self.presence = CustomerPresence(clock.monotonic, session_s=self.channels.session_s)
        self.times = QueueTimes()
        self._runtime = runtime
        self._core = runtime.core
        self._clock = clock
        self._open: dict[tuple[str, str], ContactId] = {}
        """The living chat of each customer of a channel."""
        self._known: dict[ContactId, Known] = {}
        self._committed = 0
        """Number of the newest committed message."""
        self._waiters: list[tuple[int, asyncio.Future[None]]] = []

    def configure(self, config: TenantConfig) -> None:
        """Take over a newer configuration."""
        self.channels.configure(config)

    # --- customers --------------------------------------------------------------------------------------------------

    async def open(
        self,
        channel: str,
        customer: str,
        *,
        name: str = "",
        locale: str = "",
        data: str = "",
        queue: QueueId | None = None,
        is_offline: bool = False,
        asks_agent: bool = False,
    ) -> ChatView:
        """Let a customer talk to an agent. One who has a living chat in this channel gets that one.

        Args:
            queue: Another than the channel's.
            is_offline: A message is left: it waits for an agent, also outside working time.
            asks_agent: For an agent at once, also where the channel's own words answer first.

        Returns:
            The chat; `ended` when the queue's rules have refused it (see `end_reason`).

        Raises:
            ChatRefused: unknown_channel, off_hours.
            CoreError: unknown_queue, data_too_long.
            TenantOverloaded: try again later.
        """
        config = self.channels.named(channel)
        known = self.chat_of(channel, customer)
        if known is not None and known.state == "greeted" and is_offline:
            await self.end(known.contact, by="customer")  # who leaves a message asks for an agent, whenever one comes
            known = None
        if known is not None:
            if known.is_away:
                await self._runtime.execute(ComeBack(contact=known.contact))
            if asks_agent and known.state == "greeted":
                await self._ask(known)
            return self._living(known.contact) or known
        if not is_offline and not self.channels.is_open(channel, now=self._clock.now()):
            raise ChatRefused("off_hours", self.channels.texts(channel).off_hours)
        familiar = await self._familiar(config, customer)
        contact = self._runtime.new_contact_id()
        key = (channel, customer)
        meanwhile = self.chat_of(channel, customer)
        if meanwhile is not None:
            return meanwhile
        self._open[key] = contact
        command = OpenChat(
            contact=contact,
            channel=channel,
            channel_type=config.type,
            customer=customer,
            queue=queue if queue is not None else QueueId(config.queue),
            customer_name=name,
            locale=locale,
            data=data,
            familiar=familiar,
            is_offline=is_offline,
            is_greeted=config.start == "keyword" and not asks_agent,
        )
        try:
            events = await self._runtime.execute(command)
        except OpenCecError:
            if self._open.get(key) == contact:
                del self._open[key]
            raise
        reason = next((event.reason for event in events if isinstance(event, ChatEnded)), "")
        return self._living(contact) or ended_view(contact, channel, customer, reason=reason, at=self._clock.now())

    async def _ask(self, chat: ChatView) -> None:
        """A customer who was greeted asks for an agent."""
        if not self.channels.is_open(chat.channel, now=self._clock.now()):
            raise ChatRefused("off_hours", self.channels.texts(chat.channel).off_hours)
        familiar = await self._familiar(self.channels.named(chat.channel), chat.customer)
        await self._runtime.execute(AskForAgent(contact=chat.contact, familiar=familiar))

    async def _reaction(
        self, contact: ContactId, source: MessageSource, content: str
    ) -> tuple[bool, AgentId | None, str]:
        """What the words of a customer who was greeted lead to: whether they ask for an agent, whom first, else what
        the system answers."""
        chat = self._living(contact)
        config = self.channels.find(chat.channel) if chat is not None else None
        if chat is None or config is None or chat.state != "greeted" or source != "customer":
            return False, None, ""
        texts = self.channels.texts(chat.channel)
        if not self.channels.wants_agent(chat.channel, content):
            return False, None, texts.welcome
        if not self.channels.is_open(chat.channel, now=self._clock.now()):
            return False, None, texts.off_hours
        return True, await self._familiar(config, chat.customer), ""

    async def _familiar(self, config: ChannelConfig, customer: str) -> AgentId | None:
        if not config.familiar_days:
            return None
        since = self._clock.now() - config.familiar_days * _DAY_MS
        agent = await self.history.last_agent(customer, channel=config.channel, since=since)
        return AgentId(int(agent)) if agent.isdecimal() else None

    async def leave_message(
        self, channel: str, customer: str, text: str, *, key: str, name: str = "", phone: str = ""
    ) -> Posted:
        """Leave a message, which an agent gets when one is there.

        Raises:
            ChatRefused: unknown_channel.
            CoreError: unknown_queue, invalid_value, data_too_long.
            TenantOverloaded: try again later.
        """
        chat = await self.open(channel, customer, name=name, data=phone, is_offline=True)
        return await self.post(chat.contact, source="customer", key=key, content=text)

    # --- messages ---------------------------------------------------------------------------------------------------

    async def post(
        self,
        contact: ContactId,
        *,
        source: MessageSource,
        key: str = "",
        agent: AgentId | None = None,
        media: MessageMedia = "TEXT",
        content: str = "",
        file: str = "",
        file_name: str = "",
        file_type: str = "",
        file_size: int = 0,
        has_thumbnail: bool = False,
        reply_to: str = "",
        sent_at: int = 0,
    ) -> Posted:
        """Say something; when this returns it is journaled. The same key of the same sender again: what it led to
        before, also when the chat is over meanwhile.

        Raises:
            CoreError: unknown_contact, no_call (not a chat of this agent), invalid_value, data_too_long.
            TenantOverloaded: try again with the same key.
        """
        asks, familiar, answer = await self._reaction(contact, source, content)
        command = PostMessage(
            contact=contact,
            source=source,
            message=secrets.token_hex(32),
            key=key,
            agent=agent,
            media=media,
            content=content,
            file=file,
            file_name=file_name,
            file_type=file_type,
            file_size=file_size,
            has_thumbnail=has_thumbnail,
            reply_to=reply_to,
            sent_at=sent_at,
            asks_agent=asks,
            familiar=familiar,
            answer=answer,
        )
        try:
            events = await self._runtime.execute(command)
        except CoreError as error:
            if error.code != "unknown_contact" or not key:
                raise
            said = await self.history.by_key(contact, source, key)
            if said is None:
                raise
            return Posted(said.number, said.message, said.at)
        for event in events:
            if type(event) is MessagePosted and event.message == command.message:
                return Posted(event.number, event.message, event.at)
        return await self._said_before(contact, source=source, agent=agent, key=key)

    async def _said_before(self, contact: ContactId, *, source: str, agent: AgentId | None, key: str) -> Posted:
        chat = self._core.chat(contact)
        said = chat.said.get(said_key(source, agent, key)) if chat is not None else None
        if said is not None:
            await self._commit_of(said.number)
            return Posted(said.number, said.message, said.at)
        found = await self.history.by_key(contact, source, key)
        if found is None:
            raise CoreError("unknown_contact", f"there is no chat {contact}")
        return Posted(found.number, found.message, found.at)

    async def _commit_of(self, number: int) -> None:
        """Wait until a message that the core has decided on is journaled."""
        if number > self._committed:
            done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
            self._waiters.append((number, done))
            await done

    async def read(
        self, contact: ContactId, *, reader: Literal["customer", "agent"], number: int, agent: AgentId | None = None
    ) -> None:
        """Everything up to `number` was read.

        Raises:
            CoreError: unknown_contact, no_call.
            TenantOverloaded: try again later.
        """
        await self._runtime.execute(ReadMessages(contact=contact, reader=reader, number=number, agent=agent))

    def typing(
        self, contact: ContactId, *, by: Literal["customer", "agent"], is_on: bool, agent: AgentId | None = None
    ) -> None:
        """Somebody types, or has stopped: told to the others, kept nowhere."""
        chat = self._core.chat(contact)
        if chat is None or (agent is not None and not chat.has(agent)):
            return
        news = Typing(contact, by, is_on, agent)
        others = tuple(one for one in chat.agents if one != agent)
        self.news.tell(news, customer=(chat.channel, chat.customer) if by == "agent" else ("", ""), agents=others)

    async def messages(self, query: HistoryQuery) -> list[ChatMessage]:
        """Messages of a chat or a customer, by number. Everything that was acknowledged is there."""
        return await self.history.messages(query)

    # --- agents -----------------------------------------------------------------------------------------------------

    async def answer(self, contact: ContactId, agent: AgentId) -> None:
        """Take a chat that is offered. Raises CoreError: unknown_contact, not_signed_in, no_call."""
        await self._runtime.execute(AnswerChat(contact=contact, agent=agent))

    async def reject(self, contact: ContactId, agent: AgentId) -> None:
        """Refuse a chat that is offered. Raises CoreError: unknown_contact, not_signed_in, no_call."""
        await self._runtime.execute(RejectChat(contact=contact, agent=agent))

    async def transfer(
        self,
        contact: ContactId,
        agent: AgentId,
        *,
        kind: Literal["queue", "agent"],
        address: str,
        mode: Literal["release", "success"] = "release",
        data: str | None = None,
    ) -> None:
        """Pass a chat on; its history goes with it.

        Raises:
            CoreError: unknown_contact, no_call, wrong_call_state, unknown_queue, unknown_agent, queue_full,
                agent_not_available, data_too_long.
        """
        await self._runtime.execute(
            TransferChat(contact=contact, agent=agent, kind=kind, address=address, mode=mode, data=data)
        )

    async def cancel_transfer(self, contact: ContactId, agent: AgentId) -> None:
        """Talk on alone. Raises CoreError: unknown_contact, no_call, wrong_call_state."""
        await self._runtime.execute(CancelChatTransfer(contact=contact, agent=agent))

    async def call_agent(self, agent: AgentId, to: AgentId) -> ContactId:
        """Write to a colleague. Raises CoreError: not_signed_in, unknown_agent, invalid_value."""
        contact = self._runtime.new_contact_id()
        await self._runtime.execute(CallInnerChat(contact=contact, agent=agent, to=to))
        return contact

    async def set_capacity(self, agent: AgentId, count: int) -> None:
        """Most chats at once in this session, 1-60; 0 = as configured. Raises CoreError: invalid_value."""
        await self._runtime.execute(SetChatCapacity(agent=agent, count=count))

    def configured_capacity(self, agent: AgentId) -> int:
        """Most chats at once of an agent, whatever its session asks for."""
        profiles = self._core.profile.agents
        return next((profile.text_capacity for profile in profiles if profile.id == agent), 0)

    async def invite_rating(self, contact: ContactId, agent: AgentId) -> None:
        """Ask the customer to rate the chat. Raises CoreError: unknown_contact, no_call."""
        view = self._living(contact)
        if view is None:
            raise CoreError("unknown_contact", f"there is no chat {contact}")
        if agent not in (view.agent, view.dialler) or not view.channel:
            raise CoreError("no_call", f"agent {agent} has no customer in chat {contact}")
        text = self.channels.texts(view.channel).survey
        await self.post(contact, source="system", media="SURVEY", content=text, key=f"survey-{view.last_number}")

    @property
    def last_number(self) -> int:
        """The number of the newest message that is journaled: where a new reader begins."""
        return self._committed

    async def last_messages(self, contacts: Sequence[ContactId]) -> dict[ContactId, ChatMessage]:
        """What was said last in living chats."""
        unknown = [one for one in contacts if self._know(one).last is None]
        for contact in unknown:  # after a restart only, and once each
            found = await self.history.messages(HistoryQuery(contact=contact, limit=1))
            known = self._know(contact)
            known.last = known.last or (found[-1] if found else None)
        last = {contact: self._know(contact).last for contact in contacts}
        return {contact: message for contact, message in last.items() if message is not None}

    def capacity(self, agent: AgentId) -> int:
        """Most chats at once of an agent."""
        return self._core.chat_capacity(agent)

    # --- ends -------------------------------------------------------------------------------------------------------

    async def end(
        self,
        contact: ContactId,
        *,
        by: Literal["customer", "agent", "system"],
        agent: AgentId | None = None,
        reason: ChatEndReason | None = None,
    ) -> None:
        """End a chat; one that is over: nothing happens. Raises CoreError: unknown_contact, no_call."""
        await self._runtime.execute(EndChat(contact=contact, by=by, agent=agent, reason=reason))

    async def rate(
        self, contact: ContactId, *, score: int, comment: str = "", nps: int | None = None, fcr: bool | None = None
    ) -> None:
        """Keep how the customer rates a chat, living or over; the newest counts.

        Raises:
            ChatRefused: invalid_value.
            TenantOverloaded: nothing was kept.
        """
        if not 0 <= score <= 5 or (nps is not None and not 0 <= nps <= 10) or len(comment) > 2_000:
            raise ChatRefused("invalid_value", "a score is 1-5, a recommendation 0-10, a comment has 2000 characters")
        rating = ChatRating(
            contact=contact,
            vdn=self._runtime.tenant,
            at=self._clock.now(),
            score=score,
            comment=comment,
            nps=nps,
            fcr=fcr,
        )
        await self._runtime.keep(RATINGS, encode_rating(rating))

    # --- questions --------------------------------------------------------------------------------------------------

    def chat(self, contact: ContactId) -> ChatView | None:
        """A living chat."""
        return self._living(contact)

    def chat_of(self, channel: str, customer: str) -> ChatView | None:
        """The living chat of a customer of a channel."""
        contact = self._open.get((channel, customer))
        return self._living(contact) if contact is not None else None

    def chats_of(self, agent: AgentId) -> Sequence[ChatView]:
        """Chats of an agent, and those offered to it, oldest first."""
        return [self._view(chat.id) for chat in self._core.chats_of(agent)]

    def queue_info(self, queue: QueueId, *, contact: ContactId | None = None) -> QueueInfo:
        """How it looks in a queue; with `contact` for one chat that waits there."""
        now = self._clock.now()
        waiting = self._core.waiting_chats(queue)
        free = self._core.fit_agents(queue) if not waiting else []  # chats wait because nobody is free
        position = self._core.chat_position(contact) if contact is not None else None
        place = position if position is not None else len(waiting) + 1
        return QueueInfo(
            queue=queue,
            waiting=len(waiting),
            on_duty=self._core.on_duty(queue),
            free=len(free),
            position=position,
            longest_wait_s=(now - waiting[0].queued_since) // 1000 if waiting else 0,
            estimate_s=0 if free and position is None else self.times.estimate_s(queue, place),
        )

    def _living(self, contact: ContactId) -> ChatView | None:
        return self._view(contact) if self._core.chat(contact) is not None else None

    def _view(self, contact: ContactId) -> ChatView:
        chat = self._core.chat(contact)
        if chat is None:
            raise LookupError(f"chat {contact} is over")
        return ChatView.of(chat, position=self._core.chat_position(contact))

    # --- what happens -----------------------------------------------------------------------------------------------

    def adopt(self) -> None:
        """After replay, before serving."""
        self._known = {chat.id: Known.of(chat) for chat in self._core.chats()}
        self._open = {(chat.channel, chat.customer): chat.id for chat in self._core.chats() if chat.channel}
        self._committed = self._core.last_message
        self.presence.restart_clocks()

    async def run(self) -> None:
        """Notice customers who are gone, until cancelled."""
        while True:
            await asyncio.sleep(_SWEEP_S)
            watched = [key for key, contact in self._open.items() if self._is_watched(contact)]
            for key in self.presence.gone(watched):
                await self._went(self._open.get(key))
            self.feed.sweep(lambda channel, customer: (channel, customer) in self._open)

    def _is_watched(self, contact: ContactId) -> bool:
        chat = self._core.chat(contact)
        return chat is not None and not chat.is_away and not chat.is_offline

    async def _went(self, contact: ContactId | None) -> None:
        if contact is None:
            return
        try:
            await self._runtime.execute(GoOffline(contact=contact))
        except (CoreError, TenantOverloaded):
            return  # over, or about to be passed on: the next sweep looks again

    def on_outcome(self, seq: int, at: int, events: Sequence[Event]) -> None:
        """Tell the listeners of committed events."""
        for event in events:
            kind = type(event)
            if kind is MessagePosted:
                self._told_message(cast("MessagePosted", event))
            elif kind in _CHAT_EVENTS:
                self._told_change(cast("ChatEvent", event))
            elif kind is MessagesRead:
                self._told_read(cast("MessagesRead", event))

    def _told_message(self, event: MessagePosted) -> None:
        self._committed = event.number
        if self._waiters:
            self._wake_waiters()
        known = self._know(event.contact)
        agents = known.agents
        message = known.last = chat_message(self._runtime.tenant, event)
        self.feed.take(event, channel=event.channel, customer=event.customer)
        self.news.tell(NewMessage(message, agents), customer=(event.channel, event.customer), agents=agents)

    def _told_read(self, event: MessagesRead) -> None:
        known = self._know(event.contact)
        news = ReadTo(event.contact, event.reader, event.number)
        self.news.tell(news, customer=(known.channel, known.customer), agents=known.agents)

    def _told_change(self, event: ChatEvent) -> None:
        known = self._know(event.contact)
        before = known.agents
        follow(known, event)
        agents = tuple(dict.fromkeys((*before, *known.agents)))
        key = (known.channel, known.customer)
        if isinstance(event, ChatArrived):
            self._open[key] = event.contact
        elif isinstance(event, ChatAnswered) and event.queue is not None:
            self.times.answered(event.queue, event.at)
        reason = ""
        if isinstance(event, ChatEnded):
            reason = event.reason
            del self._known[event.contact]
            if self._open.get(key) == event.contact:
                del self._open[key]
        self.feed.take(event, channel=known.channel, customer=known.customer)
        if agents or self.news.hears(*key) or self.news.watches_all:
            is_over = isinstance(event, ChatEnded)
            view = None if is_over else self._living(event.contact)
            view = view or ended_view(event.contact, known.channel, known.customer, reason=reason, at=event.at)
            self.news.tell(ChatChanged(view, event), customer=key, agents=agents)

    def _know(self, contact: ContactId) -> Known:
        """Who takes part, as the committed events say. While a snapshot's journal is replayed the core knows."""
        known = self._known.get(contact)
        if known is None:
            chat = self._core.chat(contact)
            known = self._known[contact] = Known.of(chat) if chat is not None else Known()
        return known

    def _wake_waiters(self) -> None:
        waiting, self._waiters = self._waiters, []
        for number, done in waiting:
            if number > self._committed:
                self._waiters.append((number, done))
            elif not done.done():
                done.set_result(None)
