"""Hears the relays: what happens to the video of legs never ends a call, it becomes one of voice."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import structlog

from opencec.services.lanes import Job
from opencec.services.signalling.context import SignallingContext
from opencec.services.signalling.video_negotiation import VideoNegotiation
from opencec.workers import protocol as media

__all__ = ["VideoWatch"]

_log = structlog.get_logger()


class VideoWatch:
    """Implements `MediaListener` for the relays."""

    def __init__(
        self,
        context: SignallingContext,
        *,
        video: VideoNegotiation,
        rearrange: Callable[[str], Awaitable[None]],
    ) -> None:
        """Args:
        rearrange: Makes forwarding and recording of a contact anew after its legs moved to another relay.
        """
        self._context = context
        self._video = video
        self._rearrange = rearrange

    def on_media_event(self, event: media.Event) -> Awaitable[object] | None:
        """A leg whose pictures cannot come up loses them; the call goes on."""
        if isinstance(event, media.LegFailed):
            record = self._context.leg(event.leg)
            if record is not None:
                _log.info("leg.video_failed", leg=event.leg, reason=event.reason)
                self._context.lanes.submit(record.contact, lambda: self._video.drop(event.leg))
        return None

    def on_worker(self, hello: media.Hello) -> None:
        """A relay is connected: close what it holds and nobody knows."""
        context = self._context
        for state in hello.legs:
            record = context.leg(state.leg)
            if (record is None or record.video is None) and not context.is_owed(state.leg):
                context.lanes.submit(state.mix, self._closing(state.leg))

    def on_lost(self, legs: frozenset[str]) -> None:
        """A relay died: the pictures of its legs go to another one, or end."""
        context = self._context
        records = [record for leg in sorted(legs) if (record := context.leg(leg)) is not None]
        for contact in dict.fromkeys(record.contact for record in records):
            context.lanes.submit(contact, self.moving(contact))

    def moving(self, contact: str) -> Job:
        """Give the pictures of a contact that lost their relay another one."""
        return lambda: self._video.move(contact, rearrange=self._rearrange)

    def _closing(self, leg: str) -> Job:
        return lambda: self._video.close_unknown(leg)
