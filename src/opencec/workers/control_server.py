"""Control's socket: one connection at a time, the newest wins; framing, replies, and events until acknowledged.

Everything is non-blocking and in small steps: the loop calls in the gaps between phases.
"""

from __future__ import annotations

import os
import select
import socket
from collections.abc import Callable
from typing import Generic, Protocol, TypeVar

import msgspec
import structlog

from opencec.workers.event_log import EventLog
from opencec.workers.protocol import MAX_FRAME, Acknowledge, Event, Hello, Reply, encode

__all__ = ["ControlServer", "Respond", "Worker"]

_log = structlog.get_logger(__name__)

_READ_BYTES = 256 * 1024
_BACKLOG_LIMIT = 64 * 1024 * 1024
"""A control that takes nothing for so many bytes is gone; what it missed comes again to the next."""


Respond = Callable[[Reply], None]


class Ordered(Protocol):
    """A command; its id makes it unique."""

    @property
    def id(self) -> str: ...


CommandT = TypeVar("CommandT", bound=Ordered)
Command_contra = TypeVar("Command_contra", bound=Ordered, contravariant=True)


class Worker(Protocol[Command_contra]):
    """What takes the commands: the engine of a media worker or of the relay."""

    @property
    def events(self) -> EventLog: ...

    def hello(self, *, pid: int) -> Hello:
        """What a new connection of control is told first."""
        ...

    def execute(self, command: Command_contra, respond: Respond) -> None:
        """Carry out one command and answer it, now or later."""
        ...


class ControlServer(Generic[CommandT]):
    """Serves the protocol for one worker."""

    def __init__(
        self,
        worker: Worker[CommandT],
        listener: socket.socket,
        poller: select.epoll,
        *,
        decode: Callable[[bytes], CommandT | Acknowledge],
    ) -> None:
        """Args:
        listener: A bound, listening stream socket.
        decode: Reads the body of a frame; raises msgspec.DecodeError for what is none of this worker's commands.
        """
        self._worker = worker
        self._decode = decode
        self._listener = listener
        self._poller = poller
        self._connection: socket.socket | None = None
        self._incoming = bytearray()
        self._outgoing = bytearray()
        self._wants_write = False
        listener.setblocking(False)
        poller.register(listener.fileno(), select.EPOLLIN)
        worker.events.on_event = self._send_event

    # --- called by the loop -------------------------------------------------------------------------------------------

    def handle(self, fd: int, mask: int) -> None:
        """The poller reported something about one of this server's sockets."""
        if fd == self._listener.fileno():
            self._accept()
        elif self._connection is not None and fd == self._connection.fileno():
            if mask & select.EPOLLOUT:
                self._flush()
            if self._connection is not None and mask & (select.EPOLLIN | select.EPOLLHUP | select.EPOLLERR):
                self._read()

    def step(self) -> bool:
        """Carry out one frame that has arrived; False when there is none."""
        if len(self._incoming) < 4:
            return False
        size = int.from_bytes(self._incoming[:4], "big")
        if size > MAX_FRAME:
            self._drop("frame too long")
            return False
        if len(self._incoming) < 4 + size:
            return False
        body = bytes(self._incoming[4 : 4 + size])
        del self._incoming[: 4 + size]
        try:
            message = self._decode(body)
        except msgspec.DecodeError as error:
            self._drop(f"not of the protocol: {error}")
            return False
        self._execute(message)
        return True

    def close(self) -> None:
        """End the connection and stop listening."""
        if self._connection is not None:
            self._drop("worker ends")
        self._poller.unregister(self._listener.fileno())
        self._listener.close()

    @property
    def is_settled(self) -> bool:
        """Control has got and acknowledged everything (or is not there)."""
        if self._connection is None:
            return True
        return not self._outgoing and not self._worker.events.unacknowledged

    # --- the connection -----------------------------------------------------------------------------------------------

    def _accept(self) -> None:
        try:
            connection, _ = self._listener.accept()
        except OSError:  # gone again
            return
        if self._connection is not None:
            self._drop("replaced by a newer control")
        connection.setblocking(False)
        self._connection = connection
        self._poller.register(connection.fileno(), select.EPOLLIN)
        _log.info("control connected", events=len(self._worker.events.unacknowledged))
        self._send(self._worker.hello(pid=os.getpid()))
        for event in self._worker.events.unacknowledged:
            self._send(event)

    def _drop(self, reason: str) -> None:
        connection, self._connection = self._connection, None
        if connection is None:
            return
        self._poller.unregister(connection.fileno())
        connection.close()
        self._incoming.clear()
        self._outgoing.clear()
        self._wants_write = False
        _log.info("control disconnected", reason=reason)

    def _read(self) -> None:
        assert self._connection is not None
        try:
            data = self._connection.recv(_READ_BYTES)
        except BlockingIOError:
            return
        except OSError as error:
            self._drop(error.strerror or "error")
            return
        if not data:
            self._drop("closed by control")
            return
        self._incoming += data

    def _execute(self, message: CommandT | Acknowledge) -> None:
        if isinstance(message, Acknowledge):
            self._worker.events.acknowledge(message.number)
            return
        try:
            self._worker.execute(message, self._send)
        except Exception as error:  # a defect of ours must not end a thousand calls
            _log.exception("command failed", command=type(message).__name__)
            self._send(Reply(id=message.id, ok=False, error="bad_request", detail=type(error).__name__))

    def _send_event(self, event: Event) -> None:
        self._send(event)

    def _send(self, message: Hello | Event | Reply) -> None:
        if self._connection is None:
            return
        self._outgoing += encode(message)
        if len(self._outgoing) > _BACKLOG_LIMIT:
            self._drop("control reads nothing")
        elif not self._wants_write:
            self._flush()

    def _flush(self) -> None:
        assert self._connection is not None
        try:
            while self._outgoing:
                del self._outgoing[: self._connection.send(self._outgoing)]
        except BlockingIOError:
            pass
        except OSError as error:
            self._drop(error.strerror or "error")
            return
        wants_write = bool(self._outgoing)
        if wants_write != self._wants_write:
            self._wants_write = wants_write
            mask = select.EPOLLIN | (select.EPOLLOUT if wants_write else 0)
            self._poller.modify(self._connection.fileno(), mask)
