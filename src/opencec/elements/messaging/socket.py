"""`/chat/v1/socket`: a customer's chat over a websocket, for our own widget. Exactly once by the page's cursor.

One task reads frames, one writes: it fetches what is after the cursor only when the page has taken what came before, so
a slow page costs no memory and loses nothing.
"""

from __future__ import annotations

import asyncio
from collections import Counter, deque
from collections.abc import Awaitable, Callable
from typing import Any

import msgspec
import structlog

from opencec.core.errors import OpenCecError
from opencec.elements.messaging.operations import customer_of
from opencec.elements.messaging.ports import ChatHost, WebChannel
from opencec.elements.messaging.tokens import LIFE_S, CustomerTokens, TokenFacts
from opencec.elements.messaging.translate import survey
from opencec.elements.messaging.widget_schemas import (
    PONG,
    Ack,
    Bye,
    ClientFrame,
    ReadFrame,
    Refused,
    ServerFrame,
    StateFrame,
    SurveyFrame,
    TokenFrame,
    TypingFrame,
    Welcome,
    message_frame,
    state_frame,
)
from opencec.httpkit.lockout import RateLimit
from opencec.httpkit.source import is_same_origin
from opencec.ports.clock import Clock
from opencec.services.chat.customer_side import CustomerChats, CustomerId, MediaName

__all__ = ["ChatSockets"]

_log = structlog.get_logger()

Receive = Callable[[], Awaitable[Any]]
Send = Callable[[Any], Awaitable[None]]

_HELLO_S = 10.0
_SILENCE_S = 90.0
"""The page sends a ping twice a minute."""
_SEEN_S = 10.0
_SEND_S = 20.0
"""A page that takes nothing for so long is gone."""
_BATCH = 50
_ACKS = 200
_PER_CUSTOMER = 8
_TEXT = 4_096
_FRAMES_PER_MINUTE, _FRAMES_BURST = 240.0, 60
_RENEW_MS = (LIFE_S - 900) * 1000
_POLICY, _NORMAL = 1008, 1000
_MEDIA: frozenset[MediaName] = frozenset({"TEXT", "IMAGE", "AUDIO", "VIDEO", "DOCUMENT"})
_decoder = msgspec.json.Decoder(ClientFrame)
_encoder = msgspec.json.Encoder()


class _Over(Exception):
    """The connection ends, with a code and words for the page."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(code)
        self.code = code
        self.message = message


class ChatSockets:
    """Serves the websockets of all tenants.

    Args:
        host: The channels.
        tokens: Reads customers' tokens.
        clock: Time of tokens and limits.
    """

    def __init__(self, host: ChatHost, *, tokens: CustomerTokens, clock: Clock) -> None:
        self._host = host
        self._tokens = tokens
        self._clock = clock
        self._rate = RateLimit(per_minute=_FRAMES_PER_MINUTE, burst=_FRAMES_BURST)
        self._open: Counter[CustomerId] = Counter()

    async def __call__(self, scope: Any, receive: Receive, send: Send) -> None:
        """Serve one websocket."""
        await receive()
        if not is_same_origin(scope, allowed=tuple(self._host.page_origins())):
            await send({"type": "websocket.close", "code": _POLICY, "reason": "origin not allowed"})
            return
        await send({"type": "websocket.accept"})
        link = _Link(receive, send)
        try:
            channel, facts, after = await self._hello(link, scope)
            who = CustomerId(facts.channelId, facts.userId)
            self._open[who] += 1
            try:
                talk = _Talk(link, channel, facts, after=after, tokens=self._tokens, clock=self._clock, rate=self._rate)
                await talk.run()
            finally:
                self._open[who] -= 1
                if not self._open[who]:
                    del self._open[who]
        except* _Over as group:
            over = next(error for error in _leaves(group))
            await link.farewell(over.code, over.message)
        except* (OSError, RuntimeError, _Gone):
            pass  # the page closed first

    async def _hello(self, link: _Link, scope: Any) -> tuple[WebChannel, TokenFacts, int]:
        try:
            async with asyncio.timeout(_HELLO_S):
                frame = await link.frame()
        except TimeoutError:
            raise _Over("no_hello", "the first frame did not come") from None
        if frame.type != "hello":
            raise _Over("no_hello", "the first frame must be hello")
        found = customer_of(self._host, self._tokens, frame.token, now=self._clock.now())
        if found is None:
            raise _Over("token_over", "the token is unknown or over, open a session")
        customer, facts = found
        if not is_same_origin(scope, allowed=customer.channel.config.page_origins):
            raise _Over("refused", "this page may not show the channel")
        if self._open[CustomerId(facts.channelId, facts.userId)] >= _PER_CUSTOMER:
            raise _Over("too_many", "this customer has too many pages open")
        if customer.renewed:
            await link.send(TokenFrame(token=customer.renewed, expiresIn=LIFE_S))
            renewed = self._tokens.read(customer.renewed)
            assert renewed is not None
            facts = renewed
        return customer.channel, facts, max(0, frame.after)


class _Gone(Exception):
    """The page closed the connection."""


def _leaves(group: BaseExceptionGroup[_Over]) -> list[_Over]:
    found: list[_Over] = []
    for error in group.exceptions:
        found += _leaves(error) if isinstance(error, BaseExceptionGroup) else [error]
    return found


class _Link:
    """Frames in and out."""

    def __init__(self, receive: Receive, send: Send) -> None:
        self._receive = receive
        self._send = send

    async def frame(self) -> ClientFrame:
        """The next frame of the page. Raises _Over for what is none, _Gone at the end."""
        event = await self._receive()
        if event["type"] != "websocket.receive":
            raise _Gone
        text = event.get("text")
        try:
            return _decoder.decode(text if text is not None else event.get("bytes") or b"")
        except (msgspec.DecodeError, UnicodeError):
            raise _Over("invalid_frame", "not a frame of this interface") from None

    async def send(self, frame: ServerFrame) -> None:
        """Give a frame to the page, at its pace."""
        try:
            async with asyncio.timeout(_SEND_S):
                await self._send({"type": "websocket.send", "text": _encoder.encode(frame).decode()})
        except TimeoutError:
            raise _Gone from None

    async def farewell(self, code: str, message: str) -> None:
        """Say why, and close."""
        try:
            async with asyncio.timeout(_SEND_S):
                bye = _encoder.encode(Bye(code=code, message=message)).decode()
                await self._send({"type": "websocket.send", "text": bye})
                await self._send({"type": "websocket.close", "code": _NORMAL, "reason": code[:100]})
        except (OSError, RuntimeError, TimeoutError):
            return


class _Talk:
    """One connection of one customer."""

    def __init__(
        self,
        link: _Link,
        channel: WebChannel,
        facts: TokenFacts,
        *,
        after: int,
        tokens: CustomerTokens,
        clock: Clock,
        rate: RateLimit,
    ) -> None:
        self._link = link
        self._channel = channel
        self._chats: CustomerChats = channel.chats
        self._facts = facts
        self._who = facts.who
        self._cursor = after
        self._tokens = tokens
        self._clock = clock
        self._rate = rate
        self._out: deque[ServerFrame] = deque()
        self._wake = asyncio.Event()
        self._heard_at = clock.now()
        self._line: StateFrame | None = None
        self._was_talking = ""
        self._read_told = 0
        self._typing: bool | None = None

    async def run(self) -> None:
        """Until one side closes."""
        quit = self._chats.watch(self._who, self._on_change)
        try:
            self._line = state_frame(self._chats.line(self._who), self._chats.place(self._who))
            self._note_talk()
            await self._link.send(Welcome(state=self._line, after=self._cursor))
            self._wake.set()
            async with asyncio.TaskGroup() as group:
                group.create_task(self._read())
                group.create_task(self._write())
                group.create_task(self._keep())
        finally:
            quit()

    def _on_change(self, what: str) -> None:
        if what in ("typing", "quiet"):
            self._typing = what == "typing"
        self._wake.set()

    # --- out --------------------------------------------------------------------------------------------------------

    async def _write(self) -> None:
        while True:
            await self._wake.wait()
            self._wake.clear()
            await self._flush()
            while said := await self._chats.said_after(self._who, self._cursor, limit=_BATCH):
                for one in said:
                    await self._link.send(self._survey() if one.is_survey else message_frame(one))
                    self._cursor = one.number
                await self._flush()
            await self._tell_state()

    async def _flush(self) -> None:
        while self._out:
            await self._link.send(self._out.popleft())

    async def _tell_state(self) -> None:
        line = state_frame(self._chats.line(self._who), self._chats.place(self._who))
        if line != self._line:
            self._line = line
            await self._link.send(line)
            if line.state == "ended" and self._was_talking == line.contact and self._channel.config.survey == "WEB":
                await self._link.send(self._survey())
            self._note_talk()
        if (number := self._chats.agent_read(self._who)) > self._read_told:
            self._read_told = number
            await self._link.send(ReadFrame(number=number))
        if self._typing is not None:
            on, self._typing = self._typing, None
            await self._link.send(TypingFrame(on=on))

    def _survey(self) -> SurveyFrame:
        found = survey(self._channel, self._facts.locale)
        levels = [level.satisfactionLevelDesc for level in found.satisfactionLevel]
        return SurveyFrame(levels=levels, questions=found.satisfactionQuestion)

    def _note_talk(self) -> None:
        if self._line is not None and self._line.state == "talking":
            self._was_talking = self._line.contact or ""

    def _say(self, frame: ServerFrame) -> None:
        if len(self._out) >= _ACKS:
            raise _Over("too_slow", "answers are not taken")
        self._out.append(frame)
        self._wake.set()

    # --- time -------------------------------------------------------------------------------------------------------

    async def _keep(self) -> None:
        """The customer is there as long as the page is; its token never runs out in a session."""
        while True:
            self._chats.seen(self._who)
            await asyncio.sleep(_SEEN_S)
            now = self._clock.now()
            if now - self._heard_at > _SILENCE_S * 1000:
                raise _Over("silent", "no frame for too long")
            if self._facts.age_ms(now) > _RENEW_MS:
                text = self._tokens.renew(self._facts, now=now)
                renewed = self._tokens.read(text)
                assert renewed is not None
                self._facts = renewed
                self._say(TokenFrame(token=text, expiresIn=LIFE_S))
            if self._line is not None and self._line.state == "queued":
                self._wake.set()  # places and waits move by themselves

    # --- in ---------------------------------------------------------------------------------------------------------

    async def _read(self) -> None:
        while True:
            frame = await self._link.frame()
            self._heard_at = self._clock.now()
            if self._rate.wait_ms(f"{self._who.channel}/{self._who.user}", now_ms=self._heard_at):
                raise _Over("too_fast", "too many frames, slow down")
            if frame.key and len(frame.key) > 64:
                raise _Over("invalid_frame", "a key has at most 64 characters")
            try:
                await self._take(frame)
            except OpenCecError as error:
                if frame.key:
                    self._say(Refused(key=frame.key, code=error.code, message=error.message))

    async def _take(self, frame: ClientFrame) -> None:
        match frame.type:
            case "ping":
                self._say(PONG)
            case "typing":
                self._chats.typing(self._who, frame.on)
            case "read":
                await self._chats.read(self._who, number=frame.number)
            case "connect" | "post" | "end" | "leaveMessage" | "rate":
                if not frame.key:
                    raise _Over("invalid_frame", f"{frame.type} needs a key")
                await self._act(frame)
            case _:
                raise _Over("invalid_frame", f"no frame of type {frame.type}")

    async def _act(self, frame: ClientFrame) -> None:
        key, chats, who = frame.key, self._chats, self._who
        match frame.type:
            case "connect":
                await chats.connect(who, key=key, data="")
                self._say(Ack(key=key))
            case "post":
                await self._post(frame)
            case "end":
                await chats.end(who)
                self._say(Ack(key=key))
            case "leaveMessage":
                text, phone = frame.text.strip(), frame.phone.strip()
                if not text or len(text) > _TEXT or len(phone) > 64:
                    self._say(Refused(key=key, code="invalid_message", message=f"text: 1-{_TEXT} characters"))
                    return
                posted = await chats.leave_message(who, key=key, phone=phone, text=text)
                self._say(Ack(key=key, number=posted.number, messageCode=posted.code, at=posted.at))
            case _:
                await self._rate_talk(frame)

    async def _rate_talk(self, frame: ClientFrame) -> None:
        is_fit = 1 <= frame.score <= 5 and len(frame.comment) <= 511 and (frame.nps is None or 0 <= frame.nps <= 10)
        if not is_fit:
            self._say(Refused(key=frame.key, code="invalid_rating", message="score 1-5, comment up to 511 characters"))
            return
        await self._chats.rate(
            self._who, key=frame.key, score=frame.score, comment=frame.comment, nps=frame.nps, fcr=frame.fcr
        )
        self._say(Ack(key=frame.key))

    async def _post(self, frame: ClientFrame) -> None:
        media = next((name for name in _MEDIA if name == frame.mediaType), None)
        is_text = media == "TEXT"
        if media is None or not frame.content.strip() or len(frame.content) > (_TEXT if is_text else 64):
            self._say(Refused(key=frame.key, code="invalid_message", message=f"text: 1-{_TEXT} characters, or a file"))
            return
        if not is_text:
            await self._channel.media.find(self._who, frame.content)
        posted = await self._chats.post(
            self._who,
            key=frame.key,
            media=media,
            content=frame.content if is_text else "",
            file="" if is_text else frame.content,
            sent_at=self._heard_at,
        )
        self._say(Ack(key=frame.key, number=posted.number, messageCode=posted.code, at=posted.at))
