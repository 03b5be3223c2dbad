"""The matrices of one phase: a row per leg, a column array per property.

The arrays are made large at once: the system gives memory only to the pages that rows in use touch, whereas growing
(by doubling, when even that is not enough) copies everything and would hold up the audio for tens of milliseconds.

Rows 0 and 1 belong to nobody: they hold mu-law and A-law silence, so that "hears nothing" is an index like any other.
Legs get the lowest free row; `used` bounds what the pass touches.
"""

from __future__ import annotations

import heapq

import numpy as np
from numpy.typing import NDArray

from opencec.workers.media.g711 import FRAME, SILENCE, Codec

__all__ = ["FIRST_ROW", "HISTORY", "PACKET", "SILENCE_ROW", "Rows"]

HISTORY = 64
"""Frames kept of what each leg said: a second for recordings, and some for concealment."""
PACKET = 12 + FRAME
RECEIVE_BYTES = 576
"""One received datagram: 60 ms of G.711 with options. Nine cache lines, so that rows do not fight for one cache set."""
FIRST_ROW = 2
SILENCE_ROW: dict[Codec, int] = {"PCMU": 0, "PCMA": 1}

_COLUMNS: dict[str, type[np.generic]] = {
    "fast": np.bool_,  # plays from the kernel's queue by the vector path
    "expected": np.int32,  # next sequence number
    "ssrc": np.uint32,  # of the far end
    "payload_type": np.uint8,  # that we expect
    "starved": np.int32,  # frames concealed since the last packet
    "is_a_law": np.bool_,
    "received": np.int64,
    "concealed": np.int64,
    "heard_at": np.int64,  # tick of the last valid packet
    "timeout_ticks": np.int32,  # media time-out, 0: never
    "sending": np.uint16,  # 0 or 1: added to the sequence number
    "tx_sequence": np.uint16,
    "tx_timestamp": np.uint32,
    "sent": np.int64,
}


class Rows:
    """Struct of arrays; see `_COLUMNS`. Arrays are replaced on growth: never keep a reference across `take`."""

    fast: NDArray[np.bool_]
    expected: NDArray[np.int32]
    ssrc: NDArray[np.uint32]
    payload_type: NDArray[np.uint8]
    starved: NDArray[np.int32]
    is_a_law: NDArray[np.bool_]
    received: NDArray[np.int64]
    concealed: NDArray[np.int64]
    heard_at: NDArray[np.int64]
    timeout_ticks: NDArray[np.int32]
    sending: NDArray[np.uint16]
    tx_sequence: NDArray[np.uint16]
    tx_timestamp: NDArray[np.uint32]
    sent: NDArray[np.int64]

    def __init__(self, capacity: int = 2_048) -> None:
        self.capacity = capacity
        self.used = FIRST_ROW
        self._free = list(range(FIRST_ROW, capacity))
        self.rx = np.zeros((capacity, RECEIVE_BYTES), np.uint8)
        self.tx = np.zeros((capacity, PACKET), np.uint8)
        self.history = np.zeros((HISTORY, capacity, FRAME), np.uint8)
        for name, kind in _COLUMNS.items():
            setattr(self, name, np.zeros(capacity, kind))
        for codec, row in SILENCE_ROW.items():
            self.rx[row, 12:PACKET] = SILENCE[codec]
            self.history[:, row] = SILENCE[codec]
            self.is_a_law[row] = codec == "PCMA"
        self._make_views()

    def _make_views(self) -> None:
        """Columns of the packet matrices as numbers in network order."""
        self.said = self.rx[:, 12:PACKET]
        self.rx_sequence = self.rx[:, 2:4].view(">u2")[:, 0]
        self.rx_ssrc = self.rx[:, 8:12].view(">u4")[:, 0]
        self.heard = self.tx[:, 12:PACKET]
        self.tx_sequence_wire = self.tx[:, 2:4].view(">u2")[:, 0]
        self.tx_timestamp_wire = self.tx[:, 4:8].view(">u4")[:, 0]
        self.tx_ssrc_wire = self.tx[:, 8:12].view(">u4")[:, 0]

    @property
    def is_full(self) -> bool:
        """The next `take` grows the arrays (whoever holds memoryviews of rows must make new ones)."""
        return not self._free

    def take(self) -> int:
        """A clean row for a new leg."""
        if not self._free:
            self._grow()
        row = heapq.heappop(self._free)
        self.used = max(self.used, row + 1)
        self.rx[row, 12:PACKET] = SILENCE["PCMU"]
        self.history[:, row] = SILENCE["PCMU"]
        self.tx[row, 0] = 0x80
        return row

    def give_back(self, row: int) -> None:
        """The leg has gone: the row is free."""
        for name in _COLUMNS:
            getattr(self, name)[row] = 0
        self.rx[row] = 0
        self.tx[row] = 0
        heapq.heappush(self._free, row)
        if row + 1 == self.used:
            taken = set(range(FIRST_ROW, self.used)) - set(self._free)
            self.used = max(taken, default=FIRST_ROW - 1) + 1

    def copy_from(self, other: Rows, *, source: int, target: int) -> None:
        """Take over everything of a leg that moves here from another phase."""
        for name in _COLUMNS:
            getattr(self, name)[target] = getattr(other, name)[source]
        self.rx[target] = other.rx[source]
        self.tx[target] = other.tx[source]
        self.history[:, target] = other.history[:, source]

    def silence(self, row: int) -> None:
        """What the leg says is silence from now on (until something is received)."""
        self.rx[row, 12:PACKET] = SILENCE["PCMA" if self.is_a_law[row] else "PCMU"]

    def _grow(self) -> None:
        old, self.capacity = self.capacity, self.capacity * 2
        self._free = list(range(old, self.capacity))
        for name in ("rx", "tx", *_COLUMNS):
            array = getattr(self, name)
            setattr(self, name, np.concatenate([array, np.zeros_like(array)]))
        self.history = np.concatenate([self.history, np.zeros_like(self.history)], axis=1)
        self._make_views()
