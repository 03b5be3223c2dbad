"""Host names to addresses: getaddrinfo with a time-out and a short memory. No SRV or NAPTR."""

from __future__ import annotations

import asyncio
import ipaddress
import socket
from collections.abc import Callable

from opencec.sip.flow import Address

__all__ = ["Resolver", "is_numeric"]

_KEEP_MS = 30_000
_MAX_CACHED = 1_024


def is_numeric(host: str) -> bool:
    """Whether `host` is an IP address."""
    try:
        ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return False
    return True


class Resolver:
    """Resolves names for one wire. Trunks with SRV records need their host and port named in the settings."""

    def __init__(self, clock: Callable[[], int], *, timeout_ms: int) -> None:
        self._clock = clock
        self._timeout_ms = timeout_ms
        self._cache: dict[tuple[str, int], tuple[int, Address]] = {}

    async def resolve(self, host: str, port: int, *, family: int = socket.AF_UNSPEC) -> Address:
        """The first address of `host`.

        Raises:
            OSError: No such name, or no answer in time.
        """
        if is_numeric(host):
            return host, port
        known = self._cache.get((host, port))
        if known is not None and known[0] > self._clock():
            return known[1]
        loop = asyncio.get_running_loop()
        try:
            async with asyncio.timeout(self._timeout_ms / 1000):
                found = await loop.getaddrinfo(host, port, family=family, type=socket.SOCK_STREAM)
        except TimeoutError:
            raise OSError(f"no answer from the resolver for {host}") from None
        if not found:
            raise OSError(f"no address for {host}")
        address = (str(found[0][4][0]), int(found[0][4][1]))
        if len(self._cache) >= _MAX_CACHED:
            self._cache.clear()
        self._cache[host, port] = (self._clock() + _KEEP_MS, address)
        return address
