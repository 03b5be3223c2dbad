"""A tap: the samples of one leg to a local stream socket, never waited for."""

from __future__ import annotations

import json
import socket

from opencec.workers.listening_protocol import Tap

__all__ = ["TapStream"]

_BUFFER = 128 * 1024
"""Bytes asked for; the kernel counts its own overhead in, so that about five seconds of frames fit."""
_FRAME_BYTES = 320
_LONGEST_HOLE = 50
"""Frames of silence for ticks that nobody played (an overload); more are left out."""


class TapStream:
    """One open tap. Errors end it: `reason` says why.

    Raises (on construction):
        OSError: nobody listens on the path, or too many wait to be accepted.
    """

    __slots__ = ("_sock", "_tick", "command", "reason", "sent_frames")

    def __init__(self, command: Tap, *, at_ms: int) -> None:
        self.command = command
        self.reason = ""
        self.sent_frames = 0
        self._tick: int | None = None
        self._sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            self._sock.setblocking(False)
            self._sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _BUFFER)
            self._sock.connect(command.path)
            head = {"tap": command.tap, "leg": command.leg, "rate": 8000, "at_ms": at_ms}
            self._sock.send(json.dumps(head).encode() + b"\n")
        except OSError:
            self._sock.close()
            raise

    def feed(self, samples: bytes, tick: int) -> None:
        """Send the frame of a tick (320 bytes); sets `reason` when the reader is gone or too slow."""
        missed = 0 if self._tick is None else min(tick - self._tick - 1, _LONGEST_HOLE)
        self._tick = tick
        data = bytes(_FRAME_BYTES * missed) + samples if missed > 0 else samples
        try:
            sent = self._sock.send(data, socket.MSG_NOSIGNAL)
        except BlockingIOError:
            sent = 0
        except OSError:
            self.reason = "gone"
            return
        self.sent_frames += sent // _FRAME_BYTES
        if sent < len(data):
            self.reason = "slow"

    def close(self) -> None:
        """End it; what was sent can still be read."""
        self._sock.close()
