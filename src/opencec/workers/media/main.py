"""The media worker's program: limits, priority, sockets, then the schedule until SIGTERM."""

from __future__ import annotations

import argparse
import gc
import os
import select
import signal
import sys
from collections.abc import Sequence

import structlog

from opencec.logs import LOG_LEVELS, set_up_logs
from opencec.workers.control_server import ControlServer
from opencec.workers.media.engine import Engine
from opencec.workers.media.priority import raise_to_realtime
from opencec.workers.media.schedule import Schedule
from opencec.workers.program import listen, port_range, raise_limits
from opencec.workers.protocol import decode_command
from opencec.workers.rtp.sockets import PortPool
from opencec.workers.rtp.webrtc import warm_up

__all__ = ["main"]

_log = structlog.get_logger(__name__)

_SETTLE_S = 1.0
_SWITCH_S = 0.0005
"""How long another thread may hold the interpreter before the audio gets it back (Python's default is 5 ms)."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a worker; the exit status."""
    options = _parse(arguments)
    set_up_logs(options.log_level)
    raise_limits()
    listener, path = listen(options.listen)
    waker = os.eventfd(0, os.EFD_NONBLOCK | os.EFD_CLOEXEC)
    engine = Engine(
        name=options.name,
        ports=PortPool(*options.rtp_ports),
        legs_limit=options.max_legs,
        wake=lambda: os.eventfd_write(waker, 1),
    )
    poller = select.epoll()
    server = ControlServer(engine, listener, poller, decode=decode_command)
    schedule = Schedule(engine, server, poller=poller, waker=waker, offset_ms=options.phase)
    stopping: list[int] = []
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda received, _: stopping.append(received))
    is_realtime = raise_to_realtime()
    engine.start()
    warm_up()
    sys.setswitchinterval(_SWITCH_S)
    gc.collect()
    gc.freeze()
    gc.disable()
    _log.info("media worker ready", worker=options.name, ports=options.rtp_ports, realtime=is_realtime)
    schedule.run(should_stop=lambda: bool(stopping) or (engine.is_draining and not engine.registry.legs))
    engine.stop()
    schedule.settle(_SETTLE_S)
    server.close()
    if path is not None:
        path.unlink(missing_ok=True)
    _log.info("media worker ended", worker=options.name, phases=engine.load.phases, late=engine.load.late_phases)
    return 0


def _parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m opencec.workers.media", description="OpenCEC media worker")
    parser.add_argument("--log-level", choices=LOG_LEVELS, default="info", help="least level of log lines")
    parser.add_argument("--name", required=True, help="the worker's name in events and logs")
    parser.add_argument("--listen", required=True, help="unix:/path, or fd:N for an inherited listening socket")
    parser.add_argument("--rtp-ports", type=port_range, required=True, metavar="FIRST-LAST")
    parser.add_argument("--max-legs", type=int, default=4_000, help="refuse more legs than this (default 4000)")
    parser.add_argument(
        "--phase", type=float, default=0.0, metavar="MS", help="offset of the schedule, so that workers take turns"
    )
    return parser.parse_args(arguments)
