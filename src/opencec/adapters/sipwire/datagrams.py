"""The UDP socket: read in small batches, written at once."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable

from opencec.sip.flow import Address, Flow

__all__ = ["Datagrams"]

_BATCH = 16  # datagrams a turn: about 3 ms of work, so that the loop stays responsive under a flood
_LARGEST = 65_535


class Datagrams:
    """One bound UDP socket that somebody else owns.

    Args:
        sock: The bound socket; it is made non-blocking and stays open after `close`.
        on_data: Takes each datagram and its flow.
        on_batch_end: Called after each batch.
        receive_buffer: SO_RCVBUF in bytes (the kernel's limit applies).
    """

    def __init__(
        self,
        sock: socket.socket,
        *,
        on_data: Callable[[bytes, Flow], None],
        on_batch_end: Callable[[], None],
        receive_buffer: int,
    ) -> None:
        self._sock = sock
        self._on_data = on_data
        self._on_batch_end = on_batch_end
        sock.setblocking(False)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        name = sock.getsockname()
        self.local: Address = (str(name[0]), int(name[1]))
        self.dropped = 0
        self._loop = asyncio.get_running_loop()
        self._loop.add_reader(sock.fileno(), self._read)

    def _read(self) -> None:
        for _ in range(_BATCH):
            try:
                data, remote = self._sock.recvfrom(_LARGEST)
            except (BlockingIOError, InterruptedError):
                break
            except OSError:
                continue  # an ICMP error of an earlier datagram; retransmissions deal with that
            self._on_data(data, Flow("udp", self.local, (str(remote[0]), int(remote[1]))))
        self._on_batch_end()

    def send(self, data: bytes, remote: Address) -> bool:
        """Send one datagram; False when the network refuses it. A full socket buffer counts as loss on the way."""
        try:
            self._sock.sendto(data, remote)
        except (BlockingIOError, InterruptedError, ConnectionRefusedError):
            self.dropped += 1
        except OSError:
            return False
        return True

    def close(self) -> None:
        """Stop reading."""
        self._loop.remove_reader(self._sock.fileno())
