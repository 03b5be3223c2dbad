"""Sends the outbox: for each customer of a channel in order, again with growing pauses, at the platform's pace.

Customers do not wait for one another, except for the channel's rate. What fails for good, or for a day, is a dead
letter that the administrator sees and can try again or drop.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence

import structlog

from opencec.ports.channels import ChannelAdapter, OutboundFile, OutboundMessage, SendFailed
from opencec.ports.clock import Clock
from opencec.ports.ids import Ids
from opencec.services.channels.outbox import ChannelOutbox, Letter, OutboxJournal
from opencec.services.channels.pace import Pace
from opencec.services.media_cache import MediaRefused, TenantMedia
from opencec.services.metrics import Counter

__all__ = ["ChannelSender"]

_log = structlog.get_logger()

_FIRST_RETRY_S, _LAST_RETRY_S = 2.0, 900.0
_GIVEN_UP_MS = 24 * 3_600_000
"""A message that could not be sent for so long is told as failed: by then its sender must know."""
_AT_ONCE = 4
"""Messages of one channel under way at the same time."""


class ChannelSender:
    """Sends for one tenant."""

    def __init__(
        self,
        outbox: ChannelOutbox,
        *,
        adapters: Callable[[str], ChannelAdapter | None],
        media: TenantMedia,
        clock: Clock,
        ids: Ids,
        count: Counter,
    ) -> None:
        """Args:
        adapters: Channel id -> its adapter; None: switched off or gone, its letters wait.
        media: Files to be sent along.
        clock: Measures pauses.
        ids: Spreads retries.
        count: Counts tries by channel type and result.
        """
        self._outbox = outbox
        self._adapters = adapters
        self._media = media
        self._clock = clock
        self._ids = ids
        self._count = count
        self._paces: dict[str, Pace] = {}
        self._places: dict[str, asyncio.Semaphore] = {}
        self._lines: dict[tuple[str, str], asyncio.Event] = {}
        """Lines under way; set: look again now."""
        self._port: OutboxJournal | None = None
        self._group: asyncio.TaskGroup | None = None

    async def run(self, port: OutboxJournal) -> None:
        """Send until cancelled. Start it when the tenant is served, after replay."""
        self._port = port
        async with asyncio.TaskGroup() as group:
            self._group = group
            self._outbox.on_queued = self._wake
            self.look_again()
            await asyncio.Event().wait()

    def look_again(self) -> None:
        """The channels have changed: lines whose channel was off may go now."""
        self._paces.clear()
        for channel, customer in self._outbox.lines():
            self._wake(channel, customer)

    def _wake(self, channel: str, customer: str) -> None:
        line = (channel, customer)
        if (under_way := self._lines.get(line)) is not None:
            under_way.set()
        elif self._group is not None:
            self._lines[line] = asyncio.Event()
            self._group.create_task(self._send_line(channel, customer))

    async def _send_line(self, channel: str, customer: str) -> None:
        """Send what waits, then end; the next letter starts it again."""
        delay = _FIRST_RETRY_S
        hurry = self._lines[channel, customer]
        try:
            while (letter := self._outbox.next_of(channel, customer)) is not None:
                adapter = self._adapters(channel)
                if adapter is None:
                    return
                hurry.clear()
                again_after = await self._try(letter, adapter)
                if again_after is None:
                    delay = _FIRST_RETRY_S
                    continue
                await self._wait(hurry, max(again_after, delay * (0.75 + self._ids.draw() / 2)))
                delay = min(_LAST_RETRY_S, delay * 2)
        finally:
            del self._lines[channel, customer]

    async def _try(self, letter: Letter, adapter: ChannelAdapter) -> float | None:
        """One try. None: the letter is settled; else seconds that the platform wants us to wait at least."""
        message = letter.message
        assert self._port is not None
        place = self._places.setdefault(message.channel, asyncio.Semaphore(_AT_ONCE))
        async with place:
            await self._keep_pace(message.channel, adapter)
            letter.tries += 1
            try:
                sent = await adapter.send(message, await self._files(message))
            except SendFailed as error:
                return await self._failed(letter, adapter, error)
            except Exception:
                # A defect of ours must not end the tenant, nor hold up the line for ever: it counts as a failed try.
                _log.exception("channel.send_defect", channel=message.channel, message=message.message)
                return await self._failed(letter, adapter, SendFailed("defect"))
        self._count.add(adapter.type, "sent")
        await self._outbox.settle(self._port, message.message, "sent", platform_id=sent.platform_id)
        return None

    async def _failed(self, letter: Letter, adapter: ChannelAdapter, error: SendFailed) -> float | None:
        assert self._port is not None
        letter.reason = error.reason
        is_over = error.is_final or self._clock.now() - letter.message.at > _GIVEN_UP_MS
        self._count.add(adapter.type, "failed" if is_over else "again")
        _log.warning(
            "channel.send_failed", channel=letter.message.channel, reason=error.reason, tries=letter.tries, dead=is_over
        )
        if is_over:
            await self._outbox.settle(self._port, letter.message.message, "failed", reason=error.reason)
            return None
        return error.retry_after_s or 0.0

    async def _files(self, message: OutboundMessage) -> Sequence[OutboundFile]:
        if not message.file:
            return ()
        try:
            file = await self._media.find(message.file)
            data = await self._media.content(file)
        except MediaRefused as error:
            raise SendFailed(f"file: {error.code}", is_final=error.code == "media_not_found") from None
        return (OutboundFile(name=file.name, type=file.type, kind=file.kind, data=data),)

    async def _keep_pace(self, channel: str, adapter: ChannelAdapter) -> None:
        now = self._clock.monotonic()
        if channel not in self._paces:
            self._paces[channel] = Pace(adapter.capabilities.per_second, now_s=now)
        due_s = self._paces[channel].take(now)
        if due_s > 0:
            await asyncio.sleep(due_s)

    @staticmethod
    async def _wait(hurry: asyncio.Event, seconds: float) -> None:
        try:
            async with asyncio.timeout(seconds):
                await hurry.wait()
        except TimeoutError:
            return
