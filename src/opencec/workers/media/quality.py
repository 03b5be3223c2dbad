"""Figures of one leg's reception: interarrival jitter, loss intervals, and a MOS by the E-model."""

from __future__ import annotations

import math

__all__ = ["Jitter", "mos", "rating"]

_PLC_ROBUSTNESS = 25.1
"""Bpl of G.711 with packet-loss concealment, random loss (ITU-T G.113 appendix I)."""
_DEFAULT_RATING = 93.2
"""R0 - Is with all defaults of ITU-T G.107."""


class Jitter:
    """Interarrival jitter from a sample of the packets (RFC 3550 6.4.1, A.8).

    The kernel stamps arrivals; reading the stamp of every packet would cost more than the audio, so only every so many
    packets are fed. Between two samples the clocks' drift (100 ppm at most) is far below what is measured.
    """

    __slots__ = ("_transit_ms", "value_ms")

    def __init__(self) -> None:
        self._transit_ms: float | None = None
        self.value_ms = 0.0
        """Smoothed mean deviation of transit times, milliseconds."""

    def feed(self, *, arrival_ms: float, timestamp: int) -> None:
        """Account one packet that arrived at `arrival_ms` with the RTP `timestamp` (8 kHz samples, modulo 2**32)."""
        transit = arrival_ms - timestamp / 8.0
        if self._transit_ms is not None:
            deviation = abs(transit - self._transit_ms)
            if deviation < 2_000.0:  # else: the timestamp wrapped or the stream began anew
                self.value_ms += (deviation - self.value_ms) / 16.0
        self._transit_ms = transit

    def restart(self) -> None:
        """The stream changed (SSRC, pause): do not compare across."""
        self._transit_ms = None


def rating(*, loss: float, delay_ms: float) -> float:
    """Transmission rating R of a G.711 connection (ITU-T G.107 clause 7).

    Args:
        loss: share of packets lost or dropped, 0-1.
        delay_ms: mouth-to-ear delay one way, milliseconds.
    """
    impairment = 0.0
    if delay_ms > 100.0:
        x = math.log2(delay_ms / 100.0)
        impairment = 25.0 * ((1 + x**6) ** (1 / 6) - 3.0 * (1 + (x / 3.0) ** 6) ** (1 / 6) + 2.0)
    percent = 100.0 * loss
    return _DEFAULT_RATING - impairment - 95.0 * percent / (percent + _PLC_ROBUSTNESS)


def mos(*, loss: float, delay_ms: float) -> float:
    """Estimated mean opinion score, 1.0-4.5 (ITU-T G.107 annex B); arguments as of `rating`."""
    r = rating(loss=loss, delay_ms=delay_ms)
    if r <= 0.0:
        return 1.0
    if r >= 100.0:
        return 4.5
    return max(1.0, 1.0 + 0.035 * r + r * (r - 60.0) * (100.0 - r) * 7e-6)
