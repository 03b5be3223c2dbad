"""The UDP socket: read in small batches, written at once."""

from __future__ import annotations

import asyncio
import errno
import socket
import struct
from collections.abc import Callable, Sequence

from opencec.sip.flow import Address, Flow

__all__ = ["Datagrams"]

_BATCH = 16  # datagrams a turn: about 3 ms of work, so that the loop stays responsive under a flood
_LARGEST = 65_535
_RECVERR = {socket.AF_INET: (socket.IPPROTO_IP, 11), socket.AF_INET6: (socket.IPPROTO_IPV6, 25)}
"""IP_RECVERR and IPV6_RECVERR of Linux, which `socket` does not name."""
_ERRORS = 64
"""Read at most so many ICMP errors in one go."""
_ORIGINS = (2, 3)  # SO_EE_ORIGIN_ICMP, SO_EE_ORIGIN_ICMP6
# RFC 3261 18.4: host, network, port or protocol unreachable. Others (time exceeded, too big) are no failure.
_UNREACHABLE = frozenset({errno.ECONNREFUSED, errno.EHOSTUNREACH, errno.ENETUNREACH, errno.ENOPROTOOPT})


class Datagrams:
    """One bound UDP socket that somebody else owns.

    Args:
        sock: The bound socket; it is made non-blocking and stays open after `close`.
        on_data: Takes each datagram and its flow.
        on_batch_end: Called after each batch.
        on_refused: Takes the beginning of a datagram of ours that an ICMP error came for: nobody is there.
        receive_buffer: SO_RCVBUF in bytes (the kernel's limit applies).
    """

    def __init__(
        self,
        sock: socket.socket,
        *,
        on_data: Callable[[bytes, Flow], None],
        on_batch_end: Callable[[], None],
        on_refused: Callable[[bytes], None],
        receive_buffer: int,
    ) -> None:
        self._sock = sock
        self._on_data = on_data
        self._on_batch_end = on_batch_end
        self._on_refused = on_refused
        sock.setblocking(False)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        try:
            sock.setsockopt(*_RECVERR[sock.family], 1)
            self._reports_errors = True
        except (KeyError, OSError):
            self._reports_errors = False  # not Linux: requests to a closed port end by their time-out
        name = sock.getsockname()
        self.local: Address = (str(name[0]), int(name[1]))
        self.dropped = 0
        self._loop = asyncio.get_running_loop()
        self._loop.add_reader(sock.fileno(), self._read)

    def _read(self) -> None:
        has_error = False
        for number in range(_BATCH):
            try:
                data, remote = self._sock.recvfrom(_LARGEST)
            except (BlockingIOError, InterruptedError):
                has_error = has_error or number == 0  # woken, and no datagram: an error waits
                break
            except OSError:
                has_error = True
                continue
            self._on_data(data, Flow("udp", self.local, (str(remote[0]), int(remote[1]))))
        if has_error:
            self._read_errors()
            # libuv stops watching a socket that has an error: it cannot tell this one from a closed one.
            self._loop.remove_reader(self._sock.fileno())
            self._loop.add_reader(self._sock.fileno(), self._read)
        self._on_batch_end()

    def _read_errors(self) -> None:
        """Empty the socket's error queue: each entry holds what we sent, as far as the ICMP message quotes it."""
        if not self._reports_errors:
            return
        for _ in range(_ERRORS):
            try:
                data, about, _, _ = self._sock.recvmsg(2048, 512, socket.MSG_ERRQUEUE)
            except OSError:
                return
            if _is_unreachable(about):
                self._on_refused(data)

    def send(self, data: bytes, remote: Address) -> bool:
        """Send one datagram; False when the network refuses it. A full socket buffer counts as loss on the way."""
        for is_again in (False, True):
            try:
                self._sock.sendto(data, remote)
            except (BlockingIOError, InterruptedError):
                break
            except OSError as error:
                # The first may tell of an earlier datagram; then this one was not sent.
                if is_again:
                    return isinstance(error, ConnectionRefusedError)
                continue
            return True
        self.dropped += 1
        return True

    def close(self) -> None:
        """Stop reading."""
        self._loop.remove_reader(self._sock.fileno())


def _is_unreachable(about: Sequence[tuple[int, int, bytes]]) -> bool:
    """Whether the ancillary data of an error (`struct sock_extended_err`) says that nothing is there."""
    for level, kind, data in about:
        if (level, kind) in _RECVERR.values() and len(data) >= 5:
            code, origin = struct.unpack_from("=IB", data)
            return origin in _ORIGINS and code in _UNREACHABLE
    return False
