"""The way out of one phase: headers of all rows by column, then one `send` per leg; what is not plain goes apart."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from opencec.workers.media.leg import Leg
from opencec.workers.media.rows import Rows
from opencec.workers.media.transmit import needs_special_sending, plain_sender, send_special

__all__ = ["Outlet"]

_Sender = tuple[Callable[[Any], object], memoryview | None]


def _nothing(_: object) -> None:
    """Stands in the list for a row that is not sent."""


_NO_SENDER: _Sender = (_nothing, None)


class Outlet:
    """Writes the sockets of one phase. `legs` is the phase's own table by row."""

    def __init__(self, rows: Rows, legs: Mapping[int, Leg]) -> None:
        self._rows = rows
        self._legs = legs
        self._special: dict[int, Leg] = {}
        self._marked: list[int] = []
        self._senders: list[_Sender] = []
        self.bind_rows()

    # --- legs come, change and go -------------------------------------------------------------------------------------

    def configure(self, leg: Leg) -> None:
        """The leg is new, or its codec, direction, address or transport has changed."""
        rows, row = self._rows, leg.row
        was_sending = bool(rows.sending[row])
        rows.payload_type[row] = leg.payload_type
        has_path = leg.is_connected if leg.transport is not None else leg.latch.target is not None
        rows.sending[row] = leg.sends and has_path
        if not was_sending or row in self._marked:
            self._mark(leg)
        else:
            rows.tx[row, 1] = leg.payload_type
        self.refresh(leg)

    def refresh(self, leg: Leg) -> None:
        """Choose between the plain way to send and the special one."""
        row = leg.row
        if needs_special_sending(leg):
            self._special[row] = leg
            self._senders[row] = _NO_SENDER
        else:
            self._special.pop(row, None)
            self._senders[row] = (plain_sender(leg), memoryview(self._rows.tx[row]).cast("B"))
        if not self._rows.sending[row]:
            self._senders[row] = _NO_SENDER

    def remove(self, row: int) -> None:
        """The leg of this row goes."""
        self._special.pop(row, None)
        self._senders[row] = _NO_SENDER
        if row in self._marked:
            self._marked.remove(row)

    def _mark(self, leg: Leg) -> None:
        """The next packet begins a talk spurt (RFC 3551 4.1)."""
        self._rows.tx[leg.row, 1] = leg.payload_type | 0x80
        if leg.row not in self._marked:
            self._marked.append(leg.row)

    def bind_rows(self) -> None:
        """(Re-)make the memoryviews of all rows: the arrays have been replaced."""
        rows = self._rows
        self._senders += [_NO_SENDER] * (rows.capacity - len(self._senders))
        for row, leg in self._legs.items():
            if self._senders[row] is not _NO_SENDER:
                self._senders[row] = (plain_sender(leg), memoryview(rows.tx[row]).cast("B"))

    # --- the pass -----------------------------------------------------------------------------------------------------

    def run(self) -> None:
        """Send what every leg hears in this tick (it stands in `rows.heard`)."""
        rows = self._rows
        used = rows.used
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
                self.refresh(leg)
        if self._marked:
            self._unmark()

    def _unmark(self) -> None:
        still = []
        for row in self._marked:
            if self._rows.sending[row]:
                self._rows.tx[row, 1] = self._legs[row].payload_type
            else:
                still.append(row)
        self._marked = still


def _send_all(senders: Sequence[_Sender]) -> None:
    for send, view in senders:
        try:
            send(view)
        except OSError:  # the far end's port is closed or the queue is full: audio does not wait
            pass
