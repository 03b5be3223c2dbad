"""SIP over one ASGI websocket (RFC 7118): one WebSocket message is one SIP message."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from opencec.adapters.sipwire.connections import Connections
from opencec.sip.errors import SipParseError
from opencec.sip.flow import Address, Destination, Flow
from opencec.sip.parse import KeepAlive, parse_datagram

__all__ = ["AsgiReceive", "AsgiSend", "WebSocketConnection"]

AsgiReceive = Callable[[], Awaitable[MutableMapping[str, Any]]]
AsgiSend = Callable[[MutableMapping[str, Any]], Awaitable[None]]

_POLICY_VIOLATION = 1008
_GOING_AWAY = 1001


class WebSocketConnection:
    """One accepted websocket. `run` serves it until it closes."""

    def __init__(
        self,
        connections: Connections,
        receive: AsgiReceive,
        send: AsgiSend,
        *,
        local: Address,
        remote: Address,
        is_secure: bool,
    ) -> None:
        self.flow = Flow("wss" if is_secure else "ws", local, remote, connections.new_id())
        self.destination: Destination | None = None
        self._connections = connections
        self._receive = receive
        self._send = send
        self._queue: deque[bytes] = deque()
        self._queued = 0
        self._wake = asyncio.Event()
        self._is_open = True
        self._code = 1000
        self._opened_at = self._heard_at = connections.clock()
        self._has_spoken = False

    async def run(self) -> None:
        """Read and write until one side closes."""
        self._connections.add(self)
        try:
            async with asyncio.TaskGroup() as group:
                reading = group.create_task(self._read())
                await self._write()
                reading.cancel()
        finally:
            self._is_open = False
            self._connections.remove(self)

    async def _read(self) -> None:
        try:
            while self._is_open:
                event = await self._receive()
                if event["type"] != "websocket.receive":
                    break
                text = event.get("text")
                self._take(text.encode("utf-8", "replace") if text is not None else event.get("bytes") or b"")
        finally:
            self._is_open = False
            self._wake.set()

    def _take(self, data: bytes) -> None:
        taker = self._connections.taker
        self._heard_at = self._connections.clock()
        try:
            item = parse_datagram(data)
        except SipParseError as error:
            taker.bad_message_came(error, self.flow)
        else:
            self._has_spoken = True
            if isinstance(item, KeepAlive):
                if item.reply:
                    self.send(item.reply)
            else:
                taker.message_came(item, self.flow)
        taker.batch_ended()

    async def _write(self) -> None:
        while True:
            await self._wake.wait()
            self._wake.clear()
            while self._queue:
                data = self._queue.popleft()
                self._queued -= len(data)
                try:
                    await self._send({"type": "websocket.send", "text": data.decode("utf-8", "replace")})
                except (OSError, RuntimeError):
                    self._is_open = False  # the server found it closed before it told us
                    return
            if not self._is_open:
                await self._say_goodbye()
                return

    async def _say_goodbye(self) -> None:
        try:
            await self._send({"type": "websocket.close", "code": self._code})
        except (OSError, RuntimeError):
            return  # the peer closed first

    def send(self, data: bytes) -> bool:
        """Queue a message; closes the connection of a peer that does not read."""
        if not self._is_open:
            return False
        if self._queued + len(data) > self._connections.limits.write_high_water:
            self._queue.clear()
            self._shut(_POLICY_VIOLATION)
            return False
        self._queue.append(data)
        self._queued += len(data)
        self._wake.set()
        return True

    def close(self) -> None:
        """Close it."""
        self._shut(_GOING_AWAY)

    def _shut(self, code: int) -> None:
        self._is_open, self._code = False, code
        self._wake.set()

    def is_overdue(self, now: int) -> bool:
        """Whether a time-out has passed."""
        limits = self._connections.limits
        if not self._has_spoken and now - self._opened_at > limits.first_message_ms:
            return True
        return now - self._heard_at > limits.idle_ms
