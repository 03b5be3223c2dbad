"""The warm standby: imports all of control, opens nothing, and forks a control process when the supervisor says so.

`python -m opencec.app.standby CHANNEL MODULE:FUNCTION`. Python's imports take over a second; a fork takes milliseconds
and shares the memory of what is imported. The forked process detaches, so that it is the supervisor's child: neither
the death of control nor that of the standby touches the other.

What control needs only when it serves (`import_rest` of its module) is imported later, when nobody waits for it.

Messages are JSON over a SEQPACKET socket. From the supervisor: `promote` (with sockets). To it: `warm`. Control has a
channel of its own. From the supervisor: `stop`. To it: `hello`, `beat`, `ready`.
"""

from __future__ import annotations

import asyncio
import contextlib
import gc
import importlib
import json
import os
import select
import socket
import sys
import time
import traceback
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from opencec.app.supervisor_child import die_with_parent, name_process
from opencec.app.supervisor_plan import Plan
from opencec.lean_imports import leave_out

if TYPE_CHECKING:
    from opencec.app.context import ControlContext

__all__ = ["main"]

_MAX_MESSAGE = 256 * 1024
_MAX_SOCKETS = 64
_ORPHAN_WAIT_S = 5.0
_REST_AFTER_S = 2.0
"""Quiet before the rest is imported: the cores belong to a control that is starting."""

Run = Callable[["ControlContext"], None]


def main() -> int:
    """The program."""
    channel = socket.socket(fileno=int(sys.argv[1]))
    name_process("opencec-standby")
    leave_out()
    module, _, function = sys.argv[2].partition(":")
    gc.disable()  # nothing that imports make is garbage: a tenth of the time
    control = importlib.import_module(module)
    _settle_memory()
    run: Run = getattr(control, function)
    import_rest: Callable[[], None] | None = getattr(control, "import_rest", None)
    channel.send(b'{"event": "warm"}')
    while True:
        if import_rest is not None and not select.select([channel], [], [], _REST_AFTER_S)[0]:
            gc.disable()
            import_rest()
            _settle_memory()
            import_rest = None
        message, handles, _, _ = socket.recv_fds(channel, _MAX_MESSAGE, _MAX_SOCKETS)
        if not message:
            return 0
        if _fork_detached():
            channel.close()
            return _control(run, json.loads(message), [socket.socket(fileno=handle) for handle in handles])
        for handle in handles:
            os.close(handle)


def _settle_memory() -> None:
    """After imports: their objects stay; the collector is not to touch, and so copy, pages that a fork shares."""
    gc.collect()
    gc.freeze()
    gc.enable()


def _fork_detached() -> bool:
    """True in a new process whose parent has ended, False here."""
    middle = os.fork()
    if middle:
        os.waitpid(middle, 0)
        return False
    if os.fork():
        os._exit(0)
    return True


def _control(run: Run, order: dict[str, Any], sockets: list[socket.socket]) -> int:
    """Be control, with the supervisor as parent. `sockets`: the channel, then those that `order["uses"]` names."""
    _await_parent(order["supervisor"])
    die_with_parent(order["supervisor"])
    os.setpgid(0, 0)
    name_process("opencec-control")
    plan = Plan.from_json(order["plan"])
    os.environ.update(plan.environment)
    channel, *listening = sockets
    channel.setblocking(False)
    channel.send(json.dumps({"event": "hello", "pid": os.getpid()}).encode())
    try:
        run(_context(order, plan, channel, listening))
    except Exception:
        traceback.print_exc()
        return 1
    return 0


def _await_parent(supervisor: int) -> None:
    """Wait until the process between has ended; its death must not count as that of our parent."""
    deadline = time.monotonic() + _ORPHAN_WAIT_S
    while os.getppid() != supervisor and time.monotonic() < deadline:
        time.sleep(0.001)


def _context(
    order: dict[str, Any], plan: Plan, channel: socket.socket, listening: list[socket.socket]
) -> ControlContext:
    from opencec.app.context import ControlContext, ListeningSockets, WorkerAddress
    from opencec.app.settings import load_settings

    by_use: dict[str, list[socket.socket]] = {}
    for use, found in zip(order["uses"], listening, strict=True):
        by_use.setdefault(use, []).append(found)
    (internal,) = by_use.pop("internal")
    addresses = {
        worker.role: WorkerAddress(name=worker.name, role=worker.role, path=worker.path, rtp_ports=worker.rtp_ports)
        for worker in plan.workers
        if worker.role not in ("media", "relay")
    }
    media, relays = (
        tuple(
            WorkerAddress(name=worker.name, role=worker.role, path=worker.path, rtp_ports=worker.rtp_ports)
            for worker in plan.workers
            if worker.role == role
        )
        for role in ("media", "relay")
    )
    return ControlContext(
        settings=load_settings(),
        sockets=ListeningSockets(internal=internal, **{use: tuple(found) for use, found in by_use.items()}),
        media=media,
        speech=addresses.get("speech"),
        relays=relays,
        ready=lambda: _tell(channel, "ready"),
        heartbeat=lambda: _tell(channel, "beat"),
        stopping=lambda: _stopping(channel),
        generation=order["generation"],
        demo=plan.demo,
        tls_cert=plan.tls_cert,
        tls_key=plan.tls_key,
        addresses=plan.addresses,
    )


def _tell(channel: socket.socket, event: str) -> None:
    """A full channel means that the supervisor is stopped for a moment: then a beat more or less does not matter."""
    with contextlib.suppress(BlockingIOError):
        channel.send(json.dumps({"event": event}).encode())


async def _stopping(channel: socket.socket) -> None:
    """Ends when the supervisor says stop, or is gone."""
    loop = asyncio.get_running_loop()
    asked = asyncio.Event()
    loop.add_reader(channel, asked.set)
    try:
        await asked.wait()
    finally:
        loop.remove_reader(channel)


if __name__ == "__main__":
    sys.exit(main())
