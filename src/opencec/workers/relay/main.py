"""The relay's program: sockets, then one loop over all of them until SIGTERM."""

from __future__ import annotations

import argparse
import gc
import os
import select
import signal
import time
from collections.abc import Callable, Sequence

import structlog

from opencec.logs import LOG_LEVELS, set_up_logs
from opencec.workers.control_server import ControlServer
from opencec.workers.program import listen, port_range, raise_limits
from opencec.workers.relay.engine import RelayEngine
from opencec.workers.relay_protocol import RelayCommand, decode_relay_command
from opencec.workers.rtp.sockets import VIDEO, PortPool

__all__ = ["main"]

_log = structlog.get_logger(__name__)

_TURN_S = 0.02
_NAP_S = 0.5
_SETTLE_S = 1.0
_MOST_EVENTS = 64


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a relay; the exit status."""
    options = _parse(arguments)
    set_up_logs(options.log_level)
    raise_limits()
    listener, path = listen(options.listen)
    waker = os.eventfd(0, os.EFD_NONBLOCK | os.EFD_CLOEXEC)
    poller = select.epoll()
    engine = RelayEngine(
        name=options.name,
        ports=PortPool(*options.rtp_ports, dscp=VIDEO),
        poller=poller,
        legs_limit=options.max_legs,
        wake=lambda: os.eventfd_write(waker, 1),
    )
    server = ControlServer(engine, listener, poller, decode=decode_relay_command)
    loop = RelayLoop(engine, server, poller=poller, waker=waker)
    stopping: list[int] = []
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda received, _: stopping.append(received))
    engine.recorder.begin()
    gc.collect()
    gc.freeze()
    _log.info("relay ready", worker=options.name, ports=options.rtp_ports)
    loop.run(should_stop=lambda: bool(stopping) or (engine.is_draining and not engine.registry.legs))
    engine.stop()
    loop.settle(_SETTLE_S)
    server.close()
    if path is not None:
        path.unlink(missing_ok=True)
    _log.info("relay ended", worker=options.name)
    return 0


class RelayLoop:
    """Waits for sockets, control and time. `waker` is an eventfd that other threads write to."""

    def __init__(
        self, engine: RelayEngine, server: ControlServer[RelayCommand], *, poller: select.epoll, waker: int
    ) -> None:
        self._engine = engine
        self._server = server
        self._poller = poller
        self._waker = waker
        self._next_turn = 0.0
        self._slept_s = 0.0
        self._measured_at = time.monotonic()
        poller.register(waker, select.EPOLLIN)

    def run(self, *, should_stop: Callable[[], bool]) -> None:
        """Serve until told to stop."""
        while not should_stop():
            self._serve(_TURN_S if self._engine.registry.legs else _NAP_S)

    def settle(self, seconds: float) -> None:
        """Let control take what is left for it."""
        until = time.monotonic() + seconds
        while time.monotonic() < until and not self._server.is_settled:
            self._serve(_TURN_S)

    def _serve(self, patience_s: float) -> None:
        began = time.monotonic()
        wait_s = max(0.0, min(patience_s, self._next_turn - began)) if self._engine.registry.legs else patience_s
        found = self._poller.poll(wait_s, _MOST_EVENTS)
        now = time.monotonic()
        self._slept_s += now - began
        for descriptor, mask in found:
            if descriptor == self._waker:
                os.eventfd_read(self._waker)
            elif not self._engine.readable(descriptor):
                self._server.handle(descriptor, mask)
        self._engine.run_posted()
        while self._server.step():
            continue
        if now >= self._next_turn:
            self._next_turn = now + _TURN_S
            self._engine.turn(now)
        self._measure(now)

    def _measure(self, now: float) -> None:
        passed = now - self._measured_at
        if passed >= 1.0:
            self._engine.load = max(0.0, 1.0 - self._slept_s / passed)
            self._measured_at, self._slept_s = now, 0.0


def _parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m opencec.workers.relay", description="OpenCEC video relay")
    parser.add_argument("--log-level", choices=LOG_LEVELS, default="info", help="least level of log lines")
    parser.add_argument("--name", required=True, help="the worker's name in events and logs")
    parser.add_argument("--listen", required=True, help="unix:/path, or fd:N for an inherited listening socket")
    parser.add_argument("--rtp-ports", type=port_range, required=True, metavar="FIRST-LAST")
    parser.add_argument("--max-legs", type=int, default=400, help="refuse more legs than this (default 400)")
    return parser.parse_args(arguments)
