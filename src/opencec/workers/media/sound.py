"""What a play is made of: sounds that give a frame of 20 ms in the law of a leg."""

from __future__ import annotations

from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from opencec.workers.media import g711
from opencec.workers.media.g711 import FRAME, SILENCE, Codec

__all__ = ["BadSource", "HeldSound", "Sound", "silence", "sound_of"]


class BadSource(ValueError):
    """A source of sound that cannot be played: missing, unreadable, or of a form that we do not take."""


class Sound(Protocol):
    """A stretch of audio; used by the audio thread, so nothing here may wait."""

    @property
    def length(self) -> int:
        """Frames of 20 ms, at least one."""
        ...

    def prepare(self, at: int) -> None:
        """Frame `at` will be wanted next."""
        ...

    def frame(self, at: int, codec: Codec) -> NDArray[np.uint8] | None:
        """(160,) uint8 in the law of a leg; None when it is not read yet: ask again in the next tick."""
        ...


class HeldSound:
    """A sound in memory, in both laws: a play copies 160 bytes a tick and decodes nothing."""

    __slots__ = ("_frames",)

    def __init__(self, frames: dict[Codec, NDArray[np.uint8]]) -> None:
        self._frames = frames

    def frames(self, codec: Codec) -> NDArray[np.uint8]:
        """(frames, 160) uint8 in the law of a leg."""
        return self._frames[codec]

    @property
    def length(self) -> int:
        """See `Sound`."""
        return len(self._frames["PCMU"])

    @property
    def size(self) -> int:
        """Bytes in memory."""
        return sum(frames.nbytes for frames in self._frames.values())

    def prepare(self, at: int) -> None:
        """See `Sound`: it is here."""

    def frame(self, at: int, codec: Codec) -> NDArray[np.uint8]:
        """See `Sound`."""
        frame: NDArray[np.uint8] = self._frames[codec][at]
        return frame


def sound_of(samples: NDArray[np.int16]) -> HeldSound:
    """A sound of linear samples at 14-bit scale, of any shape that holds whole frames."""
    flat = np.ascontiguousarray(samples).reshape(-1, FRAME)
    return HeldSound({"PCMU": g711.encode(flat, "PCMU"), "PCMA": g711.encode(flat, "PCMA")})


def silence(duration_ms: int) -> HeldSound:
    """A sound of silence; takes no memory whatever its length."""
    frames = max(1, -(-duration_ms // 20))
    return HeldSound({codec: np.broadcast_to(np.uint8(code), (frames, FRAME)) for codec, code in SILENCE.items()})
