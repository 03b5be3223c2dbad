"""Which addresses requests of ours may go to: the one rule of every client that reaches servers others name.

A tenant must not reach the operator's inner network by naming it (server-side request forgery). So the addresses that
a name stands for are looked at after it was resolved, and the connection goes to one that was looked at: a name that
changes in between gains nothing. Redirects are never followed by the clients: they would lead around the guard.
"""

from __future__ import annotations

import asyncio
import ipaddress
import re
import socket
from collections.abc import Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from typing import Literal, Self
from urllib.parse import SplitResult, quote, urlsplit

__all__ = ["AddressGuard", "AddressRefused", "Endpoint", "RefusedFor"]

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network
RefusedFor = Literal["url_invalid", "host_not_allowed", "address_not_allowed", "unknown_host"]

_MOST_URL = 2_048
_HOST = re.compile(r"[A-Za-z0-9_.:-]{1,253}(%[A-Za-z0-9_.-]{1,32})?")
_NUMBER = re.compile(r"[0-9]+|0[xX][0-9A-Fa-f]*")
"""A last label that makes resolvers read the whole name as an IPv4 address (inet_aton; WHATWG URL 3.5)."""
_KEPT = "%/:?#[]@!$&'()*+,;=~-._"
_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")
_GLOBAL_UNICAST = ipaddress.IPv6Network("2000::/3")


class AddressRefused(Exception):
    """No request goes there; `problem` says why in one word, the text is for the integrator."""

    def __init__(self, problem: RefusedFor, detail: str) -> None:
        super().__init__(detail)
        self.problem: RefusedFor = problem


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A URL taken apart."""

    is_secure: bool
    host: str
    """Name or literal address in lower case, without brackets and final dot."""
    port: int
    target: str
    """Path and query, as the request line has them."""

    @property
    def authority(self) -> str:
        """The Host header."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == (443 if self.is_secure else 80) else f"{host}:{self.port}"


class AddressGuard:
    """Lets requests go to public addresses over HTTPS, and to the networks of a list however they are reached.

    An IPv4 address in an IPv6 cover (mapped, 6to4, NAT64) is what it covers.
    """

    def __init__(self, networks: Sequence[str] = (), *, names: Sequence[str] | None = None) -> None:
        """Args:
        networks: Addresses and networks (CIDR) that may be reached although they are private, or without TLS.
        names: Host names that may be asked, `*.` before a domain; they may be asked without TLS too. None: any name,
            and any public literal address.
        """
        self._networks = tuple(ipaddress.ip_network(network, strict=False) for network in networks)
        self._names = None if names is None else tuple(name.lower().rstrip(".") for name in names)

    @classmethod
    def of_hosts(cls, hosts: Sequence[str]) -> Self:
        """A guard that lets nothing through but a list's names, addresses and networks."""
        networks = [entry for entry in hosts if _network(entry) is not None]
        return cls(networks, names=[entry for entry in hosts if _network(entry) is None])

    def endpoint(self, url: str) -> Endpoint:
        """Take a URL apart, without any network.

        Raises:
            AddressRefused: not a plain http or https URL, or a host that is never allowed.
        """
        if len(url) > _MOST_URL or not url.isprintable() or " " in url or "\\" in url:
            raise AddressRefused("url_invalid", "not a URL")
        try:
            parts = urlsplit(url)
            port = parts.port
        except ValueError:
            raise AddressRefused("url_invalid", "not a URL") from None
        host = _ascii_host(parts)
        if parts.scheme not in ("http", "https") or not host or port == 0:
            raise AddressRefused("url_invalid", "not an http or https URL with a host")
        if parts.username is not None or parts.password is not None:
            raise AddressRefused("url_invalid", "user and password do not belong into the URL")
        is_secure = parts.scheme == "https"
        target = quote(parts.path or "/", safe=_KEPT) + (f"?{quote(parts.query, safe=_KEPT)}" if parts.query else "")
        found = Endpoint(is_secure, host, port or (443 if is_secure else 80), target)
        self._check_host(found)
        return found

    def permits(self, address: str, *, is_secure: bool) -> bool:
        """Whether a connection may go to this address."""
        ip = _plain(ipaddress.ip_address(address.partition("%")[0]))
        if self._is_listed(ip):
            return True
        return _is_public(ip) and (is_secure or self._names is not None)

    async def addresses(self, endpoint: Endpoint, *, threads: Executor | None = None) -> list[str]:
        """The addresses that a connection to an endpoint may go to, never empty. Connect to these, not to the name.

        Args:
            endpoint: From `endpoint`.
            threads: Where the name is looked up; None: the loop's own threads.

        Raises:
            AddressRefused: no such name, or none of its addresses is allowed.
        """
        if _address(endpoint.host) is not None:
            found = [endpoint.host]
        else:
            loop = asyncio.get_running_loop()
            try:
                found = await loop.run_in_executor(threads, _look_up, endpoint.host, endpoint.port)
            except (OSError, UnicodeError) as error:
                raise AddressRefused("unknown_host", f"no address for {endpoint.host}: {error}") from None
        allowed = [address for address in found if self.permits(address, is_secure=endpoint.is_secure)]
        if not allowed:
            raise AddressRefused("address_not_allowed", f"{endpoint.host} leads to no address that is allowed here")
        return allowed

    def _check_host(self, endpoint: Endpoint) -> None:
        host, literal = endpoint.host, _address(endpoint.host)
        if literal is None:
            if ":" in host or "%" in host or _NUMBER.fullmatch(host.rpartition(".")[2]):
                raise AddressRefused("url_invalid", "not a host name")
            is_allowed = self._names is None or any(_names(entry, host) for entry in self._names)
        elif self._names is None:
            is_allowed = self.permits(host, is_secure=endpoint.is_secure)
        else:
            is_allowed = self._is_listed(_plain(literal))
        if not is_allowed:
            scheme = "https" if endpoint.is_secure else "http"
            raise AddressRefused("host_not_allowed", f"requests to {host} over {scheme} are not allowed here")

    def _is_listed(self, ip: Address) -> bool:
        return any(ip in network for network in self._networks)


def _look_up(host: str, port: int) -> list[str]:
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


def _ascii_host(parts: SplitResult) -> str:
    try:
        host = (parts.hostname or "").rstrip(".").encode("idna").decode("ascii").lower()
    except UnicodeError:
        return ""
    return host if _HOST.fullmatch(host) else ""


def _names(entry: str, host: str) -> bool:
    return host.endswith(entry[1:]) and len(host) >= len(entry) if entry.startswith("*.") else host == entry


def _network(text: str) -> Network | None:
    try:
        return ipaddress.ip_network(text, strict=False)
    except ValueError:
        return None


def _address(host: str) -> Address | None:
    try:
        return ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return None


def _is_public(ip: Address) -> bool:
    # IPv6 outside global unicast (RFC 4291 2.4) has forms that Python calls global, as ::127.0.0.1 and fec0::1.
    is_unicast = isinstance(ip, ipaddress.IPv4Address) or ip in _GLOBAL_UNICAST
    return is_unicast and ip.is_global and not ip.is_multicast


def _plain(ip: Address) -> Address:
    """An IPv4 address in an IPv6 cover is what it covers."""
    if isinstance(ip, ipaddress.IPv6Address):
        if ip.ipv4_mapped is not None:
            return ip.ipv4_mapped
        if ip.sixtofour is not None:
            return ip.sixtofour
        if ip in _NAT64:
            return ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF)
    return ip
