"""UDP sockets of the legs: a pool of even/odd port pairs, binding, connecting, and the kernel's arrival stamps."""

from __future__ import annotations

import ctypes
import errno
import os
import secrets
import socket
import struct
from collections import deque

__all__ = ["VIDEO", "VOICE", "NoPort", "PortPair", "PortPool", "arrival_ns", "connect", "disconnect", "stamp_arrivals"]

_SO_TIMESTAMPNS = 35
_RECEIVE_BUFFER = 256 * 1024
"""Bytes; about 300 G.711 packets by the kernel's count: a burst of seconds, far more than is ever played. For video it
is the burst of one whole picture."""
VOICE, VIDEO = 46, 34
"""DSCP: EF for voice, AF41 for video (RFC 4594 4.1, 4.3)."""
_TRIES = 128
"""Ports tried for one leg; a taken one costs 10 us."""
ANCILLARY_BYTES = socket.CMSG_SPACE(16)

_libc = ctypes.CDLL(None, use_errno=True)


class NoPort(OSError):
    """Every port of the range is taken, or the address is not one of ours."""


class PortPair:
    """One leg's sockets: RTP on the even port, RTCP on the next (None when multiplexed)."""

    __slots__ = ("port", "rtcp", "rtp")

    def __init__(self, port: int, rtp: socket.socket, rtcp: socket.socket | None) -> None:
        self.port = port
        self.rtp = rtp
        self.rtcp = rtcp


class PortPool:
    """Hands out port pairs of a range, least recently used first, so that stray packets of an old call find nobody.

    It begins anywhere in the range: two programs that share one (two nodes on a machine) would else always ask for the
    same ports, and the second one would meet long stretches that are taken.
    """

    def __init__(self, first: int, last: int, *, dscp: int = VOICE) -> None:
        first += first % 2
        if not 0 < first < last <= 65_535:
            raise ValueError(f"no usable RTP port range: {first}-{last}")
        self._free = deque(range(first, last, 2))
        self._free.rotate(secrets.randbelow(len(self._free)))
        self._dscp = dscp

    @property
    def free(self) -> int:
        """Port pairs that are left."""
        return len(self._free)

    def open(self, host: str, *, with_rtcp: bool) -> PortPair:
        """Bind a pair on `host` ("0.0.0.0" = every address).

        Raises:
            NoPort: nothing free, or the address cannot be bound.
        """
        trouble = "all in use"
        for _ in range(min(len(self._free), _TRIES)):  # a taken port (another program's) goes to the queue's end
            port = self._free.popleft()
            try:
                return _bind_pair(host, port, with_rtcp=with_rtcp, dscp=self._dscp)
            except OSError as error:  # keep no reference: its traceback holds the frames, and with them the leg
                self._free.append(port)
                trouble = error.strerror or str(error)
                if error.errno != errno.EADDRINUSE:  # no more descriptors, not an address of ours: as at any port
                    break
        raise NoPort(f"no RTP port on {host}: {trouble}")

    def close(self, pair: PortPair) -> None:
        """Close the sockets and put the port at the queue's end."""
        pair.rtp.close()
        if pair.rtcp is not None:
            pair.rtcp.close()
        self._free.append(pair.port)


def _bind_pair(host: str, port: int, *, with_rtcp: bool, dscp: int) -> PortPair:
    rtp = _bound(host, port, dscp=dscp)
    try:
        rtcp = _bound(host, port + 1, dscp=dscp) if with_rtcp else None
    except OSError:
        rtp.close()
        raise
    return PortPair(port, rtp, rtcp)


def _bound(host: str, port: int, *, dscp: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    sock = socket.socket(family, socket.SOCK_DGRAM)
    try:
        sock.setblocking(False)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _RECEIVE_BUFFER)
        stamp_arrivals(sock)
        _mark(sock, family, dscp)
        sock.bind((host, port))
    except OSError:
        sock.close()
        raise
    return sock


def _mark(sock: socket.socket, family: int, dscp: int) -> None:
    """Set the traffic class; a network that does not permit it is no reason to fail."""
    try:
        if family == socket.AF_INET:
            sock.setsockopt(socket.IPPROTO_IP, socket.IP_TOS, dscp << 2)
        else:
            sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_TCLASS, dscp << 2)
    except OSError:
        pass


def stamp_arrivals(sock: socket.socket) -> None:
    """Have the kernel note when each datagram arrived."""
    sock.setsockopt(socket.SOL_SOCKET, _SO_TIMESTAMPNS, 1)


def arrival_ns(ancillary: list[tuple[int, int, bytes]]) -> int | None:
    """The stamp in a datagram's ancillary data, nanoseconds since 1970."""
    for level, kind, data in ancillary:
        if level == socket.SOL_SOCKET and kind == _SO_TIMESTAMPNS and len(data) >= 16:
            seconds, nanoseconds = struct.unpack("qq", data[:16])
            return int(seconds * 1_000_000_000 + nanoseconds)
    return None


def connect(sock: socket.socket, address: tuple[str, int]) -> None:
    """Fix a socket to one far end: the kernel then filters everybody else out (but not what is queued already)."""
    sock.connect(address)


def disconnect(sock: socket.socket) -> None:
    """Undo `connect`, keeping the bound port (connect(2) with AF_UNSPEC, which the socket module does not offer)."""
    unspecified = struct.pack("=H", socket.AF_UNSPEC) + bytes(26)
    if _libc.connect(sock.fileno(), unspecified, len(unspecified)) != 0:
        error = ctypes.get_errno()
        raise OSError(error, os.strerror(error))
