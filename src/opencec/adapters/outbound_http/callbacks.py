"""Posts callbacks over pooled connections: one pool for each lane and receiver, bounded, with its own trouble.

Written for cost in control's loop: a request over a standing connection is one write and one parse.
"""

from __future__ import annotations

import asyncio
import ssl
from collections import OrderedDict, deque
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

from opencec.adapters.outbound_http.connection import Connection
from opencec.adapters.outbound_http.guard import AddressGuard, AddressRefused, Endpoint
from opencec.ports.callbacks import CallbackAnswer, CallbackFailed, CallbackFailure, CallbackRefused

__all__ = ["CallbackClient", "CallbackLimits"]

_DNS_KEEP_S = 30.0
_DNS_CACHED = 1_024
_FIRST_DOWN_S, _LAST_DOWN_S = 0.25, 5.0


@dataclass(frozen=True, slots=True)
class CallbackLimits:
    """Bounds of a client."""

    connect_s: float = 5.0
    """Resolving, connecting and the TLS handshake, together."""
    answer_s: float = 10.0
    """From the request to its whole answer."""
    idle_s: float = 30.0
    """A connection without a request is closed after this."""
    per_receiver: int = 16
    """Connections of one lane to one receiver."""
    waiting: int = 20_000
    """Requests of one lane and receiver that wait for a connection."""
    pools: int = 4_096
    """Receivers remembered; idle ones go first."""


@dataclass(slots=True)
class _Pool:
    """Connections of one lane to one receiver."""

    idle: deque[tuple[float, Connection]] = field(default_factory=deque)
    count: int = 0
    waiters: deque[asyncio.Future[None]] = field(default_factory=deque)
    down_s: float = 0.0
    down_until: float = 0.0


class CallbackClient:
    """Implements `Callbacks`."""

    def __init__(
        self, guard: AddressGuard, *, ca_file: Path | None = None, limits: CallbackLimits | None = None
    ) -> None:
        """Args:
        guard: Says where callbacks may go.
        ca_file: PEM certificates that are trusted beside the system's.
        limits: Bounds.
        """
        self._guard = guard
        self._ca_file = ca_file
        self._limits = limits or CallbackLimits()
        self._pools: OrderedDict[tuple[str, bool, str, int], _Pool] = OrderedDict()
        self._endpoints: OrderedDict[str, Endpoint] = OrderedDict()
        self._addresses: OrderedDict[tuple[str, int, bool], tuple[float, list[str]]] = OrderedDict()
        self._threads = ThreadPoolExecutor(4, thread_name_prefix="callback")
        self._tls: asyncio.Future[ssl.SSLContext] | None = None

    def check(self, url: str) -> None:
        """Look at an address without any network; raises `CallbackRefused`."""
        try:
            self._guard.endpoint(url)
        except AddressRefused as error:
            raise CallbackRefused(str(error)) from None

    async def post(self, url: str, *, lane: str, headers: Sequence[tuple[str, str]], body: bytes) -> CallbackAnswer:
        """POST a JSON body; see the port."""
        endpoint = self._endpoint(url)
        pool = self._pool((lane, endpoint.is_secure, endpoint.host, endpoint.port))
        request = _request(endpoint, headers, body)
        while True:
            connection = await self._connection(pool, endpoint)
            was_used = connection.has_answered
            try:
                async with asyncio.timeout(self._limits.answer_s):
                    answer = await connection.request(request)
            except TimeoutError:
                connection.close()
                raise CallbackFailed("timeout", "no answer in time") from None
            except CallbackFailed as error:
                if error.reason == "closed" and was_used:
                    continue  # it was closed while idle; a fresh one tells the truth
                raise
            except asyncio.CancelledError:
                connection.close()
                raise
            finally:
                self._give_back(pool, connection)
            return answer

    async def close(self) -> None:
        """Drop every connection."""
        for pool in self._pools.values():
            for _, connection in pool.idle:
                connection.close()
        self._pools.clear()
        self._threads.shutdown(wait=False, cancel_futures=True)

    # --- connections --------------------------------------------------------------------------------------------------

    def _endpoint(self, url: str) -> Endpoint:
        found = self._endpoints.get(url)
        if found is None:
            try:
                found = self._guard.endpoint(url)
            except AddressRefused as error:
                raise CallbackFailed("address", str(error)) from None
            self._endpoints[url] = found
            if len(self._endpoints) > self._limits.waiting:
                self._endpoints.popitem(last=False)
        return found

    def _pool(self, key: tuple[str, bool, str, int]) -> _Pool:
        pool = self._pools.get(key)
        if pool is None:
            pool = self._pools[key] = _Pool()
            if len(self._pools) > self._limits.pools:
                spare = next((name for name, found in self._pools.items() if not found.count), None)
                if spare is not None and spare != key:
                    del self._pools[spare]
        return pool

    async def _connection(self, pool: _Pool, endpoint: Endpoint) -> Connection:
        """A standing connection, else a new one, else wait for one."""
        loop = asyncio.get_running_loop()
        while True:
            while pool.idle:
                _, connection = pool.idle.pop()
                if connection.is_open:
                    return connection
                pool.count -= 1
            if pool.down_until > loop.time():
                raise CallbackFailed("down", "the receiver could not be reached a moment ago")
            if pool.count < self._limits.per_receiver:
                break
            if len(pool.waiters) >= self._limits.waiting:
                raise CallbackFailed("busy", "too many wait for this receiver")
            waiter: asyncio.Future[None] = loop.create_future()
            pool.waiters.append(waiter)
            try:
                await waiter
            except asyncio.CancelledError:
                self._wake(pool)
                raise
        pool.count += 1
        try:
            async with asyncio.timeout(self._limits.connect_s):
                connection = await self._connect(endpoint)
        except asyncio.CancelledError:
            pool.count -= 1
            self._wake(pool)
            raise
        except (OSError, CallbackFailed) as error:
            pool.count -= 1
            self._mark_down(pool, loop.time())
            raise _failure(error) from None
        pool.down_s = 0.0
        return connection

    def _mark_down(self, pool: _Pool, now: float) -> None:
        """Nobody tries this receiver for a moment; who waits is told."""
        pool.down_s = min(_LAST_DOWN_S, pool.down_s * 2 or _FIRST_DOWN_S)
        pool.down_until = now + pool.down_s
        while pool.waiters:
            self._wake(pool)

    def _give_back(self, pool: _Pool, connection: Connection) -> None:
        if connection.is_open:
            loop = asyncio.get_running_loop()
            now = loop.time()
            if not pool.idle:
                loop.call_later(self._limits.idle_s, self._close_idle, pool)
            pool.idle.append((now, connection))
        else:
            pool.count -= 1
        self._wake(pool)

    def _wake(self, pool: _Pool) -> None:
        while pool.waiters:
            waiter = pool.waiters.popleft()
            if not waiter.done():
                waiter.set_result(None)
                return

    def _close_idle(self, pool: _Pool) -> None:
        loop = asyncio.get_running_loop()
        limit = loop.time() - self._limits.idle_s + 0.05
        while pool.idle and pool.idle[0][0] <= limit:
            pool.idle.popleft()[1].close()
            pool.count -= 1
        if pool.idle:
            loop.call_later(self._limits.idle_s, self._close_idle, pool)

    async def _connect(self, endpoint: Endpoint) -> Connection:
        loop = asyncio.get_running_loop()
        allowed = await self._allowed(endpoint)
        context = await self._trust() if endpoint.is_secure else None
        for number, address in enumerate(allowed, start=1):
            try:
                _, connection = await loop.create_connection(
                    Connection,
                    address,
                    endpoint.port,
                    ssl=context,
                    server_hostname=endpoint.host if context is not None else None,
                )
            except OSError as error:
                if number == len(allowed) or isinstance(error, ssl.SSLError):
                    raise
                continue
            return connection
        raise OSError("no address answered")

    async def _allowed(self, endpoint: Endpoint) -> list[str]:
        """Where to connect. Names are asked in threads of our own: a slow name server is nobody else's trouble."""
        loop = asyncio.get_running_loop()
        key = (endpoint.host, endpoint.port, endpoint.is_secure)
        known = self._addresses.get(key)
        if known is not None and known[0] > loop.time():
            return known[1]
        try:
            found = await self._guard.addresses(endpoint, threads=self._threads)
        except AddressRefused as error:
            reason: CallbackFailure = "name" if error.problem == "unknown_host" else "address"
            raise CallbackFailed(reason, str(error)) from None
        self._addresses[key] = (loop.time() + _DNS_KEEP_S, found)
        if len(self._addresses) > _DNS_CACHED:
            self._addresses.popitem(last=False)
        return found

    async def _trust(self) -> ssl.SSLContext:
        """Whom we trust; loading the system's certificates takes tens of milliseconds, so a thread does it, once."""
        if self._tls is None:
            self._tls = asyncio.get_running_loop().run_in_executor(self._threads, _make_context, self._ca_file)
        return await asyncio.shield(self._tls)


def _make_context(ca_file: Path | None) -> ssl.SSLContext:
    context = ssl.create_default_context()
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if ca_file is not None:
        context.load_verify_locations(cafile=ca_file)
    return context


def _failure(error: OSError | CallbackFailed) -> CallbackFailed:
    match error:
        case CallbackFailed():
            return error
        case ssl.SSLError():
            return CallbackFailed("tls", str(error))
        case TimeoutError():
            return CallbackFailed("timeout", "no connection in time")
        case OSError():
            return CallbackFailed("connect", str(error))


def _request(endpoint: Endpoint, headers: Sequence[tuple[str, str]], body: bytes) -> bytes:
    """The request's bytes. Header values come from sign-ins, which checked them."""
    lines = [
        f"POST {endpoint.target} HTTP/1.1",
        f"Host: {endpoint.authority}",
        "Content-Type: application/json; charset=UTF-8",
        "Accept: application/json",
        f"Content-Length: {len(body)}",
        *(f"{name}: {value}" for name, value in headers),
        "",
        "",
    ]
    return "\r\n".join(lines).encode("latin-1") + body
