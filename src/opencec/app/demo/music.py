"""Hold music of the demo tenant: an original piece, composed in numbers and rendered with numpy as a seamless loop.

Eight bars of four at 80 beats a minute: 24 seconds. Everything is written into a ring, tails included, and the room is
a circular convolution, so the end meets the beginning without a seam. At 8 kHz, without partials above 3.4 kHz.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = ["RATE", "SECONDS", "compose"]

RATE = 8_000
SECONDS = 24
_BEAT = 0.75
_TOP_HZ = 3_400.0

Samples = NDArray[np.float64]

# MIDI notes. Voicings lie close together, so that the harmony glides; the bass has the roots.
_CHORDS = (
    (60, 64, 67, 71),  # C major 7
    (57, 64, 67, 72),  # A minor 7
    (60, 65, 69, 72),  # F major
    (59, 62, 67, 72),  # G suspended
    (59, 64, 67, 71),  # E minor
    (57, 60, 64, 67),  # A minor 7
    (57, 62, 65, 69),  # D minor 7
    (59, 62, 65, 67),  # G 7
)
_BASS = (48, 45, 41, 43, 40, 45, 38, 43)
_MELODY = (
    # (bar, beat, note, beats)
    (0, 0.0, 79, 1.5), (0, 1.5, 76, 0.5), (0, 2.0, 74, 2.0),
    (1, 0.5, 72, 0.5), (1, 1.0, 74, 1.0), (1, 2.0, 76, 2.0),
    (2, 0.0, 77, 1.5), (2, 1.5, 76, 0.5), (2, 2.0, 72, 1.5),
    (3, 0.0, 74, 3.0),
    (4, 0.0, 79, 1.0), (4, 1.0, 83, 1.0), (4, 2.0, 81, 0.5), (4, 2.5, 79, 1.5),
    (5, 0.5, 76, 1.0), (5, 1.5, 79, 0.5), (5, 2.0, 76, 2.0),
    (6, 0.0, 77, 1.0), (6, 1.0, 74, 1.0), (6, 2.0, 72, 1.0), (6, 3.0, 69, 1.0),
    (7, 0.0, 71, 1.5), (7, 1.5, 74, 1.5),
)  # fmt: skip
_PATTERN = (0, 2, 1, 3, 2, 3, 1, 2)
"""Which note of the chord each half beat plucks."""


def _hertz(note: int) -> float:
    return 440.0 * 2 ** ((note - 69) / 12)


def _tone(note: int, seconds: float, *, partials: tuple[float, ...], decay: float, attack: float) -> Samples:
    """A note of sines, the higher partials fading sooner, released over 0.12 s at its end."""
    time = np.arange(int((seconds + 0.12) * RATE)) / RATE
    base = _hertz(note)
    sound = np.zeros_like(time)
    for number, amount in enumerate(partials, start=1):
        if base * number < _TOP_HZ:
            sound += amount * np.exp(-time * decay * number**0.7) * np.sin(2 * np.pi * base * number * time)
    envelope: Samples = np.minimum(1.0, time / attack) * np.clip((seconds + 0.12 - time) / 0.12, 0.0, 1.0)
    sound *= envelope
    return sound


def _add(ring: Samples, sound: Samples, at: float, gain: float) -> None:
    """Write a note into the ring from `at` seconds on, around its end if need be."""
    places = (int(at * RATE) + np.arange(len(sound))) % len(ring)
    np.add.at(ring, places, gain * sound)


def _room(ring: Samples, *, seconds: float = 1.1, wet: float = 0.22) -> Samples:
    """A soft room: circular convolution with decaying noise."""
    count = int(seconds * RATE)
    noise = np.random.default_rng(7).standard_normal(count) * np.exp(-np.arange(count) / RATE * 5.0)
    noise = np.convolve(noise, np.ones(4) / 4, mode="same")
    echo = np.zeros(len(ring))
    echo[:count] = noise / np.sqrt((noise**2).sum())
    wet_ring: Samples = np.fft.irfft(np.fft.rfft(ring) * np.fft.rfft(echo), n=len(ring))
    wet_ring *= wet * np.sqrt((ring**2).mean() / (wet_ring**2).mean())
    return ring + wet_ring


def compose() -> NDArray[np.float32]:
    """The loop: (192000,) float32 at 8 kHz, RMS -20 dBov, peaks below -3 dBov."""
    ring = np.zeros(SECONDS * RATE)
    bar = 4 * _BEAT
    for number, (chord, root) in enumerate(zip(_CHORDS, _BASS, strict=True)):
        begin = number * bar
        for note in chord:
            pad = _tone(note, bar, partials=(1.0, 0.25, 0.08), decay=0.25, attack=0.5)
            _add(ring, pad, begin, 0.045)
        for beat, beats in ((0.0, 2.0), (2.0, 1.5)):
            bass = _tone(root, beats * _BEAT, partials=(0.8, 0.7, 0.35, 0.15), decay=1.2, attack=0.02)
            _add(ring, bass, begin + beat * _BEAT, 0.16)
        for step, voice in enumerate(_PATTERN):
            pluck = _tone(chord[voice] + 12, 1.2, partials=(1.0, 0.35, 0.18, 0.06), decay=3.2, attack=0.006)
            _add(ring, pluck, begin + step * _BEAT / 2, 0.085 if step % 2 == 0 else 0.06)
    for number, beat, note, beats in _MELODY:
        lead = _tone(note, beats * _BEAT, partials=(1.0, 0.3, 0.22, 0.08), decay=0.9, attack=0.03)
        _add(ring, lead, number * bar + beat * _BEAT, 0.12)
    ring = _room(ring)
    ring *= 10 ** (-20 / 20) / np.sqrt((ring**2).mean())
    return ring.astype(np.float32)
