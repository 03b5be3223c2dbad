"""An agent's chats as a stream of JSON lines: each message once, in order, from the cursor that the page names."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable

import msgspec

from opencec.core.ids import AgentId
from opencec.elements.console.chat_schemas import ChatFile, DeskChat, DeskMessage
from opencec.ports.chat_history import ChatMessage, HistoryQuery
from opencec.services.chat.desk import ChatDesk
from opencec.services.chat.views import ChatChanged, ChatNews, ChatView, NewMessage, ReadTo, Typing

__all__ = ["chat_lines", "desk_chat", "desk_message"]

_BEAT_S = 10.0
_HELD = 1_000
"""News for a page that does not read; one that is slower comes again with its cursor."""
_PAGE = 1_000
_encoder = msgspec.json.Encoder()


def desk_message(message: ChatMessage, agent: AgentId) -> DeskMessage:
    """A message as the workbench shows it."""
    file = None
    if message.file:
        file = ChatFile(
            id=message.file,
            name=message.file_name,
            size=message.file_size,
            type=message.file_type,
            thumbnail=message.has_thumbnail,
        )
    is_own = message.agent == str(agent)
    return DeskMessage(
        number=message.number,
        message_code=message.message,
        at=message.at,
        source=message.source,
        sender_name=message.sender_name,
        media_type=message.media,
        content=message.content,
        file=file,
        key=message.key if is_own and message.key else None,
        agent=message.agent or None,
    )


def desk_chat(view: ChatView, agent: AgentId, *, last: ChatMessage | None) -> DeskChat:
    """A chat as the workbench lists it."""
    is_offered = view.offered_to == agent
    is_talking = view.state in ("talking", "offered", "queued") and not is_offered
    return DeskChat(
        contact=view.contact,
        state="offered" if is_offered else "talking" if is_talking else "offline",
        direction=view.direction,
        queue=view.queue or 0,
        channel=view.channel,
        channel_type=view.channel_type,
        customer=view.customer,
        customer_name=view.customer_name,
        locale=view.locale,
        data=view.data,
        arrived_at=view.began_at,
        waiting_since=view.waits_since or None,
        unread=view.unread,
        last_message=desk_message(last, agent) if last is not None else None,
        read_number=view.customer_read,
        offer_until=(view.offer_until or None) if is_offered else None,
        transfer_to=view.transfer_to or None,
        is_offline=view.is_offline,
        is_away=view.is_away,
    )


async def chat_lines(
    chats: ChatDesk, agent: AgentId, *, after: int, is_over: Callable[[], bool]
) -> AsyncIterator[bytes]:
    """Frames as lines: the open chats, what was said after the cursor, then everything as it happens.

    Ends when the session is over, or when the reader is too slow.
    """
    news: asyncio.Queue[ChatNews] = asyncio.Queue(_HELD)
    has_overflown = False

    def heard(one: ChatNews) -> None:
        nonlocal has_overflown
        try:
            news.put_nowait(one)
        except asyncio.QueueFull:
            has_overflown = True

    leave = chats.news.of_agent(agent, heard)
    try:
        told = _Told(agent, after)
        async for lines in _catch_up(chats, told):
            yield lines
        while not has_overflown and not is_over():
            try:
                first = await asyncio.wait_for(news.get(), _BEAT_S)
            except TimeoutError:
                yield b'{"type":"beat"}\n'
                continue
            batch = [first]
            while not news.empty():
                batch.append(news.get_nowait())
            lines = b"".join(told.line(one) for one in batch)
            if lines:
                yield lines
    finally:
        leave()


async def _catch_up(chats: ChatDesk, told: _Told) -> AsyncIterator[bytes]:
    views = chats.chats_of(told.agent)
    last = await chats.last_messages([view.contact for view in views])
    yield b'{"type":"beat"}\n' + b"".join(told.chat(view, last.get(view.contact)) for view in views)
    contacts = tuple(str(view.contact) for view in views)
    while contacts:
        page = await chats.messages(HistoryQuery(contacts=contacts, after=told.number, limit=_PAGE))
        yield b"".join(told.message(message) for message in page)
        if len(page) < _PAGE:
            return


class _Told:
    """What this page knows."""

    def __init__(self, agent: AgentId, number: int) -> None:
        self.agent = agent
        self.number = number
        """The newest message that it was told."""

    def chat(self, view: ChatView, last: ChatMessage | None) -> bytes:
        frame = desk_chat(view, self.agent, last=last).model_dump(by_alias=True)
        if last is None:
            del frame["lastMessage"]
        return _encoder.encode({"type": "chat", **frame}) + b"\n"

    def message(self, message: ChatMessage) -> bytes:
        if message.number <= self.number:
            return b""
        self.number = message.number
        frame = desk_message(message, self.agent).model_dump(by_alias=True)
        return _encoder.encode({"type": "message", "contact": message.contact, **frame}) + b"\n"

    def line(self, news: ChatNews) -> bytes:
        """The frame of one piece of news; empty: it says nothing to an agent."""
        if isinstance(news, NewMessage):
            return self.message(news.message)
        if isinstance(news, ReadTo):
            if news.reader != "customer":
                return b""
            return _encoder.encode({"type": "read", "contact": news.contact, "number": news.number}) + b"\n"
        if isinstance(news, Typing):
            return _encoder.encode({"type": "typing", "contact": news.contact, "on": news.is_on}) + b"\n"
        return self._changed(news)

    def _changed(self, news: ChatChanged) -> bytes:
        view = news.chat
        if view.state != "ended" and self.agent in view.agents:
            return self.chat(view, None)
        reason = view.end_reason or str(getattr(news.event, "reason", ""))
        return _encoder.encode({"type": "gone", "contact": view.contact, "reason": reason}) + b"\n"
