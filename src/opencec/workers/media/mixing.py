"""Who hears whom in one phase, as index arrays: made when something changes, applied every tick.

Most listeners hear one speaker at full level: that is an index permutation of the encoded frames (with a 256-entry
table when the laws differ), nothing is decoded. The others are grouped by their number of speakers; each group is a
gather and a sum of decoded frames.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from opencec.workers.media import g711
from opencec.workers.media.g711 import FRAME
from opencec.workers.media.rows import FIRST_ROW, SILENCE_ROW, Rows

__all__ = ["Hearing", "Mixer", "decode_rows"]

_UNIT_SPEAKERS = 4
"""So many full-scale speakers can be added at 14-bit scale without overflow of int16."""


class Hearing(NamedTuple):
    """What one leg hears: its row and law, and (row, is A-law, gain) of each speaker."""

    row: int
    is_a_law: bool
    speakers: tuple[tuple[int, bool, float], ...]


class _Group(NamedTuple):
    """Listeners with the same number of speakers: `speakers` (m, k) positions among the decoded rows."""

    listeners: NDArray[np.intp]
    speakers: NDArray[np.intp]
    gains: NDArray[np.float32] | None
    """(m, k), or None when all are 1."""
    is_a_law: NDArray[np.bool_]


class _Sums(NamedTuple):
    """The groups and the rows whose samples they need."""

    decoded: NDArray[np.intp]
    decoded_a_law: NDArray[np.bool_]
    groups: tuple[_Group, ...]


class Mixer:
    """One phase's mixing. Single listeners are changed in place; only sums are regrouped, once before they are used."""

    def __init__(self, capacity: int) -> None:
        self._copy_from = np.zeros(capacity, np.intp)
        self._to_mu: set[int] = set()
        self._to_a: set[int] = set()
        self._summed: dict[int, Hearing] = {}
        self._sums: _Sums | None = None

    def grow(self, capacity: int) -> None:
        """The phase has more rows now."""
        grown = np.zeros(capacity, np.intp)
        grown[: len(self._copy_from)] = self._copy_from
        self._copy_from = grown

    def clear(self, row: int) -> None:
        """The row hears (mu-law) silence; for a leg use `set` with no speakers."""
        self._copy_from[row] = 0
        self._to_mu.discard(row)
        self._to_a.discard(row)
        if self._summed.pop(row, None) is not None:
            self._sums = None

    def set(self, hearing: Hearing) -> None:
        """Say what one leg hears from now on; a gain of 0 is as good as no speaker."""
        row = hearing.row
        self.clear(row)
        self._copy_from[row] = SILENCE_ROW["PCMA" if hearing.is_a_law else "PCMU"]
        speakers = tuple(speaker for speaker in hearing.speakers if speaker[2] != 0.0)
        if len(speakers) == 1 and speakers[0][2] == 1.0:
            source, is_a_law, _ = speakers[0]
            self._copy_from[row] = source
            if is_a_law != hearing.is_a_law:
                (self._to_mu if is_a_law else self._to_a).add(row)
        elif speakers:
            self._summed[row] = hearing._replace(speakers=speakers)
            self._sums = None

    def hears_something(self, row: int) -> bool:
        """A play must be added to what the row hears, not only laid over it."""
        return row in self._summed or int(self._copy_from[row]) >= FIRST_ROW

    def apply(self, frames: NDArray[np.uint8], rows: Rows) -> None:
        """Write what everybody hears into `rows.heard`.

        Args:
            frames: (capacity, 160) uint8, contiguous: what every leg said this tick, in its own law.
            rows: the phase.
        """
        heard = rows.heard
        heard[: rows.used] = frames.take(self._copy_from[: rows.used], axis=0)
        if self._to_mu:
            to_mu = list(self._to_mu)
            heard[to_mu] = g711.A_TO_MU[heard[to_mu]]
        if self._to_a:
            to_a = list(self._to_a)
            heard[to_a] = g711.MU_TO_A[heard[to_a]]
        if self._summed:
            if self._sums is None:
                self._sums = _regroup(self._summed.values())
            samples = decode_rows(frames, self._sums.decoded, self._sums.decoded_a_law)
            for group in self._sums.groups:
                _write(heard, group, _sum(samples, group))


def decode_rows(frames: NDArray[np.uint8], rows: NDArray[np.intp], is_a_law: NDArray[np.bool_]) -> NDArray[np.int16]:
    """(m, 160) int16 at 14-bit scale of the given rows, each by its own law."""
    codes = frames.take(rows, axis=0)
    samples = g711.decode(codes, "PCMU")
    if is_a_law.any():
        samples[is_a_law] = g711.decode(codes[is_a_law], "PCMA")
    return samples


def _sum(samples: NDArray[np.int16], group: _Group) -> NDArray[np.int16]:
    """(m, 160) int16: the sum of each listener's speakers, saturated."""
    if group.gains is None:
        total = samples.take(group.speakers[:, 0], axis=0)
        for k in range(1, group.speakers.shape[1]):
            total += samples.take(group.speakers[:, k], axis=0)
        return total
    weighted = np.zeros((len(group.listeners), FRAME), np.float32)
    for k in range(group.speakers.shape[1]):
        weighted += samples.take(group.speakers[:, k], axis=0) * group.gains[:, k, None]
    loudest = g711.FULL_SCALE
    return np.rint(weighted).clip(-loudest, loudest).astype(np.int16)


def _write(heard: NDArray[np.uint8], group: _Group, total: NDArray[np.int16]) -> None:
    if not group.is_a_law.any():
        heard[group.listeners] = g711.encode(total, "PCMU")
        return
    mu = ~group.is_a_law
    heard[group.listeners[mu]] = g711.encode(total[mu], "PCMU")
    heard[group.listeners[group.is_a_law]] = g711.encode(total[group.is_a_law], "PCMA")


def _regroup(summed: Iterable[Hearing]) -> _Sums:
    by_size: dict[tuple[int, bool], list[Hearing]] = {}
    for hearing in summed:
        count = len(hearing.speakers)
        is_unit = count <= _UNIT_SPEAKERS and all(gain == 1.0 for _, _, gain in hearing.speakers)
        by_size.setdefault((count, is_unit), []).append(hearing)
    laws = {row: is_a_law for some in by_size.values() for hearing in some for row, is_a_law, _ in hearing.speakers}
    position = {row: at for at, row in enumerate(laws)}
    return _Sums(
        np.array(list(laws), np.intp),
        np.array(list(laws.values()), np.bool_),
        tuple(_group(some, position, is_unit=is_unit) for (_, is_unit), some in by_size.items()),
    )


def _group(some: list[Hearing], position: dict[int, int], *, is_unit: bool) -> _Group:
    return _Group(
        np.array([hearing.row for hearing in some], np.intp),
        np.array([[position[row] for row, _, _ in hearing.speakers] for hearing in some], np.intp),
        None if is_unit else np.array([[gain for _, _, gain in h.speakers] for h in some], np.float32),
        np.array([hearing.is_a_law for hearing in some], np.bool_),
    )
