"""The warm standby: imports all of control, opens nothing, and forks a control process when the supervisor says so.

`python -m opencec.app.standby CHANNEL MODULE:FUNCTION`. Python's imports take over a second; a fork takes milliseconds
and shares the memory of what is imported. The forked process detaches, so that it is the supervisor's child: neither
the death of control nor that of the standby touches the other.

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
import socket
import sys
import time
import traceback
from collections.abc import Callable
from typing import Any

from opencec.app.context import ControlContext, ListeningSockets, WorkerAddress
from opencec.app.settings import load_settings
from opencec.app.supervisor_child import die_with_parent, name_process
from opencec.app.supervisor_plan import Plan

__all__ = ["main"]

_MAX_MESSAGE = 256 * 1024
_MAX_SOCKETS = 64
_ORPHAN_WAIT_S = 5.0

Run = Callable[[ControlContext], None]


def main() -> int:
    """The program."""
    channel = socket.socket(fileno=int(sys.argv[1]))
    run = _load(sys.argv[2])
    name_process("opencec-standby")
    gc.collect()
    gc.freeze()  # or the collector would touch, and so copy, every page that a fork shares
    channel.send(b'{"event": "warm"}')
    while True:
        message, handles, _, _ = socket.recv_fds(channel, _MAX_MESSAGE, _MAX_SOCKETS)
        if not message:
            return 0
        if _fork_detached():
            channel.close()
            return _control(run, json.loads(message), [socket.socket(fileno=handle) for handle in handles])
        for handle in handles:
            os.close(handle)


def _load(target: str) -> Run:
    module, _, function = target.partition(":")
    found: Run = getattr(importlib.import_module(module), function)
    return found


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
    channel, *listening = sockets
    channel.setblocking(False)
    channel.send(json.dumps({"event": "hello", "pid": os.getpid()}).encode())
    try:
        run(_context(order, channel, listening))
    except Exception:
        traceback.print_exc()
        return 1
    return 0


def _await_parent(supervisor: int) -> None:
    """Wait until the process between has ended; its death must not count as that of our parent."""
    deadline = time.monotonic() + _ORPHAN_WAIT_S
    while os.getppid() != supervisor and time.monotonic() < deadline:
        time.sleep(0.001)


def _context(order: dict[str, Any], channel: socket.socket, listening: list[socket.socket]) -> ControlContext:
    plan = Plan.from_json(order["plan"])
    by_use: dict[str, list[socket.socket]] = {}
    for use, found in zip(order["uses"], listening, strict=True):
        by_use.setdefault(use, []).append(found)
    (internal,) = by_use.pop("internal")
    addresses = {
        worker.role: WorkerAddress(name=worker.name, role=worker.role, path=worker.path, rtp_ports=worker.rtp_ports)
        for worker in plan.workers
        if worker.role != "media"
    }
    media = tuple(
        WorkerAddress(name=worker.name, role=worker.role, path=worker.path, rtp_ports=worker.rtp_ports)
        for worker in plan.workers
        if worker.role == "media"
    )
    return ControlContext(
        settings=load_settings(),
        sockets=ListeningSockets(internal=internal, **{use: tuple(found) for use, found in by_use.items()}),
        media=media,
        speech=addresses.get("speech"),
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
