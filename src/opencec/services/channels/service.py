"""The channels of one tenant, running: receivers that start again, outbox and sender, and how all of it does."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Callable, Sequence
from typing import Literal, cast

import msgspec
import structlog

from opencec.core.errors import OpenCecError
from opencec.core.events import Event
from opencec.core.events.chats import MessagePosted
from opencec.ports.channel_configuration import ChannelConfig, ChannelType
from opencec.ports.channel_mail import ChannelMail, ChannelRecord
from opencec.ports.channels import (
    ChannelAdapter,
    ChannelBroken,
    ChannelCapabilities,
    DeliveryReport,
    FetchAdapter,
    InboundMessage,
    OutboundFile,
    OutboundMessage,
    Sent,
)
from opencec.ports.clock import Clock
from opencec.ports.ids import Ids
from opencec.services.channels.intake import ChannelIntake, Chats, thread_of
from opencec.services.channels.outbox import ChannelOutbox, OutboxJournal
from opencec.services.channels.sender import ChannelSender
from opencec.services.channels.splitting import split_text
from opencec.services.media_cache import TenantMedia
from opencec.services.metrics import Counter

__all__ = ["AdapterKind", "ChannelHealth", "ChannelService"]

_log = structlog.get_logger()

_FIRST_RETRY_S, _LAST_RETRY_S = 1.0, 120.0
_STEADY_S = 30.0
"""A receiver that ran for so long was well: its next failure starts with a short pause again."""


class AdapterKind(msgspec.Struct, frozen=True):
    """One type of channel that this node can run."""

    capabilities: ChannelCapabilities
    build: Callable[[ChannelConfig], ChannelAdapter]
    """Raises ValueError when the channel's parameters cannot be used."""


class ChannelHealth(msgspec.Struct, frozen=True, kw_only=True):
    """How a channel does."""

    channel: str
    name: str
    type: ChannelType
    state: Literal["off", "misconfigured", "connecting", "receiving", "broken"]
    problem: str = ""
    since: int = 0
    """When the state began, milliseconds UTC."""
    last_in: int = 0
    waiting: int = 0
    """Messages to be sent."""
    dead: int = 0
    """Dead letters."""


class ChannelService:
    """Implements `Observer`: agents' messages of its channels go to the outbox, in the order of the journal."""

    def __init__(
        self,
        kinds: dict[ChannelType, AdapterKind],
        *,
        mail: ChannelMail,
        media: TenantMedia,
        clock: Clock,
        ids: Ids,
        sent: Counter,
    ) -> None:
        """Args:
        kinds: The types that have an adapter.
        sent: Counts tries to send, by type and result.
        """
        self.outbox = ChannelOutbox()
        self._kinds = kinds
        self._mail = mail
        self._media = media
        self._clock = clock
        self._ids = ids
        self._adapters: dict[str, ChannelAdapter] = {}
        self._configs: dict[str, ChannelConfig] = {}
        self._health: dict[str, ChannelHealth] = {}
        self._receivers: dict[str, asyncio.Task[None]] = {}
        self._group: asyncio.TaskGroup | None = None
        self._port: OutboxJournal | None = None
        self._intake: ChannelIntake | None = None
        self._sender = ChannelSender(self.outbox, adapters=self._of, media=media, clock=clock, ids=ids, count=sent)

    # --- configuration and life -------------------------------------------------------------------------------------

    def configure(self, channels: Sequence[ChannelConfig]) -> None:
        """Take over a newer configuration; channels that have not changed go on undisturbed. Before `replay` first."""
        wanted = {channel.channel: channel for channel in channels if channel.type in self._kinds}
        changed = [key for key in self._configs if wanted.get(key) != self._configs[key]]
        fresh = [key for key in wanted if wanted[key] != self._configs.get(key)]
        for key in changed:
            self._adapters.pop(key, None)
            self._health.pop(key, None)
            if (task := self._receivers.pop(key, None)) is not None:
                task.cancel()
        self._configs = wanted
        for key in fresh:
            self._build(wanted[key])
            self._start(key)
        if fresh:
            self._sender.look_again()

    async def run(self, port: OutboxJournal, chats: Chats) -> None:
        """Receive and send until cancelled. Start it when the tenant is served, after replay."""
        self._port = port
        self._intake = ChannelIntake(chats, mail=self._mail, media=self._media, clock=self._clock)
        async with asyncio.TaskGroup() as group:
            self._group = group
            group.create_task(self._sender.run(port))
            for key in self._adapters:
                self._start(key)

    def health(self) -> list[ChannelHealth]:
        """Every channel, by its name."""
        found = []
        for key, health in self._health.items():
            dead = len(self.outbox.dead(key))
            found.append(msgspec.structs.replace(health, waiting=self.outbox.waiting(key), dead=dead))
        return sorted(found, key=lambda one: one.name)

    def _build(self, config: ChannelConfig) -> None:
        if not config.is_enabled:
            self._tell(config, "off")
            return
        try:
            self._adapters[config.channel] = _Threaded(self._kinds[config.type].build(config), self._mail, self._clock)
        except ValueError as error:
            _log.error("channel.misconfigured", channel=config.name, detail=str(error))
            self._tell(config, "misconfigured", str(error))
        else:
            self._tell(config, "connecting")

    def _of(self, channel: str) -> ChannelAdapter | None:
        return self._adapters.get(channel)

    def _start(self, key: str) -> None:
        adapter = self._adapters.get(key)
        if self._group is not None and isinstance(adapter, _Threaded) and adapter.fetches is not None:
            self._receivers[key] = self._group.create_task(self._receive(self._configs[key], adapter.fetches))

    # --- in ---------------------------------------------------------------------------------------------------------

    async def _receive(self, config: ChannelConfig, adapter: FetchAdapter) -> None:
        delay = _FIRST_RETRY_S
        while True:
            began = self._clock.monotonic()
            try:
                self._tell(config, "receiving")
                await adapter.receive(
                    cursor=await self._mail.cursor(config.channel),
                    take=lambda found: self._take(config, found),
                    advance=lambda cursor: self._mail.set_cursor(config.channel, cursor),
                )
            except ChannelBroken as error:
                self._tell(config, "broken", str(error))
                _log.warning("channel.broken", channel=config.name, detail=str(error))
            except OpenCecError as error:
                _log.warning("channel.not_now", channel=config.name, code=error.code)
            except Exception:
                # A defect of ours must not end the tenant; the mail stays where it is, the cursor before it.
                self._tell(config, "broken", "a defect, see the log")
                _log.exception("channel.receive_defect", channel=config.name)
            if self._clock.monotonic() - began > _STEADY_S:
                delay = _FIRST_RETRY_S
            await asyncio.sleep(delay * (0.75 + self._ids.draw() / 2))
            delay = min(_LAST_RETRY_S, delay * 2)

    async def _take(self, config: ChannelConfig, found: InboundMessage | DeliveryReport) -> None:
        assert self._intake is not None
        assert self._port is not None
        if isinstance(found, DeliveryReport):
            message = found.message or self.outbox.message_of(found.platform_id)
            await self.outbox.settle(self._port, message, found.state, reason=found.reason)
            return
        await self._intake.take(config, found)
        health = self._health[config.channel]
        self._health[config.channel] = msgspec.structs.replace(health, last_in=self._clock.now())

    def _tell(
        self,
        config: ChannelConfig,
        state: Literal["off", "misconfigured", "connecting", "receiving", "broken"],
        problem: str = "",
    ) -> None:
        before = self._health.get(config.channel)
        same = before is not None and before.state == state
        self._health[config.channel] = ChannelHealth(
            channel=config.channel,
            name=config.name,
            type=config.type,
            state=state,
            problem=problem,
            since=before.since if before is not None and same else self._clock.now(),
            last_in=before.last_in if before is not None else 0,
        )

    # --- out --------------------------------------------------------------------------------------------------------

    def on_outcome(self, seq: int, at: int, events: Sequence[Event]) -> None:
        """What agents and robots said in a channel of ours is to go out; also during replay, where sending waits."""
        for event in events:
            if type(event) is MessagePosted and event.source in ("agent", "robot"):
                config = self._configs.get(event.channel)
                if config is not None:
                    self._queue(event, at, self._kinds[config.type].capabilities)

    def _queue(self, event: MessagePosted, at: int, capabilities: ChannelCapabilities) -> None:
        text = "" if event.file else event.content
        for number, piece in enumerate(split_text(text, capabilities.most_text)):
            self.outbox.take(
                OutboundMessage(
                    message=event.message if number == 0 else _further(event.message, number),
                    channel=event.channel,
                    customer=event.customer,
                    contact=event.contact,
                    text=piece,
                    file=event.file,
                    sender_name=event.sender_name,
                    at=at,
                )
            )


class _Threaded:
    """An adapter whose answers go out in the thread of their contact, and are recorded before."""

    def __init__(self, adapter: ChannelAdapter, mail: ChannelMail, clock: Clock) -> None:
        self._adapter = adapter
        self._mail = mail
        self._clock = clock
        self.type = adapter.type
        self.capabilities = adapter.capabilities
        self.check = adapter.check
        self.fetches = cast(FetchAdapter, adapter) if hasattr(adapter, "receive") else None

    async def send(self, message: OutboundMessage, files: Sequence[OutboundFile]) -> Sent:
        """See the port."""
        subject, before = thread_of(await self._mail.of_contact(message.channel, message.contact))
        threaded = msgspec.structs.replace(message, subject=subject, in_reply_to=before)
        sent = await self._adapter.send(threaded, files)
        await self._mail.add(
            ChannelRecord(
                channel=message.channel,
                platform_id=sent.platform_id,
                direction="out",
                customer=message.customer,
                contact=message.contact,
                message=message.message,
                subject=subject,
                at=self._clock.now(),
            )
        )
        return sent


def _further(message: str, number: int) -> str:
    """The id of a further piece: the same at each replay."""
    return hashlib.sha256(f"{message}/{number}".encode()).hexdigest()
