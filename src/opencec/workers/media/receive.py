"""The slow half of reception: one leg's datagrams that are not plain, in sequence and from a known stream.

The vector path (`intake.py`) reads one packet a tick straight into the leg's row and accepts exactly what it expects:
12 + 160 bytes, the leg's payload type and SSRC, the next sequence number. Everything else comes here: the start of a
stream and its latching (judged by `stream.py`), holes and reordering, other packet times, header options, telephone
events, RTCP and STUN on the same port, and whatever strangers send. When all is plain again the leg goes back to the
vector path.
"""

from __future__ import annotations

from bisect import insort
from collections.abc import Callable
from typing import TYPE_CHECKING

from opencec.workers.media.concealment import FADE_FRAMES
from opencec.workers.media.g711 import FRAME, SILENCE
from opencec.workers.media.jitter import DEPTH_LIMIT, DEPTH_TARGET, PAUSE_FRAMES, frames_to_wait
from opencec.workers.media.stream import Listener, StreamGate
from opencec.workers.rtp import packet as rtp
from opencec.workers.rtp.packet import Packet, sequence_distance

if TYPE_CHECKING:
    from opencec.workers.media.leg import Leg

__all__ = ["Reception"]

_READS = 64
"""Datagrams read for one leg in one tick at most: a flood on one port must not hold up the others."""
_LARGEST = 2048
_LONG_GAP = 25
"""A hole of over half a second is not concealed frame by frame."""


class Reception:
    """State of one leg off the vector path. `held` are packets in order that were read but not played."""

    __slots__ = (
        "_after_event",
        "_discard",
        "_drain_for",
        "_has_played",
        "_held",
        "_leg",
        "_listener",
        "_pause",
        "_pending",
        "_plain",
        "_play_at",
        "_playing",
        "gate",
    )

    def __init__(self, leg: Leg, listener: Listener, now_ms: Callable[[], int]) -> None:
        self._leg = leg
        self._listener = listener
        self.gate = StreamGate(leg, listener, now_ms)
        self._held: list[tuple[int, int, bytes]] = []  # (sorting key, sequence, payload)
        self._pending = bytearray()
        self._playing = False
        self._has_played = False
        self._play_at: int | None = None
        self._plain = True
        self._discard = 0
        self._pause = 0
        self._after_event = False
        self._drain_for: tuple[str, int] | None = None

    # --- called by the phase ------------------------------------------------------------------------------------------

    def silence(self) -> None:
        """Forget everything that is buffered (the far end may not talk any more)."""
        self._held.clear()
        self._pending.clear()
        self._playing = False
        self._play_at = None

    def take_over(self, data: bytes | None, *, tick: int) -> None:
        """Leave the vector path, with the datagram that did not fit (None: nothing came for long, or a correction)."""
        leg = self._leg
        rows = leg.phase.rows
        rows.fast[leg.row] = False
        self._playing = True
        if data is not None:
            self._datagram(data, None, tick)
        if rows.starved[leg.row] > 0:
            self._playing = False
            self._play_at = None

    def trim(self, frames: int) -> None:
        """Drop so many frames in the next tick, as far as others are there to follow them."""
        self._discard = frames

    def pause(self) -> None:
        """Let one frame pass without playing, so that the buffer gets deeper."""
        self._pause = 1

    def play(self, tick: int) -> bool:
        """Fill the leg's row with the frame of this tick; False when it is to be concealed.

        Puts the leg (back) on the vector path when all is plain.
        """
        leg = self._leg
        rows = leg.phase.rows
        if not self._playing and not self._begin(tick):
            return self._stay_silent()
        if self._pause:
            self._pause -= 1
            return False
        outcome = self._next_frame(tick)
        if outcome is not None:
            rows.said[leg.row] = memoryview(outcome)
            rows.starved[leg.row] = 0
        else:
            rows.starved[leg.row] += 1
        if self._after_event:  # the events ate the buffer's depth: fill it again before the audio goes on
            self._playing, self._play_at = False, None
            rows.starved[leg.row] = PAUSE_FRAMES + 1
        self._discard = 0
        self._maybe_return()
        return outcome is not None

    def _stay_silent(self) -> bool:
        """Nothing to play: conceal while there is something to fade out, then silence."""
        leg = self._leg
        rows = leg.phase.rows
        if not self._has_played:
            return True
        rows.starved[leg.row] += 1
        if self._after_event or rows.starved[leg.row] > FADE_FRAMES:
            rows.silence(leg.row)
            return True
        return False

    # --- starting and playing -----------------------------------------------------------------------------------------

    def _begin(self, tick: int) -> bool:
        """Fill the buffer; True when playing may start."""
        self._pull_all(tick)
        if not self._held:
            return False
        leg = self._leg
        rows = leg.phase.rows
        if self._play_at is None:
            gap = sequence_distance(self._held[0][1], int(rows.expected[leg.row])) if self._has_played else 0
            wait = frames_to_wait(gap=gap, starved=int(rows.starved[leg.row])) if self._has_played else 1
            self._play_at = tick + wait
        if tick < self._play_at and self._held_frames() < DEPTH_TARGET:
            return False
        if self._held_frames() > DEPTH_LIMIT:
            while len(self._held) > 1 and self._held_frames() > DEPTH_TARGET:
                self._held.pop(0)
                leg.counters.late += self._has_played  # what queued before a leg was first served is nobody's fault
        if self._has_played:
            leg.counters.lost += max(0, sequence_distance(self._held[0][1], int(rows.expected[leg.row])))
        rows.expected[leg.row] = self._held[0][1]
        self._playing = self._has_played = True
        self._after_event = False
        self._play_at = None
        leg.guard.restart()
        return True

    def _held_frames(self) -> int:
        return sum(len(payload) for _, _, payload in self._held) // FRAME

    def _next_frame(self, tick: int) -> bytes | None:
        """160 bytes, or None when there is a hole."""
        leg = self._leg
        has_event = leg.events_in.is_pressed
        while len(self._pending) < FRAME:
            payload = self._next_payload(tick)
            if payload is None:
                if has_event:  # the far end sends events in place of audio: neither a hole nor a tone
                    self._after_event = True
                    return bytes((SILENCE[leg.codec],)) * FRAME
                return None
            has_event = has_event or not payload
            if payload and self._discard and (self._held or self._pull(tick)):
                self._discard -= 1
                leg.counters.late += 1
                continue
            self._pending += payload
        frame = bytes(self._pending[:FRAME])
        del self._pending[:FRAME]
        return frame

    def _next_payload(self, tick: int) -> bytes | None:
        """The payload of the expected packet (empty for a telephone event), or None: not there (yet)."""
        leg = self._leg
        rows = leg.phase.rows
        if not self._held and not self._pull(tick):
            return None
        expected = int(rows.expected[leg.row])
        gap = sequence_distance(self._held[0][1], expected)
        reads = 0
        while gap > 0 and reads < DEPTH_LIMIT and self._pull(tick):  # overtaken, perhaps: it may be right behind
            gap = sequence_distance(self._held[0][1], expected)
            reads += 1
        if gap > 0:
            if gap <= _LONG_GAP and gap > int(rows.starved[leg.row]):
                rows.expected[leg.row] = (expected + 1) & 0xFFFF
                leg.counters.lost += 1
                return None
            leg.counters.lost += gap
        _, sequence, payload = self._held.pop(0)
        rows.expected[leg.row] = (sequence + 1) & 0xFFFF
        return payload

    def _maybe_return(self) -> None:
        leg = self._leg
        idle = not self._held and not self._pending and not self._pause
        if self._playing and idle and self._plain and leg.is_connected and leg.receives:
            if int(leg.phase.rows.starved[leg.row]) == 0:
                leg.phase.make_fast(leg)
        elif self._playing and int(leg.phase.rows.starved[leg.row]) > 0 and not self._held:
            self._playing = False

    # --- reading and judging ------------------------------------------------------------------------------------------

    def _pull_all(self, tick: int) -> None:
        for _ in range(_READS):
            if not self._read_one(tick):
                return

    def _pull(self, tick: int) -> bool:
        """Read until something playable was added to `held`; False when the queue is empty."""
        before = len(self._held)
        for _ in range(_READS):
            if not self._read_one(tick):
                return False
            if len(self._held) > before:
                return True
        return False

    def _read_one(self, tick: int) -> bool:
        leg = self._leg
        try:
            if leg.is_connected:
                data, source = leg.pair.rtp.recv(_LARGEST), None
            else:
                data, address = leg.pair.rtp.recvfrom(_LARGEST)
                source = (address[0], address[1])
        except BlockingIOError:
            return False
        except OSError:  # an ICMP error of an earlier send; the queue may hold more
            return True
        if leg.transport is not None:
            kind = rtp.kind_of(data)
            if kind == "other":
                leg.transport.handle_other(data, leg.latch.fixed or source or ("", 0))
                return True
            plain = leg.transport.unprotect_rtcp(data) if kind == "rtcp" else leg.transport.unprotect_rtp(data)
            if plain is None:
                leg.counters.discarded += 1
                return True
            data = plain
        self._datagram(data, source, tick)
        return True

    def _datagram(self, data: bytes, source: tuple[str, int] | None, tick: int) -> None:
        """Judge one datagram in clear; add it to `held` if it belongs to the stream."""
        leg = self._leg
        kind = rtp.kind_of(data)
        if kind == "rtcp":
            if leg.is_connected or (source is not None and source[0] == (leg.latch.target or ("",))[0]):
                self._listener.rtcp(leg, data, source[0] if source else None)
            return
        packet = rtp.parse(data) if kind == "rtp" else None
        if not leg.receives:
            return
        if packet is None or not self.gate.is_voice(packet):
            leg.counters.discarded += 1
            return
        if source is not None and not leg.is_connected and not self._admit(source):
            leg.counters.discarded += 1
            return
        verdict = self.gate.judge(packet, tick=tick, has_played=self._has_played)
        if verdict == "new":
            self.silence()
            self._has_played = False
            self.gate.follow(packet)
        if verdict != "stranger":
            self._hold(packet, is_plain=len(data) == 12 + FRAME, tick=tick)
        if self._drain_for is not None:
            source, self._drain_for = self._drain_for, None
            self._drop_strangers(source, tick)

    def _admit(self, source: tuple[str, int]) -> bool:
        """Whether this address may be heard."""
        verdict = self.gate.admit(source)
        if verdict in ("fixed", "replaced"):
            self._drain_for = source
        if verdict == "replaced":
            self.silence()
        return verdict != "refused"

    def _drop_strangers(self, source: tuple[str, int], tick: int) -> None:
        """What queued before the socket was connected was not filtered by the kernel: look at each sender."""
        kept = []
        for _ in range(_READS * 4):
            try:
                data, address = self._leg.pair.rtp.recvfrom(_LARGEST)
            except BlockingIOError:
                break
            except OSError:
                continue
            if (address[0], address[1]) == source:
                kept.append(data)
            else:
                self._leg.counters.discarded += 1
        for data in kept[-_READS:]:
            self._datagram(data, None, tick)

    def _hold(self, packet: Packet, *, is_plain: bool, tick: int) -> None:
        """Keep a packet for playing, in order; copies and packets whose time is over are dropped."""
        leg = self._leg
        rows = leg.phase.rows
        distance = sequence_distance(packet.sequence, int(rows.expected[leg.row]))
        known = any(sequence == packet.sequence for _, sequence, _ in self._held)
        if known or (distance < 0 and (self._playing or self._has_played)):
            leg.counters.late += 1
            return
        rows.received[leg.row] += 1
        rows.heard_at[leg.row] = tick
        if packet.payload_type == leg.dtmf_payload_type:
            self._listener.event_packet(leg, packet)
            payload = b""
        else:
            payload = packet.payload
            self._plain = is_plain and len(payload) == FRAME
        # Sorting key: distance from a fixed point, so that it is the same for all that are held together.
        base = self._held[0][1] if self._held else packet.sequence
        key = (self._held[0][0] if self._held else 0) + sequence_distance(packet.sequence, base)
        insort(self._held, (key, packet.sequence, payload))
