"""One phase: the legs that are served together every 20 ms, and the pass over them.

The pass works on whole matrices; Python touches a single leg only to read and write its socket (`intake.py`,
`outlet.py`), and where something about the leg is not plain (`receive.py`, `transmit.py`).
"""

from __future__ import annotations

from typing import Any, Protocol

import numpy as np

from opencec.workers.media import g711
from opencec.workers.media.concealment import conceal
from opencec.workers.media.dtmf import PressedDigit
from opencec.workers.media.g711 import SILENCE
from opencec.workers.media.intake import Intake, IntakeListener
from opencec.workers.media.leg import Leg
from opencec.workers.media.listening import Listening
from opencec.workers.media.mixing import Mixer
from opencec.workers.media.outlet import Outlet
from opencec.workers.media.play import EndedPlay
from opencec.workers.media.rows import FIRST_ROW, HISTORY, Rows
from opencec.workers.media.tone_watch import ToneWatch

__all__ = ["Phase", "PhaseListener"]


class PhaseListener(IntakeListener, Protocol):
    """What the engine learns from a pass."""

    def play_ended(self, leg: Leg, ended: EndedPlay) -> None:
        """A play has sent its last frame."""

    def inband_digit(self, leg: Leg, pressed: PressedDigit) -> None:
        """A DTMF tone pair has ended."""

    def tell(self, kind: Any, /, **fields: object) -> None:
        """Make an event of this kind."""


class Phase:
    """Rows, sockets and mixing of one phase. Legs come and go between passes, never within one."""

    def __init__(self, listener: PhaseListener) -> None:
        self.rows = Rows()
        self.mixer = Mixer(self.rows.capacity)
        self.legs: dict[int, Leg] = {}
        self.tick = 0
        self.playing: dict[int, Leg] = {}
        self._listener = listener
        self._intake = Intake(self.rows, self.legs, listener)
        self._outlet = Outlet(self.rows, self.legs)
        self._tones = ToneWatch()
        self._listening = Listening(listener.tell)

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
            self._intake.bind_rows()
            self._outlet.bind_rows()
        self.legs[leg.row] = leg

    def configure(self, leg: Leg) -> None:
        """Codec, direction, address or transport of a leg have changed: put it on the right paths."""
        rows, row = self.rows, leg.row
        if bool(rows.is_a_law[row]) != (leg.codec == "PCMA"):
            rows.is_a_law[row] = leg.codec == "PCMA"
            rows.history[:, row] = SILENCE[leg.codec]
            rows.silence(row)
        rows.timeout_ticks[row] = leg.media_timeout_ms // 20 if leg.receives else 0
        self._intake.configure(leg)
        self._outlet.configure(leg)
        self._tones.configure(leg)
        self._listening.configure(leg)

    def refresh_sending(self, leg: Leg) -> None:
        """Digits wait to be sent to this leg."""
        self._outlet.refresh(leg)

    def refresh_listening(self, leg: Leg) -> None:
        """Somebody listens to this leg, or no longer."""
        self._listening.configure(leg)

    def make_fast(self, leg: Leg) -> None:
        """The leg's stream is plain and in sequence: read it by the vector path."""
        self._intake.make_fast(leg)

    def remove(self, leg: Leg) -> None:
        """Take a leg out; its row becomes silent and free."""
        row = leg.row
        self.legs.pop(row, None)
        self.playing.pop(row, None)
        for part in (self._intake, self._outlet, self._tones, self._listening):
            part.remove(row)
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

    # --- the pass -----------------------------------------------------------------------------------------------------

    def run(self, tick: int) -> None:
        """Serve every leg once: receive, mix, play, send. `tick` may jump after an overload: the hole is silence."""
        rows = self.rows
        used = rows.used
        if tick > self.tick + 1:
            self._skip(range(max(self.tick + 1, tick - HISTORY), tick), used)
        self.tick = tick
        if used == FIRST_ROW:
            return
        missing = self._intake.run(tick)
        if missing:
            conceal(rows, np.array(missing, np.intp), tick=tick)
        said = rows.history[tick % HISTORY]
        said[:used] = rows.said[:used]
        self.mixer.apply(said, rows)
        if self.playing:
            self._play()
        self._outlet.run()
        for leg, pressed in self._tones.run(said, rows.is_a_law):
            self._listener.inband_digit(leg, pressed)
        self._listening.run(said, rows.is_a_law, tick)

    def _skip(self, ticks: range, used: int) -> None:
        """Nothing was said in these ticks. Rows that nobody uses stay untouched: they would only take up memory."""
        for skipped in ticks:
            frames = self.rows.history[skipped % HISTORY, :used]
            frames[:] = SILENCE["PCMU"]
            frames[self.rows.is_a_law[:used]] = SILENCE["PCMA"]

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
