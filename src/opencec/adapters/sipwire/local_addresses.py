"""Which of our addresses a peer should use: goes into Via and Contact."""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Mapping

from opencec.sip.flow import Address, Destination, Target

__all__ = ["LocalAddresses"]

_MAX_CACHED = 4_096
_ANYWHERE = "192.0.2.1"  # TEST-NET-1: only its route is looked up, nothing is sent


class LocalAddresses:
    """Picks our address by the peer's: the public one for public peers, else that of the interface towards it.

    Args:
        ports: Listening port by transport; "ws" and "wss" are the ports of the HTTP server.
        public_host: Address or name that the outside reaches us at; "" when there is none (OPENCEC_PUBLIC_IP).
    """

    def __init__(self, ports: Mapping[str, int], *, public_host: str = "") -> None:
        self._ports = dict(ports)
        self._public_host = public_host
        self._cache: dict[str, str] = {}

    def __call__(self, target: Target) -> Address:
        """Address and port for this target."""
        peer = target.host if isinstance(target, Destination) else target.remote[0]
        host = self._host_for(peer)
        if not isinstance(target, Destination) and not (self._public_host and host == self._public_host):
            own = target.local[0]
            if own and own not in ("0.0.0.0", "::"):
                host = own
        port = self._ports.get(target.transport)
        if port is None:
            port = target.port if isinstance(target, Destination) else target.local[1]
        return host, port

    def _host_for(self, peer: str) -> str:
        host = self._cache.get(peer)
        if host is None:
            if len(self._cache) >= _MAX_CACHED:
                self._cache.clear()
            host = self._cache[peer] = self._find(peer)
        return host

    def _find(self, peer: str) -> str:
        try:
            address = ipaddress.ip_address(peer.partition("%")[0])
        except ValueError:
            # A name: of a trunk on the network, as a rule; resolving would block.
            return self._public_host or _interface_towards(_ANYWHERE)
        if self._public_host and not (address.is_private or address.is_loopback or address.is_link_local):
            return self._public_host
        return _interface_towards(str(address))


def _interface_towards(peer: str) -> str:
    """Our address on the route to `peer`; connecting a UDP socket sends nothing."""
    family = socket.AF_INET6 if ":" in peer else socket.AF_INET
    with socket.socket(family, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect((peer, 9))
            return str(probe.getsockname()[0])
        except OSError:
            return "::1" if family == socket.AF_INET6 else "127.0.0.1"
