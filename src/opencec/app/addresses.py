"""This machine's addresses, straight from Linux. Standard library only."""

from __future__ import annotations

import fcntl
import ipaddress
import socket
import struct
from pathlib import Path

__all__ = ["interface_addresses", "peer_address", "url_host"]

_SIOCGIFADDR = 0x8915
_IF_INET6 = Path("/proc/net/if_inet6")


def interface_addresses() -> list[str]:
    """Addresses of all interfaces, IPv4 first, without link-local ones."""
    found: list[str] = []
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        for _, name in socket.if_nameindex():
            request = struct.pack("256s", name.encode()[:15])
            try:
                answer = fcntl.ioctl(probe.fileno(), _SIOCGIFADDR, request)
            except OSError:
                continue  # no IPv4 address
            found.append(socket.inet_ntoa(answer[20:24]))
    if _IF_INET6.exists():
        words = [line.split()[0] for line in _IF_INET6.read_text(encoding="ascii").splitlines() if line.strip()]
        found += [str(ipaddress.IPv6Address(int(word, 16))) for word in words]
    return [address for address in dict.fromkeys(found) if not ipaddress.ip_address(address).is_link_local]


def peer_address() -> str:
    """The address that another machine on the network most likely reaches this one by; loopback when there is none."""
    usable = [ipaddress.ip_address(address) for address in interface_addresses()]
    for address in usable:
        if address.version == 4 and not address.is_loopback:
            return str(address)
    return "127.0.0.1"


def url_host(host: str) -> str:
    """A host as URLs and SIP addresses write it: IPv6 in brackets."""
    return f"[{host}]" if ":" in host else host
