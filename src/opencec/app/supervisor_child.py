"""One child process of the supervisor: started in a group of its own, watched by pidfd, reaped, started again later.

Standard library only: the supervisor has to stay tiny and must not fail for want of memory.
"""

from __future__ import annotations

import ctypes
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Sequence

__all__ = ["Backoff", "Child", "become_subreaper", "describe_exit", "die_with_parent", "name_process"]

_PR_SET_PDEATHSIG = 1
_PR_SET_NAME = 15
_PR_SET_CHILD_SUBREAPER = 36
_libc = ctypes.CDLL(None, use_errno=True)


def die_with_parent(parent: int) -> None:
    """Have the kernel kill this process when `parent` dies; ends at once when it is dead already."""
    _libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    if os.getppid() != parent:
        os._exit(1)


def become_subreaper() -> None:
    """Become the parent of orphaned grandchildren: control is forked by the standby, but is the supervisor's child."""
    _libc.prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def name_process(name: str) -> None:
    """Set what `top` and `ps -o comm` show, at most 15 bytes."""
    _libc.prctl(_PR_SET_NAME, name.encode()[:15], 0, 0, 0)


def describe_exit(status: int) -> str:
    """A return code as people read it; negative ones are signals."""
    if status >= 0:
        return f"exit code {status}"
    try:
        return f"signal {signal.Signals(-status).name}"
    except ValueError:
        return f"signal {-status}"


class Backoff:
    """How long to wait before starting again: 100 ms, doubled each time up to 10 s, anew after 30 s of health."""

    FIRST_S = 0.1
    MOST_S = 10.0
    HEALTHY_S = 30.0

    def __init__(self) -> None:
        self._next_s = self.FIRST_S

    def after(self, lived_s: float) -> float:
        """The wait after a life of so many seconds."""
        if lived_s >= self.HEALTHY_S:
            self._next_s = self.FIRST_S
        wait_s, self._next_s = self._next_s, min(self._next_s * 2, self.MOST_S)
        return wait_s


class Child:
    """A process that runs or ran.

    Attributes:
        pid: Process id, also the id of its group.
        pidfd: Readable when it is dead; to be closed by `reap`.
        started: When it started, of the caller's monotonic clock, seconds.
    """

    def __init__(self, *, pid: int, started: float, popen: subprocess.Popen[bytes] | None = None) -> None:
        self.pid = pid
        self.started = started
        self.pidfd = os.pidfd_open(pid)
        self._popen = popen

    @classmethod
    def spawn(
        cls, arguments: Sequence[str], *, started: float, pass_fds: Sequence[int] = (), niceness: int = 0
    ) -> Child:
        """Start a Python program that dies with us; Ctrl-C at the terminal does not reach it.

        Raises:
            OSError: no process could be made.
        """
        parent = os.getpid()

        def prepare() -> None:
            die_with_parent(parent)
            os.nice(niceness)

        popen = subprocess.Popen(
            [sys.executable, *arguments],
            stdin=subprocess.DEVNULL,
            pass_fds=pass_fds,
            process_group=0,
            preexec_fn=prepare,  # noqa: PLW1509 - the supervisor has one thread
        )
        return cls(pid=popen.pid, started=started, popen=popen)

    @classmethod
    def spawn_standby(cls, control: str, *, started: float) -> tuple[Child, socket.socket]:
        """Start a standby that imports `control` (module:function), and give our end of its channel.

        Raises:
            OSError: no process could be made.
        """
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        try:
            arguments = ["-m", "opencec.app.standby", str(theirs.fileno()), control]
            return cls.spawn(arguments, started=started, pass_fds=[theirs.fileno()]), ours
        except OSError:
            ours.close()
            raise
        finally:
            theirs.close()

    def reap(self) -> int | None:
        """The return code, once, when it is dead; None while it lives."""
        found = os.waitid(os.P_PIDFD, self.pidfd, os.WEXITED | os.WNOHANG)
        if found is None:
            return None
        os.close(self.pidfd)
        status = found.si_status if found.si_code == os.CLD_EXITED else -found.si_status
        if self._popen is not None:
            self._popen.returncode = status
        return status

    def send(self, number: signal.Signals) -> None:
        """Signal the process and all of its group."""
        try:
            os.killpg(self.pid, number)
        except ProcessLookupError:
            pass
        except PermissionError:
            signal.pidfd_send_signal(self.pidfd, number)
