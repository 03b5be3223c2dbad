"""Which addresses callbacks may go to: public ones over HTTPS, and the networks that the operator allows.

A tenant must not reach the operator's inner network by naming it as its receiver (server-side request forgery). So
the addresses that a name stands for are looked at after it was resolved, and the connection goes to the one that was
looked at: a name that changes in between gains nothing.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import SplitResult, quote, urlsplit

from opencec.ports.callbacks import CallbackRefused

__all__ = ["AddressGuard", "Endpoint"]

_HOST = re.compile(r"[A-Za-z0-9_.:%-]{1,253}")
_KEPT = "%/:?#[]@!$&'()*+,;=~-._"


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A callback URL taken apart."""

    is_secure: bool
    host: str
    """Name or literal address, without brackets."""
    port: int
    target: str
    """Path and query, as the request line has them."""

    @property
    def authority(self) -> str:
        """The Host header."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == (443 if self.is_secure else 80) else f"{host}:{self.port}"


class AddressGuard:
    """Args:
    allowed: Networks (CIDR) that callbacks may go to although they are private, or without TLS.
    """

    def __init__(self, allowed: Sequence[str] = ()) -> None:
        self._allowed = tuple(ipaddress.ip_network(network, strict=False) for network in allowed)

    def endpoint(self, url: str) -> Endpoint:
        """Take a URL apart.

        Raises:
            CallbackRefused: not a plain http or https URL, or a literal address that is not allowed.
        """
        try:
            parts = urlsplit(url)
            port = parts.port
        except ValueError:
            raise CallbackRefused("not a URL") from None
        host = _ascii_host(parts)
        if parts.scheme not in ("http", "https") or not host or port == 0:
            raise CallbackRefused("not an http or https URL with a host")
        if parts.username is not None or parts.password is not None:
            raise CallbackRefused("user and password do not belong into a callback URL")
        is_secure = parts.scheme == "https"
        target = quote(parts.path or "/", safe=_KEPT) + (f"?{quote(parts.query, safe=_KEPT)}" if parts.query else "")
        found = Endpoint(is_secure, host, port or (443 if is_secure else 80), target)
        literal = _address(host)
        if literal is not None and not self.permits(literal, is_secure=is_secure):
            raise CallbackRefused(f"callbacks to {host} over {parts.scheme} are not allowed here")
        if literal is None and host.rpartition(".")[2].isdigit():
            raise CallbackRefused("not a host name")
        return found

    def permits(self, address: str, *, is_secure: bool) -> bool:
        """Whether a connection may go to this address."""
        ip = _plain(ipaddress.ip_address(address.partition("%")[0]))
        if any(ip in network for network in self._allowed):
            return True
        return is_secure and ip.is_global and not ip.is_multicast


def _ascii_host(parts: SplitResult) -> str:
    try:
        host = (parts.hostname or "").encode("idna").decode("ascii") if parts.hostname else ""
    except UnicodeError:
        return ""
    return host if _HOST.fullmatch(host) else ""


def _address(host: str) -> str | None:
    try:
        return str(ipaddress.ip_address(host.partition("%")[0]))
    except ValueError:
        return None


def _plain(ip: ipaddress.IPv4Address | ipaddress.IPv6Address) -> ipaddress.IPv4Address | ipaddress.IPv6Address:
    """An IPv4 address in an IPv6 cover is what it covers."""
    if isinstance(ip, ipaddress.IPv6Address):
        if ip.ipv4_mapped is not None:
            return ip.ipv4_mapped
        if ip.sixtofour is not None:
            return ip.sixtofour
        if ip in ipaddress.ip_network("64:ff9b::/96"):
            return ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF)
    return ip
