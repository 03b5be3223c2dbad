"""In-band DTMF of the legs of one phase whose far ends have no telephone-event: one matrix product for all of them."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from opencec.workers.media.dtmf import PressedDigit
from opencec.workers.media.inband import find_pairs
from opencec.workers.media.leg import Leg
from opencec.workers.media.mixing import decode_rows

__all__ = ["ToneWatch"]


class ToneWatch:
    """Which legs are listened to, and which of them are in the middle of a tone pair."""

    def __init__(self) -> None:
        self._legs: dict[int, Leg] = {}
        self._busy: set[int] = set()

    def configure(self, leg: Leg) -> None:
        """Listen to the leg if its SDP has no telephone-event; a far end that has it is believed to use it."""
        if leg.dtmf_payload_type is None:
            self._legs[leg.row] = leg
            if leg.inband.is_busy:  # it comes from another phase in the middle of a tone pair
                self._busy.add(leg.row)
        else:
            self.remove(leg.row)

    def remove(self, row: int) -> None:
        """The leg of this row goes."""
        self._legs.pop(row, None)
        self._busy.discard(row)

    def run(self, said: NDArray[np.uint8], is_a_law: NDArray[np.bool_]) -> Iterator[tuple[Leg, PressedDigit]]:
        """The digits that end in this tick.

        Args:
            said: (rows, 160) codes of what each leg said.
            is_a_law: (rows,) the law of each row.
        """
        if not self._legs:
            return
        at = np.fromiter(self._legs, np.intp, len(self._legs))
        pairs = find_pairs(decode_rows(said, at, is_a_law[at]))
        hits = {int(at[i]): i for i in np.flatnonzero(pairs.digit >= 0)}
        for row in hits.keys() | self._busy:
            leg, i = self._legs[row], hits.get(row)
            if i is None:
                pressed = leg.inband.feed(-1, 0.0)
            else:
                pressed = leg.inband.feed(int(pairs.digit[i]), float(pairs.share[i]))
            if leg.inband.is_busy:
                self._busy.add(row)
            else:
                self._busy.discard(row)
            if pressed is not None:
                yield leg, pressed
