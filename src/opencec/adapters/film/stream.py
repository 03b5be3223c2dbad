"""One party's packets in their order, and its pictures in the film's time."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from opencec.adapters.film.pictures import Picture, assembly_of
from opencec.workers.rtp.packet import parse, sequence_distance

__all__ = ["PartyStream", "TimedPicture"]

_PATIENCE_NS = 500_000_000
"""A packet that was sent again comes within this time, or it is lost."""
_MOST_WAITING = 512
_JUMP = 3_000
"""A number further away belongs to another stream (RFC 3550 A.1)."""
_JUMP_NS = 1_000_000_000
"""A sender's clock further off than this was set; until then it is followed by a part of the difference."""
_FOLLOW = 128


class TimedPicture(NamedTuple):
    """A picture and when it was to be seen, nanoseconds since 1970."""

    codec: str
    at_ns: int
    picture: Picture


class _Clock:
    """A sender's 90 kHz clock on ours: steady as the sender's, and never far from when packets came."""

    def __init__(self, timestamp: int, at_ns: int) -> None:
        self._newest = timestamp
        self._ticks = 0
        self._origin_ns = at_ns

    def at(self, timestamp: int, arrived_ns: int) -> int:
        self._ticks += ((timestamp - self._newest + 0x80000000) & 0xFFFFFFFF) - 0x80000000
        self._newest = timestamp
        behind = arrived_ns - self._origin_ns - self._ticks * 100_000 // 9
        self._origin_ns += behind if abs(behind) > _JUMP_NS else behind // _FOLLOW
        return self._origin_ns + self._ticks * 100_000 // 9


class PartyStream:
    """What one party of the call sent, whichever legs and codecs it had in turn."""

    def __init__(self) -> None:
        self._codec = ""
        self._assembly = assembly_of("")
        self._clock: _Clock | None = None
        self._ssrc: int | None = None
        self._next = 0
        self._waiting: dict[int, tuple[int, bytes]] = {}
        """Sequence number -> arrival and packet, of those before which one is missing; oldest arrival first."""

    def change_codec(self, codec: str) -> Iterator[TimedPicture]:
        """Packets from here on are of this codec."""
        if codec == self._codec:  # the relay says it again when legs change
            return
        yield from self.drain()
        self._codec, self._assembly = codec, assembly_of(codec)
        self._ssrc = None

    def take(self, data: bytes, at_ns: int) -> Iterator[TimedPicture]:
        """A packet that came; pictures that are whole now."""
        packet = parse(data)
        if packet is None or self._assembly is None:
            return
        ahead = sequence_distance(packet.sequence, self._next)
        if packet.ssrc != self._ssrc or abs(ahead) > _JUMP:
            yield from self.drain()
            self._ssrc, self._next, self._clock, ahead = packet.ssrc, packet.sequence, None, 0
            self._assembly.lose()
        if ahead < 0:
            return
        self._waiting.setdefault(packet.sequence, (at_ns, data))
        yield from self._release()
        while self._waiting and self._is_hopeless(at_ns):
            yield from self._skip()

    def drain(self) -> Iterator[TimedPicture]:
        """Nothing more comes of this stream."""
        while self._waiting:
            yield from self._skip()

    def _is_hopeless(self, now_ns: int) -> bool:
        oldest = next(iter(self._waiting.values()))[0]
        return now_ns - oldest > _PATIENCE_NS or len(self._waiting) > _MOST_WAITING

    def _skip(self) -> Iterator[TimedPicture]:
        """What is missing before the first that waits is lost."""
        assert self._assembly is not None
        self._next = min(self._waiting, key=lambda number: sequence_distance(number, self._next))
        self._assembly.lose()
        yield from self._release()

    def _release(self) -> Iterator[TimedPicture]:
        assert self._assembly is not None
        while (found := self._waiting.pop(self._next, None)) is not None:
            self._next = (self._next + 1) & 0xFFFF
            packet = parse(found[1])
            assert packet is not None
            for picture in self._assembly.take(packet, found[0]):
                if self._clock is None:
                    self._clock = _Clock(picture.timestamp, picture.arrived_ns)
                at_ns = self._clock.at(picture.timestamp, picture.arrived_ns)
                yield TimedPicture(self._codec, at_ns, picture)
