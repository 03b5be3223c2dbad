"""The legs of one phase that somebody listens to: taps and detections, on frames decoded once for all of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from opencec.workers.listening_protocol import AnswerClass, Detect, Tap, TapClosed, Voice
from opencec.workers.media import g711
from opencec.workers.media.answering import AnswerDetector, find_tones
from opencec.workers.media.loudness import VoiceActivity, levels_dbov
from opencec.workers.media.mixing import decode_rows
from opencec.workers.media.taps import TapStream

if TYPE_CHECKING:
    from opencec.workers.media.leg import Leg

__all__ = ["Ear", "Listening"]

_ANSWER_LIMIT_MS = 60_000

Tell = Callable[..., None]
"""`EventLog.emit`."""


@dataclass(slots=True, eq=False)
class _Detection:
    command: Detect
    frames_left: int
    """Negative: no limit."""
    voice: VoiceActivity | None
    answer: AnswerDetector | None


@dataclass(slots=True, eq=False)
class Ear:
    """What listens to one leg."""

    detections: dict[str, _Detection] = field(default_factory=dict)
    taps: dict[str, TapStream] = field(default_factory=dict)

    @property
    def is_idle(self) -> bool:
        """Nobody listens."""
        return not self.detections and not self.taps

    def detect(self, command: Detect) -> None:
        """Begin a detection; one that runs goes on.

        Raises:
            ValueError: the command asks for nothing.
        """
        if not command.voice and not command.answer:
            raise ValueError("nothing to detect")
        limit = command.limit_ms or (0 if command.voice else _ANSWER_LIMIT_MS)
        self.detections.setdefault(
            command.detect,
            _Detection(
                command,
                limit // 20 if limit else -1,
                VoiceActivity() if command.voice else None,
                AnswerDetector() if command.answer else None,
            ),
        )

    def tap(self, command: Tap, *, at_ms: int) -> None:
        """Open a tap; one that runs goes on.

        Raises:
            OSError: see `TapStream`.
        """
        if command.tap not in self.taps:
            self.taps[command.tap] = TapStream(command, at_ms=at_ms)

    def stop_tap(self, leg_id: str, tap: str, reason: str, tell: Tell) -> None:
        """End a tap and say so; one that does not run is fine."""
        stream = self.taps.pop(tap, None)
        if stream is not None:
            stream.close()
            tell(TapClosed, leg=leg_id, tap=tap, reason=reason, sent_ms=stream.sent_frames * 20)


class Listening:
    """Which rows of a phase are listened to. `tell` makes events."""

    def __init__(self, tell: Tell) -> None:
        self._tell = tell
        self._legs: dict[int, Leg] = {}

    def configure(self, leg: Leg) -> None:
        """Listen to the leg if anybody wants it."""
        if leg.ear.is_idle:
            self._legs.pop(leg.row, None)
        else:
            self._legs[leg.row] = leg

    def remove(self, row: int) -> None:
        """The leg of this row goes."""
        self._legs.pop(row, None)

    def run(self, said: NDArray[np.uint8], is_a_law: NDArray[np.bool_], tick: int) -> None:
        """Hand the frames of this tick to whoever listens.

        Args:
            said: (rows, 160) codes of what each leg said.
            is_a_law: (rows,) the law of each row.
        """
        if not self._legs:
            return
        legs = list(self._legs.values())
        at = np.fromiter(self._legs, np.intp, len(legs))
        samples = decode_rows(said, at, is_a_law[at])
        self._feed_taps(legs, samples, tick)
        self._detect(legs, samples)
        for leg in legs:
            if leg.ear.is_idle:
                self._legs.pop(leg.row, None)

    def _feed_taps(self, legs: list[Leg], samples: NDArray[np.int16], tick: int) -> None:
        wide: NDArray[np.int16] | None = None
        for i, leg in enumerate(legs):
            if not leg.ear.taps:
                continue
            wide = g711.to_16_bit(samples) if wide is None else wide
            frame = wide[i].tobytes()
            for name, stream in list(leg.ear.taps.items()):
                stream.feed(frame, tick)
                if stream.reason:
                    leg.ear.stop_tap(leg.id, name, stream.reason, self._tell)

    def _detect(self, legs: list[Leg], samples: NDArray[np.int16]) -> None:
        chosen = [i for i, leg in enumerate(legs) if leg.ear.detections]
        if not chosen:
            return
        levels = levels_dbov(samples[chosen]).tolist()
        with_answer = [i for i in chosen if any(d.answer is not None for d in legs[i].ear.detections.values())]
        found = find_tones(samples[with_answer]) if with_answer else None
        lines = {i: (float(found.hertz[k]), float(found.share[k])) for k, i in enumerate(with_answer)} if found else {}
        for level, i in zip(levels, chosen, strict=True):
            for detection in list(legs[i].ear.detections.values()):
                self._feed(legs[i], detection, level, lines.get(i, (0.0, 0.0)))

    def _feed(self, leg: Leg, detection: _Detection, level: float, line: tuple[float, float]) -> None:
        name = detection.command.detect
        if (voice := detection.voice) is not None and (change := voice.feed(level)) is not None:
            is_end = change == "end"
            self._tell(
                Voice,
                leg=leg.id,
                detect=name,
                speaking=not is_end,
                level_dbov=voice.level_dbov,
                duration_ms=voice.duration_ms if is_end else 0,
            )
        if (answer := detection.answer) is not None:
            verdict = answer.feed(level, hertz=line[0], share=line[1])
            if verdict is not None:
                self._tell(AnswerClass, leg=leg.id, detect=name, answer=verdict, after_ms=answer.elapsed_ms)
            if answer.is_done:
                detection.answer = None
        detection.frames_left -= 1
        if detection.frames_left == 0 or (detection.voice is None and detection.answer is None):
            leg.ear.detections.pop(name, None)
