"""Text contacts in memory, as the customers' interfaces use them: who writes, what an agent says, files."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any

from fakes.call_centre import CHAT_CONFIG, WEB, CallCentre
from opencec.core.ids import ContactId, TenantId
from opencec.elements.messaging import WebChannel
from opencec.ports.channel_configuration import ChannelConfig
from opencec.services.chat.customer_chats import TenantCustomerChats, TenantMediaStore
from opencec.services.chat.customer_side import (
    Answered,
    ChatDenied,
    CustomerId,
    Ended,
    Line,
    MediaName,
    Posted,
    QueuePlace,
    Said,
    Stored,
    Told,
)
from opencec.services.customer_calls import CallGateway, TenantCustomerCalls
from opencec.services.media_cache import MediaRefused

__all__ = ["CHANNEL", "DeskHost", "MemoryChats", "MemoryMedia", "WebHost"]

CHANNEL = "202600000001000001"


class MemoryMedia:
    """Implements `MediaStore`: a file is its owner's, or whom it was shown to."""

    most_bytes = 20 * 1024 * 1024

    def __init__(self) -> None:
        self.files: dict[str, tuple[str, Stored, bytes]] = {}

    async def store(self, who: CustomerId, *, name: str, data: bytes, declared: str, most_bytes: int | None) -> Stored:
        if len(data) > (most_bytes or self.most_bytes):
            raise MediaRefused("media_too_large", "too large")
        if not data.startswith(b"\x89PNG"):
            raise MediaRefused("media_type_mismatch", "no picture")
        id = hashlib.sha256(data + who.user.encode()).hexdigest()[:32]
        stored = Stored(id, name, len(data), "image/png", "png", False)
        self.files[id] = (who.user, stored, data)
        return stored

    async def find(self, who: CustomerId, id: str) -> Stored:
        owner, stored, _ = self.files.get(id, ("", None, b""))
        if stored is None or owner != who.user:
            raise MediaRefused("media_not_found", "no such file")
        return stored

    async def content(self, who: CustomerId, id: str, *, thumbnail: bool) -> bytes:
        await self.find(who, id)
        return self.files[id][2]


class MemoryChats:
    """Implements `CustomerChats`, for all customers of one tenant."""

    def __init__(self, media: MemoryMedia) -> None:
        self.lines: dict[str, Line] = {}
        self.said: list[tuple[str, Said]] = []
        self.boxes: dict[str, list[Told]] = {}
        self.given: dict[str, int] = {}
        self._polls: dict[str, asyncio.Event] = {}
        self.read_by_agent: dict[str, int] = {}
        self.read_by_customer: dict[str, int] = {}
        self.places: dict[str, QueuePlace] = {}
        self.ratings: list[tuple[str, int, str, int | None, bool | None]] = []
        self.left: list[tuple[str, str, str]] = []
        self.seen_users: list[str] = []
        self.typed: list[tuple[str, bool]] = []
        self.denies = ""
        self.opened = 0
        self._media = media
        self._listeners: dict[str, list[Callable[[str], None]]] = {}

    # --- what an agent does -----------------------------------------------------------------------------------------

    def answer(self, user: str) -> None:
        self.lines[user] = Line(state="talking", contact=self.lines[user].contact, agent_name="Ada")
        self._keep(user, Answered(contact=self.lines[user].contact, at=1, code="b" * 64))
        self._tell(user, "state")

    def say(self, user: str, text: str, *, source: Any = "agent") -> Said:
        said = self._add(user, source, "TEXT", text, "", "Ada")
        self._tell(user, "message")
        return said

    def hang_up(self, user: str) -> None:
        self.lines[user] = Line(
            state="ended", contact=self.lines[user].contact, agent_name="Ada", reason="agent", ended_by="agent"
        )
        self._keep(user, Ended(contact=self.lines[user].contact, at=2, code="c" * 64, by="agent", agent_name="Ada"))
        self._tell(user, "state")

    def agent_reads(self, user: str) -> None:
        self.read_by_agent[user] = len(self.said)
        self._tell(user, "read")

    def agent_types(self, user: str) -> None:
        self._tell(user, "typing")

    # --- what a customer does ---------------------------------------------------------------------------------------

    async def connect(
        self, who: CustomerId, *, key: str, data: str, queue: int | None = None, asks_agent: bool = False
    ) -> Line:
        if self.denies:
            raise ChatDenied(self.denies, "not now")
        if self.line(who).state in ("none", "ended"):
            self.opened += 1
            self.lines[who.user] = Line(state="queued", contact=f"1700000000-{self.opened}")
            self._tell(who.user, "state")
        return self.line(who)

    async def post(
        self, who: CustomerId, *, key: str, media: MediaName, content: str, file: str, sent_at: int
    ) -> Posted:
        if self.line(who).state in ("none", "ended"):
            raise ChatDenied("not_open", "there is no talk")
        for user, said in self.said:
            if key and (user, said.key, said.source) == (who.user, key, "customer"):
                return Posted(said.number, said.code, said.at)
        said = self._add(who.user, "customer", media, content, key, who.name, file=file)
        self._tell(who.user, "message")
        return Posted(said.number, said.code, said.at)

    async def read(self, who: CustomerId, *, number: int = 0, codes: Sequence[str] = ()) -> None:
        numbers = [said.number for user, said in self.said if user == who.user and said.code in codes]
        self.read_by_customer[who.user] = max([number, *numbers, self.read_by_customer.get(who.user, 0)])

    async def end(self, who: CustomerId) -> bool:
        if self.line(who).state in ("none", "ended"):
            return False
        self.lines[who.user] = Line(state="ended", contact=self.line(who).contact, ended_by="customer")
        self._tell(who.user, "state")
        return True

    async def leave_message(self, who: CustomerId, *, key: str, phone: str, text: str) -> Posted:
        self.left.append((who.user, phone, text))
        return Posted(1, "a" * 64, 1)

    async def rate(
        self, who: CustomerId, *, key: str, score: int, comment: str, nps: int | None, fcr: bool | None
    ) -> None:
        if self.line(who).state == "none":
            raise ChatDenied("nothing_to_rate", "there was no talk")
        self.ratings.append((who.user, score, comment, nps, fcr))

    def keep_for_polls(self, who: CustomerId) -> None:
        self.boxes.setdefault(who.user, [])

    async def poll(self, who: CustomerId, *, wait_s: int, most: int = 20) -> list[Told]:
        if (waiting := self._polls.pop(who.user, None)) is not None:
            waiting.set()
        box = self.boxes.get(who.user, [])
        del box[: self.given.pop(who.user, 0)]
        if not box and wait_s:
            wake = self._polls[who.user] = asyncio.Event()
            with suppress(TimeoutError):
                await asyncio.wait_for(wake.wait(), wait_s)
            if self._polls.get(who.user) is not wake and not box:
                return []
            self._polls.pop(who.user, None)
        self.given[who.user] = len(box)
        return list(box)

    def queue_text(self, who: CustomerId, position: int) -> str:
        return f"You are number {position}."

    def _keep(self, user: str, told: Told) -> None:
        if user in self.boxes:
            self.boxes[user].append(told)
        if (waiting := self._polls.get(user)) is not None:
            waiting.set()

    async def said_after(self, who: CustomerId, number: int, *, limit: int) -> list[Said]:
        return [said for user, said in self.said if user == who.user and said.number > number][:limit]

    async def history(self, who: CustomerId, *, since: int, until: int, limit: int, offset: int) -> list[Said]:
        found = [said for user, said in self.said if user == who.user and since <= said.at < until]
        return found[offset : offset + limit]

    def line(self, who: CustomerId) -> Line:
        return self.lines.get(who.user, Line())

    def agent_read(self, who: CustomerId) -> int:
        return self.read_by_agent.get(who.user, 0)

    def place(self, who: CustomerId) -> QueuePlace | None:
        return self.places.get(who.user) if self.line(who).state == "queued" else None

    def typing(self, who: CustomerId, on: bool) -> None:
        self.typed.append((who.user, on))

    def seen(self, who: CustomerId) -> None:
        self.seen_users.append(who.user)

    def watch(self, who: CustomerId, listener: Callable[[str], None]) -> Callable[[], None]:
        listeners = self._listeners.setdefault(who.user, [])
        listeners.append(listener)
        return lambda: listeners.remove(listener)

    def is_open(self, channel: str) -> bool:
        return self.denies != "off_hours"

    def _tell(self, user: str, what: str) -> None:
        for listener in [*self._listeners.get(user, [])]:
            listener(what)

    def _add(
        self, user: str, source: Any, media: MediaName, content: str, key: str, sender: str, *, file: str = ""
    ) -> Said:
        number = len(self.said) + 1
        said = Said(
            number=number,
            code=hashlib.sha256(f"{number}".encode()).hexdigest(),
            at=1_700_000_000_000 + number,
            source=source,
            sender=sender,
            media=media,
            content=content,
            contact=self.lines[user].contact,
            key=key,
            file=self._media.files[file][1] if file else None,
        )
        self.said.append((user, said))
        if source != "customer":
            self._keep(user, said)
        return said


class WebHost:
    """Implements `ChatHost` with one channel, and a second one of another tenant."""

    def __init__(self) -> None:
        self.media = MemoryMedia()
        self.chats = MemoryChats(self.media)
        self.config = ChannelConfig(channel=CHANNEL, name="web", queue=4, page_origins=("https://shop.example.com",))
        self.hosts: tuple[str, ...] = ("127.0.0.1",)

    def channel(self, id: str) -> WebChannel | None:
        if id not in (CHANNEL, "202600000002000001"):
            return None
        tenant = TenantId(1 if id == CHANNEL else 2)
        return WebChannel(tenant, self.config, self.chats, self.media, "202600000001", "en", self.hosts)

    def page_origins(self) -> Sequence[str]:
        return self.config.page_origins


class DeskHost:
    """Implements `ChatHost` over the chats and the media cache of a call centre."""

    def __init__(self, centre: CallCentre) -> None:
        self.config = next(channel for channel in CHAT_CONFIG.channels if channel.channel == WEB)
        port: Any = centre.port
        self._chats = TenantCustomerChats(port, config=lambda: CHAT_CONFIG)
        self._media = TenantMediaStore(port.media)
        self.hung_up: list[ContactId] = []
        self._calls = TenantCustomerCalls(
            port,
            calls=centre.clicks,
            chats=self._chats,
            gateway=CallGateway("centre.example.com", ("wss://centre.example.com:8443/sip",)),
            hang_up=self.hung_up.append,
        )

    def channel(self, id: str) -> WebChannel | None:
        if id != WEB:
            return None
        return WebChannel(TenantId(1), self.config, self._chats, self._media, "", "en", (), self._calls)

    def page_origins(self) -> Sequence[str]:
        return self.config.page_origins
