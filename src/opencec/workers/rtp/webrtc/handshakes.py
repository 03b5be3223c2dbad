"""The thread on which ICE and DTLS run: 2-3 ms of CPU for each leg must not touch the audio thread."""

from __future__ import annotations

import os
import selectors
import threading
import time
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from typing import Protocol

__all__ = ["Handshake", "HandshakeThread"]

_LONGEST_SLEEP_S = 1.0


class Handshake(Protocol):
    """A transport that is being connected; every call comes from the handshake thread."""

    def fileno(self) -> int:
        """Its socket."""
        ...

    def on_readable(self) -> None:
        """Datagrams wait."""
        ...

    def deadline(self) -> float | None:
        """When `on_deadline` is due, `time.monotonic`."""
        ...

    def on_deadline(self) -> None: ...


class HandshakeThread:
    """One per worker process, started with the first WebRTC leg."""

    def __init__(self) -> None:
        self._selector = selectors.DefaultSelector()
        self._calls: deque[Callable[[], None]] = deque()
        self._active: dict[int, Handshake] = {}
        self._wake_read, self._wake_write = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
        self._selector.register(self._wake_read, selectors.EVENT_READ)
        self._thread = threading.Thread(target=self._run, name="handshakes", daemon=True)
        self._thread.start()

    def call(self, run: Callable[[], None]) -> None:
        """Run something on the thread. From any thread."""
        self._calls.append(run)
        try:
            os.write(self._wake_write, b"\0")
        except BlockingIOError:
            return  # the pipe is full of wake-ups already

    def add(self, handshake: Handshake) -> None:
        """Watch it. On the thread."""
        descriptor = handshake.fileno()
        if descriptor not in self._active:
            self._active[descriptor] = handshake
            self._selector.register(descriptor, selectors.EVENT_READ)

    def remove(self, handshake: Handshake) -> None:
        """Watch it no longer. On the thread; a handshake that is not watched is fine."""
        for descriptor, watched in list(self._active.items()):
            if watched is handshake:
                del self._active[descriptor]
                self._selector.unregister(descriptor)

    def _run(self) -> None:
        # A thread begins with the priority of the one that made it: the audio thread's must stay its own.
        with suppress(OSError):
            os.sched_setscheduler(0, os.SCHED_OTHER, os.sched_param(0))
        while True:
            self._serve()

    def _serve(self) -> None:
        """One turn; what it touched is not held on to while the thread sleeps again."""
        for key, _ in self._selector.select(self._sleep_s()):
            if key.fd == self._wake_read:
                self._drain_wakes()
            elif (handshake := self._active.get(key.fd)) is not None:
                handshake.on_readable()
        while self._calls:
            self._calls.popleft()()
        now = time.monotonic()
        for handshake in list(self._active.values()):
            due = handshake.deadline()
            if due is not None and due <= now:
                handshake.on_deadline()

    def _sleep_s(self) -> float:
        due = [at for handshake in self._active.values() if (at := handshake.deadline()) is not None]
        if self._calls:
            return 0.0
        return min(_LONGEST_SLEEP_S, max(0.0, min(due) - time.monotonic())) if due else _LONGEST_SLEEP_S

    def _drain_wakes(self) -> None:
        try:
            while os.read(self._wake_read, 4096):
                continue
        except BlockingIOError:
            return
