"""The vector path of reception: one packet of every plain leg, read into its row and judged with all others at once.

What does not fit is handed to the leg's `Reception`; the leg comes back here when its stream is plain again.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol

import numpy as np
import structlog
from numpy.typing import NDArray

from opencec.workers.media.jitter import Advice
from opencec.workers.media.leg import Leg
from opencec.workers.media.mixing import decode_rows
from opencec.workers.media.rows import HISTORY, PACKET, RECEIVE_BYTES, Rows
from opencec.workers.media.stream import Listener
from opencec.workers.rtp import packet as rtp
from opencec.workers.rtp.sockets import ANCILLARY_BYTES, arrival_ns
from opencec.workers.rtp.transport import Transport

__all__ = ["Intake", "IntakeListener"]

_log = structlog.get_logger(__name__)

_SAMPLED = 16
"""One leg of so many is looked at more closely a tick: arrival stamp, age of the frame."""
_IDLE_TICKS = 10
"""After 200 ms without a packet a leg leaves the vector path until its stream begins again."""
_QUIET = 40.0
"""Mean absolute sample (14-bit scale, about -46 dBov) below which a frame is silence: there drift is corrected."""
_FIRST_RTCP = 64
"""Payload types 64-95 are RTCP's where both share a port (RFC 5761 4); voice is below them."""
_OPENINGS = 20
"""Streams that may begin in one pass. The first packet of a leg costs ten times the later ones (latching, the
connected socket, its row): hundreds that begin in one instant wait in their sockets a tick or two, not everybody."""

_Receiver = tuple[Callable[[Any], int], memoryview | None]


class IntakeListener(Listener, Protocol):
    """What the engine learns from reading."""

    def leg_broken(self, leg: Leg) -> None:
        """Serving the leg raised an exception that nobody expected."""


def _nothing(_: object) -> int:
    """Stands in the list for a row that is not read."""
    return -1


_NO_RECEIVER: _Receiver = (_nothing, None)


class Intake:
    """Reads the sockets of one phase. `legs` is the phase's own table by row."""

    def __init__(self, rows: Rows, legs: Mapping[int, Leg], listener: IntakeListener) -> None:
        self._rows = rows
        self._legs = legs
        self._listener = listener
        self._slow: dict[int, Leg] = {}
        self._corrections: dict[int, Advice] = {}
        self._receivers: list[_Receiver] = []
        self._views: list[memoryview] = []
        self.bind_rows()

    # --- legs come, change and go -------------------------------------------------------------------------------------

    def configure(self, leg: Leg) -> None:
        """The leg is new or has changed: it starts off the vector path."""
        row = leg.row
        self._leave(row)
        self._slow.pop(row, None)
        if leg.transport is None or leg.is_connected:
            self._slow[row] = leg
        if not leg.receives:
            leg.reception.silence()
            self._rows.silence(row)

    def make_fast(self, leg: Leg) -> None:
        """The leg's stream is plain and in sequence: read it by the vector path."""
        row = leg.row
        self._slow.pop(row, None)
        self._rows.fast[row] = True
        self._receivers[row] = self._receiver(leg)

    def _receiver(self, leg: Leg) -> _Receiver:
        read = leg.pair.rtp.recv_into if leg.transport is None else self._secure_reader(leg, leg.transport)
        return (read, self._views[leg.row])

    def remove(self, row: int) -> None:
        """The leg of this row goes."""
        self._leave(row)
        self._slow.pop(row, None)
        self._corrections.pop(row, None)

    def _leave(self, row: int) -> None:
        self._rows.fast[row] = False
        self._receivers[row] = _NO_RECEIVER

    def bind_rows(self) -> None:
        """(Re-)make the memoryviews of all rows: the arrays have been replaced."""
        rows = self._rows
        self._receivers += [_NO_RECEIVER] * (rows.capacity - len(self._receivers))
        self._views = [memoryview(rows.rx[row]).cast("B") for row in range(rows.capacity)]
        for row, leg in self._legs.items():
            if self._receivers[row] is not _NO_RECEIVER:
                self._receivers[row] = self._receiver(leg)

    # --- the pass -----------------------------------------------------------------------------------------------------

    def run(self, tick: int) -> list[int]:
        """Fill the row of every leg with its frame of this tick; the rows for which there is none."""
        self._correct(tick)
        missing = self._judge(self._read(tick), tick)
        return missing + self._play_slow(tick)

    def _play_slow(self, tick: int) -> list[int]:
        """The legs off the vector path; the rows among them that starve."""
        missing, openings = [], 0
        for row, leg in list(self._slow.items()):
            is_new = not leg.reception.gate.has_stream
            if is_new and openings >= _OPENINGS:
                continue
            try:
                if not leg.reception.play(tick):
                    missing.append(row)
            except Exception:  # whatever one far end sends, the other legs go on
                _log.exception("leg cannot be served", leg=leg.id)
                self._slow.pop(row, None)
                self._listener.leg_broken(leg)
                continue
            openings += is_new and leg.reception.gate.has_stream
        return missing

    def _read(self, tick: int) -> NDArray[np.int32]:
        """(used,) bytes received by each row: 0 = nothing was there, -1 = not on the vector path."""
        used, turn = self._rows.used, tick % _SAMPLED
        first, last = used * turn // _SAMPLED, used * (turn + 1) // _SAMPLED
        sizes: list[int] = []
        _read_all(self._receivers[:first], sizes)
        for row in range(first, last):
            sizes.append(self._sample(self._legs[row]) if self._receivers[row] is not _NO_RECEIVER else -1)
        _read_all(self._receivers[last:used], sizes)
        return np.array(sizes, np.int32)

    def _sample(self, leg: Leg) -> int:
        """Read one packet with its arrival stamp: jitter, and the age that tells the buffer's depth."""
        if leg.transport is not None:
            return self._read_secure(leg, leg.transport, is_sampled=True)
        view = self._views[leg.row]
        try:
            size, ancillary, _, _ = leg.pair.rtp.recvmsg_into((view,), ANCILLARY_BYTES)
        except OSError:
            return 0
        if size == PACKET and (arrival := arrival_ns(ancillary)) is not None:
            self._look_at(leg, arrival, int.from_bytes(view[4:8], "big"))
        return size

    def _look_at(self, leg: Leg, arrival: int, timestamp: int) -> None:
        leg.jitter.feed(arrival_ms=arrival / 1e6, timestamp=timestamp)
        advice = leg.guard.feed((time.time_ns() - arrival) / 1e6)
        if advice != "steady":
            self._corrections[leg.row] = advice

    def _secure_reader(self, leg: Leg, transport: Transport) -> Callable[[memoryview], int]:
        """Reads as `recv_into` does, but puts the packet into the row in clear."""
        receive, unprotect = leg.pair.rtp.recv, transport.unprotect_rtp

        def read(view: memoryview) -> int:
            data = receive(RECEIVE_BYTES)
            if (
                len(data) > PACKET
                and data[0] == 0x80
                and data[1] & 0x7F < _FIRST_RTCP
                and (plain := unprotect(data)) is not None
            ):
                view[: len(plain)] = plain
                return len(plain)
            return self._read_secure(leg, transport, data)

        return read

    def _read_secure(self, leg: Leg, transport: Transport, data: bytes = b"", *, is_sampled: bool = False) -> int:
        """Read until an audio packet that authenticates, and put it into the row in clear; `data` was read before."""
        sock, view = leg.pair.rtp, self._views[leg.row]
        ancillary: list[tuple[int, int, bytes]] = []
        for turn in range(_SAMPLED):
            try:
                if is_sampled:
                    data, ancillary, _, _ = sock.recvmsg(RECEIVE_BYTES, ANCILLARY_BYTES)
                elif turn or not data:
                    data = sock.recv(RECEIVE_BYTES)
            except OSError:
                return 0
            kind = rtp.kind_of(data)
            if kind == "rtp":
                plain = transport.unprotect_rtp(data)
                if plain is not None:
                    view[: len(plain)] = plain
                    if is_sampled and len(plain) == PACKET and (arrival := arrival_ns(ancillary)) is not None:
                        self._look_at(leg, arrival, int.from_bytes(plain[4:8], "big"))
                    return len(plain)
            elif kind == "rtcp":
                plain = transport.unprotect_rtcp(data)
                if plain is not None:
                    self._listener.rtcp(leg, plain, None)
                    continue
            elif kind == "other":
                transport.handle_other(data, leg.latch.fixed or ("", 0))
                continue
            leg.counters.discarded += 1
        return 0

    def _judge(self, sizes: NDArray[np.int32], tick: int) -> list[int]:
        """Accept what is plain and expected; hand the rest to the slow path. Returns the rows that starve."""
        rows, used = self._rows, len(sizes)
        plain = (
            (sizes == PACKET)
            & (rows.rx_sequence[:used] == rows.expected[:used])
            & (rows.rx_ssrc[:used] == rows.ssrc[:used])
            & (rows.rx[:used, 0] == 0x80)
            & (rows.rx[:used, 1] & 0x7F == rows.payload_type[:used])
            & (rows.starved[:used] == 0)
        )
        rows.expected[:used] += plain
        rows.expected[:used] &= 0xFFFF
        rows.received[:used] += plain
        np.copyto(rows.heard_at[:used], tick, where=plain)
        if np.count_nonzero(plain) == np.count_nonzero(rows.fast[:used]):
            return []
        for row in np.flatnonzero((sizes > 0) & ~plain).tolist():
            self._leave_fast(row, bytes(self._views[row][: sizes[row]]), tick)
        missing: list[int] = np.flatnonzero(sizes == 0).tolist()
        rows.starved[missing] += 1
        for row in [row for row in missing if rows.starved[row] >= _IDLE_TICKS]:
            missing.remove(row)
            self._leave_fast(row, None, tick)
        return missing

    def _leave_fast(self, row: int, data: bytes | None, tick: int) -> None:
        leg = self._legs[row]
        self._leave(row)
        self._slow[row] = leg
        if data is not None and len(data) >= RECEIVE_BYTES:  # cut off: longer than any voice packet
            leg.counters.discarded += 1
            data = None
        leg.reception.take_over(data, tick=tick)

    def _correct(self, tick: int) -> None:
        """Carry out what the delay guards advised: at once when over the limit, else when the leg is silent."""
        if not self._corrections:
            return
        due = list(self._corrections)
        quiet = self._quiet(due, tick)
        for row, is_quiet in zip(due, quiet, strict=True):
            advice = self._corrections[row]
            if self._rows.fast[row] and advice != "force" and not is_quiet:
                continue
            del self._corrections[row]
            if not self._rows.fast[row]:
                continue
            leg = self._legs[row]
            self._leave_fast(row, None, tick)
            if advice == "pause":
                leg.reception.pause()
            else:
                leg.reception.trim(leg.guard.surplus_frames if advice == "force" else 1)
            leg.guard.restart()

    def _quiet(self, some: list[int], tick: int) -> list[bool]:
        """Whether the last frame of each of these rows was silence."""
        if not some:
            return []
        at = np.array(some, np.intp)
        last = decode_rows(self._rows.history[(tick - 1) % HISTORY], at, self._rows.is_a_law[at])
        quiet: list[bool] = (np.abs(last).mean(axis=1) < _QUIET).tolist()
        return quiet


def _read_all(receivers: Sequence[_Receiver], sizes: list[int]) -> None:
    append = sizes.append
    for receive, view in receivers:
        try:
            append(receive(view))
        except BlockingIOError:
            append(0)
        except OSError:  # an ICMP error of an earlier send
            append(0)
