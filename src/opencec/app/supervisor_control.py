"""Keeps one control and one warm standby: promotion, heartbeat, and never two controls at once.

Standard library only.
"""

from __future__ import annotations

import json
import os
import signal
import socket
from collections.abc import Callable
from typing import Any, Literal

from opencec.app.supervisor_child import Backoff, Child, describe_exit
from opencec.app.supervisor_plan import Plan

__all__ = ["ControlKeeper"]

BEAT_S = 3.0
"""Silence of a ready control that counts as death (design: 3 s)."""
START_S = 20.0
"""The same while it replays its journal."""
_MAX_MESSAGE = 4096

Say = Callable[[str], None]
State = Literal["starting", "ready", "restarting"]


class ControlKeeper:
    """Control and standby.

    Args:
        plan: Goes to control.
        sockets: (use, socket) pairs that go to every control.
        say: Writes a log line.
        on_ready: Called each time a control is ready, with its generation.
    """

    def __init__(
        self, plan: Plan, sockets: list[tuple[str, socket.socket]], *, say: Say, on_ready: Callable[[int], None]
    ) -> None:
        self._plan = plan
        self._sockets = sockets
        self._say = say
        self._on_ready = on_ready
        self.standby: Child | None = None
        self.control: Child | None = None
        self.state: State = "starting"
        self.is_warm = False
        self.generation = 0
        self._standby_channel: socket.socket | None = None
        self._channel: socket.socket | None = None
        self._standby_backoff = Backoff()
        self._backoff = Backoff()
        self._standby_due = 0.0
        self._due = 0.0
        self._promoted = 0.0
        self._deadline = 0.0

    @property
    def awaits_hello(self) -> bool:
        """True while a control is being forked whose process id is not known yet."""
        return self._channel is not None and self.control is None

    def files(self) -> list[int]:
        """What to wait for: readable means that `look` has work."""
        channels = [c.fileno() for c in (self._standby_channel, self._channel) if c is not None]
        return channels + [child.pidfd for child in (self.standby, self.control) if child is not None]

    def look(self, now: float) -> None:
        """Read messages, bury the dead, start what is due. Call it whenever a file is readable, and every tick."""
        self._read_standby()
        self._read_control(now)
        self._bury(now)
        if self.control is not None and now > self._deadline:
            self._say(f"control (process {self.control.pid}) gave no sign of life: ending it")
            self._deadline = now + BEAT_S
            self.control.send(signal.SIGKILL)
        if self.awaits_hello and now > self._deadline and self.standby is not None:
            self._say("the standby does not answer: ending it")
            self._deadline = now + BEAT_S
            self.standby.send(signal.SIGKILL)
        if self.standby is None and now >= self._standby_due:
            self._start_standby(now)
        if self._channel is None and self.control is None and self.is_warm and now >= self._due:
            self._promote(now)

    def adopt_standby(self, standby: Child, channel: socket.socket) -> None:
        """Take over a standby that was started already."""
        channel.setblocking(False)
        self.standby, self._standby_channel, self.is_warm = standby, channel, False

    def forgive(self, seconds: float) -> None:
        """Nobody ran for so long: give control that much more time for its next sign of life."""
        self._deadline += seconds

    def dues(self) -> list[float]:
        """When a process is to be started, of the caller's monotonic clock; none: there is nothing to start."""
        found = [] if self.standby is not None else [self._standby_due]
        if self._channel is None and self.control is None and self.is_warm:
            found.append(self._due)
        return found

    def ask_to_stop(self) -> None:
        """Tell control to stop in order."""
        if self._channel is not None:
            try:
                self._channel.send(b'{"op": "stop"}')
            except OSError:
                pass

    def _start_standby(self, now: float) -> None:
        try:
            standby, channel = Child.spawn_standby(self._plan.control, started=now)
        except OSError as error:
            self._standby_due = now + self._standby_backoff.after(0.0)
            self._say(f"the standby cannot be started: {error}")
            return
        self.adopt_standby(standby, channel)

    def _promote(self, now: float) -> None:
        """Have the standby fork a control. The old one is dead and reaped: `look` calls this only then."""
        assert self._standby_channel is not None
        self.generation += 1
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        order = {
            "op": "promote",
            "supervisor": os.getpid(),
            "generation": self.generation,
            "uses": [use for use, _ in self._sockets],
            "plan": self._plan.to_json(),
        }
        handles = [theirs.fileno(), *(found.fileno() for _, found in self._sockets)]
        try:
            socket.send_fds(self._standby_channel, [json.dumps(order).encode()], handles)
        except OSError:
            ours.close()  # the standby just died: `look` notices, and the next one is asked
            self.is_warm = False
            return
        finally:
            theirs.close()
        ours.setblocking(False)
        self._channel = ours
        self._promoted = now
        self._deadline = now + START_S

    def _read_standby(self) -> None:
        for message in _messages(self._standby_channel):
            if message is not None and message["event"] == "warm":
                self.is_warm = True

    def _read_control(self, now: float) -> None:
        for message in _messages(self._channel):
            if message is None:  # closed: it is dying, the pidfd tells when it is dead
                if self.control is None:
                    self._lost(now, "ended before it started")
                elif self._channel is not None:
                    self._channel.close()
                    self._channel = None
                return
            if message["event"] == "hello":
                self._adopt(message["pid"])
            elif message["event"] == "ready":
                self.state = "ready"
                self._deadline = now + BEAT_S
                self._on_ready(self.generation)
            else:
                self._deadline = max(self._deadline, now + (BEAT_S if self.state == "ready" else START_S))

    def _adopt(self, pid: int) -> None:
        try:
            self.control = Child(pid=pid, started=self._promoted)
        except ProcessLookupError:
            self._lost(self._promoted, "ended before it started")

    def _bury(self, now: float) -> None:
        if self.control is not None:
            pid, status = self.control.pid, self.control.reap()
            if status is not None:
                self.control.send(signal.SIGKILL)  # whatever it left in its group
                self.control = None
                self._lost(now, f"(process {pid}) died: {describe_exit(status)}")
        if self.standby is not None:
            lived_s, pid, status = now - self.standby.started, self.standby.pid, self.standby.reap()
            if status is not None:
                wait_s = self._standby_backoff.after(lived_s)
                self._standby_due = now + wait_s
                self._say(f"standby (process {pid}) died: {describe_exit(status)}; again in {wait_s * 1000:.0f} ms")
                self.standby = None
                self.is_warm = False
                assert self._standby_channel is not None
                self._standby_channel.close()
                self._standby_channel = None

    def _lost(self, now: float, how: str) -> None:
        wait_s = self._backoff.after(now - self._promoted)
        self._due = now + wait_s
        self.state = "restarting"
        self._say(f"control {how}; the standby takes over in {wait_s * 1000:.0f} ms")
        if self._channel is not None:
            self._channel.close()
            self._channel = None


def _messages(channel: socket.socket | None) -> list[dict[str, Any] | None]:
    """All that waits on a channel; None at the end when the other side has closed it."""
    found: list[dict[str, Any] | None] = []
    while channel is not None:
        try:
            message = channel.recv(_MAX_MESSAGE)
        except BlockingIOError:
            break
        except ConnectionError:
            message = b""
        found.append(json.loads(message) if message else None)
        if not message:
            break
    return found
