"""Where a request may go: names by a list, addresses only public ones or those of the list. Pure."""

from __future__ import annotations

import ipaddress
from collections.abc import Sequence
from typing import NamedTuple
from urllib.parse import urlsplit

from opencec.ports.outbound_http import OutboundFailed

__all__ = ["Target", "allowed_address", "target_of"]

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
_MAX_URL = 2_048
_NAT64 = ipaddress.ip_network("64:ff9b::/96")


class Target(NamedTuple):
    """The parts of a URL."""

    scheme: str
    host: str
    """Lower case, without brackets."""
    port: int
    path: str
    """With the query."""

    @property
    def authority(self) -> str:
        """For the Host field."""
        shown = f"[{self.host}]" if ":" in self.host else self.host
        default = 443 if self.scheme == "https" else 80
        return shown if self.port == default else f"{shown}:{self.port}"


def target_of(url: str, hosts: Sequence[str]) -> Target:
    """The target of a URL whose host is on the list.

    Raises:
        OutboundFailed: no URL that we use, or a host that is not on the list.
    """
    if len(url) > _MAX_URL or not url.isascii() or not url.isprintable() or " " in url or "\\" in url:
        raise OutboundFailed("url_invalid", "not an address")
    try:
        parts = urlsplit(url)
        host, port = (parts.hostname or "").rstrip("."), parts.port
    except ValueError:
        raise OutboundFailed("url_invalid", "not an address") from None
    if parts.scheme not in ("http", "https") or not host or parts.username is not None or parts.password is not None:
        raise OutboundFailed("url_invalid", "not an http or https address without user name")
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    target = Target(parts.scheme, host, port or (443 if parts.scheme == "https" else 80), path)
    literal = _address(host)
    if literal is None and not any(_names(entry, host) for entry in hosts):
        raise OutboundFailed("host_not_allowed", host)
    if literal is not None and not _is_listed(literal, hosts):
        raise OutboundFailed("host_not_allowed", host)
    return target


def allowed_address(text: str, hosts: Sequence[str]) -> bool:
    """Whether an address that a listed name resolved to may be connected to: it is public, or on the list."""
    address = _address(text)
    if address is None:
        return False
    return _is_public(address) or _is_listed(address, hosts)


def _is_public(address: Address) -> bool:
    inner: Address | None = None
    if isinstance(address, ipaddress.IPv6Address):
        inner = address.ipv4_mapped or address.sixtofour
        if address in _NAT64:
            inner = ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    return address.is_global and not address.is_multicast and (inner is None or inner.is_global)


def _is_listed(address: Address, hosts: Sequence[str]) -> bool:
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    for entry in hosts:
        try:
            network = ipaddress.ip_network(entry, strict=False)
        except ValueError:
            continue
        if address in network or (mapped is not None and mapped in network):
            return True
    return False


def _names(entry: str, host: str) -> bool:
    name = entry.lower().rstrip(".")
    return host.endswith(name[1:]) and len(host) > len(name) - 1 if name.startswith("*.") else host == name


def _address(text: str) -> Address | None:
    try:
        return ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        return None
