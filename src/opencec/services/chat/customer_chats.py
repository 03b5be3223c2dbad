"""A tenant's text contacts and files, as the interfaces of customers use them, on the chat desk and the media cache."""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from collections.abc import Callable, Sequence
from typing import cast

from opencec.core.errors import CoreError
from opencec.core.events import ChatAnswered, ChatEnded, ChatQueued, MessagePosted
from opencec.core.ids import ContactId, QueueId
from opencec.ports.chat_history import ChatMessage, HistoryQuery
from opencec.ports.configuration import TenantConfig
from opencec.ports.media_files import MediaFile
from opencec.services.agent_port import TenantPort
from opencec.services.chat.channel_rules import ChatRefused
from opencec.services.chat.customer_side import (
    Answered,
    ChatDenied,
    CustomerId,
    Ended,
    Line,
    MediaName,
    Posted,
    Queued,
    QueuePlace,
    Said,
    Stored,
    Told,
)
from opencec.services.chat.desk import ChatDesk
from opencec.services.chat.feed import FeedItem, NoBox
from opencec.services.chat.views import ChatChanged, ChatNews, ChatView, NewMessage, ReadTo, Typing, chat_message
from opencec.services.media_cache import MediaRefused, TenantMedia, customer_owner

__all__ = ["TenantCustomerChats", "TenantMediaStore"]

_SHOWN = frozenset({"TEXT", "IMAGE", "AUDIO", "VIDEO", "DOCUMENT", "LOCATION", "CARD"})
_REMEMBERED = 20_000
"""Customers whose last talk is known by its end; of older ones the history is asked."""
_PAGE, _MOST_SEARCHED = 500, 5_000
_NOBODY = frozenset({"no_agent", "queue_full", "queue_timeout", "no_route"})


class TenantMediaStore:
    """Implements `MediaStore`."""

    def __init__(self, media: TenantMedia) -> None:
        self._media = media

    @property
    def most_bytes(self) -> int:
        """The largest file."""
        return self._media.most_bytes

    async def store(self, who: CustomerId, *, name: str, data: bytes, declared: str, most_bytes: int | None) -> Stored:
        """Take a file of a customer."""
        owner = customer_owner(who.channel, who.user)
        return _stored(await self._media.store(name, data, owner=owner, declared_type=declared, most_bytes=most_bytes))

    async def find(self, who: CustomerId, id: str) -> Stored:
        """A file that this customer may have."""
        return _stored(await self._file(who, id))

    async def content(self, who: CustomerId, id: str, *, thumbnail: bool) -> bytes:
        """Its bytes."""
        return await self._media.content(await self._file(who, id), thumbnail=thumbnail)

    async def _file(self, who: CustomerId, id: str) -> MediaFile:
        return await self._media.for_customer(id, channel=who.channel, customer=who.user)


def _stored(file: MediaFile) -> Stored:
    return Stored(file.id, file.name, file.size, file.type, file.suffix, bool(file.thumbnail))


class TenantCustomerChats:
    """Implements `CustomerChats` for one tenant.

    Args:
        port: The tenant.
        config: Gives its configuration of now.
    """

    def __init__(self, port: TenantPort, *, config: Callable[[], TenantConfig]) -> None:
        self._port = port
        self._desk: ChatDesk = port.chats
        self._config = config
        self._last: OrderedDict[tuple[str, str], Line] = OrderedDict()
        """How the last talk of a customer ended."""
        self._names: dict[str, str] = {}
        """Agent of each living talk, by its contact."""
        self._desk.news.of_all(self._hear)

    # --- doing ------------------------------------------------------------------------------------------------------

    async def connect(
        self, who: CustomerId, *, key: str, data: str, queue: int | None = None, asks_agent: bool = False
    ) -> Line:
        """Begin to talk, or go on."""
        try:
            view = await self._desk.open(
                who.channel,
                who.user,
                name=who.name,
                locale=who.locale,
                data=data,
                queue=None if queue is None else QueueId(queue),
                asks_agent=asks_agent,
            )
        except (ChatRefused, CoreError) as error:
            raise ChatDenied(error.code, error.message) from None
        if view.state == "ended":
            texts = self._desk.channels.texts(who.channel)
            raise ChatDenied("no_agent" if view.end_reason in _NOBODY else view.end_reason or "refused", texts.busy)
        return self._line(view)

    async def post(
        self, who: CustomerId, *, key: str, media: MediaName, content: str, file: str, sent_at: int
    ) -> Posted:
        """Say something."""
        contact = await self._contact(who)
        if contact is None:
            raise ChatDenied("not_open", "there is no talk, connect first")
        found = await self._port.media.find(file) if file else None
        try:
            posted = await self._desk.post(
                contact,
                source="customer",
                key=key,
                media=media,
                content=content,
                file=file,
                file_name=found.name if found else "",
                file_type=found.type if found else "",
                file_size=found.size if found else 0,
                has_thumbnail=bool(found and found.thumbnail),
                sent_at=sent_at,
            )
        except CoreError as error:
            code = "not_open" if error.code == "unknown_contact" else error.code
            raise ChatDenied(code, error.message) from None
        return Posted(posted.number, posted.message, posted.at)

    async def read(self, who: CustomerId, *, number: int = 0, codes: Sequence[str] = ()) -> None:
        """Everything up to a number, or up to the newest of some messages, was read."""
        view = self._desk.chat_of(who.channel, who.user)
        if view is None:
            return
        if codes:
            found = await self._desk.messages(HistoryQuery(contact=view.contact, limit=_PAGE))
            number = max([number, *(one.number for one in found if one.message in codes)])
        number = min(number, view.last_number)
        if number > view.customer_read:
            try:
                await self._desk.read(view.contact, reader="customer", number=number)
            except CoreError:
                return  # over meanwhile: nobody waits for the receipt

    async def end(self, who: CustomerId) -> bool:
        """End the talk."""
        view = self._desk.chat_of(who.channel, who.user)
        if view is None:
            return False
        try:
            await self._desk.end(view.contact, by="customer")
        except CoreError:
            return False
        return True

    async def leave_message(self, who: CustomerId, *, key: str, phone: str, text: str) -> Posted:
        """Leave words that are routed when an agent comes."""
        try:
            posted = await self._desk.leave_message(who.channel, who.user, text, key=key, name=who.name, phone=phone)
        except (ChatRefused, CoreError) as error:
            raise ChatDenied(error.code, error.message) from None
        return Posted(posted.number, posted.message, posted.at)

    async def rate(
        self, who: CustomerId, *, key: str, score: int, comment: str, nps: int | None, fcr: bool | None
    ) -> None:
        """How it was."""
        contact = await self._contact(who)
        if contact is None:
            raise ChatDenied("nothing_to_rate", "there was no talk")
        try:
            await self._desk.rate(contact, score=score, comment=comment, nps=nps, fcr=fcr)
        except ChatRefused as error:
            raise ChatDenied(error.code, error.message) from None

    def keep_for_polls(self, who: CustomerId) -> None:
        """From now on keep what happens for the customer's polls."""
        self._desk.feed.open(who.channel, who.user)

    async def poll(self, who: CustomerId, *, wait_s: int, most: int = 20) -> list[Told]:
        """What is next."""
        feed = self._desk.feed
        try:
            items = await feed.poll(who.channel, who.user, wait_s=wait_s, most=most)
        except NoBox:
            if self._desk.chat_of(who.channel, who.user) is not None:
                feed.open(who.channel, who.user)
            return []
        found = [await self._told(who, item) for item in items]
        return [told for told in found if told is not None]

    async def _told(self, who: CustomerId, item: FeedItem) -> Told | None:
        event = item.event
        match event:
            case MessagePosted():
                return await self._said(chat_message(self._port.tenant, event))
            case ChatAnswered():
                code = _code("answered", event.contact, event.at)
                return Answered(contact=event.contact, at=event.at, code=code, agent=int(event.agent))
            case ChatQueued():
                return Queued(contact=event.contact, at=event.at, code=_code("queued", event.contact, event.at))
            case ChatEnded():
                line = self._last.get((who.channel, who.user), Line())
                channel = self._desk.channels.find(who.channel)
                return Ended(
                    contact=event.contact,
                    at=event.at,
                    code=_code("ended", event.contact, event.at),
                    by=event.by,
                    reason=event.reason,
                    agent_name=self._agent_name(event.agent) or line.agent_name,
                    goes_on=bool(channel and channel.is_async and event.by == "system"),
                )
        return None

    # --- asking -----------------------------------------------------------------------------------------------------

    async def said_after(self, who: CustomerId, number: int, *, limit: int) -> list[Said]:
        """Messages of all talks of the customer after a number."""
        query = HistoryQuery(channel=who.channel, customer=who.user, after=number, limit=limit)
        return [await self._said(message) for message in await self._desk.messages(query)]

    async def history(self, who: CustomerId, *, since: int, until: int, limit: int, offset: int) -> list[Said]:
        """Messages of a time, oldest first."""
        found: list[ChatMessage] = []
        before: int | None = None
        while len(found) < _MOST_SEARCHED:
            query = HistoryQuery(channel=who.channel, customer=who.user, before=before, limit=_PAGE)
            page = await self._desk.messages(query)
            found = page + found
            if len(page) < _PAGE or page[0].at < since:
                break
            before = page[0].number
        wanted = [message for message in found if since <= message.at < until]
        return [await self._said(message) for message in wanted[offset : offset + limit]]

    def line(self, who: CustomerId) -> Line:
        """Where the talk is."""
        view = self._desk.chat_of(who.channel, who.user)
        return self._last.get((who.channel, who.user), Line()) if view is None else self._line(view)

    def agent_read(self, who: CustomerId) -> int:
        """Number of the last message that the agent has read."""
        view = self._desk.chat_of(who.channel, who.user)
        return 0 if view is None else view.agent_read

    def place(self, who: CustomerId) -> QueuePlace | None:
        """The place in the queue."""
        view = self._desk.chat_of(who.channel, who.user)
        if view is None or view.queue is None or self._line(view).state != "queued":
            return None
        info, now = self._desk.queue_info(view.queue, contact=view.contact), self._port.now()
        return QueuePlace(
            position=max(1, info.position or 1),
            total_wait_s=max(0, now - view.began_at) // 1000,
            queue_wait_s=max(0, now - view.since) // 1000,
            most_wait_s=self._most_wait_s(view.queue),
            longest_wait_s=info.longest_wait_s,
            estimate_s=info.estimate_s,
            skill=int(view.queue),
            agents=info.on_duty,
        )

    def queue_text(self, who: CustomerId, position: int) -> str:
        """What is said to a customer who waits."""
        return self._desk.channels.texts(who.channel).queue.replace("{position}", str(position))

    def is_open(self, channel: str) -> bool:
        """Whether it is the channel's working time."""
        return self._desk.channels.is_open(channel, now=self._port.now())

    # --- presence ---------------------------------------------------------------------------------------------------

    def typing(self, who: CustomerId, on: bool) -> None:
        """The customer is writing, or not any more."""
        view = self._desk.chat_of(who.channel, who.user)
        if view is not None:
            self._desk.typing(view.contact, by="customer", is_on=on)

    def seen(self, who: CustomerId) -> None:
        """The customer is there."""
        self._desk.presence.seen(who.channel, who.user)

    def watch(self, who: CustomerId, listener: Callable[[str], None]) -> Callable[[], None]:
        """Tell what happens."""

        def hear(news: ChatNews) -> None:
            match news:
                case NewMessage():
                    listener("message")
                case ChatChanged():
                    listener("state")
                case ReadTo():
                    listener("read")
                case Typing():
                    listener("typing" if news.is_on else "quiet")

        quit = self._desk.news.of_customer(who.channel, who.user, hear)
        detach = self._desk.presence.attach(who.channel, who.user)

        def leave() -> None:
            quit()
            detach()

        return leave

    # --- inside -----------------------------------------------------------------------------------------------------

    def _hear(self, news: ChatNews) -> None:
        if not isinstance(news, ChatChanged) or not news.chat.customer:
            return
        event, key = news.event, (news.chat.channel, news.chat.customer)
        if isinstance(event, ChatAnswered):
            self._names[event.contact] = self._agent_name(event.agent)
        elif isinstance(event, ChatEnded):
            self._last.pop(key, None)
            self._last[key] = Line(
                state="ended",
                contact=event.contact,
                agent_name=self._names.pop(event.contact, ""),
                reason=event.reason,
                ended_by=event.by,
            )
            while len(self._last) > _REMEMBERED:
                self._last.popitem(last=False)

    def _line(self, view: ChatView) -> Line:
        if view.state == "talking":
            return Line(state="talking", contact=view.contact, agent_name=self._agent_name(view.agent))
        if view.state == "greeted":
            return Line(state="greeted", contact=view.contact)
        is_kept = view.state == "offline" or view.is_offline
        return Line(state="offline" if is_kept else "queued", contact=view.contact)

    async def _contact(self, who: CustomerId) -> ContactId | None:
        """The living talk, else the last one."""
        view = self._desk.chat_of(who.channel, who.user)
        if view is not None:
            return view.contact
        last = self._last.get((who.channel, who.user))
        if last is not None:
            return ContactId(last.contact)
        found = await self._desk.messages(HistoryQuery(channel=who.channel, customer=who.user, limit=1))
        return ContactId(found[-1].contact) if found else None

    def _agent_name(self, agent: object) -> str:
        view = self._port.queries.agent(agent) if isinstance(agent, int) else None  # type: ignore[arg-type]
        return view.name if view is not None else ""

    def _most_wait_s(self, queue: QueueId) -> int:
        return next((known.max_wait_s for known in self._config().queues if known.queue == queue), 0)

    async def _said(self, message: ChatMessage) -> Said:
        return Said(
            number=message.number,
            code=message.message,
            at=message.at,
            source=message.source,
            sender=message.sender_name,
            media=cast("MediaName", message.media if message.media in _SHOWN else "TEXT"),
            content=message.content,
            contact=message.contact,
            key=message.key,
            file=await self._file(message),
            is_survey=message.media == "SURVEY",
        )

    async def _file(self, message: ChatMessage) -> Stored | None:
        if not message.file:
            return None
        try:
            return _stored(await self._port.media.find(message.file))
        except MediaRefused:
            suffix = message.file_name.rpartition(".")[2]
            return Stored(message.file, message.file_name, 0, "application/octet-stream", suffix, False)


def _code(what: str, contact: str, at: int) -> str:
    return hashlib.sha256(f"{what} {contact} {at}".encode()).hexdigest()
