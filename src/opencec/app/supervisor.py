"""The supervisor: opens the sockets, starts every process, starts again what dies, stops all in order.

`python -m opencec.app.supervisor PLAN_FD [STANDBY_FD STANDBY_PID]`. One thread, standard library only, no work of its
own: it must be the last thing that fails. `opencec serve` turns into it after checking the settings.
"""

from __future__ import annotations

import contextlib
import json
import os
import select
import signal
import socket
import sys
import time
from pathlib import Path
from types import FrameType

from opencec.app.panel import panel
from opencec.app.run_dir import DataDir, DataDirLocked
from opencec.app.supervisor_child import Backoff, Child, become_subreaper, describe_exit, name_process
from opencec.app.supervisor_control import ControlKeeper
from opencec.app.supervisor_plan import Plan, WorkerPlan
from opencec.app.supervisor_sockets import CannotListen, open_sockets, unix_listener

__all__ = ["Supervisor", "main"]

_TICK_S = 0.25
_PAUSE_S = 1.0
_CONTROL_STOP_S = 3.0
_WORKER_STOP_S = 1.2
_PROGRESS_S = 2.0
_LATE_S = 10.0
"""Jobs wait for control, at most so long: their imports would compete with control's for the cores."""


class _Worker:
    """A worker that is kept running."""

    def __init__(self, plan: WorkerPlan) -> None:
        self.plan = plan
        self.child: Child | None = None
        self.due = 0.0
        self.backoff = Backoff()


class Supervisor:
    """All processes of one `opencec serve`.

    Args:
        plan: What to open and start.
        data: The data folder, locked by this process.

    Raises:
        CannotListen: a port is not to be had; nothing was started.
    """

    def __init__(self, plan: Plan, data: DataDir) -> None:
        self._plan = plan
        self._sockets = open_sockets(plan.sockets)
        self._status = unix_listener(data.socket("supervisor"))
        self._sockets.append(("internal", unix_listener(data.socket("control"))))
        self._workers = [_Worker(worker) for worker in plan.workers]
        self._keeper = ControlKeeper(plan, self._sockets, say=say, on_ready=self._on_ready)
        self._data = data
        self._began = time.monotonic()
        self._next_progress = self._began + _PROGRESS_S
        self._signals = 0
        self._hold_back(until=self._began + _LATE_S)

    def adopt_standby(self, *, handle: int, pid: int) -> None:
        """Take over the standby that `opencec serve` started while it read the settings; a dead one is started anew.

        Args:
            handle: Our end of its channel.
            pid: Its process id, a child of this process.
        """
        self._keeper.adopt_standby(Child(pid=pid, started=self._began), socket.socket(fileno=handle))

    def run(self) -> int:
        """Serve until a signal says stop. Returns the exit code."""
        become_subreaper()
        wake, waker = socket.socketpair()
        wake.setblocking(False)
        waker.setblocking(False)
        signal.set_wakeup_fd(waker.fileno(), warn_on_full_buffer=False)
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            signal.signal(number, self._on_signal)
        before = time.monotonic()
        while not self._signals:
            now = time.monotonic()
            if now - before > _PAUSE_S:  # the machine stood still (a suspended guest): control could not beat either
                self._keeper.forgive(now - before)
            before = now
            self._keeper.look(now)
            for worker in self._workers:
                self._look_after(worker, now)
            self._show_progress(now)
            self._wait([wake.fileno(), self._status.fileno(), *self._keeper.files()], self._patience_s())
            with contextlib.suppress(BlockingIOError):
                wake.recv(64)
            self._answer_status()
            self._bury_strangers()
        self._stop()
        return 0

    def _patience_s(self) -> float:
        """How long nothing is due: a control that may start again in 100 ms is not to wait for the next tick."""
        dues = [worker.due for worker in self._workers if worker.child is None]
        due = min([*dues, *self._keeper.dues()], default=0.0)
        return min(_TICK_S, max(0.0, due - time.monotonic())) if due else _TICK_S

    def _wait(self, files: list[int], timeout_s: float = _TICK_S) -> None:
        poll = select.poll()
        for file in files + [worker.child.pidfd for worker in self._workers if worker.child is not None]:
            poll.register(file, select.POLLIN)
        poll.poll(max(0.0, timeout_s) * 1000)

    def _on_signal(self, number: int, frame: FrameType | None) -> None:
        self._signals += 1

    def _hold_back(self, *, until: float) -> None:
        for worker in self._workers:
            if worker.plan.role == "jobs":
                worker.due = until

    def _on_ready(self, generation: int) -> None:
        if generation > 1:
            say("control is ready again")
            return
        self._hold_back(until=0.0)
        credentials = self._data.demo_credentials if self._plan.demo else None
        with contextlib.suppress(OSError):  # nobody reads any more: no reason to stop serving
            sys.stdout.write(panel(self._plan.addresses, credentials=credentials))
            sys.stdout.flush()
        say(f"ready after {time.monotonic() - self._began:.1f} s")

    def _look_after(self, worker: _Worker, now: float) -> None:
        """Bury a dead worker, and start it when it is due."""
        child = worker.child
        status = child.reap() if child is not None else None
        if child is not None and status is not None:
            wait_s = worker.backoff.after(now - child.started)
            worker.child, worker.due = None, now + wait_s
            name = worker.plan.name
            say(f"{name} (process {child.pid}) died: {describe_exit(status)}; again in {wait_s * 1000:.0f} ms")
            child.send(signal.SIGKILL)
        if worker.child is None and now >= worker.due:
            if worker.plan.path:
                Path(worker.plan.path).unlink(missing_ok=True)
            worker.child = Child.spawn(worker.plan.command, started=now, niceness=worker.plan.niceness)

    def _show_progress(self, now: float) -> None:
        if self._keeper.generation <= 1 and self._keeper.state == "starting" and now >= self._next_progress:
            self._next_progress = now + _PROGRESS_S
            what = "getting ready" if self._keeper.control else "loading"
            say(f"starting: control is {what} ({now - self._began:.0f} s)")

    def _answer_status(self) -> None:
        """Answer everybody who connected to the status socket: one JSON object, then close."""
        with contextlib.suppress(BlockingIOError):
            while True:
                connection, _ = self._status.accept()
                with connection, contextlib.suppress(OSError):
                    connection.setblocking(False)
                    connection.send(json.dumps(self.status()).encode())

    def status(self) -> dict[str, object]:
        """Processes and addresses."""
        keeper = self._keeper
        rows: list[tuple[str, str, int | None, str]] = [("supervisor", "supervisor", os.getpid(), "ready")]
        rows.append(("control", "control", keeper.control.pid if keeper.control else None, keeper.state))
        standby = keeper.standby.pid if keeper.standby else None
        rows.append(("standby", "standby", standby, "ready" if keeper.is_warm else "starting"))
        for worker in self._workers:
            pid = worker.child.pid if worker.child else None
            state = "ready" if pid is not None and not _is_awaited(worker.plan) else "starting"
            rows.append((worker.plan.role, worker.plan.name, pid, state))
        processes = [dict(zip(("role", "name", "pid", "state"), row, strict=True)) for row in rows]
        return {"processes": processes, "addresses": self._plan.addresses, "data_dir": str(self._data.root)}

    def _bury_strangers(self) -> None:
        """Reap orphans of our children, which come to us as subreaper (or as process 1 of a container)."""
        children = [self._keeper.control, self._keeper.standby, *(worker.child for worker in self._workers)]
        known = {child.pid for child in children if child is not None}
        with contextlib.suppress(ChildProcessError):
            while found := os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT):
                if found.si_pid in known or self._keeper.awaits_hello:
                    return
                os.waitpid(found.si_pid, 0)

    def _stop(self) -> None:
        """Control first, so that calls end or stay as it decides; then the others; then whoever is left."""
        say("stopping")
        asked = self._signals
        keeper = self._keeper
        if keeper.standby is not None:
            keeper.standby.send(signal.SIGKILL)
        keeper.ask_to_stop()
        controls = [keeper.control] if keeper.control is not None else []
        left = self._wait_for(controls, _CONTROL_STOP_S, asked)
        workers = [worker.child for worker in self._workers if worker.child is not None]
        for child in workers:
            child.send(signal.SIGTERM)
        left += self._wait_for(workers, _WORKER_STOP_S, asked)
        for child in left:
            child.send(signal.SIGKILL)
        standby = [keeper.standby] if keeper.standby is not None else []
        self._wait_for(left + standby, 1.0, asked + 1)
        for name in ("supervisor", "control"):
            self._data.socket(name).unlink(missing_ok=True)
        say("stopped")

    def _wait_for(self, children: list[Child], seconds: float, asked: int) -> list[Child]:
        """Reap these; returns those that still live after so long, or after one more signal."""
        deadline = time.monotonic() + seconds
        left = [child for child in children if child.reap() is None]
        while left and (rest := deadline - time.monotonic()) > 0 and self._signals <= asked:
            poll = select.poll()
            for child in left:
                poll.register(child.pidfd, select.POLLIN)
            poll.poll(min(rest, _TICK_S) * 1000)
            left = [child for child in left if child.reap() is None]
        return left


def _is_awaited(plan: WorkerPlan) -> bool:
    """True while a worker has not opened its socket."""
    return bool(plan.path) and not Path(plan.path).exists()


def say(text: str) -> None:
    """One log line."""
    stamp = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    with contextlib.suppress(OSError):
        sys.stderr.write(f"{stamp} supervisor: {text}\n")
        sys.stderr.flush()


def main() -> int:
    """The program."""
    with os.fdopen(int(sys.argv[1]), encoding="utf-8") as file:
        plan = Plan.from_json(file.read())
    name_process("opencec")
    data = DataDir(Path(plan.data_dir))
    try:
        data.make()
        data.take_lock()
        supervisor = Supervisor(plan, data)
    except (DataDirLocked, CannotListen) as error:
        sys.stderr.write(f"{error}\n")
        return 1
    except OSError as error:
        sys.stderr.write(f"The data folder {plan.data_dir} cannot be used: {error}. Set OPENCEC_DATA_DIR to another.\n")
        return 1
    if sys.argv[2:]:
        handle, pid = map(int, sys.argv[2:4])
        supervisor.adopt_standby(handle=handle, pid=pid)
    return supervisor.run()


if __name__ == "__main__":
    sys.exit(main())
