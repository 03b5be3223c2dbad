"""Where a request comes from: the address that rate limits count by, and whether trust by address may apply."""

from __future__ import annotations

import ipaddress
from collections.abc import Sequence
from typing import Any

__all__ = ["LocalOnly", "RequestSource", "is_same_origin", "request_source"]

_NOT_LOCAL = b"only for this machine\n"

_FORWARDING = (b"forwarded", b"x-forwarded-for", b"x-real-ip", b"x-forwarded-host")


class RequestSource:
    """The client as far as it is known."""

    __slots__ = ("address", "is_forwarded", "peer")

    def __init__(self, *, peer: str, address: str, is_forwarded: bool) -> None:
        self.peer = peer
        """Address of the connection."""
        self.address = address
        """Address that limits count by: the peer's, or what a trusted proxy says."""
        self.is_forwarded = is_forwarded
        """The request carries a forwarding header, so trust by address never applies (design.md 10)."""

    @property
    def is_local(self) -> bool:
        """A loopback peer that speaks for itself."""
        return not self.is_forwarded and _is_loopback(self.peer)


def request_source(scope: Any, *, trusted_proxies: Sequence[str] = ()) -> RequestSource:
    """Who sent a request.

    Args:
        scope: ASGI scope (http or websocket).
        trusted_proxies: Addresses or networks (CIDR) of proxies whose `X-Forwarded-For` is believed. The rightmost
            entry that is no trusted proxy itself counts, so that a client cannot choose its address.
    """
    client = scope.get("client")
    peer = str(client[0]) if client else ""
    headers: dict[bytes, list[bytes]] = {}
    for name, value in scope["headers"]:
        if name in _FORWARDING:
            headers.setdefault(name, []).append(value)
    address = peer
    if headers and _is_in(peer, trusted_proxies):
        listed = ",".join(v.decode("latin-1") for v in headers.get(b"x-forwarded-for", ()))
        for entry in reversed([part.strip() for part in listed.split(",") if part.strip()]):
            plain = _plain_address(entry)
            if plain is None:
                break
            address = plain
            if not _is_in(plain, trusted_proxies):
                break
    return RequestSource(peer=peer, address=address, is_forwarded=bool(headers))


class LocalOnly:
    """Lets an ASGI application answer only loopback peers that speak for themselves; anybody else gets 403."""

    def __init__(self, app: Any) -> None:
        self._app = app

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Serve one HTTP request."""
        if request_source(scope).is_local:
            await self._app(scope, receive, send)
            return
        headers = [(b"content-type", b"text/plain; charset=utf-8"), (b"content-length", b"%d" % len(_NOT_LOCAL))]
        await send({"type": "http.response.start", "status": 403, "headers": headers})
        await send({"type": "http.response.body", "body": _NOT_LOCAL})


def is_same_origin(scope: Any, *, allowed: Sequence[str] = ()) -> bool:
    """Whether the page that opens a websocket is ours: the Origin's host equals Host, or the origin is allowed.

    Without an Origin header the peer is no browser, and no page can abuse a user's address or cookies: allowed.
    """
    origin = host = b""
    for name, value in scope["headers"]:
        if name == b"origin":
            origin = value
        elif name == b"host":
            host = value
    if not origin:
        return True
    text = origin.decode("latin-1").lower()
    if text.rstrip("/") in {entry.lower().rstrip("/") for entry in allowed}:
        return True
    scheme, separator, authority = text.partition("://")
    if not separator or scheme not in ("http", "https"):
        return False
    return _with_port(authority, scheme) == _with_port(host.decode("latin-1").lower(), scheme)


def _with_port(authority: str, scheme: str) -> str:
    has_port = authority.rpartition("]")[2].find(":") >= 0
    return authority if has_port else f"{authority}:{443 if scheme == 'https' else 80}"


def _plain_address(entry: str) -> str | None:
    """The address of an entry such as `192.0.2.1`, `192.0.2.1:4711` or `[2001:db8::1]:4711`."""
    if entry.startswith("["):
        entry = entry[1:].partition("]")[0]
    elif entry.count(":") == 1:
        entry = entry.partition(":")[0]
    try:
        return str(ipaddress.ip_address(entry))
    except ValueError:
        return None


def _is_loopback(address: str) -> bool:
    try:
        return ipaddress.ip_address(address).is_loopback
    except ValueError:
        return False


def _is_in(address: str, networks: Sequence[str]) -> bool:
    if not networks:
        return False
    try:
        ip = ipaddress.ip_address(address)
        return any(ip in ipaddress.ip_network(network, strict=False) for network in networks)
    except ValueError:
        return False
