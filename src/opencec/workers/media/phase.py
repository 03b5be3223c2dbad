"""One phase: the legs that are served together every 20 ms, and the pass over them.

The pass works on whole matrices; Python touches a single leg only to read and write its socket, and where something
about the leg is not plain (`receive.py`, `transmit.py`).
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import Any, Protocol

import numpy as np
import structlog
from numpy.typing import NDArray

from opencec.workers.media import g711, rtp
from opencec.workers.media.concealment import conceal
from opencec.workers.media.dtmf import PressedDigit
from opencec.workers.media.g711 import SILENCE
from opencec.workers.media.inband import find_pairs
from opencec.workers.media.jitter import Advice
from opencec.workers.media.leg import Leg
from opencec.workers.media.mixing import Mixer, decode_rows
from opencec.workers.media.play import EndedPlay
from opencec.workers.media.receive import Listener
from opencec.workers.media.rows import FIRST_ROW, HISTORY, PACKET, RECEIVE_BYTES, Rows
from opencec.workers.media.sockets import ANCILLARY_BYTES, arrival_ns
from opencec.workers.media.transmit import needs_special_sending, plain_sender, send_special

__all__ = ["Phase", "PhaseListener"]

_log = structlog.get_logger(__name__)

_SAMPLED = 16
"""One leg of so many is looked at more closely a tick: arrival stamp, age of the frame."""
_IDLE_TICKS = 10
"""After 200 ms without a packet a leg leaves the vector path until its stream begins again."""
_QUIET = 40.0
"""Mean absolute sample (14-bit scale, about -46 dBov) below which a frame is silence: there drift is corrected."""

_Receiver = tuple[Callable[[Any], int], memoryview | None]
_Sender = tuple[Callable[[Any], object], memoryview | None]


class PhaseListener(Listener, Protocol):
    """What the engine learns from a pass."""

    def play_ended(self, leg: Leg, ended: EndedPlay) -> None:
        """A play has sent its last frame."""

    def inband_digit(self, leg: Leg, pressed: PressedDigit) -> None:
        """A DTMF tone pair has ended."""

    def leg_broken(self, leg: Leg) -> None:
        """Serving the leg raised an exception that nobody expected."""


def _nothing(_: object) -> int:
    """Stands in the lists for a row that is not read or not sent."""
    return -1


_NO_RECEIVER: _Receiver = (_nothing, None)
_NO_SENDER: _Sender = (_nothing, None)


class Phase:
    """Rows, sockets and mixing of one phase."""

    def __init__(self, listener: PhaseListener) -> None:
        self.rows = Rows()
        self.mixer = Mixer(self.rows.capacity)
        self.legs: dict[int, Leg] = {}
        self.tick = 0
        self.playing: dict[int, Leg] = {}
        self._listener = listener
        self._slow: dict[int, Leg] = {}
        self._secure: dict[int, Leg] = {}
        self._special: dict[int, Leg] = {}
        self._inband: dict[int, Leg] = {}
        self._inband_busy: set[int] = set()
        self._marked: list[int] = []
        self._corrections: dict[int, Advice] = {}
        self._receivers: list[_Receiver] = []
        self._senders: list[_Sender] = []
        self._views: list[memoryview] = []
        self._bind_rows()

    # --- legs come, change and go -------------------------------------------------------------------------------------

    def add(self, leg: Leg) -> None:
        """Give a leg a row; its sockets are read and written from the next pass on."""
        self._take_row(leg)
        rows = self.rows
        rows.tx_ssrc_wire[leg.row] = leg.ssrc
        rows.tx_sequence[leg.row] = leg.ssrc & 0x7FFF  # random (RFC 3550 5.1), without an early wrap
        rows.tx_timestamp[leg.row] = leg.ssrc * 2_654_435_761 & 0xFFFFFFFF
        rows.heard_at[leg.row] = self.tick
        self.configure(leg)

    def _take_row(self, leg: Leg) -> None:
        grows = self.rows.is_full
        leg.phase, leg.row = self, self.rows.take()
        if grows:
            self.mixer.grow(self.rows.capacity)
            self._bind_rows()
        self.legs[leg.row] = leg

    def configure(self, leg: Leg) -> None:
        """Codec, direction, address or transport of a leg have changed: put it on the right paths."""
        rows, row = self.rows, leg.row
        was_sending = bool(rows.sending[row])
        rows.payload_type[row] = leg.payload_type
        if bool(rows.is_a_law[row]) != (leg.codec == "PCMA"):
            rows.is_a_law[row] = leg.codec == "PCMA"
            rows.history[:, row] = SILENCE[leg.codec]
            rows.silence(row)
        has_path = leg.is_connected if leg.transport is not None else leg.latch.target is not None
        rows.sending[row] = leg.sends and has_path
        rows.timeout_ticks[row] = leg.media_timeout_ms // 20 if leg.receives else 0
        if not was_sending or row in self._marked:
            self._mark(leg)
        else:
            rows.tx[row, 1] = leg.payload_type
        rows.fast[row] = False
        self._receivers[row] = _NO_RECEIVER
        self._slow.pop(row, None)
        self._secure.pop(row, None)
        if leg.transport is None or leg.is_connected:
            self._slow[row] = leg
        if not leg.receives:
            leg.reception.silence()
            rows.silence(row)
        self._inband.pop(row, None)
        if leg.dtmf_payload_type is None:
            self._inband[row] = leg
        self.refresh_sending(leg)

    def refresh_sending(self, leg: Leg) -> None:
        """Choose between the plain way to send and the special one."""
        row = leg.row
        if needs_special_sending(leg):
            self._special[row] = leg
            self._senders[row] = _NO_SENDER
        else:
            self._special.pop(row, None)
            self._senders[row] = (plain_sender(leg), memoryview(self.rows.tx[row]).cast("B"))
        if not self.rows.sending[row]:
            self._senders[row] = _NO_SENDER

    def _mark(self, leg: Leg) -> None:
        """The next packet begins a talk spurt (RFC 3551 4.1)."""
        self.rows.tx[leg.row, 1] = leg.payload_type | 0x80
        if leg.row not in self._marked:
            self._marked.append(leg.row)

    def make_fast(self, leg: Leg) -> None:
        """The leg's stream is plain and in sequence: read it by the vector path."""
        row = leg.row
        self._slow.pop(row, None)
        self.rows.fast[row] = True
        if leg.transport is not None:
            self._secure[row] = leg
        else:
            self._receivers[row] = (leg.pair.rtp.recv_into, self._views[row])

    def remove(self, leg: Leg) -> None:
        """Take a leg out; its row becomes silent and free."""
        row = leg.row
        for by_row in (self.legs, self._slow, self._secure, self._special, self._inband, self.playing):
            by_row.pop(row, None)
        self._corrections.pop(row, None)
        self._inband_busy.discard(row)
        self._receivers[row] = _NO_RECEIVER
        self._senders[row] = _NO_SENDER
        self.mixer.clear(row)
        self.rows.give_back(row)

    def move_here(self, leg: Leg) -> None:
        """Take a leg over from another phase with all its state; who hears it must be told anew."""
        before, row = leg.phase, leg.row
        self._take_row(leg)
        self.rows.copy_from(before.rows, source=row, target=leg.row)
        leg_row, leg.row, leg.phase = leg.row, row, before
        before.remove(leg)
        leg.row, leg.phase = leg_row, self
        if leg.player.is_active:
            self.playing[leg.row] = leg
        self.configure(leg)

    def silent_legs(self) -> list[Leg]:
        """Legs that have sent nothing valid for their media time-out."""
        rows, used = self.rows, self.rows.used
        limit = rows.timeout_ticks[:used]
        silent = (limit > 0) & (self.tick - rows.heard_at[:used] >= limit)
        if not silent.any():
            return []
        return [leg for row in np.flatnonzero(silent).tolist() if (leg := self.legs.get(row)) is not None]

    def is_silent(self, leg: Leg) -> bool:
        """Whether the leg's media time-out is over."""
        limit = int(self.rows.timeout_ticks[leg.row])
        return limit > 0 and self.tick - int(self.rows.heard_at[leg.row]) >= limit

    def _bind_rows(self) -> None:
        """(Re-)make the memoryviews of all rows: the arrays have been replaced."""
        rows = self.rows
        missing = rows.capacity - len(self._receivers)
        self._receivers += [_NO_RECEIVER] * missing
        self._senders += [_NO_SENDER] * missing
        self._views = [memoryview(rows.rx[row]).cast("B") for row in range(rows.capacity)]
        for row, leg in self.legs.items():
            if self._receivers[row] is not _NO_RECEIVER:
                self._receivers[row] = (leg.pair.rtp.recv_into, self._views[row])
            if self._senders[row] is not _NO_SENDER:
                self._senders[row] = (plain_sender(leg), memoryview(rows.tx[row]).cast("B"))

    # --- the pass -----------------------------------------------------------------------------------------------------

    def run(self, tick: int) -> None:
        """Serve every leg once: receive, mix, play, send. `tick` may jump after an overload: the hole is silence."""
        rows = self.rows
        if tick > self.tick + 1:
            self._skip(range(max(self.tick + 1, tick - HISTORY), tick))
        self.tick = tick
        used = rows.used
        if used == FIRST_ROW:
            return
        self._correct(tick)
        missing = self._judge(self._read(tick), tick)
        missing += self._play_slow(tick)
        if missing:
            conceal(rows, np.array(missing, np.intp), tick=tick)
        said = rows.history[tick % HISTORY]
        said[:used] = rows.said[:used]
        self.mixer.apply(said, rows)
        if self.playing:
            self._play()
        self._send(used)
        if self._inband:
            self._find_digits(said)

    def _play_slow(self, tick: int) -> list[int]:
        """The legs off the vector path; the rows among them that starve."""
        missing = []
        for row, leg in list(self._slow.items()):
            try:
                if not leg.reception.play(tick):
                    missing.append(row)
            except Exception:  # whatever one far end sends, the other legs go on
                _log.exception("leg cannot be served", leg=leg.id)
                self._slow.pop(row, None)
                self._listener.leg_broken(leg)
        return missing

    def _skip(self, ticks: range) -> None:
        for skipped in ticks:
            frames = self.rows.history[skipped % HISTORY]
            frames[:] = SILENCE["PCMU"]
            frames[self.rows.is_a_law] = SILENCE["PCMA"]

    def _read(self, tick: int) -> NDArray[np.int32]:
        """(used,) bytes received by each row: 0 = nothing was there, -1 = not on the vector path."""
        used, turn = self.rows.used, tick % _SAMPLED
        first, last = used * turn // _SAMPLED, used * (turn + 1) // _SAMPLED
        sizes: list[int] = []
        _read_all(self._receivers[:first], sizes)
        for row in range(first, last):
            sizes.append(self._sample(self.legs[row]) if self._receivers[row] is not _NO_RECEIVER else -1)
        _read_all(self._receivers[last:used], sizes)
        for row, leg in list(self._secure.items()):
            sizes[row] = self._read_secure(leg, is_sampled=first <= row < last)
        return np.array(sizes, np.int32)

    def _sample(self, leg: Leg) -> int:
        """Read one packet with its arrival stamp: jitter, and the age that tells the buffer's depth."""
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

    def _read_secure(self, leg: Leg, *, is_sampled: bool) -> int:
        """Read until an audio packet that authenticates, and put it into the row in clear."""
        transport, sock, view = leg.transport, leg.pair.rtp, self._views[leg.row]
        assert transport is not None
        for _ in range(_SAMPLED):
            try:
                if is_sampled:
                    data, ancillary, _, _ = sock.recvmsg(RECEIVE_BYTES, ANCILLARY_BYTES)
                else:
                    data, ancillary = sock.recv(RECEIVE_BYTES), []
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
        rows, used = self.rows, len(sizes)
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
        leg = self.legs[row]
        self._receivers[row] = _NO_RECEIVER
        self._secure.pop(row, None)
        self._slow[row] = leg
        if data is not None and len(data) >= RECEIVE_BYTES:  # cut off: longer than any voice packet
            leg.counters.discarded += 1
            data = None
        leg.reception.take_over(data, tick=tick)

    def _correct(self, tick: int) -> None:
        """Carry out what the delay guards advised: at once when over the limit, else when the leg is silent."""
        for row, advice in list(self._corrections.items()):
            leg = self.legs[row]
            if not self.rows.fast[row]:
                del self._corrections[row]
                continue
            if advice != "force" and not self._is_quiet(leg):
                continue
            del self._corrections[row]
            self._leave_fast(row, None, tick)
            if advice == "pause":
                leg.reception.pause()
            else:
                leg.reception.trim(leg.guard.surplus_frames if advice == "force" else 1)
            leg.guard.restart()

    def _is_quiet(self, leg: Leg) -> bool:
        last = np.ascontiguousarray(self.rows.history[(self.tick - 1) % HISTORY, leg.row])
        return bool(np.abs(g711.decode(last, leg.codec)).mean() < _QUIET)

    def _play(self) -> None:
        heard = self.rows.heard
        for row, leg in list(self.playing.items()):
            frame, ended = leg.player.next_frame(leg.codec)
            if frame is not None:
                if self.mixer.hears_something(row):
                    mixed = g711.decode(heard[row].copy(), leg.codec) + g711.decode(frame.copy(), leg.codec)
                    heard[row] = g711.encode(mixed, leg.codec)
                else:
                    heard[row] = frame
            if not leg.player.is_active:
                del self.playing[row]
            for one in ended:
                self._listener.play_ended(leg, one)

    def _send(self, used: int) -> None:
        rows = self.rows
        sending = rows.sending[:used]
        rows.tx_sequence[:used] += sending
        rows.tx_timestamp[:used] += 160
        rows.tx_sequence_wire[:used] = rows.tx_sequence[:used]
        rows.tx_timestamp_wire[:used] = rows.tx_timestamp[:used]
        rows.sent[:used] += sending
        _send_all(self._senders[:used])
        for leg in list(self._special.values()):
            send_special(leg)
            if not needs_special_sending(leg):
                self.refresh_sending(leg)
        if self._marked:
            self._unmark()

    def _unmark(self) -> None:
        still = []
        for row in self._marked:
            leg = self.legs.get(row)
            if leg is not None and self.rows.sending[row]:
                self.rows.tx[row, 1] = leg.payload_type
            elif leg is not None:
                still.append(row)
        self._marked = still

    def _find_digits(self, said: NDArray[np.uint8]) -> None:
        """In-band DTMF of the legs without telephone-event."""
        at = np.fromiter(self._inband, np.intp, len(self._inband))
        pairs = find_pairs(decode_rows(said, at, self.rows.is_a_law[at]))
        hits = {int(at[i]): i for i in np.flatnonzero(pairs.digit >= 0)}
        for row in hits.keys() | self._inband_busy:
            i = hits.get(row)
            leg = self._inband.get(row)
            if leg is None:
                self._inband_busy.discard(row)
                continue
            pressed = (
                leg.inband.feed(int(pairs.digit[i]), float(pairs.share[i]))
                if i is not None
                else leg.inband.feed(-1, 0.0)
            )
            if leg.inband.is_busy:
                self._inband_busy.add(row)
            else:
                self._inband_busy.discard(row)
            if pressed is not None:
                self._listener.inband_digit(leg, pressed)


def _read_all(receivers: Sequence[_Receiver], sizes: list[int]) -> None:
    append = sizes.append
    for receive, view in receivers:
        try:
            append(receive(view))
        except BlockingIOError:
            append(0)
        except OSError:  # an ICMP error of an earlier send
            append(0)


def _send_all(senders: Sequence[_Sender]) -> None:
    for send, view in senders:
        try:
            send(view)
        except OSError:  # the far end's port is closed or the queue is full: audio does not wait
            pass
