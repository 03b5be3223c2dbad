"""What happens when a key is pressed: the event, barge-in, the running collection, the buffer for the next one."""

from __future__ import annotations

from collections.abc import Callable

from opencec.workers.event_log import EventLog
from opencec.workers.media.collect import Collection, Ended
from opencec.workers.media.dtmf import EVENTS
from opencec.workers.media.leg import Leg
from opencec.workers.media.play import EndedPlay
from opencec.workers.protocol import Collect, Collected, Digit, DigitPressed
from opencec.workers.rtp.packet import Packet

__all__ = ["Keypad"]

_LONGEST_COLLECTION = 128


class Keypad:
    """Digits and collections of all legs. `stop_play(leg, play, "barged")` is the player's side of barge-in."""

    def __init__(self, events: EventLog, *, barge: Callable[[Leg, str], None]) -> None:
        self._events = events
        self._barge = barge
        self._pressed: dict[Leg, None] = {}
        self._collecting: dict[Leg, None] = {}

    # --- keys ---------------------------------------------------------------------------------------------------------

    def event_packet(self, leg: Leg, packet: Packet, *, tick: int) -> None:
        """A telephone-event packet of the leg's stream came."""
        for pressed in leg.events_in.feed(packet.payload, timestamp=packet.timestamp, tick=tick):
            self.press(leg, pressed.digit, duration_ms=pressed.duration_ms, method="rfc4733", tick=tick)
        if leg.events_in.is_pressed:
            self._pressed[leg] = None
            if leg.collection is not None:  # the prompt falls silent when the key goes down, not when it comes up
                leg.collection.hold_down(tick=tick)
                self._barge_in(leg, leg.collection)

    def info(self, command: Digit, leg: Leg, *, tick: int) -> None:
        """A digit came by SIP INFO.

        Raises:
            ValueError: no DTMF digit.
        """
        digit = command.digit.upper()
        if len(digit) != 1 or digit not in EVENTS:
            raise ValueError(f"no DTMF digit: {len(command.digit)} characters")
        self.press(leg, digit, duration_ms=command.duration_ms, method="info", tick=tick)

    def press(self, leg: Leg, digit: str, *, duration_ms: int, method: str, tick: int) -> None:
        """Account one digit, however it came."""
        self._events.emit(DigitPressed, leg=leg.id, digit=digit, duration_ms=duration_ms, method=method)
        if leg.collection is None:
            leg.buffer_digit(digit)
        else:
            self._collect_digit(leg, leg.collection, digit, tick=tick)

    def expire(self, tick: int) -> None:
        """Once a tick: lost ends of events, times of collections."""
        for leg in list(self._pressed):
            for pressed in leg.events_in.expire(tick):
                self.press(leg, pressed.digit, duration_ms=pressed.duration_ms, method="rfc4733", tick=tick)
            if not leg.events_in.is_pressed:
                del self._pressed[leg]
            elif leg.collection is not None:
                leg.collection.hold_down(tick=tick)
        for leg in list(self._collecting):
            if leg.collection is not None and (ended := leg.collection.expire(tick=tick)) is not None:
                self._end(leg, leg.collection, ended)

    # --- collections --------------------------------------------------------------------------------------------------

    def collect(self, leg: Leg, command: Collect, *, tick: int, is_playing: bool) -> None:
        """Begin a collection (one of the same id goes on as it is; another one is stopped).

        Raises:
            ValueError: impossible numbers.
        """
        if not 1 <= command.min_digits <= command.max_digits <= _LONGEST_COLLECTION:
            raise ValueError(f"digits {command.min_digits} to {command.max_digits}")
        if leg.collection is not None:
            if leg.collection.command.collect == command.collect:
                return
            self.stop(leg, leg.collection.command.collect, "stopped")
        leg.collection = collection = Collection(command, tick=tick, is_playing=is_playing)
        self._collecting[leg] = None
        waiting, leg.digits = leg.digits if command.use_buffered else "", ""
        for at, digit in enumerate(waiting):
            self._collect_digit(leg, collection, digit, tick=tick)
            if leg.collection is None:
                leg.digits = waiting[at + 1 :]
                return

    def stop(self, leg: Leg, collect: str, reason: str) -> None:
        """End a collection from outside (`stopped` or `closed`); one that does not run is fine."""
        collection = leg.collection
        if collection is not None and collection.command.collect == collect:
            self._end(leg, collection, Ended("closed" if reason == "closed" else "stopped", collection.digits))

    def forget(self, leg: Leg) -> None:
        """The leg closes."""
        if leg.collection is not None:
            self.stop(leg, leg.collection.command.collect, "closed")
        self._pressed.pop(leg, None)

    def play_ended(self, leg: Leg, ended: EndedPlay, *, tick: int) -> None:
        """A play is over: the first-digit timer may have waited for it."""
        if leg.collection is not None and leg.collection.command.barge_play == ended.play:
            leg.collection.play_ended(tick=tick)

    def _collect_digit(self, leg: Leg, collection: Collection, digit: str, *, tick: int) -> None:
        ended = collection.press(digit, tick=tick)
        self._barge_in(leg, collection)
        if ended is not None:
            self._end(leg, collection, ended)

    def _barge_in(self, leg: Leg, collection: Collection) -> None:
        if collection.command.barge_play:
            self._barge(leg, collection.command.barge_play)

    def _end(self, leg: Leg, collection: Collection, ended: Ended) -> None:
        leg.collection = None
        self._collecting.pop(leg, None)
        self._events.emit(
            Collected,
            leg=leg.id,
            collect=collection.command.collect,
            digits=ended.digits,
            reason=ended.reason,
            end_key=ended.end_key,
        )
